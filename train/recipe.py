"""Fine-tune slow_r50 on labelled clips: configure, build, loop, judge, in this order."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

import torch
from lightning_fabric import Fabric
from torch import nn

from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import Contract
from bball_tag.checkpoint.model import (
    build_model,
    load_kinetics,
    load_weights,
    save_checkpoint,
    with_provenance,
)
from bball_tag.scoring.malloc import keep_freed_memory
from train import plots, run_folder
from train.augment import NONE
from train.config import Callbacks, TrainConfig, TrainingJob
from train.dataset import ClipDataset, Loading
from train.devices import outcome_of, resolved_precision, start_fabric
from train.division import check_enough
from train.evaluation import fit_temperature, fit_thresholds, report_text, write_reports
from train.learner import EpochStats, Learner
from train.loader import Batches, EpochOrder
from train.mistakes import write_mistakes
from train.resume import TrainState, load_state, save_state
from train.run_folder import EpochResult
from train.schedule import first_trained_block
from train.splits import label_weights, sampling_probabilities, write_split


def train(job: TrainingJob, callbacks: Callbacks | None = None, *, resume: bool = False) -> Path:
    """Fine-tune, judge on the test part, and return the path of the checkpoint.

    Args:
        job: Data, recipe, machine and folder.
        callbacks: Told how it goes.
        resume: Go on from the last finished epoch in the folder.

    Raises:
        DataError: The data cannot be used, or the run in the folder is another one.
        CheckpointError: The weights to begin with cannot be used.
    """
    check_enough(job.clipset, job.split)
    keep_freed_memory()
    fabric = start_fabric(job.config, job.machine)
    callbacks = (callbacks or Callbacks()) if fabric.is_global_zero else Callbacks()
    job = replace(job, config=replace(job.config, precision=resolved_precision(job.config, job.machine)))
    config, folder = job.config, job.folder
    torch.manual_seed(config.seed)

    learner, order, batches = build_learner(fabric, job)
    val_data = dataset(job, "val")
    callbacks.tell(f"Training {describe(learner.averaged, config)} on {fabric.device}, {config.precision}.")
    state = _begin(fabric, job, learner, callbacks, resume=resume)
    if state.epoch < config.epochs:
        _preload((batches.dataset, val_data), callbacks)

    for epoch in range(state.epoch + 1, config.epochs + 1):
        if config.patience and state.best_epoch and epoch - state.best_epoch > config.patience:
            callbacks.tell(f"No better validation macro F1 since epoch {state.best_epoch}: stopping.")
            break
        _announce_unfreezing(epoch, config, callbacks.tell)
        began = time.perf_counter()
        # Everything random in an epoch follows from seed and epoch, so that a resumed run repeats it;
        # each process hides other features.
        torch.manual_seed(config.seed * 100_003 + epoch + 1_000_003 * fabric.global_rank)
        order.epoch = batches.dataset.epoch = epoch
        with callbacks.count(f"Epoch {epoch}/{config.epochs}", len(batches)) as show:
            learned = learner.one_epoch(epoch, batches, show)
        outcome = outcome_of(fabric, learner.averaged.module, val_data, config, job.machine)
        result = _result(epoch, learned, (outcome.loss, outcome.accuracy, outcome.macro_f1))
        state = state.after(asdict(result), result.val_macro_f1)
        if fabric.is_global_zero:
            _keep(job, learner, state)
        callbacks.tell(result.line(config.epochs))
        callbacks.tell(run_folder.pace(learned, time.perf_counter() - began, config.epochs - epoch))
    fabric.barrier()
    _finish(fabric, job, state, callbacks)
    return folder / run_folder.CHECKPOINT


def build_learner(fabric: Fabric, job: TrainingJob) -> tuple[Learner, EpochOrder, Batches]:
    """Return the network with what it learns by, and the clips that it learns from, in their order."""
    config, num_labels = job.config, len(job.clipset.labels)
    data, clips = dataset(job, "train"), job.split.train
    order = EpochOrder(
        len(clips),
        config.batch_size,
        seed=config.seed,
        sampling_probabilities=sampling_probabilities(clips, num_labels)
        if config.balance == "weighted"
        else None,
        share=(fabric.global_rank, fabric.world_size),
    )
    batches = Batches(fabric, data, order, job.machine)
    weights = (
        torch.from_numpy(label_weights(clips, num_labels)) if config.balance == "class-weights" else None
    )
    return Learner(fabric, initialised_model(job), config, weights, len(order)), order, batches


def initialised_model(job: TrainingJob) -> nn.Module:
    """Return the network with the weights that it begins with."""
    config = job.config
    model = build_model(len(job.clipset.labels), config.spec, config.width)
    if config.init == "kinetics":
        load_kinetics(model)
    elif config.init.endswith(".safetensors"):
        load_weights(model, Path(config.init))
    elif config.init != "none":
        load_kinetics(model, Path(config.init))
    return model


def dataset(job: TrainingJob, part: str) -> ClipDataset:
    """Return the clips of a part of the split; only those learnt from are changed."""
    config = job.config
    learning = part == "train"
    return ClipDataset(
        getattr(job.split, part),
        Loading(config.spec, config.clip_fps),
        config.augmentation if learning else NONE,
        config.seed,
        # Nearly all of the memory is for the clips that are looked at most often.
        job.machine.cache_bytes * (4 if learning else 1) // 5,
    )


def describe(model: nn.Module, config: TrainConfig) -> str:
    """Return one line about the network."""
    millions = sum(parameter.numel() for parameter in model.parameters()) / 1e6
    spec = config.spec
    return (
        f"slow_r50 of width {config.width} ({millions:.1f} million parameters, from {config.init}; "
        f"{spec.num_frames} frames at {spec.fps:g} per second, {spec.width}x{spec.height})"
    )


def _begin(
    fabric: Fabric, job: TrainingJob, learner: Learner, callbacks: Callbacks, *, resume: bool
) -> TrainState:
    """Take a run up where it stopped, or write down what is about to begin."""
    folder = job.folder
    if resume:
        run_folder.check_same_run(job)
        if (folder / run_folder.STATE).exists():
            state = load_state(folder, learner.parts())
            callbacks.tell(f"Going on after epoch {state.epoch}.")
            return state
    if fabric.is_global_zero:
        write_split(job.split, folder / run_folder.SPLIT)
        run_folder.write_settings(job)
    return TrainState()


def _preload(parts: tuple[ClipDataset, ...], callbacks: Callbacks) -> None:
    """Decode what fits into memory, once."""
    total = sum(map(len, parts))
    complete = True
    with callbacks.count("Reading clips", total) as show:
        done = 0
        for part in parts:
            complete &= part.preload(lambda count, done=done: show(done + count))  # type: ignore[misc]
            done += len(part)
    held = sum(part.cached_bytes for part in parts) / 2**20
    rest = "" if complete else "; the others are decoded in every epoch"
    callbacks.tell(f"{held:,.0f} MiB of decoded clips are kept in memory{rest}.")


def _result(epoch: int, learned: EpochStats, judged: tuple[float, float, float]) -> EpochResult:
    return EpochResult(epoch, learned.loss, learned.accuracy, *judged, learning_rate=learned.rate)


def _keep(job: TrainingJob, learner: Learner, state: TrainState) -> None:
    """Write what an interrupted run needs; the best network first, as the state relies on it."""
    folder = job.folder
    if state.best_epoch == state.epoch:
        contract = Contract(
            job.clipset.labels,
            job.config.spec,
            job.config.width,
            provenance={"name": job.config.name},
        )
        save_checkpoint(folder / run_folder.BEST, learner.averaged.module, contract)
    save_state(folder, state, learner.parts())
    run_folder.write_log(folder / run_folder.LOG, state.rows)
    if job.tensorboard:
        run_folder.write_tensorboard(folder, state.rows)


def _announce_unfreezing(epoch: int, config: TrainConfig, tell: Callable[[str], None]) -> None:
    now = first_trained_block(epoch, config.unfreezing)
    if epoch > 1 and now != first_trained_block(epoch - 1, config.unfreezing):
        tell(f"Unfreezing blocks starting from block {now} at epoch {epoch}")


def _finish(fabric: Fabric, job: TrainingJob, state: TrainState, callbacks: Callbacks) -> None:
    """Fit what is fitted on validation, judge the best epoch on the test part, and write it all."""
    folder, labels = job.folder, job.clipset.labels
    best = Checkpoint(folder / run_folder.BEST)
    model, contract = best.load(), best.contract
    model = model.to(fabric.device).to(memory_format=torch.channels_last_3d)
    val, test = (
        outcome_of(fabric, model, dataset(job, part), job.config, job.machine) for part in ("val", "test")
    )
    # Nobody may clear away the best network before everybody has read it.
    fabric.barrier()
    if not fabric.is_global_zero:
        return
    temperature = fit_temperature(val)
    metrics = {"test_accuracy": test.accuracy, "test_macro_f1": test.macro_f1, "val_macro_f1": val.macro_f1}
    contract = replace(
        with_provenance(
            contract, date=date.today().isoformat(), **run_folder.facts(job, state.best_epoch, metrics)
        ),
        temperature=temperature,
        thresholds=fit_thresholds(val, labels, temperature),
    )
    write_reports(folder, test, labels, temperature)
    write_mistakes(folder / "mistakes.html", test, dataset(job, "test"), labels, temperature)
    plots.curves(folder / "curves.png", state.rows)
    save_checkpoint(folder / run_folder.CHECKPOINT, model.cpu(), contract, half=job.config.half)
    for name in (run_folder.BEST, run_folder.STATE):
        (folder / name).unlink(missing_ok=True)
    callbacks.tell(f"Best epoch: {state.best_epoch}, validation macro F1 {state.best_score:.4f}.")
    callbacks.tell(report_text(test, labels))
