"""Where the game is played: the part of the view in which people in kits run about."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bball_tag.players.pieces import Piece

_AROUND_S = 60.0
"""Seconds around somebody's time in which others are looked at: over minutes, the fixed view drifts."""
_RUNS, _GETS_ABOUT, _SURE = 0.5, 1.0, 0.5
"""Body heights a second, body heights, and confidence from which on somebody shows where the game is."""
_STANDS = 0.5
"""Who gets about less, in body heights, stands."""
_LITTLE_S, _MUCH_S = 10.0, 100.0
"""Seconds of running, of all people together, from which on it is known roughly, and well."""
_ROUGHLY, _WELL = 0.2, -0.25
"""How far outside, in body heights, a player who stands may be then. In rendered games 49 of 50 are farther
inside, and of the substitutes and coaches at the side line three in five are not."""


def beyond_play(
    pieces: Sequence[Piece],
    feet: Sequence[np.ndarray],
    heights: np.ndarray,
    travel: np.ndarray,
    attire: np.ndarray,
    shot: np.ndarray,
    fps: float,
) -> np.ndarray:
    """Return how far beyond the players of its time each person stands, in body heights, shape (N,).

    It is 0 or less for somebody who may play, who gets about, or where too few run to tell.

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
        players = [at for at in here.tolist() if travel[at] >= _GETS_ABOUT and attire[at] <= 0]
        times, points = _running([pieces[at] for at in players], [feet[at] for at in players])
        for at in here[travel[here] < _STANDS].tolist():
            reach = pieces[at].instants[[0, -1]] + np.array([-_AROUND_S, _AROUND_S]) * fps
            first, stop = np.searchsorted(times, reach).tolist()
            seconds = (stop - first) / fps
            if seconds >= _LITTLE_S:
                outside = _outside(np.median(feet[at], axis=0), points[first:stop]) / heights[at]
                may_be = np.interp(seconds, (_LITTLE_S, _MUCH_S), (_ROUGHLY, _WELL))
                result[at] = max(outside - may_be, 0.0)
    return result


def _running(pieces: Sequence[Piece], feet: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return when and where people run, in order of time: int (T,) and float (T, 2)."""
    times, points = [np.zeros(0, np.int64)], [np.zeros((0, 2))]
    for piece, own in zip(pieces, feet, strict=True):
        if float(np.median(piece.scores)) >= _SURE:
            runs = np.hypot(*piece.moves.T) >= _RUNS
            times.append(piece.instants[runs])
            points.append(own[runs])
    when = np.concatenate(times)
    order = np.argsort(when, kind="stable")
    return when[order], np.concatenate(points)[order]


def _outside(point: np.ndarray, points: np.ndarray) -> float:
    """Return how far a point is outside the convex hull of others, in their units; negative inside."""
    import cv2

    hull = cv2.convexHull(points.astype(np.float32))
    return -float(cv2.pointPolygonTest(hull, (float(point[0]), float(point[1])), measureDist=True))
