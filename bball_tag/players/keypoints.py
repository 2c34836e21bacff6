"""Keypoints of many crops at once, on all cores."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from bball_tag.clips import ClipSpec
from bball_tag.players.crop import Box, crop_box
from bball_tag.players.pose import PoseEstimator

_HEIGHT = 256
"""Of the crops that keypoints are found in: the side of the estimator's input."""
_AT_ONCE = 4
"""Crops that one thread takes at a time."""
_MOST_THREADS = 8
"""On machines with more cores: each thread needs memory of its own."""


def keypoint_crop(image: np.ndarray, box: Box, spec: ClipSpec) -> np.ndarray:
    """Cut out what the model sees of a box, with the detail of the frame: fractions of the two crops agree.

    Args:
        image: The frame, uint8 (H, W, 3).
        box: Where to cut, in pixels of `image`.
        spec: What a crop looks like.
    """
    return crop_box(image, box, height=_HEIGHT, width=round(_HEIGHT * spec.width / spec.height))


class KeypointFinder:
    """Finds the keypoints of crops, several crops side by side."""

    def __init__(self, pose: PoseEstimator) -> None:
        """Take `pose`, which answers for each crop alone: neither threads nor portions change a value."""
        self._pose = pose
        self._threads = ThreadPoolExecutor(min(os.cpu_count() or 1, _MOST_THREADS), "keypoints")

    def find(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        """Return the keypoints of crops (H, W, 3), float32 (n, 13, 3): see `PoseEstimator.keypoints`."""
        portions = [crops[at : at + _AT_ONCE] for at in range(0, len(crops), _AT_ONCE)]
        return np.concatenate(list(self._threads.map(self._pose.keypoints, portions)))
