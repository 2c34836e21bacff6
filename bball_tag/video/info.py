"""What a video file is, and one frame of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np

from bball_tag.timecode import frame_at
from bball_tag.video.frame_times import FrameTimes

TIME_TOLERANCE_S = 0.0006
"""Files round times to milliseconds: a frame this little early belongs to what begins there."""
END_TOLERANCE_S = 1.0
"""A header may promise a little less than the frames that follow."""


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What a video file says about itself, its frames upright and their pixels square."""

    path: Path | None = None
    """None if it is unknown, as in some files of events."""
    width: int = 0
    height: int = 0
    """Size of an upright frame, in pixels."""
    fps: Fraction = Fraction(0)
    """Frames per second; their mean where the rate varies."""
    duration: float = 0.0
    """Seconds from the first frame to the end of the last, or to where a file claims to end that was cut
    short; 0 if nothing is known."""
    num_frames: int | None = None
    """Number of frames, if it is known."""
    has_audio: bool = False
    rotation: int = 0
    """Degrees, counter-clockwise, by which a stored frame is turned for display: 0, 90, 180 or 270."""
    title: str = ""
    """The title in the container's metadata."""
    stored_width: int = 0
    """Pixels of an upright frame from left to right as it is stored, where they are not square; else 0."""
    starts: float = 0.0
    """Seconds from where players begin to count, as with sound before it, to the first frame; 0
    where that is less than a frame."""
    times: FrameTimes | None = field(default=None, compare=False, repr=False)
    """When each frame is shown, where the rate varies; None where `fps` says it."""

    @property
    def name(self) -> str:
        """What to call the video in a message."""
        return self.path.name if self.path else "unknown video"

    def frame_at(self, seconds: float) -> int:
        """Return the number, from 0, of the frame nearest to `seconds`; the rate must be known."""
        return self.times.frame_at(seconds) if self.times else frame_at(seconds, self.fps)

    def time_of(self, frame: int) -> float:
        """Return the seconds at which a frame is shown, given its number from 0; the rate must be known."""
        return self.times.time_of(frame) if self.times else float(frame / self.fps)

    @classmethod
    def unknown(
        cls, path: Path | None = None, fps: Fraction | None = None, duration: float = 0.0
    ) -> VideoInfo:
        """Return what a file of events knows about its video; sizes that are unknown are 0."""
        return cls(path, fps=fps or Fraction(0), duration=duration)


@dataclass(frozen=True, slots=True)
class Frame:
    """The image of a video at one instant of the grid."""

    index: int
    """Grid index of the instant."""
    time: float
    """The instant, in seconds from the video's first frame."""
    image: np.ndarray
    """uint8 RGB, shape (H, W, 3)."""
