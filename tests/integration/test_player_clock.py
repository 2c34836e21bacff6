"""Times in files for players count as players do: from a sound that begins before the picture."""

from __future__ import annotations

import csv
import json
import logging
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

import bball_tag
from bball_tag.errors import TracksError
from bball_tag.players.track_files import check_fits, read_tracks
from bball_tag.video.video import Video
from tests.synthetic import write_video


def write_late(path: Path, late: float, begins: float = 0.0) -> Path:
    """Write four seconds of pictures whose sound begins `late` seconds earlier, at `begins`."""
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        audio = container.add_stream("aac", rate=44_100, layout="mono")
        for index in range(100):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 90, np.uint8), format="rgb24")
            frame.pts, frame.time_base = round((begins + late) * 1000) + index * 40, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        for start in range(0, int((late + 4) * 44_100), 1024):
            sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            sound.sample_rate, sound.time_base = 44_100, Fraction(1, 44_100)
            sound.pts = round(begins * 44_100) + start
            container.mux(audio.encode(sound))
        container.mux(audio.encode(None))
    return path


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    return write_late(tmp_path_factory.mktemp("film") / "late.mp4", 2.0)


@pytest.fixture
def table(tmp_path) -> Path:
    path = tmp_path / "events.csv"
    path.write_text("start_s,end_s,label\n1.0,1.5,run\n")
    return path


@pytest.mark.parametrize(
    ("suffix", "begins", "starts"), [(".mp4", 0, 2.0), (".mkv", 0, 2.0), (".mov", 0, 2.0), (".ts", 50, 2.0)]
)
def test_it_is_known_how_late_the_picture_begins(tmp_path, suffix, begins, starts):
    info = Video(write_late(tmp_path / f"a{suffix}", 2.0, begins)).info
    assert info.starts == pytest.approx(starts, abs=0.05)  # AAC begins a block early.
    assert info.duration == pytest.approx(4.0, abs=0.01)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_a_sound_that_begins_less_than_a_frame_earlier_is_none(tmp_path, suffix):
    assert Video(write_video(tmp_path / f"a{suffix}", range(30), sound=True)).info.starts == 0


def test_files_for_players_count_from_the_sound_and_tables_from_the_first_frame(
    film, table, tmp_path, caplog
):
    events = bball_tag.read(table, video=film)
    with caplog.at_level(logging.WARNING):
        events.write(*(tmp_path / f"a{suffix}" for suffix in (".vtt", ".srt", ".csv", ".json", ".eaf")))
    assert "late.mp4 begins with 2.000 s without a frame. Times in a.vtt count from there" in caplog.text
    assert "00:00:03.000 --> 00:00:03.500" in (tmp_path / "a.vtt").read_text()
    assert "00:00:03,000 --> 00:00:03,500" in (tmp_path / "a.srt").read_text()
    assert 'TIME_VALUE="3000"' in (tmp_path / "a.eaf").read_text()
    assert next(csv.DictReader((tmp_path / "a.csv").open()))["start_s"] == "1.000"
    assert json.loads((tmp_path / "a.json").read_text())["events"][0]["start_s"] == 1.0


@pytest.mark.parametrize("name", ["a.vtt", "a.eaf", "a.xml"])
def test_what_players_wrote_is_read_with_the_film_and_comes_back(film, table, tmp_path, name):
    bball_tag.read(table, video=film).write(tmp_path / name)
    (event,) = bball_tag.read(tmp_path / name, video=film)
    assert (event.start, event.end) == pytest.approx((1.0, 1.5))


@pytest.mark.parametrize("name", ["a.json", "a.xlsx"])
def test_what_we_wrote_knows_it_without_the_film(film, table, tmp_path, name):
    bball_tag.read(table, video=film).write(tmp_path / name)
    bball_tag.read(tmp_path / name).write(tmp_path / "b.vtt")
    assert "00:00:03.000 --> 00:00:03.500" in (tmp_path / "b.vtt").read_text()


def test_boxes_of_a_film_whose_pixels_are_not_square_are_asked_about(tmp_path, caplog):
    path = write_video(tmp_path / "a.mp4", range(4), options={"x264-params": "sar=4/3"}, size=(144, 96))
    info = Video(path).info
    boxes = tmp_path / "a.txt"
    boxes.write_text("1,7,100,10,20,40\n")
    with caplog.at_level(logging.WARNING):
        check_fits(read_tracks(boxes, info.fps), info)
    assert "stored as 144x96 and shown as 192x96" in caplog.text
    assert "multiply left and width by 1.3333" in caplog.text
    caplog.clear()
    # A box beyond the stored picture is in square pixels for sure.
    boxes.write_text("1,7,150,10,20,40\n")
    with caplog.at_level(logging.WARNING):
        check_fits(read_tracks(boxes, info.fps), info)
    assert caplog.text == ""
    # Nobody has to ask about boxes that there are none of, or that were found here.
    boxes.write_text("1,7,100,10,20,40\n")
    with caplog.at_level(logging.WARNING):
        check_fits([], info)
        check_fits(read_tracks(boxes, info.fps), info, ours=True)
    assert caplog.text == ""


def test_boxes_that_are_shares_of_the_frame_are_refused(tmp_path):
    info = Video(write_video(tmp_path / "a.mp4", range(4), size=(144, 96))).info
    boxes = tmp_path / "a.txt"
    boxes.write_text("1,7,0.4,0.1,0.2,0.4\n2,7,0.8,0.7,0.2,0.3\n")
    with pytest.raises(TracksError, match="multiply left and width by 144, top and height by 96"):
        check_fits(read_tracks(boxes, info.fps), info)
    # A single one may be a slip.
    boxes.write_text("1,7,0.4,0.1,0.2,0.4\n2,7,80,17,20,30\n")
    check_fits(read_tracks(boxes, info.fps), info)
