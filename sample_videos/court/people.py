"""People in the background: in the stands, on benches, along the walls."""

from __future__ import annotations

import cv2
import numpy as np

from .hall import Hall

_SKINS = np.array([[120, 150, 200], [90, 120, 170], [60, 85, 130], [40, 58, 95], [135, 165, 215]])
_HAIRS = np.array([[20, 22, 26], [30, 40, 60], [60, 100, 140], [110, 120, 125], [18, 18, 20]])


def draw_person(
    image: np.ndarray, rng: np.random.Generator, foot: tuple[float, float], size: float, *, seated: bool
) -> None:
    """Draw somebody seen from the front.

    Args:
        image: uint8 BGR, drawn upon.
        rng: For clothes and bearing.
        foot: Where they stand, in pixels.
        size: Pixels per metre.
        seated: Whether they sit.
    """
    shirt, trousers, skin, hair = _tones(rng)
    hip = 0.48 if seated else 0.88
    lean = rng.normal(0, 0.05)

    def spot(across: float, up: float) -> list[int]:
        return [round(foot[0] + across * size), round(foot[1] - up * size)]

    def limb(one: list[int], other: list[int], thick: float, colour: np.ndarray) -> None:
        cv2.line(image, one, other, colour.tolist(), max(1, round(thick * size)), cv2.LINE_AA)

    spread = rng.uniform(0.08, 0.2)
    for sign in (-1, 1):
        knee = spot(sign * spread, hip * 0.9 if seated else 0.48)
        limb(spot(sign * 0.09, hip), knee, 0.17, trousers)
        limb(knee, spot(sign * spread, 0.06), 0.12, trousers if rng.random() < 0.8 else skin)
    shoulder = hip + 0.5
    hull = [spot(-0.2 + lean, shoulder), spot(0.2 + lean, shoulder), spot(0.17, hip), spot(-0.17, hip)]
    cv2.fillConvexPoly(image, np.array(hull), shirt.tolist(), cv2.LINE_AA)
    for sign in (-1, 1):
        elbow = spot(sign * rng.uniform(0.22, 0.34), shoulder - 0.28)
        limb(spot(sign * 0.2 + lean, shoulder - 0.04), elbow, 0.1, shirt * 0.85)
        limb(elbow, spot(sign * rng.uniform(0.0, 0.3), shoulder - rng.uniform(0.3, 0.55)), 0.08, skin)
    head = spot(1.4 * lean, shoulder + 0.2)
    cv2.circle(image, head, max(1, round(0.125 * size)), hair.tolist(), -1, cv2.LINE_AA)
    face = spot(1.4 * lean, shoulder + 0.17)
    cv2.ellipse(
        image, face, (max(1, round(0.085 * size)), max(1, round(0.11 * size))), 0, 0, 360, skin.tolist(), -1
    )


def _tones(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Draw the colours of shirt, trousers, skin and hair."""
    shirt, trousers = rng.uniform(15, 225, 3) * rng.uniform(0.3, 1.0), rng.uniform(15, 110, 3)
    # Most clothes have little colour.
    faded = rng.uniform(0.1, 1.0) ** 2
    shirt = shirt.mean() + (shirt - shirt.mean()) * faded
    trousers = trousers.mean() + (trousers - trousers.mean()) * 0.3
    skin = _SKINS[int(rng.integers(5))] * rng.uniform(0.85, 1.05)
    hair = _HAIRS[int(rng.integers(5))]
    return shirt, trousers, skin, hair


def make_crowd(rng: np.random.Generator, hall: Hall, size: tuple[float, float], density: int) -> np.ndarray:
    """Return a stand full of people, `size` metres wide and deep, seen from the front."""
    block = min(size[0], 9.0)
    wide, high = round(block * density), round(size[1] * density)
    image = np.full((high, wide, 3), 45.0, np.uint8)
    seat = rng.uniform(15, 140, 3)
    step, between = 0.8 * density, float(rng.uniform(0.5, 0.6)) * density
    full = float(rng.uniform(0.55, 0.98))
    for row in np.arange(1.1 * density, high + step, step):
        top = round(row)
        cv2.rectangle(
            image, (0, top - round(0.5 * density)), (wide, top - round(0.1 * density)), seat.tolist(), -1
        )
        cv2.rectangle(image, (0, top - round(0.1 * density)), (wide, top), (70, 72, 74), -1)
        for place in np.arange(0.3 * between, wide, between):
            if rng.random() < full:
                x = place + rng.normal(0, 0.06) * density
                draw_person(
                    image, rng, (x, row), density * rng.uniform(0.85, 1.0), seated=bool(rng.random() < 0.93)
                )
    image = np.tile(image, (1, int(np.ceil(size[0] / block)), 1))[:, : round(size[0] * density)]
    dim = np.linspace(0.55, 1.0, high)[:, None] * (hall.crowd if hall.kind == "arena" else 0.9)
    light = rng.uniform(0.8, 1.15, (4, 16)).astype(np.float32)
    field = cv2.resize(light, (image.shape[1], high), interpolation=cv2.INTER_CUBIC) * dim
    return np.clip(image * field[..., None], 0, 255).astype(np.uint8)


def line_up(image: np.ndarray, rng: np.random.Generator, density: int, chance: tuple[float, float]) -> None:
    """Draw people along the lower edge of a wall: alone, in groups, on benches.

    `chance` says how many groups stand there and how many benches, for every ten metres.
    """
    high, wide = image.shape[:2]
    tens = wide / density / 10
    for _ in range(int(rng.poisson(chance[1] * tens))):
        left, count = rng.uniform(0, wide), int(rng.integers(3, 9))
        right, seat = left + count * 0.62 * density, high - 0.48 * density
        tone = rng.uniform(30, 170, 3).tolist()
        corner = round(right), round(seat + 0.1 * density)
        cv2.rectangle(image, (round(left), round(seat)), corner, tone, -1)
        for place in range(count):
            if rng.random() < 0.85:
                x = left + (place + 0.5) * 0.62 * density
                draw_person(image, rng, (x, high - 2), density * rng.uniform(0.92, 1.05), seated=True)
    for _ in range(int(rng.poisson(chance[0] * tens))):
        x = rng.uniform(0, wide)
        for _ in range(int(rng.integers(1, 4))):
            draw_person(image, rng, (x, high - 2), density * rng.uniform(0.85, 1.05), seated=False)
            x += rng.uniform(0.45, 0.9) * density
