"""Clips from all over a film."""

from __future__ import annotations

import numpy as np

from bball_tag.clips import ClipSpec, grid_range
from bball_tag.players.crop import Box
from bball_tag.players.subjects import Subject
from bball_tag.scoring.calibration_clips import sample_clips
from bball_tag.video.info import Frame

SPEC = ClipSpec(num_frames=4, fps=10, height=32, width=32)
WHOLE = Box(0, 0, 32, 32)


def reader(length):
    """A film whose frame k is of brightness k, k up to 255."""

    def read(start, end):
        for index in grid_range(start, end, SPEC.fps):
            if index < length:
                yield Frame(index, index / SPEC.fps, np.full((32, 32, 3), index % 256, np.uint8))

    return read


def firsts(clips):
    return clips[:, 0, 16, 16, 0].tolist()


def test_clips_are_whole_and_come_from_all_over_the_film():
    clips = sample_clips(reader(256), [Subject("", range(10**9), WHOLE)], range(256), SPEC, 1.0)
    assert clips.shape == (64, 4, 32, 32, 3)
    assert firsts(clips) == list(range(0, 256, 4))
    assert (np.diff(clips[:, :, 16, 16, 0].astype(int), axis=1) == 1).all()


def test_a_film_shorter_than_a_clip_gives_one_clip():
    clips = sample_clips(reader(3), [Subject("", range(10**9), WHOLE)], range(3), SPEC, 1.0)
    assert clips[:, :, 16, 16, 0].tolist() == [[0, 1, 2, 2]]


def test_players_who_are_not_there_are_not_looked_at():
    subjects = [Subject("1", range(16), WHOLE), Subject("2", range(100, 110), WHOLE)]
    clips = sample_clips(reader(32), subjects, range(32), SPEC, 1.0)
    assert firsts(clips) == [0, 4, 8, 12]


def test_a_film_without_anybody_gives_one_black_clip():
    assert sample_clips(reader(32), [], range(32), SPEC, 1.0).shape == (1, 4, 32, 32, 3)
