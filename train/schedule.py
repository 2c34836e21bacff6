"""Pure functions of time: the learning rate, and which blocks are trained."""

from __future__ import annotations

import math
from collections.abc import Mapping

NUM_BLOCKS = 6
"""Stem, res2, res3, res4, res5 and head."""
REFERENCE_UNFREEZING: Mapping[int, int] = {5: 4, 7: 3, 9: 2}
"""From which epoch (counted from 1) blocks from which number on are trained, as the reference run did."""


def lr_factor(step: int, *, warmup: int, total: int, falls: bool = True) -> float:
    """Rise linearly to 1 for `warmup` steps, then fall on a cosine to 0 at `total` if it `falls`."""
    if step < warmup:
        return (step + 1) / warmup
    if not falls:
        return 1.0
    progress = (step - warmup) / max(total - warmup, 1)
    return 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))


def first_trained_block(epoch: int, unfreezing: Mapping[int, int]) -> int:
    """Return the first block that is trained in `epoch` (from 1): only the head before any unfreezing."""
    if not unfreezing:
        return 0
    return min((block for begin, block in unfreezing.items() if begin <= epoch), default=NUM_BLOCKS - 1)


def block_factor(block: int, decay: float) -> float:
    """Return the factor of the learning rate of a block: the deeper below the head, the less."""
    return float(decay ** (NUM_BLOCKS - 1 - block))
