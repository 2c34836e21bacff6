"""A piece: one person followed without a break, before pieces are joined into players."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np


@dataclass(frozen=True, slots=True)
class Piece:
    """One person, followed from box to box by a tracker, over instants of the grid."""

    id: int
    """Counted from 1 in the order of appearance; never given twice in a video."""
    instants: np.ndarray
    """Grid indices at which the person was detected, ascending: int64 array of shape (N,)."""
    boxes: np.ndarray
    """left, top, width, height in pixels of the upright frame: float32 array of shape (N, 4)."""
    scores: np.ndarray
    """Confidence of each detection: float32 array of shape (N,)."""
    others: np.ndarray
    """Whether the detector says that the person does not play: bool array of shape (N,)."""
    colours: np.ndarray
    """What the person wears, looks like and stands on, at each instant, as `Appearance` describes it: float32
    array of shape (N, C), perhaps without what comes last in it."""
    moves: np.ndarray
    """Velocity of the foot point with the camera's movement taken out, in body heights per second, along and
    down the frame: float32 array of shape (N, 2); zero at the first instant."""

    @property
    def span(self) -> range:
        """The grid instants from the first to the last detection."""
        return range(int(self.instants[0]), int(self.instants[-1]) + 1)


def part_of(piece: Piece, first: int, stop: int) -> Piece:
    """Return the detections [first, stop) of a piece; they keep its id."""
    if (first, stop) == (0, len(piece.instants)):
        return piece
    rows = {
        field.name: getattr(piece, field.name)[first:stop] for field in fields(piece) if field.name != "id"
    }
    return replace(piece, **rows)
