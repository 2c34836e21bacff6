"""Move ten players: each has a label, a goal to move to and a focus to look at."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import fields

import numpy as np

from .look import Look
from .motion import BLOCK, DEFENSE, DRIBBLE, IDLE, PASS, PICK, RUN, SHOOT, WALK, cadence
from .timeline import STEP, Timeline

SHORTEST = 0.8
"""Shortest time that a label lasts, in seconds, unless the game demands another."""
FIXED = (BLOCK, PASS, SHOOT, PICK)
IS_FIXED = np.isin(np.arange(10), FIXED)
IS_GAIT = np.isin(np.arange(10), (RUN, WALK))
ACCELERATION = 9.0


def distance(one: np.ndarray, other: np.ndarray) -> float:
    """Return the distance between two points of the floor, in metres."""
    return math.hypot(float(one[0]) - float(other[0]), float(one[1]) - float(other[1]))


def length(vectors: np.ndarray) -> np.ndarray:
    """Return the lengths of vectors (..., 2)."""
    return np.asarray(np.hypot(vectors[..., 0], vectors[..., 1]))


class Players:
    """The state of ten players, moved one step at a time."""

    def __init__(self, rng: np.random.Generator, look: Look) -> None:
        self.rng = rng
        self.time = 0.0
        self.tempo = np.array([person.tempo for person in look.people])
        self.position = rng.uniform([-6, -6], [6, 6], (10, 2))
        self.goal = self.position.copy()
        self.velocity = np.zeros((10, 2))
        self.heading = rng.uniform(-3, 3, 10)
        self.phase = rng.uniform(0, 1, 10)
        self.focus = np.zeros((10, 2))
        self.label = np.full(10, IDLE)
        self.since = np.full(10, -2.0)
        self.duration = np.ones(10)
        self.variant = rng.uniform(0, 1, 10)
        self.before = np.stack([self.label, self.since, self.duration, self.variant], axis=1).astype(float)
        self.forced = np.zeros(10, bool)
        self.pace = np.zeros(10)
        """Intended speed, in metres per second."""

    def set(self, player: int, label: int, duration: float = 1.0, *, forced: bool = True) -> None:
        """Give `player` the label from now on; a forced one stays until `free` or another `set`."""
        self.forced[player] = forced
        if self.label[player] == label and label not in FIXED:
            return
        self.before[player] = (
            self.label[player],
            self.since[player],
            self.duration[player],
            self.variant[player],
        )
        self.label[player], self.since[player] = label, self.time
        self.duration[player] = duration
        self.variant[player] = self.rng.random()
        run = self.rng.uniform(4.2, 6.4) * self.tempo[player]
        walk = self.rng.uniform(1.05, 1.75) * self.tempo[player]
        paces = {RUN: run, WALK: walk, DEFENSE: 2.6, DRIBBLE: self.rng.uniform(2.8, 5.6)}
        self.pace[player] = paces.get(label, 0.0)

    def free(self, player: int) -> None:
        """Let `player` choose freely again."""
        self.forced[player] = False

    def age(self, player: int) -> float:
        """Return for how many seconds `player` has had the current label."""
        return float(self.time - self.since[player])

    def far(self, player: int) -> float:
        """Return how many metres `player` is from the goal."""
        return distance(self.goal[player], self.position[player])

    def step(self) -> None:
        """Move everybody on by one step."""
        self.goal = np.clip(self.goal, [-13.3, -7.0], [13.3, 7.0])
        way = self.goal - self.position
        far = length(way)
        pace = self.pace * np.clip(far / (0.15 + 0.12 * self.pace), 0.0, 1.0)
        # A player who runs or walks does not stop before the label ends.
        pace = np.where(self.label == RUN, np.maximum(pace, 3.4), pace)
        pace = np.where(self.label == WALK, np.maximum(pace, 0.9), pace)
        intended = way / np.maximum(far, 1e-3)[:, None] * pace[:, None]
        keep_on = IS_GAIT[self.label] & (far < 0.3)
        ahead = np.stack([np.cos(self.heading), np.sin(self.heading)], axis=1)
        intended = np.where(keep_on[:, None], ahead * pace[:, None], intended)
        intended = intended + self._apart()
        change = intended - self.velocity
        most = ACCELERATION * STEP
        size = length(change)[:, None]
        self.velocity += change * np.minimum(1.0, most / np.maximum(size, 1e-6))
        self.velocity[length(self.velocity) < 0.04] *= 0.5
        self.position += self.velocity * STEP
        self.position = np.clip(self.position, [-14.8, -8.0], [14.8, 8.0])
        self._turn()
        speed = length(self.velocity)
        self.phase += cadence(speed, self.label) * STEP * np.clip(speed / 0.3, 0.0, 1.0)
        self.time += STEP

    def record(self, steps: int, director: Iterator[None], owner: Callable[[], int]) -> Timeline:
        """Let `director` give the orders for `steps` steps; return the game without the ball's path.

        Args:
            steps: Number of steps of `STEP` seconds.
            director: Gives orders each time it is asked.
            owner: Returns the index of the player with the ball; -1 when it is free.
        """
        names = [field.name for field in fields(Timeline) if field.name not in ("ball", "owner")]
        kept: dict[str, list[np.ndarray]] = {name: [] for name in names}
        owners = []
        for _ in range(steps):
            next(director)
            for name in names:
                kept[name].append(getattr(self, name).copy())
            owners.append(owner())
            self.step()
        stacked = {name: np.stack(values) for name, values in kept.items()}
        return Timeline(**stacked, ball=np.zeros((steps, 3)), owner=np.array(owners))

    def _apart(self) -> np.ndarray:
        """Return the velocity that keeps players from standing inside each other."""
        gap = self.position[:, None] - self.position[None]
        far = length(gap) + np.eye(10) * 9
        push = np.clip(0.75 - far, 0.0, 0.6) * 6.0
        pushed: np.ndarray = (gap / np.maximum(far, 0.05)[..., None] * push[..., None]).sum(axis=1)
        pushed *= np.where(IS_FIXED[self.label], 0.12, 1.0)[:, None]
        return pushed

    def _turn(self) -> None:
        """Turn every player towards their movement or their focus."""
        ahead = IS_GAIT[self.label]
        quick = length(self.velocity)
        ahead |= (self.label == DRIBBLE) & (quick > 2.0)
        look = np.where(ahead[:, None], self.velocity, self.focus - self.position)
        intended = np.arctan2(look[:, 1], look[:, 0])
        turn = (intended - self.heading + np.pi) % (2 * np.pi) - np.pi
        turn = np.where(ahead & (quick < 0.15), 0.0, turn)
        slow = np.where(self.label == IDLE, 3.0, 7.0)
        self.heading += np.clip(turn * 0.16, -slow * STEP, slow * STEP)
