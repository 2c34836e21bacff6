"""How alike two pieces look, measured on the video itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bball_tag.players.join import Likeness
from bball_tag.players.kits import COLOURS
from bball_tag.players.pieces import Piece

_CHUNK_S = 2.0
"""Looks are means over this time, in seconds, when it is measured how much they vary."""
_APART_S = 4.0
"""Looks of one person are compared over at least this time: neighbours share their pose."""
_BELIEF = 40
"""Number of pairs that the guess below is worth beside what is measured."""
_SAME_GUESS = np.repeat([6.0, 4.0, 4.0, 6.0, 7.0], 3) ** 2 * 2
"""Guess: variance of the difference between looks of one person, head to feet (CIE units)."""
_OTHER_GUESS = _SAME_GUESS + np.repeat([8.0, 2.0, 2.0, 8.0, 14.0], 3) ** 2 * 2
"""Guess: the same for two teammates, whose shirts and shorts are alike."""


def mean_looks(pieces: Sequence[Piece]) -> np.ndarray:
    """Return the median look of each piece, float64 array of shape (N, `COLOURS`)."""
    return np.stack([np.median(piece.colours, axis=0) for piece in pieces]).astype(np.float64)


def learn_likeness(pieces: Sequence[Piece], looks: np.ndarray, fps: float) -> Likeness:
    """Measure how looks vary, among pieces of one team.

    Two looks of one piece, some seconds apart, are of one person; two pieces at one time are of two.

    Args:
        pieces: Pieces of one team.
        looks: Mean look of each, shape (N, C); C may be 0.
        fps: Instants per second.
    """
    counts = np.array([len(piece.instants) for piece in pieces], np.float64)
    if looks.shape[1] != COLOURS:
        nothing = np.zeros((len(pieces), 1))
        return Likeness(nothing, counts, np.eye(1), np.eye(1))
    chunks, owner, when = _chunks(pieces, fps)
    same, other = _differences(chunks, owner, when, fps)
    within, between = _blend(same, np.diag(_SAME_GUESS)), _blend(other, np.diag(_OTHER_GUESS))
    return Likeness(looks, counts, within, between)


def _chunks(pieces: Sequence[Piece], fps: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return looks over short times, the index of the piece of each, and its middle instant."""
    length = max(round(_CHUNK_S * fps), 2)
    looks, owner, when = [np.zeros((0, COLOURS))], [], []
    for at, piece in enumerate(pieces):
        for begin in range(0, len(piece.instants) - length + 1, length):
            looks.append(np.median(piece.colours[begin : begin + length], axis=0)[None])
            owner.append(at)
            when.append(int(piece.instants[begin + length // 2]))
    return np.concatenate(looks), np.array(owner, np.int64), np.array(when, np.int64)


def _differences(
    chunks: np.ndarray, owner: np.ndarray, when: np.ndarray, fps: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return differences between looks of one person, and of two teammates at one time."""
    # Neighbours in this order are seen at about the same time.
    order = np.argsort(when, kind="stable")
    chunks, owner, when = chunks[order], owner[order], when[order]
    same, other = [np.zeros((0, COLOURS))], [np.zeros((0, COLOURS))]
    for step in range(1, min(len(chunks), 40)):
        apart = when[step:] - when[:-step]
        gaps = chunks[step:] - chunks[:-step]
        one = owner[step:] == owner[:-step]
        same.append(gaps[one & (apart >= _APART_S * fps)])
        other.append(gaps[~one & (apart <= _CHUNK_S * fps / 2)])
    return np.concatenate(same), np.concatenate(other)


def _blend(differences: np.ndarray, guess: np.ndarray) -> np.ndarray:
    """Return the covariance of differences about zero, with a guess that few of them do not outweigh."""
    measured = differences.T @ differences
    return np.asarray((measured + _BELIEF * guess) / (len(differences) + _BELIEF))
