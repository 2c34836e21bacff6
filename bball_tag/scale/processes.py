"""Workers that are processes of this machine."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

from bball_tag.scale.crew import Crew
from bball_tag.scale.worker import (
    Outcome,
    Setting,
    WorkerDiedError,
    answered,
    available_cores,
    begin,
    received,
    sent,
)

_PAUSE_S = 1.0
"""Seconds after a process that could not begin: what it lacked, as memory, may be there again."""


class ProcessWorker:
    """A process, and another one in its place when it died: see `bball_tag.scale.worker.Worker`."""

    def __init__(self, setting: Setting) -> None:
        """Plan a process that begins with `ready`."""
        self._setting = setting
        self._lock = Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._pid: int | None = None
        self._closed = Event()

    def ready(self) -> None:
        """Begin a process, where there is none."""
        if self._pool is not None:
            return
        # One pool for each process: when a process dies, its pool is gone, and no other task with it.
        pool = ProcessPoolExecutor(
            1, mp_context=get_context("spawn"), initializer=_begin, initargs=(self._setting,)
        )
        try:
            pid = pool.submit(os.getpid).result()
        except (BrokenProcessPool, OSError) as error:
            self._closed.wait(_PAUSE_S)
            raise WorkerDiedError("a process could not begin") from error
        with self._lock:
            self._pool, self._pid = pool, pid
            if self._closed.is_set():
                self._end()

    def run(self, function: Callable[..., Any], arguments: Sequence[Any]) -> Outcome:
        """Return what `computed` gives in the process."""
        assert self._pool is not None
        task = sent(function, arguments)
        try:
            return received(self._pool.submit(answered, task).result())
        except BrokenProcessPool as error:
            with self._lock:
                # The number may soon be that of a process of somebody else.
                self._pool = self._pid = None
            raise WorkerDiedError("a process of this machine was killed, or crashed") from error

    def close(self) -> None:
        """End the process, whatever it is doing."""
        with self._lock:
            self._closed.set()
            self._end()

    def _end(self) -> None:
        if self._pid is not None:
            with suppress(OSError):
                os.kill(self._pid, signal.SIGTERM)


def processes(jobs: int) -> Crew:
    """Return a crew of `jobs` processes that share the cores of this machine."""
    # A process gets the `sys.path` of this one, which OpenCV changes for a moment while it is imported. That
    # is over before a thread begins any. Waiting for another thread's import does not help, as OpenCV takes
    # its module out and puts another one in meanwhile.
    import cv2  # noqa: F401

    setting = Setting(max(1, available_cores() // jobs), Path.cwd())
    return Crew([ProcessWorker(setting) for _ in range(jobs)])


def _begin(setting: Setting) -> None:
    # Ctrl-C reaches every process of a terminal; the one that was asked ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    begin(setting)


def _end_with_parent() -> None:
    """End this process when the one that began it is gone: nobody would hear of what is computed."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
