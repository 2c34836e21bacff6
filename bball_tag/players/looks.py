"""How alike people look, measured on the video itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bball_tag.players.appearance import ATTIRE, BETWEEN, WITHIN
from bball_tag.players.kits import CLEAR, CLEAR_VIEW, COLOURS, SHIRT
from bball_tag.players.pieces import Piece

_CHUNK_S = 1.6
"""Looks are medians over this time, in seconds, when it is measured how much they vary."""
_APART_S = 1.5
"""Looks of one person are compared at least this far apart, in seconds: nearer they share their pose."""
_NEIGHBOURS = 100
"""Looks are compared with this many that follow."""
_TRUE = 0.9
"""Share of the looks of one track, some seconds apart, that are surely of one person."""
_BELIEF = 300
"""Number of pairs that the guesses below are worth beside what is measured: some pieces hold two people."""
_SAME_GUESS = np.repeat([9.0, 6.0, 6.0, 6.0, 6.0, 6.0], 3) ** 2 * 2
"""Guess: variance of the difference between looks of one person, head to feet (CIE units)."""
_OTHER_GUESS = _SAME_GUESS + np.repeat([8.0, 2.0, 2.0, 5.0, 8.0, 1.0], 3) ** 2 * 2
"""Guess: the same for two teammates, whose shirts and shorts are alike."""
_FEW = 12.0
"""Detections of which half of what their look says is believed: poses and light change within a second."""
_MOMENT, _MOMENTS = 6, 3000
"""Instants that make a moment, about half a second; and how many shirts show all kits of a video."""
_LOOK = 25.0
"""Detections over which looks are measured; the means of more vary less."""
_LEVELS = (1.0, 2.0, 4.0)
"""How far that is believed: light and the side of the court stay for long."""
_FREEDOM = 4.0
"""Degrees of freedom of the t distribution: light, and people in front, make large errors now and then."""


@dataclass(frozen=True, slots=True)
class Looks:
    """What N pieces look like."""

    means: np.ndarray
    """Median descriptor of each, shape (N, C)."""
    counts: np.ndarray
    """Number of detections of each in which nobody hides the person, shape (N,)."""

    def of(self, rows: np.ndarray) -> Looks:
        """Return the looks of some pieces."""
        return Looks(self.means[rows], self.counts[rows])


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much likelier two looks are if they are of one person than of two."""

    same: np.ndarray
    """Covariance of the difference between two short looks of one person, shape (C, C)."""
    other: np.ndarray
    """Covariance of the difference between short looks of two people, shape (C, C)."""

    def log_ratio(self, means: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """Return the log likelihood ratio of each look (N, C) with each, shape (N, N).

        Args:
            means: The looks.
            counts: Number of detections that each is the mean of, shape (N,).
        """
        if not means.shape[1]:
            return np.zeros((len(means), len(means)))

        def squares(covariance: np.ndarray) -> np.ndarray:
            # Multiplied out, so that no array of (N, N, C) is needed.
            form = np.linalg.inv(covariance)
            own = np.einsum("nc,cd,nd->n", means, form, means)
            return np.asarray(np.maximum(own[:, None] + own[None, :] - 2 * means @ form @ means.T, 0))

        return self._weighed(squares, counts[:, None], counts[None, :])

    def log_ratio_of(self, gaps: np.ndarray, ones: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Return the log likelihood ratio of pairs of looks by the differences between them.

        Args:
            gaps: The differences, shape (..., C).
            ones: Number of detections that the one look of each pair is the mean of; it broadcasts.
            others: The same for the other look.
        """
        if not gaps.shape[-1]:
            return np.zeros(gaps.shape[:-1])

        def squares(covariance: np.ndarray) -> np.ndarray:
            return np.asarray(((gaps @ np.linalg.inv(covariance)) * gaps).sum(axis=-1))

        return self._weighed(squares, ones, others)

    def _weighed(
        self, squares: Callable[[np.ndarray], np.ndarray], ones: np.ndarray, others: np.ndarray
    ) -> np.ndarray:
        """Return the log ratio of pairs of looks, by their detections and what gives Mahalanobis squares."""
        # The harmonic mean, as variances of means add up.
        pairs = 2 / (1 / np.maximum(ones, 1) + 1 / np.maximum(others, 1))
        nearest = np.abs(np.log(np.maximum(pairs / _LOOK, 1))[..., None] - np.log(_LEVELS)).argmin(axis=-1)
        ratio = np.zeros_like(pairs)
        for at, level in enumerate(_LEVELS):
            if (nearest == at).any():
                same, other = self._at(level)
                ratio = np.where(nearest == at, _t_ratio(same, other, squares(same), squares(other)), ratio)
        few = np.minimum(ones, others)
        return np.asarray(ratio * few / (few + _FEW))

    def short_looks(self) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
        """Return what gives the log likelihood ratio of differences between two short looks.

        It takes the differences, shape (N, C), and the number of detections that the look of fewer is the
        mean of, shape (N,).
        """
        forms = np.linalg.inv(self.same), np.linalg.inv(self.other)

        def log_ratio(differences: np.ndarray, counts: np.ndarray) -> np.ndarray:
            squares = [((differences @ form) * differences).sum(axis=1) for form in forms]
            return np.asarray(_t_ratio(self.same, self.other, *squares) * counts / (counts + _FEW))

        return log_ratio

    def _at(self, level: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the covariances for looks over `level` times as long, which vary less within a person."""
        values, vectors = np.linalg.eigh(self.other - self.same)
        between = (vectors * np.maximum(values, 0)) @ vectors.T
        return self.same / level, between + self.same / level


def _t_ratio(
    same: np.ndarray, other: np.ndarray, same_squares: np.ndarray, other_squares: np.ndarray
) -> np.ndarray:
    """Return the log ratio of two multivariate t densities, by the squares of Mahalanobis distances."""
    shift = 0.5 * (np.linalg.slogdet(other)[1] - np.linalg.slogdet(same)[1])
    tails = np.log1p(same_squares / _FREEDOM) - np.log1p(other_squares / _FREEDOM)
    return np.asarray(shift - 0.5 * (_FREEDOM + len(same)) * tails)


def has_colours(pieces: Sequence[Piece]) -> bool:
    """Say whether it is known what people wear."""
    return all(piece.colours.shape[1] >= COLOURS for piece in pieces)


def clear_views(piece: Piece) -> tuple[np.ndarray, np.ndarray]:
    """Return the colours of a piece where nobody hides the person, shape (M, C), and the rows of these."""
    rows = np.flatnonzero(piece.colours[:, CLEAR] >= CLEAR_VIEW)
    return _look(piece.colours[rows]), rows


def _look(descriptors: np.ndarray) -> np.ndarray:
    """Return what descriptors (M, C) tell of a person's look."""
    return np.delete(descriptors[:, :ATTIRE], CLEAR, axis=1).astype(np.float64)


def looks_of(pieces: Sequence[Piece]) -> Looks:
    """Return the looks of pieces; of no channels where colours are not known."""
    if not has_colours(pieces):
        return Looks(np.zeros((len(pieces), 0)), np.zeros(len(pieces)))
    means, counts = np.zeros((len(pieces), _channels(pieces))), np.zeros(len(pieces))
    for at, piece in enumerate(pieces):
        views, _ = clear_views(piece)
        counts[at] = len(views)
        means[at] = np.median(views if len(views) else _look(piece.colours), axis=0)
    return Looks(means, counts)


def shirts_of(pieces: Sequence[Piece]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the shirts of moments of all pieces.

    A tracker that passes from one team to the other leaves most moments whole.

    Returns:
        The shirts, shape (N, 3), the index of the piece of each, (N,), and the number of its moment, (N,).
    """
    shirts, owner, when = [np.zeros((0, 3))], [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    stride = max(sum(len(piece.instants) for piece in pieces) // (_MOMENT * _MOMENTS), 1)
    for at, piece in enumerate(pieces):
        views, rows = clear_views(piece)
        moments = piece.instants[rows] // _MOMENT
        for moment in np.unique(moments):
            if moment % stride == 0:
                shirts.append(np.median(views[moments == moment, SHIRT], axis=0)[None])
                owner.append(np.array([at]))
                when.append(np.array([moment]))
    return np.concatenate(shirts), np.concatenate(owner), np.concatenate(when)


def measure_likeness(pieces: Sequence[Piece], fps: float, owners: Sequence[int] | None = None) -> Likeness:
    """Measure how looks vary among pieces.

    Two looks of one owner, some seconds apart, are mostly of one person; of two owners at one time, of two.

    Args:
        pieces: Pieces of people between whom it must be decided.
        fps: Instants per second.
        owners: Whose each piece is; each is of its own if it is not given.
    """
    if not has_colours(pieces):
        return Likeness(np.zeros((0, 0)), np.zeros((0, 0)))
    chunks, owner, when = _chunks(pieces, fps)
    if owners is not None:
        owner = np.asarray(owners, np.int64)[owner]
    same, other = _differences(chunks, owner, when, fps)
    alike, unlike = _guesses(chunks.shape[1])
    return Likeness(_blend(_surely(same, alike), alike), _blend(other, unlike))


def _channels(pieces: Sequence[Piece]) -> int:
    """Return how many numbers a look has."""
    return min(pieces[0].colours.shape[1], ATTIRE) - 1 if pieces else 0


def _guesses(channels: int) -> tuple[np.ndarray, np.ndarray]:
    """Return guesses of the covariances of differences within people, and between teammates."""
    learned = channels - len(_SAME_GUESS)
    same = np.concatenate([_SAME_GUESS, np.full(learned, 2 * WITHIN)])
    other = np.concatenate([_OTHER_GUESS, 2 * (WITHIN + np.array(BETWEEN[:learned]))])
    return np.diag(same), np.diag(other)


def _chunks(pieces: Sequence[Piece], fps: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return looks over short times, the index of the piece of each, and its middle instant."""
    length = max(round(_CHUNK_S * fps), 2)
    looks, owner, when = [np.zeros((0, _channels(pieces)))], [], []
    for at, piece in enumerate(pieces):
        views, rows = clear_views(piece)
        for begin in range(0, len(views) - length + 1, length):
            looks.append(np.median(views[begin : begin + length], axis=0)[None])
            owner.append(at)
            when.append(int(piece.instants[rows[begin + length // 2]]))
    return np.concatenate(looks), np.array(owner, np.int64), np.array(when, np.int64)


def _differences(
    chunks: np.ndarray, owner: np.ndarray, when: np.ndarray, fps: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return differences between looks of one person, and of two people at one time."""
    # Neighbours in this order are seen at about the same time.
    order = np.argsort(when, kind="stable")
    chunks, owner, when = chunks[order], owner[order], when[order]
    same, other = [chunks[:0]], [chunks[:0]]
    for step in range(1, min(len(chunks), _NEIGHBOURS)):
        apart = when[step:] - when[:-step]
        gaps = chunks[step:] - chunks[:-step]
        one = owner[step:] == owner[:-step]
        same.append(gaps[one & (apart >= _APART_S * fps)])
        other.append(gaps[~one & (apart <= _CHUNK_S * fps / 2)])
    return np.concatenate(same), np.concatenate(other)


def _surely(differences: np.ndarray, guess: np.ndarray) -> np.ndarray:
    """Return the differences without those that are so large that a tracker has confused two people."""
    kept = differences
    for _ in range(3):
        if len(kept) < _BELIEF:
            return differences
        inverse = np.linalg.inv(_blend(kept, guess))
        size = np.einsum("nc,cd,nd->n", differences, inverse, differences)
        kept = differences[size <= np.quantile(size, _TRUE)]
    return kept


def _blend(differences: np.ndarray, guess: np.ndarray) -> np.ndarray:
    """Return the covariance of differences about zero, with a guess that few of them do not outweigh."""
    measured = differences.T @ differences
    return np.asarray((measured + _BELIEF * guess) / (len(differences) + _BELIEF))
