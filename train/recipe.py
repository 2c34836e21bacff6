"""Fine-tune slow_r50 on labelled clips: build, loop, evaluate, in this order."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import torch

from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import Contract, stream_key
from bball_tag.checkpoint.description import AT_CHANCE
from bball_tag.checkpoint.model import save_checkpoint
from bball_tag.errors import BballTagError
from bball_tag.learning.calibration import fit_thresholds
from train import plots
from train.build import Built, build, dataset, describe
from train.config import Progress, Recipe, TrainingJob, silent
from train.dataset import ClipDataset
from train.devices import placed, predict_clips
from train.evaluation import Evaluation, answered, fit_temperatures
from train.history import EpochResult, write_log, write_tensorboard
from train.learner import EpochStats
from train.nodes import check_alike
from train.predictions import Predictions
from train.resume import TrainState, load_state, save_state
from train.run_folder import RunFolder, versions
from train.schedule import first_trained_block
from train.seen import SEEN, marks
from train.splits import write_split
from train.world import world_of_clips

log = logging.getLogger("bball_tag.train")


def train(
    job: TrainingJob,
    folder: RunFolder,
    progress: Progress = silent,
    *,
    resume: bool = False,
    tensorboard: bool = False,
) -> None:
    """Fine-tune, evaluate the best epoch on the test clips, and leave checkpoint and reports in `folder`.

    Args:
        job: Data, recipe and machine.
        folder: Where everything about the run is written.
        progress: Shows how far it is.
        resume: Resume after the last finished epoch in the folder.
        tensorboard: Also write TensorBoard events.

    Raises:
        BballTagError: The data or the initial weights cannot be used, the run in the folder is another one,
            or training diverged.
    """
    fingerprint = job.clipset.fingerprint
    stored = folder.stored_settings(job.recipe.settings(), fingerprint) if resume else None
    built = build(job, stored)
    check_alike(built.fabric, folder.path, fingerprint)
    recipe, learner = built.recipe, built.learner
    val_data = dataset(job.split.val, recipe, job.machine)
    log.info(
        "Training %s on %s, %s.", describe(learner.averaged, recipe), built.fabric.device, recipe.precision
    )
    if built.fabric.is_global_zero and recipe.settings() != stored:
        write_split(job.split, folder.split)
        folder.write_settings(recipe.settings(), fingerprint)
    state = TrainState()
    if resume and folder.state.exists():
        state = load_state(folder.state, learner.parts())
        log.info("Resuming after epoch %d.", state.epoch)
    if state.epoch < recipe.epochs:
        _preload((built.batches.dataset, val_data), progress)

    for epoch in range(state.epoch + 1, recipe.epochs + 1):
        if recipe.patience and state.best and epoch - state.best.epoch > recipe.patience:
            log.info("No better validation macro F1 since epoch %d: stopping.", state.best.epoch)
            break
        _announce_unfreezing(epoch, recipe)
        result = _one_epoch(epoch, built, val_data, progress, state.best)
        state = TrainState((*state.results, result))
        if built.fabric.is_global_zero:
            _keep(folder, built, state, job.clipset.labels, tensorboard=tensorboard)
    built.fabric.barrier()
    _finish(job, built, folder, state, val_data)
    # No process may use the checkpoint before the first has written it.
    built.fabric.barrier()


def _one_epoch(
    epoch: int, built: Built, val_data: ClipDataset, progress: Progress, best: EpochResult | None
) -> EpochResult:
    fabric, recipe, batches = built.fabric, built.recipe, built.batches
    began = time.perf_counter()
    # Everything random in an epoch follows from seed and epoch, so that a resumed run repeats it;
    # each process drops other features.
    torch.manual_seed(recipe.seed * 100_003 + epoch + 1_000_003 * fabric.global_rank)
    built.order.set_epoch(epoch)
    batches.dataset.set_epoch(epoch)
    so_far = f", best macro F1 {best.val_macro_f1:.3f}" if best else ""
    try:
        with progress(f"Epoch {epoch}/{recipe.epochs}{so_far}", len(batches)) as show:
            stats = built.learner.one_epoch(epoch, batches, show)
        model = built.learner.averaged.module
        found = predict_clips(fabric, model, val_data, recipe.precision, recipe.batch_size)
    except FloatingPointError as error:
        raise _diverged(epoch, error, recipe) from error
    result = EpochResult(
        epoch, stats.loss, stats.accuracy, found.loss, found.accuracy, found.macro_f1, stats.lr
    )
    log.info("%s", result.line(recipe.epochs))
    log.info("%s", _pace(stats, time.perf_counter() - began, recipe.epochs - epoch))
    return result


def _diverged(epoch: int, error: FloatingPointError, recipe: Recipe) -> BballTagError:
    fp32 = "" if recipe.precision == "fp32" else "Continue with --resume --precision fp32, or "
    again = f"begin again with a lower --lr than {recipe.lr:g} (--overwrite)."
    return BballTagError(
        f"Training diverged in epoch {epoch}: {error}. {fp32}{again if fp32 else again.capitalize()}"
    )


def _pace(stats: EpochStats, seconds: float, epochs_left: int) -> str:
    """Return how fast an epoch of `seconds` (with validation) was, and how long the rest will take."""
    left = f", about {seconds * epochs_left / 60:.0f} min left" if epochs_left else ""
    waiting = stats.waited / stats.seconds
    return (
        f"  {stats.num_clips / stats.seconds:.1f} clips/s, {waiting:.1%} of the time waiting for clips{left}"
    )


def _preload(parts: Sequence[ClipDataset], progress: Progress) -> None:
    """Decode what fits into memory, once."""
    complete, done = True, 0
    with progress("Reading clips", sum(map(len, parts))) as show:
        for part in parts:
            complete &= part.preload(lambda count, done=done: show(done + count))  # type: ignore[misc]
            done += len(part)
    held = sum(part.cached_bytes for part in parts) / 2**20
    rest = "" if complete else "; the others are decoded in every epoch"
    log.info("%s MiB of decoded clips are kept in memory%s.", f"{held:,.0f}", rest)


def _announce_unfreezing(epoch: int, recipe: Recipe) -> None:
    now = first_trained_block(epoch, recipe.unfreeze)
    if epoch > 1 and now != first_trained_block(epoch - 1, recipe.unfreeze):
        log.info("Unfreezing blocks starting from block %d at epoch %d", now, epoch)


def _keep(
    folder: RunFolder, built: Built, state: TrainState, labels: tuple[str, ...], *, tensorboard: bool
) -> None:
    """Write what an interrupted run needs; the best model first, as the state relies on it."""
    recipe, result = built.recipe, state.results[-1]
    if state.best == result:
        contract = Contract(
            labels, recipe.clip, recipe.width, recipe.streams, provenance={"name": recipe.name}
        )
        save_checkpoint(folder.best, built.learner.averaged.module, contract)
    save_state(folder.state, state, built.learner.parts())
    write_log(folder.results, state.results)
    if tensorboard:
        write_tensorboard(folder.tensorboard, result)


def _finish(
    job: TrainingJob, built: Built, folder: RunFolder, state: TrainState, val_data: ClipDataset
) -> None:
    """Fit what is fitted on validation, evaluate the best epoch on the test clips, and write it all."""
    recipe, labels, fabric = built.recipe, job.clipset.labels, built.fabric
    best = Checkpoint(folder.best)
    model = placed(best.load(), fabric, fp32_stem=recipe.fp32_stem)
    test_data = dataset(job.split.test, recipe, job.machine)
    try:
        val, test = (
            predict_clips(fabric, model, data, recipe.precision, recipe.batch_size)
            for data in (val_data, test_data)
        )
    except FloatingPointError as error:
        raise _diverged(state.epoch, error, recipe) from error
    # The best model may not be removed before every process has read it.
    fabric.barrier()
    if not fabric.is_global_zero or state.best is None:
        return
    temperatures = fit_temperatures(val)
    contract = replace(
        best.contract,
        provenance=_facts(job, recipe, state.best.epoch, val, test),
        world=world_of_clips(job.split.train),
        temperature=temperatures.pop(stream_key(recipe.streams)),
        temperatures=temperatures,
    )
    rows = answered(val, contract).probabilities(contract.temperature)
    contract = replace(contract, thresholds=fit_thresholds(rows, val.target, labels))
    evaluation = Evaluation(contract, test, test_data)
    evaluation.write(folder.path)
    plots.curves(folder.path / "curves.png", state.results)
    save_checkpoint(folder.checkpoint, model.cpu(), contract, half=recipe.half)
    for path in (folder.best, folder.state):
        path.unlink(missing_ok=True)
    log.info("Best epoch: %d, validation macro F1 %.4f.", state.best.epoch, state.best.val_macro_f1)
    log.info("%s", evaluation.table)
    if evaluation.fault:
        log.warning("%s", evaluation.fault)


def _facts(
    job: TrainingJob, recipe: Recipe, best_epoch: int, val: Predictions, test: Predictions
) -> dict[str, Any]:
    """Return what a checkpoint says about its training."""
    metrics = {"test_accuracy": test.accuracy, "test_macro_f1": test.macro_f1, "val_macro_f1": val.macro_f1}
    return {
        "name": recipe.name,
        "date": date.today().isoformat(),
        "data": {
            "clips": {part: len(keys) for part, keys in job.split.keys().items()},
            "fingerprint": job.clipset.fingerprint,
            "labels": job.clipset.counts,
            SEEN: marks(job.split),
        },
        "settings": recipe.settings(),
        "best_epoch": best_epoch,
        "metrics": {name: round(value, 4) for name, value in metrics.items()},
        AT_CHANCE: test.is_at_chance,
        "versions": versions(),
    }
