"""Where a task is computed: a process here or one on another machine, which may die."""

from __future__ import annotations

import logging
import os
import pickle
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any, Protocol

from bball_tag.errors import BballTagError, explain_import, explain_memory

log = logging.getLogger("bball_tag")


class WorkerDiedError(Exception):
    """A worker is gone, and with it what it was computing."""


class NoWorkersError(BballTagError):
    """All workers are gone for good: nothing more can be computed, whichever game it is of."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a task."""

    value: Any
    error: Exception | None
    logged: Sequence[tuple[int, str]]
    """What was logged meanwhile: levels and sentences."""


class Worker(Protocol):
    """Computes tasks, one at a time."""

    def ready(self) -> None:
        """Return once there is somebody who can compute: at the beginning, and after each death.

        Raises:
            WorkerDiedError: They did not come so far.
        """

    def run(self, function: Callable[..., Any], arguments: Sequence[Any]) -> Outcome:
        """Return what `computed` gives there.

        Raises:
            WorkerDiedError: Whoever computed is gone; see `ready`.
        """

    def close(self) -> None:
        """End the worker, whatever it is doing."""


@dataclass(frozen=True, slots=True)
class Found:
    """Who there is to compute."""

    workers: Sequence[Worker]
    is_one_machine: bool = True
    """Whether all of them, and whoever may join later, have the same processor and disk."""
    at_end: Callable[[], None] = lambda: None
    """Called when all of them are ended."""

    def end(self, threads: Sequence[Thread] = ()) -> None:
        """End all workers and wait for the threads that stand by them, but for one that cannot be ended."""
        try:
            ended = [_is_ended(worker) for worker in self.workers]
            for thread, is_ended in zip(threads, ended, strict=False):
                if is_ended:
                    thread.join()
        finally:
            self.at_end()


def _is_ended(worker: Worker) -> bool:
    """End a worker; return whether that succeeded."""
    try:
        worker.close()
    except Exception as error:  # noqa: BLE001 - the others have to be ended too
        log.warning("A worker could not be ended: %s.", error)
        return False
    return True


@dataclass(frozen=True, slots=True)
class Setting:
    """What a worker has to know before its first task."""

    threads: int
    """Cores that it may use."""
    folder: Path
    """Where relative paths begin."""


def available_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Logged(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.records: list[tuple[int, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append((record.levelno, record.getMessage()))


def begin(setting: Setting) -> None:
    """Get this process ready to be a worker."""
    # Libraries that are loaded later read these.
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(setting.threads)
    with suppress(OSError):
        os.chdir(setting.folder)
    import cv2
    import torch

    cv2.setNumThreads(setting.threads)
    torch.set_num_threads(setting.threads)
    log.setLevel(logging.INFO)
    log.propagate = False


def computed(function: Callable[..., Any], arguments: Sequence[Any]) -> Outcome:
    """Call a function in this process; return its value or its error, and what it logged."""
    logged = _Logged()
    log.addHandler(logged)
    try:
        return Outcome(function(*arguments), None, logged.records)
    except BballTagError as error:
        return Outcome(None, error, logged.records)
    except Exception as error:  # noqa: BLE001 - it is raised again where the task came from
        known = explain_memory(error) or explain_import(error)
        if known is None:
            error.add_note(f"In a worker:\n{traceback.format_exc()}")
        return Outcome(None, known or error, logged.records)
    finally:
        log.removeHandler(logged)


def sent(function: Callable[..., Any], arguments: Sequence[Any]) -> bytes:
    """Return a task as it goes to a worker, for `answered` there.

    Here an argument that cannot be sent raises its error to who asked; in the threads of `multiprocessing` an
    IndexError is lost, and its task with it.
    """
    return pickle.dumps((function, arguments), pickle.HIGHEST_PROTOCOL)


def answered(task: bytes) -> bytes:
    """Return the `Outcome` of a task that was `sent` here, for `received`."""
    function, arguments = pickle.loads(task)
    return pickle.dumps(computed(function, arguments), pickle.HIGHEST_PROTOCOL)


def received(answer: bytes) -> Outcome:
    """Return what a worker has `answered`."""
    outcome: Outcome = pickle.loads(answer)
    return outcome
