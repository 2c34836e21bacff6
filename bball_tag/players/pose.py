"""Find a player's joints in a crop.

BlazePose: On-device Real-time Body Pose Tracking, Bazarevsky, Grishchenko, Raveendran, Zhu, Zhang, Grundmann,
arXiv:2006.10204.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from bball_tag.errors import BballTagError
from bball_tag.files import why

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
"""Where they are among the network's landmarks."""
_LANDMARKS, _VALUES = 39, 5
"""What it answers: x, y and z in pixels of its input, and visibility and presence as logits."""
_OUTPUT = "Identity"
_SIZE = 256
"""Side of its square input, in pixels."""
_FILLED = 1.0
"""Part of that square's side that the longer side of an image takes."""
_PACKAGED = Path(__file__).with_name("pose_landmark_lite.tflite")


class PoseEstimator:
    """MediaPipe's network of poses, ready to use from any number of threads."""

    def __init__(self, path: Path) -> None:
        """Load the weights; `open_pose` takes those that come along.

        Args:
            path: One of MediaPipe's pose landmark networks, as a TFLite file.

        Raises:
            BballTagError: It cannot be read, or is another kind of file.
        """
        self._path = path
        try:
            content = path.read_bytes()
        except OSError as error:
            raise self._refused(why(error)) from error
        self.name = path.stem
        """What to call it in a message or a table."""
        self.id = hashlib.sha256(content + repr((_SIZE, _FILLED)).encode()).hexdigest()[:32]
        """A hash of what its results depend on: weights, and how an image is laid into the input."""
        # A network of OpenCV serves one thread at a time: there are as many as were ever at work together.
        self._idle = deque([self._opened()])

    def keypoints(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """Find the joints of the one person that each image shows.

        The answer for an image does not depend on the others, or on the thread.

        Args:
            images: uint8 RGB arrays (H, W, 3), each of its own size.

        Returns:
            For each joint of `KEYPOINTS` x and y in fractions of the image's width and height, outside 0 to 1
            where it is thought to lie beyond the image's edge, and how sure it is to be there and visible, 0
            to 1. float32 of shape (N, 13, 3).
        """
        found = np.empty((len(images), len(KEYPOINTS), 3), np.float32)
        try:
            net = self._idle.pop()
        except IndexError:
            net = self._opened()
        for result, image in zip(found, images, strict=True):
            square, place = _laid_in(image)
            rows = _forward(net, square)[_ROWS]
            result[:, :2] = (rows[:, :2] - place[:2]) / place[2:]
            result[:, 2] = _sigmoid(rows[:, 3]) * _sigmoid(rows[:, 4])
        self._idle.append(net)
        return found

    def _opened(self) -> cv2.dnn.Net:
        # OpenCV 5 reads these files with its classic engine only; OpenCV 4 has no other.
        engine = {"engine": cv2.dnn.ENGINE_CLASSIC} if hasattr(cv2.dnn, "ENGINE_CLASSIC") else {}
        try:
            net = cv2.dnn.readNetFromTFLite(str(self._path), **engine)
            _forward(net, np.zeros((_SIZE, _SIZE, 3), np.uint8))
        except (cv2.error, ValueError) as error:
            raise self._refused("it is damaged, or another network") from error
        return net

    def _refused(self, reason: str) -> BballTagError:
        return BballTagError(
            f"Cannot read the network of poses {self._path}: {reason}. It comes with bball-tag: install that "
            "again (pip install --force-reinstall --no-deps bball-tag)."
        )


def open_pose() -> PoseEstimator:
    """Open the network of poses that comes along.

    Raises:
        BballTagError: Its file is missing or damaged.
    """
    return PoseEstimator(_PACKAGED)


def _forward(net: cv2.dnn.Net, square: np.ndarray) -> np.ndarray:
    """Return the landmarks in a square uint8 RGB image, (39, 5)."""
    net.setInput(cv2.dnn.blobFromImage(square, 1 / 255))
    output: np.ndarray = net.forward(_OUTPUT)
    return output.reshape(_LANDMARKS, _VALUES)


def _laid_in(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the square input with an image in the middle, its shape kept and black around it.

    Returns:
        uint8 array, and where the image lies in it: left, top, width and height in pixels.
    """
    height, width = image.shape[:2]
    scale = _SIZE * _FILLED / max(height, width)
    size = np.maximum(np.rint(np.array([width, height]) * scale).astype(int), 1)
    left, top = (_SIZE - size) // 2
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    square = np.zeros((_SIZE, _SIZE, 3), np.uint8)
    piece = cv2.resize(image, size.tolist(), interpolation=method)
    square[top : top + size[1], left : left + size[0]] = piece
    return square, np.array([left, top, *size], np.float32)


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    result: np.ndarray = 1 / (1 + np.exp(-logits))
    return result
