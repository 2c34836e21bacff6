"""Make items in a thread while others are used."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar, cast

T = TypeVar("T")


@contextmanager
def prefetch(items: Iterator[T], depth: int = 4) -> Iterator[Iterator[T]]:
    """Have a thread make `items`, at most `depth` ahead of the block that takes them.

    Errors of `items` are raised where the items are taken. When the block ends, early or not, the thread
    has ended too, so that what it reads from may be closed.
    """
    end = object()
    with ThreadPoolExecutor(1, "prefetch") as thread:
        waiting = deque(thread.submit(next, items, end) for _ in range(depth))

        def taken() -> Iterator[T]:
            while (item := waiting.popleft().result()) is not end:
                waiting.append(thread.submit(next, items, end))
                yield cast("T", item)

        try:
            yield taken()
        finally:
            for future in waiting:
                future.cancel()
            # What makes the items may have a thread of its own; it is closed in the thread that ran it.
            if isinstance(items, Generator):
                thread.submit(items.close).result()
