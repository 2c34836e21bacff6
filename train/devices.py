"""Devices, precision and processes, through Lightning Fabric."""

from __future__ import annotations

import logging
import warnings
from typing import Any, cast

import torch
from lightning_fabric import Fabric
from lightning_fabric.strategies.ddp import DDPStrategy
from torch import distributed, nn

from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.errors import DataError
from bball_tag.scoring.inference import pick_device, pick_precision
from bball_tag.scoring.malloc import keep_freed_memory
from train.config import Machine, TrainConfig
from train.dataset import ClipDataset
from train.evaluation import Predictions, evaluate
from train.loader import Batches, SequentialBatches


def start_fabric(config: TrainConfig, machine: Machine) -> Fabric:
    """Return the engine; where several processes are wanted, they run from here on.

    Raises:
        DataError: The clips of a batch cannot be shared between the processes.
    """
    world = machine.devices * machine.nodes
    if config.batch_size % world:
        raise DataError(
            f"A batch of {config.batch_size} clips cannot be shared by {world} processes. "
            f"Give a --batch-size that {world} divides."
        )
    # It announces every choice that we announce ourselves.
    for name in ("lightning.fabric", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # Blocks that are still frozen get no gradient, and those that wake up later must not be forgotten.
    shared = DDPStrategy(find_unused_parameters=bool(config.unfreezing)) if world > 1 else "auto"
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
            precision=cast("Any", resolved_precision(config, machine)),
        )
        fabric.launch()
    if machine.threads:
        torch.set_num_threads(machine.threads)
    return fabric


def resolved_precision(config: TrainConfig, machine: Machine) -> str:
    """Return Fabric's name for the number type; `auto` takes 16 bits where the device is fast in them."""
    if config.precision != "auto":
        return config.precision
    device = pick_device(machine.device)
    kind = pick_precision(device, "auto")
    if kind == "fp16":
        return "16-mixed" if device.type == "cuda" else "32-true"
    return "bf16-mixed" if kind == "bf16" else "32-true"


def outcome_of(
    fabric: Fabric, model: nn.Module, data: ClipDataset, config: TrainConfig, machine: Machine
) -> Predictions:
    """Run `model` over all clips of `data`, shared between the processes; all get the whole outcome."""
    share = (fabric.global_rank, fabric.world_size)
    batches = Batches(fabric, data, SequentialBatches(len(data), config.batch_size, share=share), machine)
    own = evaluate(model, batches, fabric.autocast)
    if fabric.world_size == 1:
        return own
    logits = torch.from_numpy(own.logits).to(fabric.device)
    truth = torch.from_numpy(own.truth).to(fabric.device)
    every, truths = _in_turn(logits, fabric), _in_turn(truth, fabric)
    return Predictions(every[: len(data)].cpu().numpy(), truths[: len(data)].cpu().numpy())


def _in_turn(own: torch.Tensor, fabric: Fabric) -> torch.Tensor:
    """Return the rows of all processes: process r has the clips r, r + world, …"""
    parts = [torch.empty_like(own) for _ in range(fabric.world_size)]
    distributed.all_gather(parts, own)
    return torch.stack(parts, dim=1).flatten(0, 1)


def judge(checkpoint: Checkpoint, data: ClipDataset, config: TrainConfig, machine: Machine) -> Predictions:
    """Run a checkpoint over labelled clips; of `config` only batch size and precision matter."""
    keep_freed_memory()
    fabric = start_fabric(config, machine)
    model = checkpoint.load()
    model = model.to(fabric.device).to(memory_format=torch.channels_last_3d)
    return outcome_of(fabric, model, data, config, machine)


def _devices(machine: Machine) -> int | list[int]:
    """Return how many devices, or the very one that was asked for (`cuda:1`)."""
    _, colon, number = machine.device.partition(":")
    return [int(number)] if colon and machine.devices == 1 else machine.devices
