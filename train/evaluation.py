"""How right a model is on labelled clips: figures, text, JSON and plots."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.metrics import accuracy_score, classification_report, confusion_matrix, f1_score, recall_score
from torch import Tensor, nn

from train import plots
from train.dataset import ClipDataset
from train.mistakes import write_mistakes
from train.run_folder import write_json, write_text

Autocast = Callable[[], AbstractContextManager[Any]]

log = logging.getLogger("bball_tag.train")
_BINS = 15
_TOLERANCE = 0.25
"""How far the logits of a batch may be from those in fp32, relative to these: they are within a tenth."""


@dataclass(frozen=True, slots=True)
class Predictions:
    """What a model predicts for clips whose labels are known."""

    logits: np.ndarray
    """float32 array of shape (N, K)."""
    target: np.ndarray
    """Indices of the right labels, int64 array of shape (N,)."""

    @property
    def predicted(self) -> np.ndarray:
        """Index of the likeliest label of each clip, shape (N,)."""
        likeliest: np.ndarray = self.logits.argmax(axis=1)
        return likeliest

    @property
    def accuracy(self) -> float:
        """Fraction of clips whose likeliest label is right."""
        return float(accuracy_score(self.target, self.predicted))

    @property
    def macro_f1(self) -> float:
        """Mean of the labels' F1, over labels that occur or are predicted."""
        return float(f1_score(self.target, self.predicted, average="macro", zero_division=0))

    @property
    def balanced_accuracy(self) -> float:
        """Mean recall of the labels that occur."""
        occur = np.unique(self.target)
        return float(recall_score(self.target, self.predicted, labels=occur, average="macro"))

    @property
    def guessing(self) -> float:
        """Mean accuracy of the same predictions in random order."""
        one, other = (
            np.bincount(labels, minlength=self.logits.shape[1]) for labels in (self.target, self.predicted)
        )
        return float(one @ other) / len(self.target) ** 2

    @property
    def is_at_chance(self) -> bool:
        """Whether the accuracy is less than two standard errors above that of guessing (Cohen, 1960)."""
        guessing = self.guessing
        error = float(np.sqrt(guessing * (1 - guessing) / len(self.target)))
        return self.accuracy <= guessing + 2 * error

    @property
    def loss(self) -> float:
        """Mean cross-entropy."""
        return float(
            nn.functional.cross_entropy(torch.from_numpy(self.logits), torch.from_numpy(self.target))
        )

    def probabilities(self, temperature: float = 1.0) -> np.ndarray:
        """Return the softmax of the logits over `temperature`, shape (N, K)."""
        rows: np.ndarray = (torch.from_numpy(self.logits) / temperature).softmax(dim=1).numpy()
        return rows


@dataclass(frozen=True)
class Evaluation:
    """Predictions for labelled clips, and what they amount to."""

    labels: tuple[str, ...]
    predictions: Predictions
    temperature: float
    """Of the probabilities."""
    dataset: ClipDataset
    """The clips, in the order of the predictions."""

    def __repr__(self) -> str:
        found = self.predictions
        figures = f"accuracy={found.accuracy:.4f}, macro_f1={found.macro_f1:.4f}"
        return f"Evaluation({figures}, {len(found.target)} clips)"

    @cached_property
    def report(self) -> str:
        """What `table` has, and where the model is of no use, a line that says so."""
        return f"{self.table}\n{self.fault}" if self.fault else self.table

    @cached_property
    def table(self) -> str:
        """The accuracy and scikit-learn's classification report, as text."""
        first = f"Test accuracy: {self.predictions.accuracy:.4f} on {len(self.predictions.target)} clips"
        return f"{first}\n\n{self._table(as_dict=False)}"

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
            "accuracy": found.accuracy,
            "macro_f1": found.macro_f1,
            "weighted_f1": table["weighted avg"]["f1-score"],
            "num_clips": len(found.target),
            "loss": found.loss,
            "temperature": self.temperature,
            "expected_calibration_error": calibration_error(
                found.probabilities(self.temperature), found.target
            ),
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


