"""Boxes, crops of players, and tracks."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from bball_tag.clips import ClipSpec
from bball_tag.players.crop import Box, crop_box
from bball_tag.players.subjects import Reading, Subject, reading_for, tracked_players, whole_frame
from bball_tag.players.tracks import Track
from bball_tag.video.info import Frame, VideoInfo

FPS = Fraction(25)
SPEC = ClipSpec(num_frames=8, fps=12.5, height=64, width=32)


def track(times: list[float], lefts: list[float], id: str = "7") -> Track:
    boxes = np.array([[left, 10.0, 40.0, 80.0] for left in lefts])
    return Track(id, np.array(times), boxes)


def test_a_box_is_scaled_to_full_height_with_black_beside_it():
    image = np.full((200, 200, 3), 200, np.uint8)
    crop = crop_box(image, Box(50, 20, 40, 160), height=80, width=60)
    assert crop.shape == (80, 60, 3)
    columns = np.flatnonzero(crop[40, :, 0])
    assert (columns[0], columns[-1]) == (20, 39)  # 20 wide in the middle of 60
    assert (crop[:, 30] == 200).all()


def test_a_wide_box_is_scaled_to_full_width_with_black_above_and_below():
    image = np.full((200, 200, 3), 200, np.uint8)
    crop = crop_box(image, Box(0, 0, 120, 40), height=80, width=60)
    rows = np.flatnonzero(crop[:, 30, 0])
    assert (rows[0], rows[-1]) == (30, 49)


def test_what_lies_outside_of_the_image_is_black():
    image = np.full((100, 100, 3), 200, np.uint8)
    crop = crop_box(image, Box(-50, 0, 100, 100), height=100, width=100)
    assert (crop[:, :50] == 0).all()
    assert (crop[:, 50:] == 200).all()
    assert not crop_box(image, Box(500, 500, 10, 10), height=32, width=32).any()
    assert not crop_box(image, Box(5, 5, 0, 10), height=32, width=32).any()


def test_between_two_rows_a_box_moves_on_a_straight_line():
    one = track([1, 2, 4], [0, 10, 50])
    assert one.box_at(1.5) == Box(5, 10, 40, 80)
    assert one.box_at(3) == Box(30, 10, 40, 80)
    # Beyond its ends it stays where it is.
    assert [one.box_at(time).left for time in (0, 1, 2, 4, 9)] == [0, 0, 10, 50, 50]


def test_a_track_is_broken_at_a_gap_and_at_a_jump():
    gap = track([0, 0.04, 0.08, 2.0, 2.04], [0, 1, 2, 3, 4])
    assert gap.stretches() == [(0.0, pytest.approx(0.12)), (2.0, pytest.approx(2.08))]
    jump = track([0, 0.04, 0.08, 0.12], [0, 1, 300, 301])
    assert [start for start, _ in jump.stretches()] == [0.0, 0.08]
    assert len(track([0, 0.04, 0.3, 0.34], [0, 1, 8, 9]).stretches()) == 1


def test_subjects_lie_on_the_grid_and_within_the_span():
    one = track([index * 0.04 for index in range(50)], list(range(50)))  # 0 to 2 s
    (subject,) = tracked_players([one], 12.5, range(5, 1000))
    assert (subject.id, subject.span) == ("7", range(5, 25))


def test_a_referee_is_no_subject():
    both = [track([0, 1], [0, 0]), replace(track([0, 1], [0, 0], "8"), role="other")]
    assert {subject.id for subject in tracked_players(both, 12.5, range(50))} == {"7"}


def test_a_subject_shows_its_player_wherever_they_are():
    image = np.zeros((100, 200, 3), np.uint8)
    image[10:90, 100:140] = 255
    subject = Subject("7", range(10), track([0, 1], [100, 100]))
    frame = Frame(0, 0.0, image)
    assert subject.crop(frame, SPEC, 1.0).mean() == 255
    half = Frame(0, 0.0, np.ascontiguousarray(image[::2, ::2]))
    assert subject.crop(half, SPEC, 0.5).mean() == 255


def test_a_fixed_region_is_read_no_larger_than_needed(tmp_path):
    info = VideoInfo(tmp_path, 1280, 720, FPS, 10.0, 250, has_audio=False, rotation=0)
    (subject,) = whole_frame(info, Box(0, 0, 320, 640), range(9))
    assert reading_for(info, [subject], SPEC) == Reading(0.1, (72, 128))
    player = Subject("7", range(9), track([0], [0]))
    assert reading_for(info, [player], SPEC) == Reading(1.0, (720, 1280))
