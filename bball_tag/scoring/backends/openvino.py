"""A checkpoint computed by OpenVINO on the CPU: 32 or 16-bit floats, or 8-bit integers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import Precision
from bball_tag.scoring.backends.conversion import Conversion, Halves
from bball_tag.scoring.malloc import keep_freed_memory
from bball_tag.scoring.precision import pick_precision

_LEAST_AGREEMENT = 0.99


class OpenvinoScorer(Halves):
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
        self.precision, folder, remark = _chosen(Conversion(checkpoint), precision, sample)
        self.name = f"OpenVINO, cpu, {self.precision}{remark}"
        super().__init__(folder, self.precision)


def _chosen(
    conversion: Conversion, precision: Precision, sample: Callable[[], np.ndarray]
) -> tuple[str, Path, str]:
    """Return the precision, the folder of graphs that compute in it, and a remark on it."""
    if precision != "auto":
        return precision, conversion.floats(), ""
    found = conversion.integers(sample)
    words = f"the label of fp32 in {found.kept} of {found.clips} clips"
    if found.kept >= found.clips * _LEAST_AGREEMENT:
        return "int8", found.folder, f" ({words})"
    fast = pick_precision(torch.device("cpu"), "auto")
    return fast, conversion.floats(), f" (int8 gave only {words})"
