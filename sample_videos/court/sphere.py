"""The ball: a lit sphere with seams."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .camera import Views
from .light import Light, shade_freely
from .motion import BALL_RADIUS
from .raster import NEAR, SHIFTS, between

_SEAM = 0.045
"""Half the width of a seam relative to the radius."""


@dataclass(frozen=True, slots=True)
class Globe:
    """The ball's pixels in all samples of an image; K of them."""

    pixel: np.ndarray
    """As in `raster.Fragments`, shape (K,)."""
    depth: np.ndarray
    """Distance from the camera, float32, shape (K,), in metres."""
    colours: np.ndarray
    """0 to 255, shape (K, 3)."""


def globe(places: np.ndarray, views: Views, size: tuple[int, int], colour: np.ndarray, light: Light) -> Globe:
    """Return the ball's pixels.

    Args:
        places: Where the ball is when the shutter opens and when it closes, shape (2, 3), in metres.
        views: The camera at both times, in pixels of the image.
        size: The image's height and width.
        colour: The leather's, 0 to 255, shape (3,).
        light: Of the hall.
    """
    spots, scales, depths = (between(values[:, 0]) for values in views.project(places[:, None]))
    spots, radii = spots - SHIFTS, scales * BALL_RADIUS
    found = [
        _disc(sample, spots[sample], float(radii[sample]), size)
        for sample in range(len(spots))
        if depths[sample] > 4 * NEAR
    ]
    sample = np.repeat(np.arange(len(found)), [len(part[0]) for part in found])
    flat = np.concatenate([np.empty((0, 2)), *(part[1] for part in found)])
    toward = np.sqrt(np.maximum(1.0 - np.sum(flat**2, axis=1), 0.0))
    outward = np.column_stack([flat, -toward]) @ _axes(views)
    depth = depths[sample] - toward * BALL_RADIUS
    turned = np.einsum("kij,kj->ki", _turns(between(places))[sample], outward)
    colours = colour * (1.0 - 0.72 * _seams(turned))[:, None] * shade_freely(light, outward)
    pixel = np.concatenate([np.empty(0, np.int64), *(part[0] for part in found)])
    return Globe(pixel, depth.astype(np.float32), colours)


def _disc(
    sample: int, spot: np.ndarray, radius: float, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the pixels of one sample that the ball covers, and where on it: right and down, -1 to 1."""
    high, wide = size
    first = np.maximum(np.ceil(spot - radius), 0).astype(int)
    last = np.minimum(np.floor(spot + radius), [wide - 1, high - 1]).astype(int)
    columns, rows = (np.arange(first[axis], last[axis] + 1) for axis in (0, 1))
    right, down = np.meshgrid((columns - spot[0]) / radius, (rows - spot[1]) / radius)
    inside = right**2 + down**2 < 1.0
    index = (sample * high + rows[:, None]) * wide + columns
    return index[inside], np.stack([right[inside], down[inside]], axis=1)


def _axes(views: Views) -> np.ndarray:
    """Return the camera's right, down and forward as rows, as the shutter opens, shape (3, 3)."""
    matrix = views.matrix[0, :, :3]
    forward = matrix[2]
    right = matrix[0] - (matrix[0] @ forward) * forward
    right = right / np.linalg.norm(right)
    return np.stack([right, np.cross(forward, right), forward])


def _turns(places: np.ndarray) -> np.ndarray:
    """Return how the ball is turned, shape (S, 3, 3): it rolls along with where it is."""
    along, up = places[:, 0] * 2.0, places[:, 2] * 3.0 + places[:, 1] * 2.0
    zero, one = np.zeros(len(places)), np.ones(len(places))
    first = [[np.cos(along), zero, np.sin(along)], [zero, one, zero], [-np.sin(along), zero, np.cos(along)]]
    second = [[one, zero, zero], [zero, np.cos(up), -np.sin(up)], [zero, np.sin(up), np.cos(up)]]
    return np.asarray(np.moveaxis(np.array(second), -1, 0) @ np.moveaxis(np.array(first), -1, 0))


def _seams(spots: np.ndarray) -> np.ndarray:
    """Return 1 on the seams of a basketball and 0 elsewhere, for points (K, 3) of the unit sphere."""
    x, y, z = spots.T
    bow = np.abs(np.abs(z) - (0.42 + 0.42 * y**2))
    near = np.minimum(np.minimum(np.abs(x), np.abs(y)), bow)
    return np.asarray(np.clip(2.0 - near / _SEAM, 0.0, 1.0))
