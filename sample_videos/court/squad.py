"""A game of whole squads: substitutes come and go, coaches stand at the bench, referees run along.

The simulation plays with ten *slots*; here each slot is filled by one person after another. People are
numbered so that `look.kits[person // 5]` is what they wear.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace

import numpy as np

from .attire import KITS, Kit, staff
from .ball import ball_path
from .casting import make_person
from .game import Game
from .look import Look
from .motion import IDLE, RUN, WALK, cadence, smooth
from .operator import Aim, follow, slow
from .play import Waiting
from .players import BEFORE, SHORTEST, length
from .timeline import STEP, Timeline

SUBSTITUTES = ((10, 11), (15, 16))
"""Of each team."""
REFEREES, COACHES = (20, 21), (25, 26)
PLAYERS = (*range(10), *SUBSTITUTES[0], *SUBSTITUTES[1])
PEOPLE = np.array([*PLAYERS, *REFEREES, *COACHES])
COUNT = 27
"""Numbers given to people; not all are used."""
BETWEEN_S = (35.0, 60.0)
"""Seconds between two substitutions of one team."""
WALK_S = 2.4
"""Seconds from the bench to the side line."""
MERGE_S = 1.5
"""Seconds in which who comes on takes the place of who leaves."""
SIDE_LINE, BENCH = 7.0, 9.2
"""Distance from the middle of the court, in metres."""


@dataclass(frozen=True, slots=True)
class Swap:
    """One person takes another's place."""

    time: float
    slot: int
    leaves: int
    comes: int


@dataclass(frozen=True, slots=True)
class Squad:
    """A game with everybody who is in the hall to play, coach or judge it."""

    look: Look
    line: Timeline
    aim: Aim
    playing: np.ndarray
    """Who is on the court as a player, shape (S, COUNT)."""


@dataclass
class SquadGame(Game):
    """A game in which defenders away from the ball are replaced now and then."""

    swaps: list[Swap] = field(default_factory=list)
    filled: list[int] = field(default_factory=lambda: list(range(10)))
    """Who plays in each slot now."""
    bench: tuple[list[int], list[int]] = field(default_factory=lambda: tuple(map(list, SUBSTITUTES)))
    due: list[float] = field(default_factory=lambda: [12.0, 24.0])
    """When each team next replaces somebody, in seconds."""

    def direct(self) -> Waiting:
        """Play without end, with substitutions."""
        for _ in super().direct():
            for team in (0, 1):
                if team != self.attack and self.players.time >= self.due[team]:
                    self._replace_one(team)
            yield

    def _replace_one(self, team: int) -> None:
        """Send one player of `team` to the side line; if they are needed in play, another try follows."""
        self.due[team] = self.players.time + 8.0
        ready = [
            slot
            for slot in range(5 * team, 5 * team + 5)
            if self.guard(slot) != self.handler
            and slot not in self.side
            and not self.players.forced[slot]
            and self.players.age(slot) >= SHORTEST
        ]
        if ready:
            slot = ready[int(self.rng.integers(len(ready)))]
            self.side[slot] = self._change(slot, team)

    def _change(self, slot: int, team: int) -> Waiting:
        """Run to the side line, where a substitute takes over."""
        players = self.players
        place = np.array([bench_x(team) * 0.6, self.look.side * SIDE_LINE])
        players.set(slot, RUN)
        while players.far(slot) > 0.6 or players.age(slot) < SHORTEST:
            if players.label[slot] != RUN or players.age(slot) > 7.0:
                return
            players.goal[slot] = place
            yield
        players.set(slot, IDLE)
        leaves, comes = self.filled[slot], self.bench[team].pop(0)
        self.bench[team].append(leaves)
        self.filled[slot] = comes
        self.swaps.append(Swap(players.time, slot, leaves, comes))
        self.due[team] = players.time + self.rng.uniform(*BETWEEN_S)
        while players.age(slot) < MERGE_S and players.label[slot] == IDLE:
            yield
        players.free(slot)


def bench_x(team: int) -> float:
    """Return where along the court the bench of `team` begins, in metres."""
    return 4.0 if team else -4.0


def squad_look(look: Look, rng: np.random.Generator) -> Look:
    """Return `look` with more people, and without motion blur, which would double the drawing."""
    women = float(np.mean([one.build.female for one in look.people]))
    young = float(np.mean([one.build.young for one in look.people]))
    people = [*look.people]
    for index in range(10, COUNT):
        people.append(make_person(rng, index, women, young if index in PLAYERS else 0.0))
    kits = [*look.kits[:2], *look.kits[:2], _referee_kit(look)]
    suit = (44.0, 38.0, 36.0)
    kits.append(staff("coach", suit, suit, sleeves=True))
    sensor = replace(look.sensor, shutter=0.0, comb=False)
    return replace(look, people=tuple(people), kits=tuple(kits), sensor=sensor)


