"""Turn clip scores into events. Pure numpy: seconds of work where scoring took hours.

Every clip has a probability for each label. An instant of the game lies in several overlapping clips;
their probabilities are averaged, and clips whose middle is nearest count most. An event begins when its
label reaches the threshold, and lasts until the probability falls below a lower mark (the *release*), so
that one doubtful clip does not split it. Where two labels are active at once, the more likely one wins
the instant, unless labels may overlap. Events of one label closer than its longest gap are joined, events
shorter than its shortest are dropped, and background labels (`no_action`) are not written.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from bball_tag.events.curves import (
    exclusive,
    hysteresis,
    instant_probabilities,
    merge_close,
    moving_average,
    runs_of,
    stretches,
)
from bball_tag.events.rules import EventRules
from bball_tag.game_time import GameTime

_CLOSE = 1e-6
"""Seconds, or instants, that rounding may take."""


@dataclass(frozen=True, slots=True)
class Event:
    """One labelled stretch of a game: the half-open span [start, end), in seconds."""

    label: str
    start: float
    end: float
    confidence: float
    """How likely the event is to be right, where the rules have a calibration; else the mean probability of
    the label over the span. 0 to 1."""
    peak_confidence: float
    """Highest probability of the label in the span, 0 to 1."""
    peak: float
    """When that was, in seconds."""
    num_clips: int
    """How many clips saw a part of the span."""
    player: str = ""
    """Who did it: the id of a track; empty where the whole frame was looked at."""
    team: str = ""
    remark: str = ""
    """What to know of it, for people: why it is to be judged."""
    game_time: GameTime | None = None
    """Its period and the clock when it began; None where nothing says so."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Label probabilities of every clip of one game, all on one grid."""

    labels: tuple[str, ...]
    fps: float
    """Grid instants per second."""
    num_frames: int
    """Grid instants in a clip."""
    end: float
    """Seconds to the end of what was scored."""
    subjects: np.ndarray
    """Id of the subject of each clip: str array of shape (N,), empty for the whole frame."""
    starts: np.ndarray
    """First grid index of each clip: int64 array of shape (N,)."""
    stops: np.ndarray
    """One past the last grid index really seen by each clip: int64 array of shape (N,)."""
    probabilities: np.ndarray
    """float32 array of shape (N, K), rows summing to 1."""
    cuts: tuple[int, ...] = ()
    """Grid indices at which another shot begins, ascending: no event lies on both sides of one."""


@dataclass(frozen=True, slots=True)
class Curve:
    """What is known of one subject over one unbroken run of clips."""

    subject: str
    first: int
    """Grid index of the first instant."""
    starts: np.ndarray
    """First instants of its clips, counted from `first`, ascending, int64 (N,)."""
    stops: np.ndarray
    """One past their last instants, ascending, int64 (N,): not in the order of `starts`."""
    values: np.ndarray
    """Probability of each label at each instant, float64 (T, K)."""

    def num_clips(self, start: int, stop: int) -> int:
        """Return how many clips saw a part of a span of instants."""
        begun, over = np.searchsorted(self.starts, stop), np.searchsorted(self.stops, start, "right")
        return int(begun - over)


def find_events(scores: Scores, rules: EventRules) -> list[Event]:
    """Return the events of a game, sorted by start, then player, then label."""
    events = (event for one in curves_of(scores, rules.smoothing) for event in _events_of(one, scores, rules))
    return in_order(_most_confident(events, rules.top))


def curves_of(scores: Scores, smoothing: float = 0.0) -> Iterator[Curve]:
    """Yield the curves of every subject: all that deciding needs of the scores.

    Args:
        scores: Of a game.
        smoothing: Width of a further moving average, in seconds.
    """
    order = np.lexsort((scores.starts, scores.subjects))
    names, begins = np.unique(scores.subjects[order], return_index=True)
    for subject, rows in zip(names.tolist(), np.split(order, begins)[1:], strict=True):
        for stretch in stretches(scores.starts[rows], scores.stops[rows], scores.cuts):
            own = rows[stretch]
            first = int(scores.starts[own[0]])
            starts, stops = scores.starts[own] - first, scores.stops[own] - first
            curve = instant_probabilities(starts, stops, scores.probabilities[own], scores.num_frames)
            curve = moving_average(curve, max(1, round(smoothing * scores.fps)))
            yield Curve(subject, first, starts, np.sort(stops), curve)


def event_order(event: Event) -> tuple[float, str, str, float]:
    """Return what events are sorted by: start, then player, label and end."""
    return event.start, event.player, event.label, event.end


def in_order(events: Iterable[Event]) -> list[Event]:
    """Return events sorted by `event_order`."""
    return sorted(events, key=event_order)


def active_labels(curve: np.ndarray, labels: tuple[str, ...], rules: EventRules) -> np.ndarray:
    """Return which labels are on at each instant of a curve, bool (T, K)."""
    thresholds = np.array([rules.of(label) for label in labels])
    active = hysteresis(curve, thresholds, thresholds * rules.release)
    return active if rules.multi else exclusive(active, curve)


def spans_of(on: np.ndarray, fps: float, min_duration: float, max_gap: float) -> list[tuple[int, int]]:
    """Return the spans [first, stop) in which one label is on, with gaps closed and short ones dropped.

    Args:
        on: Where it is, bool (T,).
        fps: Instants per second.
        min_duration: Shortest span, in seconds.
        max_gap: Longest gap that is closed, in seconds.
    """
    spans = merge_close(runs_of(on), max_gap=math.floor(max_gap * fps + _CLOSE))
    return [(start, stop) for start, stop in spans if (stop - start) / fps >= min_duration - _CLOSE]


def _events_of(one: Curve, scores: Scores, rules: EventRules) -> Iterator[Event]:
    """Yield the events of one curve."""
    active = active_labels(one.values, scores.labels, rules)
    for column, label in enumerate(scores.labels):
        if label in rules.background:
            continue
        least, on = rules.min_duration_of(label), active[:, column]
        reached = on & (one.values[:, column] >= rules.of(label))
        for start, stop in spans_of(on, scores.fps, least, rules.max_gap_of(label)):
            # The rest that likelier labels leave of a run may not reach the threshold: it is dropped.
            if not reached[start:stop].any():
                continue
            event = event_of(one, scores, column, start, stop, rules)
            # The video may end within the last instant.
            if event.end - event.start >= least - _CLOSE:
                yield event


def event_of(one: Curve, scores: Scores, column: int, start: int, stop: int, rules: EventRules) -> Event:
    """Return the event of a label over the instants [start, stop) of a curve."""
    span, label = one.values[start:stop, column], scores.labels[column]
    begin, end = (one.first + start) / scores.fps, min((one.first + stop) / scores.fps, scores.end)
    confidence = float(span.mean())
    if rules.calibration is not None:
        confidence = rules.calibration.of(label, confidence, end - begin)
    return Event(
        label=label,
        start=begin,
        end=end,
        confidence=confidence,
        peak_confidence=float(span.max()),
        peak=(one.first + start + int(span.argmax())) / scores.fps,
        num_clips=one.num_clips(start, stop),
        player=one.subject,
    )


def _most_confident(events: Iterable[Event], top: int | None) -> Iterable[Event]:
    """Return the `top` most confident events of each label; None returns all."""
    if top is None:
        return events
    by_label: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        by_label[event.label].append(event)
    best = [
        sorted(own, key=lambda event: (-event.confidence, event_order(event))) for own in by_label.values()
    ]
    return [event for own in best for event in own[:top]]
