"""What a run would be like, before it is begun: `--dry-run`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace

import torch

from bball_tag.memory import keep_freed_memory
from train.config import Task
from train.engine import resolved_precision, start_fabric
from train.loop import trained_parameters
from train.prepare import check_enough, describe_labels
from train.recipe import build_learner, describe
from train.schedule import first_trained_block

_STEPS = 2


def preview(task: Task, tell: Callable[[str], None]) -> None:
    """Tell counts, split, weights per stage, memory, and the seconds of a step, measured on two.

    Nothing is written.

    Raises:
        DataError: The data cannot be used.
        CheckpointError: The weights to begin with cannot be used.
    """
    check_enough(task.clipset, task.split)
    keep_freed_memory()
    fabric = start_fabric(task.config, task.machine)
    task = replace(task, config=replace(task.config, precision=resolved_precision(task.config, task.machine)))
    config, labels = task.config, task.clipset.labels
    for part in ("train", "val", "test"):
        tell(f"{part}: {describe_labels(getattr(task.split, part), labels)}.")
    learner, _, batches = build_learner(fabric, task)
    tell(f"{describe(learner.averaged, config)} on {fabric.device}, {config.precision}.")
    for epoch in range(1, config.epochs + 1):
        first = first_trained_block(epoch, config.unfreezing)
        if epoch == 1 or first != first_trained_block(epoch - 1, config.unfreezing):
            count = trained_parameters(learner.averaged.module, first)
            tell(f"From epoch {epoch}: blocks from {first} on are trained, {count:,} weights.")
    # All blocks: the slowest step that the run will have, and the largest.
    seconds = learner.measure(batches, last_epoch=config.epochs, num_steps=_STEPS)
    clips = min(config.batch_size, len(task.split.train))
    total = seconds * len(batches) * config.epochs / 60
    tell(
        f"{len(batches)} batches of {clips} clips an epoch; a batch takes {seconds:.2f} s "
        f"({clips / seconds:.1f} clips/s, measured on {_STEPS}), so {config.epochs} epochs take about "
        f"{total:.0f} min and the validation beside."
    )
    picture = batches.dataset.frames(0)
    needed = sum(map(len, (task.split.train, task.split.val))) * picture.nbytes / 2**20
    tell(
        f"Memory: {_peak(fabric.device):,.0f} MiB for the network, "
        f"{needed:,.0f} MiB to keep every clip decoded."
    )


def _peak(device: torch.device) -> float:
    """Return the most memory that was used so far, in MiB."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    # Windows keeps no such account, and macOS counts in bytes.
    if sys.platform == "win32":
        return 0.0
    import resource

    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