def _referee_kit(look: Look) -> Kit:
    """Return the colour least like the teams' of those that referees wear."""
    worn = [KITS[name][1] for name in (12, 8, 9)]
    jersey = max(worn, key=lambda one: min(np.abs(np.subtract(one, kit.jersey)).sum() for kit in look.kits))
    return staff("referee", jersey, (30.0, 28.0, 28.0), sleeves=False)


def simulate_squad(rng: np.random.Generator, look: Look, seconds: float) -> Squad:
    """Play a game of `seconds`, with a camera that pans and zooms so that players leave the frame."""
    look = squad_look(look, rng)
    game = SquadGame(rng, look)
    slots = game.players.record(round(seconds / STEP) + 2, game.direct(), lambda: game.owner)
    filled = _filled(game.swaps, len(slots.owner))
    playing = np.zeros((len(filled), COUNT), bool)
    np.put_along_axis(playing, filled, values=True, axis=1)
    line = _benched(slots, look, rng)
    for step in range(10):
        _fill(line, slots, filled, step)
    for swap in game.swaps:
        _walk_off_and_on(line, swap, look)
    line = _with_ball(line, slots, filled, game, look)
    _add_staff(line, look, rng)
    return Squad(look, line, _operate(line, slots, look, rng), playing)


def _filled(swaps: list[Swap], steps: int) -> np.ndarray:
    """Return who plays in each slot at each step, shape (S, 10)."""
    filled = np.tile(np.arange(10), (steps, 1))
    for swap in swaps:
        filled[round(swap.time / STEP) :, swap.slot] = swap.comes
    return filled


def _benched(slots: Timeline, look: Look, rng: np.random.Generator) -> Timeline:
    """Return a timeline of `COUNT` people who stand at their benches from beginning to end."""
    wide = {}
    for name in (one.name for one in fields(Timeline) if one.name not in ("ball", "owner")):
        values = getattr(slots, name)
        wide[name] = np.zeros((len(values), COUNT, *values.shape[2:]), values.dtype)
    for person in range(COUNT):
        wide["position"][:, person] = _seat(person, look)
    wide["heading"][:] = -look.side * np.pi / 2 + rng.uniform(-0.5, 0.5, COUNT)
    wide["label"][:] = IDLE
    wide["since"][:] = -2.0 - rng.uniform(0, 20, COUNT)
    wide["duration"][:] = 1.0
    wide["variant"][:] = rng.uniform(0, 1, COUNT)
    wide["before"][:] = np.stack([wide[name] for name in BEFORE], axis=-1)
    return Timeline(**wide, ball=slots.ball, owner=slots.owner)


def _seat(person: int, look: Look) -> np.ndarray:
    """Return where a person stands who does not play."""
    team = person // 5 % 2 if person < REFEREES[0] else person % 2
    along = bench_x(team) * (1.0 + 0.28 * (person % 5 if person < 10 else person % 5 + 5))
    return np.array([along, look.side * BENCH])


def _fill(line: Timeline, slots: Timeline, filled: np.ndarray, slot: int) -> None:
    """Give what happens in a slot to who plays in it."""
    for person in np.unique(filled[:, slot]):
        plays = filled[:, slot] == person
        for name in (one.name for one in fields(Timeline) if one.name not in ("ball", "owner")):
            getattr(line, name)[plays, person] = getattr(slots, name)[plays, slot]


def _walk_off_and_on(line: Timeline, swap: Swap, look: Look) -> None:
    """Let one walk from the side line to the bench, and the other come from there just before."""
    at, steps = round(swap.time / STEP), round(WALK_S / STEP)
    part = smooth(np.arange(steps) / steps, 0.0, 1.0)[:, None]
    seats = {person: _seat(person, look) for person in (swap.leaves, swap.comes)}
    aside = np.array([0.8, 0.5 * look.side])
    place = line.position[at, swap.comes].copy()
    off = place + (seats[swap.leaves] - place) * part
    _move(line, swap.leaves, at, off[: len(line.owner) - at])
    on = seats[swap.comes] + (place + aside - seats[swap.comes]) * part
    _move(line, swap.comes, at - steps, on)
    rest = min(round(MERGE_S / STEP), len(line.owner) - at)
    shift = aside * (1.0 - smooth(np.arange(rest) * STEP, 0.0, MERGE_S))[:, None]
    line.position[at : at + rest, swap.comes] += shift
    line.velocity[at : at + rest, swap.comes] += np.gradient(shift, STEP, axis=0)


