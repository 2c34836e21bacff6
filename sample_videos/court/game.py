"""A game with sense: possessions, picks, passes, shots and blocks, simulated without pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from .ball import Free, ball_path
from .look import Look
from .motion import BLOCK, DEFENSE, DRIBBLE, HOLD, IDLE, PASS, PICK, RELEASE, RUN, SHOOT, WALK
from .players import SHORTEST, Players, distance
from .scene import RIM_HEIGHT, RIM_X
from .timeline import STEP, Timeline

SPOTS = ((5.5, 0.0), (4.5, 4.6), (4.5, -4.6), (9.5, 5.2), (9.5, -5.2), (12.0, 6.2), (12.0, -6.2), (9.0, 2.6))
"""Where attackers like to stand, for the basket at positive x; metres."""
Waiting = Iterator[None]


@dataclass
class Game:
    """Directs the players; `simulate` runs it."""

    rng: np.random.Generator
    look: Look
    attack: int = 0
    """Which team has the ball."""
    handler: int = 0
    owner: int = 0
    free: list[Free] = field(default_factory=list)
    side: list[Waiting] = field(default_factory=list)
    """What goes on away from the ball."""
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
        """The attacked basket's place on the floor."""
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
        """Wait until `player` is near his goal, or for `most` seconds."""
        stop = self.players.time + most
        while self.players.far(player) > near and self.players.time < stop:
            yield

    def settle(self, player: int) -> Waiting:
        """Wait until `player` has done what he does for long enough."""
        while self.players.age(player) < SHORTEST:
            yield

    def play(self) -> Waiting:
        """Play on and on."""
        while True:
            yield from self.possession()

    def possession(self) -> Waiting:
        """Bring the ball up, do two to four moves and shoot."""
        rng, players = self.rng, self.players
        self.spread()
        yield from self.dribble_to(np.array([self.sign * rng.uniform(2.5, 6.0), rng.uniform(-3, 3)]), 4.5)
        for move in range(int(rng.integers(2, 4))):
            chance = rng.random()
            if move == 1 and chance < 0.75:
                yield from self.pick_and_roll()
            elif chance < 0.85:
                yield from self.swing()
            else:
                yield from self.drive()
        if distance(players.place[self.handler], self.rim) > 7.5:
            yield from self.drive()
        yield from self.shot()

    def spread(self) -> None:
        """Send the attackers to their spots."""
        order = self.rng.permutation(len(SPOTS))
        for mate, spot in zip(self.mates(self.handler), order, strict=False):
            where = np.array(SPOTS[spot]) + self.rng.normal(0, 0.5, 2)
            self.players.goal[mate] = where * [self.sign, 1.0]

    def dribble_to(self, where: np.ndarray, most: float) -> Waiting:
        """Let the handler dribble to a place."""
        yield from self.settle(self.handler)
        self.players.set(self.handler, DRIBBLE)
        self.players.goal[self.handler] = where
        self.players.focus[self.handler] = self.rim
        yield from self.arrive(self.handler, 0.6, most)
        yield from self.settle(self.handler)

    def hold(self, seconds: float) -> Waiting:
        """Let the handler hold the ball."""
        players, handler = self.players, self.handler
        players.set(handler, HOLD)
        players.goal[handler] = players.place[handler] + players.velocity[handler] * 0.1
        stop = players.time + seconds
        while players.time < stop:
            players.focus[handler] = self.rim
            if self.rng.random() < 0.01:
                players.goal[handler] = players.place[handler] + self.rng.normal(0, 0.2, 2)
            yield

    def drive(self) -> Waiting:
        """Dribble towards the basket."""
        where = self.rim * 0.62 + [0.0, self.rng.uniform(-4.0, 4.0)]
        yield from self.dribble_to(where, 3.0)

    def swing(self) -> Waiting:
        """Hold the ball, then pass it to a teammate."""
        if self.rng.random() < 0.5:
            self.side.append(self.off_ball_pick())
        if self.players.label[self.handler] != HOLD or self.rng.random() < 0.25:
            yield from self.settle(self.handler)
            yield from self.hold(self.rng.uniform(0.9, 1.6))
        mates = self.mates(self.handler)
        far = [distance(self.players.place[mate], self.players.place[self.handler]) for mate in mates]
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
        yield from self.settle(mate)
        players.goal[mate] = players.place[mate] + players.velocity[mate] * 0.3
        players.focus[passer] = players.place[mate]
        yield from self.wait(0.15)
        duration = self.rng.uniform(0.9, 1.2) / players.tempo[passer]
        players.set(passer, PASS, duration)
        players.goal[passer] = players.place[passer]
        start = players.time
        while players.time < start + RELEASE[PASS] * duration:
            players.focus[passer] = players.focus[mate] = players.place[mate]
            players.focus[mate] = players.place[passer]
            yield
        released = players.time
        gap = distance(players.place[mate], players.place[passer])
        flight = max(0.25, gap / self.rng.uniform(9.0, 12.0))
        bounce = players.variant[passer] >= 0.8
        self.owner = -1
        while players.time < released + flight - 0.14:
            self._end_pass(passer, start, duration)
            players.focus[mate] = players.place[passer]
            yield
        players.set(mate, HOLD)
        players.goal[mate] = players.place[mate] + players.velocity[mate] * 0.15
        while players.time < released + flight:
            self._end_pass(passer, start, duration)
            yield
        self.free.append(Free(released, players.time, passer, mate, bounce=bool(bounce)))
        self.handler = self.owner = mate
        while players.time < start + duration:
            yield
        self._end_pass(passer, start, duration)
        yield from self.hold(max(0.3, self.rng.uniform(0.9, 1.6) - players.age(mate)))

    def _end_pass(self, passer: int, start: float, duration: float) -> None:
        if self.players.time >= start + duration and self.players.label[passer] == PASS:
            self.players.set(passer, IDLE if self.rng.random() < 0.6 else WALK, forced=False)

    def pick_and_roll(self) -> Waiting:
        """A teammate sets a pick against the handler's guard; the handler dribbles past it."""
        rng, players, handler = self.rng, self.players, self.handler
        guard = self.guard(handler)
        if players.label[handler] != DRIBBLE and rng.random() < 0.6:
            yield from self.dribble_to(players.place[handler] + rng.normal(0, 1.0, 2), 1.5)
        mates = self.mates(handler)
        gaps = [distance(players.place[mate], players.place[handler]) for mate in mates]
        screener = mates[int(np.argmin(gaps))]
        yield from self.settle(screener)
        self.side.clear()
        side = 1.0 if rng.random() < 0.5 else -1.0
        players.set(screener, RUN if min(gaps) > 3.0 else WALK)
        stop = players.time + 2.6
        while players.time < stop:
            way = self.rim - players.place[handler]
            way = way / max(float(np.hypot(*way)), 0.1)
            across = np.array([-way[1], way[0]]) * side
            players.goal[screener] = players.place[guard] + across * 0.75 + way * 0.1
            players.focus[screener] = players.place[guard]
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
        players.goal[screener] = players.place[screener].copy()
        stop = players.time + rng.uniform(0.4, 0.8)
        while players.time < stop:
            players.focus[screener] = players.place[guard]
            yield
        if rng.random() < 0.75:
            way = self.rim - players.place[handler]
            way = way / max(float(np.hypot(*way)), 0.1)
            across = np.array([-way[1], way[0]]) * side
            yield from self.settle(handler)
            where = players.place[screener] + across * 2.2 + way * rng.uniform(0.5, 2.0)
            yield from self.dribble_to(where, 1.6)
        while players.age(screener) < rng.uniform(1.2, 2.2):
            yield
        players.goal[screener] = self.rim * 0.8 + rng.normal(0, 1.2, 2)
        players.set(screener, RUN, forced=False)

    def off_ball_pick(self) -> Waiting:
        """Let one attacker set a pick for another who has not the ball."""
        rng, players = self.rng, self.players
        pair = [mate for mate in self.mates(self.handler) if not players.forced[mate]]
        if len(pair) < 2:
            return
        screener, mate = (pair[index] for index in rng.permutation(len(pair))[:2])
        guard, stop = self.guard(mate), players.time + 2.5
        yield from self.settle(screener)
        if players.forced[screener]:
            return
        gap = distance(players.place[screener], players.place[guard])
        players.set(screener, RUN if gap > 3.0 else WALK)
        while players.time < stop or players.age(screener) < SHORTEST:
            players.goal[screener] = players.place[guard] + [
                0.0,
                0.8 * np.sign(players.place[screener, 1] + 0.01),
            ]
            if players.far(screener) < 0.7 and players.age(screener) > SHORTEST:
                break
            yield
            if players.label[screener] not in (RUN, WALK):
                return
        players.set(screener, PICK)
        players.goal[screener] = players.place[screener].copy()
        players.goal[mate] = players.place[screener] + rng.normal(0, 1.0, 2) * 3.0
        stop = players.time + rng.uniform(1.1, 2.1)
        while players.time < stop:
            players.focus[screener] = players.place[guard]
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
            yield from self._close(guard, shooter)
        duration = rng.uniform(1.1, 1.4) / players.tempo[shooter]
        players.set(shooter, SHOOT, duration)
        players.goal[shooter] = players.place[shooter] + players.velocity[shooter] * 0.12
        start = players.time
        lasts = rng.uniform(1.0, 1.25)
        jump = start + (RELEASE[SHOOT] + 0.02) * duration - 0.45 * lasts
        began = False
        while players.time < start + duration:
            players.focus[shooter] = self.rim
            if blocked and not began and players.time >= jump:
                players.set(guard, BLOCK, lasts)
                players.goal[guard] = players.place[guard] * 0.6 + players.place[shooter] * 0.4
                players.focus[guard] = players.place[shooter]
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
            way = self.rim - players.place[shooter]
            way = way / max(float(np.hypot(*way)), 0.1)
            players.goal[guard] = players.place[shooter] + way * 0.95
            players.focus[guard] = players.place[shooter]
            if players.far(guard) < 0.4 and players.age(guard) > SHORTEST:
                return
            yield

    def _fly(self, shooter: int, blocker: int | None) -> float:
        """Let the ball leave for the rim, or be deflected; return when it can be caught."""
        rng, now = self.rng, self.players.time
        far = distance(self.players.place[shooter], self.rim)
        if blocker is not None:
            away = self.players.place[shooter] + rng.normal(0, 1.0, 2) - self.rim * 0.12
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
        drift = floor + np.array([*rng.normal(0, 0.8, 2), 0.0])
        self.free.append(Free(last, last + 0.7, None, None, end=drift))
        self.ready_to_rebound = drift[:2]
        return last

    def rebound(self, when: float) -> Waiting:
        """Let somebody fetch the ball; most often the other team gets it."""
        rng, players = self.rng, self.players
        team = self.attack if rng.random() < 0.33 else 1 - self.attack
        ones = range(5 * team, 5 * team + 5)
        gaps = [distance(players.place[one], self.ready_to_rebound) for one in ones]
        taker = 5 * team + int(np.argmin(gaps))
        yield from self.settle(taker)
        players.goal[taker] = self.ready_to_rebound
        players.set(taker, RUN if min(gaps) > 2.5 else WALK)
        while players.far(taker) > 0.5 or players.time < when + 0.2 or players.age(taker) < SHORTEST:
            players.goal[taker] = self.ready_to_rebound
            if players.far(taker) < 0.5 and players.age(taker) > SHORTEST:
                players.set(taker, IDLE)
            yield
        last = max(self.free[-1].stop, players.time)
        self.free.append(Free(last, last + 0.3, None, taker, rests=True))
        while players.time < last + 0.12:
            yield
        players.set(taker, HOLD)
        players.goal[taker] = players.place[taker]
        while players.time < last + 0.3:
            yield
        self.handler = self.owner = taker
        self.attack = team
        yield from self.hold(rng.uniform(0.9, 1.6))
        if rng.random() < 0.5:
            yield from self.throw(self.mates(taker)[int(rng.integers(4))])


