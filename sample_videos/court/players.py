"""Move ten players: each has a label, a goal to move to and a focus to look at."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import fields

import numpy as np

from . import mocap
from .look import Look
from .motion import BLOCK, DEFENSE, DRIBBLE, HOLD, IDLE, PASS, PICK, RUN, SHOOT, WALK, cadence
from .timeline import STEP, Timeline

SHORTEST = 0.8
"""Shortest time that a label lasts, in seconds, unless the game demands another."""
FIXED = (BLOCK, PASS, SHOOT, PICK)
IS_FIXED = np.isin(np.arange(10), FIXED)
IS_GAIT = np.isin(np.arange(10), (RUN, WALK))
ACCELERATION = 6.0
SHIFT_S = 0.5
"""Seconds that half a step takes."""
BEFORE = ("label", "since", "duration", "variant", "part", "played")
"""What is kept of the stretch before the current label."""
LEAST = {RUN: 1.3, WALK: 0.45}
"""Whoever runs or walks does not stop before the label ends: their least speed, in metres per second."""
SLOWEST = np.array([LEAST.get(label, 0.0) for label in range(10)])


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
        self.tempo = np.array([person.tempo for person in look.people[:10]])
        self.size = np.array([person.size for person in look.people[:10]])
        self.hand = np.array([person.hand for person in look.people[:10]])
        self.position = rng.uniform([-6, -6], [6, 6], (10, 2))
        self.goal = self.position.copy()
        self.velocity = np.zeros((10, 2))
        self.heading = rng.uniform(-3, 3, 10)
        self.gaze = np.zeros(10)
        self.turning = np.zeros(10, bool)
        """Whether who stands turns towards what they look at; small angles are left to the head."""
        self.phase = rng.uniform(0, 1, 10)
        self.focus = np.zeros((10, 2))
        self.label = np.full(10, IDLE)
        self.since = np.full(10, -2.0)
        self.duration = np.ones(10)
        self.variant = rng.uniform(0, 1, 10)
        self.part, self.played = np.zeros(10, int), np.zeros(10)
        self.before = np.stack([getattr(self, name) for name in BEFORE], axis=1).astype(float)
        self.forced = np.zeros(10, bool)
        self.pace = np.zeros(10)
        """Intended speed, in metres per second."""
        self.aside = np.zeros(10)
        """How far those who walk face away from where they go, in radians."""
        self.sway = np.zeros((10, 2))
        """Slow wandering of those who stand, in metres per second."""
        self.shifts = np.zeros((10, 3))
        """Their next half step: when it begins, and its highest velocity in metres per second."""
        self.restless = np.ones(10)

    def set(self, player: int, label: int, duration: float = 1.0, *, forced: bool = True) -> None:
        """Give `player` the label from now on; a forced one stays until `free` or another `set`."""
        self.forced[player] = forced
        if self.label[player] == label and label not in FIXED:
            return
        self.before[player] = [getattr(self, name)[player] for name in BEFORE]
        self.label[player], self.since[player] = label, self.time
        self.duration[player] = duration
        self.variant[player] = self.rng.random()
        self.pace[player], self.aside[player] = self._pace(player, label)
        self.restless[player] = self.rng.uniform(0.3, 2.2)
        now = float(np.hypot(*self.velocity[player]))
        speed = now if label in FIXED or label == HOLD else self.pace[player] / self.size[player]
        far = distance(self.focus[player], self.position[player])
        turned = abs(self.aside[player]) > 0.5
        self.part[player] = 0 if turned else mocap.choose(self.rng, label, float(speed), far)
        self.played[player] = mocap.start(self.rng, int(self.part[player]), duration, self.variant[player])

    def _pace(self, player: int, label: int) -> tuple[float, float]:
        """Return the intended speed, and how far the player faces away from where they go."""
        rng, tempo = self.rng, self.tempo[player]
        if label == RUN:
            # Most runs are jogs; few are sprints.
            quick = rng.random() < 0.26
            return float(tempo * (rng.uniform(3.0, 5.8) if quick else rng.uniform(1.3, 2.9))), 0.0
        if label == WALK:
            kind, turn = rng.random(), rng.choice([-1.0, 1.0])
            # Some go backwards, some sideways, most where they look.
            aside = turn * float(
                np.select([kind < 0.12, kind < 0.30], [2.85, 0.9], 0.0) + rng.normal(0, 0.15)
            )
            return float(tempo * rng.uniform(0.6, 1.75) * (1.0 - 0.1 * abs(aside))), float(aside)
        if label == DRIBBLE:
            near = self.far(player) < 1.3
            return (0.25 if near else float(rng.uniform(1.8, 4.8))), 0.0
        return (float(rng.uniform(1.2, 2.6)) if label == DEFENSE else 0.0), 0.0

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
        pace = np.maximum(pace, SLOWEST[self.label])
        intended = way / np.maximum(far, 1e-3)[:, None] * pace[:, None]
        keep_on = IS_GAIT[self.label] & (far < 0.3)
        course = self.heading - self.aside
        ahead = np.stack([np.cos(course), np.sin(course)], axis=1)
        intended = np.where(keep_on[:, None], ahead * pace[:, None], intended)
        intended = intended + self._apart() + self._own_steps()
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
        self.played += mocap.rate(self.part, speed / self.size, self.variant) * STEP
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

    def _own_steps(self) -> np.ndarray:
        """Return the velocity of captured steps in place, and of those who stand, shape (10, 2)."""
        mirror = mocap.mirrored(self.part, self.variant, self.hand)
        own = mocap.root_velocity(self.part, self.played, mirror) * self.size[:, None]
        own *= mocap.rate(self.part, np.zeros(10), self.variant)[:, None]
        cosine, sine = np.cos(self.heading), np.sin(self.heading)
        steps = np.stack(
            [own[:, 0] * cosine - own[:, 1] * sine, own[:, 0] * sine + own[:, 1] * cosine], axis=1
        )
        return np.asarray(steps + self._shift())

    def _shift(self) -> np.ndarray:
        """Return the velocity of those who stand: they sway, and take half a step now and then."""
        rng = self.rng
        self.sway += -self.sway * STEP / 0.6 + rng.normal(0, 0.06 * np.sqrt(2 * STEP / 0.6), (10, 2))
        due = self.time > self.shifts[:, 0] + SHIFT_S
        if due.any():
            way, speed = rng.uniform(-np.pi, np.pi, 10), rng.uniform(0.35, 0.8, 10)
            start = self.time + rng.exponential(1.1, 10) / self.restless
            new = np.stack([start, speed * np.cos(way), speed * np.sin(way)], axis=1)
            self.shifts[due] = new[due]
        part = np.clip((self.time - self.shifts[:, :1]) / SHIFT_S, 0.0, 1.0)
        velocity = self.sway * self.restless[:, None] + self.shifts[:, 1:] * np.sin(np.pi * part) ** 2
        stands = np.select([self.label == IDLE, self.label == DEFENSE], [1.0, 1.4], 0.0)
        return np.asarray(velocity * stands[:, None])

    def _turn(self) -> None:
        """Turn every player towards their movement or their focus."""
        ahead = IS_GAIT[self.label]
        quick = length(self.velocity)
        ahead |= (self.label == DRIBBLE) & (quick > 1.4)
        look = np.where(ahead[:, None], self.velocity, self.focus - self.position)
        intended = np.arctan2(look[:, 1], look[:, 0]) + np.where(self.label == WALK, self.aside, 0.0)
        turn = _wrapped(intended - self.heading)
        turn = np.where(ahead & (quick < 0.15), 0.0, turn)
        self.turning = (self.turning & (np.abs(turn) > 0.12)) | (np.abs(turn) > 0.65)
        turn = np.where((self.label == IDLE) & ~self.turning, 0.0, turn)
        slow = np.where(self.label == IDLE, 2.2, 7.0)
        self.heading += np.clip(turn * 0.16, -slow * STEP, slow * STEP)
        seen = self.focus - self.position
        aside = _wrapped(np.arctan2(seen[:, 1], seen[:, 0]) - self.heading)
        # Nobody looks behind themselves.
        aside = np.where(np.abs(aside) > 2.2, 0.0, np.clip(aside, -1.2, 1.2))
        self.gaze += (aside - self.gaze) * 0.09


def _wrapped(angle: np.ndarray) -> np.ndarray:
    """Return angles between -pi and pi."""
    return np.asarray((angle + np.pi) % (2 * np.pi) - np.pi)
