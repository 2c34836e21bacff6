"""Fine-tune slow_r50 on labelled clips: configure, divide, build, loop, judge, in this order."""

from __future__ import annotations

import csv
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import torch
from lightning_fabric import Fabric
from torch import nn
from torch.utils.data import DataLoader

from bball_tag import __version__
from bball_tag.clips import ClipSpec
from bball_tag.contract import Contract
from bball_tag.errors import DataError
from bball_tag.inference import pick_device, pick_precision
from bball_tag.memory import keep_freed_memory
from bball_tag.model import (
    build_model,
    load_checkpoint,
    load_kinetics,
    load_weights,
    save_checkpoint,
    with_provenance,
)
from train import plots
from train.augment import NONE, Augmentation
from train.clipset import ClipSet
from train.dataset import ClipDataset, Loading
from train.evaluation import Outcome, evaluate, fit_temperature, fit_thresholds, report_text, write_reports
from train.loop import Learner, normalised_batches
from train.schedule import first_trained_block
from train.splits import Split, label_weights, write_split
from train.state import TrainState, load_state, save_state


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """Everything that decides what comes out of a run."""

    spec: ClipSpec = field(default_factory=ClipSpec)
    width: int = 64
    clip_fps: float | None = 25.0
    """True rate of the clips; None believes their containers."""
    init: str = "kinetics"
    """`kinetics`, `none`, or the path of a checkpoint or of Kinetics weights."""
    epochs: int = 15
    batch_size: int = 16
    accumulate: int = 1
    """Batches whose gradients are added up before a step."""
    rate: float = 1e-3
    """Peak learning rate of AdamW."""
    weight_decay: float = 0.05
    warmup: float = 0.1
    """Share of all steps in which the rate rises."""
    layer_decay: float = 1.0
    """Factor of the rate from each block to the one below it."""
    unfreezing: Mapping[int, int] = field(default_factory=dict)
    """From which epoch blocks from which number on are trained; empty trains all from the start."""
    label_smoothing: float = 0.1
    ema: float = 0.99
    """Decay of the averaged weights that are validated and kept; 0 keeps the last ones."""
    clip_norm: float = 1.0
    """Largest norm of the gradients; 0 does not clip."""
    patience: int = 0
    """Epochs without a better validation macro F1 before the run stops; 0 never stops early."""
    class_weights: bool = False
    """Weigh the loss of each label by its rarity."""
    augmentation: Augmentation = field(default_factory=Augmentation)
    seed: int = 0
    device: str = "auto"
    devices: int = 1
    precision: str = "auto"
    """`32-true`, `bf16-mixed`, `16-mixed`, or `auto`: 16 bits where the device is fast in them."""
    name: str = "trained"
    half: bool = False
    """Store the checkpoint in 16 bits."""


@dataclass(frozen=True, slots=True)
class EpochResult:
    """One row of `log.csv`."""

    epoch: int
    train_loss: float
    train_accuracy: float
    val_loss: float
    val_accuracy: float
    val_macro_f1: float

    def line(self, epochs: int) -> str:
        """Return the line that is shown after the epoch."""
        return (
            f"Epoch {self.epoch}/{epochs}, Train Loss: {self.train_loss:.4f}, "
            f"Train Accuracy: {self.train_accuracy:.4f}, Val Loss: {self.val_loss:.4f}, "
            f"Val Accuracy: {self.val_accuracy:.4f}"
        )


@dataclass(frozen=True, slots=True)
class Task:
    """What a run works on."""

    clipset: ClipSet
    split: Split
    """What is learnt from, chosen by and judged on."""
    config: TrainConfig
    folder: Path
    """Where everything about the run is written."""


