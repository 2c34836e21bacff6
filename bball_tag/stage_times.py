"""How long each stage of some work was busy, when stages run beside each other."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


class StageTimes:
    """Seconds for which each stage was busy; a stage runs in one thread."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}

    def __str__(self) -> str:
        return ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in self._seconds.items())

    @contextmanager
    def of(self, stage: str) -> Iterator[None]:
        """Count the time of the block for `stage`."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self._seconds[stage] = self._seconds.get(stage, 0.0) + time.perf_counter() - began

    def making(self, stage: str, items: Iterable[T]) -> Iterator[T]:
        """Yield `items`, and count for `stage` the time that it takes to make them."""
        remaining, end = iter(items), object()
        while True:
            with self.of(stage):
                item = next(remaining, end)
            if item is end:
                return
            yield item  # type: ignore[misc]
