"""A checkpoint computed by PyTorch, on any device."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from bball_tag.contract import Precision
from bball_tag.inference import pick_device, pick_precision
from bball_tag.memory import keep_freed_memory
from bball_tag.model import clip_half, fold_norms, frame_half, load_checkpoint, normalise

_TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


class TorchScorer:
    """A checkpoint ready to compute, in its two halves."""

    def __init__(
        self,
        checkpoint: Path,
        *,
        device: str = "auto",
        precision: Precision = "auto",
        batch_size: int = 8,
    ) -> None:
        """Load `checkpoint` to `device`, to compute `batch_size` clips at once.

        Raises:
            CheckpointError: It cannot be used.
            BballTagError: There is no such device.
        """
        keep_freed_memory()
        model, self.contract = load_checkpoint(checkpoint)
        self.device = pick_device(device)
        self.precision = pick_precision(self.device, precision)
        self.batch_size = batch_size
        self._type = _TYPES[self.precision]
        model = fold_norms(model).to(self.device, self._type).to(memory_format=torch.channels_last_3d)
        self._frame_half = frame_half(model)
        *body, head = clip_half(model)
        # The head costs nothing, and its pool knows no 16-bit floats on a processor.
        self._body, self._head = torch.nn.Sequential(*body), head.float()

    @property
    def name(self) -> str:
        """Backend, device and number type, for the record of a run."""
        return f"PyTorch, {self.device.type}, {self.precision}"

    @torch.inference_mode()
    def features(self, pictures: np.ndarray) -> list[Tensor]:
        """Return what the per-frame half makes of each picture.

        Args:
            pictures: uint8 RGB, shape (n, H, W, 3).

        Returns:
            n tensors of shape (C, h, w), on the device.
        """
        batch = torch.from_numpy(pictures)
        if self.device.type == "cuda":
            # From pinned memory the copy runs beside what the card still computes.
            batch = batch.pin_memory()
        frames = normalise(batch.to(self.device, non_blocking=True)[:, None], self.contract.clip).to(
            dtype=self._type, memory_format=torch.channels_last_3d
        )
        return list(self._frame_half(frames)[:, :, 0])

    @torch.inference_mode()
    def classify(self, clips: Sequence[Sequence[Tensor]]) -> np.ndarray:
        """Return the probability of every label for every clip.

        Args:
            clips: For each clip, the features of its T frames.

        Returns:
            float32 array of shape (N, K), rows summing to 1.
        """
        parts = range(0, len(clips), self.batch_size)
        logits = [self._logits(clips[at : at + self.batch_size]) for at in parts]
        # One wait for the device, not one for each batch.
        rows = (torch.cat(logits) / self.contract.temperature).softmax(dim=1)
        probabilities: np.ndarray = rows.cpu().numpy()
        return probabilities

    def _logits(self, clips: Sequence[Sequence[Tensor]]) -> Tensor:
        batch = torch.stack([torch.stack(list(clip), dim=1) for clip in clips])
        maps = self._body(batch.contiguous(memory_format=torch.channels_last_3d))
        logits: Tensor = self._head(maps.float())
        return logits
