"""What cannot be sent to a process, or not be read there, fails its task alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from bball_tag.scale.processes import ProcessWorker
from bball_tag.scale.worker import Setting


class CannotBeSent:
    def __getstate__(self):
        raise IndexError("fewer than there were")


def refuse():
    raise IndexError("fewer than were sent")


class CannotBeRead:
    def __reduce__(self):
        return refuse, ()


@pytest.mark.timeout(120)
def test_a_task_that_cannot_be_sent_raises_its_error_and_the_process_computes_on():
    worker = ProcessWorker(Setting(1, Path.cwd()))
    worker.ready()
    try:
        # A thread of multiprocessing takes an IndexError for an empty queue.
        with pytest.raises(IndexError, match="fewer than there were"):
            worker.run(len, (CannotBeSent(),))
        with pytest.raises(IndexError, match="fewer than were sent"):
            worker.run(len, (CannotBeRead(),))
        assert worker.run(len, ("four",)).value == 4
    finally:
        worker.close()
