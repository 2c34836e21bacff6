"""The look of a game: everything that varies from one to the next."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

Colour = tuple[float, float, float]
"""Blue, green, red, 0 to 255."""

FPS = (
    Fraction(24),
    Fraction(25),
    Fraction(30000, 1001),
    Fraction(30),
    Fraction(50),
    Fraction(60),
)
SKINS: tuple[Colour, ...] = (
    (48, 66, 100),
    (62, 86, 128),
    (80, 108, 156),
    (104, 138, 188),
    (140, 172, 214),
    (36, 50, 78),
)
HAIRS: tuple[Colour, ...] = ((18, 18, 22), (24, 30, 40), (40, 62, 92), (70, 120, 160), (14, 16, 18))
KITS: tuple[tuple[str, Colour], ...] = (
    ("white", (235, 236, 238)),
    ("red", (40, 36, 190)),
    ("blue", (170, 70, 30)),
    ("navy", (84, 40, 22)),
    ("green", (64, 120, 30)),
    ("yellow", (50, 200, 240)),
    ("black", (36, 34, 34)),
    ("purple", (130, 46, 92)),
    ("orange", (30, 120, 235)),
    ("sky", (225, 180, 110)),
    ("teal", (130, 130, 20)),
    ("maroon", (42, 24, 110)),
    ("grey", (150, 150, 152)),
)
FLOORS: tuple[Colour, ...] = (
    (120, 168, 208),
    (98, 146, 190),
    (140, 184, 216),
    (84, 128, 168),
    (150, 178, 196),
)
PAINTS: tuple[Colour, ...] = (
    (150, 70, 30),
    (50, 50, 170),
    (60, 60, 60),
    (90, 130, 50),
    (110, 150, 190),
    (140, 60, 110),
    (60, 110, 200),
)


@dataclass(frozen=True, slots=True)
class Kit:
    """What a team wears."""

    name: str
    jersey: Colour
    shorts: Colour
    number: Colour


@dataclass(frozen=True, slots=True)
class Person:
    """How a player looks and moves."""

    number: int
    size: float
    """Body height divided by 1.90 m."""
    bulk: float
    """Thickness of the limbs relative to the usual one."""
    skin: Colour
    hair: Colour
    afro: float
    """Radius of the hair relative to the head; below 1 the player is bald."""
    shoe: Colour
    sock: Colour
    sleeve: Colour | None
    hand: float
    """+1 left-handed, -1 right-handed."""
    tempo: float
    """Speed of movement relative to the usual one."""


@dataclass(frozen=True, slots=True)
class Look:
    """The camera, the colours and the people of one game."""

    fps: Fraction
    width: int
    height: int
    kits: tuple[Kit, ...]
    """Of the people 0 to 4, 5 to 9 and so on; the first two are the teams'."""
    people: tuple[Person, ...]
    floor: Colour
    paint: Colour
    boards: Colour
    crowd: float
    """Brightness of the crowd."""
    light: tuple[float, float]
    """Direction that the light comes from in the frame: right and down."""
    gain: Colour
    side: float
    """+1 or -1: from which long side the camera looks."""
    camera: tuple[float, float, float]
    """Where the camera stands: along the court, distance from its middle, height, in metres."""
    player_pixels: float
    """Height of a player of 1.90 m in the middle, in pixels."""
    shake: float
    """Standard deviation of the camera's shake, in pixels."""
    shutter: float
    """Fraction of a frame's time that the shutter is open; 0 gives no motion blur."""
    noise: float
    """Standard deviation of the sensor's noise, 0 to 255."""
    softness: float
    """Standard deviation of the lens blur, in pixels."""
    crf: int
    """Constant rate factor of libx264."""
    ball: Colour
    texture: int
    """Seed of the textures."""


