"""Which clips a step learns from, in which order, and how long the network waits for them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, cast

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor
from torch.utils.data import DataLoader, Sampler

from bball_tag.checkpoint.model import normalise
from bball_tag.video.prefetch import prefetch
from train.config import Machine
from train.dataset import ClipDataset

_BATCHES_AHEAD = 3
Batch = tuple[Tensor, Tensor]


class EpochOrder(Sampler[list[int]]):
    """The batches of an epoch. They follow from seed and epoch alone, so that any run can repeat them.

    Several processes share each batch: two processes see the clips of a step that one would see.
    """

    def __init__(
        self,
        num_clips: int,
        batch_size: int,
        *,
        seed: int,
        sampling_probabilities: np.ndarray | None = None,
        share: tuple[int, int] = (0, 1),
    ) -> None:
        """Plan batches of `batch_size` clips.

        Args:
            num_clips: How many there are.
            batch_size: Clips of a batch, over all processes.
            seed: Of the order.
            sampling_probabilities: Probability of each clip, shape (num_clips,); drawn with
                replacement. None takes every clip once.
            share: Number of this process, and how many there are.
        """
        self.epoch = 1
        self._num_clips, self._seed, self._chances = num_clips, seed, sampling_probabilities
        self._batch_size = min(batch_size, num_clips)
        self._rank, self._world = share

    def __len__(self) -> int:
        # A last batch of one clip would have no variance for BatchNorm: what is left over waits its turn.
        return self._num_clips // self._batch_size

    def __iter__(self) -> Iterator[list[int]]:
        rng = np.random.default_rng([self._seed, self.epoch, 3])
        if self._chances is None:
            order = rng.permutation(self._num_clips)
        else:
            order = rng.choice(self._num_clips, self._num_clips, p=self._chances)
        for number in range(len(self)):
            batch = order[number * self._batch_size : (number + 1) * self._batch_size]
            yield batch[self._rank :: self._world].tolist()


class SequentialBatches(Sampler[list[int]]):
    """Every clip in turn, shared between processes; the first ones again where they do not divide."""

    def __init__(self, num_clips: int, batch_size: int, *, share: tuple[int, int] = (0, 1)) -> None:
        rank, world = share
        places = [place % num_clips for place in range(rank, -(-num_clips // world) * world, world)]
        self._batches = [places[at : at + batch_size] for at in range(0, len(places), batch_size)]

    def __len__(self) -> int:
        return len(self._batches)

    def __iter__(self) -> Iterator[list[int]]:
        return iter(self._batches)


def _stacked(clips: list[tuple[np.ndarray, int]]) -> Batch:
    """Gather clips into a batch without torch's threads, which would take turns with those of the network."""
    pictures, labels = zip(*clips, strict=True)
    return torch.from_numpy(np.stack(pictures)), torch.tensor(labels)


class Batches:
    """Batches of normalised clips on the device, made ahead by a thread while the network computes."""

    def __init__(
        self, fabric: Fabric, dataset: ClipDataset, order: Sampler[list[int]], machine: Machine
    ) -> None:
        self.waited = 0.0
        """Seconds that the network has stood still for lack of clips, since the last `start`."""
        self.dataset = dataset
        self._fabric, self._spec = fabric, dataset.loading.spec
        self._loader: DataLoader[Any] = DataLoader(
            dataset,
            batch_sampler=order,
            collate_fn=_stacked,
            num_workers=machine.workers,
            pin_memory=fabric.device.type == "cuda",
            # Its own, so that loading takes nothing from the random numbers that the network uses.
            generator=torch.Generator().manual_seed(0),
        )

    def __len__(self) -> int:
        return len(self._loader)

    def __iter__(self) -> Iterator[Batch]:
        self.waited = 0.0
        with prefetch(iter(self._loader), _BATCHES_AHEAD) as batches:
            while True:
                began = time.perf_counter()
                batch = cast("Batch | None", next(batches, None))
                self.waited += time.perf_counter() - began
                if batch is None:
                    return
                clips, labels = batch
                placed = clips.to(self._fabric.device, non_blocking=True)
                tensor = normalise(placed, self._spec).contiguous(memory_format=torch.channels_last_3d)
                yield tensor, labels.to(self._fabric.device)
