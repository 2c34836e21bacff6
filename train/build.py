"""Build what a run needs: datasets, model, optimiser, and a precision that is right on this machine."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import nn

from bball_tag.checkpoint.model import build_model, load_kinetics, load_weights
from bball_tag.train_options import Machine
from train.clip_images import Loading
from train.clipset import LabelledClip
from train.config import Recipe, TrainingJob, init_path
from train.dataset import ClipDataset
from train.devices import picked_precision, placed, start_fabric
from train.gradient_check import check_bf16
from train.learner import Learner
from train.loader import Batches, EpochOrder
from train.loss import ClipLoss
from train.splits import label_weights, sampling_probabilities
from train.turns import turns_on

log = logging.getLogger("bball_tag.train")


@dataclass(frozen=True, slots=True)
class Built:
    """Everything that one epoch of training needs."""

    fabric: Fabric
    recipe: Recipe
    """With the precision that was found to be right."""
    learner: Learner
    batches: Batches
    order: EpochOrder


def build(job: TrainingJob, stored: Mapping[str, Any] | None = None) -> Built:
    """Start the processes, and build what they train with.

    Args:
        job: What is to be trained on what.
        stored: The settings of the run that is resumed.

    Raises:
        OptionError: An option does not fit this machine.
        CheckpointError: The initial weights cannot be used.
    """
    recipe = _with_precision(job.recipe, job.machine, stored)
    fabric = start_fabric(
        job.machine, recipe.precision, recipe.batch_size, finds_unused=bool(recipe.unfreeze)
    )
    torch.manual_seed(recipe.seed)
    clips, num_labels = job.split.train, len(job.clipset.labels)
    order = EpochOrder(
        len(clips),
        recipe.batch_size,
        seed=recipe.seed,
        sampling_probabilities=sampling_probabilities(clips, num_labels)
        if recipe.balance == "weighted"
        else None,
        share=(fabric.global_rank, fabric.world_size),
    )
    # Nearly all of the memory is for the clips that are looked at most often.
    data = dataset(clips, recipe, job.machine, cache_fraction=0.8, trains=True)
    batches = Batches(fabric, data, order, job.machine.workers)
    weights = (
        torch.from_numpy(label_weights(clips, num_labels)) if recipe.balance == "class-weights" else None
    )
    loss = ClipLoss(weights, recipe.label_smoothing).to(fabric.device)
    model = placed(initialised_model(recipe, num_labels), fabric, fp32_stem=recipe.fp32_stem)
    if recipe.precision == "bf16":
        with turns_on(fabric).turn():
            first = batches.first()
            precision, fp32_stem = check_bf16(
                fabric, model, (first.clips, first.labels), loss, fp32_stem=recipe.fp32_stem
            )
        recipe = replace(recipe, precision=precision, fp32_stem=fp32_stem)
        model = placed(model, fabric, fp32_stem=fp32_stem)
    return Built(fabric, recipe, Learner(fabric, model, recipe, loss, len(order)), batches, order)


def dataset(
    clips: Sequence[LabelledClip],
    recipe: Recipe,
    machine: Machine,
    *,
    cache_fraction: float = 0.2,
    trains: bool = False,
) -> ClipDataset:
    """Return clips as a part of the split is looked at; `cache_fraction` of the memory is for them.

    Where one `trains` on them, they are augmented, and streams are left out at random.
    """
    return ClipDataset(
        clips,
        Loading(recipe.clip, recipe.source_fps, recipe.streams),
        recipe.augment if trains else (),
        recipe.seed,
        int(machine.cache_gb * cache_fraction * 2**30),
        trains=trains,
    )


def initialised_model(recipe: Recipe, num_labels: int) -> nn.Module:
    """Return the model with its initial weights."""
    model = build_model(num_labels, recipe.clip, recipe.width, recipe.streams)
    if recipe.init == "kinetics":
        load_kinetics(model)
    elif recipe.init != "none":
        path = init_path(recipe.init)
        (load_weights if path.suffix == ".safetensors" else load_kinetics)(model, path)
    return model


def describe(model: nn.Module, recipe: Recipe) -> str:
    """Return one line about the model."""
    millions = sum(parameter.numel() for parameter in model.parameters()) / 1e6
    clip = recipe.clip
    sides = f" with {' and '.join(recipe.streams[1:])}" if len(recipe.streams) > 1 else ""
    return (
        f"slow_r50 of width {recipe.width}{sides} ({millions:.1f} million parameters, "
        f"initial weights: {recipe.init}; {clip.num_frames} frames at {clip.fps:g} per second, "
        f"{clip.width}x{clip.height})"
    )


def _with_precision(recipe: Recipe, machine: Machine, stored: Mapping[str, Any] | None) -> Recipe:
    """Decide on the precision: what a resumed run began with, unless another one is asked for now."""
    if stored is None or recipe.precision not in ("auto", stored["precision"]):
        if stored is not None:
            log.warning("The run began in %s and resumes in %s.", stored["precision"], recipe.precision)
        return replace(recipe, precision=picked_precision(machine, recipe.precision))
    return replace(recipe, precision=stored["precision"], fp32_stem=stored["fp32_stem"])
