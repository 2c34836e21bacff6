"""What stands around a court: walls with what hangs on them, stands, boards, and the open air."""

from __future__ import annotations

import cv2
import numpy as np

from .hall import Colour, Hall
from .people import line_up, make_crowd

DENSITY = 36
"""Pixels of the texture per metre."""
_WORDS = ("HOOPS", "COURT", "TIP-OFF", "REBOUND", "BUZZER", "ARENA", "SPORTS", "CAFE", "BANK", "RADIO 5")
_WHITE = (235.0, 236.0, 236.0)


def make_wall(rng: np.random.Generator, hall: Hall, long: float) -> np.ndarray:
    """Return an inner wall, `long` metres wide and as high as the hall, with all that is on it."""
    high, wide = round(hall.ceiling * DENSITY), round(long * DENSITY)
    image = _bare(rng, hall, (high, wide))
    if rng.random() < 0.35:  # Many halls are painted darker below.
        top = high - round(float(rng.uniform(1.2, 2.6)) * DENSITY)
        image[top:] = np.clip(image[top:] * (np.asarray(hall.pad) / 150.0), 0, 255).astype(np.uint8)
    for chance, draw in (
        (0.5, _windows),
        (0.3, _curtain),
        (0.25, _bars),
        (0.55, _doors),
        (0.6, _posters),
        (0.5, _pads),
        (0.35, _bleachers),
        (0.3, _clutter),
    ):
        if rng.random() < chance:
            draw(rng, image, hall)
    line_up(image, rng, DENSITY, (float(rng.uniform(0.0, 1.2)), float(rng.uniform(0.0, 0.7))))
    cv2.rectangle(image, (0, high - 4), (wide, high), (50, 50, 52), -1)
    return _lit(rng, image, 0.12)


_JOINTS = {"brick": (0.09, 0.25), "blocks": (0.2, 0.4), "concrete": (1.3, 2.6), "wood": (12.0, 0.16)}
"""Height and length in metres of what a wall is made of."""


