"""Which clips a step is trained on, in which order, and how long the model waits for them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from typing import Any, cast

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor
from torch.utils.data import DataLoader, Sampler

from bball_tag.checkpoint.model import normalise
from bball_tag.errors import BballTagError
from bball_tag.video.prefetch import prefetch
from train.dataset import ClipDataset, Sample

_BATCHES_AHEAD = 3


@dataclass(frozen=True, slots=True)
class Batch:
    """Clips to compute at once, with their labels."""

    clips: Tensor
    """uint8 (N, T, H, W, 3) as they are gathered; normalised, float (N, 3, T, H, W) as they are computed."""
    labels: Tensor
    """Indices, int64 (N,)."""
    keypoints: Tensor | None = None
    """float32 (N, T, 13, 3); None without that stream."""
    rows: Tensor | None = None
    """How the players move, float32 (N, M, 6); None without that stream."""
    kept: Tensor | None = None
    """Which streams count in the joint answer, bool (N, S); None: all."""
    taught: Tensor | None = None
    """Keypoints and ball that the images are taught to see, float32 (N, T, 14, 3); None without poses."""

    @property
    def inputs(self) -> tuple[Tensor | None, ...]:
        """What a model takes: the clips, and what is beside them where there is any."""
        if self.keypoints is None and self.rows is None:
            return (self.clips,)
        return self.clips, self.keypoints, self.rows

    def to(self, device: torch.device) -> Batch:
        """Return the batch on `device`."""
        return self._each(lambda tensor: tensor.to(device, non_blocking=True))

    def pin_memory(self) -> Batch:
        """Return the batch in memory that a GPU copies from directly; PyTorch's loader calls it."""
        return self._each(Tensor.pin_memory)

    def _each(self, change: Callable[[Tensor], Tensor]) -> Batch:
        tensors = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{name: change(one) for name, one in tensors.items() if one is not None})


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
            batch_size: Clips in a batch, over all processes.
            seed: Of the order.
            sampling_probabilities: Probability of each clip, shape (num_clips,); drawn with
                replacement. None takes every clip once.
            share: Number of this process, and how many there are.
        """
        self._epoch = 1
        self._num_clips, self._seed, self._probabilities = num_clips, seed, sampling_probabilities
        self._batch_size = min(batch_size, num_clips)
        self._rank, self._world = share

    def __len__(self) -> int:
        # A last batch of one clip would have no variance for BatchNorm: what is left over waits its turn.
        return self._num_clips // self._batch_size

    def __iter__(self) -> Iterator[list[int]]:
        rng = np.random.default_rng([self._seed, self._epoch, 3])
        if self._probabilities is None:
            order = rng.permutation(self._num_clips)
        else:
            order = rng.choice(self._num_clips, self._num_clips, p=self._probabilities)
        for number in range(len(self)):
            batch = order[number * self._batch_size : (number + 1) * self._batch_size]
            yield batch[self._rank :: self._world].tolist()

    def set_epoch(self, epoch: int) -> None:
        """Give the batches of this epoch, counted from 1."""
        self._epoch = epoch


class Batches:
    """Batches of normalised clips on the device, made ahead by a thread while the model computes."""

    def __init__(
        self, fabric: Fabric, dataset: ClipDataset, order: Sampler[list[int]], num_workers: int = 0
    ) -> None:
        """Load the batches that `order` names, with `num_workers` processes or, with none, a thread."""
        self.waited = 0.0
        """Seconds for which the model has waited for clips, since the last `iter`."""
        self.dataset = dataset
        self._device, self._spec, self._order = fabric.device, dataset.loading.spec, order
        self._loader: DataLoader[Any] = DataLoader(
            dataset,
            batch_sampler=order,
            collate_fn=stacked,
            num_workers=num_workers,
            pin_memory=fabric.device.type == "cuda",
            # Its own, so that loading takes nothing from the random numbers that the model uses.
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
                yield self._placed(batch)

    def first(self) -> Batch:
        """Return the first batch, without a thread or a process."""
        return self._placed(stacked([self.dataset[index] for index in next(iter(self._order))]))

    def _placed(self, batch: Batch) -> Batch:
        there = batch.to(self._device)
        tensor = normalise(there.clips, self._spec)
        return replace(there, clips=tensor.contiguous(memory_format=torch.channels_last_3d))


@contextmanager
def named_workers() -> Iterator[None]:
    """Say what to do where a process that loads clips is gone: PyTorch raises it wherever the block is then.

    Raises:
        BballTagError: One is.
    """
    try:
        yield
    except RuntimeError as error:
        if "DataLoader worker" not in str(error):
            raise
        raise BballTagError(
            "A process that loads clips was ended from outside, as systems do where memory runs out. "
            "Continue with --resume, and with fewer --workers if it happens again."
        ) from error


def stacked(samples: Sequence[Sample]) -> Batch:
    """Gather clips into a batch without torch's threads, which would take turns with those of the model."""
    return Batch(
        torch.from_numpy(np.stack([sample.images for sample in samples])),
        torch.tensor([sample.label for sample in samples]),
        _gathered([sample.sides.keypoints for sample in samples]),
        _gathered([sample.sides.rows for sample in samples]),
        _gathered([sample.kept for sample in samples]),
        _gathered([sample.sides.taught for sample in samples]),
    )


def _gathered(arrays: Sequence[np.ndarray | None]) -> Tensor | None:
    """Return arrays in one tensor; None where there are none."""
    given = [array for array in arrays if array is not None]
    return torch.from_numpy(np.stack(given)) if given else None
