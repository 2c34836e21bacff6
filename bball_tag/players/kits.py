"""What a person wears: colours of the parts of the body, to tell teams and players apart."""

from __future__ import annotations

import cv2
import numpy as np

PARTS = ("head", "torso", "shorts", "legs", "feet")
LOOK = slice(0, 3 * len(PARTS) + 3)
"""Where colours stand in a descriptor: CIE L*, a*, b* of the mean of each of `PARTS`, and of the shirt."""
SHIRT = slice(3 * len(PARTS), 3 * len(PARTS) + 3)
"""Where the shirt's own colour stands in a descriptor."""
CLEAR = SHIRT.stop
"""Where the share of the body that nobody nearer hides stands in a descriptor."""
CLEAR_VIEW = 0.75
"""The share of a body that is in view from which on its colours are its own."""
COLOURS = CLEAR + 1
"""Length of a descriptor."""

_ROWS, _COLUMNS = 40, 18
_MARGIN = 0.25
"""What is looked at beside the box, as a fraction of its width: the background."""
_BANDS = ((0, 5), (8, 18), (19, 25), (27, 34), (36, 40))
"""First and last row of each part, of 40 over the height of an upright body (Drillis and Contini, 1966)."""
_SIDE = round(_COLUMNS * _MARGIN / (1 + 2 * _MARGIN))
"""Columns of background on each side."""
_LIKE_BACKGROUND = 14.0
"""A pixel nearer than about this to the background's colour (CIE76) counts little: clearly visible
differences begin at 5, and the floor of one court varies by about 10."""
_SKIN_DISCOUNT = 0.7
"""An arm in front of the torso counts less by this; a shirt of such a colour still wins where it is alone."""
_LIKE_SHIRT = 10.0
"""Pixels of one cloth differ by about this (CIE76), folds and shade included."""


