"""Steady boxes: a detector's boxes jump about from frame to frame, and people do not."""

from __future__ import annotations

import numpy as np

from bball_tag.players.tracks import longest_gap

_CENTRE_S = 0.12
"""Standard deviation of the weights of a centre's neighbours, in seconds: short enough for a jump."""
_SIZE_S = 0.32
"""Standard deviation of the weights of a size's neighbours, in seconds."""
_REACH = 3.0
"""Standard deviations within which neighbours count."""
_BETWEEN = 0.2
"""Weight of a box between two detections, on the straight line from one to the other."""
_LEAST_SPREAD_S = 0.004
"""Neighbours closer together than this tell no velocity, in seconds."""


def steadied(instants: np.ndarray, boxes: np.ndarray, fps: float) -> np.ndarray:
    """Return one person's boxes without the detector's jitter, at every instant.

    The centre follows a straight line through its neighbours, and width and height are their (geometric)
    means; neighbours count the less, the further away they are in time (local regression, Cleveland, 1979).
    A box depends on those of one second before and after it.

    Args:
        instants: Grid indices of the detections, ascending: shape (N,).
        boxes: left, top, width, height of each: shape (N, 4).
        fps: Instants per second.

    Returns:
        The boxes at consecutive instants from the first detection to the last: float64 array (M, 4).
    """
    every = np.arange(instants[0], instants[-1] + 1)
    # A box that the edge of the frame cuts off may have no width at all.
    sides = np.log(np.maximum(boxes[:, 2:], 1.0))
    known = np.concatenate([boxes[:, :2] + boxes[:, 2:] / 2, sides], axis=1)
    values = np.stack([np.interp(every, instants, column) for column in known.T], axis=1)
    trust = np.where(np.isin(every, instants), 1.0, _BETWEEN)[:, None]
    centres = _on_lines(values[:, :2], trust, _CENTRE_S * fps, _LEAST_SPREAD_S * fps)
    sizes = np.exp(_summed(trust * values[:, 2:], _SIZE_S * fps) / _summed(trust, _SIZE_S * fps))
    return np.concatenate([centres - sizes / 2, sizes], axis=1)


def steadied_where_seen(instants: np.ndarray, boxes: np.ndarray, fps: float) -> np.ndarray:
    """Return the steady boxes of one person at the instants of the detections, float64 array (N, 4).

    Boxes before and after a gap that no track closes have nothing to do with each other.
    """
    if not len(instants):
        return np.zeros((0, 4))
    breaks = np.flatnonzero(np.diff(instants) > longest_gap(fps)) + 1
    parts = zip(np.split(instants, breaks), np.split(boxes, breaks), strict=True)
    return np.concatenate([steadied(seen, own, fps)[seen - seen[0]] for seen, own in parts])


def _on_lines(values: np.ndarray, trust: np.ndarray, deviation: float, least: float) -> np.ndarray:
    """Return the values (M, C) at each instant of straight lines fitted to those near it."""
    total, first, second = (_summed(trust, deviation, power) for power in range(3))
    second = second + least**2 * total
    level, slope = (_summed(trust * values, deviation, power) for power in range(2))
    return np.asarray((second * level - first * slope) / (second * total - first**2))


def _summed(values: np.ndarray, deviation: float, power: int = 0) -> np.ndarray:
    """Return the sums, at each instant, of values (M, C) near it, times how many instants away to a power.

    The nearer, the more they count: `deviation` is in instants.
    """
    from scipy.ndimage import correlate1d

    reach = int(_REACH * deviation)
    away = np.arange(-reach, reach + 1)
    weights = away**power * np.exp(-0.5 * (away / deviation) ** 2)
    return np.asarray(correlate1d(values, weights, axis=0, mode="constant"))
