"""Pictures of a training run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure


def confusion(path: Path, counts: np.ndarray, labels: Sequence[str]) -> None:
    """Draw which label was taken for which: rows are the truth, each row adds up to 100 %.

    Args:
        path: A PNG file.
        counts: int array of shape (K, K), rows the truth, columns what was said.
        labels: K names.
    """
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = 2.5 + 0.55 * len(labels)
    figure = Figure(figsize=(side, side), layout="constrained")
    axes = figure.add_subplot(
        xlabel="said", ylabel="true", title=f"Confusion, {counts.sum()} clips (% of each row)"
    )
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(labels)), labels, rotation=45, ha="right")
    axes.set_yticks(range(len(labels)), labels)
    for (row, column), value in np.ndenumerate(share):
        if counts[row, column]:
            axes.text(
                column,
                row,
                f"{value:.0%}"[:-1],
                ha="center",
                va="center",
                color="white" if value > 0.5 else "black",
            )
    figure.savefig(path, dpi=110)


def reliability(path: Path, bins: Sequence[tuple[int, float, float]]) -> None:
    """Draw how often the network is right when it says how sure it is; `bins` as from `evaluation`."""
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.add_subplot(
        xlabel="confidence", ylabel="share that is right", title="Reliability", xlim=(0, 1), ylim=(0, 1)
    )
    axes.plot([0, 1], [0, 1], color="grey", linestyle="--", label="perfectly calibrated")
    sizes = np.array([members for members, _, _ in bins], float)
    axes.scatter(
        [confidence for _, confidence, _ in bins],
        [accuracy for _, _, accuracy in bins],
        s=20 + 300 * sizes / sizes.max(),
        alpha=0.7,
        label="test clips (area: how many)",
    )
    axes.legend(loc="upper left")
    figure.savefig(path, dpi=110)


def curves(path: Path, rows: Sequence[Mapping[str, float]]) -> None:
    """Draw loss and accuracy over the epochs; `rows` as in `log.csv`."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    epochs = [row["epoch"] for row in rows]
    for place, (title, names) in enumerate(
        (
            ("Loss", ("train_loss", "val_loss")),
            ("Accuracy", ("train_accuracy", "val_accuracy", "val_macro_f1")),
        )
    ):
        axes = figure.add_subplot(1, 2, place + 1, title=title, xlabel="epoch")
        for name in names:
            axes.plot(
                epochs, [row[name] for row in rows], marker="o", markersize=3, label=name.replace("_", " ")
            )
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(path, dpi=110)
