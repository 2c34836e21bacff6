"""Arrays of probabilities over time: averaged at every instant, switched on and off, cut into runs.

A curve has a row for every instant of the grid and a column for every label. Numpy only, and no loop over
instants: a game of hours takes seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np


def stretches(starts: np.ndarray, stops: np.ndarray, cuts: Sequence[int]) -> Iterator[slice]:
    """Yield runs of clips of one shot that touch or overlap; between them the subject was not seen."""
    if not len(starts):
        return
    begins, ended = starts[1:], np.maximum.accumulate(stops)[:-1]
    is_cut = np.searchsorted(cuts, ended, "left") < np.searchsorted(cuts, begins, "right")
    gaps = np.flatnonzero((begins > ended) | is_cut) + 1
    edges = [0, *gaps.tolist(), len(starts)]
    yield from (slice(first, stop) for first, stop in pairwise(edges))


def instant_probabilities(
    starts: np.ndarray, stops: np.ndarray, probabilities: np.ndarray, num_frames: int
) -> np.ndarray:
    """Average overlapping clips at every grid instant, weighted by how near its middle a clip has it.

    Args:
        starts: First instant of each clip, shape (N,), the smallest 0.
        stops: One past the last instant of each clip, shape (N,).
        probabilities: Shape (N, K).
        num_frames: Instants in a whole clip.

    Returns:
        float64 array of shape (max(stops), K), rows summing to 1.
    """
    middle = (num_frames - 1) / 2
    support = 1 - np.abs(np.arange(num_frames) - middle) / (num_frames / 2 + 0.5)
    length = int(stops.max())
    # A bin for every instant: clips that show the same instant add up in it, however many they are.
    offsets = np.arange(num_frames)
    inside = starts[:, None] + offsets < stops[:, None]
    instants = (starts[:, None] + offsets)[inside]
    weights = np.broadcast_to(support, inside.shape)[inside]
    owners = np.nonzero(inside)[0]
    total = np.stack(
        [np.bincount(instants, weights * column[owners], length) for column in probabilities.T], axis=1
    )
    return total / np.bincount(instants, weights, length)[:, None]


def moving_average(curve: np.ndarray, width: int) -> np.ndarray:
    """Average each column over `width` instants centred on each; the ends use what there is."""
    if width <= 1:
        return curve
    sums = np.concatenate([np.zeros((1, curve.shape[1])), curve.cumsum(axis=0)])
    indices = np.arange(len(curve))
    low = np.maximum(indices - (width - 1) // 2, 0)
    high = np.minimum(indices + width // 2 + 1, len(curve))
    smooth: np.ndarray = (sums[high] - sums[low]) / (high - low)[:, None]
    return smooth


def hysteresis(curve: np.ndarray, thresholds: np.ndarray, releases: np.ndarray) -> np.ndarray:
    """Return where each column is on: runs above the release that somewhere reach the threshold.

    Args:
        curve: Shape (T, K).
        thresholds: Where each column begins, shape (K,).
        releases: Where it ends, shape (K,).

    Returns:
        bool array of shape (T, K).
    """
    on = curve >= releases
    for column in range(curve.shape[1]):
        edges = _edges(on[:, column])
        if not len(edges):
            continue
        # One more value, as the last run may end with the curve; every other segment is a gap.
        padded = np.append(curve[:, column], -np.inf)
        weak = np.maximum.reduceat(padded, edges)[::2] < thresholds[column]
        change = np.zeros(len(curve) + 1, np.int8)
        change[edges[::2][weak]], change[edges[1::2][weak]] = 1, -1
        on[:, column] &= change.cumsum(dtype=np.int8)[:-1] == 0
    return on


def exclusive(active: np.ndarray, curve: np.ndarray) -> np.ndarray:
    """Keep, at every instant, only the likeliest of the labels that are on."""
    best = np.where(active, curve, -1.0).argmax(axis=1)
    kept: np.ndarray = active & (np.arange(active.shape[1]) == best[:, None])
    return kept


def runs_of(on: np.ndarray) -> list[tuple[int, int]]:
    """Return each run of true values as indices [first, stop)."""
    edges = _edges(on).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))


def _edges(on: np.ndarray) -> np.ndarray:
    """Return where each run of true values begins and ends, by turns."""
    return np.flatnonzero(np.diff(np.concatenate([[False], on, [False]]).astype(np.int8)))


def merge_close(runs: Sequence[tuple[int, int]], *, max_gap: int) -> list[tuple[int, int]]:
    """Join sorted runs that are at most `max_gap` instants apart."""
    merged: list[tuple[int, int]] = []
    for start, stop in runs:
        if merged and start - merged[-1][1] <= max_gap:
            # A dribble that the camera loses for a moment is still one dribble.
            merged[-1] = (merged[-1][0], stop)
        else:
            merged.append((start, stop))
    return merged
