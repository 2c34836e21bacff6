"""Floors: planks, paint, the lines of several sports, wear, and what a glossy floor reflects."""

from __future__ import annotations

import cv2
import numpy as np

from .hall import Colour, Hall

LENGTH, WIDTH = 28.0, 15.0
"""The court, centred on the origin, in metres."""
RIM_X = 12.425
DENSITY = 50
"""Pixels of the texture per metre."""
_KEY_LENGTH, _KEY_HALF, _CIRCLE, _ARC, _CORNER = 5.8, 2.45, 1.8, 6.75, 6.6
_WORDS = (
    "HOOPS",
    "COURT",
    "TIP-OFF",
    "REBOUND",
    "BUZZER",
    "ARENA",
    "HAWKS",
    "UNITED",
    "EAGLES",
    "LIONS",
    "CITY",
)


class Ground:
    """A floor's texture, drawn upon in metres."""

    def __init__(self, image: np.ndarray) -> None:
        self.image = image
        high, wide = image.shape[:2]
        self._middle = wide / 2, high / 2

    def at(self, x: float, y: float) -> tuple[int, int]:
        """Return the pixel of a point of the world."""
        return round(self._middle[0] + x * DENSITY), round(self._middle[1] + y * DENSITY)

    def box(self, one: tuple[float, float], other: tuple[float, float], colour: Colour, line: int) -> None:
        """Draw a rectangle; a negative `line` fills it."""
        cv2.rectangle(self.image, self.at(*one), self.at(*other), colour, line)

    def stroke(self, one: tuple[float, float], other: tuple[float, float], colour: Colour, line: int) -> None:
        """Draw a straight line."""
        cv2.line(self.image, self.at(*one), self.at(*other), colour, line, cv2.LINE_AA)

    def arc(
        self, spot: tuple[float, float], radius: float, angles: tuple[float, float], colour: Colour, line: int
    ) -> None:
        """Draw an arc between two angles in degrees; a negative `line` fills it."""
        size = (round(radius * DENSITY),) * 2
        cv2.ellipse(self.image, self.at(*spot), size, 0, *angles, colour, line, cv2.LINE_AA)


def make_floor(rng: np.random.Generator, hall: Hall, half: tuple[float, float]) -> np.ndarray:
    """Return the floor's texture, which reaches `half` metres from the middle along and across the court."""
    size = round(2 * half[1] * DENSITY), round(2 * half[0] * DENSITY)
    bare = _planks(rng, hall, size) if hall.planks else _plain(rng, hall, size)
    ground = Ground(bare.copy())
    _paint(rng, ground, hall)
    # Paint lets some of the planks through.
    image = cv2.addWeighted(ground.image, 0.85, bare, 0.15, 0)
    ground = Ground(image)
    for sport, colour in hall.sports:
        _SPORTS[sport](ground, colour)
    _basketball(rng, ground, hall.line)
    if hall.worn > 0:
        image = _worn(rng, image, hall)
    return cv2.GaussianBlur(image, (0, 0), 0.5)


