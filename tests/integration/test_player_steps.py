"""How a tracked player moves, measured from a video."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest

from bball_tag.clips import ClipSpec
from bball_tag.players.detect import Detector
from bball_tag.players.find import PlayerFinder
from bball_tag.players.images import Wanted, image_chunks
from bball_tag.players.spans import TrackedVideo
from bball_tag.players.subjects import tracked_players
from bball_tag.players.tiles import WHOLE
from bball_tag.players.tracks import Track
from bball_tag.video.video import Video
from tests.moving_people import HIGH, WIDE, ColourDetector, write_people

SPEC = ClipSpec(num_frames=8, fps=12.5, height=48, width=32)
PAN = -25
"""Pixels a second by which the floor moves along the frame."""


def place(speed):
    return lambda time: (150 + (speed + PAN) * time, 100)


def track(speed, start=0.0, end=6.0, id="1"):
    times = np.arange(start, end, 0.04)
    way = place(speed)
    boxes = [(*way(time), WIDE, HIGH) for time in times]
    return Track(id, times, np.array(boxes, float))


def steps_of_span(video, player, first_instant, spec, people=()):
    return TrackedVideo(video, tuple(people) or (player,)).steps_of_span(player, first_instant, spec)


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """One person stands on a floor that a camera pans over, another walks at half a height a second."""
    people = [("red", place(0)), ("blue", lambda time: (60 + (HIGH / 2 + PAN) * time, 30))]
    path = tmp_path_factory.mktemp("people") / "pan.mp4"
    return Video(write_people(path, people, seconds=6, pan=lambda time: round(PAN * time)))


def test_who_stands_on_the_floor_does_not_move_though_their_box_does(video):
    rows = steps_of_span(video, track(0), 30, SPEC)
    assert rows.shape == (32, 6)
    assert np.abs(rows[:, :3]).mean(axis=0) == pytest.approx(0, abs=0.05)
    assert rows[:, 3:] == pytest.approx(np.tile([0, WIDE / HIGH, 1], (32, 1)), abs=1e-5)


def test_who_walks_moves_as_fast_as_they_walk(video):
    walker = track(HIGH / 2)
    assert steps_of_span(video, walker, 30, SPEC, [walker])[:, 0].mean() == pytest.approx(0.5, abs=0.05)


def test_what_lies_before_the_video_or_outside_of_the_track_is_unknown(video):
    assert steps_of_span(video, track(0), 2, SPEC)[:, 5].tolist() == [0] * 10 + [1] * 22
    assert steps_of_span(video, track(0, start=2.0, end=3.0), 30, SPEC)[:, 5].sum() == 13
    # The video ends at instant 75, the track later.
    assert steps_of_span(video, track(0, end=9.0), 60, SPEC)[:, 5].tolist() == [1] * 27 + [0] * 5


@pytest.mark.parametrize("start", [0, 20, 31, 33, 50, 67])
def test_training_sees_the_motion_that_annotating_sees(video, start):
    """Each clip is complete in one chunk, which has the motion of all instants around it."""
    players = [track(0), track(HIGH / 2, start=0.5, id="2")]
    subjects = tracked_players(players, SPEC.fps, range(1000))
    frames = video.frames(SPEC.fps)
    chunks = list(image_chunks(frames, subjects, SPEC, 1.0, wanted=Wanted(motion=True)))
    chunk = chunks[(start + SPEC.num_frames - 1) // 32]
    for one in chunk.subjects:
        player = next(each for each in players if each.id == one.subject)
        if start >= one.start:
            expected = steps_of_span(video, player, start, SPEC, players)
            assert np.array_equal(one.movement.rows(start, SPEC), expected)


def test_who_is_found_moves_as_they_do_with_their_true_boxes(video):
    finder = PlayerFinder(video.info, cast("Detector", ColourDetector()), WHOLE)
    chunks = list(finder.chunks(video.frames(SPEC.fps), SPEC, 0, Wanted(motion=True)))
    assert [chunk.instants for chunk in chunks] == [range(32), range(32, 64), range(64, 75)]
    for start, number in ((0, 0), (24, 0), (25, 1), (56, 1), (60, 2)):
        assert len(chunks[number].subjects) == 2
        for one in chunks[number].subjects:
            rows = one.movement.rows(start, SPEC)
            here = [12 - min(start, 12), min(75 - start + 12, 32)]
            assert rows[:, 5].tolist() == [0] * here[0] + [1] * (here[1] - here[0]) + [0] * (32 - here[1])
            assert rows[here[0] + 2 : here[1] - 2, 0].mean() in (
                pytest.approx(0, abs=0.06),
                pytest.approx(0.5, abs=0.06),
            )
