"""Signals that end a command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from importlib import import_module

import pytest

from bball_tag.cli.interrupts import in_order


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
        with in_order(came):
            del [Tidied(number)][0]
            time.sleep(60)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert len(came) == 2
    assert "Traceback" not in capsys.readouterr().err


def importing(tmp_path, monkeypatch, seconds):
    """Write a module that gets a signal within its import, and lasts for some seconds more."""
    send = f"signal.raise_signal({int(signal.SIGINT)})"
    (tmp_path / "slowly.py").write_text(f"import signal, time\n{send}\ntime.sleep({seconds})\ndone = True\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "slowly", raising=False)
    came: list[KeyboardInterrupt] = []

    def work() -> None:
        with in_order(came):
            import_module("slowly")
            time.sleep(60)

    return came, work


def test_an_import_is_finished_before_a_command_ends(tmp_path, monkeypatch):
    """Interrupted, it might keep its lock, and a thread that imports would wait for ever."""
    came, work = importing(tmp_path, monkeypatch, 0.3)
    with pytest.raises(KeyboardInterrupt):
        work()
    assert len(came) == 1
    assert sys.modules["slowly"].done


def test_several_signals_during_an_import_are_one(tmp_path, monkeypatch):
    """Each one more would break off what is tidied up."""
    came, _ = importing(tmp_path, monkeypatch, 0.3)
    send = f"signal.raise_signal({int(signal.SIGINT)})"
    code = (tmp_path / "slowly.py").read_text().replace(send, "\n".join([send] * 3))
    (tmp_path / "slowly.py").write_text(code)
    tidied = []

    def tidy() -> None:
        with in_order(came):
            try:
                import_module("slowly")
                time.sleep(60)
            finally:
                time.sleep(0.3)
                tidied.append(True)

    with pytest.raises(KeyboardInterrupt):
        tidy()
    time.sleep(0.2)
    assert (len(came), tidied) == (1, [True])


def test_a_command_that_is_itself_run_within_an_import_ends_at_once(tmp_path):
    lines = ["import time", "from bball_tag.cli.interrupts import in_order", "print('ready', flush=True)"]
    (tmp_path / "nested.py").write_text("\n".join([*lines, "with in_order([]):", "    time.sleep(60)"]))
    command = [sys.executable, "-c", "import nested"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.5)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)
    assert time.monotonic() - began < 10


def test_an_import_that_never_ends_is_interrupted_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr("bball_tag.cli.interrupts._IMPORTS_S", 0.2)
    _, work = importing(tmp_path, monkeypatch, 60)
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        work()
    assert time.monotonic() - began < 30
    assert "slowly" not in sys.modules


def test_other_errors_that_python_swallows_are_still_shown(monkeypatch):
    seen = []
    monkeypatch.setattr(sys, "unraisablehook", seen.append)

    class Fails:
        def __del__(self) -> None:
            raise ValueError

    with in_order([]):
        del [Fails()][0]
    assert [what.exc_type for what in seen] == [ValueError]
    assert sys.unraisablehook == seen.append


def test_handlers_are_as_before_when_a_command_has_ended():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with in_order([]):
        pass
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is forked here")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_forked_process_ends_by_the_signal_without_a_word(number):
    # In a process of its own: forking this one, which has threads, would be another test.
    code = (
        "import os, signal, sys, time\n"
        "from bball_tag.cli.interrupts import in_order\n"
        "with in_order([]):\n"
        "    child = os.fork()\n"
        "    if not child:\n"
        "        time.sleep(60)\n"
        "    time.sleep(0.5)\n"
        "    os.kill(child, int(sys.argv[1]))\n"
        "    print(os.WTERMSIG(os.waitpid(child, 0)[1]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(int(number))], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == str(int(number))
    assert "Traceback" not in done.stderr