def _move(line: Timeline, person: int, first: int, path: np.ndarray) -> None:
    """Let a person walk, run or stand along `path` (K, 2), in metres, from step `first`."""
    if len(path) < 3:
        return
    part = slice(first, first + len(path))
    velocity = np.gradient(path, STEP, axis=0)
    speed = length(velocity)
    label = np.select([speed < 0.35, speed < 2.1], [IDLE, WALK], RUN)
    begins = np.flatnonzero(np.diff(label, prepend=-1))
    which = np.searchsorted(begins, np.arange(len(path)), side="right") - 1
    since = (first + begins) * STEP
    line.position[part, person], line.velocity[part, person] = path, velocity
    line.label[part, person], line.since[part, person] = label, since[which]
    line.part[part, person] = line.before[part, person, 4] = 0
    earlier = np.maximum(which - 1, 0)
    line.before[part, person, 0] = label[begins[earlier]]
    line.before[part, person, 1] = since[earlier] - 2.0 * (which == 0)
    gait = cadence(speed, label) * STEP * np.clip(speed / 0.3, 0.0, 1.0)
    line.phase[part, person] = line.phase[first, person] + np.cumsum(gait)
    moves = np.maximum.accumulate(np.where(speed > 0.35, np.arange(len(path)), -1))
    heading = np.arctan2(velocity[:, 1], velocity[:, 0])[np.maximum(moves, 0)]
    heading[moves < 0] = line.heading[first, person]
    line.heading[part, person] = slow(np.unwrap(heading)[:, None], 0.2)[:, 0]


def _with_ball(line: Timeline, slots: Timeline, filled: np.ndarray, game: SquadGame, look: Look) -> Timeline:
    """Return `line` with the ball in the hands of the people rather than the slots."""
    steps = len(filled)

    def who(slot: int | None, time: float) -> int | None:
        return None if slot is None else int(filled[min(round(time / STEP), steps - 1), slot])

    owner = np.where(slots.owner < 0, -1, filled[np.arange(steps), np.maximum(slots.owner, 0)])
    free = [
        replace(one, giver=who(one.giver, one.start), taker=who(one.taker, one.stop)) for one in game.free
    ]
    names = [one.name for one in fields(Timeline) if one.name not in ("ball", "owner")]
    few = {name: getattr(line, name)[:, : max(PLAYERS) + 1] for name in names}
    path = ball_path(Timeline(**few, ball=slots.ball, owner=owner), look, free).ball
    return replace(line, owner=owner, ball=path)


def _add_staff(line: Timeline, look: Look, rng: np.random.Generator) -> None:
    """Let the referees follow the ball along both sides, and the coaches walk up and down."""
    ball = line.ball[:, :1]
    trail, lead = slow(ball * 0.75, 1.2), np.clip(slow(ball * 1.2, 1.0), -13.6, 13.6)
    near = np.full_like(ball, -look.side * 7.4) + slow(rng.normal(0, 12.0, ball.shape), 2.0)
    far = np.full_like(ball, look.side * 7.7) + slow(rng.normal(0, 8.0, ball.shape), 2.0)
    for referee, along, across in zip(REFEREES, (trail, lead), (far, near), strict=True):
        _move(line, referee, 0, np.concatenate([along, across], axis=1))
    wave = np.arange(len(ball))[:, None] * STEP
    for coach in COACHES:
        team = coach % 2
        along = bench_x(team) * 0.8 + 1.6 * np.sin(wave * 0.21 + team)
        across = look.side * (8.4 + 0.2 * np.sin(wave * 0.13))
        _move(line, coach, 0, np.concatenate([along, across], axis=1))


def _operate(line: Timeline, slots: Timeline, look: Look, rng: np.random.Generator) -> Aim:
    """Return a camera that follows the ball closely and zooms in on the play."""
    aim = follow(replace(slots, ball=line.ball), look.camera, rng)
    wave = np.arange(len(aim.zoom)) * STEP
    zoom = 1.24 + 0.16 * np.sin(wave * 0.31 + rng.uniform(0, 6)) + 0.07 * np.sin(wave * 0.83)
    return replace(aim, zoom=zoom)