def _bare(rng: np.random.Generator, hall: Hall, size: tuple[int, int]) -> np.ndarray:
    """Return the wall itself: plaster, concrete, bricks, blocks or wood."""
    high, wide = size
    fine = rng.normal(0.0, 1.5, (high // 2, wide // 2)).astype(np.float32)
    strength = 5.0 if hall.style == "concrete" else 2.0
    stains = rng.normal(0.0, strength, (14, wide // 40 + 2)).astype(np.float32)
    fine += cv2.resize(stains, (wide // 2, high // 2), interpolation=cv2.INTER_CUBIC)
    tone = np.asarray(cv2.resize(fine, (wide, high)))
    if hall.style in _JOINTS:
        tall, long = (max(2, round(side * DENSITY)) for side in _JOINTS[hall.style])
        rows, columns = high // tall + 1, wide // long + 2
        each = rng.normal(0.0, 9.0 if hall.style in ("brick", "wood") else 2.5, (rows, columns))
        step = (np.arange(rows) % 2)[:, None] * (long // 2) if hall.style != "wood" else 0
        which = np.broadcast_to((np.arange(wide)[None] + step) // long, (rows, wide))
        seam = float(rng.uniform(6.0, 22.0))
        part = np.take_along_axis(each, which, axis=1)
        part -= seam * (np.diff(which, axis=1, prepend=0) > 0)
        tone = tone + np.repeat(part, tall, axis=0)[:high]
        tone[::tall] -= seam
    return np.asarray(np.clip(tone[..., None] + np.asarray(hall.wall), 0, 255).astype(np.uint8))


def _lit(rng: np.random.Generator, image: np.ndarray, spread: float) -> np.ndarray:
    """Return `image` lit unevenly, and a little darker above."""
    small = np.clip(rng.normal(1.0, spread, (3, 7)), 0.5, 1.4).astype(np.float32)
    field = cv2.resize(small, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.clip(image * field[..., None], 0, 255).astype(np.uint8)


def _span(rng: np.random.Generator, wide: int, least: float, most: float) -> tuple[int, int]:
    """Draw a stretch of a wall, in pixels, `least` to `most` metres long."""
    long = min(round(float(rng.uniform(least, most)) * DENSITY), wide)
    left = int(rng.integers(0, wide - long + 1))
    return left, left + long


def _windows(rng: np.random.Generator, image: np.ndarray, hall: Hall) -> None:
    high, wide = image.shape[:2]
    low = high - round(float(rng.uniform(2.4, 4.0)) * DENSITY)
    top = max(low - round(float(rng.uniform(1.0, 3.5)) * DENSITY), 0)
    left, right = _span(rng, wide, 6.0, 40.0)
    sky = np.clip(np.array([250, 240, 228]) * rng.uniform(0.45, 1.05), 0, 255)
    image[top:low, left:right] = sky
    green = rng.uniform(0.2, 0.7) * np.array([70, 110, 90])
    if rng.random() < 0.4:
        image[(top + low) // 2 : low, left:right] = green
    frame = (60, 62, 64) if rng.random() < 0.6 else (200, 202, 204)
    for x in range(left, right, max(8, round(float(rng.uniform(0.7, 1.8)) * DENSITY))):
        cv2.line(image, (x, top), (x, low), frame, 2)
    for y in (top, low, (top + low) // 2):
        cv2.line(image, (left, y), (right, y), frame, 2)


def _curtain(rng: np.random.Generator, image: np.ndarray, hall: Hall) -> None:
    high, wide = image.shape[:2]
    left, right = _span(rng, wide, 3.0, 22.0)
    tone = np.asarray(hall.pad) * rng.uniform(0.4, 1.0)
    fold = np.cumsum(rng.uniform(0.1, 0.5, right - left))
    shade = 0.85 + 0.15 * np.sin(fold * rng.uniform(0.5, 1.2))
    top = round(high * rng.uniform(0.0, 0.5))
    image[top:, left:right] = np.clip(tone * shade[:, None], 0, 255).astype(np.uint8)


def _bars(rng: np.random.Generator, image: np.ndarray, hall: Hall) -> None:
    high, wide = image.shape[:2]
    left, right = _span(rng, wide, 2.0, 12.0)
    top, wood = high - round(2.6 * DENSITY), (80 + rng.uniform(-20, 30), 130, 175)
    for y in range(top, high, round(0.16 * DENSITY)):
        cv2.line(image, (left, y), (right, y), wood, 2)
    for x in range(left, right, round(0.9 * DENSITY)):
        cv2.line(image, (x, top), (x, high), (60, 105, 150), 3)


def _doors(rng: np.random.Generator, image: np.ndarray, hall: Hall) -> None:
    high, wide = image.shape[:2]
    tones = (hall.pad, (70, 74, 78), (90, 130, 170), (190, 195, 198), (40, 40, 44))
    for _ in range(int(rng.integers(1, 4))):
        left, right = _span(rng, wide, 0.9, 2.0)
        top = high - round(2.1 * DENSITY)
        cv2.rectangle(image, (left, top), (right, high), tones[int(rng.integers(5))], -1)
        cv2.rectangle(image, (left, top), (right, high), (50, 52, 54), 2)
        middle = (left + right) // 2
        if right - left > 1.4 * DENSITY:
            cv2.line(image, (middle, top), (middle, high), (50, 52, 54), 2)
        sign = round(0.35 * DENSITY)
        cv2.rectangle(image, (middle - sign, top - 14), (middle + sign, top - 5), (90, 170, 60), -1)


def _posters(rng: np.random.Generator, image: np.ndarray, hall: Hall) -> None:
    high, wide = image.shape[:2]
    tones = (hall.pad, hall.boards, _WHITE, (40.0, 40.0, 44.0), hall.paint)
    for _ in range(int(rng.integers(1, 9))):
        left, right = _span(rng, wide, 0.4, 4.0)
        low = high - round(float(rng.uniform(0.9, max(hall.ceiling - 2.0, 1.0))) * DENSITY)
        top = low - round(float(rng.uniform(0.4, 1.4)) * DENSITY)
        cv2.rectangle(image, (left, top), (right, low), tones[int(rng.integers(5))], -1)
        word = _WORDS[int(rng.integers(len(_WORDS)))]
        size = (right - left) / (19.0 * len(word))
        tone = tones[int(rng.integers(5))]
        cv2.putText(image, word, (left + 4, low - 6), cv2.FONT_HERSHEY_DUPLEX, size, tone, 1, cv2.LINE_AA)


def _pads(rng: np.random.Generator, image: np.ndarray, hall: Hall) -> None:
    high, wide = image.shape[:2]
    left, right = (0, wide) if rng.random() < 0.4 else _span(rng, wide, 3.0, 16.0)
    top = high - round(float(rng.uniform(1.5, 2.3)) * DENSITY)
    cv2.rectangle(image, (left, top), (right, high - 6), hall.pad, -1)
    seam = tuple(tone * 0.7 for tone in hall.pad)
    for x in range(left, right, max(8, round(float(rng.uniform(0.5, 1.5)) * DENSITY))):
        cv2.line(image, (x, top), (x, high - 6), seam, 2)
        cv2.line(image, (x + 3, top), (x + 3, high - 6), tuple(min(1.15 * tone, 255) for tone in hall.pad), 1)


def _bleachers(rng: np.random.Generator, image: np.ndarray, hall: Hall) -> None:
    """Draw rows of seats with some people."""
    high, wide = image.shape[:2]
    left, right = _span(rng, wide, 6.0, 25.0)
    deep = float(rng.uniform(1.6, 4.0))
    crowd = make_crowd(rng, hall, ((right - left) / DENSITY, deep), DENSITY)
    low = high - round(0.4 * DENSITY)
    top = low - crowd.shape[0]
    if top < 0:
        return
    image[top:low, left : left + crowd.shape[1]] = crowd
    cv2.rectangle(image, (left, low), (right, high), hall.pad, -1)


def _clutter(rng: np.random.Generator, image: np.ndarray, hall: Hall) -> None:
    """Draw what stands around: bags, boxes, racks, mats."""
    high, wide = image.shape[:2]
    for _ in range(int(rng.integers(2, 12))):
        left, right = _span(rng, wide, 0.25, 1.8)
        top = high - round(float(rng.uniform(0.2, 1.3)) * DENSITY)
        tone = rng.uniform(20, 200, 3) * rng.uniform(0.5, 1.0)
        if rng.random() < 0.3:
            middle = ((left + right) // 2, high - round(0.12 * DENSITY))
            cv2.circle(image, middle, round(0.12 * DENSITY), (38, 98, 205), -1, cv2.LINE_AA)
            continue
        cv2.rectangle(image, (left, top), (right, high - 3), tone.tolist(), -1)
        cv2.line(image, (left, top), (right, top), np.minimum(tone * 1.3, 255).tolist(), 2)


def make_boards(rng: np.random.Generator, hall: Hall, long: float, tall: float) -> np.ndarray:
    """Return advertising boards, `long` metres wide and `tall` metres high."""
    high = round(tall * DENSITY)
    image = np.full((high, round(long * DENSITY), 3), 20, np.uint8)
    bright = float(rng.uniform(0.7, 1.2))
    tones: list[Colour] = [hall.boards, hall.paint, hall.pad, _WHITE, (34.0, 30.0, 28.0)]
    x = 0
    while x < image.shape[1]:
        width = round(float(rng.uniform(2.0, 6.0)) * DENSITY)
        back = tones[int(rng.integers(5))]
        front = max(
            tones, key=lambda tone: float(np.abs(np.subtract(tone, back)).sum() * rng.uniform(0.4, 1))
        )
        image[:, x : x + width] = np.clip(np.asarray(back) * bright, 0, 255)
        word = _WORDS[int(rng.integers(len(_WORDS)))]
        size = min((width - 12) / (19.0 * len(word)), high / 30)
        tone = np.clip(np.asarray(front) * bright, 0, 255).tolist()
        spot = (x + 8, round(high / 2 + 11 * size))
        cv2.putText(
            image, word, spot, cv2.FONT_HERSHEY_DUPLEX, size, tone, max(1, round(2 * size)), cv2.LINE_AA
        )
        x += width
    return image


def make_outside(rng: np.random.Generator, hall: Hall, long: float) -> np.ndarray:
    """Return what is behind an outdoor court: sky, trees or houses, a fence, people."""
    high, wide = round(hall.ceiling * DENSITY), round(long * DENSITY)
    sky = np.array([235, 215, 190]) * rng.uniform(0.6, 1.08)
    image = np.empty((high, wide, 3), np.uint8)
    image[:] = np.clip(sky, 0, 255)
    for x in range(0, wide, round(0.5 * DENSITY)):
        top = high - round(float(rng.uniform(1.5, 5.0)) * DENSITY)
        tree = np.array([50, 90, 70]) * rng.uniform(0.4, 1.2)
        if rng.random() < 0.2:
            tree = rng.uniform(60, 190, 3)
            cv2.rectangle(image, (x, top), (x + round(4 * DENSITY), high), tree.tolist(), -1)
        else:
            size = round(float(rng.uniform(0.5, 1.6)) * DENSITY)
            cv2.circle(image, (x, top + size), size, tree.tolist(), -1)
            cv2.rectangle(image, (x - size, top + size), (x + size, high), (tree * 0.8).tolist(), -1)
    if rng.random() < 0.7:
        grey = float(rng.uniform(60, 170))
        for x in range(-high, wide, 7):
            cv2.line(image, (x, 0), (x + high, high), (grey,) * 3, 1)
            cv2.line(image, (x + high, 0), (x, high), (grey,) * 3, 1)
    line_up(image, rng, DENSITY, (0.6, 0.2))
    return _lit(rng, image, 0.08)


def make_ceiling(
    rng: np.random.Generator, hall: Hall, size: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Return a ceiling of `size` metres with its lamps, at 10 pixels per metre, and the lamps alone."""
    wide, high = round(size[0] * 10), round(size[1] * 10)
    image = np.empty((high, wide, 3), np.uint8)
    image[:] = np.clip(np.asarray(hall.wall) * rng.uniform(0.2, 0.9), 0, 255)
    for x in range(0, wide, round(float(rng.uniform(20, 50)))):
        cv2.line(image, (x, 0), (x, high), np.clip(image[0, 0] * 0.6, 0, 255).tolist(), 3)
    lamps = np.zeros((high, wide), np.uint8)
    step, long = float(rng.uniform(25, 60)), float(rng.uniform(3, 22))
    for along in np.arange(step / 2, wide, step):
        for across in np.arange(step / 2, high, step * float(rng.uniform(0.7, 1.0))):
            ends = (round(along - long / 2), round(across - 2)), (round(along + long / 2), round(across + 2))
            cv2.rectangle(lamps, *ends, 255, -1)
    image[lamps > 0] = (250, 252, 255)
    return image, lamps
