"""What people and the ball leave on the floor: soft shadows from several lamps."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from . import skeleton as sk
from .light import GAMMA, Light
from .motion import BALL_RADIUS
from .paint import SHIFT, fixed

_DENSITY = 24
"""Pixels per metre of the small map in which shadows are drawn before they are laid on the floor."""
_REACH = 2.2
"""Half the side of that map, in metres."""
_SIDE = round(2 * _REACH * _DENSITY)
_LEVELS = (0.55, 1.15)
"""Heights in metres that part what casts sharp shadows from what casts soft and very soft ones."""
# Parts of a body that light does not pass: joint, joint, thickness in metres.
PARTS: tuple[tuple[int, int, float], ...] = (
    (sk.ANKLE_L, sk.TOE_L, 0.10),
    (sk.ANKLE_R, sk.TOE_R, 0.10),
    (sk.KNEE_L, sk.ANKLE_L, 0.10),
    (sk.KNEE_R, sk.ANKLE_R, 0.10),
    (sk.HIP_L, sk.KNEE_L, 0.17),
    (sk.HIP_R, sk.KNEE_R, 0.17),
    (sk.PELVIS, sk.CHEST, 0.32),
    (sk.SHOULDER_L, sk.SHOULDER_R, 0.18),
    (sk.SHOULDER_L, sk.ELBOW_L, 0.09),
    (sk.SHOULDER_R, sk.ELBOW_R, 0.09),
    (sk.ELBOW_L, sk.HAND_L, 0.08),
    (sk.ELBOW_R, sk.HAND_R, 0.08),
    (sk.CHEST, sk.HEAD, 0.20),
)
_START, _STOP = [part[0] for part in PARTS], [part[1] for part in PARTS]
_THICK = np.array([part[2] for part in PARTS])
# How wide and how strongly a foot, the body and the ball keep the light from all around off the floor.
_FOOT, _BODY = (0.10, 0.8), (0.40, 0.4)


@dataclass(frozen=True, slots=True)
class _Patch:
    """A part of an image with floor in it."""

    image: np.ndarray
    """uint8 BGR, drawn upon."""
    matrix: np.ndarray
    """Pixels of the map to pixels of the part, shape (3, 3)."""


def shade_floor(image: np.ndarray, joints: np.ndarray, matrix: np.ndarray, light: Light) -> None:
    """Darken the floor around a person.

    Args:
        image: uint8 BGR, drawn upon.
        joints: Shape (JOINTS, 3), in metres.
        matrix: Projection of the world to the image's pixels, shape (3, 4).
        light: Of the hall.
    """
    middle = joints[sk.PELVIS, :2]
    patch = _patch(image, middle, matrix)
    if patch is None:
        return
    ends = np.stack([joints[_START], joints[_STOP]], axis=1)
    grid = _grid(middle)
    hidden = np.zeros((_SIDE, _SIDE), np.float32)
    for toe, ankle in ((sk.TOE_L, sk.ANKLE_L), (sk.TOE_R, sk.ANKLE_R)):
        spot = (joints[toe] + joints[ankle]) / 2
        high = max(float(joints[[toe, ankle], 2].min()) - 0.05, 0.0)
        hidden = np.maximum(hidden, _spot(grid, spot[:2], _FOOT[0] + high, _FOOT[1] * np.exp(-high / 0.2)))
    high = max(float(joints[[sk.ANKLE_L, sk.ANKLE_R], 2].min()) - sk.ANKLE_HEIGHT, 0.0)
    hidden += _spot(grid, middle, _BODY[0] + high, _BODY[1] * np.exp(-high))
    _darken(patch, hidden, _cast(ends, _THICK, middle, light), light)


def shade_under_ball(image: np.ndarray, place: np.ndarray, matrix: np.ndarray, light: Light) -> None:
    """Darken the floor around the ball at `place` (3,), in metres; otherwise as `shade_floor`."""
    middle, high = place[:2], max(float(place[2]) - BALL_RADIUS, 0.0)
    patch = _patch(image, middle, matrix)
    if patch is None or high > 2.5 * _REACH:
        return
    hidden = _spot(_grid(middle), middle, 0.09 + high, 0.6 * np.exp(-high / 0.15))
    ends = np.tile(place, (1, 2, 1))
    cast = _cast(ends, np.array([2.0 * BALL_RADIUS]), middle, light)
    _darken(patch, hidden, cast, light)


def _grid(middle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where the map's columns and rows are, in metres."""
    step = (np.arange(_SIDE, dtype=np.float32) + 0.5) / _DENSITY - _REACH
    return step[None] + np.float32(middle[0]), step[:, None] + np.float32(middle[1])


