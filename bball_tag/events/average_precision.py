"""Average precision over all confidences: of spans as ActivityNet measures it, of spots as SoccerNet does.

Caba Heilbron et al., "ActivityNet: A Large-Scale Video Benchmark for Human Activity Understanding", CVPR
2015; Giancola et al., "SoccerNet: A Scalable Dataset for Action Spotting in Soccer Videos", CVPR-W 2018.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bball_tag.events import Event
from bball_tag.events.compare import Timeline, by_confidence, by_label, pair_off, temporal_ious

COARSE_IOUS = (0.3, 0.4, 0.5, 0.6, 0.7)
FINE_IOUS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
TIGHT_S = (1.0, 2.0, 3.0, 4.0, 5.0)
LOOSE_S = tuple(float(seconds) for seconds in range(5, 61, 5))
_NUM_THRESHOLDS = 200
_RECALLS = np.arange(11) / 10


@dataclass(frozen=True, slots=True)
class _Answers:
    """What was found of one label, in all timelines together."""

    confidences: np.ndarray
    right: np.ndarray
    """Whether each was matched with a true event, bool."""
    num_true: int


def mean_average_precision(timelines: Sequence[Timeline], ious: Sequence[float] = FINE_IOUS) -> float | None:
    """Return the mean average precision over labels and temporal IoUs; None where there is no true event.

    Args:
        timelines: What is compared: timelines of all players of all games.
        ious: The least intersections over union of a match, one after the other.
    """
    return mean_of(span_precisions(timelines, ious))


def span_precisions(timelines: Sequence[Timeline], ious: Sequence[float]) -> dict[str, tuple[float, ...]]:
    """Return the average precision of each label that has true events, at each temporal IoU.

    Events of all timelines are ranked together by their confidence. Each takes, of the true events of its
    label and timeline, the free one that it overlaps most. Precision is interpolated: at each recall, it is
    the highest that is reached at this recall or a higher one. Events of equal confidence are one step, so
    that their order in a file does not matter.
    """
    return _of_each_label(timelines, temporal_ious, ious, _interpolated)


def spot_precisions(timelines: Sequence[Timeline], seconds: Sequence[float]) -> dict[str, tuple[float, ...]]:
    """Return the average precision of each label that has true events, within each tolerance.

    The spot of an event is its middle. As in SoccerNet's evaluation a tolerance is a window around the true
    spot, so that half of it lies on each side, and precision is the mean over eleven recalls (0, 0.1 … 1) at
    200 thresholds from 0 to 1. Pairs are taken from the highest confidence down, each with the nearest free
    true spot. SoccerNet's goes through the true spots in time and gives each the most confident spot of its
    window: the same, as long as no window holds two true spots of a label.
    """
    halves = [-tolerance / 2 for tolerance in seconds]
    return _of_each_label(timelines, _nearness, halves, _at_eleven_recalls)


def mean_of(precisions: Mapping[str, Sequence[float]]) -> float | None:
    """Return the mean over labels of the mean over marks; None where there is no label."""
    return float(np.mean([np.mean(one) for one in precisions.values()])) if precisions else None


def area_under(curve: Sequence[float]) -> float:
    """Return the area under a curve at equal steps by the trapezoidal rule, divided by its width."""
    heights = np.asarray(curve, dtype=float)
    return float(((heights[1:] + heights[:-1]) / 2).mean()) if len(heights) > 1 else float(heights[0])


def _of_each_label(
    timelines: Sequence[Timeline],
    closeness_of: Callable[[Sequence[Event], Sequence[Event]], np.ndarray],
    marks: Sequence[float],
    average: Callable[[_Answers], float],
) -> dict[str, tuple[float, ...]]:
    found = {}
    for label, own in by_label(timelines).items():
        if any(timeline.truth for timeline in own):
            answers = _answers(own, closeness_of, marks)
            found[label] = tuple(average(one) for one in answers)
    return found


def _answers(
    timelines: Sequence[Timeline],
    closeness_of: Callable[[Sequence[Event], Sequence[Event]], np.ndarray],
    marks: Sequence[float],
) -> Iterable[_Answers]:
    """Yield what is right at each mark."""
    compared = [
        (closeness_of(timeline.found, timeline.truth), by_confidence(timeline.found))
        for timeline in timelines
    ]
    confidences = np.array([event.confidence for timeline in timelines for event in timeline.found])
    num_true = sum(len(timeline.truth) for timeline in timelines)
    for mark in marks:
        right = [pair_off(closeness, order, mark) >= 0 for closeness, order in compared]
        yield _Answers(confidences, np.concatenate(right), num_true)


def _nearness(found: Sequence[Event], truth: Sequence[Event]) -> np.ndarray:
    """Return minus the seconds between the middles of each event found and each true one, (N, M)."""
    own, true = (
        np.array([(event.start + event.end) / 2 for event in events]).reshape(-1) for events in (found, truth)
    )
    nearness: np.ndarray = -np.abs(own[:, None] - true)
    return nearness


def _interpolated(answers: _Answers) -> float:
    """Return the area under the interpolated curve of precision over recall."""
    order = np.argsort(-answers.confidences, kind="stable")
    ranked, right = answers.confidences[order], np.cumsum(answers.right[order])
    last_of_step = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], [True] * bool(len(ranked))))
    precision = right[last_of_step] / (last_of_step + 1)
    recall = right[last_of_step] / answers.num_true
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return float((np.diff(recall, prepend=0.0) * best).sum())


def _at_eleven_recalls(answers: _Answers) -> float:
    """Return the mean, over eleven recalls, of the highest precision at this recall or a higher one."""
    above = answers.confidences >= np.linspace(0, 1, _NUM_THRESHOLDS)[:, None]
    num_found, num_right = above.sum(axis=1), (above & answers.right).sum(axis=1)
    precision = num_right / np.maximum(num_found, 1)
    recall = num_right / answers.num_true
    return float(np.mean([precision[recall >= least].max(initial=0.0) for least in _RECALLS]))
