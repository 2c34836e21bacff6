"""How sure an event is: from its mean probability to the probability that it is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bball_tag.events.rules import Calibration, log_odds, log_seconds

_FEWEST = 20
"""Right and wrong events, each, below which nothing is fitted."""
_LABEL_PRIOR, _SLOPE_PRIOR = 2.0, 0.5
"""How much labels are held to no offset of their own, and slope and duration to 1 and 0."""
_START_PRIOR = 8.0
"""How much all of them are held to what a calibration to start from says; measured on rendered games, where
2 to 8 were best (docs/decisions.md)."""
_STEPS = 50
_BINS = 10


@dataclass(frozen=True, slots=True)
class JudgedEvents:
    """Events of which it is known whether they are right."""

    labels: tuple[str, ...]
    """Of each event."""
    confidence: np.ndarray
    """Mean probability, (N,)."""
    seconds: np.ndarray
    """Length, (N,)."""
    right: np.ndarray
    """bool (N,)."""

    def __getitem__(self, rows: np.ndarray) -> JudgedEvents:
        """Return some of them."""
        labels = tuple(self.labels[row] for row in np.arange(len(self.labels))[rows])
        return JudgedEvents(labels, self.confidence[rows], self.seconds[rows], self.right[rows])


def fit_calibration(events: JudgedEvents, start: Calibration | None = None) -> Calibration | None:
    """Return the calibration under which what happened is likeliest; None where too little is known.

    Logistic regression (Platt, 1999) with a Gaussian prior: few events of a label leave it with the others,
    or, where there is a calibration to start from, as it was there. The slope is kept from falling below 0,
    so that surer events stay surer.
    """
    if min(int(events.right.sum()), int((~events.right).sum())) < _FEWEST:
        return None
    names = sorted({*events.labels, *(start.labels if start else ())})
    own = np.array([[label == name for name in names] for label in events.labels], float)
    inputs = np.column_stack(
        [log_odds(events.confidence), np.ones(len(own)), log_seconds(events.seconds), own]
    )
    if start is None:
        held = np.array([_SLOPE_PRIOR, 1e-6, _SLOPE_PRIOR, *[_LABEL_PRIOR] * len(names)])
        wanted = np.array([1.0, 0.0, 0.0, *[0.0] * len(names)])
    else:
        held = np.array([2 * _START_PRIOR] * 3 + [_START_PRIOR] * len(names))
        known = [start.labels.get(name, 0.0) for name in names]
        wanted = np.array([start.slope, start.offset, start.duration, *known])
    weights = _logistic(inputs, events.right, held, wanted)
    if weights[0] < 0:
        # Nothing but its label and length says how likely an event is to be right.
        weights = np.concatenate([[0.0], _logistic(inputs[:, 1:], events.right, held[1:], wanted[1:])])
    slope, offset, duration, *offsets = (round(float(value), 4) for value in weights)
    return Calibration(slope, offset, duration, dict(zip(names, offsets, strict=True)))


def _logistic(inputs: np.ndarray, right: np.ndarray, held: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the weights of a logistic regression that is held to `wanted`, by Newton's method."""
    weights = wanted.copy()
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(inputs @ weights, -30, 30)))
        slope = inputs.T @ (chance - right) + held * (weights - wanted)
        bend = (inputs * (chance * (1 - chance))[:, None]).T @ inputs + np.diag(held)
        step = np.linalg.solve(bend, slope)
        # Far from the solution a whole step may overshoot.
        weights = weights - step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-8:
            break
    return weights


def calibrated(events: JudgedEvents, calibration: Calibration | None) -> np.ndarray:
    """Return the probability that each event is right, (N,); None leaves the mean probability."""
    if calibration is None:
        return events.confidence
    facts = zip(events.labels, events.confidence.tolist(), events.seconds.tolist(), strict=True)
    return np.array([calibration.of(label, confidence, seconds) for label, confidence, seconds in facts])


def calibration_error(confidence: np.ndarray, right: np.ndarray, num_bins: int = _BINS) -> float:
    """Return how far confidence and the share of right events are apart, on average (Naeini et al., 2015).

    Events are put in equal bins of confidence; what a bin is off by counts as often as it has events.
    """
    if not len(right):
        return 0.0
    bins = np.minimum((confidence * num_bins).astype(np.int64), num_bins - 1)
    off = np.bincount(bins, weights=right - confidence)
    return float(np.abs(off).sum() / len(right))


def joined(parts: Sequence[JudgedEvents]) -> JudgedEvents:
    """Return events of several parts as one."""
    return JudgedEvents(
        tuple(label for part in parts for label in part.labels),
        np.concatenate([part.confidence for part in parts]),
        np.concatenate([part.seconds for part in parts]),
        np.concatenate([part.right for part in parts]),
    )