def make_look(rng: np.random.Generator, *, fps: Fraction | None = None, crf: int | None = None) -> Look:
    """Draw a look; `fps` fixes the frame rate, `crf` the compression."""
    first, second = _two_kits(rng)
    rate = FPS[int(rng.integers(len(FPS)))]
    factor = int(rng.integers(20, 29))
    grey = rng.uniform(0.85, 1.12)
    return Look(
        fps=rate if fps is None else fps,
        width=1280,
        height=720,
        kits=(first, second),
        people=tuple(make_person(rng, index) for index in range(10)),
        floor=_near(rng, FLOORS[int(rng.integers(len(FLOORS)))], 12),
        paint=_near(rng, _paint(rng, first, second), 15),
        boards=_near(rng, KITS[int(rng.integers(1, len(KITS)))][1], 20),
        crowd=float(rng.uniform(0.35, 0.9)),
        light=(float(rng.uniform(-0.6, 0.6)), float(rng.uniform(-0.9, -0.5))),
        gain=_colour(grey * rng.uniform(0.95, 1.05, 3)),
        side=float(rng.choice([-1.0, 1.0])),
        camera=(float(rng.uniform(-3.0, 3.0)), float(rng.uniform(17.0, 24.0)), float(rng.uniform(3.5, 9.5))),
        player_pixels=float(rng.uniform(160.0, 235.0)),
        shake=float(rng.uniform(0.0, 1.6)),
        shutter=float(rng.choice([0.0, 0.0, 0.3, 0.5])),
        noise=float(rng.uniform(0.5, 5.0)),
        softness=float(rng.uniform(0.35, 0.95)),
        crf=factor if crf is None else crf,
        ball=_near(rng, (38, 98, 205), 14),
        texture=int(rng.integers(2**31)),
    )


def _two_kits(rng: np.random.Generator) -> tuple[Kit, Kit]:
    """Draw two kits that differ clearly."""
    while True:
        one, two = rng.choice(len(KITS), 2, replace=False)
        gap = np.abs(np.subtract(KITS[one][1], KITS[two][1])).sum()
        if gap > 180:
            return _kit(rng, int(one)), _kit(rng, int(two))


def _paint(rng: np.random.Generator, first: Kit, second: Kit) -> Colour:
    """Draw the colour of the floor's painted parts, unlike both kits."""
    order = [PAINTS[index] for index in rng.permutation(len(PAINTS))]
    gaps = [min(np.abs(np.subtract(paint, kit.jersey)).sum() for kit in (first, second)) for paint in order]
    return next((paint for paint, gap in zip(order, gaps, strict=True) if gap > 110), order[0])


def _kit(rng: np.random.Generator, index: int) -> Kit:
    name, colour = KITS[index]
    jersey = _near(rng, colour, 10)
    shorts = jersey if rng.random() < 0.75 else _near(rng, KITS[int(rng.integers(len(KITS)))][1], 10)
    bright = sum(jersey) > 390
    number = (30.0, 28.0, 28.0) if bright else (240.0, 240.0, 240.0)
    return Kit(name, jersey, shorts, number)


def make_person(rng: np.random.Generator, index: int) -> Person:
    """Draw a person; `index` decides whether their number is even."""
    sleeve = KITS[int(rng.choice([0, 6]))][1] if rng.random() < 0.2 else None
    return Person(
        number=int(rng.integers(0, 50)) * 2 + index % 2,
        size=float(np.clip(rng.normal(1.03, 0.05), 0.92, 1.14)),
        bulk=float(rng.uniform(0.9, 1.2)),
        skin=_near(rng, SKINS[int(rng.integers(len(SKINS)))], 6),
        hair=HAIRS[int(rng.integers(len(HAIRS)))],
        afro=float(rng.choice([0.9, 1.02, 1.05, 1.08, 1.25])),
        shoe=_near(rng, KITS[int(rng.integers(len(KITS)))][1], 10),
        sock=(230.0, 230.0, 230.0) if rng.random() < 0.7 else (40.0, 40.0, 40.0),
        sleeve=sleeve,
        hand=1.0 if rng.random() < 0.3 else -1.0,
        tempo=float(rng.uniform(0.88, 1.14)),
    )


def _near(rng: np.random.Generator, colour: Colour, spread: float) -> Colour:
    return _colour(np.clip(np.asarray(colour) + rng.uniform(-spread, spread, 3), 4, 250))


def _colour(values: np.ndarray) -> Colour:
    return (float(values[0]), float(values[1]), float(values[2]))
