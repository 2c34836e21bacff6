"""Drawing a basket: board, ring and net."""

from __future__ import annotations

import cv2
import numpy as np

from .paint import ONE, SHIFT, fixed, lines


def draw_hoop(below: np.ndarray, outlines: dict[str, np.ndarray]) -> np.ndarray:
    """Return the image `below` (uint8 BGR) with a basket drawn upon it.

    Args:
        below: What is behind the basket.
        outlines: Of the basket's parts, in pixels, each of shape (K, 2).
    """
    image = below.copy()
    spots = {name: fixed(points) for name, points in outlines.items()}
    size = float(np.ptp(outlines["board"][:, 1]))
    thick = max(1, round(size * 0.035))
    lines(image, [spots["arm"]], (60, 54, 50), max(2, thick * 4))
    low, high = outlines["board"].min(axis=0), outlines["board"].max(axis=0)
    x0, y0 = np.maximum(np.floor(low).astype(int), 0)
    x1, y1 = np.minimum(np.ceil(high).astype(int) + 1, [image.shape[1], image.shape[0]])
    if x1 > x0 and y1 > y0:
        part = image[y0:y1, x0:x1]
        glass = part.copy()
        cv2.fillConvexPoly(glass, spots["board"] - [x0 * ONE, y0 * ONE], (235, 230, 225), cv2.LINE_AA, SHIFT)
        cv2.addWeighted(glass, 0.45, part, 0.55, 0, part)
    lines(image, [spots["board"], spots["square"]], (245, 245, 245), thick, closed=True)
    net = spots["net"].reshape(-1, 2, 2)
    lines(image, list(net), (225, 225, 225), 1)
    lines(image, [spots["ring"]], (40, 80, 225), max(2, thick))
    return image
