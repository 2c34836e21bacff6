"""How right are checkpoints on real players, and how far are they to be believed?

    python benchmarks/real.py TABLE [TABLE ...] [--checkpoint FILE ...]

TABLE has spans of videos with players, as `bball-tag evaluate` takes it; labels with fewer than five clips
count in the accuracy and not in the macro F1. Ranges are 95 % of a bootstrap over videos, as clips of one
video are alike. A temperature fitted on a table is tested on the video that was left out of the fit.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.metrics import confusion_matrix, f1_score

import bball_tag
from bball_tag.api import open_checkpoint
from train.evaluation import calibration_error, fit_temperature
from train.predictions import Predictions

LEAST_CLIPS = 5
"""Of a label, for its F1 to count."""
SURE = 0.9
RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Tested:
    """A checkpoint's predictions for the clips of a table."""

    labels: tuple[str, ...]
    predictions: Predictions
    videos: np.ndarray
    """Name of each clip's video, str array of shape (N,)."""

    @property
    def counted(self) -> list[int]:
        """Indices of the labels whose F1 counts."""
        counts = np.bincount(self.predictions.target, minlength=len(self.labels))
        return np.flatnonzero(counts >= LEAST_CLIPS).tolist()

    def part(self, indices: np.ndarray) -> Predictions:
        """Return the predictions for some of the clips."""
        return Predictions(self.predictions.logits[indices], self.predictions.target[indices])

    def left_out_probabilities(self) -> np.ndarray:
        """Return probabilities (N, K), each video's by the temperature that fits all others best."""
        rows = np.empty_like(self.predictions.logits)
        for video in np.unique(self.videos):
            own = self.videos == video
            rows[own] = self.part(own).probabilities(fit_temperature(self.part(~own)))
        return rows

    def spread(self, figure: Callable[[Predictions], float]) -> tuple[float, float]:
        """Return the range of `figure` over tables of as many videos, drawn from these."""
        rng = np.random.default_rng(0)
        members = [np.flatnonzero(self.videos == video) for video in np.unique(self.videos)]
        draws = (rng.integers(0, len(members), len(members)) for _ in range(RESAMPLES))
        values = [figure(self.part(np.concatenate([members[index] for index in draw]))) for draw in draws]
        low, high = np.percentile(values, (2.5, 97.5))
        return float(low), float(high)


def main() -> None:
    """Print the figures of every checkpoint on every table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tables", type=Path, nargs="+", metavar="TABLE")
    parser.add_argument("--checkpoint", type=Path, nargs="+", default=[None], metavar="FILE")
    arguments = parser.parse_args()
    for table in arguments.tables:
        for checkpoint in arguments.checkpoint:
            print(f"\n{table}, {checkpoint or 'the default checkpoint'}")
            report(tested(table, checkpoint), open_checkpoint(checkpoint).contract.temperature)


def tested(table: Path, checkpoint: Path | None) -> Tested:
    """Run a checkpoint over the clips of a table, as `bball-tag evaluate` does, in fp32."""
    evaluation = bball_tag.evaluate(table, checkpoint=checkpoint, precision="fp32", progress=False)
    videos = np.array([str(clip.path) for clip in evaluation.dataset.clips])
    return Tested(evaluation.labels, evaluation.predictions, videos)


def report(found: Tested, temperature: float) -> None:
    """Print figures, the confusion, and one line of JSON; `temperature` is the checkpoint's own."""
    target, counted = found.predictions.target, found.counted
    names = [found.labels[index] for index in counted]
    rows = {"own temperature": found.predictions.probabilities(temperature)}
    if len(np.unique(found.videos)) > 1:
        rows["fitted on the other videos"] = found.left_out_probabilities()
    figures: dict[str, float] = {}
    print(f"{len(target)} clips of {len(np.unique(found.videos))} videos; F1 of {', '.join(names)}")
    for name, figure in (
        ("accuracy", lambda one: one.accuracy),
        ("macro F1", lambda one: macro_f1(one, counted)),
        ("balanced accuracy", lambda one: one.balanced_accuracy),
    ):
        figures[name] = figure(found.predictions)
        low, high = found.spread(figure)
        print(f"{name:18s} {figures[name]:.3f}  ({low:.3f} to {high:.3f})")
    for way, probabilities in rows.items():
        error = figures[f"calibration error, {way}"] = calibration_error(probabilities, target)
        print(f"calibration error  {error:.3f}  {way}; {sureness(probabilities, target)}")
    for video in np.unique(found.videos):
        part = found.part(found.videos == video)
        print(f"  {part.accuracy:.3f} of {len(part.target):3d}  {Path(video).name}")
    print_confusion(found.labels, found.predictions)
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


def print_confusion(labels: Sequence[str], predictions: Predictions) -> None:
    """Print how often each label (a row) that occurs was labelled as which (columns)."""
    table = confusion_matrix(predictions.target, predictions.predicted, labels=list(range(len(labels))))
    print(" " * 14 + " ".join(f"{label[:7]:>7s}" for label in labels))
    for label, counts in zip(labels, table, strict=True):
        if counts.any():
            print(f"{label:14s}" + " ".join(f"{count:7d}" for count in counts))


if __name__ == "__main__":
    main()