def kit_colours(image: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Describe what the person in each box wears.

    Means of the parts of the body tell teammates apart, as they hold skin, hair, shoes and numbers in
    their proportions. The commonest colour of the torso tells teams apart, as it is the shirt's own. Pixels
    count more near the middle of the box, and less where they look like the background beside it.

    Args:
        image: uint8 RGB array of shape (H, W, 3).
        boxes: left, top, width, height in pixels of `image`, shape (N, 4); they may reach outside.

    Returns:
        float32 array of shape (N, `COLOURS`); `LOOK`, `SHIRT` and `CLEAR` say what stands where.
    """
    if not len(boxes):
        return np.zeros((0, COLOURS), np.float32)
    patches = np.concatenate([_patch(image, box) for box in np.asarray(boxes, np.float64).tolist()])
    lab = cv2.cvtColor(patches, cv2.COLOR_RGB2LAB).reshape(len(boxes), _ROWS, _COLUMNS, 3)
    across = np.linspace(-1, 1, _COLUMNS)[_SIDE : _COLUMNS - _SIDE]
    middle = np.exp(-0.5 * (across / 0.3) ** 2).astype(np.float32)
    columns = []
    for part, (first, stop) in zip(PARTS, _BANDS, strict=True):
        band = lab[:, first:stop]
        sides = np.concatenate([band[:, :, :_SIDE], band[:, :, -_SIDE:]], axis=2)
        background = np.median(sides, axis=(1, 2))[:, None]
        inner = band[:, :, _SIDE : _COLUMNS - _SIDE].reshape(len(boxes), -1, 3)
        unlike = 1 - _near(inner, background, _LIKE_BACKGROUND)[..., 0]
        # A kit of the floor's own colour still has a colour.
        weights = np.tile(middle, stop - first) * (0.05 + unlike)
        columns.append(np.einsum("np,npc->nc", weights, inner) / weights.sum(axis=1)[:, None])
        if part == "torso":
            shirt = _commonest(inner, weights * (1 - _SKIN_DISCOUNT * _is_skin(inner)))
    return np.concatenate([*columns, shirt, clear_shares(boxes)[:, None]], axis=1).astype(np.float32)


def clear_shares(boxes: np.ndarray) -> np.ndarray:
    """Return the share of each body that nobody nearer hides, 0 to 1: shape (N,).

    Whose foot is lower in the frame is nearer; the body is the middle half of its box.
    """
    left, top, width, height = np.asarray(boxes, np.float64).T
    right, foot = left + width, top + height
    shared = covered_shares((left + width / 4, top, right - width / 4, foot), boxes)
    return np.asarray(1 - np.clip((shared * (foot[None] > foot[:, None])).sum(axis=1), 0, 1))


def covered_shares(parts: tuple[np.ndarray, ...], boxes: np.ndarray) -> np.ndarray:
    """Return the share of each of N parts of an image that each of M boxes covers, shape (N, M).

    Args:
        parts: Left, top, right and bottom, (N,) each.
        boxes: left, top, width, height, shape (M, 4).
    """
    left, top, right, bottom = (side[:, None] for side in parts)
    others = np.asarray(boxes, np.float64)
    beside, above = others[:, 0], others[:, 1]
    wide = np.minimum(right, beside + others[:, 2]) - np.maximum(left, beside)
    high = np.minimum(bottom, above + others[:, 3]) - np.maximum(top, above)
    area = np.maximum((right - left) * (bottom - top), 1e-9)
    return np.asarray(np.clip(wide, 0, None) * np.clip(high, 0, None) / area)


def _commonest(colours: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the colour around which most of the colours (N, P, 3) lie, by weights (N, P): shape (N, 3).

    A shirt's number, an arm in front of it and the floor beside it don't move it, as they would a mean.
    """
    # Folds and shade change lightness more than hue.
    shown = colours * np.array([0.6, 1, 1], np.float32)
    near = _near(shown, shown, _LIKE_SHIRT)
    density = np.einsum("npq,nq->np", near, weights) * weights
    densest = near[np.arange(len(colours)), density.argmax(axis=1)] * weights
    return np.asarray(np.einsum("np,npc->nc", densest, colours) / densest.sum(axis=1)[:, None])


def _is_skin(colours: np.ndarray) -> np.ndarray:
    """Say which colours (N, P, 3) may be skin, of any tone: bool array (N, P)."""
    hue = np.degrees(np.arctan2(colours[..., 2], colours[..., 1]))
    chroma = np.hypot(colours[..., 1], colours[..., 2])
    return np.asarray((hue > 35) & (hue < 75) & (chroma > 8) & (chroma < 45))


def _near(these: np.ndarray, those: np.ndarray, width: float) -> np.ndarray:
    """Return how near colours (N, P, 3) are to others (N, Q, 3): 1 to 0, shape (N, P, Q)."""
    squares = [(colours**2).sum(axis=2) for colours in (these, those)]
    gaps = squares[0][:, :, None] + squares[1][:, None, :] - 2 * these @ those.transpose(0, 2, 1)
    return np.asarray(np.exp(np.minimum(-gaps, 0) / (2 * width**2)))


def rgb_of(lab: np.ndarray) -> tuple[int, int, int]:
    """Return red, green and blue, 0 to 255, of CIE L*, a*, b*."""
    colour = cv2.cvtColor(np.asarray(lab, np.float32).reshape(1, 1, 3), cv2.COLOR_LAB2RGB)
    red, green, blue = np.clip(np.rint(colour[0, 0] * 255), 0, 255).astype(int).tolist()
    return red, green, blue


def lab_of(rgb: tuple[int, int, int]) -> np.ndarray:
    """Return CIE L*, a*, b* of red, green and blue, 0 to 255: float32 array of shape (3,)."""
    colour = np.asarray(rgb, np.float32).reshape(1, 1, 3) / 255
    return np.asarray(cv2.cvtColor(colour, cv2.COLOR_RGB2LAB)[0, 0])


def _patch(image: np.ndarray, box: list[float]) -> np.ndarray:
    """Return a box with its surroundings at a fixed small size: float32 RGB, 0 to 1."""
    left, top, width, height = box
    rows, columns = image.shape[:2]
    first = min(max(int(left - _MARGIN * width), 0), columns - 1)
    stop = min(max(int(np.ceil(left + (1 + _MARGIN) * width)), first + 1), columns)
    upper = min(max(int(top), 0), rows - 1)
    lower = min(max(int(np.ceil(top + height)), upper + 1), rows)
    patch = cv2.resize(image[upper:lower, first:stop], (_COLUMNS, _ROWS), interpolation=cv2.INTER_AREA)
    return np.multiply(patch, np.float32(1 / 255), dtype=np.float32)
