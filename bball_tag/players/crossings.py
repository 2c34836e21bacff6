"""Cut pieces where people cross: a tracker may pass from the one to the other there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import compress, pairwise

import numpy as np

from bball_tag.players.looks import has_colours
from bball_tag.players.pieces import Piece, part_of
from bball_tag.players.tracks import overlaps

_CROSS = 0.3
"""Two people whose boxes overlap by this much (IoU) cross. In three rendered games a tracker passed from one
person to another 169 times: 163 of them within 0.4 s of one of 700 crossings."""
_ONCE_S = 0.5
"""Of the instants at which two people overlap, those nearer than this, in seconds, are one crossing."""
_APART_S = 0.4
"""A piece is not cut twice within this time, in seconds."""


def cut_at_crossings(pieces: Sequence[Piece], fps: float) -> list[Piece]:
    """Return the parts of pieces between crossings, in the order of pieces; they keep the piece's id.

    Pieces stay whole where it is not known what people wear: nothing would tell them apart again.

    Args:
        pieces: Of all who may be confused.
        fps: Instants per second.
    """
    if not pieces or not has_colours(pieces):
        return list(pieces)
    crossings: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for (one, other), (instants, shared) in _overlapping(pieces).items():
        for instant, most in _peaks(instants, shared, fps):
            crossings[one].append((most, instant))
            crossings[other].append((most, instant))
    parts: list[Piece] = []
    for at, piece in enumerate(pieces):
        cuts: list[int] = []
        # Where several people cross at once, the nearest of them counts.
        for _, instant in sorted(crossings[at], reverse=True):
            if all(abs(instant - cut) > _APART_S * fps for cut in cuts):
                cuts.append(instant)
        count = len(piece.instants)
        edges = {0, count, *np.searchsorted(piece.instants, cuts).tolist()}
        parts += [part_of(piece, begin, end) for begin, end in pairwise(sorted(edges))]
    return parts


def cut_those_who_count(
    parts: Sequence[Piece], counts: np.ndarray, fps: float
) -> tuple[list[Piece], np.ndarray]:
    """Cut those who count where they cross; return all parts in order, and which of them count."""
    both = [(part, True) for part in cut_at_crossings(list(compress(parts, counts)), fps)]
    both += [(part, False) for part in compress(parts, ~counts)]
    both.sort(key=lambda each: (each[0].id, int(each[0].instants[0])))
    return [part for part, _ in both], np.array([one for _, one in both], bool)


def _overlapping(pieces: Sequence[Piece]) -> dict[tuple[int, int], tuple[np.ndarray, np.ndarray]]:
    """Return at which instants each two pieces cross, and how much they overlap then, by their indices."""
    instants = np.concatenate([piece.instants for piece in pieces])
    boxes = np.concatenate([piece.boxes for piece in pieces]).astype(np.float64)
    owner = np.repeat(np.arange(len(pieces)), [len(piece.instants) for piece in pieces])
    order = np.argsort(instants, kind="stable")
    found: dict[tuple[int, int], list[tuple[int, float]]] = defaultdict(list)
    for rows in np.split(order, np.flatnonzero(np.diff(instants[order])) + 1):
        shared = overlaps(boxes[rows][:, None], boxes[rows][None])
        for one, other in np.argwhere(np.triu(shared, 1) > _CROSS).tolist():
            pair = int(owner[rows[one]]), int(owner[rows[other]])
            found[pair].append((int(instants[rows[one]]), float(shared[one, other])))
    return {
        pair: (np.array([each[0] for each in seen]), np.array([each[1] for each in seen]))
        for pair, seen in found.items()
    }


def _peaks(instants: np.ndarray, shared: np.ndarray, fps: float) -> Iterator[tuple[int, float]]:
    """Yield the instants at which two people overlap most, and how much."""
    for instant, most in zip(instants.tolist(), shared.tolist(), strict=True):
        if most >= shared[np.abs(instants - instant) <= _ONCE_S * fps].max():
            yield instant, most
