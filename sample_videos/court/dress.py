"""A person's mesh: build, clothes, shoes and hair put together, with the texture that covers them."""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np

from . import skeleton as sk
from . import skinning
from .attire import Kit, Person
from .bodies import ATLAS, GROWN, HEAD, SOLE, Bodies, Piece, above_hairline
from .skinning import Mesh
from .texture import texture, tile_spot

WAIST, HIP = 1.10, 1.0
"""Heights from which tops and shorts are lengthened, in metres of a body of 1.90 m."""
_CROWN = np.array([HEAD[0], HEAD[1], 1.76])
"""What hair grows away from."""
_THICK = {"short": 0.008, "curly": 0.024, "afro": 0.062, "top": 0.05, "bun": 0.007}
"""How far hair that grows out of the scalp stands off it, in metres."""
_BUN = (
    (-0.035, 1.855, 0.02),
    (-0.055, 1.868, 0.040),
    (-0.085, 1.885, 0.043),
    (-0.11, 1.90, 0.018),
)
"""Rings of a bun at the back of the head: forward and up, and radius, in metres."""


@dataclass(frozen=True, slots=True)
class Outfit:
    """A dressed person: `skinning.pose(outfit.mesh, joints)` moves everything at once."""

    mesh: Mesh
    texture: np.ndarray
    """What covers the mesh, uint8 BGR, square; colours without light."""
    cloth: slice
    """Which faces are clothes that hang open: their inside may be seen."""


def outfit(bodies: Bodies, person: Person, kit: Kit, seed: int) -> Outfit:
    """Return `person` dressed in `kit`; the same arguments give the same."""
    worn = person.own if kit.free else kit
    mix = np.array(astuple(person.build))
    parts = [_part(bodies.pieces[name], mix) for name in ("skin", "shoes")]
    upper = "sweater" if worn.covered[0] else "shirt" if worn.shirt else "jersey"
    parts.append(_top(_part(bodies.pieces[upper], mix), worn))
    if worn.covered[1]:
        parts.append(_part(bodies.pieces["trousers"], mix))
    else:
        parts.append(_shorts(_part(bodies.pieces["shorts"], mix), worn))
    parts += _hair(bodies, person, mix)
    counts = np.cumsum([0, *(len(part.base) for part in parts)])
    rest = bodies.joints[0] + np.tensordot(mix, bodies.joints[1:], 1)
    rest[: sk.FRONT, 2] += SOLE
    rest[: sk.FRONT] *= person.size
    points = np.concatenate([part.base for part in parts])
    points[:, 2] += SOLE
    mesh = Mesh(
        (points * person.size).astype(np.float32),
        np.concatenate([part.weights for part in parts]),
        rest,
        np.concatenate([part.faces + start for part, start in zip(parts, counts[:-1], strict=True)]).astype(
            np.int32
        ),
        np.concatenate([part.uv for part in parts]),
    )
    faces = np.cumsum([len(part.faces) for part in parts])
    return Outfit(
        mesh,
        texture(bodies, person, worn, np.random.default_rng([seed, person.number])),
        slice(int(faces[1]), int(faces[3])),
    )


def _part(piece: Piece, mix: np.ndarray) -> Piece:
    """Return the piece as a build has it; its own changes are spent."""
    return piece.with_base(piece.shaped(mix))


