"""Workers on a Ray cluster: actors, as each keeps a checkpoint and a detector open from task to task."""

from __future__ import annotations

import logging
import os
import re
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bball_tag import __version__
from bball_tag.errors import BballTagError
from bball_tag.scale.crew import Crew
from bball_tag.scale.room import Waiting, machines, shared
from bball_tag.scale.worker import (
    Found,
    NoWorkersError,
    Outcome,
    Setting,
    WorkerDiedError,
    answered,
    available_cores,
    begin,
    received,
    sent,
)
from bball_tag.timecode import counted

log = logging.getLogger("bball_tag")
LOCAL = "local"
"""In place of an address: a cluster of this machine alone, whatever else runs on it."""
_LOOPBACK = "127.0.0.1"
_QUIET: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
_PATIENCE_S = 10.0
"""Seconds within which a cluster is to be found."""
_PAUSE_S = 1.0
"""Seconds after which a worker that begins again is asked again."""
_LOOK_S = 10.0
"""Seconds after which a worker that has not begun is looked after."""


class Actor:
    """A worker, in a process that Ray begins, and begins again where it dies."""

    def __init__(self, setting: Setting) -> None:
        begin(setting)

    def version(self) -> str:
        return __version__

    def run(self, task: bytes) -> bytes:
        # As bytes: Ray's own arrays could not be written to.
        return answered(task)


class RayWorker:
    """An actor: see `bball_tag.scale.worker.Worker`."""

    def __init__(self, actor: Any, waiting: Waiting | None = None) -> None:
        """Take an actor that begins; `waiting` is looked at while it has not, None is never."""
        self._actor, self._waiting = actor, waiting
        self._is_known = False

    def ready(self) -> None:
        """Wait until the cluster has room for the worker, and it has begun.

        Raises:
            WorkerDiedError: It cannot begin, was closed, or has another version of this package.
            NoWorkersError: The cluster has no room for it, and does not grow.
        """
        if self._is_known:
            return
        with _deaths():
            found = self._version()
        if found != __version__:
            raise WorkerDiedError(f"a machine has bball-tag {found}, and this one has {__version__}")
        self._is_known = True

    def _version(self) -> str:
        import ray
        from ray.exceptions import ActorUnavailableError, GetTimeoutError

        began, asked = time.monotonic(), self._actor.version.remote()
        while True:
            try:
                found: str = ray.get(asked, timeout=_LOOK_S)
            except GetTimeoutError:
                if self._waiting is not None:
                    self._waiting.check(time.monotonic() - began)
            except ActorUnavailableError:
                # It begins again, which takes longer than Ray waits. One that is closed has another error.
                time.sleep(_PAUSE_S)
                asked = self._actor.version.remote()
            else:
                return found

    def run(self, function: Callable[..., Any], arguments: Sequence[Any]) -> Outcome:
        """Return what `computed` gives in the actor."""
        import ray

        self._is_known = False
        with _deaths():
            outcome = received(ray.get(self._actor.run.remote(sent(function, arguments))))
        self._is_known = True
        return outcome

    def close(self) -> None:
        """End the actor, whatever it is doing."""
        import ray

        ray.kill(self._actor)


@contextmanager
def _deaths() -> Iterator[None]:
    """Turn what Ray says of lost workers, machines and results into a `WorkerDiedError`."""
    from ray.exceptions import OutOfMemoryError, RayError, RayTaskError

    try:
        yield
    except RayTaskError as error:
        raise BballTagError(
            f"A worker could not be asked: {_reason(error)}. Every machine of the cluster needs the same "
            "bball-tag and Python as this one."
        ) from error
    except OutOfMemoryError as error:
        # Ray ends with how to turn its guard off.
        raise WorkerDiedError("its machine ran out of memory") from error
    except RayError as error:
        raise WorkerDiedError(_reason(error)) from error


