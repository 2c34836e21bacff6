"""Compute a YOLOX model from its ONNX file: image in, scored boxes out.

YOLOX: Exceeding YOLO Series in 2021, Ge, Liu, Wang, Li, Sun, arXiv:2107.08430.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from bball_tag.errors import DetectorError
from bball_tag.files import why
from bball_tag.players.onnx_file import read_values
from bball_tag.players.runtimes import open_forward

if TYPE_CHECKING:
    from bball_tag.players.classes import People

STRIDES = (8, 16, 32)
"""Pixels of the input per cell of each of the three grids."""
MIN_SCORE = 0.1
"""Boxes below are dropped. YOLOX's own example for ONNX keeps the same; trackers use weak boxes too."""
NMS_IOU = 0.55
"""Of two boxes that overlap more, the weaker is dropped. YOLOX's example for ONNX has 0.45, its evaluation
0.65. Players stand close together: of half hidden ones in rendered games, 3 % more are found."""
_PADDING = 114
"""Grey value around the image, as in training."""
_OPEN_SIZE = 640
"""Side of the input where the file leaves it open: what YOLOX's larger models were evaluated at."""
_PROBES = ((64, 96), (96, 96))
"""Small inputs to try whether a model computes more than the size in its file."""
_MAX_OFFSET = 8.0
"""Centres are at most a few cells from their own; larger numbers are pixels, decoded inside the file."""


