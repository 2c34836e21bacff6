"""The hall in space: floor, walls, stands and hoops, and how they are drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from .camera import Views
from .floor import LENGTH as LENGTH
from .floor import RIM_X as RIM_X
from .floor import WIDTH as WIDTH
from .floor import make_floor
from .look import Look
from .people import make_crowd
from .reflect import reflected
from .walls import make_boards, make_ceiling, make_outside, make_wall

RIM_HEIGHT, RIM_RADIUS = 3.05, 0.23
_NEAREST = 0.4
"""Metres in front of the camera where drawing begins."""
_BAND = 160
"""Rows of the frame for which a floor is drawn at once, at a resolution of its own."""


@dataclass(frozen=True, slots=True)
class Plane:
    """A flat image in the world."""

    textures: tuple[np.ndarray, ...]
    """uint8 BGR, each half as large as the one before."""
    to_world: np.ndarray
    """Pixels (x, y, 1) of the largest texture to points of the world, shape (3, 3)."""
    level: bool
    """Whether it lies level, as floors and ceilings do, rather than stand."""
    normal: np.ndarray
    """Direction from which it can be seen, shape (3,)."""


def make_scene(look: Look) -> tuple[Plane, ...]:
    """Return the planes of the hall in the order of drawing."""
    hall = look.hall
    rng = np.random.default_rng(hall.texture)
    sides = list(_arena(rng, look) if hall.kind == "arena" else _room(rng, look))
    reach = [max(own, abs(place) + 1.0) for own, place in zip(hall.half, look.camera.place[:2], strict=True)]
    half = (reach[0], reach[1]) if hall.kind != "arena" else hall.half
    ground = _level(half, 0.0, look.side)
    floor = _plane(make_floor(rng, hall, half), *ground)
    planes = [floor, *sides]
    if hall.kind != "outdoor":
        ceiling, lamps = make_ceiling(rng, hall, (2 * hall.half[0], 2 * hall.half[1]))
        roof = _plane(ceiling, *_level(hall.half, hall.ceiling))
        if hall.kind == "gym":
            planes.append(roof)
        mirrored = [(plane.textures[-1], _shrunk(plane)) for plane in sides]
        shine = _plane(cv2.cvtColor(lamps, cv2.COLOR_GRAY2BGR), *_level(hall.half, hall.ceiling))
        mirrored.append((shine.textures[0], shine.to_world))
        shown = reflected(floor.textures[0], floor.to_world, mirrored, look.camera.place, hall)
        planes[0] = _plane(shown, *ground)
    return tuple(_lit(plane, np.asarray(look.gain)) for plane in planes)


def _level(
    half: tuple[float, float], height: float, side: float = 1.0
) -> tuple[list[float], list[float], list[float]]:
    """Return three corners of a level plane that is upright when seen from negative `side`."""
    along, across = half[0] * side, half[1] * side
    return [-along, across, height], [along, across, height], [-along, -across, height]


def _room(rng: np.random.Generator, look: Look) -> Iterator[Plane]:
    """Yield four walls, or what is around an outdoor court."""
    hall = look.hall
    make = make_outside if hall.kind == "outdoor" else make_wall
    for corner, other in _corners(look):
        image = make(rng, hall, float(np.linalg.norm(other - corner)))
        yield _plane(image, [*corner, hall.ceiling], [*other, hall.ceiling], [*corner, 0.0])


def _arena(rng: np.random.Generator, look: Look) -> Iterator[Plane]:
    """Yield stands full of people, with boards before them."""
    hall = look.hall
    crowd = make_crowd(rng, hall, (2 * hall.half[0] + 16.0, 13.0), 32)
    for corner, other in _corners(look):
        long = float(np.linalg.norm(other - corner))
        way = (other - corner) / long
        out = 11.0 * np.array([way[1], -way[0]])
        first = int(rng.integers(0, 100))
        stand = crowd[:, first : first + round((long + 12.0) * 32)]
        one, two = corner - way * 6.0, other + way * 6.0
        yield _plane(stand, [*(one + out), 8.0], [*(two + out), 8.0], [*one, 0.9])
        tall = float(rng.uniform(0.7, 1.1))
        image = make_boards(rng, hall, long, tall)
        yield _plane(image, [*corner, tall], [*other, tall], [*corner, 0.0])


def _corners(look: Look) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the ends, left and right on the floor, of every wall whose inner side the camera can see."""
    x, y = look.hall.half
    around = np.array([[-x, y], [x, y], [x, -y], [-x, -y]])
    for index in range(4):
        corner, other = around[index], around[(index + 1) % 4]
        way, there = other - corner, np.array(look.camera.place[:2]) - corner
        if way[1] * there[0] - way[0] * there[1] > 0:
            yield corner, other


