"""Find the people in a frame."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from bball_tag.errors import OptionError
from bball_tag.players.classes import People, people_of
from bball_tag.players.fetch import fetch, is_address
from bball_tag.players.observation import Detections
from bball_tag.players.tiles import WHOLE, Tiling, join_at_seams
from bball_tag.players.yolox import MIN_SCORE, NMS_IOU, Yolox
from bball_tag.storage import local_file, located

NANO = "nano"
"""Name of the detector that comes along."""
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_NANO_FILE = Path(__file__).with_name("yolox_nano_basketball.onnx")


class Detector:
    """A YOLOX that finds people, ready to use from one thread at a time."""

    def __init__(self, path: Path, classes: Sequence[str] | None = None) -> None:
        """Load the weights; `open_detector` takes a name or an address of the web, too.

        Args:
            path: An ONNX file, also at an address of shared storage.
            classes: Names of its classes; None reads `FILE.names` beside it, or takes COCO's if there are 80.

        Raises:
            DetectorError: It is not a YOLOX, or its classes do not fit.
        """
        here = local_file(path)
        self._model = Yolox(here)
        self._people = people_of(path, self._model.num_classes, classes)
        self.name = path.stem
        """What to call it in a message or a table."""
        self.id = _identity(here, self._people, self._model.runtime)
        """A hash of what its results depend on: weights, classes, thresholds and what computes them."""

    @property
    def is_flexible(self) -> bool:
        """Whether images of any shape are shown to it with as many pixels as its own input has."""
        return self._model.is_flexible

    def detect(self, image: np.ndarray, tiling: Tiling = WHOLE) -> Detections:
        """Find the people in an image.

        Args:
            image: uint8 RGB array of shape (H, W, 3).
            tiling: How to cut it; see `choose_tiles`.

        Returns:
            Boxes in pixels of `image`, from the surest to the least sure (`MIN_SCORE`).
        """
        height, width = image.shape[:2]
        if self.is_flexible:
            # One large input is what its tiles would be, side by side and without seams.
            scale = self.scale_of(height, width, tiling)
            return _strongest(*self._model.find(image, self._people, scale))
        cuts = tiling.cuts(height, width)
        parts = [self._find_in(image, cut) for cut in cuts]
        boxes, scores, others = (
            np.concatenate([getattr(part, name) for part in parts]) for name in ("boxes", "scores", "others")
        )
        tiles = np.repeat(np.arange(len(cuts)), [len(part) for part in parts])
        boxes, kept = join_at_seams(boxes, scores, tiles, cuts)
        return _strongest(boxes[kept], scores[kept], others[kept])

    def scale_of(self, height: int, width: int, tiling: Tiling = WHOLE) -> float:
        """Return the pixels that the model sees per pixel of an image of that size."""
        return self._model.scale_of(*tiling.tile_size(height, width), is_fitted=tiling.is_fitted)

    def _find_in(self, image: np.ndarray, cut: tuple[int, int, int, int]) -> Detections:
        left, top, right, bottom = cut
        boxes, scores, others = self._model.find(image[top:bottom, left:right], self._people)
        boxes[:, :2] += left, top
        return _strongest(boxes, scores, others)


def _strongest(boxes: np.ndarray, scores: np.ndarray, others: np.ndarray) -> Detections:
    """Drop the weaker of boxes that overlap much, and sort the rest by score."""
    kept = np.array(cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), MIN_SCORE, NMS_IOU), np.intp)
    return Detections(boxes[kept], scores[kept], others[kept])


def open_detector(name: str, classes: Sequence[str] | None = None, *, show_progress: bool = True) -> Detector:
    """Open a detector: `nano`, which comes along, a file, or an address to fetch it from.

    Args:
        name: `nano`, a path, an address of shared storage, or one of the web, which is fetched once, perhaps
            with `#sha256=`; see `fetch`.
        classes: Names of its classes, in order; see `people_of`.
        show_progress: Show a bar while it is fetched.

    Raises:
        OptionError: The address makes no sense.
        DetectorError: It cannot be read or fetched, is not a YOLOX, or its classes do not fit.
    """
    if name == NANO:
        return Detector(_NANO_FILE, classes)
    if not is_address(name):
        path = located(name)
        if (match := _SCHEME.match(name)) and str(path) == str(Path(name)):
            raise OptionError(
                f"Cannot open the detector {name}: nothing is known of {match[0]} here. Give a file, an "
                "address that begins with https://, or one of shared storage, as s3://BUCKET/NAME."
            )
        return Detector(path, classes)
    from bball_tag.console import bytes_progress

    return Detector(fetch(name, partial(bytes_progress, shown=show_progress)), classes)


def _identity(path: Path, people: People, runtime: str) -> str:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    digest.update(repr((people, runtime, MIN_SCORE, NMS_IOU)).encode())
    return digest.hexdigest()[:32]
