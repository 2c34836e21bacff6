"""How far the clock of a feed lies from that of the video: the shift at which most rows meet an event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_STEP_S = 0.25
_REACH_S = 1.5
"""A row meets an event at most this far away."""
_APART_S = 5.0
"""Shifts further apart than this are different answers."""
_LEAST_SPREAD_S = 0.6
"""What people type is never more regular than this."""
_MOST_STEPS = 400_000
"""A day, in steps."""
_SURE_BY, _SURE_FROM = 1.25, 6
"""A shift is sure if it explains this many times what any other does, and rows of at least this number."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Seconds by which rows come after what they are about."""

    seconds: float
    spread: float
    """Of single rows around it, in seconds: about two of three are nearer."""
    rows: int = 0
    """Rows that it could be fitted to."""
    agree: int = 0
    """Rows that have an event within 1.5 s of where it puts them."""
    next_best: float = 0.0
    """How well the best shift more than 5 s away explains the rows, as a share of this one: 1 is a tie."""

    @property
    def is_sure(self) -> bool:
        """Whether no other shift explains the rows nearly as well."""
        return self.agree >= _SURE_FROM and self.next_best * _SURE_BY <= 1


def fit_shift(
    times: Sequence[np.ndarray], events: Sequence[np.ndarray], low: float, high: float
) -> Shift | None:
    """Return the shift in [low, high] at which most rows meet an event.

    Each row counts by how near the nearest event is, up to 1.5 s, so that a single wrong row cannot move the
    answer; the best shift is then the median of the rows that meet one.

    Args:
        times: Seconds of the rows of each kind.
        events: Seconds of the events of its labels, for each kind; ascending.
        low: Least shift.
        high: Largest shift.

    Returns:
        None where no row meets any event.
    """
    steps = min(int((high - low) / _STEP_S) + 1, _MOST_STEPS)
    scores = np.zeros(steps)
    for rows, found in zip(times, events, strict=True):
        for time in rows.tolist():
            scores += _agreement(time - found, low, steps)
    best = int(scores.argmax())
    if scores[best] <= 0:
        return None
    shift = low + best * _STEP_S
    gaps = np.concatenate(
        [_gaps(rows - shift, found) for rows, found in zip(times, events, strict=True) if len(found)]
    )
    near = gaps[np.abs(gaps) <= _REACH_S]
    middle = float(np.median(near)) if len(near) else 0.0
    spread = 1.4826 * float(np.median(np.abs(near - middle))) if len(near) else _REACH_S
    away = np.abs(np.arange(steps) - best) * _STEP_S > _APART_S
    return Shift(
        seconds=min(max(shift + middle, low), high),
        spread=max(spread, _LEAST_SPREAD_S),
        rows=int(sum(map(len, times))),
        agree=len(near),
        next_best=float(scores[away].max() / scores[best]) if away.any() else 0.0,
    )


def _agreement(shifts: np.ndarray, low: float, steps: int) -> np.ndarray:
    """Return how near one row comes to an event at every shift, 1 to 0, shape (steps,)."""
    found = np.zeros(steps)
    width = round(_REACH_S / _STEP_S)
    centres = np.round((shifts - low) / _STEP_S).astype(np.int64)
    for offset in range(-width, width + 1):
        places = centres + offset
        inside = places[(places >= 0) & (places < steps)]
        found[inside] = np.maximum(found[inside], 1 - abs(offset) / (width + 1))
    return found


def _gaps(times: np.ndarray, events: np.ndarray) -> np.ndarray:
    """Return how much later each time is than the event nearest to it."""
    after = np.clip(np.searchsorted(events, times), 1, max(len(events) - 1, 1))
    left, right = events[after - 1], events[np.minimum(after, len(events) - 1)]
    return times - np.where(np.abs(times - left) <= np.abs(times - right), left, right)
