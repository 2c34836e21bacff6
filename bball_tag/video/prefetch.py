"""Let the stages of a film run beside each other."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar, cast

T = TypeVar("T")


@contextmanager
def ahead(items: Iterator[T], depth: int = 4) -> Iterator[Iterator[T]]:
    """Have a thread make `items`, at most `depth` ahead of who takes them.

    Its errors are raised where the items are taken. When the block ends the thread has ended too, so
    that what it reads from may be closed.
    """
    end = object()
    with ThreadPoolExecutor(1, "film") as worker:
        waiting = deque(worker.submit(next, items, end) for _ in range(depth))

        def taken() -> Iterator[T]:
            while (item := waiting.popleft().result()) is not end:
                waiting.append(worker.submit(next, items, end))
                yield cast("T", item)

        try:
            yield taken()
        finally:
            for future in waiting:
                future.cancel()
