"""Text as sprites: plain words, and the rounded badges of coloured fields that carry them."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bball_tag.palette import Colour, ink_on
from bball_tag.render.canvas import Matrix, Sprite, make_sprite

_SUPERSAMPLING = 4
_MAX_CHARACTERS = 60
"""Characters of a text that are shown; a label this long is a mistake."""
_BASELINE, _FONT_SIZE = 0.74, 0.72
"""Of a line of text, as fractions of its height."""
_STROKE = 0.012
"""DejaVu's regular face is thin on moving images: each letter grows by this fraction of the line's height."""
_MAX_WIDTH = 1 << 15
"""More pixels than a line of text ever has."""
_MAX_SPRITES = 300
"""Sprites that are kept: a game has thousands of texts, and those of the last minutes are enough."""

Field = tuple[str, Colour]
"""Text and ground colour of one field of a badge."""


@lru_cache(maxsize=_MAX_SPRITES)
def text_sprite(text: str, size: int, colour: Colour, matrix: Matrix) -> Sprite:
    """Return a line of text, `size` pixels high, without a background."""
    mask = text_mask(text, size)
    image = np.empty((*mask.shape, 4), np.uint8)
    image[..., :3], image[..., 3] = colour, mask
    return make_sprite(image, matrix)


@lru_cache(maxsize=_MAX_SPRITES)
def badge_sprite(fields: tuple[Field, ...], size: int, opacity: float, matrix: Matrix) -> Sprite:
    """Return a rounded badge of coloured fields side by side, each with its text.

    Args:
        fields: The first is set in bold.
        size: Height of the badge, in pixels.
        opacity: Of the fields, 0 to 1; the text is always opaque.
        matrix: Colour matrix of the frames that it is pasted on.
    """
    line, padding = round(size * 0.92), round(size * 0.3)
    images = []
    for index, (text, colour) in enumerate(fields):
        mask = text_mask(text, line, bold=index == 0)
        cover = np.zeros((size, mask.shape[1] + 2 * padding), np.float32)
        top = (size - line) // 2
        cover[top : top + line, padding : padding + mask.shape[1]] = mask / 255
        field = np.empty((*cover.shape, 4), np.float32)
        ground, ink = np.array(colour, np.float32), np.array(ink_on(colour), np.float32)
        field[..., :3] = ground + (ink - ground) * cover[..., None]
        field[..., 3] = 255 * np.maximum(opacity, cover)
        images.append(field)
    badge = np.concatenate(images, axis=1)
    badge[..., 3] *= _rounded(badge.shape[1], size, round(size * 0.22))
    return make_sprite(np.rint(badge).astype(np.uint8), matrix)


def text_mask(text: str, size: int, *, bold: bool = False) -> np.ndarray:
    """Return how much each pixel is covered by `text` on one line.

    Args:
        text: Control characters and line breaks are shown as spaces.
        size: Height of a line, in pixels.
        bold: Whether to use the heavier face.

    Returns:
        uint8 array of shape (size, W), 255 where covered.
    """
    clean = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in text).strip()
    if len(clean) > _MAX_CHARACTERS:
        clean = clean[: _MAX_CHARACTERS - 1] + "…"
    return _with_opencv(clean, size, bold) if _needs_opencv(clean) else _with_pillow(clean, size, bold)


def _needs_opencv(text: str) -> bool:
    """Return whether `text` has Chinese, Japanese or Korean letters, which DejaVu lacks and OpenCV 5 has.

    OpenCV puts right-to-left scripts in the wrong order, so that Pillow draws every text that has some.
    """
    is_wide = any(unicodedata.east_asian_width(char) in "WF" for char in text)
    is_from_the_right = any(unicodedata.bidirectional(char) in ("R", "AL") for char in text)
    return is_wide and not is_from_the_right and hasattr(cv2, "FontFace")


def _with_pillow(text: str, size: int, bold: bool) -> np.ndarray:
    font = _dejavu(max(4, round(size * _FONT_SIZE)), bold)
    stroke = 0.0 if bold else size * _STROKE
    left, _, right, _ = font.getbbox(text, anchor="ls", stroke_width=stroke)
    image = Image.new("L", (max(1, round(right - left) + 4), size))
    origin = (2 - left, round(size * _BASELINE))
    ImageDraw.Draw(image).text(origin, text, fill=255, font=font, anchor="ls", stroke_width=stroke)
    return np.asarray(image)


@lru_cache(maxsize=32)
def _dejavu(points: int, bold: bool) -> ImageFont.FreeTypeFont:
    """Return the free DejaVu Sans that matplotlib ships."""
    import matplotlib

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts", "ttf", name), points)


def _with_opencv(text: str, size: int, bold: bool) -> np.ndarray:
    face, weight = cv2.FontFace("sans"), 600 if bold else 450
    points = max(4, round(size * 0.76))
    origin = (2, round(size * _BASELINE))
    area = cv2.getTextSize((_MAX_WIDTH, size), text, origin, face, points, weight)
    canvas = np.zeros((size, max(1, area[0] + area[2] + 2), 3), np.uint8)
    cv2.putText(canvas, text, origin, (255, 255, 255), face, points, weight)
    return canvas[..., 0]


def _rounded(width: int, height: int, radius: int) -> np.ndarray:
    """Return how much each pixel is covered by a rectangle with round corners: float32, 0 to 1."""
    scale = _SUPERSAMPLING
    mask = Image.new("L", (width * scale, height * scale))
    corners = (0, 0, mask.width - 1, mask.height - 1)
    ImageDraw.Draw(mask).rounded_rectangle(corners, radius * scale, fill=255)
    shrunk = mask.resize((width, height), Image.Resampling.BOX)
    return np.asarray(shrunk, np.float32) / 255
