"""People of many games as images, to learn to tell them apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bball_tag.players.appearance import portrait

from .camera import KINDS
from .choose import SHARES
from .coverage import covered
from .look import make_look
from .record import expose, through_encoder
from .render import Court
from .scene import make_scene
from .squad import PEOPLE, simulate_squad
from .write import track_boxes

_MOMENTS, _SECONDS = 14, 40.0
"""How often a game is looked at, and how long it is."""
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
    rng = np.random.default_rng([seed, 21])
    look = make_look(rng, kind=KINDS[int(rng.choice(len(KINDS), p=SHARES))], size=None)
    squad = simulate_squad(rng, look, _SECONDS)
    court = Court(squad.look, squad.line, squad.aim, make_scene(squad.look), PEOPLE)
    instants = int((_SECONDS - 1) * float(look.fps))
    times = np.sort(rng.choice(instants, _MOMENTS, replace=False)) / float(look.fps)
    found = list(_people(court, times, rng))
    person = np.array([index for index, _ in found])
    images = np.stack([image for _, image in found])
    return Portraits(images, person, np.where(person < 20, person // 5 % 2, person // 5 - 2))


def _people(court: Court, times: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the number and the portrait of everybody who can be seen at the times."""
    look = court.look
    figures = court.shot(times).figures
    boxes, inside = track_boxes(figures, look)
    frames = expose(court, times, [(0, 0, look.width, look.height)] * len(times), rng)
    for at, frame in enumerate(through_encoder(frames, look.sensor, look.fps)):
        seen = inside[at] & (covered(figures, at, look)[0] >= _LEAST_SEEN) & (boxes[at, :, 3] >= _SMALLEST)
        for index in np.flatnonzero(seen).tolist():
            yield int(court.players[index]), portrait(frame, boxes[at, index])[..., ::-1]
