"""A checkpoint computed by OpenVINO on a processor: 32 or 16-bit floats, or 8-bit integers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import Precision
from bball_tag.scoring.backends.conversion import Conversion, Halves, compiled
from bball_tag.scoring.inference import pick_precision
from bball_tag.scoring.malloc import keep_freed_memory

_LEAST_AGREEMENT = 0.99


class OpenvinoScorer:
    """A checkpoint ready to compute, in its two halves."""

    def __init__(
        self, checkpoint: Checkpoint, precision: Precision, sample: Callable[[], np.ndarray]
    ) -> None:
        """Load `checkpoint`, converted at the first time and from the user's cache afterwards.

        Args:
            checkpoint: The file.
            precision: `auto` takes 8-bit integers if they keep the labels, else what is fast here.
            sample: Returns clips of the user's own film, to quantise by; uint8 (N, T, H, W, 3).

        Raises:
            CheckpointError: It cannot be used.
            BballTagError: OpenVINO cannot convert it.
        """
        keep_freed_memory()
        self.contract = checkpoint.contract
        self.recomputed_batches = 0
        self._halves, self._precision = _load(checkpoint, precision, sample)

    @property
    def name(self) -> str:
        """Backend, device and number type, for the record of a run."""
        return f"OpenVINO, cpu, {self._precision}"

    def features(self, pictures: np.ndarray) -> list[np.ndarray]:
        """Return what the per-frame half makes of each picture.

        Args:
            pictures: uint8 RGB, shape (n, H, W, 3).

        Returns:
            n arrays of shape (C, h, w).
        """
        return list(self._halves.features(pictures))

    def frame_logits(self, runs: Sequence[Sequence[Any]]) -> list[np.ndarray]:
        """Return the logits of every frame of runs of consecutive frames.

        Args:
            runs: For each run, the features of its frames; without context, a clip.

        Returns:
            For each run, a float32 array of shape (frames, K).
        """
        return self._halves.frame_logits(runs)


def _load(
    checkpoint: Checkpoint, precision: Precision, sample: Callable[[], np.ndarray]
) -> tuple[Halves, str]:
    """Return the halves and what to call their numbers."""
    conversion = Conversion(checkpoint)
    if precision != "auto":
        return compiled(conversion.floats(), precision), precision
    found = conversion.integers(sample)
    words = f"the label of fp32 in {found.kept} of {found.clips} clips"
    if found.kept >= found.clips * _LEAST_AGREEMENT:
        return compiled(found.folder, "fp32"), f"int8 ({words})"
    fast = pick_precision(torch.device("cpu"), "auto")
    return compiled(conversion.floats(), fast), f"{fast} (int8 gave only {words})"
