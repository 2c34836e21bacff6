"""Tracks of players: who was where, from box to box. `track_files.py` reads and writes them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, cast, get_args

import numpy as np

from bball_tag.faults import FormError
from bball_tag.players.crop import Box

Role = Literal["player", "other"]
"""Somebody who plays; or who does not, as a referee."""

MAX_GAP_S = 0.5
"""A track is broken where its player is not seen for longer, in seconds."""
_MAX_JUMP = 1.0
"""A box whose centre moves by more than this many of its heights between two rows has changed person."""


@dataclass(frozen=True, slots=True)
class Track:
    """One player's boxes over time."""

    id: str
    times: np.ndarray
    """Seconds from the first frame, ascending: float64 array of shape (N,)."""
    boxes: np.ndarray
    """left, top, width, height in pixels of the upright frame: float64 array of shape (N, 4)."""
    team: str = ""
    """Empty if it is unknown."""
    role: Role = "player"
    moves: np.ndarray | None = None
    """Velocity of the foot point with the camera's movement taken out, in body heights per second, along and
    down the frame: float64 array of shape (N, 2); None if it is unknown."""
    sureness: float | None = None
    """How sure it is that all boxes show one person, 0 to 1; None if it is unknown."""

    def box_at(self, time: float) -> Box:
        """Return the box at `time`, between two known ones on the straight line from one to the other."""
        after = int(self.times.searchsorted(time, "right"))
        if not 0 < after < len(self.times):
            return Box(*self.boxes[min(after, len(self.times) - 1)].tolist())
        (begin, end), (first, second) = self.times[after - 1 : after + 1], self.boxes[after - 1 : after + 1]
        return Box(*((second - first) / (end - begin) * (time - begin) + first).tolist())

    def stretches(self) -> list[tuple[float, float]]:
        """Return the spans [start, end), in seconds, over which this is one person seen without a break.

        A track is broken where it has a gap or jumps; each span ends one frame after its last box.
        """
        if not len(self.times):
            return []
        steps = np.diff(self.times)
        step = float(np.median(steps)) if len(steps) else 0.0
        centres = self.boxes[:, :2] + self.boxes[:, 2:] / 2
        moved = np.hypot(*np.diff(centres, axis=0).T) / np.minimum(self.boxes[1:, 3], self.boxes[:-1, 3])
        breaks = np.flatnonzero((steps > max(MAX_GAP_S, 1.5 * step)) | (moved > _MAX_JUMP)) + 1
        edges = [0, *breaks.tolist(), len(self.times)]
        return [
            (float(self.times[first]), float(self.times[stop - 1]) + step) for first, stop in pairwise(edges)
        ]


def longest_gap(fps: float) -> int:
    """Return how many instants may lie between two boxes of an unbroken track, on a grid of `fps`."""
    return max(1, round(MAX_GAP_S * fps))


def overlaps(ones: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the intersection over union of boxes (..., 4) with others, broadcast against each other."""
    low = np.maximum(ones[..., :2], others[..., :2])
    high = np.minimum(ones[..., :2] + ones[..., 2:], others[..., :2] + others[..., 2:])
    both = np.maximum(high - low, 0.0).prod(axis=-1)
    either = ones[..., 2:].prod(axis=-1) + others[..., 2:].prod(axis=-1) - both
    return np.asarray(both / np.maximum(either, 1e-9))


def as_role(name: object) -> Role:
    """Return the role of that name, in any case.

    Raises:
        FormError: There is none.
    """
    roles = get_args(Role)
    if not isinstance(name, str) or name.lower() not in roles:
        raise FormError(f"{name!r} is no role. There are: {', '.join(roles)}")
    return cast("Role", name.lower())
