"""Where one shot ends and another begins.

Hard cuts are found by PySceneDetect, which knows nothing gradual. Dissolves are found by what they are,
mixtures (`dissolves.py`), and wipes by when each place of the frame changes (`wipes.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bball_tag.video.dissolves import dissolves_in
from bball_tag.video.flashes import without_flashes
from bball_tag.video.shot_frames import COARSE, ShotFrames
from bball_tag.video.wipes import wipes_in

THUMBNAIL_WIDTH = 64
"""Pixels: enough to tell scenes apart, and small next to a frame."""
_FLASH_S = 0.32
"""Seconds on either side of a cut within which no frame may show what one on the other side shows."""
_LEAST_JUMP = 2.2
"""How a hard cut's change compares with the mean of the changes around it, as PySceneDetect reckons."""


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of shot, in instants.

    A hard cut is (i, i): instant i begins the new shot. A dissolve or wipe covers the instants from `first`
    to `last`, which belong to no shot; the new shot begins after `last`.
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

    height = max(COARSE, round(image.shape[0] * THUMBNAIL_WIDTH / image.shape[1]))
    return np.asarray(cv2.resize(image, (THUMBNAIL_WIDTH, height), interpolation=cv2.INTER_AREA))


def cuts_in(thumbnails: Sequence[np.ndarray], fps: float, begin: int = 0) -> list[Transition]:
    """Return the changes of shot within a window of frames, in order; instants count from the window's first.

    Args:
        thumbnails: uint8 RGB arrays of one shape (h, w, 3), `fps` of them a second.
        begin: The video's instant of the first of them.
    """
    if len(thumbnails) < 2:
        return []
    thumbnails, lit = without_flashes(thumbnails, fps)
    frames = ShotFrames.of(thumbnails)
    wipes = [
        Transition(first, last)
        for first, last in wipes_in(thumbnails, frames.likeness, fps, begin)
        if first < last
    ]
    dissolves = [Transition(first, last) for first, last in dissolves_in(frames, fps)]
    gradual = _longest_of([*dissolves, *wipes])
    reach = round(_FLASH_S * fps)
    hard = [
        Transition(cut, cut)
        for cut in _hard_cuts(thumbnails, fps)
        if not lit[cut - 1 : cut + 1].any()
        and frames.stands_out(cut)
        and not frames.same_scene(range(cut - reach, cut), range(cut, cut + reach + 1))
        and not any(one.first - 1 <= cut <= one.last + 2 for one in gradual)
    ]
    return sorted([*gradual, *hard], key=lambda one: one.start)


def _longest_of(transitions: Sequence[Transition]) -> list[Transition]:
    """Of transitions that overlap, the longest counts."""
    kept: list[Transition] = []
    for one in sorted(transitions, key=lambda each: each.first - each.last):
        if not any(one.first <= other.last and one.last >= other.first for other in kept):
            kept.append(one)
    return kept


def _hard_cuts(thumbnails: Sequence[np.ndarray], fps: float) -> Iterator[int]:
    from scenedetect import FrameTimecode  # type: ignore[import-untyped]
    from scenedetect.detectors import AdaptiveDetector  # type: ignore[import-untyped]

    detector = AdaptiveDetector(adaptive_threshold=_LEAST_JUMP, min_scene_len=1)
    for index, image in enumerate(thumbnails):
        for cut in detector.process_frame(FrameTimecode(index, fps), np.ascontiguousarray(image[..., ::-1])):
            yield cut.frame_num
