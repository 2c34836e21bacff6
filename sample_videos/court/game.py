"""A plausible game: possessions, picks, shots and blocks, simulated without pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .ball import Free, ball_path
from .choices import decide
from .look import Look
from .motion import BLOCK, DEFENSE, DRIBBLE, HOLD, IDLE, PICK, RELEASE, RUN, SHOOT, WALK
from .play import Play, Waiting
from .players import SHORTEST, distance
from .scene import RIM_HEIGHT
from .timeline import STEP, Timeline


@dataclass
class Game(Play):
    """Directs the players; `simulate` runs it."""

    second_chance: bool = False
    """Whether the attackers have just caught their own rebound."""

    def direct(self) -> Waiting:
        """Play without end: possessions, moves away from the ball, and every player's own choices."""
        while True:
            for _ in self.possession():
                self.side = {who: side for who, side in self.side.items() if next(side, True) is None}
                decide(self)
                yield

    def possession(self) -> Waiting:
        """Bring the ball up, pass, use a pick, and shoot; a rebound in attack may be shot at once."""
        rng, players = self.rng, self.players
        near = distance(players.position[self.handler], self.rim) < 7.0
        if self.second_chance and near:
            yield from self.shot()
            return
        self.spread()
        if not self.second_chance:
            up = np.array([self.sign * rng.uniform(2.5, 6.0), rng.uniform(-3, 3)])
            yield from self.dribble_to(up, 3.5)
        first = rng.random() < 0.4
        if first:
            yield from self.pick_and_roll()
        self._start_off_ball_pick()
        yield from self.swing()
        if rng.random() < 0.6:
            yield from self.swing()
        if not first and rng.random() < 0.7:
            yield from self.pick_and_roll()
        if distance(players.position[self.handler], self.rim) > 7.5:
            yield from self.drive()
        yield from self.shot()

    def pick_and_roll(self) -> Waiting:
        """A teammate sets a pick against the handler's guard; the handler dribbles past it."""
        rng, players, handler = self.rng, self.players, self.handler
        guard = self.guard(handler)
        if players.label[handler] != DRIBBLE and rng.random() < 0.6:
            yield from self.dribble_to(players.position[handler] + rng.normal(0, 1.0, 2), 1.5)
        mates = [mate for mate in self.mates(handler) if mate not in self.side]
        gaps = [distance(players.position[mate], players.position[handler]) for mate in mates]
        screener = mates[int(np.argmin(gaps))]
        yield from self.settle(screener)
        side = 1.0 if rng.random() < 0.5 else -1.0
        players.set(screener, RUN if min(gaps) > 3.0 else WALK)
        stop = players.time + 2.6
        while players.time < stop:
            way = self.rim - players.position[handler]
            way = way / max(float(np.hypot(*way)), 0.1)
            across = np.array([-way[1], way[0]]) * side
            players.goal[screener] = players.position[guard] + across * 0.75 + way * 0.1
            players.focus[screener] = players.position[guard]
            if players.far(screener) < 0.5 and players.age(screener) > SHORTEST:
                break
            if (
                players.far(screener) < 1.2
                and players.label[screener] == RUN
                and players.age(screener) > SHORTEST
            ):
                break
            yield
        yield from self.screen(screener, side)

    def screen(self, screener: int, side: float) -> Waiting:
        """Stand as a pick while the handler goes by."""
        rng, players, handler = self.rng, self.players, self.handler
        guard = self.guard(handler)
        players.set(screener, PICK)
        players.goal[screener] = players.position[screener].copy()
        stands, stop = players.time + rng.uniform(1.2, 2.2), players.time + rng.uniform(0.3, 0.7)
        while players.time < stop:
            players.focus[screener] = players.position[guard]
            yield
        if rng.random() < 0.75:
            way = self.rim - players.position[handler]
            way = way / max(float(np.hypot(*way)), 0.1)
            across = np.array([-way[1], way[0]]) * side
            yield from self.settle(handler)
            where = players.position[screener] + across * 2.2 + way * rng.uniform(0.5, 2.0)
            yield from self.dribble_to(where, 1.6)
        while players.time < stands:
            yield
        players.goal[screener] = self.rim * 0.8 + rng.normal(0, 1.2, 2)
        players.set(screener, RUN, forced=False)

    def _start_off_ball_pick(self) -> None:
        """Now and then let one attacker set a pick for another without the ball."""
        pair = [mate for mate in self.mates(self.handler) if not self.players.forced[mate]]
        if len(pair) < 2 or self.side or self.rng.random() < 0.25:
            return
        screener, mate = (pair[index] for index in self.rng.permutation(len(pair))[:2])
        self.side[screener] = self.off_ball_pick(screener, mate)

    def off_ball_pick(self, screener: int, mate: int) -> Waiting:
        """Let `screener` set a pick for `mate`, who does not have the ball."""
        rng, players = self.rng, self.players
        guard, stop = self.guard(mate), players.time + 2.5
        yield from self.settle(screener)
        if players.forced[screener]:
            return
        gap = distance(players.position[screener], players.position[guard])
        players.set(screener, RUN if gap > 3.0 else WALK)
        while players.time < stop or players.age(screener) < SHORTEST:
            players.goal[screener] = players.position[guard] + [
                0.0,
                0.8 * np.sign(players.position[screener, 1] + 0.01),
            ]
            if players.far(screener) < 0.7 and players.age(screener) > SHORTEST:
                break
            yield
            if players.label[screener] not in (RUN, WALK):
                return
        players.set(screener, PICK)
        players.goal[screener] = players.position[screener].copy()
        players.goal[mate] = players.position[screener] + rng.normal(0, 1.0, 2) * 3.0
        stop = players.time + rng.uniform(1.1, 2.1)
        while players.time < stop:
            players.focus[screener] = players.position[guard]
            yield
            if players.label[screener] != PICK:
                return
        players.set(screener, WALK, forced=False)

    def shot(self) -> Waiting:
        """Shoot; a guard may block it; then somebody takes the rebound."""
        rng, players, shooter = self.rng, self.players, self.handler
        guard = self.guard(shooter)
        yield from self.settle(shooter)
        if players.label[shooter] != HOLD and rng.random() < 0.5:
            yield from self.hold(rng.uniform(0.85, 1.3))
        blocked = rng.random() < 0.8
        if blocked:
            yield from self.settle(guard)
            yield from self._close(guard, shooter)
        duration = rng.uniform(1.1, 1.4) / players.tempo[shooter]
        players.focus[shooter] = self.rim
        players.set(shooter, SHOOT, duration)
        players.goal[shooter] = players.position[shooter] + players.velocity[shooter] * 0.12
        start = players.time
        lasts = rng.uniform(1.0, 1.25)
        jump = start + (RELEASE[SHOOT] + 0.02) * duration - 0.45 * lasts
        began = False
        while players.time < start + duration:
            players.focus[shooter] = self.rim
            if blocked and not began and players.time >= jump:
                players.set(guard, BLOCK, lasts)
                players.goal[guard] = players.position[guard] * 0.6 + players.position[shooter] * 0.4
                players.focus[guard] = players.position[shooter]
                began = True
            if self.owner >= 0 and players.time >= start + RELEASE[SHOOT] * duration:
                self.owner = -1
                away = self._fly(shooter, guard if blocked and rng.random() < 0.4 else None)
            yield
        players.set(shooter, IDLE if rng.random() < 0.5 else WALK, forced=False)
        while began and players.age(guard) < lasts:
            yield
        if began:
            players.set(guard, WALK if rng.random() < 0.5 else IDLE, forced=False)
        yield from self.rebound(away)

    def _close(self, guard: int, shooter: int) -> Waiting:
        """Bring the guard near the shooter."""
        players = self.players
        players.set(guard, DEFENSE if players.far(guard) < 3 else RUN)
        stop = players.time + 1.6
        while players.time < stop or players.age(guard) < SHORTEST:
            way = self.rim - players.position[shooter]
            way = way / max(float(np.hypot(*way)), 0.1)
            players.goal[guard] = players.position[shooter] + way * 0.95
            players.focus[guard] = players.position[shooter]
            if players.far(guard) < 0.4 and players.age(guard) > SHORTEST:
                return
            yield

    def _fly(self, shooter: int, blocker: int | None) -> float:
        """Let the ball leave for the rim, or be deflected; return when it can be caught."""
        rng, now = self.rng, self.players.time
        far = distance(self.players.position[shooter], self.rim)
        if blocker is not None:
            away = self.players.position[shooter] + rng.normal(0, 1.0, 2) - self.rim * 0.12
            floor = np.array([*np.clip(away, [-13, -6.5], [13, 6.5]), 0.13])
            self.free.append(Free(now, now + 0.12, shooter, blocker, hit=True))
            self.free.append(Free(now + 0.12, now + 0.85, None, None, end=floor))
            last = now + 0.85
        else:
            flight = 0.75 + 0.065 * far
            made = rng.random() < 0.5
            rim = np.array([*self.rim, RIM_HEIGHT + 0.06]) + (
                [0, 0, 0] if made else [*rng.normal(0, 0.12, 2), 0.1]
            )
            self.free.append(Free(now, now + flight, shooter, None, end=rim))
            reach = 0.3 if made else rng.uniform(1.2, 3.0)
            angle = rng.uniform(-1.2, 1.2)
            floor = np.array(
                [*(self.rim - reach * np.array([self.sign * np.cos(angle), np.sin(angle)])), 0.13]
            )
            last = now + flight + (0.72 if made else 0.95)
            self.free.append(Free(now + flight, last, None, None, end=floor, dropping=made))
        self.ready_to_rebound = floor[:2]
        drift = np.clip(floor + np.array([*rng.normal(0, 0.8, 2), 0.0]), [-13.3, -7, 0], [13.3, 7, 9])
        self.free.append(Free(last, last + 0.5, None, None, end=drift))
        self.ready_to_rebound = drift[:2]
        return last

    def rebound(self, when: float) -> Waiting:
        """Let somebody fetch the ball; most often the other team gets it."""
        rng, players = self.rng, self.players
        team = self.attack if rng.random() < 0.4 and not self.second_chance else 1 - self.attack
        ones = range(5 * team, 5 * team + 5)
        gaps = [distance(players.position[one], self.ready_to_rebound) for one in ones]
        taker = 5 * team + int(np.argmin(gaps))
        self.side.pop(taker, None)
        yield from self.settle(taker)
        players.goal[taker] = self.ready_to_rebound
        players.set(taker, RUN if min(gaps) > 2.5 else WALK)
        while players.far(taker) > 0.5 or players.time < when + 0.2 or players.age(taker) < SHORTEST:
            players.goal[taker] = self.ready_to_rebound
            if players.far(taker) < 0.5 and players.age(taker) > SHORTEST:
                players.set(taker, IDLE)
            elif players.label[taker] == IDLE and players.far(taker) > 0.5 and players.age(taker) > SHORTEST:
                players.set(taker, WALK)
            yield
        last = max(self.free[-1].stop, players.time)
        self.free.append(Free(last, last + 0.3, None, taker, rests=True))
        while players.time < last + 0.12:
            yield
        players.set(taker, HOLD)
        players.goal[taker] = players.position[taker]
        while players.time < last + 0.3:
            yield
        self.handler = self.owner = taker
        self.second_chance = team == self.attack
        self.attack = team
        yield from self.hold(rng.uniform(0.85, 1.3))
        if rng.random() < 0.75 and not self.second_chance:
            yield from self.throw(self.mates(taker)[int(rng.integers(4))])


def simulate(rng: np.random.Generator, look: Look, seconds: float) -> Timeline:
    """Play a game of `seconds` and return its timeline."""
    game = Game(rng, look)
    director = game.direct()
    line = game.players.record(round(seconds / STEP) + 2, director, lambda: game.owner)
    return ball_path(line, look, game.free)
