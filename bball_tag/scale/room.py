"""How the machines of a Ray cluster are shared by workers, and what is waited for where there is no room."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bball_tag.scale.worker import NoWorkersError
from bball_tag.timecode import counted

log = logging.getLogger("bball_tag")
_WORKER_BYTES = 2 << 30
"""Memory that a worker may need: where the number of workers is not given, no machine gets more than fit."""
_GROWS_S = 600.0
"""Seconds within which a cluster without room for any worker is to grow."""
_GPU_PARTS = 10_000
"""Ray knows as many parts of a GPU."""


@dataclass(frozen=True, slots=True)
class Share:
    """What each of the workers takes up."""

    workers: int
    cpus: int
    gpus: float

    def room(self, nodes: Sequence[Mapping[str, float]]) -> int:
        """Return how many workers the machines of a cluster have room for, when they do nothing else."""
        fit = 0
        for node in nodes:
            here = int(node.get("CPU", 0)) // self.cpus
            if self.gpus:
                # Each lies on one GPU.
                here = min(here, int(node.get("GPU", 0)) * int(1 / self.gpus))
            fit += here
        return fit

    def __str__(self) -> str:
        gpu = f" and {'a' if self.gpus == 1 else 'a part of a'} GPU" if self.gpus else ""
        return f"{counted(self.cpus, 'core')}{gpu}"


class Waiting:
    """Workers that wait for room in a cluster: it may be busy, or grow."""

    def __init__(self, share: Share, *, had_room: bool = False) -> None:
        """Wait for room for workers.

        Args:
            share: What each takes up.
            had_room: Whether there was room for all of them when they were asked for. It is not seen later:
                who begins, and imports PyTorch, already has its share.
        """
        self._share, self._had_room = share, had_room
        self._told = threading.Event()

    def check(self, seconds: float) -> None:
        """Say after `seconds` of waiting what is waited for, once.

        Raises:
            NoWorkersError: There is no machine that could take a worker, and none has come.
        """
        machine = f"a machine with {self._share} for a worker"
        fits = self._share.room(machines()) > 0
        if not fits and seconds > _GROWS_S:
            raise NoWorkersError(
                f"The cluster has not {machine}, and has not grown in {_GROWS_S / 60:.0f} minutes. Add one, "
                "and start the command again. What is finished is kept."
            )
        if not self._told.is_set():
            self._told.set()
            if fits and self._had_room:
                log.info("Waiting for the workers to begin.")
            elif fits:
                log.info("Waiting for room in the cluster, which is busy with other work.")
            else:
                log.warning("The cluster has not %s. Waiting for it to grow.", machine)


def machines() -> list[Mapping[str, float]]:
    """Return what each machine of the cluster has."""
    import ray

    return [
        node["Resources"]
        for node in ray.nodes()  # type: ignore[no-untyped-call]
        if node["Alive"]
    ]


def shared(nodes: Sequence[Mapping[str, float]], jobs: int | None) -> Share:
    """Return how the machines of a cluster are shared by workers.

    Args:
        nodes: What each machine has: `CPU`, perhaps `GPU`, and `memory` in bytes.
        jobs: How many workers; None decides that too: see `ray_crew`.
    """
    gpus = sum(node.get("GPU", 0) for node in nodes)
    if jobs is None and gpus:
        jobs = int(gpus)
    elif jobs is None:
        jobs = sum(
            max(1, min(int(node.get("CPU", 0)), int(node.get("memory", 0)) // _WORKER_BYTES))
            for node in nodes
            if node.get("CPU", 0) >= 1
        )
    jobs = max(jobs, 1)
    # Each GPU has the same number of workers, however few there are on the last: none lies on two.
    gpu = math.floor(_GPU_PARTS / math.ceil(jobs / gpus)) / _GPU_PARTS if gpus else 0.0
    cpus = sum(int(node.get("CPU", 0)) for node in nodes) // jobs
    # A worker lies on one machine.
    cpus = min([cpus, *(int(node["CPU"]) for node in nodes if node.get("CPU", 0) >= 1)])
    shares = [Share(jobs, cores, gpu) for cores in range(cpus, 1, -1)]
    return next((share for share in shares if share.room(nodes) >= jobs), Share(jobs, 1, gpu))
