"""Who plays: people and kits, drawn at random."""

from __future__ import annotations

import numpy as np

from .attire import BLACK, HAIRS, KITS, PATTERNS, SKINS, STYLES, WHITE, Build, Kit, Person
from .bodies import DARK_FACES, LIGHT_FACES
from .hall import Colour, near

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


def _cloth(rng: np.random.Generator) -> Colour:
    """Draw a colour of cloth; every second one is white, grey or black."""
    plain = (0, 6, 6, 12)
    index = int(rng.choice(plain)) if rng.random() < 0.5 else int(rng.integers(len(KITS)))
    return near(rng, KITS[index][1], 12)


def make_people(rng: np.random.Generator, count: int) -> tuple[Person, ...]:
    """Draw the people of one game: men, women or both, grown up or young."""
    women = float(rng.choice([0.0, 1.0, 0.3], p=[0.62, 0.22, 0.16]))
    young = float(rng.uniform(0.1, 0.5)) if rng.random() < 0.25 else 0.0
    return tuple(make_person(rng, index, women, young) for index in range(count))


def make_person(rng: np.random.Generator, index: int, women: float, young: float) -> Person:
    """Draw a person.

    Args:
        rng: Where chance comes from.
        index: Decides whether their number is even.
        women: How likely it is that they are a woman.
        young: How far from grown up, 0 to 1.
    """
    tone = int(rng.integers(len(SKINS)))
    dark = tone in (0, 1, 5)
    build = _build(rng, tone, female=float(rng.random() < women), young=young)
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


def _build(rng: np.random.Generator, tone: int, *, female: float, young: float) -> Build:
    """Draw a build for a skin of the colour `tone` of `SKINS`."""
    weight = float(np.clip(rng.normal(0.02, 0.25), -0.5, 0.65))
    return Build(
        female=female,
        strong=float(rng.uniform(0.0, 0.9)) * (1.0 - young),
        heavy=max(weight, 0.0),
        light=max(-weight, 0.0),
        young=float(np.clip(young + rng.uniform(-0.08, 0.08), 0.0, 0.6)) if young else 0.0,
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
