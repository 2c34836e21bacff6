"""Whether one frame is another one that the camera shows from elsewhere: moved, enlarged or reduced."""

from __future__ import annotations

import numpy as np

_SHIFTS = 4, 24
"""Pixels of the thumbnail by which frames are shifted at most, down and along."""
_ZOOMS, _MOST_TURN, _MOST_SKEW = (0.6, 1.6), 0.1, 0.06
"""How a camera may change the view within a dissolve's time: in size, by a turn (radians), and in shape."""
_LEAST_SHARED = 0.4
"""Part of the view that must be in both frames for them to tell whether the camera has moved."""
_WHIP, _WHIPPED = 10, 0.35
"""Pixels along which a whip pan moves the view from one frame to the next, somewhere, and what is then left
of the difference of the two: 0.09 to 0.3, where an edge leaves 0.7 or more."""
_LEAST_CHANGE = 10.0
"""Difference of two frames, in grey levels, below which nothing turns fast."""
_TEXTURE = 2.0
"""How many times what is left both must vary by themselves: any part of a flat panel is like any other."""


def left_after_moving(one: np.ndarray, other: np.ndarray, enough: float) -> float:
    """Smallest difference between two images if the camera moves or zooms, in parts of that without.

    Once less than `enough` is left, nothing smaller is looked for.
    """
    still = max(_difference(one, other), 1e-6)
    # Most cameras move little, and then no shift needs to be looked for.
    least = _after_alignment(one, other, 0, 0)
    if least >= enough * still:
        shifted, x, y = _best_shift(one, other)
        least = min(least, shifted, _after_alignment(one, other, x, y))
    return least / still


def _difference(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.sqrt(np.mean((one - other) ** 2)))


def _best_shift(one: np.ndarray, other: np.ndarray) -> tuple[float, int, int]:
    """Return the smallest difference over all shifts by whole pixels, and that shift, along and down."""
    height, width = one.shape
    down, along = min(_SHIFTS[0], height // 2), min(_SHIFTS[1], width // 2)
    return min(
        (_difference(_shared(one, x, y), _shared(other, -x, -y)), x, y)
        for y in range(-down, down + 1)
        for x in range(-along, along + 1)
    )


def _shared(image: np.ndarray, x: int, y: int) -> np.ndarray:
    """Return the part of an image that it still shows after a shift."""
    height, width = image.shape
    return image[max(0, y) : height + min(0, y), max(0, x) : width + min(0, x)]


def _after_alignment(one: np.ndarray, other: np.ndarray, x: int, y: int) -> float:
    """Return the difference after aligning two images from a shift on; infinite if no camera moves so.

    A slow zoom is nearly a mixture of its first and last frame, and no shift makes these alike (enhanced
    correlation coefficient, Evangelidis and Psarakis, 2008).
    """
    import cv2

    moved = np.array([[1, 0, x], [0, 1, y]], np.float32)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 50, 1e-4)
    everywhere = np.ones(one.shape, np.uint8)
    try:
        _, found = cv2.findTransformECC(other, one, moved, cv2.MOTION_AFFINE, stop, everywhere, 3)
    except cv2.error:
        # It does not converge: the two show nothing in common.
        return float("inf")
    (a, b), (c, d) = np.asarray(found)[:, :2].tolist()
    zoom, turn, skew = (a + d) / 2, abs(c - b) / 2, max(abs(a - d), abs(b + c)) / 2
    if not _ZOOMS[0] < zoom < _ZOOMS[1] or turn > _MOST_TURN or skew > _MOST_SKEW:
        return float("inf")
    flags, size = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, one.shape[::-1]
    aligned = cv2.warpAffine(one, found, size, flags=flags)
    inside = cv2.warpAffine(np.ones_like(one), found, size, flags=flags) > 0.99
    return _difference(aligned[inside], other[inside]) if inside.mean() >= _LEAST_SHARED else float("inf")


class FastTurns:
    """Where in a window the camera turns fast: a frame is the one before it, shifted far."""

    def __init__(self, frames: np.ndarray) -> None:
        """Prepare for float32 grey images (T, h, w), in order; each pair is looked at once at most."""
        self._frames = frames
        self._found: dict[int, bool] = {}

    def within(self, first: int, last: int) -> bool:
        """Whether it does so between two frames."""
        return any(self._at(index) for index in range(first + 1, last + 1))

    def _at(self, index: int) -> bool:
        if index not in self._found:
            self._found[index] = _is_shifted(self._frames[index - 1], self._frames[index])
        return self._found[index]


def _is_shifted(one: np.ndarray, other: np.ndarray) -> bool:
    change = _difference(one, other)
    if change < _LEAST_CHANGE:
        return False
    left, along, down = _best_shift(one, other)
    textured = _shared(one, along, down).std() >= _TEXTURE * left
    return bool(abs(along) >= _WHIP and textured and left <= _WHIPPED * change)
