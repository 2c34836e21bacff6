"""The hall: floor, boards, crowd and hoops."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .camera import Views
from .look import Look

LENGTH, WIDTH = 28.0, 15.0
"""The court, centred on the origin, in metres."""
RIM_X, RIM_HEIGHT, RIM_RADIUS = 12.425, 3.05, 0.23
FLOOR_DENSITY = 50
STAND_DENSITY = 34
MARGIN = 4.0


@dataclass(frozen=True, slots=True)
class Plane:
    """A flat image in the world."""

    texture: np.ndarray
    """uint8 BGR."""
    to_world: np.ndarray
    """Texture pixels (x, y, 1) to points of the world, shape (3, 3)."""
    corners: np.ndarray
    """Shape (4, 3), in metres."""


def make_scene(look: Look) -> tuple[Plane, ...]:
    """Return the planes of the hall in the order of drawing."""
    rng = np.random.default_rng(look.hall.texture)
    gain = np.asarray(look.gain)
    far = look.side * (WIDTH / 2 + MARGIN)
    end = LENGTH / 2 + MARGIN
    wide = 2 * (end + 8.0)
    planes = [_plane(_floor(rng, look), [-end, far, 0], [end, far, 0], [-end, -far, 0])]
    stand = _crowd(rng, look, wide, 13.0)
    left, right = (-wide / 2, wide / 2) if look.side > 0 else (wide / 2, -wide / 2)
    planes.append(
        _plane(stand, [left, far + look.side * 12, 8.5], [right, far + look.side * 12, 8.5], [left, far, 0.9])
    )
    board = _boards(rng, look, wide, 1.0)
    planes.append(_plane(board, [left, far, 1.0], [right, far, 1.0], [left, far, 0.0]))
    for sign in (-1.0, 1.0):
        deep = 2 * (WIDTH / 2 + MARGIN)
        stand = _crowd(rng, look, deep, 10.0)
        top = [sign * (end + 9), -sign * deep / 2, 7.0]
        planes.append(
            _plane(stand, [top[0], -top[1], 7.0], [top[0], top[1], 7.0], [sign * end, -top[1], 0.9])
        )
        board = _boards(rng, look, deep, 1.0)
        planes.append(
            _plane(board, [sign * end, -top[1], 1.0], [sign * end, top[1], 1.0], [sign * end, -top[1], 0.0])
        )
    return tuple(
        Plane(np.clip(plane.texture * gain, 0, 255).astype(np.uint8), plane.to_world, plane.corners)
        for plane in planes
    )


def _plane(
    texture: np.ndarray, top_left: list[float], top_right: list[float], low_left: list[float]
) -> Plane:
    """Return a plane whose texture's corners are at the given points."""
    origin, right, low = np.array(top_left, float), np.array(top_right, float), np.array(low_left, float)
    high, wide = texture.shape[:2]
    to_world = np.stack([(right - origin) / wide, (low - origin) / high, origin], axis=1)
    return Plane(texture, to_world, np.stack([origin, right, right + low - origin, low]))


def draw_scene(
    image: np.ndarray, planes: tuple[Plane, ...], views: Views, time: int, corner: np.ndarray
) -> None:
    """Fill `image`, whose top left pixel is `corner` of the whole frame, with the hall."""
    image[:] = (30, 26, 24)
    high, wide = image.shape[:2]
    shift = np.array([[1.0, 0.0, -corner[0]], [0.0, 1.0, -corner[1]], [0.0, 0.0, 1.0]])
    matrix = shift @ views.matrix[time]
    for plane in planes:
        spots = matrix @ np.concatenate([plane.corners, np.ones((4, 1))], axis=1).T
        if (spots[2] < 0.5).all():
            continue
        x0, y0, x1, y1 = 0, 0, wide, high
        if (spots[2] >= 0.5).all():
            flat = spots[:2] / spots[2]
            first, last = np.floor(flat.min(axis=1)), np.ceil(flat.max(axis=1)) + 1
            x0, y0 = max(int(first[0]), 0), max(int(first[1]), 0)
            x1, y1 = min(int(last[0]), wide), min(int(last[1]), high)
        if x1 <= x0 or y1 <= y0:
            continue
        full = np.zeros((4, 3))
        full[:3] = plane.to_world
        full[3, 2] = 1.0
        move = np.array([[1.0, 0.0, -x0], [0.0, 1.0, -y0], [0.0, 0.0, 1.0]])
        cv2.warpPerspective(
            plane.texture,
            move @ matrix @ full,
            (x1 - x0, y1 - y0),
            image[y0:y1, x0:x1],
            cv2.INTER_LINEAR,
            cv2.BORDER_TRANSPARENT,
        )