def _planks(rng: np.random.Generator, hall: Hall, size: tuple[int, int]) -> np.ndarray:
    """Return planks along the court, each of its own tone, with grain and seams."""
    high, wide = size
    thick = int(rng.integers(3, 8))
    rows, long = high // thick + 1, int(rng.integers(40, 110))
    offset = rng.integers(0, long, (rows, 1))
    which = (np.arange(wide)[None] + offset) // long
    tone = rng.normal(0.0, hall.planks, (rows, wide // long + 3)).astype(np.float32)
    tone = np.repeat(np.take_along_axis(tone, which, axis=1), thick, axis=0)[:high]
    grain = rng.normal(0.0, 2.5 + 0.25 * hall.planks, (high, wide // 24)).astype(np.float32)
    tone += cv2.resize(grain, (wide, high), interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.4:
        tone[::thick] -= rng.uniform(4.0, 16.0)
    # Darker planks are redder.
    return _toned(tone, hall.floor, np.array([1.15, 1.0, 0.8]))


def _plain(rng: np.random.Generator, hall: Hall, size: tuple[int, int]) -> np.ndarray:
    """Return a floor without planks: asphalt is coarse, what school halls have is even."""
    coarse = 9.0 if hall.kind == "outdoor" else 1.5
    tone = rng.standard_normal((size[0] // 2, size[1] // 2), np.float32) * coarse
    patches = rng.normal(0.0, 5.0 * hall.worn, (12, 18)).astype(np.float32)
    tone += cv2.resize(patches, (tone.shape[1], tone.shape[0]), interpolation=cv2.INTER_CUBIC)
    return _toned(cv2.resize(tone, size[::-1]), hall.floor, np.ones(3))


def _toned(tone: np.ndarray, colour: Colour, tint: np.ndarray) -> np.ndarray:
    """Return `colour` made lighter or darker by `tone`, as uint8 BGR."""
    steps = np.arange(-128, 128)[:, None] * tint + np.asarray(colour)
    ramp = np.clip(steps, 0, 255).astype(np.uint8)[:, None]
    index = np.clip(tone + 128.0, 0, 255).astype(np.uint8)
    return np.asarray(cv2.applyColorMap(index, ramp))


def _paint(rng: np.random.Generator, ground: Ground, hall: Hall) -> None:
    """Draw what is painted: apron, zones, the area inside the three-point line, logos."""
    apron, zone, inside = hall.painted
    paint = hall.paint
    other = paint if rng.random() < 0.6 else hall.boards
    if apron:
        court = ground.image.copy()
        ground.image[:] = paint
        (x0, y0), (x1, y1) = ground.at(-LENGTH / 2, -WIDTH / 2), ground.at(LENGTH / 2, WIDTH / 2)
        ground.image[y0:y1, x0:x1] = court[y0:y1, x0:x1]
    for sign in (-1, 1):
        turn = (90.0, 270.0) if sign > 0 else (-90.0, 90.0)
        if inside:
            ground.arc((sign * RIM_X, 0), _ARC, turn, other, -1)
            ground.box((sign * RIM_X, -_CORNER), (sign * LENGTH / 2, _CORNER), other, -1)
        if zone:
            base = sign * LENGTH / 2
            ground.box((base, -_KEY_HALF), (base - sign * _KEY_LENGTH, _KEY_HALF), paint, -1)
            ground.arc((base - sign * _KEY_LENGTH, 0), _CIRCLE, (0, 360), paint, -1)
    if zone and rng.random() < 0.7:
        ground.arc((0, 0), _CIRCLE, (0, 360), paint, -1)
    if hall.kind == "arena" or rng.random() < 0.35:
        _logos(rng, ground, hall)


def _logos(rng: np.random.Generator, ground: Ground, hall: Hall) -> None:
    """Draw the club's sign in the middle and words of sponsors around."""
    tones = (hall.boards, hall.paint, (235.0, 235.0, 235.0), (30.0, 28.0, 28.0))
    radius = float(rng.uniform(1.2, 3.2))
    ground.arc((0, 0), radius, (0, 360), tones[int(rng.integers(4))], -1)
    points = np.array([ground.at(*(radius * rng.uniform(-0.9, 0.9, 2))) for _ in range(7)])
    cv2.fillPoly(ground.image, [points], tones[int(rng.integers(4))], cv2.LINE_AA)
    spots = [(0.0, 0.0), *((x, y) for x in (-8.5, 8.5) for y in (-5.5, 5.0)), (-4.0, 8.2), (5.0, -8.0)]
    for spot in spots:
        if rng.random() < 0.45:
            continue
        word = _WORDS[int(rng.integers(len(_WORDS)))]
        scale = float(rng.uniform(2.0, 5.0))
        left, low = ground.at(spot[0] - 0.012 * scale * 20 * len(word) / 2, spot[1] + 0.25 * scale / 2)
        tone = tones[int(rng.integers(4))]
        if rng.random() < 0.3:
            ends = (left - 20, low + 20), (left + round(19 * scale * len(word)), low - round(28 * scale))
            cv2.rectangle(ground.image, *ends, tones[int(rng.integers(4))], -1)
        cv2.putText(
            ground.image,
            word,
            (left, low),
            cv2.FONT_HERSHEY_DUPLEX,
            scale,
            tone,
            round(3 * scale),
            cv2.LINE_AA,
        )


def _basketball(rng: np.random.Generator, ground: Ground, colour: Colour) -> None:
    """Draw the lines of the court."""
    line = max(2, round(float(rng.uniform(0.05, 0.09)) * DENSITY))
    for sign in (-1.0, 1.0):
        base, foul = sign * LENGTH / 2, sign * (LENGTH / 2 - _KEY_LENGTH)
        ground.box((base, -_KEY_HALF), (foul, _KEY_HALF), colour, line)
        ground.arc((foul, 0), _CIRCLE, (0, 360), colour, line)
        turn = (102.0, 258.0) if sign > 0 else (-78.0, 78.0)
        ground.arc((sign * RIM_X, 0), _ARC, turn, colour, line)
        for edge in (-_CORNER, _CORNER):
            ground.stroke((base, edge), (base - sign * 2.99, edge), colour, line)
        ground.arc((sign * RIM_X, 0), 1.25, (90, 270) if sign > 0 else (-90, 90), colour, line)
    ground.box((-LENGTH / 2, -WIDTH / 2), (LENGTH / 2, WIDTH / 2), colour, line)
    ground.stroke((0, -WIDTH / 2), (0, WIDTH / 2), colour, line)
    ground.arc((0, 0), _CIRCLE, (0, 360), colour, line)


def _volleyball(ground: Ground, colour: Colour) -> None:
    ground.box((-9, -4.5), (9, 4.5), colour, 2)
    for x in (-3, 0, 3):
        ground.stroke((x, -4.5), (x, 4.5), colour, 2)


def _badminton(ground: Ground, colour: Colour) -> None:
    for middle in (-9.5, -3.2, 3.2, 9.5):
        ground.box((middle - 3.05, -6.7), (middle + 3.05, 6.7), colour, 2)
        for x in (-2.6, 0.0, 2.6):
            ground.stroke((middle + x, -6.7), (middle + x, 6.7), colour, 2)
        for y in (-5.94, -1.98, 1.98, 5.94):
            ground.stroke((middle - 3.05, y), (middle + 3.05, y), colour, 2)


def _handball(ground: Ground, colour: Colour) -> None:
    for sign in (-1, 1):
        base = sign * LENGTH / 2
        turn = (90.0, 270.0) if sign > 0 else (-90.0, 90.0)
        ground.arc((base, 0), 6.0, turn, colour, 3)
        for part in range(-8, 8):
            start = part * 10.0 + (180.0 if sign > 0 else 0.0)
            ground.arc((base, 0), 9.0, (start, start + 5.0), colour, 3)


_SPORTS = {"volleyball": _volleyball, "badminton": _badminton, "handball": _handball}


def _worn(rng: np.random.Generator, image: np.ndarray, hall: Hall) -> np.ndarray:
    """Return the floor with stains and scratches, lit unevenly."""
    high, wide = image.shape[:2]
    for _ in range(int(rng.poisson(60 * hall.worn))):
        spot = rng.uniform(0, 1, 2) * [wide, high]
        way = rng.normal(0, 30, 2)
        tone = 25.0 if rng.random() < 0.7 else 220.0
        start, stop = np.rint(spot).astype(int), np.rint(spot + way).astype(int)
        cv2.line(image, start.tolist(), stop.tolist(), (tone,) * 3, 1, cv2.LINE_AA)
    patches = np.clip(rng.normal(128, 4 + 12 * hall.worn, (9, 14)), 60, 200).astype(np.uint8)
    field = cv2.resize(patches, (wide, high), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.multiply(image, cv2.cvtColor(field, cv2.COLOR_GRAY2BGR), scale=1 / 128))