@torch.no_grad()
def predict(
    model: nn.Module,
    batches: Iterable[tuple[Tensor, Tensor]],
    autocast: Autocast = nullcontext,
    on_batch: Callable[[int], None] = lambda done: None,
    turn: Autocast = nullcontext,
) -> Predictions:
    """Run `model`, in evaluation mode, over batches of (normalised clips, labels).

    16 bits are checked, not trusted: the first batch, and each whose values are not finite, is computed again
    without `autocast`, and if the first differs, so are all others.

    Args:
        model: From float (N, 3, T, H, W) to logits (N, K).
        batches: Clips and the indices of their labels.
        autocast: Makes the context in which the model computes.
        on_batch: Gets how many batches are done.
        turn: Makes the context in which a batch is computed: see `train.turns`.
    """
    model.eval()
    logits: list[Tensor] = []
    target: list[Tensor] = []
    for number, (clips, labels) in enumerate(batches, start=1):
        with turn():
            found, autocast = _checked(model, clips, autocast, always=number == 1)
        logits.append(found.cpu())
        target.append(labels.cpu())
        on_batch(number)
    return Predictions(torch.cat(logits).numpy(), torch.cat(target).numpy())


def _checked(model: nn.Module, clips: Tensor, autocast: Autocast, *, always: bool) -> tuple[Tensor, Autocast]:
    """Return the logits of a batch, and in which context to compute the next one."""
    with autocast():
        found = model(clips).float()
    if autocast is nullcontext or (found.isfinite().all() and not always):
        return found, autocast
    expected = model(clips).float()
    if (found - expected).norm() <= _TOLERANCE * expected.norm():
        return found, autocast
    if expected.isfinite().all():
        log.warning("16-bit values are wrong on this machine: predicting in fp32, which is slower.")
    return expected, nullcontext


def calibration_error(probabilities: np.ndarray, target: np.ndarray) -> float:
    """Return the expected calibration error over equal bins of confidence (Guo et al., 2017), 0 to 1."""
    error = 0.0
    for members, confidence, accuracy in reliability(probabilities, target):
        error += members / len(target) * abs(confidence - accuracy)
    return error


def reliability(probabilities: np.ndarray, target: np.ndarray) -> list[tuple[int, float, float]]:
    """Return, for each bin of confidence that is not empty, its size, mean confidence and accuracy."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == target
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    return [
        (int(inside.sum()), float(confidence[inside].mean()), float(right[inside].mean()))
        for inside in (bins == number for number in range(_BINS))
        if inside.any()
    ]


def fit_temperature(predictions: Predictions) -> float:
    """Return the temperature with the least cross-entropy (Guo et al., 2017), from 0.25 to 4."""
    logits, target = torch.from_numpy(predictions.logits), torch.from_numpy(predictions.target)
    candidates = np.geomspace(0.25, 4, 81)
    losses = [float(nn.functional.cross_entropy(logits / value, target)) for value in candidates]
    return round(float(candidates[int(np.argmin(losses))]), 4)


def fit_thresholds(predictions: Predictions, labels: Sequence[str], temperature: float) -> dict[str, float]:
    """Return, for each label, the probability from which predicting it gives the best F1 on these clips.

    Between equals the one nearest to 0.5 is taken; labels that do not occur are skipped.
    """
    rows = predictions.probabilities(temperature)
    candidates = sorted(np.arange(0.2, 0.81, 0.05).round(2).tolist(), key=lambda value: abs(value - 0.5))
    thresholds = {}
    for index, label in enumerate(labels):
        is_label = predictions.target == index
        if is_label.any():
            scores = [f1_score(is_label, rows[:, index] >= value, zero_division=0) for value in candidates]
            thresholds[label] = float(candidates[int(np.argmax(scores))])
    return thresholds
