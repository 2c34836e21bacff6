"""What a clip is, and which clips a video has: the arithmetic that training and inference share.

Time is sampled first: the *grid* has an instant every `1 / fps` seconds, counted from the video's
first frame. A clip is a run of `num_frames` grid instants, and the stride between clips is a whole
number of them. Everything here is integer arithmetic on grid indices.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

CHUNK = 32
"""Grid instants that are computed and stored at once, at fixed places; also the most that a clip may have."""

SubjectKind = Literal["player", "frame"]
"""What a clip shows: one player, cut out by their box, or the whole frame."""


@dataclass(frozen=True, slots=True)
class ClipSpec:
    """What one model input looks like. Saved in the checkpoint, obeyed everywhere."""

    num_frames: int = 8
    """Frames in a clip."""
    fps: float = 12.5
    """Frames sampled per second of video: every 2nd frame at 25 fps."""
    height: int = 176
    width: int = 128
    """Size of the images the model sees, in pixels."""
    mean: tuple[float, float, float] = (0.45, 0.45, 0.45)
    std: tuple[float, float, float] = (0.225, 0.225, 0.225)
    """Red, green and blue, scaled to 0..1, are normalised: less `mean`, over `std` (as for Kinetics-400)."""
    subject: SubjectKind = "player"
    """What the clips show that the model was trained on."""
    context_frames: int = 0
    """Frames on either side of a clip that the model sees too, to label what happens in the clip."""

    def __post_init__(self) -> None:
        if self.num_frames < 1 or not self.fps > 0:
            raise ValueError(f"a clip needs at least one frame and a positive rate: {self}")
        if min(self.height, self.width) < 32:
            raise ValueError(f"a clip's images are at least 32 pixels high and wide: {self}")
        if self.context_frames < 0:
            raise ValueError(f"a clip's context is a number of frames, none or more: {self}")
        if self.subject not in ("player", "frame"):
            raise ValueError(f"a clip's subject is 'player' or 'frame', not {self.subject!r}")

    @property
    def duration(self) -> float:
        """Seconds of video that one clip stands for."""
        return self.num_frames / self.fps

    @property
    def num_seen(self) -> int:
        """Frames that the model sees for one clip, its context included."""
        return self.num_frames + 2 * self.context_frames

    def stride_frames(self, seconds: float) -> int:
        """Return the whole number of grid steps nearest to `seconds`, from 1 to a clip's length."""
        return max(1, min(self.num_frames, round(seconds * self.fps)))


@dataclass(frozen=True, slots=True)
class Window:
    """The grid instants that one clip is made of."""

    start: int
    """First grid index."""
    stop: int
    """One past the last real grid index; less than `start + num_frames` in a clip that is padded."""

    def instants(self, num_frames: int) -> list[int]:
        """Return `num_frames` grid indices; a clip at the end repeats the last one."""
        return [min(index, self.stop - 1) for index in range(self.start, self.start + num_frames)]


def grid_range(start: float, end: float, fps: float) -> range:
    """Return the grid indices of the instants in the half-open span [start, end), in seconds.

    An error of a millionth of a step is ignored, so that 0.24 s at 12.5 fps is instant 3 and not 4.
    """
    return range(max(0, math.ceil(start * fps - 1e-6)), max(0, math.ceil(end * fps - 1e-6)))


class WindowCutter:
    """Cuts windows from consecutive grid instants, one every `stride` steps.

    Push the instants one by one; `finish` gives the window that covers the rest, if there is one.
    """

    def __init__(self, first: int, num_frames: int, stride: int) -> None:
        self.next_start = first
        """Where the next window begins: earlier instants are no longer needed."""
        self._covered = self._seen = first
        self._num_frames, self._stride = num_frames, stride

    def push(self, index: int) -> Window | None:
        """Take one more instant; return the window that it completes, if it does."""
        self._seen = index + 1
        if self._seen < self.next_start + self._num_frames:
            return None
        return self._cut()

    def finish(self) -> Window | None:
        """Return the window over the last instants, to be padded; None if all are covered."""
        return self._cut() if self._covered < self._seen else None

    def _cut(self) -> Window:
        window = Window(self.next_start, min(self.next_start + self._num_frames, self._seen))
        self.next_start += self._stride
        self._covered = window.stop
        return window


def windows(span: range, num_frames: int, stride: int) -> Iterator[Window]:
    """Yield the windows that cover `span`, one every `stride` grid steps.

    The last one may reach past the end, so that the last part of a video is covered too; a span
    shorter than a clip gives one window, an empty span none.
    """
    cutter = WindowCutter(span.start, num_frames, stride)
    for index in span:
        if window := cutter.push(index):
            yield window
    if window := cutter.finish():
        yield window
