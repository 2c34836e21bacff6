"""Turn a player's box into the crop that the model sees."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in an image, in pixels of that image; it may reach outside."""

    left: float
    top: float
    width: float
    height: float

    def __str__(self) -> str:
        return f"{self.left:g},{self.top:g},{self.width:g},{self.height:g}"

    def scaled(self, scale: float) -> Box:
        """Return the same place in an image that is `scale` times as large."""
        return Box(self.left * scale, self.top * scale, self.width * scale, self.height * scale)


def crop_box(image: np.ndarray, box: Box, *, height: int, width: int) -> np.ndarray:
    """Cut `box` from `image` and fit it into a crop of `height` by `width`, as SpaceJam does.

    The box keeps its aspect ratio: it is scaled to the full height (or to the full width, when it is wider
    than the crop) and centred on black. What lies outside `image` is black.

    Args:
        image: uint8 array of shape (H, W, 3).
        box: Where to cut, in pixels of `image`.
        height: Height of the result, in pixels.
        width: Width of the result, in pixels.

    Returns:
        uint8 array of shape (height, width, 3).
    """
    result = np.zeros((height, width, 3), np.uint8)
    if box.width <= 0 or box.height <= 0:
        return result
    scale = min(height / box.height, width / box.width)
    inner_height = max(1, min(height, round(box.height * scale)))
    inner_width = max(1, min(width, round(box.width * scale)))
    piece = cut(image, box)
    # A broadcast player is larger than the crop: area averaging leaves fewer artefacts.
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    top, left = (height - inner_height) // 2, (width - inner_width) // 2
    result[top : top + inner_height, left : left + inner_width] = cv2.resize(
        piece, (inner_width, inner_height), interpolation=method
    )
    return result


def cut(image: np.ndarray, box: Box) -> np.ndarray:
    """Return the pixels of `box` in `image` (H, W, 3), with black where it leaves it."""
    left, top = round(box.left), round(box.top)
    right = max(left + 1, round(box.left + box.width))
    bottom = max(top + 1, round(box.top + box.height))
    inside = image[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    if inside.shape[:2] == (bottom - top, right - left):
        return inside
    piece = np.zeros((bottom - top, right - left, 3), np.uint8)
    above, beside = max(-top, 0), max(-left, 0)
    piece[above : above + inside.shape[0], beside : beside + inside.shape[1]] = inside
    return piece
