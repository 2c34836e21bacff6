"""How people cover each other: the part of everybody that can be seen, and what is seen in a box."""

from __future__ import annotations

import cv2
import numpy as np

from .figure import Figures
from .look import Look
from .paint import SHIFT, fixed

SCALE = 0.25
"""Size of the mask in which silhouettes cover each other, relative to the frame."""


def covered(figures: Figures, frame: int, look: Look) -> tuple[np.ndarray, np.ndarray]:
    """Return how much of everybody can be seen, shape (F,), and the mask of who is where.

    The mask is smaller by `SCALE`; 0 is the hall, 1 and up are the people in the order of `figures`.
    """
    mask = np.zeros((round(look.height * SCALE), round(look.width * SCALE)), np.uint8)
    count = figures.box.shape[1]
    whole = np.zeros(count)
    inside = (figures.box[frame, :, 0] < look.width) & (figures.box[frame, :, 2] > 0)
    for index in np.argsort(-figures.depth[frame], kind="stable").tolist():
        if not inside[index]:
            continue
        hulls = (figures.hulls[frame, index] * SCALE).astype(np.float32)
        corner = np.floor(figures.box[frame, index, :2] * SCALE) - 2
        size = np.ceil(figures.box[frame, index, 2:] * SCALE).astype(int) + 3 - corner.astype(int)
        alone = np.zeros((size[1], size[0]), np.uint8)
        for points in hulls:
            cv2.fillConvexPoly(alone, fixed(cv2.convexHull(points)[:, 0] - corner), 1, cv2.LINE_8, SHIFT)
        whole[index] = cv2.countNonZero(alone)
        _paste(mask, alone, corner.astype(int), index + 1)
    left = np.bincount(mask.ravel(), minlength=count + 1)[1:]
    return left / np.maximum(whole, 1.0), mask


def _paste(mask: np.ndarray, alone: np.ndarray, corner: np.ndarray, value: int) -> None:
    """Set `mask` to `value` where `alone`, whose top left pixel is at `corner`, is set."""
    left, top = corner.tolist()
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + alone.shape[1], mask.shape[1]), min(top + alone.shape[0], mask.shape[0])
    if x1 > x0 and y1 > y0:
        mask[y0:y1, x0:x1][alone[y0 - top : y1 - top, x0 - left : x1 - left] > 0] = value


def torso_colour(mask: np.ndarray, box: np.ndarray, paints: np.ndarray) -> np.ndarray:
    """Return the mean colour of what the mask shows in a box's torso region."""
    left, top, wide, high = (box * SCALE).tolist()
    rows = slice(int(top + 0.2 * high), int(top + 0.5 * high) + 1)
    columns = slice(int(left + 0.25 * wide), int(left + 0.75 * wide) + 1)
    counts = np.bincount(mask[rows, columns].ravel(), minlength=len(paints))
    return np.asarray(counts @ paints / max(int(counts.sum()), 1))
