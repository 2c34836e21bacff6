"""How right are checkpoints on real players, and how far are they to be believed?

    python benchmarks/real.py TABLE [TABLE ...] [--checkpoint FILE ...] [--shares]

TABLE has spans of videos with players, as `bball-tag evaluate` takes it; labels with fewer than five clips
count in the accuracy and not in the macro F1. Ranges are 95 % of a bootstrap over videos, as clips of one
video are alike. A temperature fitted on a table is tested on the video that was left out of the fit.

Every set of streams that a checkpoint may have at hand is a row of its own; all are computed in one run. With
`--shares` there is a second row for each, in which labels are as common as in SpaceJam's games.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.metrics import confusion_matrix, f1_score

import bball_tag
from bball_tag.checkpoint.answer import with_shares
from bball_tag.checkpoint.contract import Contract, stream_key, stream_sets
from train.evaluation import Evaluation, answered, calibration_error, fit_temperature
from train.predictions import Predictions

SPACEJAM_CLIPS: Mapping[str, int] = {
    "block": 498,
    "pass": 535,
    "run": 5924,
    "dribble": 1745,
    "shoot": 213,
    "ball in hand": 1181,
    "defense": 3866,
    "pick": 356,
    "no_action": 6490,
    "walk": 11749,
}
"""Clips of each label in SpaceJam's `annotation_dict.json`, mirrored copies left out: how common each label
is in the real games that its authors cut and labelled."""
LEAST_CLIPS = 5
"""Of a label, for its F1 to count."""
SURE = 0.9
RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Tested:
    """A checkpoint's predictions for the clips of a table, by some of its streams."""

    contract: Contract
    found: Predictions
    """The logits, without the shares of the labels."""
    videos: np.ndarray
    """Name of each clip's video, str array of shape (N,)."""

    @property
    def answers(self) -> Predictions:
        """What `annotate` would answer: with shares, at the contract's own temperatures."""
        return answered(self.found, self.contract)

    @property
    def temperature(self) -> float:
        """Of the answers."""
        return self.contract.temperature_of(self.found.streams)

    @property
    def counted(self) -> list[int]:
        """Indices of the labels whose F1 counts."""
        counts = np.bincount(self.found.target, minlength=len(self.contract.labels))
        return np.flatnonzero(counts >= LEAST_CLIPS).tolist()

    def of(self, rows: np.ndarray) -> Tested:
        """Return some of the clips."""
        return replace(self, found=self.found[rows], videos=self.videos[rows])

    def fitted_temperature(self) -> float:
        """Return the temperature that fits best, where each video counts alike: its clips are alike."""
        _, video, counts = np.unique(self.videos, return_inverse=True, return_counts=True)
        return fit_temperature(self.found, shares_of(self.contract), 1 / counts[video])

    def left_out_probabilities(self) -> np.ndarray:
        """Return probabilities (N, K), each video's by the temperature that fits all others best."""
        rows = np.empty_like(self.found.logits)
        for video in np.unique(self.videos):
            own = self.videos == video
            temperature = self.of(~own).fitted_temperature()
            logits = with_shares(self.found[own].logits, self.contract, temperature)
            rows[own] = Predictions(logits, self.found[own].target).probabilities(temperature)
        return rows

    def spread(self, figure: Callable[[Predictions], float]) -> tuple[float, float]:
        """Return the range of `figure` over tables of as many videos, drawn from these."""
        rng, answers = np.random.default_rng(0), self.answers
        members = [np.flatnonzero(self.videos == video) for video in np.unique(self.videos)]
        draws = (rng.integers(0, len(members), len(members)) for _ in range(RESAMPLES))
        values = [figure(answers[np.concatenate([members[index] for index in draw])]) for draw in draws]
        low, high = np.percentile(values, (2.5, 97.5))
        return float(low), float(high)


