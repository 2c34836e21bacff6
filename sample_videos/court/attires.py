"""People in all kinds of clothes, and places where nobody is, to learn who is dressed to play.

Spectators are painted into the hall: they are nobody here, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np

from bball_tag.players.appearance import WHOLE, portrait

from .attire import BLACK, GREY, KITS, WHITE, Kit, Person, staff
from .hall import Colour, near
from .look import Look
from .moments import Moments, moments
from .portraits import people_in

Dressed = Literal["player", "staff", "nobody"]
DRESSED: tuple[Dressed, ...] = ("player", "staff", "nobody")
_MOMENTS = 14
"""How often a game is looked at."""
_PLACES, _TRIES = 3, 40
"""Places where nobody is, for each moment, and how often one is looked for."""
_EMPTY = 0.12
"""Of a place where nobody is, the share that each person's box may cover."""
_STAFF, _OWN, _TIGHT, _STRIPED = 0.4, 0.25, 0.25, 0.25
"""How many are dressed as referees and coaches, or in shorts of their own; have tight legwear; and how many
of the staff wear stripes."""
_TROUSERS: tuple[Colour, ...] = (BLACK, (70.0, 45.0, 30.0), (120.0, 150.0, 175.0), (70.0, 70.0, 72.0))
"""Black, navy, khaki and dark grey."""


@dataclass(frozen=True, slots=True)
class Attires:
    """N images of people, or of nobody."""

    images: np.ndarray
    """uint8 RGB, shape (N, 80, 48, 3)."""
    dressed: np.ndarray
    """Index in `DRESSED` of each, int64 (N,)."""


def attires(seed: int) -> Attires:
    """Draw the people of the game `seed`, some dressed as staff, and places where nobody is."""
    rng = np.random.default_rng([seed, 77])
    game = moments(seed, _MOMENTS, partial(_dressed, rng=rng))
    found = list(_shown(game, rng))
    images = np.array([image for image, _ in found], np.uint8).reshape(-1, *WHOLE[::-1], 3)
    return Attires(images, np.array([dressed for _, dressed in found], np.int64))


def _dressed(look: Look, rng: np.random.Generator) -> Look:
    """Return a look in which everybody wears what chance gives them, whoever they are."""
    people = tuple(_person(look, index, rng) for index in range(len(look.people)))
    return replace(look, people=people, kits=tuple(replace(kit, free=True) for kit in look.kits))


def _person(look: Look, index: int, rng: np.random.Generator) -> Person:
    """Return a person in a kit, in clothes of their own, or in those of staff."""
    person, luck = look.people[index], rng.random()
    if rng.random() < _TIGHT:
        tight = near(rng, BLACK if rng.random() < 0.7 else _colour(rng), 8)
        person = replace(person, legs=(tight, tight))
    if luck < _STAFF:
        return replace(person, own=_staff(rng))
    if luck < _STAFF + _OWN:
        return replace(person, own=replace(person.own, covered=(person.own.covered[0], False)))
    return replace(person, own=replace(look.kits[index // 5 % 2], free=False))


def _staff(rng: np.random.Generator) -> Kit:
    """Draw the clothes of a referee or coach: any top, with stripes or plain, and trousers."""
    striped = rng.random() < _STRIPED
    top = WHITE if striped or rng.random() < 0.2 else GREY if rng.random() < 0.15 else _colour(rng)
    trousers = near(rng, _TROUSERS[int(rng.choice(len(_TROUSERS), p=[0.5, 0.15, 0.2, 0.15]))], 14)
    kit = staff("staff", near(rng, top, 12), trousers, sleeves=bool(rng.random() < 0.4))
    loose, hem = float(rng.uniform(1.0, 1.2)), float(rng.uniform(0.9, 1.5))
    kit = replace(kit, tucked=bool(rng.random() < 0.5), loose=loose, hem=hem)
    return replace(kit, pattern="pins", trim=BLACK) if striped else kit


def _colour(rng: np.random.Generator) -> Colour:
    """Draw a colour of cloth; every second one is white, grey or black."""
    plain = rng.random() < 0.5
    return (
        (WHITE, BLACK, BLACK, GREY)[int(rng.integers(4))] if plain else KITS[int(rng.integers(len(KITS)))][1]
    )


def _shown(game: Moments, rng: np.random.Generator) -> Iterator[tuple[np.ndarray, int]]:
    """Yield everybody who can be seen, and places where nobody is, each with the index in `DRESSED`."""
    for frame, boxes, clear in people_in(game):
        for index in clear.tolist():
            person = int(game.court.players[index])
            dressed = "staff" if game.court.look.people[person].own.covered[1] else "player"
            yield portrait(frame, boxes[index])[..., ::-1], DRESSED.index(dressed)
        for box in _empty(boxes, frame.shape[1], frame.shape[0], rng):
            yield portrait(frame, box)[..., ::-1], DRESSED.index("nobody")


def _empty(people: np.ndarray, wide: int, high: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield boxes as large as people's where nobody is, cut to the frame."""
    people = people[np.isfinite(people).all(axis=1) & (people[:, 2:] > 5).all(axis=1)]
    found = 0
    for _ in range(_TRIES if len(people) else 0):
        size = people[rng.integers(len(people)), 2:] * rng.uniform(0.7, 1.35, 2)
        first = rng.uniform([-0.2 * size[0], -0.1 * size[1]], [wide - 0.8 * size[0], high - 0.7 * size[1]])
        begin, stop = np.maximum(first, 0), np.minimum(first + size, [wide, high])
        shared = np.minimum(people[:, :2] + people[:, 2:], stop) - np.maximum(people[:, :2], begin)
        if (np.clip(shared, 0, None).prod(axis=1) / (stop - begin).prod()).max() < _EMPTY:
            yield np.concatenate([begin, stop - begin])
            found += 1
        if found == _PLACES:
            return
