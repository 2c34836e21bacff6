"""What each epoch came to, and how it is shown and kept."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from bball_tag.errors import BballTagError
from bball_tag.files import replacing


@dataclass(frozen=True, slots=True)
class EpochResult:
    """One row of `log.csv`."""

    epoch: int
    train_loss: float
    train_accuracy: float
    val_loss: float
    val_accuracy: float
    val_macro_f1: float
    learning_rate: float
    """Of the head, at the end of the epoch."""

    def line(self, epochs: int) -> str:
        """Return the line that is shown after the epoch."""
        return (
            f"Epoch {self.epoch}/{epochs}, Train Loss: {self.train_loss:.4f}, "
            f"Train Accuracy: {self.train_accuracy:.4f}, Val Loss: {self.val_loss:.4f}, "
            f"Val Accuracy: {self.val_accuracy:.4f}"
        )


def write_log(path: Path, results: Sequence[EpochResult]) -> None:
    """Write `log.csv`, whole or not at all."""
    with replacing(path) as draft, draft.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=[field.name for field in fields(EpochResult)])
        writer.writeheader()
        writer.writerows({name: round(value, 8) for name, value in asdict(row).items()} for row in results)


def write_tensorboard(folder: Path, result: EpochResult) -> None:
    """Write an epoch as TensorBoard events into `folder`.

    Raises:
        BballTagError: TensorBoard is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise BballTagError(
            "--tensorboard needs a package that is not installed: pip install 'bball-tag[tensorboard]'."
        ) from error
    with SummaryWriter(str(folder)) as writer:
        for name, value in asdict(result).items():
            if name != "epoch":
                writer.add_scalar(name, value, result.epoch)
