"""Where parts of pieces are, with the camera's movement taken out, and whether that is on the court."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bball_tag.players.pieces import Piece
from bball_tag.players.places import Places, feet_of, fixed_view, seen_fixed, sum_up
from bball_tag.players.who_counts import Corners, outside
from bball_tag.video.cuts import Transition


def placed_in(
    parts: Sequence[Piece],
    fps: float,
    cuts: Sequence[Transition],
    court: Corners | None,
    camera: np.ndarray | None,
) -> Places:
    """Sum up where parts of pieces are, with the camera's movement taken out."""
    count = max(int(part.instants[-1]) for part in parts) + 1
    moves = np.tile(np.eye(2, 3), (count, 1, 1))
    if camera is not None:
        moves[: len(camera)] = camera[:count]
    starts = [cut.start for cut in cuts]
    fixed = fixed_view(moves, starts)
    off_court = np.zeros(len(parts))
    if court is not None:
        # The court is where it was in the first frame, so nothing is known of it after the first cut.
        known = starts[0] if starts else count
        off_court = np.array([_off_court(part, fixed, court, known) for part in parts])
    return sum_up(parts, fps, starts, fixed, off_court)


def _off_court(part: Piece, fixed: np.ndarray, court: Corners, known: int) -> float:
    """Return the fraction of its time that a part of a piece is outside the court; 0 from `known` on."""
    if part.instants[0] >= known:
        return 0.0
    there = fixed[part.instants]
    high = part.boxes[:, 3] * np.sqrt(np.abs(np.linalg.det(there[:, :, :2])))
    return float(np.mean(outside(seen_fixed(feet_of(part.boxes), there), court) > 0.25 * high))
