"""What a glossy floor shows of walls, windows and lamps."""

from __future__ import annotations

import cv2
import numpy as np

from .hall import Hall

_SHRINK = 5
"""Reflections are blurred: they are computed this much smaller than the floor's texture."""


def reflected(
    floor: np.ndarray,
    to_world: np.ndarray,
    planes: list[tuple[np.ndarray, np.ndarray]],
    place: tuple[float, float, float],
    hall: Hall,
) -> np.ndarray:
    """Return the floor's texture with what it reflects for a camera that stands at `place`.

    A camera that only turns and zooms sees every reflection at the same spot of the floor.

    Args:
        floor: uint8 BGR.
        to_world: Its pixels to points of the world, shape (3, 3).
        planes: Textures around the floor, the last of them the lamps, with what maps their pixels to the
            world.
        place: Where the camera stands, in metres.
        hall: For the gloss and the light.
    """
    if hall.gloss < 0.05:
        return floor
    high, wide = floor.shape[0] // _SHRINK, floor.shape[1] // _SHRINK
    grow = np.diag([float(_SHRINK), float(_SHRINK), 1.0])
    mirror = np.zeros((high, wide, 3), np.uint8)
    for texture, other in planes[:-1]:
        _add(mirror, texture, _seen_in(to_world @ grow, other, place))
    lamps = np.zeros_like(mirror)
    _add(lamps, planes[-1][0], _seen_in(to_world @ grow, planes[-1][1], place))
    sigma = 1.0 + 7.0 * (1.0 - hall.gloss)
    mirror = cv2.GaussianBlur(mirror, (0, 0), sigma)
    lamps = cv2.GaussianBlur(lamps, (0, 0), 0.6 * sigma)
    flat = _slant(to_world @ grow, (high, wide), place)
    strength = np.clip(hall.gloss * (0.05 + 0.75 * flat), 0.0, 0.75)[..., None]
    shine = hall.gloss * hall.light * lamps * (0.25 + 0.75 * flat[..., None])
    # The sum is dark * floor + light, with both small fields brought to the floor's size.
    light = np.clip(mirror * strength + shine, 0, 255).astype(np.uint8)
    dark = np.clip(255.0 * (1.0 - 0.85 * strength), 0, 255).astype(np.uint8)
    size = floor.shape[1], floor.shape[0]
    shade = cv2.cvtColor(cv2.resize(dark, size), cv2.COLOR_GRAY2BGR)
    return np.asarray(cv2.add(cv2.multiply(floor, shade, scale=1 / 255), cv2.resize(light, size)))


def _seen_in(floor: np.ndarray, plane: np.ndarray, place: tuple[float, float, float]) -> np.ndarray:
    """Return the homography from a plane's pixels to the pixels of the floor where they are reflected."""
    # From the camera to the mirrored point (x, y, -z): the line meets the floor at a share h / (h + z).
    rise = place[2]
    along = np.zeros((3, 3))
    along[0] = rise * plane[0] + place[0] * plane[2]
    along[1] = rise * plane[1] + place[1] * plane[2]
    # plane[2] is z as a function of the pixel; the constant of the denominator sits in the last column.
    along[2] = plane[2] + np.array([0.0, 0.0, rise])
    return np.asarray(np.linalg.inv(np.stack([floor[0], floor[1], [0.0, 0.0, 1.0]])) @ along)


def _add(image: np.ndarray, texture: np.ndarray, homography: np.ndarray) -> None:
    cv2.warpPerspective(
        texture,
        homography,
        (image.shape[1], image.shape[0]),
        image,
        cv2.INTER_LINEAR,
        cv2.BORDER_TRANSPARENT,
    )


def _slant(to_world: np.ndarray, size: tuple[int, int], place: tuple[float, float, float]) -> np.ndarray:
    """Return how flat the camera looks upon the floor: 0 from above to 1 along it, shape (H, W)."""
    rows, columns = np.mgrid[: size[0], : size[1]]
    x = to_world[0, 0] * columns + to_world[0, 1] * rows + to_world[0, 2] - place[0]
    y = to_world[1, 0] * columns + to_world[1, 1] * rows + to_world[1, 2] - place[1]
    sine = place[2] / np.sqrt(x * x + y * y + place[2] ** 2)
    return np.asarray((1.0 - sine) ** 3)
