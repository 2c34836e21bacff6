"""A checkpoint computed by PyTorch, on any device."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import Precision
from bball_tag.checkpoint.model import fold_norms, frame_half, normalise, time_half
from bball_tag.onednn import can_fuse
from bball_tag.scoring.backends import DEFAULT_BATCH_SIZE
from bball_tag.scoring.backends.fused import fused
from bball_tag.scoring.backends.side_by_side import SideBySide
from bball_tag.scoring.malloc import keep_freed_memory
from bball_tag.scoring.precision import pick_device, pick_precision

_TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
_IMAGES = 8
"""Images that a core computes at once: few, so that they stay in its cache and no core waits long."""
_LEAST_TO_HALVE = 4
"""Runs in a batch that is computed in two halves: the one player of a video keeps two cores busy too."""

S = TypeVar("S")
T = TypeVar("T")


class TorchScorer:
    """A checkpoint ready to compute, in its two halves."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        device: str = "auto",
        precision: Precision = "auto",
        batch_size: int = DEFAULT_BATCH_SIZE,
    ) -> None:
        """Load `checkpoint` to `device`, to compute `batch_size` clips at once.

        On the CPU parts of a batch are computed side by side. What is in a part depends on what is asked
        for, not on the number of cores.

        Raises:
            CheckpointError: It cannot be used.
            BballTagError: There is no such device.
        """
        keep_freed_memory()
        self.contract = checkpoint.contract
        self.device = pick_device(device)
        self.precision = pick_precision(self.device, precision)
        self.name = f"PyTorch, {self.device.type}, {self.precision}"
        self.batch_size = batch_size
        self._type = _TYPES[self.precision]
        model = (
            fold_norms(checkpoint.load()).to(self.device, self._type).to(memory_format=torch.channels_last_3d)
        )
        self._frame_half, self._time_half = frame_half(model), time_half(model)
        if can_fuse(self.device, self._type):
            # Without context all runs are as long as a clip.
            self._frame_half = fused(self._frame_half, one_size=True)
            self._time_half = fused(self._time_half, one_size=not self.contract.clip.context_frames)
        self._cores = SideBySide() if self.device.type == "cpu" else None

    def features_of(self, batches: Sequence[np.ndarray]) -> list[Tensor]:
        """Return the features (n, C, h, w) of arrays of uint8 RGB images (n, H, W, 3), on the device."""
        if self._cores is None:
            return [self._features(images) for images in batches]
        parts = [images[at : at + _IMAGES] for images in batches for at in range(0, len(images), _IMAGES)]
        found = iter(self._each(self._features, parts))
        return [torch.cat([next(found) for _ in range(0, len(images), _IMAGES)]) for images in batches]

    def frame_outputs(self, runs: Sequence[Sequence[Tensor]]) -> list[np.ndarray]:
        """Return the outputs (frames, K + C) of runs, each given as the features of its frames."""
        # Runs in a row that are equally long are computed at once.
        batches: list[list[Sequence[Tensor]]] = []
        for run in runs:
            size = max(1, self.batch_size * self.contract.clip.num_frames // len(run))
            if batches and len(batches[-1]) < size and len(batches[-1][0]) == len(run):
                batches[-1].append(run)
            else:
                batches.append([run])
        parts = batches if self._cores is None else [part for batch in batches for part in _halves(batch)]
        outputs = self._each(self._outputs, parts)
        # Nothing waits for the device before everything is on its way.
        return [rows for batch in outputs for rows in batch.cpu().numpy()]

    def _each(self, work: Callable[[S], T], parts: Sequence[S]) -> list[T]:
        return [work(part) for part in parts] if self._cores is None else self._cores.map(work, parts)

    @torch.inference_mode()
    def _features(self, images: np.ndarray) -> Tensor:
        batch = torch.from_numpy(images)
        if self.device.type == "cuda":
            # From pinned memory the copy runs beside what the card still computes.
            batch = batch.pin_memory()
        frames = normalise(batch.to(self.device, non_blocking=True)[:, None], self.contract.clip)
        features: Tensor = self._frame_half(self._laid_out(frames))[:, :, 0]
        return features

    @torch.inference_mode()
    def _outputs(self, runs: Sequence[Sequence[Tensor]]) -> Tensor:
        # Some features may be those of another precision: see `bball_tag.scoring.precision`.
        batch = torch.stack([torch.stack(list(run), dim=1) for run in runs])
        outputs: Tensor = self._time_half(self._laid_out(batch))
        return outputs

    def _laid_out(self, maps: Tensor) -> Tensor:
        return maps.to(dtype=self._type, memory_format=torch.channels_last_3d)


def _halves(batch: list[Sequence[Tensor]]) -> list[list[Sequence[Tensor]]]:
    """Cut a batch of runs into two; small ones stay whole, as single runs are computed less well."""
    middle = (len(batch) + 1) // 2
    return [batch[:middle], batch[middle:]] if len(batch) >= _LEAST_TO_HALVE else [batch]
