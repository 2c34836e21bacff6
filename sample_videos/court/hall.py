"""What varies from one hall to the next: its size, its floor, its walls, its light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Colour = tuple[float, float, float]
"""Blue, green, red, 0 to 255."""

FLOORS: tuple[Colour, ...] = (
    (120, 168, 208),
    (98, 146, 190),
    (140, 184, 216),
    (84, 128, 168),
    (150, 178, 196),
    (164, 200, 222),
    (70, 108, 150),
    (110, 170, 220),
    (150, 190, 205),
)
ASPHALTS: tuple[Colour, ...] = ((92, 92, 90), (120, 118, 116), (70, 104, 66), (60, 66, 140), (130, 92, 50))
SYNTHETICS: tuple[Colour, ...] = ((150, 120, 60), (84, 110, 60), (60, 70, 130), (128, 132, 134))
"""Floors without planks, as school halls have them."""
PAINTS: tuple[Colour, ...] = (
    (150, 70, 30),
    (50, 50, 170),
    (60, 60, 60),
    (90, 130, 50),
    (110, 150, 190),
    (140, 60, 110),
    (60, 110, 200),
    (200, 150, 60),
    (40, 34, 90),
    (48, 30, 24),
)
WALLS: tuple[Colour, ...] = (
    (158, 168, 172),
    (186, 196, 200),
    (206, 212, 214),
    (130, 140, 146),
    (150, 180, 196),
    (110, 150, 180),
    (170, 190, 170),
    (190, 176, 150),
    (84, 92, 98),
)
PADS: tuple[Colour, ...] = (
    (140, 70, 20),
    (36, 34, 34),
    (46, 40, 150),
    (60, 110, 40),
    (160, 110, 40),
    (40, 30, 90),
    (150, 150, 150),
    (60, 160, 210),
)
STYLES = ("plain", "concrete", "brick", "blocks", "wood")
"""What a wall is made of."""


@dataclass(frozen=True, slots=True)
class Hall:
    """A place where basketball is played."""

    kind: str
    """arena, gym or outdoor."""
    half: tuple[float, float]
    """Distance of the walls from the middle, along and across the court, in metres."""
    ceiling: float
    """Height of the ceiling in metres."""
    floor: Colour
    planks: float
    """Contrast of the planks, 0 to 255; 0 is a floor without planks."""
    gloss: float
    """How strongly the floor reflects, 0 to 1."""
    worn: float
    """Strength of stains, 0 to 1."""
    paint: Colour
    painted: tuple[bool, bool, bool]
    """Whether the apron, the zones under the baskets and the area inside the three-point line are painted."""
    line: Colour
    sports: tuple[tuple[str, Colour], ...]
    """Lines of other sports."""
    boards: Colour
    crowd: float
    """Brightness of the crowd."""
    wall: Colour
    style: str
    pad: Colour
    light: float
    """Brightness of lamps and windows in the floor, 0 to 1."""
    texture: int
    """Seed of the textures."""


def make_hall(rng: np.random.Generator, camera: str, avoid: tuple[Colour, ...]) -> Hall:
    """Draw a hall for a kind of camera, whose paint is unlike the colours to `avoid`."""
    shares = (0.68, 0.31, 0.01) if camera == "broadcast" else (0.1, 0.8, 0.1)
    kind = ("arena", "gym", "outdoor")[int(rng.choice(3, p=shares))]
    arena = kind == "arena"
    bare = kind == "outdoor" or rng.random() < (0.02 if arena else 0.12)
    tones = ASPHALTS if kind == "outdoor" else SYNTHETICS if bare else FLOORS
    line = [(238.0, 240.0, 240.0), (28.0, 28.0, 30.0), (60.0, 50.0, 170.0), (60.0, 190.0, 225.0)]
    margin = (4.0, 4.0) if arena else (float(rng.uniform(1.6, 6.0)), float(rng.uniform(1.5, 5.0)))
    painted = rng.random(3) < ((0.5, 0.75, 0.3) if arena else (0.25, 0.35, 0.12))
    return Hall(
        kind=kind,
        half=(14.0 + margin[0], 7.5 + margin[1]),
        ceiling=float(rng.uniform(6.0, 11.0)),
        floor=near(rng, tones[int(rng.integers(len(tones)))], 14),
        planks=0.0 if bare else float(rng.uniform(1.5, 6.0) if rng.random() < 0.75 else rng.uniform(6, 20)),
        gloss=0.0 if kind == "outdoor" else float(rng.beta(1.4, 2.2)),
        worn=float(rng.beta(1.2, 3.0)),
        paint=near(rng, _unlike(rng, avoid), 15),
        painted=(bool(painted[0]), bool(painted[1]), bool(painted[2])),
        line=line[int(rng.choice(4, p=(0.72, 0.16, 0.07, 0.05)))],
        sports=() if arena or rng.random() < 0.25 else _sports(rng),
        boards=near(rng, PAINTS[int(rng.integers(len(PAINTS)))], 25),
        crowd=float(rng.uniform(0.25, 0.85)),
        wall=near(rng, WALLS[int(rng.integers(len(WALLS)))], 12),
        style=STYLES[int(rng.choice(5, p=(0.3, 0.25, 0.15, 0.2, 0.1)))],
        pad=near(rng, PADS[int(rng.integers(len(PADS)))], 15),
        light=float(rng.uniform(0.2, 1.0)),
        texture=int(rng.integers(2**31)),
    )


def _sports(rng: np.random.Generator) -> tuple[tuple[str, Colour], ...]:
    """Draw which other sports have lines, and in what colours."""
    tones = ((60, 50, 190), (190, 90, 30), (70, 160, 60), (40, 190, 230), (30, 30, 30), (235, 235, 235))
    names = [name for name in ("volleyball", "badminton", "handball") if rng.random() < 0.6]
    order = rng.permutation(len(tones))
    return tuple((name, near(rng, tones[order[index]], 10)) for index, name in enumerate(names))


def _unlike(rng: np.random.Generator, avoid: tuple[Colour, ...]) -> Colour:
    """Draw the colour of the floor's painted parts."""
    order = [PAINTS[index] for index in rng.permutation(len(PAINTS))]
    gaps = [min(np.abs(np.subtract(paint, one)).sum() for one in avoid) for paint in order]
    return next((paint for paint, gap in zip(order, gaps, strict=True) if gap > 110), order[0])


def near(rng: np.random.Generator, colour: Colour, spread: float) -> Colour:
    """Draw a colour that is off by at most `spread` in each channel."""
    return three(np.clip(np.asarray(colour) + rng.uniform(-spread, spread, 3), 4, 250))


def three(values: np.ndarray) -> Colour:
    """Return three numbers as a colour."""
    return float(values[0]), float(values[1]), float(values[2])
