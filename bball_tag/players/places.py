"""Where pieces begin and end once the camera's movement is taken out, and what else sums them up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from bball_tag.players.appearance import UNDERFOOT
from bball_tag.players.dressed import NOT_DRESSED, attires_of
from bball_tag.players.floor import beyond_play
from bball_tag.players.ground import unlike_floor
from bball_tag.players.pieces import Piece

_GETS_ABOUT, _CLEAR = 0.5, 0.5
"""Body heights, and median confidence, from which on somebody in shorts shows what the floor looks like."""
_ENDS = 6
"""Detections at either end of a piece over which place and velocity are measured."""


@dataclass(frozen=True, slots=True)
class Places:
    """N pieces in numbers, one row for each, in the order in which they were given."""

    piece: np.ndarray
    """Id of the piece; its parts share it, int64 (N,)."""
    first: np.ndarray
    """Grid index of the first detection, int64 (N,)."""
    last: np.ndarray
    """Grid index of the last detection, int64 (N,)."""
    shot: np.ndarray
    """Which shot of the camera the piece is in, counted from 0, int64 (N,)."""
    seconds: np.ndarray
    """For how long the person was detected, (N,)."""
    score: np.ndarray
    """Median confidence, (N,)."""
    aspect: np.ndarray
    """Median width over height, (N,)."""
    foot: np.ndarray
    """Median foot point, in pixels of the frame, (N, 2)."""
    height: np.ndarray
    """Median height of the box, in pixels, (N,)."""
    speed: np.ndarray
    """Median speed without the camera's movement, in body heights per second, (N,)."""
    travel: np.ndarray
    """How far the person got about without the camera's movement, in body heights, (N,)."""
    off_court: np.ndarray
    """Fraction of the time outside the court, (N,); 0 if the court is unknown."""
    beyond: np.ndarray
    """How much farther out the person stands than a player would, in body heights, (N,): `beyond_play`."""
    unlike_floor: np.ndarray
    """How unlike the floor of the others it is what the person stands on, (N,): see `unlike_floor`."""
    other: np.ndarray
    """Fraction of the time that the detector says "does not play", (N,)."""
    attire: np.ndarray
    """Mean log odds that the person is not dressed to play, (N,); 0 if that is not known."""
    ends: np.ndarray
    """Foot point at the first and at the last detection, in the fixed view of the shot, (N, 2, 2)."""
    velocity: np.ndarray
    """Velocity there, in units of the fixed view per second, (N, 2, 2)."""
    scale: np.ndarray
    """Height there, in units of the fixed view, (N, 2)."""

    def of(self, rows: np.ndarray) -> Places:
        """Return some of the pieces."""
        return Places(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def fixed_view(camera: np.ndarray, starts: Sequence[int]) -> np.ndarray:
    """Return what leads from the frame of each instant to the frame at the start of its shot.

    Args:
        camera: Where the background of the previous instant's frame is now, shape (T, 2, 3).
        starts: First instant of each shot but the first.

    Returns:
        Similarities, float64 array of shape (T, 2, 3).
    """
    fixed = np.zeros((len(camera), 2, 3))
    back = np.eye(3)
    new = set(starts)
    step = np.eye(3)
    for index in range(len(camera)):
        if index and index not in new:
            step[:2] = camera[index]
            back = back @ np.linalg.inv(step)
        else:
            back = np.eye(3)
        fixed[index] = back[:2]
    return fixed


def sum_up(
    pieces: Sequence[Piece], fps: float, starts: Sequence[int], fixed: np.ndarray, court: np.ndarray
) -> Places:
    """Sum up pieces.

    Args:
        pieces: At least one.
        fps: Instants per second.
        starts: First instant of each shot but the first.
        fixed: See `fixed_view`; it covers all instants.
        court: For each piece the fraction of its time outside the court, shape (N,).
    """
    feet = [seen_fixed(feet_of(piece.boxes), fixed[piece.instants]) for piece in pieces]
    rows = [_row(piece, points, fps, fixed) for piece, points in zip(pieces, feet, strict=True)]
    names = ("score", "aspect", "foot", "height", "speed", "travel", "other", "ends", "velocity", "scale")
    columns = {name: np.array([row[at] for row in rows]) for at, name in enumerate(names)}
    first = np.array([piece.instants[0] for piece in pieces])
    shot = np.searchsorted(np.asarray(starts, np.int64), first, "right")
    attire, high = attires_of(pieces), columns["scale"].mean(axis=1)
    plays = (columns["travel"] >= _GETS_ABOUT) & (columns["score"] >= _CLEAR) & (attire <= NOT_DRESSED)
    return Places(
        piece=np.array([piece.id for piece in pieces]),
        first=first,
        last=np.array([piece.instants[-1] for piece in pieces]),
        shot=shot,
        seconds=np.array([len(piece.instants) / fps for piece in pieces]),
        off_court=court,
        beyond=beyond_play(pieces, feet, high, columns["travel"], attire, shot, fps),
        unlike_floor=unlike_floor(
            pieces, [piece.colours[:, UNDERFOOT:] for piece in pieces], plays, shot, fps
        ),
        attire=attire,
        **columns,
    )


def feet_of(boxes: np.ndarray) -> np.ndarray:
    """Return the middle of the lower edge of each box, float64 array of shape (N, 2)."""
    boxes = np.asarray(boxes, np.float64)
    return np.stack([boxes[:, 0] + boxes[:, 2] / 2, boxes[:, 1] + boxes[:, 3]], axis=1)


def seen_fixed(points: np.ndarray, fixed: np.ndarray) -> np.ndarray:
    """Return points (N, 2) of frames in the fixed view; `fixed` (N, 2, 3) leads there."""
    return np.asarray(np.einsum("nij,nj->ni", fixed[:, :, :2], points) + fixed[:, :, 2])


def _row(piece: Piece, points: np.ndarray, fps: float, fixed: np.ndarray) -> tuple[object, ...]:
    boxes, there = np.asarray(piece.boxes, np.float64), fixed[piece.instants]
    heights = boxes[:, 3] * np.sqrt(np.abs(np.linalg.det(there[:, :, :2])))
    high = float(np.median(heights))
    travel = np.ptp(np.percentile(points, (10, 90), axis=0), axis=0) / high
    speed = float(np.median(np.hypot(*piece.moves.T))) if len(piece.moves) > 1 else 0.0
    places, velocities, scales = [], [], []
    for part in (slice(None, _ENDS), slice(-_ENDS, None)):
        times = piece.instants[part] / fps
        place, velocity = _line(times, points[part], at=-1 if part.start else 0)
        places.append(place)
        velocities.append(velocity)
        scales.append(float(np.median(heights[part])))
    return (
        float(np.median(piece.scores)),
        float(np.median(boxes[:, 2] / boxes[:, 3])),
        np.median(feet_of(boxes), axis=0),
        float(np.median(boxes[:, 3])),
        speed,
        float(np.hypot(*travel)),
        float(np.mean(piece.others)),
        places,
        velocities,
        scales,
    )


def _line(times: np.ndarray, points: np.ndarray, at: int) -> tuple[np.ndarray, np.ndarray]:
    """Return place at one end, and velocity, of a straight line through points (N, 2)."""
    if len(times) < 3:
        return points[at], np.zeros(2)
    middle = times.mean()
    away = times - middle
    velocity = away @ points / (away @ away)
    return points.mean(axis=0) + velocity * (times[at] - middle), velocity
