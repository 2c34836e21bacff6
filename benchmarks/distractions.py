"""What happens within a shot and may be mistaken for a change of shot."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

DISTRACTIONS = ("passer", "caption", "corner", "bump", "flags", "zoom")

Draw = Callable[[np.ndarray, int], np.ndarray]
"""Changes a frame, uint8 RGB; the number counts frames from the distraction's first on."""


def distraction_of(kind: str, length: int, shape: tuple[int, int], rng: np.random.Generator) -> Draw:
    """Draw by lot one distraction of a kind, `length` frames long, for frames of this height and width."""
    make = {
        "passer": _passer,
        "caption": _caption,
        "corner": _corner,
        "bump": _bump,
        "flags": _flags,
        "zoom": _zoom,
    }[kind]
    return make(length, shape, rng)


def _passer(length: int, shape: tuple[int, int], rng: np.random.Generator) -> Draw:
    """Somebody runs past, close to the camera and out of focus."""
    height, width = shape
    shirt, skin, shorts = rng.integers(20, 236, (3, 3)).tolist()
    broad = rng.uniform(0.12, 0.3) * width
    to_right, top = rng.random() < 0.5, rng.uniform(-0.1, 0.35) * height

    def draw(frame: np.ndarray, step: int) -> np.ndarray:
        if step >= length:
            return frame
        way = (step + 0.5) / length
        x = int((way if to_right else 1 - way) * (width + 3 * broad) - 1.5 * broad)
        bob = int(top + 6 * np.sin(step))
        layer, mask = frame.copy(), np.zeros(shape, np.uint8)
        for target, colours in ((layer, (shirt, skin, shorts)), (mask, (255, 255, 255))):
            cv2.ellipse(target, (x, bob + height), (int(broad), height), 0, 0, 360, colours[0], -1)
            cv2.circle(target, (x, bob), int(0.45 * broad), colours[1], -1)
            swing = int(0.8 * broad * np.sin(0.7 * step))
            cv2.line(
                target, (x, bob + height // 3), (x + swing, bob + height), colours[2], int(0.4 * broad) + 1
            )
        soft = cv2.GaussianBlur(mask, (0, 0), 5)[..., None] / 255.0
        return (frame * (1 - soft) + cv2.GaussianBlur(layer, (0, 0), 5) * soft).astype(np.uint8)

    return draw


def _caption(length: int, shape: tuple[int, int], rng: np.random.Generator) -> Draw:
    """A lower third slides in, stays, and slides out."""
    height, width = shape
    colour, ink = rng.integers(0, 256, (2, 3)).tolist()
    tall, top = int(rng.uniform(0.15, 0.3) * height), rng.uniform(0.62, 0.72)

    def draw(frame: np.ndarray, step: int) -> np.ndarray:
        shown = min(step + 1, length - step, 7) / 7
        if shown <= 0:
            return frame
        frame, y, right = frame.copy(), int(top * height), int(shown * 0.92 * width)
        cv2.rectangle(frame, (int(0.05 * width), y), (right, y + tall), colour, -1)
        cv2.putText(
            frame, "FOULS 4  J. SMITH", (int(0.08 * width), y + tall // 2), cv2.FONT_HERSHEY_PLAIN, 2, ink, 2
        )
        return frame

    return draw


def _corner(length: int, shape: tuple[int, int], rng: np.random.Generator) -> Draw:
    """A scoreboard in a corner turns over in bright colours."""
    height, width = shape
    tall, broad = int(rng.uniform(0.15, 0.3) * height), int(rng.uniform(0.25, 0.42) * width)
    y, x = int(rng.integers(2)) * (height - tall), int(rng.integers(2)) * (width - broad)
    colours = rng.integers(0, 256, (8, 3)).tolist()

    def draw(frame: np.ndarray, step: int) -> np.ndarray:
        if step >= length:
            return frame
        frame, turn = frame.copy(), int(tall * abs(np.cos(step * 0.35)))
        cv2.rectangle(frame, (x, y), (x + broad, y + tall), colours[step // 9 % 8], -1)
        cv2.rectangle(frame, (x, y), (x + broad, y + turn), colours[step // 4 % 8], -1)
        return frame

    return draw


def _bump(length: int, shape: tuple[int, int], rng: np.random.Generator) -> Draw:
    """Somebody knocks against the camera."""
    height, width = shape
    size, angle, pace = rng.uniform(8, 40), rng.uniform(0, 2 * np.pi), rng.uniform(0.6, 1.6)

    def draw(frame: np.ndarray, step: int) -> np.ndarray:
        way = size * np.exp(-4 * step / length) * np.sin(pace * (step + 1))
        moved = np.float32([[1, 0, way * np.cos(angle)], [0, 1, way * np.sin(angle)]])
        return cv2.warpAffine(frame, moved, (width, height), borderMode=cv2.BORDER_REFLECT)

    return draw


def _flags(length: int, shape: tuple[int, int], rng: np.random.Generator) -> Draw:
    """Flags wave in the lower half, before the camera."""
    height, width = shape
    count = int(rng.integers(2, 5))
    places, colours = rng.random(count), rng.integers(0, 256, (count, 3)).tolist()
    paces, begins = rng.uniform(0.15, 0.4, count), rng.uniform(0, 6, count)
    size = rng.uniform(0.15, 0.28) * width

    def draw(frame: np.ndarray, step: int) -> np.ndarray:
        if step >= length:
            return frame
        frame = frame.copy()
        risen = min(step + 1, length - step, 8) / 8
        for place, colour, pace, begin in zip(places, colours, paces, begins, strict=True):
            x = width * place + size * np.sin(pace * step + begin)
            y = height * (1.25 - 0.75 * risen) + 0.2 * size * np.cos(pace * step)
            along = np.linspace(0, 1, 12)
            wave = 0.15 * size * np.sin(6 * along + 2 * pace * step)
            upper = np.stack([x + size * along, y + wave], axis=1)
            lower = np.stack([x + size * along, y + 0.7 * size + wave], axis=1)[::-1]
            cv2.fillPoly(frame, [np.concatenate([upper, lower]).astype(np.int32)], colour)
        return frame

    return draw


def _zoom(length: int, shape: tuple[int, int], rng: np.random.Generator) -> Draw:
    """The camera zooms in fast, and stays there."""
    height, width = shape
    nearer, lasts = rng.uniform(1.3, 2.6), int(rng.integers(6, 20))
    centre = rng.uniform(0.3, 0.7, 2) * (width, height)

    def draw(frame: np.ndarray, step: int) -> np.ndarray:
        way = min((step + 1) / lasts, 1.0)
        scale = nearer ** (way * way * (3 - 2 * way))
        moved = np.array([[scale, 0, centre[0] * (1 - scale)], [0, scale, centre[1] * (1 - scale)]])
        return cv2.warpAffine(frame, moved, (width, height))

    return draw
