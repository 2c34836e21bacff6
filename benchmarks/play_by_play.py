"""How well rows of a made-up feed are linked to their seconds of video.

    python benchmarks/play_by_play.py [--seeds 8] [--first 100]

A game of four quarters is drawn by chance: shots, free throws, assists, blocks and turnovers, stops of the
clock, and a person who types each of them some seconds late, forgets some, and types some again much later.
What the model saw is drawn too, at stated rates of misses and false alarms. Nothing of the package is fitted
on these games.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from bball_tag.annotations import Annotation
from bball_tag.events import Event, in_order
from bball_tag.game_time import Mark, Period
from bball_tag.play_by_play.align import align
from bball_tag.play_by_play.feed import Draft, Feed, FeedRow, Kind, Result, in_game_order
from bball_tag.video.info import VideoInfo

QUARTER_S, BREAK_S, WALL = 600.0, 120.0, 1_790_000_000.0
SHOT, PASS, BLOCK = "shoot", "pass", "block"
LAG_S, FORGOTTEN, TYPED_AGAIN = 2.0, 0.06, 0.03
"""Median delay of typing; shares of what is never typed, and of rows whose time of typing is much later."""


@dataclass(frozen=True)
class Model:
    """What a model sees."""

    name: str
    missed: float
    """Share of what happens."""
    false: float
    """False alarms, as a share of what happens."""
    jitter: float
    """Standard deviation of its times, in seconds."""


MODELS = (Model("all of it", 0.0, 0.0, 0.1), Model("most", 0.25, 0.25, 0.3), Model("half", 0.5, 1.0, 0.4))


@dataclass
class Game:
    """A made-up game: what happened, what was typed, and what the video shows."""

    periods: list[Period]
    """With a mark at every stop and start of the clock."""
    truth: dict[int, float]
    """Second of the video of each typed row, by its number."""
    rows: list[FeedRow]
    happened: dict[str, list[float]]
    """Seconds of the video, by label of the model."""
    end: float


class Clock:
    """The clock of one quarter: stretches in which it runs, with stops between."""

    def __init__(self, period: int, start: float, stops: bool, chance: np.random.Generator) -> None:
        self.period = period
        self.marks = [Mark(start, QUARTER_S)]
        video, left = start, QUARTER_S
        while left > 0:
            run = min(left, float(chance.exponential(45.0)) + 5.0) if stops else left
            video, left = video + run, left - run
            self.marks.append(Mark(video, left))
            if left > 0:
                video += float(chance.choice([6.0, 15.0, 30.0, 60.0], p=[0.4, 0.35, 0.15, 0.1]))
                self.marks.append(Mark(video, left))
        self.end = video

    def at(self, seconds: float) -> float:
        """Return what the clock shows."""
        times, clocks = ([getattr(mark, name) for mark in self.marks] for name in ("seconds", "clock"))
        return float(np.interp(seconds, times, clocks))

    def running(self) -> list[tuple[float, float]]:
        """Return the stretches in which it runs."""
        return [(a.seconds, b.seconds) for a, b in pairwise(self.marks) if a.clock > b.clock]

    def stopped(self) -> list[tuple[float, float]]:
        """Return the stretches in which it stands."""
        return [(a.seconds, b.seconds) for a, b in pairwise(self.marks) if a.clock == b.clock]


def made_game(seed: int, *, stops: bool) -> Game:
    """Draw a game."""
    chance = np.random.default_rng(seed)
    game, video = Game([], {}, [], {SHOT: [], PASS: [], BLOCK: []}, 0.0), 90.0
    for number in range(1, 5):
        clock = Clock(number, video, stops, chance)
        for start, end in clock.running():
            second = start + float(chance.uniform(2, 9))
            while second < end - 1.0:
                play(game, clock, second, chance)
                second += float(chance.uniform(7, 24))
        for start, end in clock.stopped():
            if end - start > 12 and chance.random() < 0.4:
                for second in (start + 5.0, start + 9.0):
                    game.happened[SHOT].append(second)
                    typed(game, clock, second, "free throw", chance)
        for second in np.arange(video + 3, clock.end - 3, 5.0) + chance.uniform(-2, 2):
            game.happened[PASS].append(float(second))
        marks = tuple(clock.marks[1:-1])
        game.periods.append(Period(number, f"Q{number}", video, clock.end, QUARTER_S, 0.0, marks))
        video = clock.end + BREAK_S
    game.end = video
    return game


def play(game: Game, clock: Clock, second: float, chance: np.random.Generator) -> None:
    """Add what happens at a second: a turnover, or a shot with perhaps a pass before it or a block."""
    if chance.random() < 0.2:
        typed(game, clock, second, "turnover", chance)
        return
    game.happened[SHOT].append(second)
    made = chance.random() < 0.45
    shot = typed(game, clock, second, "shot", chance, result="made" if made else "missed")
    if made and chance.random() < 0.6:
        before = second - float(chance.uniform(1.2, 3.0))
        game.happened[PASS].append(before)
        typed(game, clock, before, "assist", chance, beside=shot)
    elif not made and chance.random() < 0.12:
        game.happened[BLOCK].append(second + 0.4)
        typed(game, clock, second + 0.4, "block", chance, beside=shot)


def typed(
    game: Game,
    clock: Clock,
    second: float,
    kind: Kind,
    chance: np.random.Generator,
    *,
    result: Result = "",
    beside: FeedRow | None = None,
) -> FeedRow | None:
    """Add a row for what happened: late, perhaps never; assists and blocks share the clock of their shot."""
    if chance.random() < FORGOTTEN or (beside is None and kind in ("assist", "block")):
        return None
    lag = min(float(chance.lognormal(math.log(LAG_S), 0.45)), 8.0)
    shown = beside.clock if beside else float(math.ceil(clock.at(second + lag)))
    wall = beside.wall if beside and beside.wall else WALL + second + lag
    if chance.random() < TYPED_AGAIN:
        wall += float(chance.uniform(20, 300))
    row = FeedRow(1 + len(game.truth), clock.period, shown, kind, "", "", kind, result, wall)
    game.rows.append(row)
    game.truth[row.number] = second
    return row


def seen(game: Game, model: Model, seed: int) -> Annotation:
    """Draw what a model sees of a game."""
    chance = np.random.default_rng((seed, 7))
    events = []
    for label, seconds in game.happened.items():
        kept = [
            second + chance.normal(0, model.jitter) for second in seconds if chance.random() >= model.missed
        ]
        false = chance.uniform(0, game.end, chance.poisson(model.false * len(seconds)))
        for second, sure in [*((one, 0.75) for one in kept), *((one, 0.62) for one in false)]:
            confidence = float(np.clip(chance.normal(sure, 0.12), 0.35, 0.99))
            low = max(0.0, float(second) - 0.8)
            events.append(Event(label, low, low + 1.4, confidence, confidence, max(low, float(second)), 3))
    labels = (SHOT, PASS, BLOCK, "dribble")
    return Annotation(VideoInfo.unknown(duration=game.end), in_order(events), labels=labels)


def with_marks(periods: list[Period], marks: str) -> list[Period]:
    """Return what a user may have noted of the clock."""
    if marks == "none":
        return []
    if marks == "each stop":
        return periods
    return [Period(one.number, one.name, one.start, one.end, one.clock_start) for one in periods]


def linked(game: Game, model: Model, marks: str, wall: bool, seed: int) -> np.ndarray:
    """Return sums over the rows of a game: all, right, linked, rightly linked, sureness, in the bag."""
    rows = [row if wall else replace(row, wall=None) for row in game.rows]
    found = align(
        seen(game, model, seed),
        Feed("csv", in_game_order([Draft(row) for row in rows])),
        with_marks(game.periods, marks),
    )
    totals = np.zeros(6)
    for link in found.links:
        truth = game.truth[link.row.number]
        right = link.seconds is not None and abs(link.seconds - truth) <= 1
        event = link.event is not None
        in_bag = link.bag is not None and link.bag.low <= truth <= link.bag.high
        totals += [1, right, event, event and right, link.sureness, in_bag]
    return totals


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--first", type=int, default=100)
    args = parser.parse_args()
    seeds = range(args.first, args.first + args.seeds)
    names = ("clock", "marks", "times of typing", "the model sees", "rows", "right second", "linked")
    names += ("of these right", "they say", "in the bag")
    print(f"| {' | '.join(names)} |\n|{'---|' * len(names)}")
    for stops in (False, True):
        games = {seed: made_game(seed, stops=stops) for seed in seeds}
        for marks, wall in (("four", False), ("each stop", False), ("four", True), ("none", True)):
            if marks == "each stop" and not stops:
                continue
            for model in MODELS:
                sums = sum(linked(game, model, marks, wall, seed) for seed, game in games.items())
                rows, right, event, true, sure, bag = np.asarray(sums).tolist()
                shares = (right / rows, event / rows, true / max(event, 1), sure / max(event, 1), bag / rows)
                cells = ("stops" if stops else "runs", marks, "yes" if wall else "no", model.name)
                line = (*cells, f"{rows:.0f}", *(f"{share:.0%}" for share in shares))
                print(f"| {' | '.join(line)} |", flush=True)


if __name__ == "__main__":
    main()
