"""How far is an estimated game clock from the true one?

    python benchmarks/game_clock.py [--figure FILE.png]

Quarters are made up: ten minutes of play between whistles, after each of which the clock stands. A person
marks the start and the end of each quarter, or also some of the whistles. All marks are exact but for the
last row: there the clock runs through, and a hand marks its start up to a second late.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from bball_tag.game_time import Mark, Period, game_time_at

QUARTER_S = 600.0
PLAY_S = 28.0
"""Mean seconds of play between two whistles: some twenty whistles in a quarter."""
STOPS_S = ((0.70, 8.0, 25.0), (0.22, 30.0, 50.0), (0.08, 60.0, 90.0))
"""Share, shortest and longest of stops: balls out of bounds, free throws, time-outs."""
LONG_STOP_S = 30.0
NUM_QUARTERS = 400


def made_quarter(seed: int) -> list[Mark]:
    """Return what the true clock shows at the start, at each whistle, at each restart and at the end."""
    dice = random.Random(seed)
    marks = [Mark(0.0, QUARTER_S)]
    while marks[-1].clock > 0:
        played = min(dice.expovariate(1 / PLAY_S), marks[-1].clock)
        whistle = Mark(marks[-1].seconds + played, marks[-1].clock - played)
        marks.append(whistle)
        if whistle.clock > 0:
            _, shortest, longest = dice.choices(STOPS_S, [share for share, *_ in STOPS_S])[0]
            marks.append(Mark(whistle.seconds + dice.uniform(shortest, longest), whistle.clock))
    return marks


def period_of(marks: Sequence[Mark]) -> Period:
    """Return the period that a person makes of marks, the first and the last of them its ends."""
    first, *between, last = marks
    return Period(1, "Q1", first.seconds, last.seconds, first.clock, last.clock, tuple(between))


def ends(marks: Sequence[Mark]) -> Period:
    """Two marks: the start and the end."""
    return period_of([marks[0], marks[-1]])


def long_stops(marks: Sequence[Mark]) -> Period:
    """Also a mark at both ends of each stop that lasts."""
    return period_of([marks[0], *_stops(marks, LONG_STOP_S), marks[-1]])


def every_stop(marks: Sequence[Mark]) -> Period:
    """Also a mark at both ends of each stop."""
    return period_of(marks)


def every_whistle(marks: Sequence[Mark]) -> Period:
    """Also a mark at each whistle, and none when play begins again."""
    return period_of([marks[0], *marks[1:-1:2], marks[-1]])


def _stops(marks: Sequence[Mark], least: float) -> Iterable[Mark]:
    for whistle, again in zip(marks[1:-1:2], marks[2:-1:2], strict=True):
        if again.seconds - whistle.seconds >= least:
            yield from (whistle, again)


def running(start: float) -> Period:
    """Return a period whose clock runs through, marked at its start."""
    return period_of([Mark(start, QUARTER_S), Mark(start + QUARTER_S, 0.0)])


WAYS = {
    "start and end": ends,
    "… and both ends of stops of 30 s and more": long_stops,
    "… and every whistle": every_whistle,
    "… and both ends of every stop": every_stop,
}


def errors(period: Period, truth: Period) -> np.ndarray:
    """Return the error of the clock and its bound at every second of play: shape (N, 2)."""
    seconds = np.arange(truth.start, truth.end, 1.0)
    rows = []
    for second in seconds.tolist():
        true, shown = game_time_at([truth], second), game_time_at([period], second)
        if true is not None and true.clock is not None and shown is not None and shown.clock is not None:
            rows.append((abs(shown.clock - true.clock), shown.within))
    return np.array(rows)


def main() -> None:
    """Print a table of errors, and draw one quarter."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--figure", type=Path, help="Draw the error over one quarter.")
    arguments = parser.parse_args()
    quarters = [made_quarter(seed) for seed in range(NUM_QUARTERS)]
    long = np.mean([marks[-1].seconds for marks in quarters]) / 60
    print(f"{NUM_QUARTERS} quarters, {long:.1f} minutes of video each\n")
    print("| marks of a quarter | number | median error | 90 % below | largest | bound, median |")
    print("|---|---|---|---|---|---|")
    for name, way in WAYS.items():
        periods = [way(marks) for marks in quarters]
        found = np.concatenate(
            [errors(*pair) for pair in zip(periods, map(period_of, quarters), strict=True)]
        )
        _print_row(name, float(np.mean([len(period.all_marks()) for period in periods])), found)
    late = [random.Random(seed).uniform(0, 1) for seed in range(NUM_QUARTERS)]
    found = np.concatenate([errors(running(seconds), running(0.0)) for seconds in late])
    _print_row("running clock: the start by hand", 1.0, found)
    if arguments.figure:
        draw(quarters[3], arguments.figure)


def _print_row(name: str, number: float, found: np.ndarray) -> None:
    median, most, largest = np.percentile(found[:, 0], (50, 90, 100))
    bound = np.median(found[:, 1])
    print(f"| {name} | {number:.0f} | {median:.1f} s | {most:.1f} s | {largest:.1f} s | {bound:.1f} s |")


def draw(marks: Sequence[Mark], path: Path) -> None:
    """Draw the error of the clock over one quarter for each way to mark it."""
    from matplotlib.figure import Figure

    truth = period_of(marks)
    figure = Figure(figsize=(8, 3.6), dpi=150, layout="tight")
    axes = figure.subplots()
    seconds = np.arange(truth.start, truth.end, 1.0)
    for colour, (name, way) in zip(("#d1495b", "#edae49", "#66a182", "#2e4057"), WAYS.items(), strict=True):
        period = way(marks)
        found = errors(period, truth)
        label = f"{name} ({len(period.all_marks())} marks)"
        axes.plot(seconds[: len(found)] / 60, found[:, 0], color=colour, label=label, linewidth=1.6)
    axes.set_xlabel("minutes of video")
    axes.set_ylabel("error of the clock (s)")
    axes.set_xlim(0, truth.end / 60)
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, frameon=False)
    figure.savefig(path)


if __name__ == "__main__":
    main()
