"""How alike people look, measured on the video itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bball_tag.players.kits import COLOURS
from bball_tag.players.pieces import Piece

_CHUNK_S = 1.6
"""Looks are medians over this time, in seconds, when it is measured how much they vary."""
_APART_S = (1.5, 6.0)
"""Looks of one person are compared this far apart, in seconds: nearer they share their pose, and over longer
times a tracker may have confused two people."""
_TRUE = 0.75
"""Share of the looks of one track, some seconds apart, that are surely of one person."""
_BELIEF = 40
"""Number of pairs that the guesses below are worth beside what is measured."""
_SAME_GUESS = np.repeat([9.0, 5.0, 5.0, 9.0, 9.0], 3) ** 2 * 2
"""Guess: variance of the difference between looks of one person, head to feet (CIE units)."""
_OTHER_GUESS = _SAME_GUESS + np.repeat([8.0, 2.0, 2.0, 8.0, 14.0], 3) ** 2 * 2
"""Guess: the same for two teammates, whose shirts and shorts are alike."""
_FEW = 12.0
"""Detections of which half of what their look says is believed: poses and light change within a second."""
_BOUNDS = (-12.0, 6.0)
"""No look proves more, as log likelihood ratio: light, and people in front, make rare errors."""


@dataclass(frozen=True, slots=True)
class Looks:
    """What N pieces look like."""

    means: np.ndarray
    """Median descriptor of each, shape (N, C)."""
    counts: np.ndarray
    """Number of detections of each, shape (N,)."""

    def of(self, rows: np.ndarray) -> Looks:
        """Return the looks of some pieces."""
        return Looks(self.means[rows], self.counts[rows])


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much likelier two looks are if they are of one person than of two."""

    same: np.ndarray
    """Covariance of the difference between two looks of one person, shape (C, C)."""
    other: np.ndarray
    """Covariance of the difference between the looks of two people, shape (C, C)."""

    def log_ratio(self, means: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """Return the log likelihood ratio of each look (N, C) with each, shape (N, N)."""
        if not means.shape[1]:
            return np.zeros((len(means), len(means)))
        form = np.linalg.inv(self.same) - np.linalg.inv(self.other)
        # The form of a difference, multiplied out, so that no array of (N, N, C) is needed.
        own = np.einsum("nc,cd,nd->n", means, form, means)
        squares = own[:, None] + own[None, :] - 2 * means @ form @ means.T
        return self._bounded(squares, np.minimum(counts[:, None], counts[None, :]))

    def log_ratio_of(self, differences: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """Return the log likelihood ratio of differences between looks (N, C), shape (N,).

        Args:
            differences: Shape (N, C).
            counts: Number of detections that the look of fewer is the mean of, shape (N,).
        """
        form = np.linalg.inv(self.same) - np.linalg.inv(self.other)
        return self._bounded(np.einsum("nc,cd,nd->n", differences, form, differences), counts)

    def _bounded(self, squares: np.ndarray, counts: np.ndarray) -> np.ndarray:
        shift = 0.5 * (np.linalg.slogdet(self.other)[1] - np.linalg.slogdet(self.same)[1])
        return np.asarray(np.clip(shift - 0.5 * squares, *_BOUNDS) * counts / (counts + _FEW))


def has_colours(pieces: Sequence[Piece]) -> bool:
    """Say whether it is known what people wear."""
    return all(piece.colours.shape[1:] == (COLOURS,) for piece in pieces)


def looks_of(pieces: Sequence[Piece]) -> Looks:
    """Return the looks of pieces; of no channels where colours are not known."""
    counts = np.array([len(piece.instants) for piece in pieces], np.float64)
    if not has_colours(pieces):
        return Looks(np.zeros((len(pieces), 0)), counts)
    return Looks(np.stack([np.median(piece.colours, axis=0) for piece in pieces]).astype(np.float64), counts)


def measure_likeness(pieces: Sequence[Piece], fps: float) -> Likeness:
    """Measure how looks vary among pieces.

    Two looks of one piece, some seconds apart, are mostly of one person; two pieces at one time are of two.

    Args:
        pieces: Pieces of people between whom it must be decided.
        fps: Instants per second.
    """
    if not has_colours(pieces):
        return Likeness(np.zeros((0, 0)), np.zeros((0, 0)))
    same, other = _differences(*_chunks(pieces, fps), fps)
    return Likeness(_blend(_surely(same), np.diag(_SAME_GUESS)), _blend(other, np.diag(_OTHER_GUESS)))


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
    """Return differences between looks of one person, and of two people at one time."""
    # Neighbours in this order are seen at about the same time.
    order = np.argsort(when, kind="stable")
    chunks, owner, when = chunks[order], owner[order], when[order]
    same, other = [np.zeros((0, COLOURS))], [np.zeros((0, COLOURS))]
    least, most = (seconds * fps for seconds in _APART_S)
    for step in range(1, min(len(chunks), 60)):
        apart = when[step:] - when[:-step]
        gaps = chunks[step:] - chunks[:-step]
        one = owner[step:] == owner[:-step]
        same.append(gaps[one & (apart >= least) & (apart <= most)])
        other.append(gaps[~one & (apart <= _CHUNK_S * fps / 2)])
    return np.concatenate(same), np.concatenate(other)


def _surely(differences: np.ndarray) -> np.ndarray:
    """Return the differences without those that are so large that a tracker has confused two people."""
    kept = differences
    for _ in range(3):
        if len(kept) < _BELIEF:
            return differences
        inverse = np.linalg.inv(_blend(kept, np.diag(_SAME_GUESS)))
        size = np.einsum("nc,cd,nd->n", differences, inverse, differences)
        kept = differences[size <= np.quantile(size, _TRUE)]
    return kept


def _blend(differences: np.ndarray, guess: np.ndarray) -> np.ndarray:
    """Return the covariance of differences about zero, with a guess that few of them do not outweigh."""
    measured = differences.T @ differences
    return np.asarray((measured + _BELIEF * guess) / (len(differences) + _BELIEF))
