"""What people stand on: the floor on which others play, or something else, as a row of a stand."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from bball_tag.players.kits import covered_shares
from bball_tag.players.pieces import Piece

GROUND = 4
"""Numbers that describe what somebody stands on."""
_BELOW = (0.02, 0.12)
"""The strip that is looked at: how far below the box it begins and ends, in heights of the box."""
_INSIDE = 0.1
"""How much of the box's width is left out on either side of it."""
_LEAST_ROWS = 0.05
"""Of the box's height that must be seen below it: else the frame ends there."""
_LEAST_COLUMNS = 3
_COVERED = 0.3
"""Share of the strip that others' boxes may cover."""
_WIDTHS = np.array([14.0, 7.0, 7.0, 8.0])
"""By how much the floor of one court varies: L* with the light, a* and b*, and the spread of lines on it."""
_OTHERS = 3
"""Of how many others the ground must be known."""
_AROUND_S = 60.0
"""Seconds around somebody's time in which others show what the floor looks like."""
_SEEN, _MOST, _FLOOR = 5, 40, 1000
"""At how many moments the ground must be known; at how many it is looked at, of one person and of all."""
_ALIKE = 0.02
"""Share of what is known of the floor that must be as near: light, lines and paint differ by place."""


def ground_below(image: np.ndarray, boxes: np.ndarray, bottom: float) -> np.ndarray:
    """Describe what is seen right below the person in each box.

    Args:
        image: uint8 RGB array of shape (H, W, 3).
        boxes: left, top, width, height in pixels of `image`, shape (N, 4); they may reach outside.
        bottom: Where the part of the image ends in which people were looked for.

    Returns:
        float32 array of shape (N, `GROUND`): mean CIE L*, a*, b*, and how much these vary there (mean
        standard deviation); zero where the frame ends, or somebody nearer stands there.
    """
    result = np.zeros((len(boxes), GROUND), np.float32)
    boxes = np.asarray(boxes, np.float64)
    if not len(boxes):
        return result
    left, top, width, height = boxes.T
    first, stop = left + _INSIDE * width, left + (1 - _INSIDE) * width
    upper, lower = (top + (1 + share) * height for share in _BELOW)
    # Whose box reaches there stands lower in the frame, and so nearer.
    covered = covered_shares((first, upper, stop, lower), boxes).sum(axis=1)
    columns = image.shape[1]
    rows = min(image.shape[0], round(bottom))
    for at in np.flatnonzero(covered <= _COVERED).tolist():
        down = np.clip(np.rint([upper[at], lower[at]]), 0, rows).astype(int)
        along = np.clip(np.rint([first[at], stop[at]]), 0, columns).astype(int)
        strip = image[slice(*down), slice(*along)]
        if strip.shape[0] >= max(_LEAST_ROWS * height[at], 1) and strip.shape[1] >= _LEAST_COLUMNS:
            colours = cv2.cvtColor(np.multiply(strip, np.float32(1 / 255)), cv2.COLOR_RGB2LAB)
            mean, spread = cv2.meanStdDev(colours)
            result[at, :3], result[at, 3] = mean[:, 0], spread.mean()
    return np.asarray(result.astype(np.float16).astype(np.float32))


def unlike_floor(
    pieces: Sequence[Piece], grounds: Sequence[np.ndarray], plays: np.ndarray, shot: np.ndarray, fps: float
) -> np.ndarray:
    """Return how unlike the floor on which the others play it is what each person stands on, shape (N,).

    The unit is how much the floor of one court varies: players are mostly below 0.5. The others are those of
    the same shot within a minute, as courts and light change. It is 0 where the ground of the person, or that
    of enough others, is not known.

    Args:
        pieces: N pieces; parts of one share its id.
        grounds: What `ground_below` told of each, (T, `GROUND`), or (T, 0) if nothing is known.
        plays: Who seems to play, so that their ground is the floor, bool (N,).
        shot: In which shot of the camera each is, shape (N,).
        fps: Instants per second.
    """
    result = np.zeros(len(pieces))
    ids = np.array([piece.id for piece in pieces])
    some = [_known(ground) for ground in grounds]
    for number in np.unique(shot):
        here = np.flatnonzero((shot == number) & np.array([len(rows) > 0 for rows in some]))
        shows = [at for at in here.tolist() if plays[at]]
        if not shows:
            continue
        floor = np.concatenate([grounds[at][some[at]] for at in shows]) / _WIDTHS
        owner = np.repeat(ids[shows], [len(some[at]) for at in shows])
        when = np.concatenate([pieces[at].instants[some[at]] for at in shows])
        for at in here.tolist():
            middle = float(np.median(pieces[at].instants))
            near = np.flatnonzero((owner != ids[at]) & (np.abs(when - middle) <= _AROUND_S * fps))
            if len(np.unique(owner[near])) >= _OTHERS:
                near = near[np.linspace(0, len(near) - 1, min(len(near), _FLOOR)).astype(int)]
                result[at] = _distance(grounds[at][some[at]] / _WIDTHS, floor[near])
    return result


def _distance(ground: np.ndarray, floor: np.ndarray) -> float:
    """Return how far what somebody stands on (N, `GROUND`) is from a floor (M, `GROUND`), in the median."""
    squares = (ground**2).sum(axis=1)[:, None] + (floor**2).sum(axis=1)[None] - 2 * ground @ floor.T
    rank = int(_ALIKE * (len(floor) - 1))
    return float(np.sqrt(max(np.median(np.partition(squares, rank, axis=1)[:, rank]), 0)))


def _known(ground: np.ndarray) -> np.ndarray:
    """Return the rows of some moments at which the ground is known; none where these are too few."""
    rows = np.flatnonzero(ground.any(axis=1))
    if len(rows) < _SEEN:
        return rows[:0]
    return np.asarray(rows[np.linspace(0, len(rows) - 1, min(len(rows), _MOST)).astype(int)])
