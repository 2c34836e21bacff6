"""Split pieces where the look changes: a tracker has passed from one person to another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from itertools import pairwise

import numpy as np

from bball_tag.players.kits import SHIRT
from bball_tag.players.looks import Likeness, clear_views, has_colours, looks_of
from bball_tag.players.pieces import Piece
from bball_tag.players.teams import Kit, misfits

_WINDOW_S = 3.0
"""Seconds before and after an instant whose looks are compared."""
_LEAST_S = 0.8
"""A part is at least this long, in seconds: in an occlusion the look is another's for a moment."""
_OTHER = -2.0
"""Log likelihood ratio from which on it is another person: one in seven is still the same."""
_SURE_S = 0.4
"""A shirt must be the other team's for this long, in seconds: beside an occlusion it may seem to be."""
_KNOWN_S = 3.0
"""Who was clearly seen for this long, in seconds, has a look by which they are found in other pieces."""
_MOST_KNOWN = 60
"""People whose looks are compared, of those who were seen for longest."""
_PASSES = 3.0
"""What a change from one person to another costs, as a log likelihood ratio: one look must tell much."""

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


def split_by_people(
    pieces: Sequence[Piece], people: Sequence[np.ndarray], alike: Likeness, fps: float
) -> list[Piece]:
    """Return the parts of pieces that each look most like one of the people; they keep the piece's id.

    What was joined shows everybody's look better than one piece does. So it is asked once more, from moment
    to moment, whom a piece shows (Viterbi, as in the diarization of speakers).

    Args:
        pieces: Pieces of one team.
        people: For each person, the rows of the pieces that were joined.
        alike: How alike people look.
        fps: Instants per second.
    """
    if not has_colours(pieces):
        return list(pieces)
    looks = looks_of(pieces)
    known = sorted(people, key=lambda rows: -looks.counts[rows].sum())[:_MOST_KNOWN]
    known = [rows for rows in known if looks.counts[rows].sum() >= _KNOWN_S * fps]
    if len(known) < 2:
        return list(pieces)
    means = np.stack([np.average(looks.means[rows], axis=0, weights=looks.counts[rows]) for rows in known])
    least = max(round(_LEAST_S * fps), 2)
    parts: list[Piece] = []
    for piece in pieces:
        views, rows = clear_views(piece)
        edges = [0, len(piece.instants)]
        if len(views) >= 2 * least:
            begins = _lasting(_likeliest(alike.likelihoods(views, means)), least)
            edges += [_between(rows, begin) for begin in begins]
        parts += [_part(piece, begin, end) for begin, end in pairwise(sorted(edges))]
    return parts


def _likeliest(scores: np.ndarray) -> np.ndarray:
    """Return the likeliest of K people at each of M views, by log likelihoods (M, K); they rarely change."""
    came = np.zeros(scores.shape, np.int64)
    best = scores[0]
    for at in range(1, len(scores)):
        changed = best.max() - _PASSES
        came[at] = np.where(changed > best, best.argmax(), np.arange(len(best)))
        best = np.maximum(best, changed) + scores[at]
    path = [int(best.argmax())]
    for before in came[:0:-1]:
        path.append(int(before[path[-1]]))
    return np.array(path[::-1])


def _lasting(path: np.ndarray, least: int) -> list[int]:
    """Return where another person begins on a path (M,), glimpses of fewer than `least` views left out."""
    edges = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist(), len(path)]
    runs = [(begin, path[begin]) for begin, stop in pairwise(edges) if stop - begin >= least]
    return [begin for (_, before), (begin, person) in pairwise(runs) if person != before]


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
    return [_part(piece, begin, end) for begin, end in pairwise(sorted(edges))]


def _part(piece: Piece, first: int, stop: int) -> Piece:
    """Return the detections [first, stop) of a piece."""
    if (first, stop) == (0, len(piece.instants)):
        return piece
    rows = {
        field.name: getattr(piece, field.name)[first:stop] for field in fields(piece) if field.name != "id"
    }
    return replace(piece, **rows)
