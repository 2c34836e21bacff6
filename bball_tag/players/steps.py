"""How a player moves through the frame, in numbers that a model reads: the stream `motion`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bball_tag.clips import ClipSpec

COLUMNS = 6
"""Numbers for each instant: see `motion_rows`."""
_REACH_S = 0.2
"""Seconds before and after an instant over which a velocity is measured, as for tracks: a box jitters by a
few percent of its height, as much as a walk moves it from one instant to the next."""
_LIMIT = 5.0
"""Body heights per second: no player is faster, so a faster box has changed person."""


def around(spec: ClipSpec) -> int:
    """Return how many instants before a clip, and after it, its motion covers: a second of them."""
    return round(spec.fps)


def motion_length(spec: ClipSpec) -> int:
    """Return how many instants the motion of a clip covers."""
    return spec.num_frames + 2 * around(spec)


@dataclass(frozen=True, slots=True)
class Movement:
    """Where one player is at consecutive instants of the grid, and how the camera moves meanwhile."""

    first: int
    """Grid index of the first of them."""
    boxes: np.ndarray
    """left, top, width and height in pixels: shape (L, 4)."""
    cameras: np.ndarray
    """Where the background of the previous instant's frame is now: shape (L, 2, 3)."""

    def rows(self, start: int, spec: ClipSpec) -> np.ndarray:
        """Return the motion of the clip whose own frames begin at grid index `start`, float32 (M, 6).

        What lies outside of the instants that are here is unknown.
        """
        begin, length = start - around(spec), motion_length(spec)
        boxes, cameras = np.zeros((length, 4)), np.tile(np.eye(2, 3), (length, 1, 1))
        known = np.zeros(length, bool)
        here = slice(max(self.first - begin, 0), max(self.first + len(self.boxes) - begin, 0))
        count = len(known[here])
        there = slice(max(begin - self.first, 0), max(begin - self.first, 0) + count)
        boxes[here], cameras[here], known[here] = self.boxes[there], self.cameras[there], True
        return motion_rows(boxes, cameras, known, spec.fps)


def motion_rows(boxes: np.ndarray, cameras: np.ndarray, known: np.ndarray, fps: float) -> np.ndarray:
    """Return how a player moves over consecutive instants, with the camera's movement taken out.

    The unit of length is the player's own median height in these instants. A velocity is a mean
    over the instants within 0.2 s that are known without a break; a single one has none (0). What is not
    finite, or has no size, counts as unknown.

    Args:
        boxes: left, top, width and height in pixels, shape (M, 4); anything where they are not known.
        cameras: Where the background of the previous instant's frame is now, shape (M, 2, 3); the first is
            not used.
        known: At which instants there is a box, bool array of shape (M,).
        fps: Instants per second.

    Returns:
        float32 array of shape (M, 6): the velocity of the foot point along and down the frame and that of the
        upper edge down the frame, in body heights per second and within ±5; the logarithm of the height over
        the median height; width over height; and 1. Rows of unknown instants are 0.
    """
    boxes, cameras = np.asarray(boxes, np.float64), np.asarray(cameras, np.float64)
    known = np.asarray(known, bool) & np.isfinite(boxes).all(axis=1) & (boxes[:, 2:] > 0).all(axis=1)
    rows = np.zeros((len(boxes), COLUMNS))
    if not known.any():
        return rows.astype(np.float32)
    # In its place anything will do that can be computed with.
    left, top, width, height = np.where(known[:, None], boxes, [0.0, 0.0, 1.0, 1.0]).T
    with np.errstate(all="ignore"):
        unit = float(np.median(height[known]))
        middle = left + width / 2
        feet, heads = np.stack([middle, top + height], axis=1), np.stack([middle, top], axis=1)
        steps = np.concatenate([_moved(feet, cameras), _moved(heads, cameras)[:, 1:]], axis=1)
        rows[:, :3] = _smooth(steps, known, int(_REACH_S * fps + 1e-6)) * fps / unit
        rows[:, 3] = np.log(height / unit)
        rows[:, 4] = width / height
    rows[:, 5] = 1
    rows[~known] = 0
    finite = np.nan_to_num(rows, nan=0.0, posinf=_LIMIT, neginf=-_LIMIT)
    return np.clip(finite, -_LIMIT, _LIMIT).astype(np.float32)


def _moved(points: np.ndarray, cameras: np.ndarray) -> np.ndarray:
    """Return how far each point (M, 2) is from where the camera alone would have brought the one before."""
    brought = np.einsum("nij,nj->ni", cameras[1:, :, :2], points[:-1]) + cameras[1:, :, 2]
    return np.concatenate([np.zeros_like(points[:1]), points[1:] - brought])


def _smooth(steps: np.ndarray, known: np.ndarray, reach: int) -> np.ndarray:
    """Return the mean of the steps (M, C) within `reach` of each instant, those in the middle counting more.

    Where all of them are known, it is the slope of the straight line through the places that they join.
    """
    follows = known & np.concatenate([[False], known[:-1]])
    unbroken = np.cumsum(known & ~follows)
    sums, weights = np.zeros_like(steps), np.zeros(len(steps))
    count = 2 * max(reach, 1) + 1
    for number in range(1, count):
        at = np.arange(len(steps)) - count // 2 + number
        there = np.clip(at, 0, len(steps) - 1)
        counts = (at == there) & follows[there] & known & (unbroken[there] == unbroken)
        weight = np.where(counts, number * (count - number), 0)
        sums += np.where(counts[:, None], weight[:, None] * steps[there], 0)
        weights += weight
    return np.asarray(sums / np.maximum(weights, 1)[:, None])
