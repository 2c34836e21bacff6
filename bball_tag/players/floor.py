"""Where the game is played: the part of the view in which people in kits run about."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bball_tag.players.dressed import NOT_DRESSED
from bball_tag.players.pieces import Piece

_AROUND_S, _BLOCK_S = 60.0, 10.0
"""Seconds around somebody's time in which others are looked at, as over minutes the fixed view drifts; and
the steps of that time."""
_RUNS, _GETS_ABOUT, _CLEAR = 0.8, 1.0, 0.5
"""Body heights a second, body heights, and confidence from which on somebody shows where the game is."""
_STANDS = 0.5
"""Who gets about less, in body heights, stands."""
_RUNNERS = 4
"""Tracks that must show somebody who runs: one person alone says nothing of the others."""
_LITTLE_S, _MUCH_S = 30.0, 100.0
"""Seconds of running, of all together, from which on it is known roughly where the game is, and well."""
_ROUGHLY, _WELL = 0.3, -0.25
"""How far beyond those who run, in body heights, a player who stands may be then; below 0 it is inside. In
rendered games 49 of 50 are farther inside, and of the substitutes at the side line one in four is."""


def beyond_play(
    pieces: Sequence[Piece],
    feet: Sequence[np.ndarray],
    heights: np.ndarray,
    travel: np.ndarray,
    attire: np.ndarray,
    shot: np.ndarray,
    fps: float,
) -> np.ndarray:
    """Return how much farther out each person stands than a player would, in body heights, shape (N,).

    It is 0 for somebody who may play, who gets about, or where too few run to tell.

    Args:
        pieces: N pieces.
        feet: Their foot points in the fixed view of the shot, (T, 2) each.
        heights: Of the people there, shape (N,).
        travel: How far each gets about, in body heights, shape (N,).
        attire: Log odds that each is not dressed to play, shape (N,).
        shot: In which shot of the camera each is, shape (N,).
        fps: Instants per second.
    """
    result = np.zeros(len(pieces))
    for number in np.unique(shot):
        here = np.flatnonzero(shot == number)
        shows = (travel[here] >= _GETS_ABOUT) & (attire[here] <= NOT_DRESSED)
        runs = _Runs.of([(pieces[at], feet[at]) for at in here[shows].tolist()], fps)
        for at in here[travel[here] < _STANDS].tolist():
            place, middle = np.median(feet[at], axis=0), float(np.median(pieces[at].instants))
            result[at] = runs.beyond(place, max(float(heights[at]), 1.0), middle)
    return result


class _Runs:
    """When and where people run in a shot."""

    def __init__(self, times: np.ndarray, points: np.ndarray, runner: np.ndarray, fps: float) -> None:
        self._times, self._points, self._runner, self._fps = times, points, runner, fps
        self._hulls: dict[int, tuple[np.ndarray, float] | None] = {}

    @classmethod
    def of(cls, people: Sequence[tuple[Piece, np.ndarray]], fps: float) -> _Runs:
        """Gather it from pieces and their foot points, in order of time."""
        times, points, runner = [np.zeros(0, np.int64)], [np.zeros((0, 2))], [np.zeros(0, np.int64)]
        for number, (piece, feet) in enumerate(people):
            if float(np.median(piece.scores)) >= _CLEAR:
                runs = np.hypot(*piece.moves.T) >= _RUNS
                times.append(piece.instants[runs])
                points.append(feet[runs])
                runner.append(np.full(int(runs.sum()), number))
        when = np.concatenate(times)
        order = np.argsort(when, kind="stable")
        return cls(when[order], np.concatenate(points)[order], np.concatenate(runner)[order], fps)

    def beyond(self, place: np.ndarray, height: float, instant: float) -> float:
        """Return how much farther out a place is than a player's would be, in heights; 0 if it is not."""
        import cv2

        block = int(instant / (_BLOCK_S * self._fps))
        if block not in self._hulls:
            self._hulls[block] = self._hull(block)
        if (known := self._hulls[block]) is None:
            return 0.0
        hull, may_be = known
        inside = cv2.pointPolygonTest(hull, (float(place[0]), float(place[1])), measureDist=True)
        return max(-inside / height - may_be, 0.0)

    def _hull(self, block: int) -> tuple[np.ndarray, float] | None:
        """Return the hull of where people run around a block of time, and how far out players may be."""
        import cv2

        begin, end = (
            (block * _BLOCK_S - _AROUND_S) * self._fps,
            ((block + 1) * _BLOCK_S + _AROUND_S) * self._fps,
        )
        own = slice(*np.searchsorted(self._times, (begin, end)).tolist())
        seconds = (own.stop - own.start) / self._fps
        shares = np.unique(self._runner[own], return_counts=True)[1]
        if seconds < _LITTLE_S or (shares >= self._fps).sum() < _RUNNERS:
            return None
        may_be = float(np.interp(seconds, (_LITTLE_S, _MUCH_S), (_ROUGHLY, _WELL)))
        return cv2.convexHull(self._points[own].astype(np.float32)), may_be
