"""How good are the decisions, and what does tuning gain? Rendered games, with given tracks and found ones.

    python benchmarks/decisions.py WORK_DIR [--seeds 9001 9002 9003 9101 9201] [--checkpoint FILE]

Games that are not there are rendered, and what is not scored is scored: minutes for each game, then seconds.
The seeds must be ones that the checkpoint was not trained on. For players that were given (true tracks) and
players that the tool found, the figures are

    default     the checkpoint's own rules
    tuned       rules that `bball-tag tune` made of the first two games (--tune-on)

of F1 at a temporal IoU of 0.5 and the mean average precision at 0.3:0.1:0.7 on the other games, and how far
confidence and the share of right events are apart (calibration error). As two games are few, the same is
done with every other pair of games, and the mean and the range over them are printed.

A true event is cut to where its player is in the frame. With players that were found it belongs to the found
player who has its box for the longest time, as it would in a table that a person corrected; where nobody has
it for a quarter of the time, it is missed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

import bball_tag
from bball_tag.annotations import Annotation
from bball_tag.events import Event, EventRules, Scores, find_events
from bball_tag.events.average_precision import COARSE_IOUS, mean_average_precision, span_precisions
from bball_tag.events.compare import Match, match_events, timelines_of, total
from bball_tag.learning.sureness import JudgedEvents, calibration_error, joined
from bball_tag.learning.tune import judged_events
from bball_tag.learning.tuned_games import TunedGame
from bball_tag.players.track_files import read_tracks
from bball_tag.players.tracks import Track, overlaps
from benchmarks.ownership import LEAST_IOU
from benchmarks.quality import rendered_game, true_events

Kind = Literal["given", "found"]
KINDS: tuple[Kind, ...] = ("given", "found")
SEEDS = (9001, 9002, 9003, 9101, 9201)
LEAST_FOUND = 0.25
"""Part of a true event for which its player must be found."""
Decide = Callable[[Scores], list[Event]]


@dataclass(frozen=True, slots=True)
class ScoredGame:
    """A rendered game that was scored, and its truth under the names of its tracks."""

    annotation: Annotation
    truth: tuple[Event, ...]
    folder: Path
    kind: Kind

    @property
    def scores(self) -> Scores:
        """The scores of its clips."""
        assert self.annotation.scores is not None
        return self.annotation.scores

    @property
    def store(self) -> Path:
        """Where they are kept."""
        return self.folder / f"{self.kind}.json.scores.db"

    def write_truth(self) -> Path:
        """Write the truth as a table that a person corrected, and return its path."""
        path = self.folder / f"{self.kind}.truth.json"
        Annotation(self.annotation.video, self.truth).write(path, overwrite=True)
        return path


@dataclass(frozen=True, slots=True)
class Figures:
    """How good decisions are on some games."""

    labels: dict[str, Match]
    precisions: dict[str, tuple[float, ...]]
    """Average precision of each label at the coarse IoUs."""
    error: float
    """Calibration error of events."""
    mean_ap: float

    @property
    def f1(self) -> float:
        """F1 of all labels together."""
        return total(list(self.labels.values())).f1


def main() -> None:
    """Print the tables for given tracks and for found ones."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("work", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--seconds", type=float, default=40, help="length of games that are rendered now")
    parser.add_argument("--tune-on", type=int, default=2, help="how many games to tune on")
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=KINDS)
    parser.add_argument("--checkpoint", type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    for kind in options.kinds:
        games = [
            open_game(options.work, seed, options.seconds, kind, options.checkpoint) for seed in options.seeds
        ]
        show(kind, games, options.tune_on, options.checkpoint)


def open_game(
    work: Path, seed: int, seconds: float, kind: Kind, checkpoint: Path | None = None
) -> ScoredGame:
    """Return a game with its scores; it is rendered and scored unless it is there."""
    folder = rendered_game(work, seed, seconds)
    store = folder / f"{kind}.json.scores.db"
    tracks = folder / "game.tracks.csv"
    annotation = bball_tag.annotate(
        folder / "game.mp4",
        tracks=tracks if kind == "given" else None,
        scores=store,
        checkpoint=checkpoint,
        progress=False,
    )
    truth = true_events(folder, annotation.video.fps)
    if kind == "found":
        playing = [track for track in annotation.tracks if track.role == "player"]
        truth = named_as_found(truth, read_tracks(tracks, annotation.video.fps), playing)
    return ScoredGame(annotation, tuple(truth), folder, kind)


def named_as_found(truth: Sequence[Event], true: Sequence[Track], found: Sequence[Track]) -> list[Event]:
    """Return true events under the names of the found players that have their boxes for the longest time."""
    true_tracks = {track.id: track for track in true}
    named = []
    for event in truth:
        counts = {track.id: _shared(event, true_tracks[event.player], track) for track in found}
        best = max(counts, key=lambda name: counts[name], default="")
        is_found = bool(counts) and counts[best] >= LEAST_FOUND
        named.append(replace(event, player=best if is_found else f"missed {event.player}"))
    return named


def _shared(event: Event, true: Track, found: Track) -> float:
    """Return for which part of an event a found track has the box of a true one."""
    during = (found.times >= event.start) & (found.times < event.end)
    if not during.any():
        return 0.0
    true_boxes = [true.box_at(time) for time in found.times[during].tolist()]
    boxes = np.array([[box.left, box.top, box.width, box.height] for box in true_boxes])
    fits = overlaps(found.boxes[during], boxes) >= LEAST_IOU
    step = float(np.median(np.diff(found.times))) if len(found.times) > 1 else 0.0
    return float(fits.sum()) * step / (event.end - event.start)


def figures(games: Sequence[ScoredGame], decide: Decide) -> Figures:
    """Return how good decisions are on games, all together."""
    decided = [(decide(game.scores), game) for game in games]
    matches: dict[str, list[Match]] = {}
    timelines = []
    for found, game in decided:
        timelines += timelines_of(found, game.truth)
        for match in match_events(found, game.truth):
            matches.setdefault(match.label, []).append(match)
    judged = joined([judged_of(game, found) for found, game in decided])
    return Figures(
        {label: replace(total(own), label=label) for label, own in sorted(matches.items())},
        span_precisions(timelines, COARSE_IOUS),
        calibration_error(judged.confidence, judged.right),
        mean_average_precision(timelines, COARSE_IOUS) or 0.0,
    )


def judged_of(game: ScoredGame, found: Sequence[Event]) -> JudgedEvents:
    """Return which of the events found are right."""
    match = TunedGame(game.folder.name, game.scores, game.truth, (), with_players=True, edges=(0.0,)).right
    return judged_events(found, game.truth, match, 0.5)


def by(rules: EventRules) -> Decide:
    """Return the decisions by rules."""
    return lambda scores: find_events(scores, rules)


def show(kind: Kind, games: Sequence[ScoredGame], tune_on: int, checkpoint: Path | None) -> None:
    """Print the table of the first games to tune on, and the mean over all choices of them."""
    default = by(games[0].annotation.rules)
    print(f"\n## {kind} tracks\n\nAll games, default rules: {in_words(figures(games, default))}.")
    gains = []
    for chosen in combinations(range(len(games)), tune_on):
        others = [game for index, game in enumerate(games) if index not in chosen]
        rules = tuned([games[index] for index in chosen], checkpoint)
        before, after = figures(others, default), figures(others, by(rules))
        gains.append((before, after))
        if len(gains) == 1:
            print(f"\nTuned on the first {tune_on}, figures of the others:")
            print(f"{in_words(before)} → {in_words(after)}.\n\n{table(before, after)}")
    for name, value in (("F1", "f1"), ("mAP", "mean_ap"), ("calibration error", "error")):
        pairs = np.array([[getattr(before, value), getattr(after, value)] for before, after in gains])
        changes, means = pairs[:, 1] - pairs[:, 0], pairs.mean(axis=0)
        spread = f"{changes.min():+.3f} to {changes.max():+.3f}"
        print(f"{name} over {len(gains)} choices: {means[0]:.3f} → {means[1]:.3f} ({spread})", flush=True)


def tuned(games: Sequence[ScoredGame], checkpoint: Path | None) -> EventRules:
    """Return the rules that `tune` makes of games."""
    report = bball_tag.tune(
        [game.write_truth() for game in games],
        video=[game.folder / "game.mp4" for game in games],
        scores=[game.store for game in games],
        checkpoint=checkpoint,
    )
    return report.rules


def in_words(one: Figures) -> str:
    """Return the figures of all labels together."""
    return f"F1 {one.f1:.3f}, mAP {one.mean_ap:.3f}, calibration error {one.error:.3f}"


def table(before: Figures, after: Figures) -> str:
    """Return a row for each label: true events, events found, F1 and average precision."""
    lines = ["| label | true | found | F1 | AP |", "|---|---|---|---|---|"]
    for label in sorted({*before.labels, *after.labels}):
        old, new = (one.labels.get(label, Match(label, 0, 0, 0)) for one in (before, after))
        precisions = [np.mean(one.precisions.get(label, (0.0,))) for one in (before, after)]
        lines.append(
            f"| {label} | {max(old.num_true, new.num_true)} | {old.num_found} → {new.num_found} | "
            f"{old.f1:.3f} → {new.f1:.3f} | {precisions[0]:.3f} → {precisions[1]:.3f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
