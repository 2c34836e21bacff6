"""Devices, precision and processes, through Lightning Fabric."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any, cast

import numpy as np
import torch
from lightning_fabric import Fabric
from lightning_fabric.strategies.ddp import DDPStrategy
from torch import Tensor, distributed, nn
from torch.utils.data import BatchSampler, DistributedSampler

from bball_tag.checkpoint.contract import Precision
from bball_tag.errors import OptionError
from bball_tag.scoring.malloc import keep_freed_memory
from bball_tag.scoring.precision import pick_device, pick_precision
from bball_tag.train_options import Machine
from train.dataset import ClipDataset
from train.loader import Batches
from train.nodes import check_launch
from train.predictions import Autocast, Predictions, predict, predictions_of
from train.turns import turns_on


def start_fabric(machine: Machine, precision: Precision, batch_size: int, *, finds_unused: bool) -> Fabric:
    """Return the engine; where several processes are wanted, they run from here on.

    Args:
        machine: Devices and processes.
        precision: As `picked_precision` gives it.
        batch_size: Clips in a batch, over all processes.
        finds_unused: Some weights get no gradient.

    Raises:
        OptionError: The clips of a batch cannot be shared between the processes.
    """
    world = machine.devices * machine.nodes
    if batch_size % world:
        raise OptionError(
            f"A batch of {batch_size} clips cannot be shared by {world} processes. "
            f"Give a --batch-size that {world} divides."
        )
    if world > 1 and hasattr(sys, "ps1"):
        raise OptionError("An interactive session cannot start several processes: train from a script.")
    check_launch(machine)
    keep_freed_memory()
    # It announces every choice that we announce ourselves.
    for name in ("lightning.fabric", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # Blocks that are still frozen get no gradient, and those that wake up later must not be forgotten.
    shared = DDPStrategy(find_unused_parameters=finds_unused) if world > 1 else "auto"
    if world > 1:
        # Of kernels of one pixel, channels-last and contiguous are the same thing under two names.
        warnings.filterwarnings("ignore", message="Grad strides do not match bucket view strides")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="lightning_fabric")
        fabric = Fabric(
            accelerator=pick_device(machine.device).type,
            devices=_devices(machine),
            num_nodes=machine.nodes,
            strategy=cast("Any", shared),
            # bf16 needs no scaler, and is decided on later: see `autocast`.
            precision="16-mixed" if precision == "fp16" else "32-true",
        )
        fabric.launch()
    if machine.threads:
        torch.set_num_threads(machine.threads)
    return fabric


def picked_precision(machine: Machine, precision: Precision) -> Precision:
    """Return fp32, bf16 or fp16; `auto` is 16 bits where the device is fast in them.

    Raises:
        OptionError: There is no such device, or fp16 needs another one.
    """
    device = pick_device(machine.device)
    picked = pick_precision(device, precision)
    if picked == "fp16" and device.type != "cuda":
        if precision == "fp16":
            raise OptionError(
                f"The precision fp16 needs a CUDA device here, not {device.type}. Try --precision auto."
            )
        return "fp32"
    return picked


def autocast(fabric: Fabric, precision: Precision) -> Autocast:
    """Return what makes the context in which a model computes."""
    if precision == "fp32":
        return nullcontext
    if precision == "bf16":
        return partial(torch.autocast, fabric.device.type, torch.bfloat16)
    return fabric.autocast


def placed(model: nn.Module, fabric: Fabric, *, fp32_stem: bool) -> nn.Module:
    """Return `model` on the device."""
    model.get_submodule("blocks.0").fp32 = fp32_stem  # type: ignore[assignment]
    return model.to(fabric.device).to(memory_format=torch.channels_last_3d)


def predict_clips(
    fabric: Fabric,
    model: nn.Module,
    data: ClipDataset,
    precision: Precision,
    batch_size: int,
    on_batch: Callable[[int], None] = lambda done: None,
) -> Predictions:
    """Run `model` over all clips of `data`, shared between the processes; each gets all predictions.

    Streams that `data` does not read are left out of the answer.

    Raises:
        FloatingPointError: The values are not finite.
    """
    if len(data.loading.streams) > 1:
        # Before the model needs the cores: see `ClipDataset.preload`.
        data.preload(lambda done: None)
    # Every clip in order; where they cannot be shared equally, the first ones again.
    share: DistributedSampler[Any] = DistributedSampler(
        data, fabric.world_size, fabric.global_rank, shuffle=False
    )
    batches = Batches(fabric, data, BatchSampler(share, batch_size, drop_last=False))
    found = predict(model, batches, autocast(fabric, precision), on_batch, turns_on(fabric).turn)
    if fabric.world_size > 1:
        parts = np.stack(list(found.parts.values()) or [found.logits], axis=1)
        logits, target = (
            _interleaved(torch.from_numpy(values).to(fabric.device), fabric)[: len(data)].cpu().numpy()
            for values in (parts, found.target)
        )
        found = predictions_of(logits, target, found.streams)
    found = found.of(data.loading.streams)
    if not np.isfinite(found.logits).all():
        raise FloatingPointError("the predictions are not finite")
    return found


def _interleaved(own: Tensor, fabric: Fabric) -> Tensor:
    """Return the rows of all processes: process r has the clips r, r + world, …"""
    parts = [torch.empty_like(own) for _ in range(fabric.world_size)]
    distributed.all_gather(parts, own)
    return torch.stack(parts, dim=1).flatten(0, 1)


def _devices(machine: Machine) -> int | list[int]:
    """Return how many devices, or the very one that was asked for (`cuda:1`)."""
    _, colon, number = machine.device.partition(":")
    return [int(number)] if colon and machine.devices == 1 else machine.devices
