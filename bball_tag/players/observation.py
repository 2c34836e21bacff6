"""What is seen of the players at one instant, before anybody is followed or named."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Detections:
    """The people that a detector finds in one frame."""

    boxes: np.ndarray
    """left, top, width, height in pixels of the upright frame at its own size: float32 array of shape (N, 4)."""
    scores: np.ndarray
    """Confidence of each box, 0 to 1: float32 array of shape (N,)."""
    others: np.ndarray
    """Whether the detector itself says that the person does not play (a referee): bool array of shape (N,)."""

    def __len__(self) -> int:
        return len(self.boxes)


@dataclass(frozen=True, slots=True)
class Observation:
    """One instant of the grid as it was observed. Everything about tracks follows from these, in order."""

    index: int
    """Grid index of the instant."""
    detections: Detections
    colours: np.ndarray
    """What each detected person wears, to tell teams and players apart: float32 array of shape (N, C)."""
    camera: np.ndarray
    """Where the background of the previous instant's frame is now: float32 similarity of shape (2, 3)."""
    thumbnail: np.ndarray
    """The frame, small, to find cuts in: uint8 RGB array of shape (h, w, 3)."""
