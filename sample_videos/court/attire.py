"""What people look like: build, skin, hair, and what they wear."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .bodies import DARK_FACES, GROWN, LIGHT_FACES
from .hall import Colour, near

# fmt: off
SKINS: tuple[Colour, ...] = (
    (56, 76, 112), (70, 95, 140), (88, 118, 168), (108, 142, 192), (146, 176, 216), (46, 62, 94),
)
HAIRS: tuple[Colour, ...] = ((18, 18, 22), (24, 30, 40), (40, 62, 92), (70, 120, 160), (14, 16, 18))
# fmt: on
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
WHITE, BLACK, GREY = KITS[0][1], KITS[6][1], KITS[12][1]
PATTERNS = ("plain", "sides", "band", "yoke", "pins", "wings")
STYLES = ("bald", "buzz", "short", "curly", "afro", "top", "bun", *GROWN)
_MEN = (
    0.09,
    0.27,
    0.20,
    0.07,
    0.04,
    0.04,
    0.02,
    0.11,
    0.05,
    0.04,
    0.04,
    0.01,
    0.01,
    0.005,
    0.005,
)
_WOMEN = (
    0.0,
    0.02,
    0.02,
    0.03,
    0.03,
    0.0,
    0.22,
    0.01,
    0.02,
    0.02,
    0.01,
    0.06,
    0.07,
    0.36,
    0.13,
)
"""How often each of `STYLES` is seen."""


@dataclass(frozen=True, slots=True)
class Build:
    """How much of each of `bodies.SHAPES` a body has, 0 to 1."""

    female: float
    strong: float
    heavy: float
    light: float
    young: float
    african: float
    asian: float


@dataclass(frozen=True, slots=True)
class Kit:
    """What a team, or somebody on their own, wears."""

    name: str
    jersey: Colour
    shorts: Colour
    number: Colour
    trim: Colour
    """Of stripes and edges."""
    pattern: str
    """One of `PATTERNS`."""
    shirt: bool
    """Whether the top has sleeves."""
    numbered: bool
    tucked: bool
    loose: float
    """Width of the top relative to the usual one."""
    hem: float
    """How far the top hangs below the waist, relative to the usual."""
    length: float
    """Of the shorts' legs: 1 reaches the knee."""
    flare: float
    """Width of the shorts' legs relative to the usual one."""
    free: bool = False
    """Whether everybody wears clothes of their own instead."""
    covered: tuple[bool, bool] = (False, False)
    """Whether the top's sleeves reach the hands, and the trousers the shoes."""


@dataclass(frozen=True, slots=True)
class Person:
    """How a player looks and moves."""

    number: int
    size: float
    """Body height divided by 1.90 m."""
    build: Build
    skin: Colour
    face: int
    """Which of the pack's images of heads."""
    hair: Colour
    style: str
    """One of `STYLES`."""
    beard: float
    """How thick, 0 to 1."""
    band: Colour | None
    """Around the head."""
    shoe: Colour
    sole: Colour
    shoe_top: float
    """Height of the shoes' upper edge, in metres of a body of 1.90 m."""
    sock: Colour
    sock_height: float
    """Of the socks' upper edge above the floor, in metres of a body of 1.90 m."""
    sleeves: tuple[Colour | None, Colour | None]
    """Tight sleeves on the left and right arm."""
    legs: tuple[Colour | None, Colour | None]
    """Tight legwear left and right."""
    under: Colour | None
    """Of a shirt below the jersey."""
    own: Kit
    """What they wear when there are no kits."""
    hand: float
    """+1 left-handed, -1 right-handed."""
    tempo: float
    """Speed of movement relative to the usual one."""


def two_kits(rng: np.random.Generator, *, casual: float = 0.0) -> tuple[Kit, Kit]:
    """Draw two kits that differ clearly; with the chance `casual` people wear clothes of their own."""
    one, two = 0, 0
    while np.abs(np.subtract(KITS[one][1], KITS[two][1])).sum() <= 180:
        one, two = rng.choice(len(KITS), 2, replace=False)
    first = bool(rng.random() < casual)
    # Sometimes one side pulls bibs over.
    second = first and bool(rng.random() < 0.6)
    return _kit(rng, int(one), free=first), _kit(rng, int(two), free=second)


def _kit(rng: np.random.Generator, index: int, *, free: bool = False) -> Kit:
    """Draw a team's kit of the colour `index` of `KITS`."""
    name, colour = KITS[index]
    jersey = near(rng, colour, 10)
    shorts = jersey if rng.random() < 0.75 else _cloth(rng)
    bright = sum(jersey) > 390
    number: Colour = (30.0, 28.0, 28.0) if bright else (240.0, 240.0, 240.0)
    trim = number if rng.random() < 0.5 else _cloth(rng)
    return Kit(
        name=name,
        jersey=jersey,
        shorts=shorts,
        number=number,
        trim=trim,
        pattern=str(rng.choice(PATTERNS)),
        shirt=bool(rng.random() < 0.08),
        numbered=True,
        tucked=bool(rng.random() < 0.6),
        loose=float(rng.uniform(1.0, 1.18)),
        hem=float(rng.uniform(0.85, 1.2)),
        length=float(rng.uniform(0.72, 1.02)),
        flare=float(rng.uniform(0.97, 1.15)),
        free=free,
    )


