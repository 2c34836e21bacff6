"""How the camera moves from one instant to the next, read off the background."""

from __future__ import annotations

import cv2
import numpy as np

_WIDTH = 480
"""Images are made this narrow first: enough to see a pan, and cheap."""
_CORNERS = 300
_CORNER_DISTANCE = 8
"""Corners are spread, so that a scoreboard full of lettering does not outvote the hall."""
_FEWEST_CORNERS = 12
_TOLERANCE = 1.5
"""Pixels of the small image by which a corner may miss the common movement."""
_SMALLEST_SHARE = 0.3
"""Share of the corners that must agree. Across a cut none do."""
_LARGEST_ZOOM = 1.25
"""Change of scale between two instants beyond which an estimate is not believed."""
_MARGIN = 0.1
"""Share of a box by which its mask is larger: shoes and hands stick out."""


class CameraMotion:
    """Estimates the camera's movement between consecutive images of one video.

    An estimate depends on two consecutive images and the boxes of the earlier one, and on nothing before. So
    a resumed run shows the instant before it once more and comes to the same numbers.
    """

    def __init__(self) -> None:
        self._grey: np.ndarray | None = None
        self._corners: np.ndarray | None = None

    def step(self, image: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        """Say where the background of the previous image is in this one.

        Args:
            image: uint8 RGB array of shape (H, W, 3), the same size at every step.
            boxes: left, top, width, height of the people in it, who are not background: shape (N, 4), pixels.

        Returns:
            float32 similarity of shape (2, 3), in pixels of `image`. The identity for the first image, and
            where too few corners agree: a cut, a flash, a wall without texture.
        """
        scale = min(1.0, _WIDTH / image.shape[1])
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        if scale < 1:
            grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        motion = self._motion_to(grey)
        self._grey, self._corners = grey, _background_corners(grey, boxes * scale)
        motion[:, 2] /= scale
        return motion.astype(np.float32)

    def _motion_to(self, grey: np.ndarray) -> np.ndarray:
        still = np.eye(2, 3)
        if self._grey is None or self._corners is None or len(self._corners) < _FEWEST_CORNERS:
            return still
        found, seen, _ = cv2.calcOpticalFlowPyrLK(self._grey, grey, self._corners, self._corners.copy())
        seen = seen.ravel() == 1
        if seen.sum() < _FEWEST_CORNERS:
            return still
        # RANSAC draws from a generator that OpenCV seeds anew at every call: same corners, same answer.
        motion, agree = cv2.estimateAffinePartial2D(
            self._corners[seen], found[seen], ransacReprojThreshold=_TOLERANCE
        )
        if motion is None or agree.sum() < max(_FEWEST_CORNERS, _SMALLEST_SHARE * len(self._corners)):
            return still
        zoom = float(np.hypot(motion[0, 0], motion[1, 0]))
        return motion if 1 / _LARGEST_ZOOM < zoom < _LARGEST_ZOOM else still


def _background_corners(grey: np.ndarray, boxes: np.ndarray) -> np.ndarray | None:
    mask = np.full(grey.shape, 255, np.uint8)
    for left, top, width, height in boxes:
        x, y = max(0, int(left - _MARGIN * width)), max(0, int(top - _MARGIN * height))
        right, bottom = int(left + (1 + _MARGIN) * width) + 1, int(top + (1 + _MARGIN) * height) + 1
        mask[y : max(bottom, 0), x : max(right, 0)] = 0
    corners: np.ndarray | None = cv2.goodFeaturesToTrack(grey, _CORNERS, 0.01, _CORNER_DISTANCE, mask=mask)
    return corners
