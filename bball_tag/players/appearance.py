"""How a person looks, as small models see it: one tells teammates apart, one knows who is dressed to play."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from bball_tag.players.crop import Box
from bball_tag.players.ground import ground_below
from bball_tag.players.kits import CLEAR, CLEAR_VIEW, COLOURS, kit_colours
from bball_tag.players.runtimes import open_forward

WITHIN = 0.7
"""Variance of each number within a person, from second to second."""
BETWEEN = (6.76, 4.19, 3.89, 3.18, 3.04, 2.79, 2.17, 2.12, 1.75, 1.66, 1.49, 1.31, 1.21, 1.16, 1.08, 0.91)
"""Variance of each number between teammates: the length of an appearance."""

ATTIRE = COLOURS + len(BETWEEN)
"""Where the log odds stand in a description that somebody is not dressed to play, or nobody is there."""
UNDERFOOT = ATTIRE + 1
"""Where a description begins to say what the person stands on: see `ground.py`."""

_EDGE = 2.0
"""Who is nearer to a side of the frame, in pixels, may reach beyond it."""
_FOLDER = Path(__file__).parent
WHOLE = (48, 80)
"""Width and height of a portrait."""
_SIZE = (32, 64)
"""Width and height of what the model sees, which is cut from a portrait."""
ROOM = (0.25, 0.1)
"""What a portrait shows on each side of the box, and above and below it, in parts of its width and height."""
SHARE = np.array([1.1, 1.04]) / (1 + 2 * np.array(ROOM))
"""How much of a portrait the model sees, across and along: a little more than the box."""
_STEP = SHARE * WHOLE / _SIZE
_FROM = np.column_stack([np.diag(_STEP), (np.array(WHOLE) * (1 - SHARE) + _STEP - 1) / 2])
"""Where each pixel of the model's is in that."""


class Appearance:
    """Describes people in images. It may be used from several threads."""

    def __init__(self) -> None:
        """Load the models; `sample_videos/make_appearance.py` and `make_attire.py` train them."""
        nobody = np.zeros((1, 3, *_SIZE[::-1]), np.float32)
        files = [_FOLDER / name for name in ("appearance.onnx", "attire.onnx")]
        self._models = [open_forward(file, nobody, is_small=True)[1] for file in files]

    def describe(self, image: np.ndarray, boxes: np.ndarray, region: Box | None = None) -> np.ndarray:
        """Describe the person in each box: clothes (see `kits.py`), looks, and what they stand on.

        Args:
            image: uint8 RGB array of shape (H, W, 3).
            boxes: left, top, width, height in pixels of `image`, shape (N, 4); they may reach outside.
            region: Where people were looked for, in pixels of `image`; None is all of it.

        Returns:
            float32 array of shape (N, `UNDERFOOT` + `GROUND`): colours, the appearance, the log odds that the
            person is not dressed to play, and what they stand on. Of those whom somebody hides, appearance
            and log odds are not known, and zero. So are the log odds of those whom a side of the image cuts
            off, and what somebody stands on whom its lower edge cuts off.
        """
        colours = kit_colours(image, boxes)
        clear = colours[:, CLEAR] >= CLEAR_VIEW
        looks = np.zeros((len(colours), len(BETWEEN) + 1), np.float32)
        looks[clear] = self.of(image, boxes[clear])
        # Of whom a side of the frame cuts off, half a body is seen: that looks like nobody's.
        left, right, bottom = 0.0, float(image.shape[1]), float(image.shape[0])
        if region is not None:
            left, right = region.left, region.left + region.width
            bottom = region.top + region.height
        looks[(boxes[:, 0] <= left + _EDGE) | (boxes[:, 0] + boxes[:, 2] >= right - _EDGE), -1] = 0
        return np.concatenate([colours, looks, ground_below(image, boxes, bottom)], axis=1)

    def of(self, image: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        """Return the appearance of the person in each box, then the log odds of not being dressed to play.

        It is a float32 array of shape (N, len(`BETWEEN`) + 1).
        """
        if not len(boxes):
            return np.zeros((0, len(BETWEEN) + 1), np.float32)
        people = np.stack([_shown(image, box) for box in np.asarray(boxes, np.float64)])
        values = np.ascontiguousarray(people.transpose(0, 3, 1, 2), np.float32)
        seen = np.concatenate([forward(values) for forward in self._models], axis=1)
        # The last digits tell nothing, and without them a store is smaller.
        return np.asarray(seen.astype(np.float16).astype(np.float32))


def portrait(image: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Return a box of an image (H, W, 3) with some room around it, 80 rows by 48 columns.

    Beside the image its edge is repeated: black there would be a part of how the person looks.
    """
    room = box[2:] * ROOM
    left, top = np.floor(box[:2] - room).astype(int).tolist()
    wide, high = (np.ceil(box[2:] + 2 * room).astype(int) + 1).tolist()
    rows, columns = image.shape[:2]
    first, upper = min(max(left, 0), columns - 1), min(max(top, 0), rows - 1)
    stop, lower = min(max(left + wide, first + 1), columns), min(max(top + high, upper + 1), rows)
    part = cv2.copyMakeBorder(
        image[upper:lower, first:stop],
        min(upper - top, rows) if top < 0 else 0,
        min(max(top + high - rows, 0), rows),
        min(first - left, columns) if left < 0 else 0,
        min(max(left + wide - columns, 0), columns),
        cv2.BORDER_REPLICATE,
    )
    return np.asarray(cv2.resize(part, WHOLE, interpolation=cv2.INTER_AREA))


def _shown(image: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Return a box as the model sees it: twice made smaller, as the images were that it was trained on."""
    whole = portrait(image, box)
    return np.asarray(cv2.warpAffine(whole, _FROM, _SIZE, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP))