def decide(game: Game) -> None:
    """Let every player without an order choose what to do next."""
    players = game.players
    for player in range(10):
        attacks = player // 5 == game.attack
        if not attacks:
            _follow(game, player)
        if players.forced[player] or players.age(player) < SHORTEST:
            continue
        if player == game.handler:
            continue
        (_attacker if attacks else _defender)(game, player)
    ball = players.place[game.handler]
    for player in range(10):
        if not players.forced[player] and player // 5 == game.attack:
            players.focus[player] = ball


def _follow(game: Game, player: int) -> None:
    """Put a defender's goal between his man and the basket."""
    players = game.players
    if players.forced[player]:
        return
    man = game.guard(player)
    way = game.rim - players.place[man]
    far = max(float(np.hypot(*way)), 0.1)
    room = (1.0 + 0.1 * (player % 5)) if man == game.handler else 1.5 + 0.15 * (player % 5)
    players.goal[player] = players.place[man] + way / far * min(room, far * 0.6)
    players.focus[player] = players.place[man]


def _attacker(game: Game, player: int) -> None:
    players, rng = game.players, game.rng
    far, label = players.far(player), int(players.label[player])
    if far > 3.5:
        if label not in (RUN, WALK):
            players.set(player, RUN if rng.random() < 0.7 else WALK, forced=False)
        elif label == WALK and rng.random() < 0.004:
            players.set(player, RUN, forced=False)
    elif far > 0.8:
        if label != WALK and (label != RUN or far < 1.2):
            players.set(player, WALK, forced=False)
    elif label != IDLE:
        players.set(player, IDLE, forced=False)
    elif rng.random() < 0.006:
        spot = np.array(SPOTS[int(rng.integers(len(SPOTS)))]) * [game.sign, 1.0]
        players.goal[player] = spot + rng.normal(0, 0.5, 2)


