"""Boxes as a detector gives them: off by what stays for a clip, by what drifts, and by what flickers.

Measured on real videos, a small detector's boxes are off from the body by 8 % of its height in place and by
11 % in height, standard deviations over all of them, and are 16 % too narrow. At strength 1 these are too.
"""

from __future__ import annotations

import numpy as np

from .camera import Views
from .skeleton import FRONT

_FLESH = 0.05
"""How far bodies reach beyond their joints, relative to their height."""
# Standard deviations of the middle along the frame and of the lower edge down it, in body heights, and of
# the logarithms of width and height: of what stays, of what drifts, of what flickers. Feet end sharply at
# the floor: the lower edge is the steadiest.
STEADY = np.array([0.034, 0.026, 0.11, 0.085])
DRIFTING = np.array([0.026, 0.013, 0.10, 0.05])
FLICKER = np.array([0.011, 0.008, 0.06, 0.03])
JOLTS, JOLT = 0.08, 3.0
"""Share of instants at which the flicker is that many times as large."""
NARROW = 0.17
"""By how much the logarithm of the width is too small on average."""
DRIFT_S = 1.5
"""Seconds in which a drift forgets."""
WORST = 1.6
"""Largest strength; strengths are even from 0 to it, which makes nearly 1 of their root mean square."""
LOOSE, CUT, MERGED = 0.12, 0.15, 0.10
"""Shares of clips whose boxes leave much room, cut a part of the body off, or take a neighbour in."""
_CLOSE = 0.25
"""A neighbour is taken in whose middle is nearer than this many heights beyond the half width."""


def around_joints(joints: np.ndarray, views: Views) -> np.ndarray:
    """Return about where bodies are: left, top, right and bottom in pixels, shape (T, F, 4).

    Args:
        joints: Shape (T, F, JOINTS, 3), in metres.
        views: The camera at the T times.
    """
    points = views.project(np.delete(joints, FRONT, axis=2))[0]
    low, high = points.min(axis=2), points.max(axis=2)
    room = _FLESH * (high - low)[..., 1:]
    return np.concatenate([low - room, high + room], axis=-1)


def found_boxes(
    boxes: np.ndarray, times: np.ndarray, neighbours: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return what a detector makes of somebody's exact boxes.

    Args:
        boxes: left, top, width, height in pixels, shape (T, 4).
        times: When, in seconds, ascending, shape (T,).
        neighbours: The others' boxes, shape (T, F, 4).
        rng: Where chance comes from; it also draws how good the detector is, from exact to poor.
    """
    strength = float(rng.uniform(0.0, WORST))
    if rng.random() < MERGED * strength:
        boxes = _merged(boxes, times, neighbours, rng)
    off = errors(times, rng, strength)
    high = boxes[:, 3:]
    size = boxes[:, 2:] * np.exp(off[:, 2:] - [NARROW * strength, 0.0])
    foot = boxes[:, :2] + boxes[:, 2:] * [0.5, 1.0] + off[:, :2] * high
    found = np.concatenate([foot - size * [0.5, 1.0], size], axis=1)
    if rng.random() < CUT * strength:
        found = _cut(found, times, rng)
    elif rng.random() < LOOSE:
        found = _loosened(found, rng)
    found[:, 2:] = np.maximum(found[:, 2:], 8.0)
    return found


def errors(times: np.ndarray, rng: np.random.Generator, strength: float) -> np.ndarray:
    """Return by how much boxes are off at ascending `times`, shape (T, 4).

    The columns are the middle along the frame and the lower edge down it, in body heights, and the logarithms
    of width and height.
    """
    off = np.empty((len(times), 4))
    drift = rng.standard_normal(4)
    before = times[0] if len(times) else 0.0
    for index, time in enumerate(times):
        kept = np.exp(-(time - before) / DRIFT_S)
        drift = kept * drift + np.sqrt(max(1.0 - kept**2, 0.0)) * rng.standard_normal(4)
        off[index], before = drift, time
    flicker = FLICKER * rng.standard_normal(off.shape)
    flicker[rng.random(len(off)) < JOLTS] *= JOLT
    off = STEADY * rng.standard_normal(4) + DRIFTING * off + flicker
    return np.asarray(strength * off)


def _merged(
    boxes: np.ndarray, times: np.ndarray, neighbours: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return boxes that for a while take in whoever is close."""
    low, high = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    there = neighbours[..., :2] + neighbours[..., 2:] / 2
    away = np.abs(there[..., 0] - (low[:, None, 0] + high[:, None, 0]) / 2)
    close = away < boxes[:, None, 2] / 2 + _CLOSE * boxes[:, None, 3]
    close &= np.abs(neighbours[..., 1] - boxes[:, None, 1]) < 0.4 * boxes[:, None, 3]
    begin = rng.uniform(times[0], times[-1])
    close &= ((times >= begin) & (times < begin + rng.uniform(0.1, 0.8)))[:, None]
    low = np.minimum(low, np.where(close[..., None], neighbours[..., :2], np.inf).min(axis=1))
    ends = neighbours[..., :2] + neighbours[..., 2:]
    high = np.maximum(high, np.where(close[..., None], ends, -np.inf).max(axis=1))
    return np.concatenate([low, high - low], axis=1)


def _cut(boxes: np.ndarray, times: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return boxes that leave out feet or head, for a while or all the time."""
    begin = rng.uniform(times[0] - 1.0, times[-1])
    while_cut = (times >= begin) & (times < begin + rng.uniform(0.2, 2.5))
    part = np.where(while_cut, rng.uniform(0.06, 0.3), 0.0) * boxes[:, 3]
    cut = boxes.copy()
    cut[:, 3] -= part
    if rng.random() < 0.35:
        cut[:, 1] += part
    return cut


def _loosened(boxes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return boxes that are far too large, as some detectors and people draw them."""
    high = boxes[:, 3] * rng.uniform(1.05, 1.35)
    wide = np.maximum(boxes[:, 2], high * rng.uniform(0.45, 0.73))
    middle = boxes[:, :2] + boxes[:, 2:] / 2
    size = np.stack([wide, high], axis=1)
    return np.concatenate([middle - size / 2, size], axis=1)