def main() -> None:
    """Print the figures of every checkpoint on every table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tables", type=Path, nargs="+", metavar="TABLE")
    parser.add_argument("--checkpoint", type=Path, nargs="+", default=[None], metavar="FILE")
    parser.add_argument("--shares", action="store_true", help="also with SpaceJam's shares of the labels")
    arguments = parser.parse_args()
    for table in arguments.tables:
        for checkpoint in arguments.checkpoint:
            print(f"\n{table}, {checkpoint or 'the default checkpoint'}")
            found = tested(table, checkpoint)
            for name, variant in variants(found, with_spacejam=arguments.shares):
                print_row(name, variant)
            report(found)


def tested(table: Path, checkpoint: Path | None) -> Tested:
    """Run a checkpoint over the clips of a table, as `bball-tag evaluate` does, in fp32."""
    evaluation: Evaluation = bball_tag.evaluate(
        table, checkpoint=checkpoint, precision="fp32", progress=False
    )
    videos = np.array([str(clip.path) for clip in evaluation.dataset.clips])
    return Tested(evaluation.contract, evaluation.found, videos)


def variants(found: Tested, *, with_spacejam: bool) -> Iterator[tuple[str, Tested]]:
    """Yield what each set of streams predicts, without and with the shares of the labels."""
    shares: list[tuple[str, Mapping[str, float]]] = [("", {})]
    if found.contract.shares:
        shares.append((", own shares", found.contract.shares))
    if with_spacejam:
        shares.append((", SpaceJam's shares", spacejam_shares(found.contract.labels)))
    for streams in stream_sets(found.found.streams):
        for name, values in shares:
            part = replace(
                found, found=found.found.of(streams), contract=replace(found.contract, shares=values)
            )
            yield f"{stream_key(streams)}{name}", part


def spacejam_shares(labels: Sequence[str]) -> dict[str, float]:
    """Return how common each label is in SpaceJam's games; all labels must be SpaceJam's."""
    total = sum(SPACEJAM_CLIPS[label] for label in labels)
    return {label: round(SPACEJAM_CLIPS[label] / total, 5) for label in labels}


def shares_of(contract: Contract) -> np.ndarray | None:
    """Return the shares in the order of the labels; None where there are none."""
    return np.array([contract.shares[label] for label in contract.labels]) if contract.shares else None


def print_row(name: str, found: Tested) -> None:
    """Print the figures of some streams in one line, each with its range."""
    answers, counted = found.answers, found.counted
    parts = []
    for title, figure in figures_of(counted):
        low, high = found.spread(figure)
        parts.append(f"{title} {figure(answers):.3f} ({low:.3f} to {high:.3f})")
    error = calibration_error(answers.probabilities(found.temperature), answers.target)
    print(f"{name:36s} {', '.join(parts)}, calibration error {error:.3f}")


def figures_of(counted: Sequence[int]) -> list[tuple[str, Callable[[Predictions], float]]]:
    """Return what is measured, by its name; the macro F1 is that of the labels `counted`."""
    return [
        ("accuracy", lambda one: one.accuracy),
        ("macro F1", lambda one: macro_f1(one, counted)),
        ("balanced accuracy", lambda one: one.balanced_accuracy),
    ]


def report(found: Tested) -> None:
    """Print figures, the confusion, and one line of JSON of the answers of all streams."""
    answers, counted, labels = found.answers, found.counted, found.contract.labels
    names = [labels[index] for index in counted]
    rows = {"own temperature": answers.probabilities(found.temperature)}
    if len(np.unique(found.videos)) > 1:
        rows["fitted on the other videos"] = found.left_out_probabilities()
    figures: dict[str, float] = {}
    print(f"{len(answers.target)} clips of {len(np.unique(found.videos))} videos; F1 of {', '.join(names)}")
    for name, figure in figures_of(counted):
        figures[name] = figure(answers)
        low, high = found.spread(figure)
        print(f"{name:18s} {figures[name]:.3f}  ({low:.3f} to {high:.3f})")
    for way, probabilities in rows.items():
        error = figures[f"calibration error, {way}"] = calibration_error(probabilities, answers.target)
        mean, low, high = unavoidable_error(probabilities)
        print(f"calibration error  {error:.3f}  {way}; {sureness(probabilities, answers.target)}")
        print(f"{'':18s} {mean:.3f}  ({low:.3f} to {high:.3f}) if each confidence were the true probability")
    for video in np.unique(found.videos):
        part = answers[found.videos == video]
        print(f"  {part.accuracy:.3f} of {len(part.target):3d}  {Path(video).name}")
    print_confusion(labels, answers)
    print(json.dumps({name: round(value, 4) for name, value in figures.items()}))


def macro_f1(predictions: Predictions, counted: Sequence[int]) -> float:
    """Return the mean F1 of those of the labels `counted` that occur."""
    occur = np.intersect1d(counted, predictions.target)
    target, predicted = predictions.target, predictions.predicted
    return float(f1_score(target, predicted, labels=occur, average="macro", zero_division=0))


def sureness(probabilities: np.ndarray, target: np.ndarray) -> str:
    """Return in words how many clips are labelled surely, and how many of these rightly."""
    sure = probabilities.max(axis=1) > SURE
    right = (probabilities.argmax(axis=1) == target) & sure
    return f"{right.sum()} of {sure.sum()} clips surer than {SURE} are right"


def unavoidable_error(probabilities: np.ndarray) -> tuple[float, float, float]:
    """Return the calibration error on so few clips if their probabilities (N, K) were exactly right.

    It is not 0: each bin has a few clips, and is right by luck more often or less often than it says
    (Kumar, Liang and Ma, 2019). The mean over draws of labels, and the range of 90 % of them.
    """
    rng = np.random.default_rng(0)
    edges = np.cumsum(probabilities, axis=1)
    draws = (rng.random((len(edges), 1)) * edges[:, -1:] for _ in range(RESAMPLES))
    errors = [calibration_error(probabilities, (draw >= edges).sum(axis=1)) for draw in draws]
    low, high = np.percentile(errors, (5, 95))
    return float(np.mean(errors)), float(low), float(high)


def print_confusion(labels: Sequence[str], predictions: Predictions) -> None:
    """Print how often each label (a row) that occurs was labelled as which (columns)."""
    table = confusion_matrix(predictions.target, predictions.predicted, labels=list(range(len(labels))))
    print(" " * 14 + " ".join(f"{label[:7]:>7s}" for label in labels))
    for label, counts in zip(labels, table, strict=True):
        if counts.any():
            print(f"{label:14s}" + " ".join(f"{count:7d}" for count in counts))


if __name__ == "__main__":
    main()
