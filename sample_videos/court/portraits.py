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


def people_in(game: Moments) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield each moment: its image, uint8 BGR, the boxes of all (F, 4), and who of them is in clear view."""
    boxes, inside = track_boxes(game.figures, game.court.look)
    clear = inside & (game.seen() >= _LEAST_SEEN) & (boxes[..., 3] >= _SMALLEST)
    for at, frame in enumerate(game.frames()):
        yield frame, boxes[at], np.flatnonzero(clear[at])


def _people(game: Moments) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the number and the portrait of everybody who can be seen at the moments."""
    for frame, boxes, clear in people_in(game):
        for index in clear.tolist():
            yield int(game.court.players[index]), portrait(frame, boxes[index])[..., ::-1]
