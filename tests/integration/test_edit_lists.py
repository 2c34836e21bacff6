"""Edit lists of MP4 and MOV, as phones and editors write them: what they show is read, in their order."""

from __future__ import annotations

from pathlib import Path

import pytest

from bball_tag.video.video import Video
from tests.decoded import frames
from tests.mp4_boxes import with_edits
from tests.synthetic import read_number, write_video


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("video") / "whole.mp4", range(150), options={"g": "25"})


def numbers(video: Video, start: float = 0.0) -> list[int]:
    return [read_number(frame.image) for frame in video.frames(25, start)]


def test_parts_in_another_order_are_shown_in_that_order(whole, tmp_path, caplog):
    # Seconds 3 to 5, then 1 to 2.5; the first frame is filmed two frames' time into the file.
    video = Video(with_edits(whole, tmp_path / "edited.mp4", [(2.0, 3.08), (1.5, 1.08)]))
    found = numbers(video)
    assert video.info.duration == pytest.approx(3.5, abs=0.09)
    assert found[:50] == pytest.approx(list(range(75, 125)), abs=1)
    assert found[52:86] == pytest.approx(list(range(27, 61)), abs=2)
    assert caplog.text == ""


@pytest.mark.parametrize("start", [0.4, 1.2, 2.4, 3.0])
def test_a_part_of_an_edited_video_is_what_is_shown_then(whole, tmp_path, start):
    video = Video(with_edits(whole, tmp_path / "edited.mp4", [(2.0, 3.08), (1.5, 1.08)]))
    every = numbers(video)
    assert numbers(video, start) == every[round(start * 25) :]
    (image,) = video.images_at([start])
    assert read_number(image) == every[round(start * 25)]


def test_a_part_that_is_shown_twice_is_read_twice(whole, tmp_path):
    video = Video(with_edits(whole, tmp_path / "twice.mp4", [(1.0, 1.08), (1.0, 1.08)]))
    found = numbers(video)
    assert found[:24] == pytest.approx(list(range(25, 49)), abs=1)
    assert found[-22:] == pytest.approx(list(range(28, 50)), abs=2)


def test_what_was_trimmed_at_both_ends_is_not_read(whole, tmp_path):
    video = Video(with_edits(whole, tmp_path / "trimmed.mp4", [(2.0, 2.08)]))
    assert video.info.duration == pytest.approx(2.0, abs=0.05)
    assert numbers(video) == pytest.approx(list(range(50, 100)), abs=1)
    assert len(frames(video.path)) == video.info.num_frames
