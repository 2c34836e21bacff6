"""Several computers in one training: started as one run, with the same clips and one folder."""

from __future__ import annotations

import os
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import cast

import torch
from lightning_fabric import Fabric
from torch import Tensor

from bball_tag.errors import DataError, OptionError
from bball_tag.train_options import Machine

_SEEN_WITHIN_S = 10.0
"""A network drive may show a new file to other computers a little later."""


def check_launch(machine: Machine) -> None:
    """Refuse processes that would wait for others in vain.

    Raises:
        OptionError: The message says how training is started on several computers.
    """
    world = machine.devices * machine.nodes
    started = int(os.environ.get("WORLD_SIZE", world))
    if machine.nodes > 1 and "MASTER_ADDR" not in os.environ:
        raise OptionError(
            f"--nodes {machine.nodes} is started on each of the {machine.nodes} computers, by torchrun: "
            f"torchrun --nnodes {machine.nodes} --node-rank 0 --nproc-per-node {machine.devices} "
            "--master-addr HOST --master-port 29500 -m bball_tag train … (docs/scale.md)"
        )
    if started != world:
        raise OptionError(
            f"{started} processes were started, and --devices {machine.devices} on --nodes {machine.nodes} "
            f"are {world}. Give torchrun's --nproc-per-node as --devices and its --nnodes as --nodes."
        )


def check_alike(fabric: Fabric, folder: Path, fingerprint: str) -> None:
    """See that all processes have the same clips and see the same run folder; each of them calls this.

    Args:
        fabric: The processes.
        folder: Where the first of them writes, and the others read the best epoch.
        fingerprint: What the clips are.

    Raises:
        DataError: They do not. All processes raise it, so that none waits for the others.
    """
    if fabric.world_size == 1:
        return
    mark = folder / f".{fabric.broadcast(uuid.uuid4().hex)}.seen"
    if fabric.is_global_zero:
        with suppress(OSError):
            mark.touch()
    fabric.barrier()
    own = torch.tensor([fabric.broadcast(fingerprint) == fingerprint, _is_seen(mark)], dtype=torch.int32)
    seen = cast("Tensor", fabric.all_reduce(own.to(fabric.device), reduce_op="sum"))
    if fabric.is_global_zero:
        mark.unlink(missing_ok=True)
    same_clips, same_folder = (seen == fabric.world_size).tolist()
    if not same_clips:
        raise DataError(
            "The computers have other clips, or other labels for them: copy the same folder to each of them, "
            "or read it from a drive that they share."
        )
    if not same_folder:
        raise DataError(
            f"The computers do not see the same {folder}: --out must lie on a drive that all of them share."
        )


def _is_seen(mark: Path) -> bool:
    limit = time.monotonic() + _SEEN_WITHIN_S
    while not mark.exists():
        if time.monotonic() > limit:
            return False
        time.sleep(0.1)
    return True