def _floor(rng: np.random.Generator, look: Look) -> np.ndarray:
    """Return the floor: planks, paint and lines."""
    size = FLOOR_DENSITY
    wide, high = round((LENGTH + 2 * MARGIN) * size), round((WIDTH + 2 * MARGIN) * size)
    rows = high // 6 + 1
    planks = rng.normal(0.0, 5.0, (rows, wide // 90 + 2))
    tone = np.repeat(np.repeat(planks, 6, axis=0), 90, axis=1)[:high, :wide, None]
    image = tone + np.asarray(look.hall.floor)
    image = np.clip(image + rng.normal(0.0, 2.5, (high, wide, 1)), 0, 255).astype(np.uint8)
    paint = tuple(float(part) for part in look.hall.paint)
    white = (238.0, 240.0, 240.0)

    def at(x: float, y: float) -> tuple[int, int]:
        return round((x + LENGTH / 2 + MARGIN) * size), round((y + WIDTH / 2 + MARGIN) * size)

    apron = image.copy()
    apron[:] = paint
    inside = (
        slice(at(0, -WIDTH / 2)[1], at(0, WIDTH / 2)[1]),
        slice(at(-LENGTH / 2, 0)[0], at(LENGTH / 2, 0)[0]),
    )
    apron[inside] = image[inside]
    image = cv2.addWeighted(apron, 0.85, image, 0.15, 0)
    line = max(2, round(0.07 * size))
    cv2.circle(image, at(0, 0), round(1.8 * size), paint, -1, cv2.LINE_AA)
    for sign in (-1, 1):
        base = sign * LENGTH / 2
        cv2.rectangle(image, at(base, -2.45), at(base - sign * 5.8, 2.45), paint, -1)
        cv2.rectangle(image, at(base, -2.45), at(base - sign * 5.8, 2.45), white, line)
        cv2.circle(image, at(base - sign * 5.8, 0), round(1.8 * size), white, line, cv2.LINE_AA)
        turn = 90 if sign > 0 else -90
        cv2.ellipse(
            image, at(sign * RIM_X, 0), (round(6.75 * size),) * 2, turn, 12, 168, white, line, cv2.LINE_AA
        )
        for edge in (-6.6, 6.6):
            cv2.line(image, at(base, edge), at(base - sign * 2.99, edge), white, line)
    cv2.rectangle(image, at(-LENGTH / 2, -WIDTH / 2), at(LENGTH / 2, WIDTH / 2), white, line)
    cv2.line(image, at(0, -WIDTH / 2), at(0, WIDTH / 2), white, line)
    cv2.circle(image, at(0, 0), round(1.8 * size), white, line, cv2.LINE_AA)
    image = cv2.GaussianBlur(image, (0, 0), 0.6, sigmaY=1.6)
    return _lamps(rng, image)


def _lamps(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Brighten the floor unevenly, as lamps do."""
    small = rng.normal(1.0, 0.06, (5, 8)).astype(np.float32)
    field = cv2.resize(small, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_CUBIC)
    lit: np.ndarray = np.clip(image * field[..., None], 0, 255).astype(np.uint8)
    return lit


def _crowd(rng: np.random.Generator, look: Look, wide: float, deep: float) -> np.ndarray:
    """Return a stand full of people, seen from the front."""
    size = STAND_DENSITY
    image = np.full((round(deep * size), round(wide * size), 3), 34.0 * look.hall.crowd, np.uint8)
    step_y, step_x = round(0.80 * size), 0.55 * size
    for row, top in enumerate(range(4, image.shape[0] - step_y // 2, step_y)):
        cv2.line(image, (0, top + step_y - 4), (image.shape[1], top + step_y - 4), (60 * look.hall.crowd,) * 3, 3)
        for seat in range(int(image.shape[1] / step_x)):
            if rng.random() < 0.12:
                continue
            x = round((seat + 0.5 * (row % 2) + rng.uniform(-0.15, 0.15)) * step_x)
            y = top + round(rng.uniform(0.0, 5.0))
            shirt = rng.uniform(20, 215, 3) * look.hall.crowd
            if rng.random() < 0.3:
                shirt = np.asarray(look.kits[int(rng.integers(2))].jersey) * look.hall.crowd
            skin = np.array([90, 120, 165]) * rng.uniform(0.4, 1.15) * look.hall.crowd
            cv2.ellipse(image, (x, y + 20), (8, 11), 0, 0, 360, shirt.tolist(), -1, cv2.LINE_AA)
            cv2.circle(image, (x, y + 6), 5, skin.tolist(), -1, cv2.LINE_AA)
    return cv2.GaussianBlur(image, (0, 0), 1.2)


def _boards(rng: np.random.Generator, look: Look, wide: float, high: float) -> np.ndarray:
    """Return advertising boards."""
    size = STAND_DENSITY
    image = np.full((round(high * size), round(wide * size), 3), 20, np.uint8)
    words = ("HOOPS", "COURT", "TIP-OFF", "REBOUND", "BUZZER", "ARENA")
    x = 0
    while x < image.shape[1]:
        length = round(rng.uniform(3.0, 5.0) * size)
        tone = np.asarray(look.hall.boards) * rng.uniform(0.5, 1.1)
        image[:, x : x + length] = np.clip(tone if rng.random() < 0.7 else 235 - tone, 0, 255)
        word = words[int(rng.integers(len(words)))]
        cv2.putText(
            image, word, (x + 10, size - 10), cv2.FONT_HERSHEY_DUPLEX, 0.8, (240, 240, 240), 2, cv2.LINE_AA
        )
        x += length
    return image


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
