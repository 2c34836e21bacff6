"""Decide from some frames of a video whether the detector needs tiles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from bball_tag.players.observation import Detections
from bball_tag.players.tiles import MAX_TILES, WHOLE, Tiling

_WHOLE, _FITTED, _TILED = 84.0, 64.0, 48.0
"""Pixels of the input from which a player is high enough: in the whole frame with as many pixels as the input
has, in the whole frame fitted into it, and in tiles. The first two are the same player in 16:9. On rendered
frames two tiles find 0.94 to 0.95 of the players in clear view who are 32 to 64 pixels high if fitted, and
the whole frame 0.86 to 0.91. They find 3 % more of larger players too, but before a stand also more of the
crowd, and take twice as long; COCO calls a person below some 50 pixels small (32 by 32)."""
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
    """Return the fewest tiles with which the players are tall enough for the detector.

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
    whole = _WHOLE if detector.is_flexible else _FITTED
    enough = (
        tiling
        for tiling in tilings
        if player * detector.scale_of(height, width, tiling) >= (whole if tiling == WHOLE else _TILED)
    )
    return next(enough, tilings[-1])


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
