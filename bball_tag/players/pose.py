"""Find a player's joints in an image of that player."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch

from bball_tag.errors import BballTagError
from bball_tag.files import why
from bball_tag.onednn import one_thread
from bball_tag.players.crop import Box
from bball_tag.players.pose_model import SIZE, PoseModel, load_model

KEYPOINTS = (
    "nose",
    "left shoulder",
    "right shoulder",
    "left elbow",
    "right elbow",
    "left wrist",
    "right wrist",
    "left hip",
    "right hip",
    "left knee",
    "right knee",
    "left ankle",
    "right ankle",
)
"""Which joints are found, in order. Left is the person's own left."""
_ROWS = [0, *range(11, 17), *range(23, 29)]
"""Where they are among the model's landmarks."""
_WIDER = 1.5
"""Width of what the model sees, in widths of the box: detectors' boxes are narrow and cut hands off."""
_ABOVE, _BELOW = 0.07, 0.13
"""What it sees above and below, in heights of the box: they cut feet off, too."""
_GROUP = 4
"""Images computed at once, always: another number would change the last digits."""
_PACKAGED = Path(__file__).with_name("pose_landmark_lite.safetensors")


class PoseEstimator:
    """MediaPipe's lite pose model, ready to use from any number of threads at once."""

    def __init__(self, path: Path) -> None:
        """Load the weights; `open_pose` takes those that come along.

        Raises:
            BballTagError: The file cannot be read, or is another kind of file.
        """
        self.name = path.stem
        """What to call it in a message or a table."""
        try:
            content = path.read_bytes()
            self._model = load_model(content)
        except OSError as error:
            raise _refused(path, why(error)) from error
        except ValueError as error:
            raise _refused(path, str(error)) from error
        settings = repr((SIZE, _WIDER, _ABOVE, _BELOW, _GROUP)).encode()
        self.id = hashlib.sha256(content + settings).hexdigest()[:32]
        """A hash of what its results depend on: weights, and how an image is laid into the input."""

    def keypoints(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """Find the joints of the one person that each image shows.

        The answer for an image depends neither on the others nor on the thread.

        Args:
            images: uint8 RGB arrays (H, W, 3), each of its own size; see `around` for what they should show.

        Returns:
            For each joint of `KEYPOINTS` x and y in fractions of the image's width and height, outside 0 to 1
            where it is thought to lie beyond the image's edge, and how surely it is there and visible, 0 to
            1. float32 of shape (N, 13, 3).
        """
        found = np.empty((len(images), len(KEYPOINTS), 3), np.float32)
        for first in range(0, len(images), _GROUP):
            group = images[first : first + _GROUP]
            squares = np.zeros((_GROUP, SIZE, SIZE, 3), np.uint8)
            places = np.stack([_lay_in(image, square) for image, square in zip(group, squares, strict=False)])
            rows = _computed(self._model, squares)[: len(group), _ROWS]
            part = found[first : first + len(group)]
            part[..., :2] = (rows[..., :2] - places[:, None, :2]) / places[:, None, 2:]
            part[..., 2] = _sigmoid(rows[..., 3]) * _sigmoid(rows[..., 4])
        return found


def open_pose() -> PoseEstimator:
    """Open the pose model that comes along.

    Raises:
        BballTagError: Its file is missing or damaged.
    """
    return PoseEstimator(_PACKAGED)


def around(box: Box) -> Box:
    """Return the part of an image, on whole pixels, to look for the joints of the player in `box` in.

    It shows hands and feet that the box cuts off. Where there are no more pixels, `cut` makes it black.
    """
    height = box.height * (1 + _ABOVE + _BELOW)
    # More than a square would make the player smaller.
    width = max(box.width, min(box.width * _WIDER, height))
    left = round(box.left + (box.width - width) / 2)
    top = round(box.top - box.height * _ABOVE)
    return Box(left, top, max(1, round(width)), max(1, round(height)))


def in_crop(keypoints: np.ndarray, seen: Box, box: Box, *, height: int, width: int) -> np.ndarray:
    """Turn fractions of what was seen into fractions of the crop that `crop_box` makes of `box`.

    Args:
        keypoints: Shape (13, 3), as `PoseEstimator.keypoints` finds them.
        seen: The part of the image that was looked at: `around(box)`.
        box: The player's box, in pixels of the image.
        height: Height of the crop, in pixels.
        width: Width of the crop, in pixels.

    Returns:
        float32 array of shape (13, 3).
    """
    scale = min(height / box.height, width / box.width)
    offset = (
        seen.left - box.left - box.width / 2,
        seen.top - box.top - box.height / 2,
    )
    pixels = keypoints[:, :2] * (seen.width, seen.height) + offset
    result = keypoints.astype(np.float32)
    result[:, :2] = pixels * scale / (width, height) + 0.5
    return result


def _computed(model: PoseModel, squares: np.ndarray) -> np.ndarray:
    """Return the landmarks (N, 39, 5) in square uint8 RGB images (N, 256, 256, 3)."""
    # With more threads oneDNN may pick other algorithms, and the last digits change.
    with one_thread(), torch.inference_mode():
        # The channels stay last in memory, where the model computes fastest.
        images = torch.from_numpy(squares).permute(0, 3, 1, 2).float().div_(255)
        landmarks: np.ndarray = model(images).numpy()
    return landmarks


def _lay_in(image: np.ndarray, square: np.ndarray) -> np.ndarray:
    """Draw an image into the middle of a square, as large as it fits, its shape kept.

    Returns:
        Where it lies: left, top, width and height in pixels of the square.
    """
    height, width = image.shape[:2]
    scale = SIZE / max(height, width)
    size = np.maximum(np.rint(np.array([width, height]) * scale).astype(int), 1)
    left, top = (SIZE - size) // 2
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    square[top : top + size[1], left : left + size[0]] = cv2.resize(
        image, size.tolist(), interpolation=method
    )
    return np.array([left, top, *size], np.float32)


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    result: np.ndarray = 1 / (1 + np.exp(-logits))
    return result


def _refused(path: Path, reason: str) -> BballTagError:
    return BballTagError(
        f"Cannot read the pose model {path}: {reason}. It comes with bball-tag: install that again "
        "(pip install --force-reinstall --no-deps bball-tag)."
    )
