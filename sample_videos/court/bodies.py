"""The pack of human bodies: pieces of mesh that follow a person's build, and images of faces.

Made once by `make_bodies.py` from MakeHuman's data (CC0 1.0, `bodies.LICENSE.txt`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

ATLAS = 256
"""Width and height of a person's texture, in pixels."""
TILES = {
    "top": (0, 0, 160, 128),
    "head": (160, 0, 96, 80),
    "hair": (160, 80, 96, 64),
    "arm_l": (0, 128, 40, 128),
    "arm_r": (40, 128, 40, 128),
    "leg_l": (80, 128, 40, 128),
    "leg_r": (120, 128, 40, 128),
    "shorts_l": (160, 144, 48, 80),
    "shorts_r": (208, 144, 48, 80),
    "shoes": (160, 224, 96, 32),
}
"""Left, top, width and height of each part's tile. A tile is a cylinder around its part, unrolled."""
WRAP = 0.12
"""Fraction of a tile's width that repeats the other side's edge, on each side."""
SPANS = {
    "top": (1.62, 0.84),
    "head": (1.92, 1.56),
    "hair": (2.00, 1.56),
    "shorts": (1.12, 0.55),
    "leg": (1.0, 0.02),
}
"""Heights of a tile's upper and lower edge at rest, in metres."""
ARM_SPAN = 2.6
"""How many bones' lengths a tile of an arm reaches from the shoulder: upper arm, forearm, hand."""
GROWN = ("cap", "fringe", "sweep", "crop", "bob", "long", "tail", "braid")
"""Styles of hair that have a piece of their own; others grow out of the scalp, the piece "hair"."""
PIECES = ("skin", "jersey", "shirt", "sweater", "shorts", "trousers", "shoes", "hair", *GROWN)
DARK_FACES, LIGHT_FACES = (0, 4, 5), (1, 2, 3, 6, 7, 8, 9, 10)
"""Which of the images of heads are of dark and of light skin."""
SHAPES = ("female", "strong", "heavy", "light", "young", "african", "asian")
"""Changes of the usual man that a build mixes."""
HEIGHT = 1.90
"""Of the bodies in the pack, in metres."""
HEAD = np.array([0.055, 0.0])
"""Where the head's axis stands: forward, left, in metres."""
HAIRLINE = np.radians([0, 30, 55, 70, 90, 105, 125, 180]), [1.85, 1.845, 1.81, 1.75, 1.80, 1.77, 1.67, 1.645]
"""Height of the hair's edge around the head, from the forehead to the nape."""
SOLE = 0.013
"""How far the shoes reach below the floor of the pack, on which bare feet stand, in metres."""
_PACK = Path(__file__).with_name("bodies.npz")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the mesh; n vertices, f faces, K shapes."""

    base: np.ndarray
    """The usual man's vertices, float32, shape (n, 3), in metres: forward, left, up."""
    changes: np.ndarray
    """What each of `SHAPES` adds, float32, shape (K, n, 3)."""
    weights: np.ndarray
    """float32, shape (n, skinning.BONES); rows add up to 1."""
    faces: np.ndarray
    """int32, shape (f, 3)."""
    uv: np.ndarray
    """Where corners lie in the atlas, 0 to 1, float32, shape (f, 3, 2)."""

    def shaped(self, mix: np.ndarray) -> np.ndarray:
        """Return the vertices (n, 3) of a build that has `mix` (K,) of the shapes."""
        return np.asarray(self.base + np.tensordot(mix.astype(np.float32), self.changes, 1))

    def with_base(self, base: np.ndarray) -> Piece:
        """Return the piece with other vertices, shape (n, 3)."""
        return replace(self, base=base)


@dataclass(frozen=True, slots=True)
class Bodies:
    """What all people are made of."""

    pieces: dict[str, Piece]
    joints: np.ndarray
    """The usual man's joints at rest and what each shape adds, shape (1 + K, JOINTS, 3)."""
    heads: np.ndarray
    """Images of heads for the tile "head", uint8 BGR, shape (faces, height, width, 3)."""


@cache
def load() -> Bodies:
    """Return the pack, read once."""
    with np.load(_PACK) as pack:
        pieces = {name: _piece(pack, name) for name in PIECES}
        return Bodies(pieces, pack["joints"].astype(float), pack["heads"])


def _piece(pack: np.lib.npyio.NpzFile, name: str) -> Piece:
    """Undo the rounding that `make_bodies.py` stores numbers with."""
    shapes = pack[f"{name}.shapes"].astype(np.float32) * pack["metre"].astype(np.float32)
    weights = pack[f"{name}.weights"].astype(np.float32)
    return Piece(
        shapes[0],
        shapes[1:],
        weights / weights.sum(axis=1, keepdims=True),
        pack[f"{name}.faces"].astype(np.int32),
        pack[f"{name}.uv"].astype(np.float32) / 65535.0,
    )


def above_hairline(points: np.ndarray) -> np.ndarray:
    """Return how far points (n, 3) of the usual man's head are above the edge of the hair, in metres."""
    angle = np.abs(np.arctan2(points[:, 1], points[:, 0] - HEAD[0]))
    return np.asarray(points[:, 2] - np.interp(angle, *HAIRLINE))
