"""The boxes of a track at frames of the video, as labelling tools take them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from bball_tag.players.tracks import Track
    from bball_tag.video.info import VideoInfo


@dataclass(frozen=True, slots=True)
class BoxRun:
    """The boxes of one player over a span in which the player is always seen."""

    frames: np.ndarray
    """Numbers of frames from 0, ascending: int64 array of shape (N,)."""
    boxes: np.ndarray
    """left, top, width, height in pixels: float64 array of shape (N, 4)."""
    stop: int
    """First frame in which the player is not seen any more."""


def box_runs(track: Track, video: VideoInfo, also: Iterable[int] = ()) -> Iterator[BoxRun]:
    """Yield the boxes of a track, run by run.

    Args:
        track: The player's track.
        video: Says when each frame is shown.
        also: Further frames that need a box; between two boxes of the track it lies on a straight line.
    """
    known = np.unique(np.array([video.frame_at(time) for time in track.times.tolist()], np.int64))
    wanted = np.union1d(known, np.fromiter(also, np.int64))
    for start, end in track.stretches():
        first = video.frame_at(start)
        stop = max(video.frame_at(end), first + 1)
        frames = wanted[(wanted >= first) & (wanted < stop)]
        times = [video.time_of(frame) for frame in frames.tolist()]
        sides = [np.interp(times, track.times, side) for side in track.boxes.T]
        yield BoxRun(frames, np.stack(sides, axis=1), stop)
