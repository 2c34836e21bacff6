"""Which event each row is about: one to one, as likely as possible altogether."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SEEN = 0.7
"""How often a model sees what happened; only the balance with false alarms matters."""
_TAIL = 0.25
"""Share of rows that lie anywhere in their bag, and not where they are expected."""
LEAST_FALSE = 0.15
"""Share of events that are false alarms, at least."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where rows lie, each array of shape (N,): bags, and within them the likeliest seconds."""

    lows: np.ndarray
    highs: np.ndarray
    firsts: np.ndarray
    lasts: np.ndarray
    spreads: np.ndarray


@dataclass(frozen=True, slots=True)
class Match:
    """The event of a row."""

    event: int
    """Its index."""
    sureness: float
    """How likely it is this one, among all events in the bag and none of them, 0 to 1."""


def odds(
    wanted: Wanted, times: np.ndarray, confidences: np.ndarray, agreement: np.ndarray, duration: float
) -> np.ndarray:
    """Return the logarithm of how much likelier each event is that of a row than a false alarm, (N, M).

    Args:
        wanted: Where the N rows lie.
        times: Seconds of the M events.
        confidences: Of the events, 0 to 1.
        agreement: What speaks for a pair besides time, shape (N, M).
        duration: Seconds that events and rows lie in.

    Returns:
        -inf for events outside of the bag of a row.
    """
    count, events = len(wanted.lows), len(times)
    false = max(events - SEEN * count, LEAST_FALSE * events, 1.0)
    density = _density(times[None, :], wanted)
    trust = np.log(np.clip(confidences, 0.05, 0.95) / (1 - np.clip(confidences, 0.05, 0.95)))
    with np.errstate(divide="ignore"):
        found = np.log(SEEN * density / (false / max(duration, 1.0)))
    result: np.ndarray = found + np.clip(trust / 2, -1, 1)[None, :] + agreement
    return result


def _density(times: np.ndarray, wanted: Wanted) -> np.ndarray:
    """Return the density of where rows happen, (N, M): level where they are likeliest, with soft edges."""
    from scipy.special import ndtr

    lows, highs, firsts, lasts, spreads = (
        column[:, None] for column in (wanted.lows, wanted.highs, wanted.firsts, wanted.lasts, wanted.spreads)
    )
    width = np.maximum(lasts - firsts, 1e-3)
    middle = (firsts + lasts) / 2
    first, last = middle - width / 2, middle + width / 2
    expected = (ndtr((times - first) / spreads) - ndtr((times - last) / spreads)) / width
    anywhere = 1 / np.maximum(highs - lows, 1e-3)
    inside = (times >= lows) & (times <= highs)
    return np.where(inside, (1 - _TAIL) * expected + _TAIL * anywhere, 0.0)


def assign(scores: np.ndarray) -> dict[int, Match]:
    """Return the matches with the largest sum of scores, by row; a pair below 0 is worse than none.

    Args:
        scores: Of rows and events, shape (N, M); -inf where a pair is impossible.
    """
    from scipy.optimize import linear_sum_assignment

    gains = np.where(np.isfinite(scores), np.maximum(scores, 0.0), 0.0)
    rows, events = linear_sum_assignment(gains, maximize=True)
    matches = {}
    for row, event in zip(rows.tolist(), events.tolist(), strict=True):
        if gains[row, event] > 0:
            likely = np.exp(np.minimum(scores[row], 50.0))
            matches[row] = Match(event, float(likely[event] / (1 + likely.sum())))
    return matches
