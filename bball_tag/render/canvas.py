"""Paint on a video frame where it lies: on its luma and chroma planes.

Pixels that nothing is painted on keep their exact values, and no frame is ever converted to RGB and
back, which would cost more than the painting.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import av
import cv2
import numpy as np

from bball_tag.palette import Colour
from bball_tag.video.pixels import plane_of

_HD_HEIGHT = 720
"""From this height on, a video that does not name its colour matrix means BT.709, below it BT.601."""
_BT709, _BT601, _BT2020 = (0.2126, 0.0722), (0.299, 0.114), (0.2627, 0.0593)
_SPACES = {1: _BT709, 5: _BT601, 6: _BT601, 9: _BT2020, 10: _BT2020}
"""By FFmpeg's numbers (`AVColorSpace`)."""
_SPOTS = 4
"""Spots, along each side, that are left of what is blurred: a face has none of its features any more."""


@dataclass(frozen=True, slots=True)
class Sprite:
    """A small image with soft edges, ready to be pasted on a frame's planes."""

    width: int
    height: int
    keep: tuple[np.ndarray, np.ndarray]
    """256 minus the opacity, at luma and at chroma size: uint16 arrays."""
    add: tuple[np.ndarray, np.ndarray, np.ndarray]
    """Opacity times value for Y, U and V: uint16 arrays."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """How the Y, U and V of a video follow from red, green and blue (limited range)."""

    red: float
    """Weight of red in luma."""
    blue: float
    """Weight of blue in luma."""

    def yuv(self, rgb: np.ndarray) -> np.ndarray:
        """Convert colours of shape (..., 3), 0 to 255, to Y, U and V as float32 of the same shape."""
        red, green, blue = (rgb[..., channel].astype(np.float32) / 255 for channel in range(3))
        luma = self.red * red + (1 - self.red - self.blue) * green + self.blue * blue
        u = (blue - luma) / (2 * (1 - self.blue))
        v = (red - luma) / (2 * (1 - self.red))
        return np.stack([16 + 219 * luma, 128 + 224 * u, 128 + 224 * v], axis=-1)


def matrix_of(frame: av.VideoFrame) -> Matrix:
    """Return the matrix by which a player will show `frame`."""
    guess = _BT709 if frame.height >= _HD_HEIGHT else _BT601
    return Matrix(*_SPACES.get(int(frame.colorspace), guess))


@lru_cache(maxsize=256)
def _levels(matrix: Matrix, colour: Colour) -> tuple[float, float, float]:
    y, u, v = matrix.yuv(np.array(colour)).tolist()
    return y, u, v


def make_sprite(image: np.ndarray, matrix: Matrix) -> Sprite:
    """Return a sprite of `image`: RGB and opacity, uint8, shape (H, W, 4)."""
    padded = cv2.copyMakeBorder(
        image, 0, image.shape[0] % 2, 0, image.shape[1] % 2, cv2.BORDER_CONSTANT, value=(0, 0, 0, 0)
    )
    opacity = padded[..., 3].astype(np.float32) * (256 / 255)
    weighted = matrix.yuv(padded[..., :3]) * opacity[..., None]
    height, width = opacity.shape
    half = (width // 2, height // 2)
    keep = (256 - opacity, 256 - cv2.resize(opacity, half, interpolation=cv2.INTER_AREA))
    u, v = (cv2.resize(weighted[..., index], half, interpolation=cv2.INTER_AREA) for index in (1, 2))
    full, small = (np.rint(plane).astype(np.uint16) for plane in keep)
    y, u, v = (np.rint(plane).astype(np.uint16) for plane in (weighted[..., 0], u, v))
    return Sprite(width, height, (full, small), (y, u, v))


class Canvas:
    """A yuv420p frame of even size that is painted on; coordinates are luma pixels."""

    def __init__(self, frame: av.VideoFrame) -> None:
        """Paint into the memory of `frame`, which nothing else may use meanwhile."""
        assert frame.format.name == "yuv420p"
        self.width, self.height = frame.width, frame.height
        self.matrix = matrix_of(frame)
        self._planes = [plane_of(frame, index) for index in range(3)]

    def _parts(self, box: tuple[int, int, int, int]) -> list[np.ndarray]:
        """Return what lies of each plane in a rectangle; none where all of it is outside of the frame."""
        left, right = (min(max(edge, 0), self.width) for edge in (box[0], box[2]))
        top, bottom = (min(max(edge, 0), self.height) for edge in (box[1], box[3]))
        if left >= right or top >= bottom:
            return []
        return [
            plane[top >> half : (bottom + half) >> half, left >> half : (right + half) >> half]
            for plane, half in zip(self._planes, (0, 1, 1), strict=True)
        ]

    def fill(self, box: tuple[int, int, int, int], colour: Colour, opacity: float = 1.0) -> None:
        """Paint the rectangle (left, top, right, bottom), as far as it lies inside the frame."""
        # Not strict: nothing of it may lie inside.
        for part, level in zip(self._parts(box), _levels(self.matrix, colour), strict=False):
            if opacity >= 1:
                part[:] = round(level)
            else:
                part[:] = cv2.convertScaleAbs(part, alpha=1 - opacity, beta=opacity * level)

    def blur(self, box: tuple[int, int, int, int]) -> None:
        """Leave a few blurred spots of the rectangle (left, top, right, bottom)."""
        for part in self._parts(box):
            size = part.shape[1], part.shape[0]
            few = cv2.resize(part, (min(_SPOTS, size[0]), min(_SPOTS, size[1])), interpolation=cv2.INTER_AREA)
            part[:] = cv2.resize(few, size, interpolation=cv2.INTER_LINEAR)

    def outline(self, box: tuple[int, int, int, int], colour: Colour, thickness: int) -> None:
        """Paint the inner edges of a rectangle."""
        left, top, right, bottom = box
        thick = max(1, min(thickness, (right - left) // 2, (bottom - top) // 2))
        self.fill((left, top, right, top + thick), colour)
        self.fill((left, bottom - thick, right, bottom), colour)
        self.fill((left, top + thick, left + thick, bottom - thick), colour)
        self.fill((right - thick, top + thick, right, bottom - thick), colour)

    def paste(self, sprite: Sprite, left: int, top: int, *, right: int | None = None) -> None:
        """Paste a sprite with its corner at (left, top), cut off at `right` and at the frame's edges."""
        edge = self.width if right is None else min(right, self.width)
        for index, plane in enumerate(self._planes):
            halved = index > 0
            x, y = left >> halved, top >> halved
            keep, add = sprite.keep[halved], sprite.add[index]
            first_x, first_y = max(-x, 0), max(-y, 0)
            last_x = min(keep.shape[1], (edge >> halved) - x)
            last_y = min(keep.shape[0], plane.shape[0] - y)
            if first_x >= last_x or first_y >= last_y:
                return
            part = plane[y + first_y : y + last_y, x + first_x : x + last_x]
            inside = np.s_[first_y:last_y, first_x:last_x]
            part[:] = (part * keep[inside] + add[inside]) >> 8