def _reason(error: Exception) -> str:
    """Return the last line of an error: Ray's begin with what failed, and end with why."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip() or type(error).__name__
    return plain.splitlines()[-1].strip().removesuffix(".")


def ray_crew(address: str, jobs: int | None) -> Crew:
    """Return a crew of actors; the cluster is looked for when there is something to compute.

    Args:
        address: `auto` takes the cluster that this machine belongs to, or begins one here; `local` begins
            one here; otherwise the address of a cluster, as `ray start` prints it.
        jobs: How many workers; None is one for each GPU or, where there is none, for each core for which
            there is memory.

    Raises:
        NoWorkersError: Later: Ray is not installed, or there is no such cluster.
    """
    return Crew.looked_for(partial(_found, address, jobs), jobs or 1)


def _found(address: str, jobs: int | None) -> Found:
    """Return the actors of a crew: see `ray_crew`."""
    address = near() if address == "auto" else address
    # Before Ray is imported: it reports to its makers otherwise, and is open to other machines, also where
    # it has to be alone on one. The name of that switch does not show it.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    if address == LOCAL:
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
        # As urgent as this process: Ray's own workers stand back behind everything else.
        os.environ.setdefault("RAY_worker_niceness", "0")
    try:
        import ray
    except ImportError as error:
        raise NoWorkersError(
            "Ray is not installed, which --cluster needs. Try: pip install 'bball-tag[cluster]'."
        ) from error
    _connect(address, jobs)
    nodes = machines()
    share = shared(nodes, jobs)
    log.info("The cluster has %s for %s.", counted(len(nodes), "machine"), counted(share.workers, "worker"))
    if 0 < (fit := share.room(nodes)) < share.workers:
        log.warning("It has room for %d of them at present. The others begin if it grows.", fit)
    free = ray.available_resources()  # type: ignore[no-untyped-call]
    has_room = share.room([free]) >= share.workers
    setting, waiting = Setting(share.cpus, Path.cwd()), Waiting(share, had_room=has_room)
    kind = ray.remote(num_cpus=share.cpus, num_gpus=share.gpus, max_restarts=-1)(Actor)
    workers = [RayWorker(kind.remote(setting), waiting) for _ in range(share.workers)]
    # Any other cluster may be joined by more machines.
    return Found(workers, is_one_machine=address == LOCAL, at_end=ray.shutdown)


def _connect(address: str, jobs: int | None) -> None:
    """Connect to a cluster, or begin one that only this machine can reach.

    Raises:
        NoWorkersError: There is no such cluster, or none could be begun.
    """
    import ray

    try:
        if address == LOCAL:
            _begin(max(available_cores(), jobs or 1))
        else:
            _look_for(address)
            ray.init(address, **_QUIET)
    # Ray raises just that where one of its processes does not begin.
    except Exception as error:
        if address == LOCAL:
            raise NoWorkersError(
                f"Cannot begin a Ray cluster on this machine: {_reason(error)}. Try again, "
                "or share the work without Ray: --jobs."
            ) from error
        raise NoWorkersError(
            f"Cannot reach a Ray cluster at {address}: {_reason(error)}. Begin one with "
            "`ray start --head`, and give the address that it prints; or --cluster auto."
        ) from error


def _begin(cpus: int) -> None:
    """Begin a cluster here, at a second try where the first fails.

    Its parts choose free ports, and somebody else may take one before they do.
    """
    import ray

    here: dict[str, Any] = {"include_dashboard": False, "_node_ip_address": _LOOPBACK, **_QUIET}
    if not ray.is_initialized():
        try:
            ray.init(LOCAL, num_cpus=cpus, **here)
        except Exception as error:  # noqa: BLE001 - as above
            log.info("A Ray cluster did not begin (%s). Trying once more.", _reason(error))
            ray.shutdown()
        else:
            return
    ray.init(LOCAL, num_cpus=cpus, **here)


def near() -> str:
    """Return the address of the cluster that this machine belongs to; `local` where there is none."""
    address = os.environ.get("RAY_ADDRESS", "")
    if address not in ("", "auto"):
        return address
    try:
        # `ray start` leaves it there, also when the cluster is gone.
        address = _noted()
        _look_for(address)
    except (OSError, ValueError):
        return LOCAL
    return address


def _noted() -> str:
    """Return the address that `ray start` noted.

    Raises:
        OSError: There is none, or another user noted it: a worker does what the cluster sends, and anybody
            may write into a shared folder.
        ValueError: It is not text.
    """
    with Path(_ray_folder(), "ray", "ray_current_cluster").open(encoding="utf-8") as file:
        if hasattr(os, "getuid") and os.fstat(file.fileno()).st_uid != os.getuid():
            raise PermissionError("another user's cluster")
        return file.read().strip()


def _ray_folder() -> str:
    """Return the folder below which Ray keeps what it notes, as Ray 2.60 chooses it."""
    on_linux = sys.platform.startswith("linux")
    if "RAY_TMPDIR" in os.environ:
        return os.environ["RAY_TMPDIR"]
    if on_linux and "TMPDIR" in os.environ:
        return os.environ["TMPDIR"]
    return "/tmp" if on_linux or sys.platform == "darwin" else tempfile.gettempdir()


def _look_for(address: str) -> None:
    """Do nothing if somebody listens at an address: Ray itself takes minutes to say that nobody does.

    Raises:
        OSError: Nobody does.
        ValueError: It does not look like an address.
    """
    parts = urlsplit(address if "://" in address else f"ray://{address}")
    if not parts.hostname or not parts.port:
        raise ValueError("an address is HOST:PORT")
    with socket.create_connection((parts.hostname, parts.port), timeout=_PATIENCE_S):
        pass