def _top(part: Piece, kit: Kit) -> Piece:
    """Return a jersey or shirt of the kit's length, tucked in or not."""
    points = part.base.copy()
    trunk = np.abs(points[:, 1]) < 0.25 + 0.07 * np.clip((1.3 - points[:, 2]) / 0.1, 0, 1)
    below = np.maximum(WAIST - points[:, 2], 0.0) * trunk
    wide = 1.0 + (kit.loose - 1.0) * np.clip((1.42 - points[:, 2]) / 0.3, 0, 1) * trunk
    if kit.tucked:
        wide *= 1.0 - np.clip(below / 0.05, 0, 1) * 0.35
        points[:, 2] = np.where(trunk, np.maximum(points[:, 2], WAIST - 0.07), points[:, 2])
    else:
        points[:, 2] -= below * (kit.hem - 1.0)
    points[:, :2] *= wide[:, None]
    if not kit.tucked:
        # What hangs over the shorts is wider than they are.
        flat = points[:, :2] - [0.015, 0.0]
        over = np.hypot(flat[:, 0] / 0.150, flat[:, 1] / 0.218)
        hangs = np.clip((0.99 - points[:, 2]) / 0.08, 0, 1) * trunk
        wide = 1.0 + hangs * np.maximum(1.0 / np.maximum(over, 1e-6) - 1.0, 0.03)
        points[:, :2] = flat * wide[:, None] + [0.015, 0.0]
    return part.with_base(points)


def _shorts(part: Piece, kit: Kit) -> Piece:
    """Return shorts of the kit's length and width."""
    points = part.base.copy()
    below = np.maximum(HIP - points[:, 2], 0.0)
    points[:, 2] += below * (1.0 - kit.length)
    side = np.sign(points[:, 1])
    axis = np.stack([0.01 + 0.0 * below, side * (0.12 + 0.1 * below)], axis=1)
    wide = 1.0 + (kit.flare - 1.0) * np.clip(below / 0.3, 0, 1)
    points[:, :2] = axis + (points[:, :2] - axis) * wide[:, None]
    return part.with_base(points)


def _hair(bodies: Bodies, person: Person, mix: np.ndarray) -> list[Piece]:
    """Return the pieces of hair that stand off the head."""
    if person.style in GROWN:
        return [_part(bodies.pieces[person.style], mix)]
    if person.style not in _THICK:
        return []
    part = _part(bodies.pieces["hair"], mix)
    high = above_hairline(bodies.pieces["hair"].base)
    taper = np.clip((high + 0.004) / (0.07 if person.style == "top" else 0.035), 0.15, 1.0)
    out = part.base - _CROWN
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    points = part.base + out * (taper * _THICK[person.style])[:, None]
    if person.style == "top":
        points[:, 2] = np.minimum(points[:, 2], points[:, 2].max() - 0.012)
    grown = part.with_base(points)
    return [grown, _tube(np.array(_BUN))] if person.style == "bun" else [grown]


def _tube(rings: np.ndarray) -> Piece:
    """Return a tube through rings (R, 3) of forward, up and radius, that turns with the head."""
    around = np.linspace(0, 2 * np.pi, 7)[:6]
    way = np.gradient(rings[:, :2], axis=0)
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    across = np.stack([-way[:, 1], way[:, 0]], axis=1)
    ring = np.zeros((len(rings), 6, 3))
    ring[:, :, 0] = rings[:, :1] + rings[:, 2:] * np.cos(around) * across[:, :1]
    ring[:, :, 1] = rings[:, 2:] * np.sin(around)
    ring[:, :, 2] = rings[:, 1:2] + rings[:, 2:] * np.cos(around) * across[:, 1:]
    points = ring.reshape(-1, 3).astype(np.float32)
    faces = []
    for level in range(len(rings) - 1):
        for one in range(6):
            a, b = level * 6 + one, level * 6 + (one + 1) % 6
            faces += [[a, b, a + 6], [b, b + 6, a + 6]]
    for first, order in ((0, -1), (6 * (len(rings) - 1), 1)):
        faces += [[first, first + i, first + i + 1][::order] for i in range(1, 5)]
    uv = np.tile(np.array(tile_spot("hair", 0.5, 0.4)) / ATLAS, (len(faces), 3, 1))
    weights = np.zeros((6 * len(rings), skinning.BONES), np.float32)
    weights[:, skinning.HEAD] = 1.0
    return Piece(
        points,
        np.zeros((0, *points.shape), np.float32),
        weights,
        np.array(faces),
        uv.astype(np.float32),
    )