def _spot(
    grid: tuple[np.ndarray, np.ndarray], middle: np.ndarray, radius: float, strength: float
) -> np.ndarray:
    """Return a round spot without an edge."""
    x, y = (
        np.exp(-0.5 * ((axis - np.float32(spot)) / np.float32(radius)) ** 2)
        for axis, spot in zip(grid, middle, strict=True)
    )
    return np.asarray(x * y * np.float32(strength))


def _cast(ends: np.ndarray, thick: np.ndarray, middle: np.ndarray, light: Light) -> np.ndarray:
    """Return the share of the lamps' light that lines (N, 2, 3) keep off the map."""
    arrives = light.power.mean(axis=1) * light.lamps[:, 2]
    share = arrives / arrives.sum()
    level = np.searchsorted(_LEVELS, ends[..., 2].mean(axis=1))
    total = np.zeros((_SIDE, _SIDE), np.float32)
    for height in np.unique(level):
        chosen = np.flatnonzero(level == height)
        layer = np.zeros((_SIDE, _SIDE), np.float32)
        for lamp, weight in zip(light.lamps, share, strict=True):
            flat = ends[..., :2] - lamp[:2] * (ends[..., 2:] / lamp[2])
            spots = fixed((flat - middle + _REACH) * _DENSITY - 0.5)
            mask = np.zeros((_SIDE, _SIDE), np.uint8)
            for index in chosen.tolist():
                one, two = spots[index].tolist()
                cv2.line(mask, one, two, 255, max(1, round(thick[index] * _DENSITY)), cv2.LINE_8, SHIFT)
            layer += mask * np.float32(weight / 255.0)
        edge = 0.03 + 0.5 * light.softness * float(ends[chosen, :, 2].mean())
        total = np.maximum(total, cv2.GaussianBlur(layer, (0, 0), edge * _DENSITY))
    return total


def _patch(image: np.ndarray, middle: np.ndarray, matrix: np.ndarray) -> _Patch | None:
    """Return the part of the image where the map around `middle` lies, if it is in the image."""
    to_world = np.array(
        [[1 / _DENSITY, 0.0, middle[0] - _REACH], [0.0, 1 / _DENSITY, middle[1] - _REACH], [0.0, 0.0, 1.0]]
    )
    whole = matrix[:, [0, 1, 3]] @ to_world
    corners = whole @ np.array([[0, _SIDE, _SIDE, 0], [0, 0, _SIDE, _SIDE], [1, 1, 1, 1]], float)
    if (corners[2] < 0.5).any():
        return None
    flat = corners[:2] / corners[2]
    low = np.maximum(np.floor(flat.min(axis=1)), 0).astype(int)
    high = np.minimum(np.ceil(flat.max(axis=1)) + 1, [image.shape[1], image.shape[0]]).astype(int)
    if (high <= low).any():
        return None
    move = np.array([[1.0, 0.0, -low[0]], [0.0, 1.0, -low[1]], [0.0, 0.0, 1.0]])
    return _Patch(image[low[1] : high[1], low[0] : high[0]], move @ whole)


def _darken(patch: _Patch, hidden: np.ndarray, cast: np.ndarray, light: Light) -> None:
    """Lay a map of missing light upon the floor: `hidden` from all around, `cast` from the lamps."""
    lamps = float((light.power.mean(axis=1) * light.lamps[:, 2]).sum())
    around = float(light.above.mean())
    left = 1.0 - (around * np.minimum(hidden, 1.0) + lamps * cast) / (around + lamps)
    dark = 1.0 - np.maximum(left, 0.02) ** np.float32(1 / GAMMA)
    size = patch.image.shape[1], patch.image.shape[0]
    spread = 1.0 - cv2.warpPerspective(dark.astype(np.float32), patch.matrix, size)
    patch.image[:] = cv2.multiply(patch.image, cv2.merge([spread] * 3), dtype=cv2.CV_8U)