def _plane(
    texture: np.ndarray, top_left: list[float], top_right: list[float], low_left: list[float]
) -> Plane:
    """Return a plane whose texture's corners are at the given points."""
    origin, right, low = np.array(top_left, float), np.array(top_right, float), np.array(low_left, float)
    high, wide = texture.shape[:2]
    to_world = np.stack([(right - origin) / wide, (low - origin) / high, origin], axis=1)
    half = cv2.resize(texture, (wide // 2, high // 2), interpolation=cv2.INTER_AREA)
    quarter = cv2.resize(half, (wide // 4, high // 4), interpolation=cv2.INTER_AREA)
    normal = np.cross(low - origin, right - origin)
    normal /= np.linalg.norm(normal)
    level = abs(float(normal[2])) > 0.95
    if level:
        normal = np.zeros(3)
    return Plane((texture, half, quarter), to_world, level, normal)


def _shrunk(plane: Plane) -> np.ndarray:
    """Return what maps pixels of the smallest texture to the world."""
    scale = plane.textures[0].shape[1] / plane.textures[-1].shape[1]
    return np.asarray(plane.to_world * [scale, scale, 1.0])


def _lit(plane: Plane, gain: np.ndarray) -> Plane:
    curve = np.clip(np.arange(256)[:, None, None] * gain, 0, 255).astype(np.uint8)
    lit = tuple(np.asarray(cv2.LUT(texture, curve)) for texture in plane.textures)
    return Plane(lit, plane.to_world, plane.level, plane.normal)


def draw_scene(
    image: np.ndarray, planes: tuple[Plane, ...], views: Views, time: int, corner: np.ndarray
) -> None:
    """Fill `image`, whose top left pixel is `corner` of the whole frame, with the hall."""
    image[:] = (30, 26, 24)
    for plane in planes:
        if plane.level:
            for first in range(0, len(image), _BAND):
                part = image[first : first + _BAND]
                _draw_plane(part, plane, _placed(views, time, corner + np.array([0, first])))
        elif (views.position[time] - plane.to_world[:, 2]) @ plane.normal > 0.05:
            _draw_plane(image, plane, _placed(views, time, corner))


def _placed(views: Views, time: int, corner: np.ndarray) -> np.ndarray:
    """Return the projection into an image whose top left pixel is `corner` of the frame."""
    shift = np.array([[1.0, 0.0, -corner[0]], [0.0, 1.0, -corner[1]], [0.0, 0.0, 1.0]])
    return np.asarray(shift @ views.matrix[time])


def _draw_plane(image: np.ndarray, plane: Plane, matrix: np.ndarray) -> None:
    full = np.zeros((4, 3))
    full[:3] = plane.to_world
    full[3, 2] = 1.0
    flat = matrix @ full
    high, wide = plane.textures[0].shape[:2]
    left, right = (0, wide) if plane.level else _in_front(flat, high, wide)
    if right - left < 2:
        return
    x0, y0, x1, y1 = _covered(flat, (left, right, high), image.shape, level=plane.level)
    if x1 <= x0 or y1 <= y0:
        return
    back = np.linalg.inv(flat)
    size = _sharpness(back, np.array([(x0 + x1) / 2, (y0 + y1) / 2]))
    which = int(np.clip(round(np.log2(max(size, 1e-6)) - 0.3), 0, len(plane.textures) - 1))
    texture = plane.textures[which]
    scale = wide / texture.shape[1]
    first = int(np.ceil(left / scale))
    texture = texture[:, first : int(right / scale)]
    # Pixels of smaller textures have their middles between those of the largest.
    grow = np.array([[scale, 0, first * scale + (scale - 1) / 2], [0, scale, (scale - 1) / 2], [0, 0, 1.0]])
    move = np.array([[1.0, 0.0, -x0], [0.0, 1.0, -y0], [0.0, 0.0, 1.0]])
    cv2.warpPerspective(
        texture,
        move @ flat @ grow,
        (x1 - x0, y1 - y0),
        image[y0:y1, x0:x1],
        cv2.INTER_LINEAR,
        cv2.BORDER_TRANSPARENT,
    )


def _in_front(flat: np.ndarray, high: int, wide: int) -> tuple[int, int]:
    """Return the columns of a standing plane's texture that are wholly in front of the camera."""
    left, right = 0.0, float(wide)
    for row in (0.0, float(high)):
        slope, start = flat[2, 0], flat[2, 1] * row + flat[2, 2] - _NEAREST
        if abs(slope) < 1e-9:
            if start < 0:
                return 0, 0
            continue
        edge = -start / slope
        left, right = (max(left, edge), right) if slope > 0 else (left, min(right, edge))
    return int(np.ceil(left)), int(right)


def _covered(
    flat: np.ndarray, texture: tuple[int, int, int], shape: tuple[int, ...], *, level: bool
) -> tuple[int, int, int, int]:
    """Return the part of the image (left, top, right, bottom) that a plane may cover."""
    high, wide = shape[:2]
    left, right, low = texture
    corners = flat @ np.array([[left, right, left, right], [0, 0, low, low], [1, 1, 1, 1]], float)
    if (corners[2] >= _NEAREST / 2).all():
        spots = corners[:2] / corners[2]
        first, last = np.floor(spots.min(axis=1)).astype(int), np.ceil(spots.max(axis=1)).astype(int) + 1
        return max(first[0], 0), max(first[1], 0), min(last[0], wide), min(last[1], high)
    if not level or (corners[2] < _NEAREST / 2).all():
        return 0, 0, 0, 0
    # Only one side of the horizon shows what is in front of the camera; the other mirrors what is behind.
    row = np.linalg.inv(flat)[2]
    rows = np.arange(high)
    seen = np.flatnonzero(np.maximum(row[1] * rows + row[2], row[0] * wide + row[1] * rows + row[2]) > 0)
    return (0, int(seen[0]), wide, int(seen[-1]) + 1) if len(seen) else (0, 0, 0, 0)


def _sharpness(back: np.ndarray, spot: np.ndarray) -> float:
    """Return how many pixels of the texture fall on one of the image at `spot`."""
    near = spot[:, None] + np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    mapped = back @ np.concatenate([near, np.ones((1, 3))])
    mapped = mapped[:2] / mapped[2]
    steps = np.linalg.norm(mapped[:, 1:] - mapped[:, :1], axis=0)
    return float(steps.min() ** 0.5 * steps.max() ** 0.5)


def hoop_points(sign: float) -> dict[str, np.ndarray]:
    """Return the outlines of the hoop at x = `sign` * RIM_X, in metres, each of shape (K, 3)."""
    angle = np.linspace(0.0, 2.0 * np.pi, 17)
    board = sign * (LENGTH / 2 - 1.2)
    ring = np.stack(
        [sign * RIM_X + RIM_RADIUS * np.cos(angle), RIM_RADIUS * np.sin(angle), 0 * angle + RIM_HEIGHT], 1
    )
    low = np.stack(
        [sign * RIM_X + 0.13 * np.cos(angle), 0.13 * np.sin(angle), 0 * angle + RIM_HEIGHT - 0.42], axis=1
    )
    turned = np.roll(low[:-1], 2, axis=0)
    return {
        "board": np.array([[board, y, z] for y, z in ((-0.9, 2.9), (0.9, 2.9), (0.9, 3.95), (-0.9, 3.95))]),
        "square": np.array(
            [[board, y, z] for y, z in ((-0.3, 3.08), (0.3, 3.08), (0.3, 3.53), (-0.3, 3.53))]
        ),
        "arm": np.array(
            [[board, 0, 3.2], [sign * (LENGTH / 2 + 1.2), 0, 2.6], [sign * (LENGTH / 2 + 1.2), 0, 0.0]]
        ),
        "ring": ring,
        "net": np.stack([ring[:-1], turned], axis=1).reshape(-1, 3),
    }
