"""People of many games as images, to learn to tell them apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bball_tag.players.appearance import portrait

from .moments import Moments, moments
from .write import track_boxes

_MOMENTS = 14
"""How often a game is looked at."""
_SMALLEST, _LEAST_SEEN = 28.0, 0.35
"""Height in pixels, and share of a person that can be seen, below which there is no portrait."""


@dataclass(frozen=True, slots=True)
class Portraits:
    """N images of people."""

    images: np.ndarray
    """uint8 RGB, shape (N, 80, 48, 3)."""
    person: np.ndarray
    """Number in the game, int64 (N,)."""
    wears: np.ndarray
    """Whose clothes: 0 and 1 the teams', 2 referees', 3 coaches', int64 (N,)."""


def portraits(seed: int) -> Portraits:
    """Draw the people of the game `seed` at random moments, as its camera records and encodes them."""
    found = list(_people(moments(seed, _MOMENTS)))
    person = np.array([index for index, _ in found])
    images = np.stack([image for _, image in found])
    return Portraits(images, person, np.where(person < 20, person // 5 % 2, person // 5 - 2))


def clear_people(game: Moments) -> np.ndarray:
    """Return who is large and clear enough for a portrait at each moment, bool (T, F)."""
    boxes, inside = track_boxes(game.figures, game.court.look)
    return np.asarray(inside & (game.seen() >= _LEAST_SEEN) & (boxes[..., 3] >= _SMALLEST))


def _people(game: Moments) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the number and the portrait of everybody who can be seen at the moments."""
    boxes, _ = track_boxes(game.figures, game.court.look)
    clear = clear_people(game)
    for at, frame in enumerate(game.frames()):
        for index in np.flatnonzero(clear[at]).tolist():
            yield int(game.court.players[index]), portrait(frame, boxes[at, index])[..., ::-1]
