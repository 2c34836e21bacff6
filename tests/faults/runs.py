"""Commands in processes of their own that need not load torch first: a run takes as long as its work."""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import random
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path

import psutil

IS_LINUX = sys.platform == "linux"
_CONTEXT = multiprocessing.get_context("forkserver" if IS_LINUX else "spawn")
_LOADED = (
    "torch",
    "cv2",
    "openpyxl",
    "scenedetect",
    "lightning_fabric",
    "bball_tag.cli",
    "bball_tag.api",
    "bball_tag.rendering",
    "bball_tag.render.overlay",
    "bball_tag.scoring.backends.pytorch",
    "bball_tag.scoring.inference",
    "bball_tag.training",
    "train.recipe",
)
"""What the first process loads, and all others have from it, where the system can split a process."""
HANGS_AFTER_S = 30.0
"""Seconds of computing, or without computing anything, after which a run counts as hanging."""
MOST_BYTES = 2 << 30
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT) if os.name == "posix" else (signal.SIGTERM,)
_PAUSE_S, _WAITS_S = 0.003, 2.0
_BEGUN, _ENDED = "\0begun\0", "\0ended\0"
"""What a run writes when signals begin to be met in order, and when they no longer are."""
if IS_LINUX:
    _CONTEXT.set_forkserver_preload(list(_LOADED))


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended."""

    code: int | None
    """What it returned; None where it was ended because it hung."""
    said: str
    """All that it wrote to stdout and stderr."""
    cpu_s: float
    """Seconds that it computed, up to the last look."""
    memory: int
    """Most bytes of memory at a look."""
    in_order: bool
    """Whether it was at work when it ended, so that it had to meet a signal in order: not while Python still
    loaded it, and not when all was done."""

    @property
    def fault(self) -> str:
        """Return what no run may do; nothing where it did none of it."""
        if self.code is None:
            return f"it hung: {self.said[-6000:]}"
        if "Traceback (most recent call last)" in self.said:
            return f"a traceback: {self.said[-1500:]}"
        if self.code < 0:
            return f"it crashed with signal {-self.code}: {self.said[-300:]}"
        return f"it took {self.memory >> 20} MiB" if self.memory > MOST_BYTES else ""


class Run:
    """`bball-tag` at work in a folder."""

    def __init__(
        self,
        arguments: Sequence[object],
        folder: Path,
        *,
        most_bytes: int | None = None,
        patch: str = "",
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """Begin.

        Args:
            arguments: What follows `bball-tag`.
            folder: Where it runs.
            most_bytes: Size above which no file can be written, as on a full disk.
            patch: Name of a function of `tests.faults.patches` to be called first.
            settings: Further environment variables.
        """
        self._heard, said = _CONTEXT.Pipe(duplex=False)
        job = (list(map(str, arguments)), str(folder), said, most_bytes, patch, _settings(settings))
        self._process = _CONTEXT.Process(target=_run, args=job)
        self._process.start()
        said.close()
        self._cpu_s, self._others_s, self._memory = 0.0, 0.0, 0
        self._computed = time.monotonic()

    def until(self, cpu_s: float) -> bool:
        """Wait until it has computed so long; return whether it is still at work."""
        while self._look():
            if self._cpu_s >= cpu_s:
                return True
            if self._is_idle(HANGS_AFTER_S):
                return True
            time.sleep(_PAUSE_S)
        return False

    def send(self, number: int) -> None:
        """Send it a signal."""
        with suppress(ProcessLookupError):
            os.kill(self._process.pid or 0, number)

    @property
    def is_alive(self) -> bool:
        """Whether it is still at work."""
        return bool(self._process.is_alive())

    def children(self) -> list[psutil.Process]:
        """Return the processes that it began."""
        try:
            found: list[psutil.Process] = psutil.Process(self._process.pid).children()
        except psutil.Error:
            return []
        return found

    def end(self, hangs_after_s: float = HANGS_AFTER_S) -> Ended:
        """Wait for its end, and return how it ended; a run that computes longer is killed."""
        text = b""
        code: int | None = None
        while True:
            busy = self._look()
            if self._heard in wait([self._heard], _PAUSE_S if busy else 0):
                part = os.read(self._heard.fileno(), 1 << 16)
                text += part
                if part:
                    continue
            if not busy:
                code = self._process.exitcode
                break
            if self._cpu_s > hangs_after_s or self._is_idle(hangs_after_s):
                text += self._stacks()
                self._process.kill()
                break
            time.sleep(_PAUSE_S)
        self._process.join()
        self._heard.close()
        said = text.decode(errors="replace")
        in_order = _BEGUN in said and _ENDED not in said
        said = said.replace(_BEGUN, "").replace(_ENDED, "")
        return Ended(code, said, self._cpu_s, self._memory, in_order)

    def _stacks(self) -> bytes:
        """Return where each thread is, for whoever looks for the reason why it hangs."""
        if not hasattr(signal, "SIGUSR1"):
            return b""
        self.send(signal.SIGUSR1)
        wait([self._heard], 2)
        time.sleep(0.5)
        return os.read(self._heard.fileno(), 1 << 16) if wait([self._heard], 0) else b""

    def _is_idle(self, seconds: float) -> bool:
        """Return whether it computed nothing for so long; on a busy machine, too, each gets a little."""
        return time.monotonic() - self._computed > seconds

    def _look(self) -> bool:
        """Note what it has used so far, and return whether it is still at work."""
        if not self._process.is_alive():
            return False
        with suppress(psutil.Error):
            process = psutil.Process(self._process.pid)
            times = process.cpu_times()
            if (cpu_s := times.user + times.system) > self._cpu_s:
                self._cpu_s, self._computed = cpu_s, time.monotonic()
            elif self._is_idle(_WAITS_S):
                # Who waits for a process of its own does not hang as long as that one computes.
                others_s = sum(sum(child.cpu_times()[:2]) for child in self.children())
                if others_s != self._others_s:
                    self._others_s, self._computed = others_s, time.monotonic()
            self._memory = max(self._memory, process.memory_info().rss)
        return True


def ended(arguments: Sequence[object], folder: Path, **how: object) -> Ended:
    """Run `bball-tag` to its end: see `Run`."""
    return Run(arguments, folder, **how).end()  # type: ignore[arg-type]


def killed_at_random(
    arguments: Sequence[object], folder: Path, cpu_s: float, rng: random.Random
) -> tuple[Ended, str]:
    """Run `bball-tag`, and send it a signal at a moment of the `cpu_s` seconds that it computes.

    Returns:
        How it ended, and the name of the signal; empty where it was done before.
    """
    number, moment = rng.choice(SIGNALS), rng.uniform(0, cpu_s)
    run = Run(arguments, folder)
    in_time = run.until(moment)
    if in_time:
        run.send(number)
    return run.end(), number.name if in_time else ""


def _settings(more: Mapping[str, str] | None) -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", **(more or {})}


def _run(
    arguments: Sequence[str],
    folder: str,
    said: Connection,
    most_bytes: int | None,
    patch: str,
    settings: Mapping[str, str],
) -> None:
    """Be the process."""
    os.environ.clear()
    os.environ.update(settings)
    # Processes that it begins are begun as by the command line, not as this one was.
    multiprocessing.set_start_method(None, force=True)
    os.chdir(folder)
    for number in (1, 2):
        os.dup2(said.fileno(), number)
    said.close()
    # The first process had others, and what it read in advance is not ours.
    sys.stdout, sys.stderr = (os.fdopen(number, "w", closefd=False) for number in (1, 2))
    if hasattr(signal, "SIGUSR1"):
        faulthandler.register(signal.SIGUSR1, file=2)
    if most_bytes is not None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    if patch:
        from tests.faults import patches

        getattr(patches, patch)()
    from bball_tag import cli

    in_order = cli.in_order

    @contextmanager
    def noted(came: list[KeyboardInterrupt]) -> Iterator[None]:
        with in_order(came):
            os.write(1, _BEGUN.encode())
            yield
            os.write(1, _ENDED.encode())

    cli.in_order = noted
    cli.app(list(arguments), prog_name="bball-tag")
