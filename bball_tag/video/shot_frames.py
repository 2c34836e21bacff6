"""The frames of a window, and how each relates to each: what tells a change of shot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

COARSE = 2
"""Frames are compared at half the thumbnail's size: what moves within a shot matters less there."""
SAME_SCENE = 0.7
"""Correlation from which on two frames may show one scene."""
_SAME_STILL_SCENE = 0.8
"""The same where nothing moves much, neither before nor after."""
_NEXT_LARGEST = 0.67
"""Largest part of a hard cut's change that the instant before or after may change by. In a whip pan it is
0.69 or more, in most cuts less than a third."""


@dataclass(frozen=True)
class ShotFrames:
    """The frames of a window, and how each relates to each."""

    grey: np.ndarray
    """float32 array of shape (T, h, w)."""
    products: np.ndarray
    """Mean product of the values of two coarse frames: float64 array of shape (T, T)."""
    likeness: np.ndarray
    """Correlation of two coarse frames, whatever their brightness and contrast: float64 of shape (T, T)."""
    sharpness: np.ndarray
    """Mean difference of neighbouring pixels, along and down: float64 array of shape (T,)."""

    @classmethod
    def of(cls, thumbnails: Sequence[np.ndarray]) -> ShotFrames:
        full = np.stack(thumbnails).astype(np.float32)
        height, width = full.shape[1] // COARSE * COARSE, full.shape[2] // COARSE * COARSE
        blocks = full[:, :height, :width].reshape(len(full), height // COARSE, COARSE, -1, COARSE, 3)
        coarse = blocks.mean(axis=(2, 4))
        flat = coarse.reshape(len(full), -1).astype(np.float64)
        centred = flat - flat.mean(axis=1, keepdims=True)
        # A frame without any texture, as a black one, is like no other.
        length = np.maximum(np.sqrt((centred**2).sum(axis=1)), 1.0)
        likeness = (centred / length[:, None]) @ (centred / length[:, None]).T
        grey = full.mean(axis=3)
        sharpness = sum(
            np.abs(np.diff(grey, axis=axis)).mean(axis=(1, 2), dtype=np.float64) for axis in (1, 2)
        )
        return cls(grey, flat @ flat.T / flat.shape[1], likeness, np.asarray(sharpness))

    def __len__(self) -> int:
        return len(self.grey)

    def stands_out(self, index: int) -> bool:
        """Whether this frame differs from the one before by far more than its neighbours do from theirs."""
        around = np.arange(max(index - 1, 1), min(index + 2, len(self)))
        own, shared = np.diagonal(self.products), self.products[around, around - 1]
        changes = np.sqrt(np.maximum(own[around] + own[around - 1] - 2 * shared, 0))
        return bool(changes[around != index].max(initial=0) <= _NEXT_LARGEST * changes[around == index].max())

    def same_scene(self, before: range, after: range) -> bool:
        """Whether a frame of `before` shows the same as one of `after`.

        Where nothing moves much on both sides, they have to be more alike: two cameras may show one hall.
        """
        first, last = max(before.start, 0), min(after.stop, len(self)) - 1
        steady = min(self.likeness[first, before.stop - 1], self.likeness[after.start, last])
        least = min(max(SAME_SCENE, steady), _SAME_STILL_SCENE)
        return bool((self.likeness[first : before.stop, after.start : last + 1] > least).any())


def joined(changes: Iterable[tuple[int, int]], shortest: int, longest: int) -> list[tuple[int, int]]:
    """Join gradual changes, in order, between which no shot has room: they are parts of one.

    Args:
        changes: First and last instant of each.
        shortest: Up to how many instants from the end of one to the beginning of the next are no shot.
        longest: What would be as long stays apart: those are shots that follow each other quickly.
    """
    found: list[tuple[int, int]] = []
    for first, last in changes:
        if found and first - found[-1][1] <= shortest and last - found[-1][0] < longest:
            first, last = found[-1][0], max(last, found.pop()[1])
        found.append((first, last))
    return found
