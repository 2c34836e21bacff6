"""Labelled clips as the arrays that the model is trained on."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from torch.utils.data import Dataset

from train.augment import augmented
from train.clip_images import Loading, load_clip
from train.clipset import LabelledClip
from train.side_inputs import (
    NO_SIDES,
    Sides,
    known_streams,
    moved_sides,
    read_sides,
    shortened,
    unsure,
)

_KEEP = 0.75
"""How likely each stream of a clip counts in the joint answer of a step, where it can be left out."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One clip to train on."""

    images: np.ndarray
    """uint8 (T, H, W, 3)."""
    label: int
    sides: Sides = NO_SIDES
    kept: np.ndarray | None = None
    """Which streams count in the joint answer, bool (S,); None: all."""


class ClipDataset(Dataset[Sample]):
    """Labelled clips as samples; call `set_epoch` before each epoch."""

    def __init__(
        self,
        clips: Sequence[LabelledClip],
        loading: Loading,
        augment: Sequence[str] = (),
        seed: int = 0,
        cache_bytes: int = 6 << 30,
        *,
        trains: bool = False,
    ) -> None:
        """Show `clips` as `loading` says; decoded clips are kept in memory up to `cache_bytes`.

        Where one `trains` on them, each sample leaves out some of its streams at random, never all, its
        keypoints are less sure, and some of how its player moves before and after the clip is forgotten.
        """
        self.clips, self.loading = clips, loading
        self._augment, self._seed, self._epoch = augment, seed, 0
        self._drops = trains and len(loading.streams) > 1
        self._cache: dict[int, np.ndarray] = {}
        self._sides: dict[int, Sides] = {}
        self._room = cache_bytes

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, index: int) -> Sample:
        """Return a clip; all that is random depends on seed, epoch and index alone: any run can repeat it."""
        images, sides = self.images(index), self.sides(index)
        if self._augment:
            rng = np.random.default_rng([self._seed, self._epoch, index])
            images, place = augmented(images, self._augment, rng)
            sides = moved_sides(sides, place)
        kept = None
        if self._drops:
            rng = np.random.default_rng([self._seed, self._epoch, index, 4])
            sides = unsure(shortened(sides, self.loading.spec, rng), self.loading.spec, rng)
            kept = kept_streams(known_streams(sides, self.loading.streams), rng)
        return Sample(images, self.clips[index].label, sides, kept)

    def set_epoch(self, epoch: int) -> None:
        """Augment as in this epoch from here on."""
        self._epoch = epoch

    def images(self, index: int) -> np.ndarray:
        """Return a clip as it is, uint8 (T, H, W, 3)."""
        return self._cache[index] if index in self._cache else self._load(index)

    def sides(self, index: int) -> Sides:
        """Return what is known of a clip beside its images; it is small, and always kept in memory."""
        if self._has_sides and index not in self._sides:
            self._load(index)
        return self._sides.get(index, NO_SIDES)

    @property
    def cached_bytes(self) -> int:
        """Size of the decoded clips in memory."""
        return sum(images.nbytes for images in self._cache.values())

    def preload(self, on_progress: Callable[[int], None]) -> bool:
        """Decode clips in parallel until they are all in memory or it is full; return whether all are in.

        What is known beside the images is gathered of all of them.
        """
        wanted = range(len(self))
        num_threads, cores = os.cpu_count() or 1, torch.get_num_threads()
        complete = True
        with ThreadPoolExecutor(num_threads) as pool:
            # In small portions, so that no more is decoded than there is room for.
            for at in range(0, len(wanted), 8 * num_threads):
                portion = wanted[at : at + 8 * num_threads]
                list(pool.map(self._hold, portion))
                complete &= all(index in self._cache for index in portion)
                if not (complete or self._has_sides):
                    break
                on_progress(at + len(portion))
        # Finding keypoints takes a core for each clip, and may leave this number at 1.
        torch.set_num_threads(cores)
        return complete

    @property
    def _has_sides(self) -> bool:
        return len(self.loading.streams) > 1

    def _hold(self, index: int) -> None:
        if index not in self._cache or (self._has_sides and index not in self._sides):
            self._load(index)

    def _load(self, index: int) -> np.ndarray:
        """Return the images of a clip, and keep in memory what there is room for."""
        clip = self.clips[index]
        shown = load_clip(clip, self.loading)
        if self._has_sides and index not in self._sides:
            self._sides[index] = read_sides(clip, shown, self.loading)
        if index not in self._cache and shown.images.nbytes <= self._room:
            self._cache[index] = shown.images
            self._room -= shown.images.nbytes
        return shown.images


def kept_streams(known: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return which of the known streams (S,) are kept: each by chance, and at least one."""
    kept: np.ndarray = known & (rng.random(len(known)) < _KEEP)
    if not kept.any():
        kept[rng.choice(np.flatnonzero(known))] = True
    return kept
