"""Where one shot ends and another begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

THUMBNAIL_WIDTH = 64
"""Pixels: enough to tell scenes apart, and small next to a frame."""


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of shot, in instants.

    A hard cut is (i, i): instant i begins the new shot. A dissolve covers the instants from `first` to
    `last`, which belong to no shot; the new shot begins after `last`.
    """

    first: int
    last: int

    @property
    def start(self) -> int:
        """The first instant of the new shot."""
        return self.first if self.first == self.last else self.last + 1


def thumbnail(image: np.ndarray) -> np.ndarray:
    """Make an image small, for `cuts_in`: uint8 RGB of shape (h, 64, 3)."""
    import cv2

    height = max(1, round(image.shape[0] * THUMBNAIL_WIDTH / image.shape[1]))
    return np.asarray(cv2.resize(image, (THUMBNAIL_WIDTH, height), interpolation=cv2.INTER_AREA))


def cuts_in(thumbnails: Sequence[np.ndarray], fps: float) -> list[Transition]:
    """Return the changes of shot within a window of frames, in order; instants count from the window's first.

    Args:
        thumbnails: uint8 RGB arrays of one shape (h, w, 3), `fps` of them a second.
    """
    from scenedetect import FrameTimecode  # type: ignore[import-untyped]
    from scenedetect.detectors import AdaptiveDetector  # type: ignore[import-untyped]

    detector = AdaptiveDetector(min_scene_len=1)
    found: list[Transition] = []
    for index, image in enumerate(thumbnails):
        for cut in detector.process_frame(FrameTimecode(index, fps), np.ascontiguousarray(image[..., ::-1])):
            found.append(Transition(cut.frame_num, cut.frame_num))
    return found