def _own(rng: np.random.Generator) -> Kit:
    """Draw somebody's own clothes: mostly dark or pale, with sleeves, never with a big number."""
    top, bottom = (_cloth(rng) for _ in range(2))
    if rng.random() < 0.6:
        bottom = near(rng, BLACK, 12)
    return Kit(
        name="own",
        jersey=top,
        shorts=bottom,
        number=top,
        trim=_cloth(rng),
        pattern=str(rng.choice(["plain", "plain", "plain", "logo", "sides"])),
        shirt=bool(rng.random() < 0.72),
        numbered=bool(rng.random() < 0.08),
        tucked=bool(rng.random() < 0.06),
        loose=float(rng.uniform(0.98, 1.22)),
        hem=float(rng.uniform(0.9, 1.5)),
        length=float(rng.uniform(0.6, 1.0)),
        flare=float(rng.uniform(0.95, 1.12)),
        covered=(bool(rng.random() < 0.05), bool(rng.random() < 0.05)),
    )


def staff(name: str, top: Colour, trousers: Colour, *, sleeves: bool) -> Kit:
    """Return the clothes of referees (short sleeves) and coaches (long ones)."""
    return Kit(
        name=name,
        jersey=top,
        shorts=trousers,
        number=top,
        trim=trousers,
        pattern="plain",
        shirt=True,
        numbered=False,
        tucked=not sleeves,
        loose=1.04,
        hem=1.3,
        length=1.0,
        flare=0.85,
        covered=(sleeves, True),
    )


def _cloth(rng: np.random.Generator) -> Colour:
    """Draw a colour of cloth; every second one is white, grey or black."""
    plain = (0, 6, 6, 12)
    index = int(rng.choice(plain)) if rng.random() < 0.5 else int(rng.integers(len(KITS)))
    return near(rng, KITS[index][1], 12)


def make_person(rng: np.random.Generator, index: int) -> Person:
    """Draw a person; `index` decides whether their number is even."""
    tone = int(rng.integers(len(SKINS)))
    dark = tone in (0, 1, 5)
    build = _build(rng, tone)
    tall = rng.normal(1.03, 0.05) - 0.07 * build.female - 0.16 * build.young
    beard = rng.random() < 0.4 and not build.female and not build.young
    sock = WHITE if rng.random() < 0.65 else BLACK
    return Person(
        number=int(rng.integers(0, 50)) * 2 + index % 2,
        size=float(np.clip(tall, 0.82, 1.14)),
        build=build,
        skin=near(rng, SKINS[tone], 6),
        face=int(rng.choice(DARK_FACES if dark else LIGHT_FACES)),
        hair=near(rng, HAIRS[int(rng.integers(2 if dark and rng.random() < 0.95 else len(HAIRS)))], 5),
        style=str(rng.choice(STYLES, p=_WOMEN if build.female else _MEN)),
        beard=float(rng.uniform(0.2, 0.9)) if beard else 0.0,
        band=_cloth(rng) if rng.random() < 0.12 else None,
        shoe=_cloth(rng),
        sole=near(rng, WHITE, 15) if rng.random() < 0.7 else _cloth(rng),
        shoe_top=float(rng.uniform(0.075, 0.135)),
        sock=near(rng, sock, 14) if rng.random() < 0.85 else _cloth(rng),
        sock_height=float(rng.choice([0.11, 0.14, 0.18, 0.24, 0.33])),
        sleeves=_pair(rng, 0.12),
        legs=_pair(rng, 0.12),
        under=_cloth(rng) if rng.random() < 0.1 else None,
        own=_own(rng),
        hand=1.0 if rng.random() < 0.3 else -1.0,
        tempo=float(rng.uniform(0.88, 1.14)),
    )


def _build(rng: np.random.Generator, tone: int) -> Build:
    """Draw a build: a quarter are women, a half of all younger than grown-ups."""
    young = float(np.clip(rng.uniform(-0.6, 0.5), 0.0, 0.5))
    weight = float(np.clip(rng.normal(0.02, 0.25), -0.5, 0.65))
    return Build(
        female=float(rng.random() < 0.25),
        strong=float(rng.uniform(0.0, 0.9)) * (1.0 - young),
        heavy=max(weight, 0.0),
        light=max(-weight, 0.0),
        young=young,
        african=float(tone in (0, 1, 5)) * float(rng.uniform(0.4, 1.0)),
        asian=float(tone in (2, 3)) * float(rng.uniform(0.0, 1.0)),
    )


def _pair(rng: np.random.Generator, chance: float) -> tuple[Colour | None, Colour | None]:
    """Draw something tight for the left and the right limb, mostly black or white."""
    if rng.random() > chance:
        return None, None
    colour = near(rng, WHITE if rng.random() < 0.3 else BLACK, 8)
    one = rng.random()
    return (colour if one < 0.75 else None), (colour if one < 0.5 or one >= 0.75 else None)
