"""Signals that end a command."""

from __future__ import annotations

import signal
import sys
import time

import pytest

from bball_tag.cli import _in_order


class Tidied:
    """Gets a signal while it goes away, when Python swallows what is raised."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __del__(self) -> None:
        signal.raise_signal(self.number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_not_lost_where_python_swallows_what_it_raises(number, capsys):
    came: list[KeyboardInterrupt] = []

    def work() -> None:
        with _in_order(came):
            del [Tidied(number)][0]
            time.sleep(60)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert len(came) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_other_errors_that_python_swallows_are_still_shown(monkeypatch):
    seen = []
    monkeypatch.setattr(sys, "unraisablehook", seen.append)

    class Fails:
        def __del__(self) -> None:
            raise ValueError

    with _in_order([]):
        del [Fails()][0]
    assert [what.exc_type for what in seen] == [ValueError]
    assert sys.unraisablehook == seen.append


def test_handlers_are_as_before_when_a_command_has_ended():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with _in_order([]):
        pass
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
