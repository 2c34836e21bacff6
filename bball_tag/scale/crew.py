"""Workers who share tasks: the most urgent first, one each at a time, and once more where a worker died.

Nobody begins before there is a task: a user has heard of a mistake before that.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future, InvalidStateError, wait
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from queue import Empty, PriorityQueue
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, Self

from bball_tag.errors import BballTagError
from bball_tag.scale.places import Place, Row
from bball_tag.scale.worker import Found, NoWorkersError, Outcome, Worker, WorkerDiedError

_TRIES = 3
"""Workers that may die over one task before it is given up: it may be what kills them."""
_NOBODY = (
    "No worker could begin. In a script, what it does must stand below `if __name__ == '__main__':`, as each "
    "worker reads the script too; in a cluster, every machine needs this version of bball-tag."
)
_LOOKED_FOR_S = 2.0
"""Seconds that the end waits for whoever looks for workers, and would leave a cluster half begun."""
log = logging.getLogger("bball_tag")


@dataclass(order=True, slots=True)
class _Task:
    """Something to be computed."""

    urgency: tuple[int, ...]
    """The smaller, the earlier."""
    number: int
    function: Callable[..., Any] | None = field(compare=False)
    """None ends the thread that takes it."""
    arguments: Sequence[Any] = field(compare=False, default=())
    future: Future[Any] = field(compare=False, default_factory=Future)
    tries: int = field(compare=False, default=0)


class Crew:
    """Some workers and the tasks that wait for them.

    They begin with the first task. A worker gets its next task when it has returned the last one: what waits,
    waits here. A thread stands by each worker.
    """

    def __init__(self, workers: Sequence[Worker] = (), *, at_end: Callable[[], None] = lambda: None) -> None:
        """Take workers who have not begun; they are ended with `close`, which then calls `at_end`."""
        self._found: Future[Found] = Future()
        self._found.set_result(Found(workers, at_end=at_end))
        self._find: Callable[[], Found] | None = None
        """None once somebody looks for workers."""
        self._at_least = len(workers)
        self._tasks: PriorityQueue[_Task] = PriorityQueue()
        self._numbers, self._row = count(), Row()
        self._logged: set[str] = set()
        self._lock = Lock()
        self._closed, self._is_over = False, Event()
        self._present = 0
        """Workers that have begun or will, and have not been given up."""
        self._why_nobody = _NOBODY
        self._threads: list[Thread] = []

    @classmethod
    def looked_for(cls, find: Callable[[], Found], at_least: int) -> Self:
        """Return a crew of those whom `find` finds, `at_least` that number, when there is something to do."""
        crew = cls()
        crew._found, crew._find, crew._at_least = Future(), find, at_least
        return crew

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._all().workers)

    @property
    def is_one_machine(self) -> bool:
        """Whether all workers, and whoever may join later, have the same processor and disk."""
        return self._all().is_one_machine

    @property
    def most_games(self) -> int:
        """How many games may be under way: one more than there are workers, so that none waits for a game."""
        found = self._known()
        return 1 + (self._at_least if found is None else len(found.workers))

    def place(self) -> Place:
        """Return a place behind all others: who has it is served after them, and leaves it in the end."""
        return self._row.join(self)

    def submit(self, urgency: tuple[int, ...], function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Have `function` called by a worker; both it and its arguments are sent there.

        Returns:
            What will have its value, or raise its error, a `NoWorkersError` where nobody is left to compute
            it; a task that has not begun can be cancelled.
        """
        task = _Task(urgency, next(self._numbers), function, arguments)
        self._begin()
        with self._lock:
            if self._closed:
                _cancel(task.future)
            elif not self._present:
                task.future.set_exception(NoWorkersError(self._why_nobody))
            else:
                self._tasks.put(task)
        return task.future

    def _all(self) -> Found:
        """Return who there is, or raise why there is nobody; they are looked for once."""
        with self._lock:
            find, self._find = self._find, None
            if find is not None:
                # In a thread that nobody has to wait for: a cluster may take its time to answer.
                Thread(target=self._look, args=(find,), name="looks for workers", daemon=True).start()
        return self._found.result()

    def _look(self, find: Callable[[], Found]) -> None:
        try:
            found = find()
        except BaseException as error:  # noqa: BLE001 - whoever waits for workers is to hear of it
            with suppress(InvalidStateError):
                self._found.set_exception(error)
            return
        try:
            self._found.set_result(found)
        except InvalidStateError:
            # The crew has ended meanwhile.
            found.end()
        # What Ray begins on Linux is ended by the system together with the thread that began it.
        self._is_over.wait()

    def _known(self) -> Found | None:
        """Return who there is, if that is known."""
        is_known = self._found.done() and not self._found.cancelled() and self._found.exception() is None
        return self._found.result() if is_known else None

    def _begin(self) -> None:
        if self._closed or self._threads:
            return
        workers = self._all().workers
        with self._lock:
            if self._closed or self._threads:
                return
            self._present = len(workers)
            self._threads = [
                Thread(target=self._stand_by, args=(worker,), name="worker", daemon=True)
                for worker in workers
            ]
            for thread in self._threads:
                thread.start()

    def close(self) -> None:
        """End the workers, and whatever they are doing; nobody waits for one that cannot be ended."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            is_looked_for, self._find = self._find is None, None
            for task in self._left():
                _cancel(task.future)
            for _ in self._threads:
                self._tasks.put(_Task((sys.maxsize,), next(self._numbers), None))
        self._row.dissolve()
        try:
            wait([self._found], _LOOKED_FOR_S if is_looked_for else 0)
        finally:
            # Whoever waits for workers hears that none will come.
            self._found.cancel()
            found = self._known()
            try:
                if found is not None:
                    found.end(self._threads)
            finally:
                self._is_over.set()

    def _left(self) -> list[_Task]:
        """Take out all tasks that wait."""
        left = []
        # A worker may take the last one at the same time.
        with suppress(Empty):
            while True:
                left.append(self._tasks.get_nowait())
        return left

    def _stand_by(self, worker: Worker) -> None:
        # Who waits for another one in place of a dead worker keeps no task from the others.
        while self._is_ready(worker) and (task := self._tasks.get()).function is not None:
            # One that is tried again is at work already.
            if task.tries == 0 and not task.future.set_running_or_notify_cancel():
                continue
            try:
                outcome = worker.run(task.function, task.arguments)
            except WorkerDiedError as error:
                self._again(task, error)
            except BaseException as error:  # noqa: BLE001 - whoever waits for the task is to hear of it
                task.future.set_exception(error)
            else:
                self._settle(task, outcome)

    def _is_ready(self, worker: Worker) -> bool:
        """Wait until a worker can compute; one that never can is given up."""
        for _ in range(_TRIES):
            try:
                worker.ready()
            except NoWorkersError as error:
                with self._lock:
                    self._why_nobody = str(error)
                break
            except Exception as error:  # noqa: BLE001 - a thread that ended would keep the others waiting
                if self._closed:
                    return False
                log.warning("A worker could not begin: %s.", error)
            else:
                return True
        with self._lock:
            self._present -= 1
            if not self._present:
                for task in self._left():
                    # Whoever waited may have cancelled it.
                    if task.tries or task.future.set_running_or_notify_cancel():
                        task.future.set_exception(NoWorkersError(self._why_nobody))
        return False

    def _again(self, task: _Task, error: WorkerDiedError) -> None:
        task.tries += 1
        with self._lock:
            if self._closed:
                task.future.set_exception(error)
            elif task.tries < _TRIES:
                log.warning("A worker died (%s). What it was computing is computed again.", error)
                self._tasks.put(task)
            else:
                task.future.set_exception(
                    BballTagError(
                        f"{_TRIES} workers died over the same part of the video ({error}). Is there enough "
                        "memory for all of them at once? Try fewer with --jobs."
                    )
                )

    def _settle(self, task: _Task, outcome: Outcome) -> None:
        for level, text in outcome.logged:
            with self._lock:
                is_new = text not in self._logged
                self._logged.add(text)
            if is_new:
                log.log(level, "%s", text)
        if outcome.error is not None:
            task.future.set_exception(outcome.error)
        else:
            task.future.set_result(outcome.value)


def _cancel(future: Future[Any]) -> None:
    """Tell whoever waits for a task that nothing will come of it."""
    if future.cancel():
        future.set_running_or_notify_cancel()
    elif not future.done():
        # It was at work before, with a worker that died.
        future.set_exception(CancelledError())
