"""When each frame of a video is shown whose rate varies: from times to frame numbers and back."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class FrameTimes:
    """The times of a video's frames."""

    times: np.ndarray
    """Seconds from the first frame, ascending: float64 array of shape (N,)."""
    end: float
    """Seconds to the end of the last frame."""
    fps: Fraction
    """Their mean rate, at which frames are counted on behind the end."""

    def frame_at(self, seconds: float) -> int:
        """Return the number, from 0, of the frame that is shown nearest to `seconds`.

        The end of the video has the number of its frames.
        """
        edges = np.append(self.times, max(self.end, float(self.times[-1])))
        if seconds > edges[-1]:
            return len(self.times) + round((seconds - float(edges[-1])) * float(self.fps))
        after = int(edges.searchsorted(seconds))
        # Of two as near as each other, the earlier one is shown then.
        is_before = after > 0 and seconds - edges[after - 1] <= edges[after] - seconds
        return after - 1 if is_before else after

    def time_of(self, frame: int) -> float:
        """Return the seconds at which a frame is shown, given its number from 0."""
        if frame < len(self.times):
            return float(self.times[max(frame, 0)])
        return max(self.end, float(self.times[-1])) + float((frame - len(self.times)) / self.fps)
