"""Keypoints of many players at once, on all cores."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bball_tag.clips import ClipSpec
from bball_tag.players.crop import Box, cut

if TYPE_CHECKING:
    from bball_tag.players.pose import PoseEstimator

_AT_ONCE = 4
"""Views that one thread takes at a time, as many as the estimator computes together."""
_MOST_THREADS = 8
"""On machines with more cores: each thread needs memory of its own."""
NO_KEYPOINTS = np.zeros((13, 3), np.float32)
"""Of an image in which none were looked for."""
PORTION = _AT_ONCE * _MOST_THREADS
"""Views that keep every thread busy; more of them need not be gathered."""


@dataclass(frozen=True, slots=True)
class View:
    """A player's surroundings in a frame, in which keypoints are looked for."""

    image: np.ndarray
    """uint8 RGB, with the detail of the frame."""
    part: Box
    """Which part of the frame it shows, in pixels."""
    box: Box
    """Where the player is, in pixels of the frame."""


class KeypointFinder:
    """Finds the keypoints of players, several side by side."""

    def __init__(self, pose: PoseEstimator) -> None:
        """Take `pose`, which answers for each image alone: neither threads nor portions change a value."""
        import torch

        # The estimator sets this number to 1 in its threads. This one keeps its own if it is asked before.
        cores = torch.get_num_threads()
        self._pose = pose
        self._threads = ThreadPoolExecutor(min(cores, _MOST_THREADS), "keypoints")

    def view(self, image: np.ndarray, box: Box) -> View:
        """Return the surroundings of a player in a frame (H, W, 3); pixels are copied only at its edges."""
        from bball_tag.players.pose import around

        part = around(box)
        return View(cut(image, part), part, box)

    def find(self, views: Sequence[View], spec: ClipSpec) -> np.ndarray:
        """Return the keypoints in the crops that `spec` makes of the players' boxes.

        Returns:
            float32 array (n, 13, 3), x and y in fractions of the crop: see `PoseEstimator.keypoints`. 0 where
            a box has no size.
        """
        portions = [views[at : at + _AT_ONCE] for at in range(0, len(views), _AT_ONCE)]
        return np.concatenate(list(self._threads.map(lambda portion: self._found(portion, spec), portions)))

    def _found(self, views: Sequence[View], spec: ClipSpec) -> np.ndarray:
        from bball_tag.players.pose import in_crop

        found = self._pose.keypoints([view.image for view in views])
        for view, points in zip(views, found, strict=True):
            has_size = view.box.width > 0 and view.box.height > 0
            points[:] = (
                in_crop(points, view.part, view.box, height=spec.height, width=spec.width) if has_size else 0
            )
        return found
