"""Compute the parts of a job side by side on this machine's cores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

_MOST_AT_ONCE = 8
"""Parts computed at once on machines with more cores: each part needs memory of its own."""

S = TypeVar("S")
T = TypeVar("T")


class SideBySide:
    """Threads that compute one part each, instead of all sharing the work of every small operation.

    Which values a part has depends neither on which thread computes it nor on what runs beside it.
    """

    def __init__(self) -> None:
        """Take as many cores as torch has been given."""
        self._cores = torch.get_num_threads()
        self._workers = min(self._cores, _MOST_AT_ONCE)
        self._threads = ThreadPoolExecutor(self._workers, "compute")

    def map(self, work: Callable[[S], T], parts: Sequence[S]) -> list[T]:
        """Return what `work` makes of each part, in their order.

        The cores are shared out evenly: with fewer parts than cores, several compute one part together.
        """
        at_once = min(self._workers, len(parts))
        if at_once <= 1:
            return [work(part) for part in parts]
        share = self._cores // at_once

        def computed(part: S) -> T:
            # OpenMP keeps this number for each thread, but torch and MKL also keep the last one for all.
            torch.set_num_threads(share)
            return work(part)

        try:
            return list(self._threads.map(computed, parts))
        finally:
            torch.set_num_threads(self._cores)
