"""A drill: one player alone performs one action after the other, filmed close, in portrait format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from .ball import Free, ball_path
from .look import Look
from .motion import BLOCK, DEFENSE, DRIBBLE, HOLD, IDLE, PASS, PICK, RELEASE, RUN, SHOOT, WALK
from .operator import Aim, at_height, shaken, slow
from .players import Players
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
"""Each label and for how many seconds it lasts."""


@dataclass
class Drill:
    """The player, the ball, and the partner who passes it in from outside the frame."""

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
        """Repeat the plan without end."""
        while True:
            for label, seconds in PLAN:
                yield from self.do(label, seconds * self.rng.uniform(0.92, 1.12))

    def do(self, label: int, seconds: float) -> Iterator[None]:
        """Perform one action."""
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
        """Return the next goal: back and forth in front of the camera."""
        position = self.players.position[HERO]
        reach = {RUN: 8.0, WALK: 5.0, DEFENSE: 2.5, DRIBBLE: 3.0}.get(label, 0.0)
        away = -1.0 if position[0] > 2.0 else 1.0
        sideways = self.rng.uniform(-0.25, 0.25) - 0.05 * position[1]
        return np.asarray(position + reach * np.array([away, sideways]))

    def _focus(self, label: int) -> np.ndarray:
        """Return what to look at: the rim when shooting, the partner with the ball, else near the camera."""
        if label == SHOOT:
            return np.array([RIM_X, 0.0])
        aside = 0.25 if label in (HOLD, PASS) else 0.9
        return np.asarray(self.players.position[HERO] + 5.0 * np.array([0.8, -aside * self.side]))

    def _catch(self) -> Iterator[None]:
        """Let the partner throw the ball in; the hands rise while it is in the air."""
        now = self.players.time
        position = self.players.position[HERO]
        begin = np.array([position[0] + 5.0, position[1] + 1.0, 1.6])
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
        position = self.players.position[HERO]
        rim = np.array([RIM_X, 0.0, RIM_HEIGHT])
        partner = np.array([position[0] + 6.0, position[1], 1.3])
        end, flight = (rim, 1.1) if label == SHOOT else (partner, 0.55)
        self.free.append(Free(now, now + flight, HERO, None, end=end))
        last = now + flight + 0.7
        self.free.append(Free(now + flight, last, None, None, end=end * [1.0, 1.0, 0.0], dropping=True))


def simulate_drill(rng: np.random.Generator, look: Look, seconds: float) -> Timeline:
    """Play a drill of `seconds`; only player `HERO` matters, the others stand far away."""
    players = Players(rng, look)
    players.position[:] = np.stack([np.linspace(-15.0, -8.0, 10), np.full(10, -8.0)], axis=1)
    players.position[HERO] = [-1.5, 0.0]
    players.goal[:] = players.position
    drill = Drill(rng, players, look.side)
    director = drill.play()
    line = players.record(round(seconds / STEP) + 2, director, lambda: drill.owner)
    return ball_path(line, look, drill.free)


def drill_look(look: Look) -> Look:
    """Return `look` filmed close and in portrait format, as with a phone."""
    distance, height = 9.5, 1.9
    camera = replace(
        look.camera,
        width=WIDTH,
        height=HEIGHT,
        place=(2.0, -look.side * distance, height),
        focal=0.70 * HEIGHT / 1.9 * float(np.hypot(distance, height)),
        shake=1.5,
    )
    return replace(look, camera=camera, sensor=replace(look.sensor, shutter=0.0, comb=False))


def follow_closely(line: Timeline, look: Look, rng: np.random.Generator) -> Aim:
    """Return a camera that keeps the player in the middle."""
    camera = look.camera
    target = slow(line.position[:, HERO], 0.18)
    away = np.linalg.norm(target - camera.place[:2], axis=1)
    shake = shaken(rng, len(target), camera.shake, 0.15)
    return at_height(target, 1.22, away / abs(camera.place[1]), shake)
