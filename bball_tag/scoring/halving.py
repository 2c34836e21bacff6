"""Out of memory: what was too much at once is computed in two halves, and so on."""

from __future__ import annotations

import gc
import logging
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch

from bball_tag.errors import BballTagError, explain_memory
from bball_tag.scoring.backends import Scorer

T = TypeVar("T")
log = logging.getLogger("bball_tag")


@dataclass(frozen=True, slots=True)
class _TooMuch:
    """How memory ran out."""

    error: Exception
    told: BballTagError


class HalvingScorer:
    """A scorer that makes do with the memory that there is: see `Scorer`.

    How much fitted is kept for what follows. Halves are rounded as other batches are: scores may differ from
    those of a run that had more memory, in the last digits.
    """

    def __init__(self, scorer: Scorer) -> None:
        """Compute with `scorer`."""
        self.contract, self.precision, self.name = scorer.contract, scorer.precision, scorer.name
        self._scorer = scorer
        self._most: dict[str, int] = {}
        """Of images and of runs, how many fit; nothing where there was always room."""

    def features_of(self, batches: Sequence[np.ndarray]) -> list[Any]:
        """Return the features of several arrays of images, as `Scorer.features_of`.

        Raises:
            BballTagError: There is not enough memory for one image.
        """
        if "images" not in self._most:
            found = _tried(lambda: self._scorer.features_of(batches))
            if not isinstance(found, _TooMuch):
                return found
        return [
            self._computed("images", images, lambda some: self._scorer.features_of([some])[0], _joined)
            for images in batches
        ]

    def frame_outputs(self, runs: Sequence[Sequence[Any]]) -> list[np.ndarray]:
        """Return the outputs of every frame of runs of consecutive frames, as `Scorer.frame_outputs`.

        Raises:
            BballTagError: There is not enough memory for one run.
        """
        return self._computed("clips", runs, self._scorer.frame_outputs, operator.add)

    def _computed(self, what: str, items: Any, compute: Callable[[Any], T], join: Callable[[T, T], T]) -> T:
        """Return what comes of `items`, in as many parts as it takes; how many did not fit is kept.

        Raises:
            BballTagError: One does not.
        """
        half = (len(items) + 1) // 2
        if len(items) <= self._most.get(what, len(items)):
            found = _tried(lambda: compute(items))
            if not isinstance(found, _TooMuch):
                return found
            if len(items) < 2:
                raise found.told from found.error
            self._most[what] = half
            log.warning("Not enough memory for %d %s at once: continuing with %d.", len(items), what, half)
        return join(*(self._computed(what, part, compute, join) for part in (items[:half], items[half:])))


def _tried(compute: Callable[[], T]) -> T | _TooMuch:
    """Return what is computed, or how memory ran out."""
    try:
        return compute()
    except (MemoryError, RuntimeError) as error:
        if (told := explain_memory(error)) is None:
            raise
        # What the attempt holds would stay in memory with its traceback.
        found = _TooMuch(error.with_traceback(None), told)
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return found


def _joined(*halves: Any) -> Any:
    return torch.cat(halves) if isinstance(halves[0], torch.Tensor) else np.concatenate(halves)
