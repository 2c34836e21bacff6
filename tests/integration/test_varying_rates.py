"""A film whose rate varies has frame numbers of its own, everywhere frames are counted."""

from __future__ import annotations

import csv
import json
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import bball_tag
from bball_tag.annotation_run import part_of
from bball_tag.players.track_files import read_tracks, write_tracks
from bball_tag.video.frame_times import FrameTimes
from bball_tag.video.video import Video
from tests.synthetic import read_number, write_video

# Ten frames at 30 a second, then twenty at 10: frame 10 + n is shown at (10 + 3 n) / 30 s.
SLOWING = [Fraction(index, 30) for index in range(10)] + [Fraction(10 + 3 * index, 30) for index in range(20)]


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    return write_video(tmp_path_factory.mktemp("film") / "slows.mp4", range(30), times=SLOWING)


def test_frames_and_times_lead_to_each_other():
    times = FrameTimes(np.array([0.0, 0.1, 0.2, 1.2, 2.2]), 3.2, Fraction(2))
    assert [times.frame_at(second) for second in (0, 0.04, 0.06, 0.2, 0.69, 0.71, 2.2, 3.2)] == [
        *(0, 0, 1, 2, 2, 3, 4, 5)
    ]
    assert [times.time_of(frame) for frame in (0, 3, 4, 5, 7)] == [0.0, 1.2, 2.2, 3.2, 4.2]
    assert times.frame_at(4.2) == 7  # Behind the end it counts on at the mean rate.


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_every_container_tells_that_its_rate_varies(tmp_path, suffix):
    video = Video(write_video(tmp_path / f"a{suffix}", range(30), times=SLOWING))
    times = video.info.times
    assert times is not None
    assert [times.time_of(frame) for frame in range(30)] == pytest.approx(list(map(float, SLOWING)), abs=2e-3)
    for frame in (0, 5, 12, 29):
        image = next(iter(video.images_at([times.time_of(frame) + 0.005])))
        assert read_number(image) == frame


def test_a_steady_rate_needs_no_times(tmp_path):
    # Matroska rounds to milliseconds: 33, 34, 33 … are one rate.
    path = write_video(tmp_path / "a.mkv", range(90), fps=Fraction(30_000, 1001))
    assert Video(path).info.times is None
    assert Video(path).info.fps == Fraction(30_000, 1001)


def test_a_header_that_guesses_the_rate_is_not_believed(tmp_path):
    # A thousand frames at 29.97 under a header of 30: half a minute later they are a frame apart.
    times = [Fraction(index * 1001, 30_000) for index in range(1000)]
    path = write_video(tmp_path / "a.mkv", [0] * 1000, fps=Fraction(30), times=times, size=(32, 32))
    assert Video(path).info.fps == Fraction(30_000, 1001)


def test_events_have_the_frames_of_the_film(film, tmp_path):
    table = tmp_path / "events.csv"
    table.write_text("start_s,end_s,label\n0.1,1.3333,run\n1.6333,2.3,walk\n")
    events = bball_tag.read(table, video=film)
    events.write(tmp_path / "a.csv", tmp_path / "a.json")
    rows = list(csv.DictReader((tmp_path / "a.csv").open()))
    # 0.1 s is frame 3; 1.3333 s = 40/30 s is frame 20; 1.6333 s is frame 23; 2.3 s the end, at frame 30.
    assert [(row["start_frame"], row["end_frame"]) for row in rows] == [("3", "20"), ("23", "30")]
    document = json.loads((tmp_path / "a.json").read_text())
    assert [(one["start_frame"], one["end_frame"]) for one in document["events"]] == [(3, 20), (23, 30)]


def test_boxes_by_frame_number_are_where_those_frames_are(film, tmp_path):
    info, path = Video(film).info, tmp_path / "a.txt"
    path.write_text("".join(f"{frame},7,{frame * 2},10,20,40,1,-1,-1,-1\n" for frame in range(1, 31)))
    (track,) = read_tracks(path, info.fps, info.times)
    assert track.times == pytest.approx(list(map(float, SLOWING)), abs=1e-4)
    write_tracks([track], tmp_path / "again.txt", info.fps, times=info.times)
    again = [line.split(",")[:3] for line in (tmp_path / "again.txt").read_text().splitlines()]
    assert again == [[str(frame), "7", f"{frame * 2}.0"] for frame in range(1, 31)]


def test_cvat_has_a_box_in_every_frame_of_the_film(film, tmp_path):
    info = Video(film).info
    boxes, table = tmp_path / "a.txt", tmp_path / "events.csv"
    boxes.write_text("".join(f"{frame},7,{frame * 2},10,20,40\n" for frame in range(1, 31)))
    table.write_text("start_s,end_s,label,player\n1.3333,1.6333,run,7\n")
    bball_tag.read(table, video=film, tracks=boxes).write(tmp_path / "a.xml", format="cvat")
    found = ElementTree.parse(tmp_path / "a.xml").findall(".//box[@outside='0']")
    assert [(int(box.get("frame")), float(box.get("xtl"))) for box in found] == [
        (frame, frame * 2 + 2.0) for frame in range(30)
    ]
    running = [int(box.get("frame")) for box in found if box.find("attribute[@name='action']").text == "run"]
    assert running == [20, 21, 22]
    assert info.num_frames == 30


def test_a_part_given_in_frames_begins_at_that_frame(film):
    assert part_of(Video(film), "3f", "20f") == pytest.approx((0.1, 40 / 30), abs=1e-4)


def test_the_phone_that_slows_down(real_data):
    films = real_data / "odd_files/films"
    info = Video(films / "phone_slows_down.mp4").info
    (track,) = read_tracks(films / "phone_slows_down.tracks.csv", info.fps, info.times)
    # 131 frames at 30 a second, then one every tenth of a second.
    assert track.times[130] == pytest.approx(130 / 30)
    assert track.times[140] == pytest.approx(130 / 30 + 1.0)
    assert track.times[179] == pytest.approx(info.duration - 0.1)
