"""What people look like: build, skin, hair, and what they wear."""

from __future__ import annotations

from dataclasses import dataclass

from .bodies import GROWN
from .hall import Colour

# fmt: off
SKINS: tuple[Colour, ...] = (
    (56, 76, 112), (70, 95, 140), (88, 118, 168), (108, 142, 192), (132, 163, 207), (46, 62, 94),
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