def train(task: Task, on_message: Callable[[str], None], *, resume: bool = False) -> Path:
    """Fine-tune, judge on the test part, and return the path of the checkpoint.

    Args:
        task: Data, recipe and folder.
        on_message: Told the lines of the log.
        resume: Go on from the last finished epoch in the folder.
    """
    _check(task)
    keep_freed_memory()
    config, folder = task.config, task.folder
    fabric = start_fabric(config)
    fabric.seed_everything(config.seed, verbose=False)
    train_data, train_loader = _loaded(fabric, task, "train")
    val_loader = _loaded(fabric, task, "val")[1]
    model = _initialised(task)
    on_message(f"Training {_describe(model, config)} on {fabric.device}, precision {_precision(config)}.")
    learner = Learner(fabric, model, config, _loss_weights(task), len(train_loader))
    state = TrainState()
    if resume and (folder / "state.safetensors").exists():
        state = load_state(folder, learner.parts())
        on_message(f"Going on after epoch {state.epoch}.")
    elif fabric.is_global_zero:
        write_split(task.split, folder / "split.json")
        _write_json(folder / "settings.json", _settings(config))

    for epoch in range(state.epoch + 1, config.epochs + 1):
        if config.patience and state.best_epoch and epoch - state.best_epoch > config.patience:
            on_message(f"No better validation macro F1 for {config.patience} epochs: stopping.")
            break
        _announce_unfreezing(epoch, config, on_message)
        # Everything random in an epoch follows from seed and epoch, so that a resumed run repeats it.
        torch.manual_seed(config.seed * 100_003 + epoch)
        train_data.epoch = epoch
        loss, accuracy = learner.one_epoch(epoch, train_loader)
        judged = learner.averaged.module
        outcome = evaluate(judged, normalised_batches(fabric, val_loader, config.spec), fabric.autocast)
        result = EpochResult(epoch, loss, accuracy, outcome.loss, outcome.accuracy, outcome.macro_f1)
        state = state.after(asdict(result), result.val_macro_f1)
        if fabric.is_global_zero:
            if state.best_epoch == epoch:
                save_checkpoint(folder / "best.safetensors", judged, _contract(task))
            save_state(folder, state, learner.parts())
            _write_log(folder / "log.csv", state.rows)
        on_message(result.line(config.epochs))
    fabric.barrier()
    if fabric.is_global_zero:
        _finish(fabric, task, state, on_message)
    return folder / "checkpoint.safetensors"


def start_fabric(config: TrainConfig) -> Fabric:
    """Return the engine that knows devices, precision and other processes."""
    # It announces every choice that we announce ourselves.
    logging.getLogger("lightning.fabric").setLevel(logging.WARNING)
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    fabric = Fabric(
        accelerator="cpu" if config.device == "cpu" else config.device.split(":")[0],
        devices=config.devices,
        precision=cast("Any", _precision(config)),
    )
    fabric.launch()
    return fabric


def judge(path: Path, clips: ClipDataset, config: TrainConfig) -> Outcome:
    """Run the checkpoint `path` over labelled clips."""
    fabric = start_fabric(config)
    model, contract = load_checkpoint(path)
    loader = _loader(fabric, clips, config, shuffle=False)
    model = model.to(fabric.device).to(memory_format=torch.channels_last_3d)
    return evaluate(model, normalised_batches(fabric, loader, contract.clip), fabric.autocast)


def _finish(fabric: Fabric, task: Task, state: TrainState, on_message: Callable[[str], None]) -> None:
    """Fit what is fitted on validation, judge the best epoch on the test part, and write it all."""
    config, folder = task.config, task.folder
    best = folder / "best.safetensors"
    model, contract = load_checkpoint(best)
    placed = model.to(fabric.device).to(memory_format=torch.channels_last_3d)
    val, test = (
        evaluate(
            placed,
            normalised_batches(fabric, _loaded(fabric, task, part)[1], config.spec),
            fabric.autocast,
        )
        for part in ("val", "test")
    )
    temperature = fit_temperature(val)
    contract = replace(
        with_provenance(contract, **_facts(task, state, test)),
        temperature=temperature,
        thresholds=fit_thresholds(val, task.clipset.labels, temperature),
    )
    save_checkpoint(folder / "checkpoint.safetensors", model.cpu(), contract, half=config.half)
    best.unlink()
    write_reports(folder, test, task.clipset.labels, temperature)
    plots.curves(folder / "curves.png", state.rows)
    on_message(f"Best epoch: {state.best_epoch}, validation macro F1 {state.best_score:.4f}.")
    on_message(report_text(test, task.clipset.labels))


