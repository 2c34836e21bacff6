"""MP4 in fragments whose clock starts again, as where recordings were joined byte by byte."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from bball_tag.video.video import Video
from tests.mp4_boxes import fragments_of, in_fragments
from tests.synthetic import read_number, write_video

OFTEN = {"g": "25"}
BOTH = [*range(75), *range(1000, 1075)]


def recording(folder: Path, name: str, numbers: range, **how: object) -> Path:
    return in_fragments(write_video(folder / f"whole {name}", numbers, **how), folder / name)


def numbers(video: Video, start: float = 0.0) -> list[int]:
    return [read_number(frame.image) for frame in video.frames(25, start)]


@pytest.fixture(params=["whole recordings", "the fragments alone"])
def joined(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    first = recording(tmp_path, "a.mp4", range(75), options=OFTEN, sound=True)
    second = recording(tmp_path, "b.mp4", range(1000, 1075), options=OFTEN, sound=True)
    more = second.read_bytes() if request.param == "whole recordings" else fragments_of(second)
    path = tmp_path / "joined.mp4"
    path.write_bytes(first.read_bytes() + more)
    return path


def test_recordings_in_fragments_are_read_one_behind_the_other(joined, caplog):
    video = Video(joined)
    # The sound of the first lasts a little longer than its frames.
    assert (video.info.num_frames, video.info.duration) == (150, pytest.approx(6.0, abs=0.1))
    assert numbers(video)[:75] + numbers(video)[-75:] == BOTH
    assert "joined.mp4: its clock starts again at 0:03, as if recordings were joined" in caplog.text


@pytest.mark.parametrize("start", [1.0, 2.96, 3.2, 4.4])
def test_a_part_of_them_is_what_is_shown_then(joined, start):
    video = Video(joined)
    assert numbers(video, start) == numbers(video)[round(start * 25) :]


def test_a_recording_in_fragments_whose_clock_rises_is_left_alone(tmp_path, caplog):
    path = recording(tmp_path, "a.mp4", range(100), options=OFTEN)
    assert numbers(Video(path)) == list(range(100))
    assert caplog.text == ""


def test_recordings_that_differ_are_not_joined_and_a_warning_says_so(tmp_path, caplog):
    first = recording(tmp_path, "a.mp4", range(75))
    second = recording(tmp_path, "b.mp4", range(1000, 1075), size=(96, 192))
    path = tmp_path / "joined.mp4"
    path.write_bytes(first.read_bytes() + second.read_bytes())
    assert numbers(Video(path)) == list(range(75))
    assert "joined.mp4: 2 recordings are joined in it byte by byte, of which one is read" in caplog.text


def test_fragments_that_were_cut_anywhere_are_read_or_refused(tmp_path):
    from bball_tag.errors import VideoError

    first = recording(tmp_path, "a.mp4", range(50), options=OFTEN)
    whole = first.read_bytes() + fragments_of(first)
    index = whole.index(b"moof")
    for stop in (*range(index - 4, index + 400, 37), len(whole) - 900):
        path = tmp_path / f"cut {stop}.mp4"
        path.write_bytes(whole[:stop])
        with contextlib.suppress(VideoError):
            assert set(numbers(Video(path))) <= set(range(50))


def test_sound_goes_on_behind_the_joint(joined):
    with Video(joined).segment() as segment:
        packets = [packet for packet in segment.packets() if packet.stream.type == "audio"]
    heard = [float(packet.pts * packet.time_base) for packet in packets if packet.pts is not None]
    assert heard == sorted(heard)
    assert heard[-1] == pytest.approx(6.0, abs=0.25)
