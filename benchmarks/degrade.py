"""Make of true boxes what a detector would have found: misses, jitter, false boxes, doubtful scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import cv2
import numpy as np

from bball_tag.players.observation import Detections


@dataclass(frozen=True)
class TrueFrame:
    """Who is where in one frame."""

    ids: np.ndarray
    """int array of shape (N,)."""
    boxes: np.ndarray
    """left, top, width, height in pixels: float array of shape (N, 4)."""
    visible: np.ndarray | None = None
    """Share of each person that can be seen, shape (N,); None to reckon it from boxes that cover others."""


@dataclass(frozen=True)
class Degraded:
    """What a detector would have found in one frame."""

    detections: Detections
    owners: np.ndarray
    """True id behind each detection, -1 for a false one: int array of shape (N,)."""


@dataclass(frozen=True)
class DetectorFaults:
    """How a detector errs. The defaults are of a small detector on a game seen from the stand."""

    missed: float = 0.05
    """Share of people in full view that are missed, in spells of about `spell` seconds."""
    spell: float = 0.3
    hidden: tuple[float, float] = (0.4, 0.8)
    """Share of a person that is hidden, from which on it is missed at times, and nearly always."""
    jitter: float = 0.04
    """Standard deviation of a box's place and size, as a share of its size."""
    false_boxes: float = 0.5
    """False boxes a frame: half of them at a few places that come again and again, the rest anywhere."""
    suppressed: float = 0.65
    """Of two boxes that overlap by more than this, a detector keeps the surer."""
    scores: tuple[float, float, float] = (0.8, 0.6, 0.08)
    """Mean score in full view, what hiding takes of it, and its standard deviation."""


def degrade(
    frames: Sequence[TrueFrame],
    rng: np.random.Generator,
    *,
    fps: float,
    size: tuple[int, int],
    faults: DetectorFaults | None = None,
) -> list[Degraded]:
    """Return what a detector with these faults finds in frames of `size` (width, height), `fps` a second."""
    faults = faults or DetectorFaults()
    moods: dict[int, float] = {}
    kept = float(np.exp(-1 / (fps * faults.spell)))
    typical = np.concatenate([frame.boxes for frame in frames])
    haunts = _false_boxes(rng, typical, size, 4)
    found = []
    for frame in frames:
        hidden = hidden_shares(frame.boxes) if frame.visible is None else 1 - frame.visible
        for person in frame.ids.tolist():
            fresh = float(rng.standard_normal())
            moods[person] = kept * moods[person] + np.sqrt(1 - kept**2) * fresh if person in moods else fresh
        luck = np.array([NormalDist().cdf(moods[person]) for person in frame.ids.tolist()])
        low, high = faults.hidden
        miss = faults.missed + (0.95 - faults.missed) * np.clip((hidden - low) / (high - low), 0, 1)
        seen = luck >= miss
        boxes = jittered(frame.boxes[seen], rng, faults.jitter)
        mean, cost, spread = faults.scores
        scores = mean - cost * hidden[seen] + spread * rng.standard_normal(seen.sum())
        again = haunts[rng.random(len(haunts)) < faults.false_boxes / 2 / len(haunts)]
        anywhere = _false_boxes(rng, typical, size, int(rng.poisson(faults.false_boxes / 2)))
        false = np.concatenate([jittered(again, rng, faults.jitter), anywhere])
        found.append(
            _suppress(
                np.concatenate([boxes, false]),
                np.concatenate([scores, rng.beta(2, 5, len(false))]),
                np.concatenate([frame.ids[seen], np.full(len(false), -1)]),
                faults.suppressed,
            )
        )
    return found


def hidden_shares(boxes: np.ndarray, samples: int = 12) -> np.ndarray:
    """Share of each box that lies behind boxes whose foot is lower in the frame, that is, nearer."""
    grid = (np.arange(samples) + 0.5) / samples
    left, top, width, height = boxes.T
    x = left[:, None] + width[:, None] * grid  # (N, S)
    y = top[:, None] + height[:, None] * grid
    right, foot = left + width, top + height
    inside_x = (x[:, None] > left[None, :, None]) & (x[:, None] < right[None, :, None])  # (N, M, S)
    inside_y = (y[:, None] > top[None, :, None]) & (y[:, None] < foot[None, :, None])
    nearer = foot[None, :] > foot[:, None]
    covered = (inside_x[:, :, None, :] & inside_y[:, :, :, None] & nearer[:, :, None, None]).any(axis=1)
    return covered.mean(axis=(1, 2)) if len(boxes) else np.zeros(0)


def jittered(boxes: np.ndarray, rng: np.random.Generator, share: float) -> np.ndarray:
    """Move and resize each box by a normal share of its size."""
    size = boxes[:, 2:] * np.exp(share * rng.standard_normal((len(boxes), 2)))
    centre = boxes[:, :2] + boxes[:, 2:] / 2 + boxes[:, 2:] * share * rng.standard_normal((len(boxes), 2))
    return np.concatenate([centre - size / 2, size], axis=1)


def _false_boxes(
    rng: np.random.Generator, typical: np.ndarray, size: tuple[int, int], count: int
) -> np.ndarray:
    """Boxes anywhere in the frame, of sizes that people there have."""
    shapes = typical[rng.integers(len(typical), size=count), 2:]
    corner = rng.random((count, 2)) * np.maximum(np.array(size) - shapes, 1)
    return np.concatenate([corner, shapes], axis=1)


def _suppress(boxes: np.ndarray, scores: np.ndarray, owners: np.ndarray, overlap: float) -> Degraded:
    scores = np.clip(scores, 0.02, 0.98)
    kept = np.sort(np.asarray(cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), 0.0, overlap), int).ravel())
    found = Detections(
        boxes[kept].astype(np.float32), scores[kept].astype(np.float32), np.zeros(len(kept), dtype=bool)
    )
    return Degraded(found, owners[kept])
