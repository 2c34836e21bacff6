"""Where the court is, as a person gives it: corners in the frame."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from bball_tag.errors import OptionError

_LEAST_AREA = 1.0
"""Square pixels that a court covers."""


def outline(corners: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Return the corners of a court in an order that leads around it.

    Corners whose lines cross were not given in such an order: they are put into that of their convex hull.

    Args:
        corners: In pixels, at least three.

    Raises:
        OptionError: They enclose nothing.
    """
    import cv2

    given = np.array(corners, np.float64)
    if _crosses(given):
        # OpenCV wants 32-bit numbers, which are exact enough for pixels.
        given = cv2.convexHull(given.astype(np.float32))[:, 0].astype(np.float64)
    if cv2.contourArea(given.astype(np.float32)) < _LEAST_AREA:
        raise OptionError(
            f"The corners of the court enclose nothing: {' '.join(f'{x:g},{y:g}' for x, y in corners)}."
        )
    return tuple((float(x), float(y)) for x, y in given)


def is_seen(corners: Sequence[tuple[float, float]], size: tuple[int, int]) -> bool:
    """Whether a court reaches into a frame of a width and height."""
    low, high = np.min(corners, axis=0), np.max(corners, axis=0)
    return bool((high > 0).all() and (low < size).all())


def _crosses(corners: np.ndarray) -> bool:
    """Whether two sides of an outline (N, 2) cross."""
    sides = list(zip(corners, np.roll(corners, -1, axis=0), strict=True))
    return any(
        _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0
        for (a, b), (c, d) in combinations(sides, 2)
    )


def _side(start: np.ndarray, end: np.ndarray, point: np.ndarray) -> float:
    """On which side of a line a point lies: above or below 0."""
    (x, y), (other_x, other_y) = end - start, point - start
    return float(x * other_y - y * other_x)
