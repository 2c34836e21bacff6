"""A checkpoint computed by OpenVINO on the CPU: 32 or 16-bit floats, or 8-bit integers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import Precision
from bball_tag.scoring.backends.conversion import Conversion, Halves, compiled
from bball_tag.scoring.malloc import keep_freed_memory
from bball_tag.scoring.precision import pick_precision

_LEAST_AGREEMENT = 0.99


class OpenvinoScorer:
    """A checkpoint ready to compute, in its two halves."""

    def __init__(
        self, checkpoint: Checkpoint, precision: Precision, sample: Callable[[], np.ndarray]
    ) -> None:
        """Load `checkpoint`, converted the first time and from the user's cache afterwards.

        Args:
            checkpoint: What to load.
            precision: `auto` takes 8-bit integers if they keep the labels, else what is fast here.
            sample: Returns clips of the user's own video, to quantise by; uint8 (N, T, H, W, 3).

        Raises:
            CheckpointError: It cannot be used.
            BballTagError: OpenVINO cannot convert it.
        """
        keep_freed_memory()
        self.contract = checkpoint.contract
        self._halves, self.precision, self._remark = _load(checkpoint, precision, sample)

    @property
    def name(self) -> str:
        """Backend, device and precision, for the record of a run."""
        return f"OpenVINO, cpu, {self.precision}{self._remark}"

    def features(self, images: np.ndarray) -> np.ndarray:
        """Return the features, float32 (n, C, h, w), of uint8 RGB images (n, H, W, 3)."""
        return self._halves.features(images)

    def features_of(self, batches: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return the features of several arrays of images, as `features` does for each."""
        return self._halves.features_of(batches)

    def frame_outputs(self, runs: Sequence[Sequence[np.ndarray]]) -> list[np.ndarray]:
        """Return the outputs (frames, K + C) of runs, each given as the features of its frames."""
        return self._halves.frame_outputs(runs)


def _load(
    checkpoint: Checkpoint, precision: Precision, sample: Callable[[], np.ndarray]
) -> tuple[Halves, str, str]:
    """Return the halves, their precision, and a remark on it."""
    conversion = Conversion(checkpoint)
    if precision != "auto":
        return compiled(conversion.floats(), precision), precision, ""
    found = conversion.integers(sample)
    words = f"the label of fp32 in {found.kept} of {found.clips} clips"
    if found.kept >= found.clips * _LEAST_AGREEMENT:
        return compiled(found.folder, "fp32"), "int8", f" ({words})"
    fast = pick_precision(torch.device("cpu"), "auto")
    return compiled(conversion.floats(), fast), fast, f" (int8 gave only {words})"
