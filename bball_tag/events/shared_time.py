"""Frame accuracy, without frames: for which share of the time do two timelines say the same?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bball_tag.events import Event
from bball_tag.events.compare import Timeline, by_label

Span = tuple[float, float]
"""Start and end, in seconds."""


@dataclass(frozen=True, slots=True)
class SharedTime:
    """Seconds of one label."""

    found: float = 0.0
    true: float = 0.0
    both: float = 0.0
    """Found and true at once."""

    def __add__(self, other: SharedTime) -> SharedTime:
        return SharedTime(self.found + other.found, self.true + other.true, self.both + other.both)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How timelines agree from instant to instant."""

    right: float
    """Seconds that are right, of all timelines; an instant may be right in part where labels overlap."""
    judged: float
    """Seconds that were compared."""
    labels: dict[str, SharedTime]

    @property
    def accuracy(self) -> float | None:
        """Share of the time that is right; None where no time was compared."""
        return self.right / self.judged if self.judged else None


def agreement(timelines: Sequence[Timeline], judged: Sequence[Sequence[Span]]) -> Agreement:
    """Compare timelines from instant to instant, as with infinitely many frames.

    An instant at which both sides have one label, or none, is right if it is the same: the frame accuracy of
    action segmentation, in which background counts as a label. Where several labels are on at once, as those
    of several players in one timeline, an instant is right to the share of what either side has that both
    have (Jaccard's index, with labels as often as they are on).

    Args:
        timelines: What is compared.
        judged: For each timeline, the spans within which it is compared.
    """
    right = seconds = 0.0
    labels: dict[str, SharedTime] = {}
    for timeline, spans in zip(timelines, judged, strict=True):
        one = _agreement(timeline, spans)
        right, seconds = right + one.right, seconds + one.judged
        for label, time in one.labels.items():
            labels[label] = labels.get(label, SharedTime()) + time
    return Agreement(right, seconds, dict(sorted(labels.items())))


def _agreement(timeline: Timeline, judged: Sequence[Span]) -> Agreement:
    spans = [(event.start, event.end) for event in (*timeline.found, *timeline.truth)]
    edges = np.unique(np.array([*spans, *judged], dtype=float))
    if len(edges) < 2:
        return Agreement(0.0, 0.0, {})
    lengths = np.diff(edges) * (_number_on(edges, judged) > 0)
    shared, either = np.zeros(len(lengths)), np.zeros(len(lengths))
    labels = {}
    for label, (own,) in by_label([timeline]).items():
        found, true = _number_on(edges, _spans(own.found)), _number_on(edges, _spans(own.truth))
        both = np.minimum(found, true)
        shared += both
        either += np.maximum(found, true)
        labels[label] = SharedTime(*(float((number * lengths).sum()) for number in (found, true, both)))
    share = np.divide(shared, either, out=np.ones(len(lengths)), where=either > 0)
    return Agreement(float((share * lengths).sum()), float(lengths.sum()), labels)


def _spans(events: Iterable[Event]) -> list[Span]:
    return [(event.start, event.end) for event in events]


def _number_on(edges: np.ndarray, spans: Sequence[Span]) -> np.ndarray:
    """Return how many spans cover each interval between neighbouring edges, int64 (len(edges) - 1,)."""
    changes = np.zeros(len(edges), dtype=np.int64)
    starts, ends = np.array(spans, dtype=float).reshape(-1, 2).T
    np.add.at(changes, np.searchsorted(edges, starts), 1)
    np.add.at(changes, np.searchsorted(edges, ends), -1)
    return changes.cumsum()[:-1]
