"""Made-up people, bright boxes that move over a textured floor, and a detector that sees them exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from bball_tag.players.observation import Detections
from bball_tag.players.tiles import WHOLE, Tiling
from bball_tag.video.writer import write_images

SIZE = (320, 240)
"""Width and height of a frame."""
WIDE, HIGH = 24, 60
"""Width and height of a person."""
Way = Callable[[float], tuple[float, float] | None]
"""Where a person's left upper corner is at a time in seconds; None while they are away."""
COLOURS: Mapping[str, tuple[int, int, int]] = {"red": (220, 30, 30), "blue": (30, 30, 220)}


def floor(seed: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Return a floor with a texture that a camera's movement can be read off."""
    rng = np.random.default_rng(seed)
    grain = rng.integers(60, 150, (size[1] // 4, size[0] // 4), np.uint8)
    return np.repeat(cv2.resize(grain, size, interpolation=cv2.INTER_CUBIC)[..., None], 3, axis=2)


def write_people(
    path: Path,
    people: Sequence[tuple[str, Way]],
    *,
    seconds: float = 6,
    fps: int = 25,
    cut_at: float | None = None,
    dissolve: float = 0.0,
    pan: Callable[[float], int] = lambda time: 0,
) -> Path:
    """Write a video of people, each with a colour and a way.

    With `cut_at`, it is another hall from then on, which with `dissolve` comes within so long before;
    `pan` says how many pixels the floor has moved to the right.
    """

    def shown(time: float, *, later: bool) -> np.ndarray:
        image = np.roll(floor(7 if later else 1), pan(time), axis=1)
        if later:
            image = 255 - image // 2
        for colour, way in people:
            place = way(time)
            if place is not None:
                left, top = map(round, place)
                image[top : top + HIGH, left : left + WIDE] = COLOURS[colour]
        return image

    def images():
        for index in range(round(seconds * fps)):
            time = index / fps
            is_later = cut_at is not None and time >= cut_at
            image = shown(time, later=is_later)
            if cut_at is not None and cut_at - dissolve < time < cut_at:
                share = 1 - (cut_at - time) / dissolve
                image = cv2.addWeighted(image, 1 - share, shown(time, later=True), share, 0)
            yield image

    write_images(path, images(), Fraction(fps), preset="ultrafast")
    return path


class ColourDetector:
    """Sees what is coloured; the floor is grey."""

    name, id = "colours", "0123"

    def __init__(self) -> None:
        self.count = 0
        """Frames looked at."""

    is_flexible = False

    def scale_of(self, height: int, width: int, tiling: Tiling = WHOLE) -> float:
        return 1.0

    def detect(self, image: np.ndarray, tiling: Tiling = WHOLE) -> Detections:
        self.count += 1
        coloured = (np.ptp(image.astype(int), axis=2) > 90).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(coloured)
        boxes = [row[:4] for row in stats[1:] if row[4] > 200]
        count = len(boxes)
        return Detections(
            np.array(boxes, np.float32).reshape(-1, 4), np.full(count, 0.9, np.float32), np.zeros(count, bool)
        )
