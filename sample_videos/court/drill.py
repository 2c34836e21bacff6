"""A drill: one player alone does one thing after the other, filmed upright and close."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from .ball import Free, ball_path
from .look import Look
from .motion import BLOCK, DEFENSE, DRIBBLE, HOLD, IDLE, PASS, PICK, RELEASE, RUN, SHOOT, WALK
from .players import Players
from .render import Aim, slow
from .scene import RIM_HEIGHT, RIM_X
from .timeline import STEP, Timeline

HERO = 0
WIDTH, HEIGHT = 528, 720
PLAN: tuple[tuple[int, float], ...] = (
    (IDLE, 1.5),
    (HOLD, 1.5),
    (DRIBBLE, 2.6),
    (HOLD, 1.1),
    (SHOOT, 1.25),
    (WALK, 1.6),
    (RUN, 1.7),
    (DEFENSE, 2.2),
    (BLOCK, 1.15),
    (IDLE, 1.1),
    (PICK, 1.7),
    (HOLD, 1.3),
    (PASS, 1.1),
    (RUN, 1.6),
    (WALK, 1.4),
)
"""What is done for how many seconds."""


@dataclass
class Drill:
    """The player, his ball and the partner who feeds it to him from outside of the picture."""

    rng: np.random.Generator
    players: Players
    side: float
    """From which long side the camera looks."""
    owner: int = -1
    free: list[Free] = field(default_factory=list)

    def __post_init__(self) -> None:
        # The ball waits with the partner.
        self.free.append(Free(0.0, 0.02, None, None, end=np.array([9.0, 0.0, 1.3])))

    def play(self) -> Iterator[None]:
        """Go through the plan again and again."""
        while True:
            for label, seconds in PLAN:
                yield from self.do(label, seconds * self.rng.uniform(0.92, 1.12))

    def do(self, label: int, seconds: float) -> Iterator[None]:
        """Do one thing."""
        players = self.players
        if label == HOLD and self.owner < 0:
            yield from self._catch()
        start = players.time
        players.set(HERO, label, seconds)
        players.goal[HERO] = self._where(label)
        players.focus[HERO] = self._focus(label)
        while players.time < start + seconds:
            if label in RELEASE and self.owner == HERO and players.age(HERO) >= RELEASE[label] * seconds:
                self._release(label)
            if label in (DEFENSE, DRIBBLE) and players.far(HERO) < 0.3:
                players.goal[HERO] = self._where(label)
            yield

    def _where(self, label: int) -> np.ndarray:
        """Return where to go: to and fro in front of the camera."""
        place = self.players.place[HERO]
        reach = {RUN: 8.0, WALK: 5.0, DEFENSE: 2.5, DRIBBLE: 3.0}.get(label, 0.0)
        away = -1.0 if place[0] > 2.0 else 1.0
        return np.asarray(place + reach * np.array([away, self.rng.uniform(-0.25, 0.25) - 0.05 * place[1]]))

    def _focus(self, label: int) -> np.ndarray:
        """Return what to look at: the rim when shooting, the partner with the ball, else half the camera."""
        if label == SHOOT:
            return np.array([RIM_X, 0.0])
        aside = 0.25 if label in (HOLD, PASS) else 0.9
        return np.asarray(self.players.place[HERO] + 5.0 * np.array([0.8, -aside * self.side]))

    def _catch(self) -> Iterator[None]:
        """Let the partner throw the ball in; the hands come up for it while it still flies."""
        now = self.players.time
        place = self.players.place[HERO]
        begin = np.array([place[0] + 5.0, place[1] + 1.0, 1.6])
        self.free.append(Free(now, now + 0.02, None, None, end=begin))
        self.free.append(Free(now + 0.02, now + 0.6, None, HERO))
        while self.players.time < now + 0.46:
            yield
        self.players.set(HERO, HOLD)
        while self.players.time < now + 0.6:
            yield
        self.owner = HERO

    def _release(self, label: int) -> None:
        """Let the ball leave for the rim or the partner."""
        now = self.players.time
        self.owner = -1
        place = self.players.place[HERO]
        rim = np.array([RIM_X, 0.0, RIM_HEIGHT])
        partner = np.array([place[0] + 6.0, place[1], 1.3])
        end, flight = (rim, 1.1) if label == SHOOT else (partner, 0.55)
        self.free.append(Free(now, now + flight, HERO, None, end=end))
        last = now + flight + 0.7
        self.free.append(Free(now + flight, last, None, None, end=end * [1.0, 1.0, 0.0], dropping=True))


def simulate_drill(rng: np.random.Generator, look: Look, seconds: float) -> Timeline:
    """Play a drill of `seconds`; only player `HERO` matters, the others wait far away."""
    players = Players(rng, look)
    players.place[:] = np.stack([np.linspace(-15.0, -8.0, 10), np.full(10, -8.0)], axis=1)
    players.place[HERO] = [-1.5, 0.0]
    players.goal[:] = players.place
    drill = Drill(rng, players, look.side)
    director = drill.play()
    line = players.record(round(seconds / STEP) + 2, director, lambda: drill.owner)
    return ball_path(line, look, drill.free)


def drill_look(look: Look) -> Look:
    """Return `look` filmed from near, upright, as with a phone."""
    return replace(
        look,
        width=WIDTH,
        height=HEIGHT,
        camera=(2.0, 9.5, 1.9),
        player_pixels=0.70 * HEIGHT,
        shutter=0.0,
        shake=1.5,
    )


def follow_closely(line: Timeline, look: Look, rng: np.random.Generator) -> Aim:
    """Return a camera that keeps the player in the middle."""
    target = slow(line.place[:, HERO], 0.18)
    away = np.linalg.norm(target - [look.camera[0], -look.side * look.camera[1]], axis=1)
    shake = slow(rng.normal(0, 1, (len(target), 2)), 0.15)
    shake = shake / max(float(shake.std()), 1e-6) * look.shake
    return Aim(target, away / look.camera[1], shake, 1.22)
