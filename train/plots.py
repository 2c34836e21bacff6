"""Plots of a training run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from sklearn.metrics import ConfusionMatrixDisplay

from bball_tag.files import replacing
from train.history import EpochResult


def confusion(path: Path, counts: np.ndarray, labels: Sequence[str]) -> None:
    """Draw which labels are predicted for which: each row adds up to 100 %.

    Args:
        path: A PNG file.
        counts: int array of shape (K, K), rows the true label, columns the predicted one.
        labels: K names.
    """
    percent = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = 2.5 + 0.55 * len(labels)
    figure = Figure(figsize=(side, side), layout="constrained")
    axes = figure.add_subplot(title=f"Confusion, {counts.sum()} clips (% of each row)")
    ConfusionMatrixDisplay(percent, display_labels=labels).plot(
        ax=axes,
        cmap="Blues",
        colorbar=False,
        values_format=".0f",
        xticks_rotation=45,
        im_kw={"vmin": 0, "vmax": 100},
    )
    _save(figure, path)


def reliability(path: Path, bins: np.ndarray) -> None:
    """Draw how often the model is right at each confidence; `bins` as from `train.evaluation.reliability`."""
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.add_subplot(
        xlabel="confidence", ylabel="accuracy", title="Reliability", xlim=(0, 1), ylim=(0, 1)
    )
    axes.plot([0, 1], [0, 1], color="grey", linestyle="--", label="perfectly calibrated")
    sizes, confidence, accuracy = bins.T
    areas = 20 + 300 * sizes / sizes.max()
    axes.scatter(confidence, accuracy, s=areas, alpha=0.7, label="test clips (area: number)")
    axes.legend(loc="upper left")
    _save(figure, path)


def curves(path: Path, results: Sequence[EpochResult]) -> None:
    """Draw loss and accuracy over the epochs."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    epochs = [result.epoch for result in results]
    shown = {
        "Loss": ("train_loss", "val_loss"),
        "Accuracy": ("train_accuracy", "val_accuracy", "val_macro_f1"),
    }
    for axes, (title, names) in zip(figure.subplots(1, 2), shown.items(), strict=True):
        axes.set(title=title, xlabel="epoch")
        for name in names:
            values = [getattr(result, name) for result in results]
            axes.plot(epochs, values, marker="o", markersize=3, label=name.replace("_", " "))
        axes.grid(alpha=0.3)
        axes.legend()
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    with replacing(path) as draft:
        figure.savefig(draft, dpi=110)
