"""Workers that begin again after a death: actors of Ray, and processes."""

from __future__ import annotations

import os
import time
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import SimpleNamespace

import pytest

from bball_tag import __version__
from bball_tag.errors import BballTagError
from bball_tag.scale import on_ray, processes
from bball_tag.scale.on_ray import RayWorker
from bball_tag.scale.processes import ProcessWorker
from bball_tag.scale.worker import NoWorkersError, Setting, WorkerDiedError
from tests.segments import has_ray


def ray_worker(monkeypatch, *answers):
    """A worker whose cluster gives these answers, one after the other: values or errors."""
    import ray

    left = list(answers)

    def get(_, timeout=None):
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(ray, "get", get)
    monkeypatch.setattr(on_ray, "_PAUSE_S", 0.01)
    asked = SimpleNamespace(remote=lambda *_: None)
    return RayWorker(SimpleNamespace(version=asked, run=asked)), left


@has_ray
def test_a_ray_worker_that_begins_again_is_waited_for_however_long_that_takes(monkeypatch):
    from ray.exceptions import ActorUnavailableError

    restarting = ActorUnavailableError("The actor is restarting.", None)
    worker, left = ray_worker(monkeypatch, *[restarting] * 20, __version__)
    worker.ready()
    assert left == []


@has_ray
def test_a_ray_worker_that_is_closed_while_it_begins_again_is_waited_for_no_longer(monkeypatch):
    from ray.exceptions import ActorDiedError, ActorUnavailableError

    restarting = ActorUnavailableError("The actor is restarting.", None)
    worker, left = ray_worker(monkeypatch, restarting, ActorDiedError(), __version__)
    with pytest.raises(WorkerDiedError):
        worker.ready()
    assert left == [__version__]


def not_computed():
    from ray.exceptions import RayTaskError

    lines = '\x1b[36mray::Actor.run()\x1b[39m (pid=7)\n  File "x.py", line 1, in run\n{}\n\n'
    why = "\x1b[31mModuleNotFoundError: No module named 'cv2'.\x1b[0m"
    return RayTaskError("run", lines.format(why), ModuleNotFoundError())


def dead():
    from ray.exceptions import RayActorError

    return RayActorError(None, "The actor died unexpectedly.\n\tclass_name: Actor\nIts node has died.\n")


def out_of_memory():
    from ray.exceptions import OutOfMemoryError

    return OutOfMemoryError("Task was killed due to the node running low on memory.\nTo disable this, set X.")


@has_ray
@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (not_computed, BballTagError, "asked: ModuleNotFoundError: No module named 'cv2'. Every"),
        (dead, WorkerDiedError, "Its node has died"),
        (out_of_memory, WorkerDiedError, "its machine ran out of memory"),
    ],
)
def test_of_what_ray_says_the_reason_is_told_without_colours(monkeypatch, error, kind, said):
    worker, _ = ray_worker(monkeypatch, error())
    with pytest.raises(kind) as raised:
        worker.run(len, ("four",))
    assert said in str(raised.value)
    assert "\x1b" not in str(raised.value)


class BrokenPool:
    """Begins no process."""

    def __init__(self, *_, **__):
        pass

    def submit(self, *_):
        future = Future()
        future.set_exception(BrokenProcessPool("out of memory"))
        return future


class OnePool(BrokenPool):
    """Has a process that dies over its first task."""

    def submit(self, function, *arguments):
        future = Future()
        if function is os.getpid:
            future.set_result(4711)
        else:
            future.set_exception(BrokenProcessPool("killed"))
        return future


def test_a_process_that_died_is_not_ended_again_as_its_number_may_be_that_of_another(monkeypatch):
    ended = []
    monkeypatch.setattr(processes, "ProcessPoolExecutor", OnePool)
    monkeypatch.setattr(os, "kill", lambda pid, number: ended.append(pid))
    worker = ProcessWorker(Setting(1, Path.cwd()))
    worker.ready()
    with pytest.raises(WorkerDiedError, match="killed, or crashed"):
        worker.run(len, ("four",))
    worker.close()
    assert ended == []


def test_a_process_that_may_not_be_ended_is_left(monkeypatch):
    def refuse(*_):
        raise PermissionError("not permitted")

    monkeypatch.setattr(processes, "ProcessPoolExecutor", OnePool)
    monkeypatch.setattr(os, "kill", refuse)
    worker = ProcessWorker(Setting(1, Path.cwd()))
    worker.ready()
    worker.close()


class NoFork(BrokenPool):
    """Has no room for a process."""

    def submit(self, *_):
        raise BlockingIOError("Resource temporarily unavailable")


@pytest.mark.parametrize("pool", [BrokenPool, NoFork])
def test_a_process_that_could_not_begin_is_tried_again_after_a_pause(monkeypatch, pool):
    monkeypatch.setattr(processes, "ProcessPoolExecutor", pool)
    monkeypatch.setattr(processes, "_PAUSE_S", 0.2)
    worker, before = ProcessWorker(Setting(1, Path.cwd())), time.monotonic()
    with pytest.raises(WorkerDiedError, match="could not begin"):
        worker.ready()
    assert time.monotonic() - before > 0.19


@pytest.mark.timeout(60)
def test_nobody_waits_for_a_process_that_could_not_begin_once_it_is_closed(monkeypatch):
    monkeypatch.setattr(processes, "ProcessPoolExecutor", BrokenPool)
    monkeypatch.setattr(processes, "_PAUSE_S", 600.0)
    worker = ProcessWorker(Setting(1, Path.cwd()))
    worker.close()
    with pytest.raises(WorkerDiedError):
        worker.ready()


@pytest.fixture
def cluster(monkeypatch):
    """How often a cluster of this machine was begun, and the errors that are still to come."""
    import ray

    state = SimpleNamespace(begun=0, errors=[])

    def init(*_, **__):
        state.begun += 1
        if state.errors:
            raise state.errors.pop(0)

    monkeypatch.setattr(ray, "init", init)
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    return state


@has_ray
def test_a_cluster_that_does_not_begin_is_begun_once_more(cluster):
    # What Ray raises is just that.
    cluster.errors = [Exception("The current node timed out during startup.")]
    on_ray._connect(on_ray.LOCAL, 2)
    assert (cluster.begun, cluster.errors) == (2, [])


@has_ray
def test_a_cluster_that_never_begins_is_a_sentence(cluster):
    cluster.errors = [Exception("a port is taken"), Exception("The current node timed out during startup.")]
    with pytest.raises(
        NoWorkersError, match=r"on this machine: The current node timed out during startup\. .*--jobs"
    ):
        on_ray._connect(on_ray.LOCAL, 2)
    assert cluster.begun == 2


@has_ray
def test_the_cluster_of_a_program_that_has_one_is_left_alone(cluster, monkeypatch):
    import ray

    monkeypatch.setattr(ray, "is_initialized", lambda: True)
    monkeypatch.setattr(ray, "shutdown", lambda: pytest.fail("somebody else's work is ended"))
    cluster.errors = [RuntimeError("Maybe you called ray.init twice by accident?")]
    with pytest.raises(NoWorkersError, match="init twice"):
        on_ray._connect(on_ray.LOCAL, None)
