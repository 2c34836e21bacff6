"""How a person looks, as a small model sees it that was trained to tell teammates apart."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

import cv2
import numpy as np

from bball_tag.players.crop import Box, cut
from bball_tag.players.kits import CLEAR, CLEAR_VIEW, kit_colours

WITHIN = 0.7
"""Variance of each number within a person, from second to second."""
BETWEEN = (6.76, 4.19, 3.89, 3.18, 3.04, 2.79, 2.17, 2.12, 1.75, 1.66, 1.49, 1.31, 1.21, 1.16, 1.08, 0.91)
"""Variance of each number between teammates: the length of an appearance."""

_FILE = Path(__file__).with_name("appearance.onnx")
_SIZE, _WHOLE = (32, 64), (48, 80)
"""Width and height of what the model sees, and of what that is cut from."""
_ROOM = (0.25, 0.1)
"""What that shows on each side of the box, and above and below it, as fractions of its width and height."""
_SHARE = np.array([1.1, 1.04]) / (1 + 2 * np.array(_ROOM))
"""How much of that the model sees, across and along."""
_STEP = _SHARE * _WHOLE / _SIZE
_FROM = np.column_stack([np.diag(_STEP), (np.array(_WHOLE) * (1 - _SHARE) + _STEP - 1) / 2])
"""Where each pixel of the model's is in that."""


class Appearance:
    """Describes people in images. It may be used from several threads."""

    def __init__(self) -> None:
        """Load the model; `sample_videos/make_appearance.py` trains it."""
        self._net = cv2.dnn.readNetFromONNX(str(_FILE))
        self._one_at_a_time = Lock()

    def describe(self, image: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        """Describe the person in each box: what they wear (see `kits.py`), and then how they look.

        Args:
            image: uint8 RGB array of shape (H, W, 3).
            boxes: left, top, width, height in pixels of `image`, shape (N, 4); they may reach outside.

        Returns:
            float32 array of shape (N, `COLOURS` + len(`BETWEEN`)). Of those whom somebody hides, only the
            colours are known; the rest is zero.
        """
        colours = kit_colours(image, boxes)
        clear = colours[:, CLEAR] >= CLEAR_VIEW
        looks = np.zeros((len(colours), len(BETWEEN)), np.float32)
        looks[clear] = self.of(image, boxes[clear])
        return np.concatenate([colours, looks], axis=1)

    def of(self, image: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        """Return how the person in each box looks: float32 array of shape (N, len(`BETWEEN`))."""
        if not len(boxes):
            return np.zeros((0, len(BETWEEN)), np.float32)
        people = np.stack([_shown(image, box) for box in np.asarray(boxes, np.float64).tolist()])
        with self._one_at_a_time:
            self._net.setInput(np.ascontiguousarray(people.transpose(0, 3, 1, 2), np.float32))
            seen = self._net.forward()
        # The last digits tell nothing, and without them a store is smaller.
        return np.asarray(seen.astype(np.float16).astype(np.float32))


def _shown(image: np.ndarray, box: list[float]) -> np.ndarray:
    """Return a box as the model sees it: twice made smaller, as the images were that it was trained on."""
    left, top, width, height = box
    beside, above = _ROOM[0] * width, _ROOM[1] * height
    part = cut(image, Box(left - beside, top - above, width + 2 * beside, height + 2 * above))
    whole = cv2.resize(part, _WHOLE, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.warpAffine(whole, _FROM, _SIZE, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP))
