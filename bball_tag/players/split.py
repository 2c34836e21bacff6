"""Split pieces where the look changes: a tracker has passed from one person to another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from bball_tag.players.kits import SHIRT
from bball_tag.players.looks import Likeness, clear_views, has_colours
from bball_tag.players.pieces import Piece, part_of
from bball_tag.players.teams import Kit, misfits

_WINDOW_S = 3.0
"""Seconds before and after an instant whose looks are compared."""
_LEAST_S = 0.8
"""A part is at least this long, in seconds: in an occlusion the look is another's for a moment."""
_OTHER = -2.0
"""Log likelihood ratio from which on it is another person: one in seven is still the same."""
_SURE_S = 0.4
"""A shirt must be the other team's for this long, in seconds: beside an occlusion it may seem to be."""

Change = Callable[[np.ndarray], int | None]
"""Says at which of the clear views (M, C), counted from 0, another person begins; None if none does."""


def split_by_kit(pieces: Sequence[Piece], kits: Sequence[Kit], fps: float) -> list[Piece]:
    """Return the parts of pieces that wear one kit each; the parts of a piece keep its id.

    Args:
        pieces: What the tracker followed.
        kits: The two teams' kits; without them, pieces stay whole.
        fps: Instants per second.
    """
    if not kits:
        return list(pieces)

    def change(views: np.ndarray) -> int | None:
        # How well each view fits each team, and neither.
        fits = -np.minimum(misfits(views[:, SHIRT], kits), 2.0)
        sums = np.cumsum(np.concatenate([fits, np.full((len(fits), 1), -1.0)], axis=1), axis=0)
        gains = sums.max(axis=1) + (sums[-1] - sums).max(axis=1) - sums[-1].max()
        best = int(gains.argmax())
        return best + 1 if gains[best] > _SURE_S * fps else None

    return [part for piece in pieces for part in _parts(piece, change)]


def split_by_look(pieces: Sequence[Piece], alike: Likeness, fps: float) -> list[Piece]:
    """Return the parts of pieces that look like one person each; the parts of a piece keep its id.

    Args:
        pieces: Pieces of one team.
        alike: How alike people look.
        fps: Instants per second.
    """
    if not has_colours(pieces):
        return list(pieces)
    log_ratio = alike.short_looks()
    least, window = max(round(_LEAST_S * fps), 2), max(round(_WINDOW_S * fps), 2)

    def change(views: np.ndarray) -> int | None:
        at = np.arange(least, len(views) - least + 1)
        if not len(at):
            return None
        sums = np.concatenate([np.zeros((1, views.shape[1])), np.cumsum(views, axis=0)])
        before, after = np.maximum(at - window, 0), np.minimum(at + window, len(views))
        earlier = (sums[at] - sums[before]) / (at - before)[:, None]
        later = (sums[after] - sums[at]) / (after - at)[:, None]
        ratio = log_ratio(later - earlier, np.minimum(at - before, after - at))
        worst = int(ratio.argmin())
        return int(at[worst]) if ratio[worst] < _OTHER else None

    return [part for piece in pieces for part in _parts(piece, change)]


def _between(rows: np.ndarray, at: int) -> int:
    """Return the detection in the middle between two clear views: people pass while one hides the other."""
    return int(rows[at - 1] + rows[at] + 1) // 2


def _parts(piece: Piece, change: Change) -> list[Piece]:
    """Cut a piece wherever somebody else begins."""
    views, rows = clear_views(piece)
    open_parts, edges = [(0, len(views))], [0, len(piece.instants)]
    while open_parts:
        first, stop = open_parts.pop()
        at = change(views[first:stop]) if stop > first else None
        if at is not None and 0 < at < stop - first:
            open_parts += [(first, first + at), (first + at, stop)]
            edges.append(_between(rows, first + at))
    return [part_of(piece, begin, end) for begin, end in pairwise(sorted(edges))]