def _check(task: Task) -> None:
    split = task.split
    if not split.train or not split.val or not split.test:
        raise DataError(
            f"{task.clipset.source} has too few clips to be divided: {len(split.train)} to learn from, "
            f"{len(split.val)} to choose by, {len(split.test)} to judge on."
        )


def _initialised(task: Task) -> nn.Module:
    config = task.config
    model = build_model(len(task.clipset.labels), config.spec, config.width)
    if config.init == "none":
        return model
    if config.init == "kinetics":
        load_kinetics(model)
    elif config.init.endswith(".safetensors"):
        load_weights(model, Path(config.init))
    else:
        load_kinetics(model, Path(config.init))
    return model


def _loaded(fabric: Fabric, task: Task, part: str) -> tuple[ClipDataset, DataLoader[Any]]:
    config = task.config
    learning = part == "train"
    dataset = ClipDataset(
        getattr(task.split, part),
        Loading(config.spec, config.clip_fps),
        config.augmentation if learning else NONE,
        config.seed,
    )
    return dataset, _loader(fabric, dataset, config, shuffle=learning)


def _loader(fabric: Fabric, dataset: ClipDataset, config: TrainConfig, *, shuffle: bool) -> DataLoader[Any]:
    loader: DataLoader[Any] = DataLoader(
        dataset,
        batch_size=config.batch_size,
        shuffle=shuffle,
        # A last batch of one clip has no variance for BatchNorm to learn from.
        drop_last=shuffle and len(dataset) > config.batch_size,
        pin_memory=fabric.device.type == "cuda",
    )
    # Only learning is shared between processes: every one of them judges all clips.
    return cast("DataLoader[Any]", fabric.setup_dataloaders(loader)) if shuffle else loader


def _loss_weights(task: Task) -> torch.Tensor | None:
    if not task.config.class_weights:
        return None
    return torch.from_numpy(label_weights(task.split.train, len(task.clipset.labels)))


def _announce_unfreezing(epoch: int, config: TrainConfig, on_message: Callable[[str], None]) -> None:
    now = first_trained_block(epoch, config.unfreezing)
    if epoch > 1 and now != first_trained_block(epoch - 1, config.unfreezing):
        on_message(f"Unfreezing blocks starting from block {now} at epoch {epoch}")


def _contract(task: Task) -> Contract:
    config = task.config
    return Contract(
        labels=task.clipset.labels,
        clip=config.spec,
        width=config.width,
        provenance={"name": config.name},
    )


def _facts(task: Task, state: TrainState, test: Outcome) -> dict[str, Any]:
    return {
        "date": date.today().isoformat(),
        "data": {
            "clips": {part: len(keys) for part, keys in task.split.keys().items()},
            "fingerprint": task.clipset.fingerprint,
            "labels": task.clipset.counts,
        },
        "settings": _settings(task.config),
        "best_epoch": state.best_epoch,
        "metrics": {"test_accuracy": round(test.accuracy, 4), "test_macro_f1": round(test.macro_f1, 4)},
        "versions": {
            "bball-tag": __version__,
            **{package: version(package) for package in ("torch", "pytorchvideo", "numpy")},
        },
    }


def _settings(config: TrainConfig) -> dict[str, Any]:
    settings = asdict(config)
    if config.init not in ("kinetics", "none"):
        settings["init"] = Path(config.init).name
    return settings


def _precision(config: TrainConfig) -> str:
    if config.precision != "auto":
        return config.precision
    device = pick_device(config.device)
    kind = pick_precision(device, "auto")
    return {"bf16": "bf16-mixed", "fp16": "16-mixed" if device.type == "cuda" else "32-true"}.get(
        kind, "32-true"
    )


def _describe(model: nn.Module, config: TrainConfig) -> str:
    millions = sum(parameter.numel() for parameter in model.parameters()) / 1e6
    spec = config.spec
    return (
        f"slow_r50 of width {config.width} ({millions:.1f} million parameters, from {config.init}; "
        f"{spec.num_frames} frames at {spec.fps:g} per second, {spec.width}x{spec.height})"
    )


def _write_log(path: Path, rows: Sequence[Mapping[str, float]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows({name: round(value, 6) for name, value in row.items()} for row in rows)


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
