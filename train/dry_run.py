"""What a run would be like, before it begins: `--dry-run`."""

from __future__ import annotations

import logging

import torch

from bball_tag.errors import BballTagError
from bball_tag.scoring.malloc import peak_memory
from train.build import build, describe
from train.config import TrainingJob
from train.division import describe_labels
from train.learner import trained_parameters
from train.schedule import first_trained_block

log = logging.getLogger("bball_tag.train")
_STEPS = 2


def preview(job: TrainingJob) -> None:
    """Log counts, split, weights for each stage, memory, and the seconds of a step, measured on two.

    Nothing is written.

    Raises:
        DataError: The data cannot be used.
        CheckpointError: The initial weights cannot be used.
        BballTagError: Training would diverge at once.
    """
    for part in ("train", "val", "test"):
        log.info("%s: %s.", part, describe_labels(getattr(job.split, part), job.clipset.labels))
    built = build(job)
    recipe, learner, batches, device = built.recipe, built.learner, built.batches, built.fabric.device
    log.info("%s on %s, %s.", describe(learner.averaged, recipe), device, recipe.precision)
    for epoch in range(1, recipe.epochs + 1):
        first = first_trained_block(epoch, recipe.unfreeze)
        if epoch == 1 or first != first_trained_block(epoch - 1, recipe.unfreeze):
            count = trained_parameters(learner.averaged.module, first)
            log.info("From epoch %d: blocks from %d on are trained, %s weights.", epoch, first, f"{count:,}")
    # All blocks: the slowest step that the run will have, and the largest.
    try:
        seconds = learner.measure(batches, last_epoch=recipe.epochs, num_steps=_STEPS)
    except FloatingPointError as error:
        raise BballTagError(
            f"Training would diverge: {error}. Try a lower --lr than {recipe.lr:g}."
        ) from error
    clips = min(recipe.batch_size, len(job.split.train))
    log.info(
        "%d batches of %d clips an epoch; a batch takes %.2f s (%.1f clips/s, measured on %d).",
        *(len(batches), clips, seconds, clips / seconds, _STEPS),
    )
    log.info("%s", duration(recipe.epochs, seconds * len(batches) * recipe.epochs))
    decoded = (len(job.split.train) + len(job.split.val)) * batches.dataset.images(0).nbytes
    log.info(
        "Memory: %s MiB for the model, %s MiB to keep every clip decoded.",
        f"{_peak(device) / 2**20:,.0f}",
        f"{decoded / 2**20:,.0f}",
    )


def duration(epochs: int, seconds: float) -> str:
    """Return how long a run takes whose batches take `seconds` together."""
    spent = f"{seconds / 60:.0f} min" if seconds >= 60 else f"{seconds:.0f} s"
    return f"{epochs} {'epoch takes' if epochs == 1 else 'epochs take'} about {spent}, plus validation."


def _peak(device: torch.device) -> int:
    return torch.cuda.max_memory_allocated(device) if device.type == "cuda" else peak_memory()
