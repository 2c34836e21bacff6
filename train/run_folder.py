"""The run folder: what a run leaves behind beside its checkpoint."""

from __future__ import annotations

import csv
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bball_tag import __version__
from bball_tag.errors import BballTagError, DataError
from bball_tag.files import replacing
from train.config import TrainConfig, TrainingJob
from train.learner import EpochStats

_PACKAGES = ("torch", "pytorchvideo", "lightning-fabric", "numpy", "scikit-learn", "av")
STATE, BEST, CHECKPOINT = "state.safetensors", "best.safetensors", "checkpoint.safetensors"
SETTINGS, SPLIT, LOG = "settings.json", "split.json", "log.csv"


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


def pace(learned: EpochStats, seconds: float, epochs_left: int) -> str:
    """Return how fast an epoch was, and how long the rest will take.

    Args:
        learned: The epoch's learning.
        seconds: The whole epoch took so long, validation included.
        epochs_left: Epochs that follow.
    """
    minutes = seconds * epochs_left / 60
    return (
        f"  {learned.num_clips / learned.seconds:.1f} clips/s, {learned.waited / learned.seconds:.1%} of the "
        f"time waiting for clips" + (f", about {minutes:.0f} min left" if epochs_left else "")
    )


def settings(config: TrainConfig) -> dict[str, Any]:
    """Return the recipe as plain JSON, without the machine's own paths."""
    fields: dict[str, Any] = json.loads(json.dumps(asdict(config)))
    if config.init not in ("kinetics", "none"):
        fields["init"] = Path(config.init).name
    return fields


def versions() -> dict[str, str]:
    """Return the versions of everything that has a say in the result."""
    return {
        "bball-tag": __version__,
        "python": platform.python_version(),
        **{package: version(package) for package in _PACKAGES},
    }


def write_settings(job: TrainingJob) -> None:
    """Write the recipe, what it is applied to, and the versions."""
    write_json(
        job.folder / SETTINGS,
        {"recipe": settings(job.config), "data": job.clipset.fingerprint, "versions": versions()},
    )


def check_same_run(job: TrainingJob) -> None:
    """Refuse to go on with another recipe or other data than the run began with.

    Raises:
        DataError: They differ; the message says in what.
    """
    path = job.folder / SETTINGS
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        before, data = dict(stored["recipe"]), stored["data"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"Cannot go on in {job.folder}: {SETTINGS} is missing or damaged ({error})."
        ) from error
    now = settings(job.config)
    changed = [
        f"{name} was {before.get(name)!r} and is {now[name]!r}"
        for name in now
        if before.get(name) != now[name]
    ]
    if data != job.clipset.fingerprint:
        changed.append("the clips or their labels are others")
    if changed:
        raise DataError(
            f"Cannot go on with the run in {job.folder}: {'; '.join(changed)}. "
            "Give the same settings, or begin again with --overwrite."
        )


def facts(job: TrainingJob, best_epoch: int, metrics: Mapping[str, float]) -> dict[str, Any]:
    """Return what a checkpoint tells about its training."""
    return {
        "data": {
            "clips": {part: len(keys) for part, keys in job.split.keys().items()},
            "fingerprint": job.clipset.fingerprint,
            "labels": job.clipset.counts,
        },
        "settings": settings(job.config),
        "best_epoch": best_epoch,
        "metrics": {name: round(value, 4) for name, value in metrics.items()},
        "versions": versions(),
    }


def write_log(path: Path, rows: Sequence[Mapping[str, float]]) -> None:
    """Write `log.csv`, whole or not at all."""
    with replacing(path) as draft, draft.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows({name: round(value, 8) for name, value in row.items()} for row in rows)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON, whole or not at all."""
    with replacing(path) as draft:
        draft.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def write_tensorboard(folder: Path, rows: Sequence[Mapping[str, float]]) -> None:
    """Write the rows again as TensorBoard events, into `folder`/tensorboard.

    Raises:
        BballTagError: TensorBoard is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise BballTagError(
            "--tensorboard needs a package that is not installed: pip install 'bball-tag[tensorboard]'."
        ) from error
    with SummaryWriter(str(folder / "tensorboard")) as writer:
        for row in rows[-1:]:
            for name, value in row.items():
                if name != "epoch":
                    writer.add_scalar(name, value, int(row["epoch"]))
