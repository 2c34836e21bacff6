"""The threshold at which an event of a label is right as often as wanted, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bball_tag.events.rules import log_odds

_FEWEST = 5
"""Right and wrong ones, each, below which nothing is fitted."""
_RESAMPLES = 200
_PRIOR = 100.0
"""Of the logistic regression: as good as none, but finite where right and wrong lie apart."""
_LOW, _HIGH = 0.1, 0.99


@dataclass(frozen=True, slots=True)
class Reached:
    """The threshold of one label for a wanted precision."""

    label: str
    wanted: float
    """Wanted probability that an event at the threshold is right."""
    threshold: float | None
    """Probability at which events begin; None where none can be fitted."""
    low: float | None
    """With 90 % certainty the threshold is between this and `high`."""
    high: float | None
    num_right: int
    """Judged events in which the label is right."""
    num_wrong: int

    def __str__(self) -> str:
        """Return it as a sentence."""
        counts = f"{self.num_right} right and {self.num_wrong} wrong judged events"
        if self.threshold is None:
            reason = "too few" if min(self.num_right, self.num_wrong) < _FEWEST else "no score reaches it"
            return f"{self.label}: no threshold for a precision of {self.wanted:.0%}, {reason} ({counts})."
        return (
            f"{self.label}: right in {self.wanted:.0%} of the events at a threshold of {self.threshold:.2f} "
            f"({self.low:.2f} to {self.high:.2f} with 90 % certainty; {counts})."
        )


def fit_precision(label: str, scores: np.ndarray, right: np.ndarray, wanted: float) -> Reached:
    """Return the score from which a label is right with the probability `wanted`.

    A logistic regression of right and wrong on the log odds of the score, as BirdNET-Analyzer's users fit it
    (Wood and Kahl, 2024); the interval is that of resampled events.

    Args:
        label: Name of the label.
        scores: Its probability in judged events, (N,), from a head that was not fitted on them.
        right: Whether the event has the label, bool (N,).
        wanted: Probability to be reached.
    """
    num_right, num_wrong = int(right.sum()), int((~right).sum())
    if min(num_right, num_wrong) < _FEWEST:
        return Reached(label, wanted, None, None, None, num_right, num_wrong)
    threshold = _crossing(scores, right, wanted)
    rng, found = np.random.default_rng(0), []
    for _ in range(_RESAMPLES):
        chosen = rng.integers(0, len(scores), len(scores))
        if 0 < right[chosen].sum() < len(chosen):
            found.append(_crossing(scores[chosen], right[chosen], wanted))
    sampled = [_HIGH if one is None else one for one in found]
    low, high = (float(value) for value in np.quantile(sampled, (0.05, 0.95)))
    return Reached(label, wanted, threshold, round(low, 3), round(high, 3), num_right, num_wrong)


def _crossing(scores: np.ndarray, right: np.ndarray, wanted: float) -> float | None:
    """Return the lowest score from which on right ones are as likely as wanted; None where none is."""
    from sklearn.linear_model import LogisticRegression

    odds = np.reshape(log_odds(scores), (-1, 1))
    model = LogisticRegression(C=_PRIOR).fit(odds, right)
    slope, base = float(model.coef_[0, 0]), float(model.intercept_[0])
    if slope <= 0:
        return None
    at = (float(log_odds(wanted)) - base) / slope
    score = 1 / (1 + np.exp(-np.clip(at, -30, 30)))
    return None if score > _HIGH else round(max(float(score), _LOW), 3)


def judged_events(
    probabilities: np.ndarray, target: np.ndarray, moment: np.ndarray, labels: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean probabilities (M, K) and labels (M,) of events: clips of one moment and one label.

    Args:
        probabilities: Of each clip, (N, K).
        target: Index of its label, (N,).
        moment: Its moment, (N,).
        labels: Names of the labels.
    """
    keys, owner = np.unique(moment * len(labels) + target, return_inverse=True)
    sums = np.zeros((len(keys), len(labels)))
    np.add.at(sums, owner, probabilities)
    return sums / np.bincount(owner)[:, None], keys % len(labels)
