"""Fit how sure an event is, out of the box, and write it into the contract of a checkpoint.

    python benchmarks/sureness.py WORK_DIR [--seeds 9102 …] [--test DIR] [--checkpoint FILE] [--into FILE]

The mean probability of an event is not the probability that it is right. On rendered games it is known which
events are: for players that were given and for players that the tool found, a calibration is fitted, as
`bball-tag tune` fits one to a user's games. Games that are not in WORK_DIR are rendered and scored. The seeds
must be ones that the checkpoint was not trained on, and none of those that `decisions.py` measures.

What is printed is measured on the games of `decisions.py` (`--test`, the WORK_DIR of that program): how far
confidence and the share of right events are apart, and, in bands of confidence, how many events are right.
With `--thresholds`, this is done at other thresholds of every label than the checkpoint's too.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from bball_tag.checkpoint.backbone import write_contract
from bball_tag.checkpoint.contract import read_contract
from bball_tag.events import EventRules, find_events
from bball_tag.events.rules import Calibration
from bball_tag.learning.sureness import (
    JudgedEvents,
    calibrated,
    calibration_error,
    fit_calibration,
    joined,
)
from benchmarks.decisions import KINDS, SEEDS, ScoredGame, judged_of, open_game

FITTED_ON = (9102, 9103, 9104, 9301, 9302)
BANDS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def main() -> None:
    """Fit, print, and write what was fitted if a checkpoint is to have it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("work", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(FITTED_ON))
    parser.add_argument("--seconds", type=float, default=40, help="length of games that are rendered now")
    parser.add_argument("--test", type=Path, help="games to measure on; by default those of WORK_DIR")
    parser.add_argument("--test-seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--thresholds", type=float, nargs="*", default=[])
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--into", type=Path, help="a checkpoint that gets what is fitted")
    options = parser.parse_args()
    if shared := {*options.seeds} & {*options.test_seeds}:
        parser.error(f"{shared} would be both fitted and measured on")
    cv2.setNumThreads(1)
    fitted: dict[str, Any] = {}
    for kind in KINDS:
        games, others = (
            [open_game(work, seed, options.seconds, kind, options.checkpoint) for seed in seeds]
            for work, seeds in (
                (options.work, options.seeds),
                (options.test or options.work, options.test_seeds),
            )
        )
        rules = replace(games[0].annotation.rules, calibration=None)
        known = [events_of(game, rules) for game in games]
        calibration = fit_calibration(joined(known))
        if calibration is None:
            raise SystemExit(f"Too few events of {kind} players.")
        fitted[kind] = asdict(calibration)
        print(f"\n## {kind} players: fitted on {sum(len(one.labels) for one in known)} events\n")
        show_left_out(known)
        print("\n| thresholds | events | error of the mean probability | error of the confidence |")
        print("|---|---|---|---|")
        for at in (None, *options.thresholds):
            tried = rules if at is None else replace(rules, threshold=at, thresholds={})
            show_error(at, joined([events_of(game, tried) for game in others]), calibration)
        show_bands(joined([events_of(game, rules) for game in others]), calibration)
    if options.into:
        write_contract(options.into, replace(read_contract(options.into), sureness=fitted))


def events_of(game: ScoredGame, rules: EventRules) -> JudgedEvents:
    """Return the events of a game by rules, and which of them are right."""
    return judged_of(game, find_events(game.scores, rules))


def show_left_out(games: Sequence[JudgedEvents]) -> None:
    """Print the errors on games that were left out of the fit by turns."""
    errors = []
    for number, own in enumerate(games):
        fitted = fit_calibration(joined([one for index, one in enumerate(games) if index != number]))
        errors.append([calibration_error(calibrated(own, way), own.right) for way in (None, fitted)])
    before, after = np.mean(errors, axis=0)
    print(f"Left out of the fit by turns: {before:.3f} → {after:.3f} on average of {len(games)} games.")


def show_error(at: float | None, events: JudgedEvents, calibration: Calibration) -> None:
    """Print a row of the table of errors."""
    before, after = (calibration_error(calibrated(events, way), events.right) for way in (None, calibration))
    name = "the checkpoint's" if at is None else f"{at:g}"
    print(f"| {name} | {len(events.labels)} | {before:.3f} | {after:.3f} |")


def show_bands(events: JudgedEvents, calibration: Calibration) -> None:
    """Print in bands of confidence how many events are right, before and after."""
    print("\n| band | mean probability: events, mean, share right | confidence: events, mean, share right |")
    print("|---|---|---|")
    for low, high in pairwise(BANDS):
        cells = []
        for way in (None, calibration):
            sure = calibrated(events, way)
            here = (sure >= low) & ((sure < high) | (high == 1))
            share = f"{sure[here].mean():.2f}, {events.right[here].mean():.2f}" if here.any() else "-"
            cells.append(f"{here.sum()}, {share}")
        print(f"| {low:.1f} to {high:.1f} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
