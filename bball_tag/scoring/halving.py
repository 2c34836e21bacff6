"""Out of memory: what was too much at once is computed in two halves, and so on."""

from __future__ import annotations

import gc
import logging
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
        return [self._features(images) for images in batches]

    def _features(self, images: np.ndarray) -> Any:
        if len(images) <= self._most.get("images", len(images)):
            found = _tried(lambda: self._scorer.features_of([images]))
            if not isinstance(found, _TooMuch):
                return found[0]
            self._note("images", len(images), found)
        middle = (len(images) + 1) // 2
        return _joined([self._features(images[:middle]), self._features(images[middle:])])

    def frame_outputs(self, runs: Sequence[Sequence[Any]]) -> list[np.ndarray]:
        """Return the outputs of every frame of runs of consecutive frames, as `Scorer.frame_outputs`.

        Raises:
            BballTagError: There is not enough memory for one run.
        """
        if len(runs) <= self._most.get("clips", len(runs)):
            found = _tried(lambda: self._scorer.frame_outputs(runs))
            if not isinstance(found, _TooMuch):
                return found
            self._note("clips", len(runs), found)
        middle = (len(runs) + 1) // 2
        return [*self.frame_outputs(runs[:middle]), *self.frame_outputs(runs[middle:])]

    def _note(self, what: str, count: int, found: _TooMuch) -> None:
        """Keep that `count` did not fit.

        Raises:
            BballTagError: It was one.
        """
        if count < 2:
            raise found.told from found.error
        self._most[what] = (count + 1) // 2
        log.warning("Not enough memory for %d %s at once: continuing with %d.", count, what, self._most[what])


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


def _joined(halves: Sequence[Any]) -> Any:
    return torch.cat(list(halves)) if isinstance(halves[0], torch.Tensor) else np.concatenate(halves)
