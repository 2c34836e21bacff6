"""Decide from some frames of a video how many pixels of it, or tiles, the detector needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from bball_tag.players.observation import Detections
from bball_tag.players.tiles import FITTED, MAX_TILES, WHOLE, Tiling

_TALL, _WHOLE, _TILED = 72.0, 84.0, 48.0
"""Pixels of the input from which a player is high enough: in a frame that is fitted into it, in one with as
many pixels as it has, and in tiles. On rendered frames two tiles find 0.94 to 0.95 of the players in clear
view who are 32 to 64 pixels high if fitted, and the whole frame, fitted, 0.86 to 0.91. Of larger players
they find 3 % more, but before a stand also more of the crowd, and take twice as long. Of players of 72
pixels or more real videos showed second boxes with more pixels, and no more players."""
_ONLY_FITTED = 64.0
"""Where the input has one size, so that only tiles give more pixels: in 16:9 the same player as 84."""
_SURE = 0.3
"""Score from which a box is taken for a person."""
_ON_THE_FLOOR = 10
"""Players on the floor: the tallest people in most views, as the crowd is farther away."""
_ENOUGH = 5
"""People in a frame, in the middle of the samples, from which their heights say enough."""


class _Detector(Protocol):
    @property
    def is_flexible(self) -> bool: ...

    def detect(self, image: np.ndarray, tiling: Tiling = WHOLE) -> Detections: ...

    def scale_of(self, height: int, width: int, tiling: Tiling = WHOLE) -> float: ...


def choose_tiles(detector: _Detector, images: Sequence[np.ndarray]) -> Tiling:
    """Return the fewest pixels, and tiles, with which the players are tall enough for the detector.

    How tall they are is the median over the ten tallest people of each frame. Where the whole frame shows too
    few people to tell, the finest tiles that make sense are asked.

    Args:
        detector: What will look for people.
        images: Some frames from all over the video, uint8 RGB arrays of one shape (H, W, 3).
    """
    if not images:
        return WHOLE
    height, width = images[0].shape[:2]
    tilings = list(_tilings(detector, height, width))
    tallest = _tallest(detector, images, WHOLE)
    if np.median([len(heights) for heights in tallest]) < _ENOUGH:
        tallest = _tallest(detector, images, tilings[-1])
    if not sum(len(heights) for heights in tallest):
        return WHOLE
    player = np.median(np.concatenate(tallest))
    enough = {FITTED: _TALL, WHOLE: _WHOLE if detector.is_flexible else _ONLY_FITTED}
    ways = [FITTED, *tilings] if detector.is_flexible else tilings
    are_enough = (
        way for way in ways if player * detector.scale_of(height, width, way) >= enough.get(way, _TILED)
    )
    return next(are_enough, tilings[-1])


def _tallest(detector: _Detector, images: Sequence[np.ndarray], tiling: Tiling) -> list[np.ndarray]:
    """Return the heights of the tallest people of each image, in pixels."""
    found = [detector.detect(image, tiling) for image in images]
    sure = [np.sort(part.boxes[part.scores >= _SURE, 3]) for part in found]
    return [heights[-_ON_THE_FLOOR:] for heights in sure]


def _tilings(detector: _Detector, height: int, width: int) -> Iterator[Tiling]:
    """Yield ever finer tilings, their tiles as square as can be, until one shows every pixel of the image."""
    long, short = max(height, width), min(height, width)
    for count in range(1, MAX_TILES + 1):
        across = max(1, round(count * short / long))
        if count * across > MAX_TILES:
            return
        tiling = Tiling(count, across) if width >= height else Tiling(across, count)
        yield tiling
        if detector.scale_of(height, width, tiling) >= 1:
            return