def _defender(game: Game, player: int) -> None:
    players, rng = game.players, game.rng
    far, label = players.far(player), int(players.label[player])
    on_ball = game.guard(player) == game.handler
    if far > 3.2:
        if label not in (RUN, WALK):
            players.set(player, RUN if on_ball or rng.random() < 0.75 else WALK, forced=False)
        elif label == WALK and (on_ball or rng.random() < 0.01):
            players.set(player, RUN, forced=False)
    elif far > 1.0:
        if label not in (DEFENSE, WALK) and (label != RUN or far < 1.6):
            players.set(player, DEFENSE if on_ball or rng.random() < 0.6 else WALK, forced=False)
    elif label in (RUN, WALK) or (label == IDLE and on_ball):
        players.set(player, DEFENSE if on_ball or rng.random() < 0.6 else IDLE, forced=False)
    elif label == DEFENSE and not on_ball and rng.random() < 0.006:
        players.set(player, IDLE, forced=False)
    elif label == IDLE and rng.random() < 0.006:
        players.set(player, DEFENSE, forced=False)


def simulate(rng: np.random.Generator, look: Look, seconds: float) -> Timeline:
    """Play a game of `seconds` and return all that happened."""
    game = Game(rng, look)
    director = game.play()
    names = ("place", "heading", "phase", "velocity", "label", "since", "duration", "variant", "before")
    record: dict[str, list[np.ndarray]] = {name: [] for name in names}
    owner = []
    # The first second lets everybody take up his stance; it is not recorded as such.
    for _ in range(round(seconds / STEP) + 2):
        next(director)
        game.side = [side for side in game.side if next(side, True) is None]
        decide(game)
        for name in names:
            record[name].append(getattr(game.players, name).copy())
        owner.append(game.owner)
        game.players.step()
    stacked = {name: np.stack(values) for name, values in record.items()}
    line = Timeline(**stacked, ball=np.zeros((len(owner), 3)), owner=np.array(owner))
    return ball_path(line, look, game.free)
