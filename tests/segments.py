"""For tests of segments: workers that compute in this process and may die, and what a store has."""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

import pytest

from bball_tag.scale.crew import Crew
from bball_tag.scale.worker import Outcome, WorkerDiedError, computed

has_ray = pytest.mark.skipif(find_spec("ray") is None, reason="needs the extra bball-tag[cluster]")
WAYS = [
    pytest.param(("--jobs", "2"), id="processes"),
    pytest.param(("--cluster", "local", "--jobs", "2"), id="ray", marks=has_ray),
]
"""How two workers of this machine share the work."""
_ONE_AT_A_TIME = Lock()


class WorkerHere:
    """Computes in this process what it is sent, as another process would get it."""

    def __init__(self, dies: Callable[[str], bool] = lambda name: False) -> None:
        self.names: list[str] = []
        self._dies = dies

    def ready(self) -> None:
        pass

    def run(self, function: Callable[..., Any], arguments: Sequence[Any]) -> Outcome:
        self.names.append(function.__name__)
        if self._dies(function.__name__):
            raise WorkerDiedError("a test killed it")
        sent = pickle.loads(pickle.dumps((function, tuple(arguments))))
        # What is open in a process is not made for two tasks at once.
        with _ONE_AT_A_TIME:
            return pickle.loads(pickle.dumps(computed(*sent)))

    def close(self) -> None:
        pass


def crew_here(count: int = 2, **options: Any) -> Crew:
    """Return a crew that computes in this process."""
    return Crew([WorkerHere(**options) for _ in range(count)])


def stored_rows(path: Path, but: str = "") -> dict[str, list[str]]:
    """Return all that a store has of its runs, but one column."""
    with sqlite3.connect(path) as file:
        return {
            table: sorted(map(repr, file.execute(f"SELECT {_columns(file, table, but)} FROM {table}")))
            for table in ("runs", "clips", "seen", "features", "sums")
        }


def _columns(file: sqlite3.Connection, table: str, but: str) -> str:
    return ", ".join(row[1] for row in file.execute(f"PRAGMA table_info({table})") if row[1] != but)
