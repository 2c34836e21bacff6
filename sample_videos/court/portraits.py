"""People of many games as images, to learn to tell them apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from .camera import KINDS
from .choose import SHARES
from .coverage import covered
from .look import make_look
from .record import expose, through_encoder
from .render import Court
from .scene import make_scene
from .squad import PEOPLE, simulate_squad
from .write import track_boxes

SIZE = (80, 48)
"""Rows and columns of a portrait."""
ROOM = (0.1, 0.25)
"""What a portrait shows above and below a box, and on each side, as fractions of its height and width."""
_MOMENTS, _SECONDS = 14, 40.0
"""How often a game is looked at, and how long it is."""
_SMALLEST, _LEAST_SEEN = 28.0, 0.35
"""Height in pixels, and share of a person that can be seen, below which there is no portrait."""


@dataclass(frozen=True, slots=True)
class Portraits:
    """N images of people."""

    images: np.ndarray
    """uint8 RGB, shape (N, *SIZE, 3)."""
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
            yield int(court.players[index]), _portrait(frame, boxes[at, index])


def _portrait(frame: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Return a box of a BGR frame with some room around it, as uint8 RGB of `SIZE`."""
    room = box[2:] * ROOM[::-1]
    left, top = np.floor(box[:2] - room).astype(int).tolist()
    wide, high = (np.ceil(box[2:] + 2 * room).astype(int) + 1).tolist()
    rows, columns = frame.shape[:2]
    part = cv2.copyMakeBorder(
        frame[max(top, 0) : max(top + high, 1), max(left, 0) : max(left + wide, 1)],
        max(-top, 0),
        max(top + high - rows, 0),
        max(-left, 0),
        max(left + wide - columns, 0),
        cv2.BORDER_REPLICATE,
    )
    return np.asarray(cv2.resize(part, SIZE[::-1], interpolation=cv2.INTER_AREA)[..., ::-1])
