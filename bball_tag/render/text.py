"""Words as pictures: white masks of text, and the small plates that carry them."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bball_tag.palette import Colour, ink_on

_SUPERSAMPLING = 4
_LONGEST = 60
"""Characters of a text that are shown; a label this long is a mistake."""
_WIDEST = 1 << 15
"""More pixels than a line of text ever has."""


def text_mask(text: str, size: int, *, bold: bool = False) -> np.ndarray:
    """Return how much each pixel is covered by `text` on one line.

    Args:
        text: Any script; control characters and line breaks are shown as spaces.
        size: Height of a line, in pixels.
        bold: Whether to use the heavier face.

    Returns:
        uint8 array of shape (size, W), 255 where covered.
    """
    clean = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in text).strip()
    if len(clean) > _LONGEST:
        clean = clean[: _LONGEST - 1] + "…"
    # OpenCV 5 carries a calm face and Chinese, Japanese and Korean, but puts right-to-left scripts in
    # the wrong order; Pillow shapes those.
    from_the_right = any(unicodedata.bidirectional(char) in ("R", "AL") for char in clean)
    draw = _with_pillow if from_the_right or not hasattr(cv2, "FontFace") else _with_opencv
    return draw(clean, size, bold)


def _with_opencv(text: str, size: int, bold: bool) -> np.ndarray:
    face, weight = _opencv_face(), 600 if bold else 450
    points = max(4, round(size * 0.76))
    origin = (2, round(size * 0.74))
    area = cv2.getTextSize((_WIDEST, size), text, origin, face, points, weight)
    canvas = np.zeros((size, max(1, area[0] + area[2] + 2), 3), np.uint8)
    cv2.putText(canvas, text, origin, (255, 255, 255), face, points, weight)
    return canvas[..., 0]


@lru_cache(maxsize=1)
def _opencv_face() -> cv2.FontFace:
    return cv2.FontFace("sans")


def _with_pillow(text: str, size: int, bold: bool) -> np.ndarray:
    font = _pillow_font(max(4, round(size * 0.7)), bold)
    left, _, right, _ = font.getbbox(text, anchor="ls")
    image = Image.new("L", (max(1, round(right - left) + 4), size))
    ImageDraw.Draw(image).text((2 - left, round(size * 0.74)), text, fill=255, font=font, anchor="ls")
    return np.asarray(image)


@lru_cache(maxsize=32)
def _pillow_font(points: int, bold: bool) -> ImageFont.FreeTypeFont:
    import matplotlib

    # The free DejaVu Sans that matplotlib ships.
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts", "ttf", name), points)


def words(text: str, size: int, colour: Colour, *, bold: bool = False) -> np.ndarray:
    """Return `text` without a background: uint8 RGB and opacity, shape (size, W, 4)."""
    mask = text_mask(text, size, bold=bold)
    image = np.empty((*mask.shape, 4), np.uint8)
    image[..., :3], image[..., 3] = colour, mask
    return image


def plate(parts: list[tuple[str, Colour]], size: int, *, opacity: float = 1.0) -> np.ndarray:
    """Return a rounded plate of coloured fields side by side, each with its text.

    Args:
        parts: Text and colour of each field; the first is set in bold.
        size: Height of the plate, in pixels.
        opacity: Of the fields, 0 to 1; the text is always opaque.

    Returns:
        uint8 RGB and opacity, shape (size, W, 4).
    """
    line, pad = round(size * 0.92), round(size * 0.3)
    fields = []
    for place, (text, colour) in enumerate(parts):
        mask = text_mask(text, line, bold=place == 0)
        cover = np.zeros((size, mask.shape[1] + 2 * pad), np.float32)
        top = (size - line) // 2
        cover[top : top + line, pad : pad + mask.shape[1]] = mask / 255
        field = np.empty((*cover.shape, 4), np.float32)
        ground, ink = np.array(colour, np.float32), np.array(ink_on(colour), np.float32)
        field[..., :3] = ground + (ink - ground) * cover[..., None]
        field[..., 3] = 255 * np.maximum(opacity, cover)
        fields.append(field)
    image = np.concatenate(fields, axis=1)
    image[..., 3] *= rounded(image.shape[1], size, round(size * 0.22))
    whole: np.ndarray = np.rint(image).astype(np.uint8)
    return whole


def rounded(width: int, height: int, radius: int) -> np.ndarray:
    """Return how much each pixel is covered by a rectangle with round corners: float32, 0 to 1."""
    scale = _SUPERSAMPLING
    big = np.zeros((height * scale, width * scale), np.uint8)
    edge = min(radius * scale, min(big.shape) // 2)
    cv2.rectangle(big, (edge, 0), (big.shape[1] - edge - 1, big.shape[0]), 255, -1)
    cv2.rectangle(big, (0, edge), (big.shape[1], big.shape[0] - edge - 1), 255, -1)
    for x in (edge, big.shape[1] - edge - 1):
        for y in (edge, big.shape[0] - edge - 1):
            cv2.circle(big, (x, y), edge, 255, -1)
    shrunk: np.ndarray = cv2.resize(big, (width, height), interpolation=cv2.INTER_AREA)
    cover: np.ndarray = np.multiply(shrunk, 1 / 255, dtype=np.float32)
    return cover
