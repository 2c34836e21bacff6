"""The look of a game: everything that varies from one to the next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from .camera import Camera, make_camera
from .hall import Colour, Hall, make_hall, near, three
from .sensor import Sensor, make_sensor

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
    """The camera, the hall, the colours and the people of one game."""

    camera: Camera
    sensor: Sensor
    hall: Hall
    kits: tuple[Kit, ...]
    """Of the people 0 to 4, 5 to 9 and so on; the first two are the teams'."""
    people: tuple[Person, ...]
    light: tuple[float, float]
    """Direction that the light comes from in the frame: right and down."""
    gain: Colour
    """Colour and brightness of the light, around 1."""
    side: float
    """+1 or -1: from which long side the camera looks."""
    ball: Colour

    @property
    def fps(self) -> Fraction:
        """Frames per second."""
        return self.camera.fps

    @property
    def width(self) -> int:
        """Width of the frame, in pixels."""
        return self.camera.width

    @property
    def height(self) -> int:
        """Height of the frame, in pixels."""
        return self.camera.height


def make_look(
    rng: np.random.Generator,
    *,
    kind: str = "broadcast",
    fps: Fraction | None = None,
    size: tuple[int, int] | None = (1280, 720),
    crf: int | None = None,
) -> Look:
    """Draw a look.

    Args:
        rng: Where chance comes from.
        kind: What kind of camera films, one of `camera.KINDS`.
        fps: Frames per second; None to draw it.
        size: Width and height of the frame; None to draw it.
        crf: Compression; None to draw it.
    """
    people = tuple(make_person(rng, index) for index in range(10))
    side = float(rng.choice([-1.0, 1.0]))
    first, second = _two_kits(rng)
    grey = rng.uniform(0.8, 1.15)
    return Look(
        camera=make_camera(rng, kind, side, fps=fps, size=size),
        sensor=make_sensor(rng, kind, crf=crf),
        hall=make_hall(rng, kind, (first.jersey, second.jersey)),
        kits=(first, second),
        people=people,
        light=(float(rng.uniform(-0.6, 0.6)), float(rng.uniform(-0.9, -0.5))),
        gain=three(grey * rng.uniform(0.96, 1.04, 3)),
        side=side,
        ball=near(rng, (38, 98, 205), 14),
    )


def filmed_again(look: Look, rng: np.random.Generator, kind: str) -> Look:
    """Return the same people in the same game, but in other kits, in another hall, with another camera."""
    return replace(make_look(rng, kind=kind, size=None), people=look.people)


def _two_kits(rng: np.random.Generator) -> tuple[Kit, Kit]:
    """Draw two kits that differ clearly."""
    while True:
        one, two = rng.choice(len(KITS), 2, replace=False)
        gap = np.abs(np.subtract(KITS[one][1], KITS[two][1])).sum()
        if gap > 180:
            return _kit(rng, int(one)), _kit(rng, int(two))


def _kit(rng: np.random.Generator, index: int) -> Kit:
    name, colour = KITS[index]
    jersey = near(rng, colour, 10)
    shorts = jersey if rng.random() < 0.75 else near(rng, KITS[int(rng.integers(len(KITS)))][1], 10)
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
        skin=near(rng, SKINS[int(rng.integers(len(SKINS)))], 6),
        hair=HAIRS[int(rng.integers(len(HAIRS)))],
        afro=float(rng.choice([0.9, 1.02, 1.05, 1.08, 1.25])),
        shoe=near(rng, KITS[int(rng.integers(len(KITS)))][1], 10),
        sock=(230.0, 230.0, 230.0) if rng.random() < 0.7 else (40.0, 40.0, 40.0),
        sleeve=sleeve,
        hand=1.0 if rng.random() < 0.3 else -1.0,
        tempo=float(rng.uniform(0.88, 1.14)),
    )
