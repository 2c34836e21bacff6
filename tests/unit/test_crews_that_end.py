"""A crew ends whatever its workers do at that moment."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError
from contextlib import suppress

import pytest

from bball_tag.scale.crew import Crew
from tests.segments import WorkerHere


@pytest.mark.timeout(60)
def test_a_crew_ends_although_a_worker_takes_the_last_task_at_the_same_time(monkeypatch):
    crew = Crew([WorkerHere()])
    # What a worker takes between the question and the answer is not there any more.
    monkeypatch.setattr(crew._tasks, "empty", lambda: False)
    ended = threading.Thread(target=crew.close, daemon=True)
    ended.start()
    ended.join(10)
    assert not ended.is_alive()


class CannotBeEnded(WorkerHere):
    """Computes until the gate opens, whatever it is told."""

    def __init__(self, gate):
        super().__init__()
        self.gate = gate

    def run(self, function, arguments):
        self.gate.wait(30)
        return super().run(function, arguments)

    def close(self):
        raise ConnectionError("the cluster does not answer")


class Noted(WorkerHere):
    closed = False

    def close(self):
        self.closed = True


@pytest.mark.timeout(60)
def test_a_worker_that_cannot_be_ended_keeps_no_other_one_open(caplog):
    gate, ends = threading.Event(), []
    stuck, other = CannotBeEnded(gate), Noted()
    crew = Crew([stuck, other], at_end=lambda: ends.append("at the end"))
    futures = [crew.submit((0,), len, "four") for _ in range(8)]
    closing = threading.Thread(target=crew.close, daemon=True)
    closing.start()
    closing.join(10)
    assert not closing.is_alive()
    assert other.closed
    assert ends == ["at the end"]
    assert "A worker could not be ended: the cluster does not answer." in caplog.text
    gate.set()
    for future in futures:
        with suppress(CancelledError):
            assert future.result(10) == 4


def test_what_comes_at_the_end_is_done_although_the_end_is_interrupted():
    class Interrupted(WorkerHere):
        def close(self):
            raise KeyboardInterrupt

    ends = []
    crew = Crew([Interrupted()], at_end=lambda: ends.append("at the end"))
    with pytest.raises(KeyboardInterrupt):
        crew.close()
    assert ends == ["at the end"]