class Yolox:
    """A YOLOX model, ready to compute. Use it from one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Load the model.

        Raises:
            DetectorError: The file cannot be read, or is not a YOLOX.
        """
        self._path = path
        self.size = self._read_header()
        """Height and width of the input, in pixels."""
        try:
            self.runtime, self._forward = open_forward(path, _grey(self.size))
        except ValueError as error:
            raise self._refused(str(error)) from error
        # Where it computes other sizes too, less grey around the image is less to compute.
        probe = self._probed(next(size for size in _PROBES if size != self.size))
        self.is_flexible = probe is not None
        """Whether it takes inputs of any size."""
        if probe is None and (probe := self._probed(self.size)) is None:
            raise self._refused(
                "its output does not belong to the three grids of a YOLOX (8, 16 and 32 pixels)"
            )
        self.num_classes = probe.shape[2] - 5
        self._is_decoded = bool(np.abs(probe[..., :2]).max() > _MAX_OFFSET)

    def find(
        self, image: np.ndarray, people: People, scale: float | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return people in an image, before weaker boxes of the same person are dropped.

        Args:
            image: uint8 RGB array of shape (H, W, 3).
            people: The classes that count.
            scale: Pixels of the input per pixel of the image, for a flexible model; if None, `scale_of` says.

        Returns:
            left, top, width, height in pixels of `image`, float32 of shape (N, 4); scores from `MIN_SCORE` to
            1, float32 (N,); and whether the person does not play, bool (N,).
        """
        scale = scale or self.scale_of(*image.shape[:2])
        blob = self._letterboxed(image, scale)
        output = self._forward(blob)[0]
        rows = np.flatnonzero(output[:, 4] >= MIN_SCORE)
        likely = output[rows]
        players = likely[:, 4] * _best(likely, people.players)
        others = likely[:, 4] * _best(likely, people.others)
        scores = np.maximum(players, others)
        kept = scores >= MIN_SCORE
        boxes = likely[kept, :4]
        if not self._is_decoded:
            boxes = _decoded(boxes, rows[kept], blob.shape[2], blob.shape[3])
        boxes = _inside(boxes / scale, image.shape[0], image.shape[1])
        return boxes, scores[kept], others[kept] > players[kept]

    def scale_of(self, height: int, width: int, *, is_fitted: bool = False) -> float:
        """Return the pixels of the input per pixel of an image of that size.

        A model that takes any size sees as many pixels as its own input has, whatever the shape of the image:
        a wide frame in a square input is nearly half grey. `is_fitted` fits it into that all the same.
        """
        if self.is_flexible and not is_fitted:
            return math.sqrt(self.size[0] * self.size[1] / (height * width))
        return min(self.size[0] / height, self.size[1] / width)

    def _letterboxed(self, image: np.ndarray, scale: float) -> np.ndarray:
        """Return the image as the model sees it, float32 BGR (1, 3, H, W)."""
        height, width = image.shape[:2]
        inner = max(1, round(height * scale)), max(1, round(width * scale))
        outer = self.size
        if self.is_flexible:
            last = STRIDES[-1]
            outer = (-(-inner[0] // last) * last, -(-inner[1] // last) * last)
        canvas = np.full((*outer, 3), _PADDING, np.uint8)
        cv2.resize(image, inner[::-1], dst=canvas[: inner[0], : inner[1]], interpolation=cv2.INTER_LINEAR)
        return cv2.dnn.blobFromImage(canvas, swapRB=True)

    def _read_header(self) -> tuple[int, int]:
        """Return the height and width of the input, as the file states them."""
        try:
            inputs, outputs = read_values(self._path)
        except OSError as error:
            raise DetectorError(
                f"Cannot read the detector {self._path}: {why(error)}. Check its name, or use the "
                "one that comes along: --detector nano."
            ) from error
        except ValueError as error:
            raise self._refused(f"it cannot be read as an ONNX file ({error})") from error
        shapes = [value.shape for value in inputs], [value.shape for value in outputs]
        if len(inputs) != 1 or len(inputs[0].shape) != 4 or inputs[0].shape[1] not in (0, 3):
            raise self._refused(
                f"its input should be one image of shape (1, 3, height, width), not {shapes[0]}"
            )
        if len(outputs) != 1 or len(outputs[0].shape) != 3 or 0 < outputs[0].shape[2] < 6:
            raise self._refused(f"its output should be of shape (1, boxes, 5 + classes), not {shapes[1]}")
        height, width = (side or _OPEN_SIZE for side in inputs[0].shape[2:])
        if height % STRIDES[-1] or width % STRIDES[-1]:
            raise self._refused(f"its input of {height}×{width} is not a multiple of {STRIDES[-1]}")
        return height, width

    def _probed(self, size: tuple[int, int]) -> np.ndarray | None:
        """Return the output for a grey image of that size; None if it has not a row for each cell."""
        try:
            output = self._forward(_grey(size))
        except ValueError:
            return None
        cells = sum((size[0] // stride) * (size[1] // stride) for stride in STRIDES)
        return output if output.ndim == 3 and output.shape[1] == cells and output.shape[2] > 5 else None

    def _refused(self, reason: str) -> DetectorError:
        return DetectorError(
            f"{self._path} is not a YOLOX detector that can be used: {reason}. Export it with YOLOX's own "
            "tools/export_onnx.py."
        )


def _grey(size: tuple[int, int]) -> np.ndarray:
    return np.full((1, 3, *size), _PADDING, np.float32)


def _best(rows: np.ndarray, classes: tuple[int, ...]) -> np.ndarray:
    """Return the highest of some classes' probabilities in each row of an output."""
    columns = [5 + index for index in classes]
    return rows[:, columns].max(axis=1) if columns else np.zeros(len(rows), np.float32)


def _decoded(values: np.ndarray, rows: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return centre and size in pixels of the input: raw centres are in cells, sizes in their logarithm.

    Args:
        values: The first four numbers of some rows, float32 (N, 4).
        rows: Which rows these are, int (N,): the cells of the three grids, line by line.
        height: Height of the input, in pixels.
        width: Width of the input, in pixels.
    """
    grids = [(height // stride, width // stride) for stride in STRIDES]
    firsts = np.cumsum([0, *(lines * columns for lines, columns in grids)])
    level = np.searchsorted(firsts, rows, side="right") - 1
    stride = np.array(STRIDES)[level]
    line, column = np.divmod(rows - firsts[level], np.array([columns for _, columns in grids])[level])
    cells = np.stack([column, line], axis=1)
    centres = (values[:, :2] + cells) * stride[:, None]
    return np.concatenate([centres, np.exp(values[:, 2:]) * stride[:, None]], axis=1)


def _inside(boxes: np.ndarray, height: int, width: int) -> np.ndarray:
    """Turn centre and size into left, top, width and height, cut off at the edges of the image."""
    centres, halves = boxes[:, :2], boxes[:, 2:] / 2
    low = np.clip(centres - halves, 0, (width, height))
    high = np.clip(centres + halves, 0, (width, height))
    return np.concatenate([low, high - low], axis=1).astype(np.float32)
