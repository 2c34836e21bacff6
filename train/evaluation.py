"""How right a network is on labelled clips: figures, text, JSON and pictures."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.metrics import accuracy_score, classification_report, confusion_matrix, f1_score
from torch import Tensor, nn

from train import plots

_BINS = 15


@dataclass(frozen=True, slots=True)
class Predictions:
    """What a network said about clips whose labels are known."""

    logits: np.ndarray
    """float32 array of shape (N, K)."""
    truth: np.ndarray
    """int64 array of shape (N,)."""

    @property
    def said(self) -> np.ndarray:
        """The likeliest label of each clip, shape (N,)."""
        likeliest: np.ndarray = self.logits.argmax(axis=1)
        return likeliest

    @property
    def accuracy(self) -> float:
        """Share of clips whose likeliest label is right."""
        return float(accuracy_score(self.truth, self.said))

    @property
    def macro_f1(self) -> float:
        """Mean of the labels' F1, over labels that occur or are said."""
        return float(f1_score(self.truth, self.said, average="macro", zero_division=0))

    @property
    def loss(self) -> float:
        """Mean cross-entropy."""
        return float(nn.functional.cross_entropy(torch.from_numpy(self.logits), torch.from_numpy(self.truth)))

    def probabilities(self, temperature: float = 1.0) -> np.ndarray:
        """Return the softmax of the logits over `temperature`, shape (N, K)."""
        rows: np.ndarray = (torch.from_numpy(self.logits) / temperature).softmax(dim=1).numpy()
        return rows


@torch.no_grad()
def evaluate(
    model: nn.Module,
    batches: Iterable[tuple[Tensor, Tensor]],
    autocast: Callable[[], AbstractContextManager[Any]] = nullcontext,
) -> Predictions:
    """Run `model`, in evaluation mode, over batches of (normalised clips, labels).

    Args:
        model: From float (N, 3, T, H, W) to logits (N, K).
        batches: Clips and the places of their labels.
        autocast: Makes the context in which the network computes.
    """
    model.eval()
    logits, truth = [], []
    for clips, labels in batches:
        with autocast():
            answer = model(clips)
        logits.append(answer.float().cpu())
        truth.append(labels.cpu())
    return Predictions(torch.cat(logits).numpy(), torch.cat(truth).numpy())


def calibration_error(probabilities: np.ndarray, truth: np.ndarray) -> float:
    """Return the expected calibration error over equal bins of confidence (Guo et al., 2017), 0 to 1."""
    error = 0.0
    for members, confidence, accuracy in reliability(probabilities, truth):
        error += members / len(truth) * abs(confidence - accuracy)
    return error


def reliability(probabilities: np.ndarray, truth: np.ndarray) -> list[tuple[int, float, float]]:
    """Return, for each bin of confidence that is not empty, its size, mean confidence and accuracy."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    return [
        (int(inside.sum()), float(confidence[inside].mean()), float(right[inside].mean()))
        for inside in (bins == number for number in range(_BINS))
        if inside.any()
    ]


def fit_temperature(outcome: Predictions) -> float:
    """Return the temperature with the least cross-entropy (Guo et al., 2017), from 0.25 to 4."""
    logits, truth = torch.from_numpy(outcome.logits), torch.from_numpy(outcome.truth)
    candidates = np.geomspace(0.25, 4, 81)
    losses = [float(nn.functional.cross_entropy(logits / value, truth)) for value in candidates]
    return round(float(candidates[int(np.argmin(losses))]), 4)


def fit_thresholds(outcome: Predictions, labels: Sequence[str], temperature: float) -> dict[str, float]:
    """Return, for each label, the probability from which saying it gives the best F1 on these clips.

    Between equals the one nearest to 0.5 is taken; labels that do not occur are left out.
    """
    rows = outcome.probabilities(temperature)
    candidates = sorted(np.arange(0.2, 0.81, 0.05).round(2).tolist(), key=lambda value: abs(value - 0.5))
    thresholds = {}
    for place, label in enumerate(labels):
        true = outcome.truth == place
        if true.any():
            scores = [f1_score(true, rows[:, place] >= value, zero_division=0) for value in candidates]
            thresholds[label] = float(candidates[int(np.argmax(scores))])
    return thresholds


def report_text(outcome: Predictions, labels: Sequence[str]) -> str:
    """Return the accuracy and scikit-learn's classification report."""
    table = classification_report(
        outcome.truth,
        outcome.said,
        labels=list(range(len(labels))),
        target_names=list(labels),
        digits=4,
        zero_division=0,
    )
    return f"Test accuracy: {outcome.accuracy:.4f} on {len(outcome.truth)} clips\n\n{table}"


def report_json(outcome: Predictions, labels: Sequence[str], temperature: float) -> dict[str, Any]:
    """Return the same figures for programs."""
    table = classification_report(
        outcome.truth,
        outcome.said,
        labels=list(range(len(labels))),
        target_names=list(labels),
        output_dict=True,
        zero_division=0,
    )
    return {
        "accuracy": outcome.accuracy,
        "macro_f1": outcome.macro_f1,
        "weighted_f1": table["weighted avg"]["f1-score"],
        "num_clips": len(outcome.truth),
        "loss": outcome.loss,
        "temperature": temperature,
        "expected_calibration_error": calibration_error(outcome.probabilities(temperature), outcome.truth),
        "labels": {label: table[label] for label in labels},
        "confusion": confusion_matrix(outcome.truth, outcome.said, labels=list(range(len(labels)))).tolist(),
    }


def write_reports(folder: Path, outcome: Predictions, labels: Sequence[str], temperature: float) -> None:
    """Write `report.txt`, `report.json`, `confusion_matrix.png` and `reliability.png` into `folder`."""
    (folder / "report.txt").write_text(report_text(outcome, labels) + "\n", encoding="utf-8")
    figures = report_json(outcome, labels, temperature)
    (folder / "report.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    plots.confusion(folder / "confusion_matrix.png", np.array(figures["confusion"]), labels)
    plots.reliability(
        folder / "reliability.png", reliability(outcome.probabilities(temperature), outcome.truth)
    )
