"""The times of frames in few bytes: they go to other processes with every task."""

from __future__ import annotations

import zlib

import numpy as np

_LEVEL = 1
"""Of compression: what is much the same from frame to frame becomes small at any."""


def packed(ticks: np.ndarray) -> bytes:
    """Return ascending numbers, int64 of shape (N,), as bytes: ten kilobytes for two hours of one rate."""
    steps = np.diff(ticks, prepend=np.int64(0))
    # The high bytes of all of them lie together, and are zeros.
    return zlib.compress(np.ascontiguousarray(steps.view(np.uint8).reshape(-1, 8).T).tobytes(), _LEVEL)


def unpacked(raw: bytes) -> np.ndarray:
    """Return the numbers of which `packed` made bytes."""
    planes = np.frombuffer(zlib.decompress(raw), np.uint8).reshape(8, -1)
    return np.cumsum(np.ascontiguousarray(planes.T).reshape(-1).view(np.int64))
