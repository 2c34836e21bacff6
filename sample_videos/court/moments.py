"""A game at some of its moments, as its camera records and encodes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from .camera import KINDS
from .choose import SHARES
from .coverage import covered
from .figure import Figures
from .look import Look, make_look
from .record import expose, through_encoder
from .render import Court
from .scene import make_scene
from .squad import PEOPLE, simulate_squad

_SECONDS = 40.0
"""Length of a game."""


@dataclass(frozen=True, slots=True)
class Moments:
    """T moments of a game with F people: players, referees, coaches and substitutes."""

    court: Court
    times: np.ndarray
    """Seconds, float64 (T,)."""
    figures: Figures
    rng: np.random.Generator

    def frames(self) -> Iterator[np.ndarray]:
        """Draw each moment; yield uint8 BGR arrays of shape (H, W, 3)."""
        look = self.court.look
        whole = [(0, 0, look.width, look.height)] * len(self.times)
        frames = expose(self.court, self.times, whole, self.rng)
        return through_encoder(frames, look.sensor, look.fps)

    def seen(self) -> np.ndarray:
        """Return the part of each person that is in the frame and that nobody nearer hides, shape (T, F)."""
        look = self.court.look
        return np.stack([covered(self.figures, at, look)[0] for at in range(len(self.times))])


def moments(seed: int, count: int, dressed: Callable[[Look], Look] | None = None) -> Moments:
    """Return the game `seed` at `count` random moments; `dressed` may change what people wear."""
    rng = np.random.default_rng([seed, 21])
    look = make_look(rng, kind=KINDS[int(rng.choice(len(KINDS), p=SHARES))], size=None)
    squad = simulate_squad(rng, look, _SECONDS)
    if dressed is not None:
        squad = replace(squad, look=dressed(squad.look))
    court = Court(squad.look, squad.line, squad.aim, make_scene(squad.look), PEOPLE)
    instants = int((_SECONDS - 1) * float(look.fps))
    times = np.sort(rng.choice(instants, count, replace=False)) / float(look.fps)
    return Moments(court, times, court.shot(times).figures, rng)
