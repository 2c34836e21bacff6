"""Let trainings on the same cores take turns, step by step, so that no layer waits for another program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

import torch
from filelock import FileLock, Timeout
from lightning_fabric import Fabric
from platformdirs import user_runtime_path

_POLL_S = 0.001
_PATIENCE_S = 60.0
"""How long another program may hold its turn: one that is suspended must not stop the others for ever."""


class Turns:
    """Turns to compute with all cores of the machine.

    Each layer ends when its slowest thread has ended. When two programs have as many threads as there are
    cores, every layer waits for a thread that is not running; one step after the other waits for none. The
    numbers are the same, since no thread is added or taken away.
    """

    def __init__(self, *, needed: bool, patience: float = _PATIENCE_S) -> None:
        self._needed, self._patience = needed, patience

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the step of another training of this user, and let the others wait meanwhile."""
        if self._needed:
            try:
                self._lock.acquire(timeout=self._patience)
            except (Timeout, OSError):
                # Turns save time and nothing else: training is right without them.
                self._needed = False
        try:
            yield
        finally:
            if self._needed:
                self._lock.release()

    @cached_property
    def _lock(self) -> FileLock:
        folder = user_runtime_path("bball-tag", ensure_exists=True)
        return FileLock(folder / "training.lock", poll_interval=_POLL_S)


def turns_on(fabric: Fabric) -> Turns:
    """Return the turns of a run: none on a GPU, which shares itself out, nor with one thread.

    Processes of one run wait for each other within a step, so that none of them may wait for its turn.
    """
    alone = fabric.world_size == 1 and fabric.device.type == "cpu"
    return Turns(needed=alone and torch.get_num_threads() > 1)
