"""Clips from all over a video."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bball_tag.clips import ClipSpec, grid_range
from bball_tag.players.crop import Box
from bball_tag.players.subjects import Subject
from bball_tag.scoring.calibration_clips import calibration_clips
from bball_tag.video.info import Frame, VideoInfo

SPEC = ClipSpec(num_frames=4, fps=10, height=32, width=32)
WHOLE = Box(0, 0, 32, 32)


class Numbered:
    """A video of `length` frames of which frame k has brightness k, k up to 255."""

    info = replace(VideoInfo.unknown(), width=32, height=32)

    def __init__(self, length: int) -> None:
        self.length = length

    def frames(self, fps, start, end, *, size):
        for index in grid_range(start, end, fps):
            if index < self.length:
                yield Frame(index, index / fps, np.full((*size, 3), index % 256, np.uint8))


def firsts(clips):
    return clips[:, 0, 16, 16, 0].tolist()


def test_clips_are_whole_and_come_from_all_over_the_video():
    clips = calibration_clips(Numbered(256), [Subject("", range(10**9), WHOLE)], range(256), SPEC)
    assert clips.shape == (64, 4, 32, 32, 3)
    assert firsts(clips) == list(range(0, 256, 4))
    assert (np.diff(clips[:, :, 16, 16, 0].astype(int), axis=1) == 1).all()


def test_a_long_video_is_looked_at_in_sixteen_stretches():
    clips = calibration_clips(Numbered(1000), [Subject("", range(10**9), WHOLE)], range(1000), SPEC)
    # (1000 - 16) / 15 is 65.6: the stretches begin at 0, 65, 131, 196, ...
    assert len(clips) == 64
    assert firsts(clips)[:12] == [0, 4, 8, 12, 65, 69, 73, 77, 131, 135, 139, 143]
    assert firsts(clips)[-4:] == [984 - 768, 988 - 768, 992 - 768, 996 - 768]


def test_a_video_shorter_than_a_clip_gives_one_clip():
    clips = calibration_clips(Numbered(3), [Subject("", range(10**9), WHOLE)], range(3), SPEC)
    assert clips[:, :, 16, 16, 0].tolist() == [[0, 1, 2, 2]]


def test_players_who_are_not_there_are_not_looked_at():
    subjects = [Subject("1", range(16), WHOLE), Subject("2", range(100, 110), WHOLE)]
    assert firsts(calibration_clips(Numbered(32), subjects, range(32), SPEC)) == [0, 4, 8, 12]


def test_a_video_without_anybody_gives_one_black_clip():
    clips = calibration_clips(Numbered(32), [], range(32), SPEC)
    assert clips.shape == (1, 4, 32, 32, 3)
    assert clips.max() == 0
