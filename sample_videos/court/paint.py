"""Lines and soft shadows, drawn with fractions of pixels."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

SHIFT = 4
"""Fractional bits of a coordinate."""
ONE = 1 << SHIFT
Tint = Sequence[float]

SOFT = cv2.GaussianBlur(
    cv2.circle(np.zeros((33, 33), np.float32), (16, 16), 9, 1.0, -1, cv2.LINE_AA), (0, 0), 4.0
)


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


def blot(image: np.ndarray, spot: np.ndarray, radius: float, strength: float) -> None:
    """Darken a flat ellipse around `spot`, as a shadow on the floor; `radius` is in pixels."""
    wide, high = max(int(radius * 1.9), 3), max(int(radius * 0.62), 3)
    left, top = round(float(spot[0])) - wide, round(float(spot[1])) - high
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + 2 * wide, image.shape[1]), min(top + 2 * high, image.shape[0])
    if x1 <= x0 or y1 <= y0:
        return
    soft = cv2.resize(SOFT, (2 * wide, 2 * high))[y0 - top : y1 - top, x0 - left : x1 - left]
    part = image[y0:y1, x0:x1]
    part[:] = (part * (1.0 - strength * soft[..., None])).astype(np.uint8)
