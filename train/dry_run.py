"""What a run would be like, before it is begun: `--dry-run`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace

import torch

from bball_tag.scoring.malloc import keep_freed_memory
from train.config import TrainingJob
from train.devices import resolved_precision, start_fabric
from train.division import check_enough, describe_labels
from train.learner import trained_parameters
from train.recipe import build_learner, describe
from train.schedule import first_trained_block

_STEPS = 2


def preview(job: TrainingJob, tell: Callable[[str], None]) -> None:
    """Tell counts, split, weights per stage, memory, and the seconds of a step, measured on two.

    Nothing is written.

    Raises:
        DataError: The data cannot be used.
        CheckpointError: The weights to begin with cannot be used.
    """
    check_enough(job.clipset, job.split)
    keep_freed_memory()
    fabric = start_fabric(job.config, job.machine)
    job = replace(job, config=replace(job.config, precision=resolved_precision(job.config, job.machine)))
    config, labels = job.config, job.clipset.labels
    for part in ("train", "val", "test"):
        tell(f"{part}: {describe_labels(getattr(job.split, part), labels)}.")
    learner, _, batches = build_learner(fabric, job)
    tell(f"{describe(learner.averaged, config)} on {fabric.device}, {config.precision}.")
    for epoch in range(1, config.epochs + 1):
        first = first_trained_block(epoch, config.unfreezing)
        if epoch == 1 or first != first_trained_block(epoch - 1, config.unfreezing):
            count = trained_parameters(learner.averaged.module, first)
            tell(f"From epoch {epoch}: blocks from {first} on are trained, {count:,} weights.")
    # All blocks: the slowest step that the run will have, and the largest.
    seconds = learner.measure(batches, last_epoch=config.epochs, num_steps=_STEPS)
    clips = min(config.batch_size, len(job.split.train))
    total = seconds * len(batches) * config.epochs / 60
    tell(
        f"{len(batches)} batches of {clips} clips an epoch; a batch takes {seconds:.2f} s "
        f"({clips / seconds:.1f} clips/s, measured on {_STEPS}), so {config.epochs} epochs take about "
        f"{total:.0f} min and the validation beside."
    )
    picture = batches.dataset.frames(0)
    needed = sum(map(len, (job.split.train, job.split.val))) * picture.nbytes / 2**20
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
