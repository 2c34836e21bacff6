"""How right a model is on labelled clips: figures, text, JSON and plots."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import classification_report, confusion_matrix

from bball_tag.checkpoint.answer import with_shares
from bball_tag.checkpoint.contract import Contract, Stream, stream_key, stream_sets
from bball_tag.files import write_text
from bball_tag.learning import calibration, sureness
from train import plots
from train.dataset import ClipDataset
from train.mistakes import write_mistakes
from train.predictions import Predictions
from train.run_folder import write_json
from train.seen import remark

_BINS = 15


@dataclass(frozen=True)
class Evaluation:
    """Predictions for labelled clips, and what they amount to."""

    contract: Contract
    """Labels, temperatures and shares."""
    found: Predictions
    """The logits, of each stream where there are several, without the shares."""
    dataset: ClipDataset
    """The clips, in the order of the predictions."""
    num_seen: int = 0
    """How many of them the checkpoint was trained on, or was chosen by."""

    def __repr__(self) -> str:
        found = self.predictions
        figures = f"accuracy={found.accuracy:.4f}, macro_f1={found.macro_f1:.4f}"
        return f"Evaluation({figures}, {len(found.target)} clips)"

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the labels."""
        return self.contract.labels

    @property
    def temperature(self) -> float:
        """Of the probabilities."""
        return self.contract.temperature_of(self.found.streams)

    @cached_property
    def predictions(self) -> Predictions:
        """What all streams at hand predict together, with the shares of the labels."""
        return self.of(self.found.streams)

    def of(self, streams: Collection[Stream]) -> Predictions:
        """Return what some of the streams predict together, as `answered`."""
        return answered(self.found.of(streams), self.contract)

    @cached_property
    def report(self) -> str:
        """What `table` has; where the model is of no use, or has seen the clips, a line that says so."""
        return "\n".join(part for part in (self.table, self.fault, self.remark) if part)

    @property
    def remark(self) -> str:
        """What to know of the clips before believing the figures; empty where nothing is."""
        return remark(self.num_seen, len(self.found.target))

    @cached_property
    def table(self) -> str:
        """The accuracy and scikit-learn's classification report, as text."""
        first = f"Test accuracy: {self.predictions.accuracy:.4f} on {len(self.predictions.target)} clips"
        parts = "".join(
            f"\n{key:>24s}  accuracy {figures['accuracy']:.4f}  macro F1 {figures['macro_f1']:.4f}"
            for key, figures in self.by_streams.items()
        )
        return f"{first}\n\n{self._table(as_dict=False)}{parts}"

    @cached_property
    def by_streams(self) -> dict[str, dict[str, float]]:
        """Figures for each set of streams that may be at hand, by its name; empty for images alone."""
        sets = stream_sets(self.found.streams)
        return {stream_key(streams): self._summary(streams) for streams in sets if len(sets) > 1}

    def _summary(self, streams: tuple[Stream, ...]) -> dict[str, float]:
        found, temperature = self.of(streams), self.contract.temperature_of(streams)
        error = calibration_error(found.probabilities(temperature), found.target)
        return {
            "accuracy": found.accuracy,
            "macro_f1": found.macro_f1,
            "temperature": temperature,
            "expected_calibration_error": error,
        }

    @property
    def fault(self) -> str:
        """One sentence where the model is at chance level on these clips, else nothing."""
        found = self.predictions
        if not found.is_at_chance:
            return ""
        return (
            f"This checkpoint is no better than guessing on these {len(found.target)} clips "
            f"(accuracy {found.accuracy:.2f}; its labels in random order give {found.guessing:.2f})."
        )

    @cached_property
    def figures(self) -> dict[str, Any]:
        """The same figures for programs, and more of them."""
        found, table = self.predictions, self._table(as_dict=True)
        indices = list(range(len(self.labels)))
        return {
            **self._summary(found.streams),
            "weighted_f1": table["weighted avg"]["f1-score"],
            "num_clips": len(found.target),
            "num_clips_trained_on": self.num_seen,
            "loss": found.loss,
            "streams": self.by_streams,
            "labels": {label: table[label] for label in self.labels},
            "confusion": confusion_matrix(found.target, found.predicted, labels=indices).tolist(),
        }

    def write(self, folder: Path) -> None:
        """Write the report as text and JSON, its plots, and the page of the worst mistakes.

        Raises:
            BballTagError: The system refuses to write.
        """
        rows = self.predictions.probabilities(self.temperature)
        write_text(folder / "report.txt", self.report + "\n")
        write_json(folder / "report.json", self.figures)
        plots.confusion(folder / "confusion_matrix.png", np.array(self.figures["confusion"]), self.labels)
        plots.reliability(folder / "reliability.png", reliability(rows, self.predictions.target))
        write_mistakes(folder / "mistakes.html", rows, self.predictions.target, self.dataset, self.labels)

    def _table(self, *, as_dict: bool) -> Any:
        return classification_report(
            self.predictions.target,
            self.predictions.predicted,
            labels=list(range(len(self.labels))),
            target_names=list(self.labels),
            digits=4,
            output_dict=as_dict,
            zero_division=0,
        )


def answered(found: Predictions, contract: Contract) -> Predictions:
    """Return what `found` amounts to as `annotate` answers, with the shares of the labels.

    The logits of a clip that lacks something are scaled, so that for all of them the temperature of all
    streams of `found` gives the probabilities that its own temperature would.
    """
    common, logits = contract.temperature_of(found.streams), found.logits.copy()
    for streams in stream_sets(found.streams):
        own, rows = contract.temperature_of(streams), found.only(streams)
        logits[rows] = with_shares(logits[rows], contract, own) * logits.dtype.type(common / own)
    return replace(found, logits=logits)


def calibration_error(probabilities: np.ndarray, target: np.ndarray) -> float:
    """Return the expected calibration error over equal bins of confidence (Guo et al., 2017), 0 to 1."""
    right = probabilities.argmax(axis=1) == target
    return sureness.calibration_error(probabilities.max(axis=1), right, _BINS)


def reliability(probabilities: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return, for each bin of confidence that is not empty, size, mean confidence and accuracy: (B, 3)."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == target
    numbers = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    _, bins, sizes = np.unique(numbers, return_inverse=True, return_counts=True)
    return np.stack([sizes, np.bincount(bins, confidence) / sizes, np.bincount(bins, right) / sizes], axis=1)


def fit_temperature(
    predictions: Predictions, shares: np.ndarray | None = None, weights: np.ndarray | None = None
) -> float:
    """Return the temperature with the least cross-entropy (Guo et al., 2017), from 0.25 to 4.

    Args:
        predictions: Logits of clips whose labels are known.
        shares: How common each label is, shape (K,), where the answer is to be multiplied by it.
        weights: How much each clip counts, shape (N,); all alike if it is not given.
    """
    added = 0.0 if shares is None else np.log(shares)
    return calibration.fit_temperature(predictions.logits, predictions.target, added, weights=weights)


def fit_temperatures(predictions: Predictions) -> dict[str, float]:
    """Return the temperature of each set of streams, by its name, fitted on the clips that have all of it."""
    fitted = {}
    for streams in stream_sets(predictions.streams):
        found = predictions.of(streams)
        complete = found.only(streams)
        fitted[stream_key(streams)] = fit_temperature(found[complete] if complete.any() else found)
    return fitted
