"""The state of the play, and the moves of the player with the ball: dribble, hold, pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from .ball import Free
from .look import Look
from .motion import DRIBBLE, HOLD, IDLE, PASS, RELEASE, WALK
from .players import SHORTEST, Players, distance
from .scene import RIM_X

SPOTS = ((5.5, 0.0), (4.5, 4.6), (4.5, -4.6), (9.5, 5.2), (9.5, -5.2), (12.0, 6.2), (12.0, -6.2), (9.0, 2.6))
"""Where attackers stand, for the basket at positive x, in metres."""
Waiting = Iterator[None]


@dataclass
class Play:
    """Who has the ball, and the moves of that player."""

    rng: np.random.Generator
    look: Look
    attack: int = 0
    """Which team has the ball."""
    handler: int = 0
    owner: int = 0
    free: list[Free] = field(default_factory=list)
    side: dict[int, Waiting] = field(default_factory=dict)
    """Moves away from the ball, by player."""
    ready_to_rebound: np.ndarray = field(default_factory=lambda: np.zeros(2))

    def __post_init__(self) -> None:
        self.players = Players(self.rng, self.look)
        self.attack = int(self.rng.integers(2))
        self.handler = self.owner = 5 * self.attack + int(self.rng.integers(5))
        self.players.set(self.handler, HOLD)

    @property
    def sign(self) -> float:
        """Which basket is attacked: +1 at positive x."""
        return 1.0 if self.attack == 0 else -1.0

    @property
    def rim(self) -> np.ndarray:
        """The point of the floor below the attacked basket."""
        return np.array([self.sign * RIM_X, 0.0])

    def mates(self, player: int) -> list[int]:
        """Return the other four of `player`'s team."""
        first = 5 * (player // 5)
        return [index for index in range(first, first + 5) if index != player]

    def guard(self, player: int) -> int:
        """Return who guards `player`."""
        return (player + 5) % 10

    def wait(self, seconds: float) -> Waiting:
        """Let time pass."""
        stop = self.players.time + seconds
        while self.players.time < stop:
            yield

    def arrive(self, player: int, near: float, most: float) -> Waiting:
        """Wait until `player` is near the goal, or for `most` seconds."""
        stop = self.players.time + most
        while self.players.far(player) > near and self.players.time < stop:
            yield

    def settle(self, player: int) -> Waiting:
        """Wait until the current label of `player` has lasted long enough."""
        while self.players.age(player) < SHORTEST:
            yield

    def spread(self) -> None:
        """Send the attackers to their spots."""
        order = self.rng.permutation(len(SPOTS))
        for mate, spot in zip(self.mates(self.handler), order, strict=False):
            where = np.array(SPOTS[spot]) + self.rng.normal(0, 0.5, 2)
            self.players.goal[mate] = where * [self.sign, 1.0]

    def dribble_to(self, where: np.ndarray, most: float) -> Waiting:
        """Let the handler dribble to a point."""
        yield from self.settle(self.handler)
        self.players.goal[self.handler] = where
        self.players.set(self.handler, DRIBBLE)
        self.players.focus[self.handler] = self.rim
        yield from self.arrive(self.handler, 0.6, most)
        yield from self.settle(self.handler)

    def hold(self, seconds: float) -> Waiting:
        """Let the handler hold the ball."""
        players, handler = self.players, self.handler
        players.set(handler, HOLD)
        players.goal[handler] = players.position[handler] + players.velocity[handler] * 0.1
        stop = players.time + seconds
        while players.time < stop:
            players.focus[handler] = self.rim
            if self.rng.random() < 0.01:
                players.goal[handler] = players.position[handler] + self.rng.normal(0, 0.2, 2)
            yield

    def pound(self, seconds: float) -> Waiting:
        """Let the handler dribble on the spot."""
        yield from self.settle(self.handler)
        players, handler = self.players, self.handler
        players.goal[handler] = players.position[handler] + players.velocity[handler] * 0.15
        players.focus[handler] = self.rim
        players.set(handler, DRIBBLE)
        yield from self.wait(seconds)

    def drive(self) -> Waiting:
        """Dribble towards the basket."""
        where = self.rim * 0.62 + [0.0, self.rng.uniform(-4.0, 4.0)]
        yield from self.dribble_to(where, 3.0)

    def swing(self) -> Waiting:
        """Hold the ball, then pass it to a teammate."""
        if self.rng.random() < 0.3:
            yield from self.pound(self.rng.uniform(0.9, 2.2))
        if self.players.label[self.handler] != HOLD or self.rng.random() < 0.25:
            yield from self.settle(self.handler)
            yield from self.hold(self.rng.uniform(0.85, 1.4))
        mates = self.mates(self.handler)
        far = [distance(self.players.position[mate], self.players.position[self.handler]) for mate in mates]
        fit = [
            mate
            for mate, gap in zip(mates, far, strict=True)
            if 2.5 < gap < 10.0 and not self.players.forced[mate]
        ] or mates
        yield from self.throw(fit[int(self.rng.integers(len(fit)))])
        if self.rng.random() < 0.35:
            self.spread()

    def throw(self, mate: int) -> Waiting:
        """Pass the ball to `mate`, who then holds it."""
        players, passer = self.players, self.handler
        self.side.pop(mate, None)
        yield from self.settle(mate)
        players.set(mate, WALK if players.label[mate] == WALK else IDLE)
        players.goal[mate] = players.position[mate] + players.velocity[mate] * 0.3
        players.focus[passer] = players.position[mate]
        yield from self.wait(0.15)
        duration = self.rng.uniform(0.9, 1.2) / players.tempo[passer]
        players.set(passer, PASS, duration)
        players.goal[passer] = players.position[passer]
        start = players.time
        while players.time < start + RELEASE[PASS] * duration:
            players.focus[passer] = players.focus[mate] = players.position[mate]
            players.focus[mate] = players.position[passer]
            yield
        released = players.time
        gap = distance(players.position[mate], players.position[passer])
        flight = max(0.25, gap / self.rng.uniform(9.0, 12.0))
        bounce = players.variant[passer] >= 0.8
        self.owner = -1
        while players.time < released + flight - 0.14:
            self._end_pass(passer, start, duration)
            players.focus[mate] = players.position[passer]
            yield
        players.set(mate, HOLD)
        players.goal[mate] = players.position[mate] + players.velocity[mate] * 0.15
        while players.time < released + flight:
            self._end_pass(passer, start, duration)
            yield
        self.free.append(Free(released, players.time, passer, mate, bounce=bool(bounce)))
        self.handler = self.owner = mate
        while players.time < start + duration:
            yield
        self._end_pass(passer, start, duration)
        yield from self.hold(max(0.3, self.rng.uniform(0.85, 1.3) - players.age(mate)))

    def _end_pass(self, passer: int, start: float, duration: float) -> None:
        if self.players.time >= start + duration and self.players.label[passer] == PASS:
            self.players.set(passer, IDLE if self.rng.random() < 0.6 else WALK, forced=False)
