"""Lines, drawn with fractions of pixels."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

SHIFT = 4
"""Fractional bits of a coordinate."""
ONE = 1 << SHIFT
Tint = Sequence[float]


def fixed(points: np.ndarray) -> np.ndarray:
    """Return pixels as OpenCV takes them with `SHIFT`."""
    return np.asarray(np.rint(points * ONE), np.int32)


def lines(
    image: np.ndarray, points: list[np.ndarray], colour: Tint, thick: int, *, closed: bool = False
) -> None:
    """Draw lines through each of `points`, which come from `fixed`."""
    cv2.polylines(
        image, points, isClosed=closed, color=colour, thickness=thick, lineType=cv2.LINE_AA, shift=SHIFT
    )
