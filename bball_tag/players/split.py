"""Split pieces where the look changes: a tracker has passed from one person to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from itertools import pairwise

import numpy as np

from bball_tag.players.looks import Likeness, clear_views, has_colours
from bball_tag.players.pieces import Piece

_WINDOW_S = 3.0
"""Seconds before and after an instant whose looks are compared."""
_LEAST_S = 0.8
"""A part is at least this long, in seconds: in an occlusion the look is another's for a moment."""
_OTHER = -2.0
"""Log likelihood ratio from which on it is another person: one in seven and a half is still the same."""


def split_pieces(pieces: Sequence[Piece], alike: Likeness, fps: float) -> list[Piece]:
    """Return the parts of pieces that show one person each; the parts of a piece keep its id.

    Args:
        pieces: What the tracker followed.
        alike: How alike people look.
        fps: Instants per second.
    """
    if not has_colours(pieces):
        return list(pieces)
    least, window = max(round(_LEAST_S * fps), 2), max(round(_WINDOW_S * fps), 2)
    parts = []
    for piece in pieces:
        views, rows = clear_views(piece)
        sums = np.concatenate([np.zeros((1, views.shape[1])), np.cumsum(views, axis=0)])
        open_parts, edges = [(0, len(views))], [0]
        while open_parts:
            first, stop = open_parts.pop()
            at = _change(sums, first, stop, alike, (least, window))
            if at is not None:
                open_parts += [(first, at), (at, stop)]
                # People pass each other while one hides the other.
                edges.append(int(rows[at - 1] + rows[at] + 1) // 2)
        edges = [*sorted(edges), len(piece.instants)]
        parts += [part_of(piece, begin, end) for begin, end in pairwise(edges)]
    return parts


def part_of(piece: Piece, first: int, stop: int) -> Piece:
    """Return the detections [first, stop) of a piece."""
    if (first, stop) == (0, len(piece.instants)):
        return piece
    rows = {
        field.name: getattr(piece, field.name)[first:stop] for field in fields(piece) if field.name != "id"
    }
    return replace(piece, **rows)


def _change(sums: np.ndarray, first: int, stop: int, alike: Likeness, lengths: tuple[int, int]) -> int | None:
    """Return where within [first, stop) the look changes most, if it is another person's from there on."""
    least, window = lengths
    at = np.arange(first + least, stop - least + 1)
    if not len(at):
        return None
    before, after = np.maximum(at - window, first), np.minimum(at + window, stop)
    counts = np.minimum(at - before, after - at)
    means = [(sums[end] - sums[begin]) / (end - begin)[:, None] for begin, end in ((before, at), (at, after))]
    ratio = alike.log_ratio_of(means[1] - means[0], counts)
    worst = int(ratio.argmin())
    return int(at[worst]) if ratio[worst] < _OTHER else None
