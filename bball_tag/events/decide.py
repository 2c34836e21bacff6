"""Turn clip scores into events. Pure numpy: seconds of work where scoring took hours.

Every clip has a probability for each label. An instant of the game lies in several overlapping clips;
their probabilities are averaged, and clips whose middle is nearest count most. An event begins when its
label reaches the threshold, and lasts until the probability falls below a lower mark (the *release*), so
that one doubtful clip does not split it. Where two labels are active at once, the more likely one wins
the instant. Events of one label closer than `max_gap` are joined, events shorter than `min_duration` are
dropped, and background labels (`no_action`) are not written.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from bball_tag.checks import is_number
from bball_tag.errors import OptionError


@dataclass(frozen=True, slots=True)
class Event:
    """One labelled stretch of a game: the half-open span [start, end), in seconds."""

    label: str
    start: float
    end: float
    confidence: float
    """Mean probability of the label over the span, 0 to 1."""
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
class EventRules:
    """How scores become events. Checked once, here."""

    thresholds: Mapping[str, float] = field(default_factory=dict)
    """Probability at which a label begins; labels not named use `threshold`."""
    threshold: float = 0.5
    release: float = 0.7
    """An event lasts while its probability stays above this fraction of its threshold."""
    smoothing: float = 0.0
    """Width, in seconds, of a further moving average over time; 0 for none."""
    min_duration: float = 0.5
    """Shorter events are dropped, in seconds; what is much shorter than a clip cannot be told apart."""
    max_gap: float = 0.5
    """Events of one label and player at most this far apart are joined, in seconds."""
    background: tuple[str, ...] = ("no_action",)
    """Labels that are never written."""

    def __post_init__(self) -> None:
        for value in (self.threshold, *self.thresholds.values()):
            if not is_number(value) or not 0 < value <= 1:
                raise ValueError(f"A threshold must be a number above 0 and at most 1, not {value!r}.")
        if not is_number(self.release) or not 0 < self.release <= 1:
            raise ValueError(f"The release must be a number above 0 and at most 1, not {self.release!r}.")
        for name in ("smoothing", "min_duration", "max_gap"):
            value = getattr(self, name)
            if not is_number(value) or value < 0:
                raise ValueError(f"{name} must be a number of seconds, 0 or more, not {value!r}.")

    def of(self, label: str) -> float:
        """Return the threshold of `label`."""
        return self.thresholds.get(label, self.threshold)


DEFAULT_RULES = EventRules()
EVERY_LABEL = "*"
"""Stands for every label that is not named, where thresholds are given for labels."""


def changed_rules(
    rules: EventRules,
    labels: Sequence[str],
    threshold: float | Mapping[str, float] | None = None,
    min_duration: float | None = None,
    max_gap: float | None = None,
) -> EventRules:
    """Return `rules` with what a user asks for; None leaves what they say.

    Args:
        rules: Where to start from: those of a checkpoint, or of an earlier decision.
        labels: The labels that there are.
        threshold: One for every label, or one for each label named; `*` stands for all others.
        min_duration: Shortest event, in seconds.
        max_gap: Longest gap that is closed, in seconds.

    Raises:
        OptionError: A threshold for an unknown label, or an impossible number.
    """
    wanted = dict(threshold) if isinstance(threshold, Mapping) else {}
    general = wanted.pop(EVERY_LABEL, None) if isinstance(threshold, Mapping) else threshold
    if unknown := sorted(set(wanted) - set(labels), key=str):
        raise OptionError(f"Unknown label {unknown[0]!r} in the thresholds. The labels: {', '.join(labels)}.")
    try:
        return replace(
            rules,
            thresholds={**(rules.thresholds if general is None else {}), **wanted},
            threshold=rules.threshold if general is None else general,
            min_duration=rules.min_duration if min_duration is None else min_duration,
            max_gap=rules.max_gap if max_gap is None else max_gap,
        )
    except ValueError as error:
        raise OptionError(str(error)) from error


def find_events(scores: Scores, rules: EventRules) -> list[Event]:
    """Return the events of a game, sorted by start, then player, then label."""
    events: list[Event] = []
    for subject in sorted(set(scores.subjects.tolist())):
        rows = np.flatnonzero(scores.subjects == subject)
        rows = rows[np.argsort(scores.starts[rows], kind="stable")]
        for stretch in _stretches(scores.starts[rows], scores.stops[rows], scores.cuts):
            events += _events_of(scores, rows[stretch], rules, subject)
    return in_order(events)


def event_order(event: Event) -> tuple[float, str, str, float]:
    """Return what events are sorted by: start, then player, label and end."""
    return event.start, event.player, event.label, event.end


def in_order(events: Iterable[Event]) -> list[Event]:
    """Return events sorted by `event_order`."""
    return sorted(events, key=event_order)


def _stretches(starts: np.ndarray, stops: np.ndarray, cuts: Sequence[int]) -> Iterator[slice]:
    """Yield runs of clips of one shot that touch or overlap; between them the subject was not seen."""
    if not len(starts):
        return
    begins, ended = starts[1:], np.maximum.accumulate(stops)[:-1]
    is_cut = np.searchsorted(cuts, ended, "left") < np.searchsorted(cuts, begins, "right")
    gaps = np.flatnonzero((begins > ended) | is_cut) + 1
    edges = [0, *gaps.tolist(), len(starts)]
    yield from (slice(first, stop) for first, stop in pairwise(edges))


def _events_of(scores: Scores, rows: np.ndarray, rules: EventRules, subject: str) -> Iterator[Event]:
    """Yield the events of one subject over one unbroken stretch of clips."""
    starts, stops = scores.starts[rows], scores.stops[rows]
    first = int(starts[0])
    curve = instant_probabilities(
        starts - first, stops - first, scores.probabilities[rows], scores.num_frames
    )
    curve = moving_average(curve, max(1, round(rules.smoothing * scores.fps)))
    thresholds = np.array([rules.of(label) for label in scores.labels])
    active = exclusive(hysteresis(curve, thresholds, thresholds * rules.release), curve)
    for column, label in enumerate(scores.labels):
        if label in rules.background:
            continue
        runs = merge_close(runs_of(active[:, column]), max_gap=math.floor(rules.max_gap * scores.fps + 1e-6))
        for run_start, run_stop in runs:
            begin = (first + run_start) / scores.fps
            end = min((first + run_stop) / scores.fps, scores.end)
            if end - begin < rules.min_duration - 1e-6:
                continue
            span = curve[run_start:run_stop, column]
            seen = (starts - first < run_stop) & (stops - first > run_start)
            yield Event(
                label=label,
                start=begin,
                end=end,
                confidence=float(span.mean()),
                peak_confidence=float(span.max()),
                peak=(first + run_start + int(span.argmax())) / scores.fps,
                num_clips=int(seen.sum()),
                player=subject,
            )


def instant_probabilities(
    starts: np.ndarray, stops: np.ndarray, probabilities: np.ndarray, num_frames: int
) -> np.ndarray:
    """Average overlapping clips at every grid instant, weighted by how near its middle a clip has it.

    Args:
        starts: First instant of each clip, shape (N,), the smallest 0.
        stops: One past the last instant of each clip, shape (N,).
        probabilities: Shape (N, K).
        num_frames: Instants in a whole clip.

    Returns:
        float64 array of shape (max(stops), K), rows summing to 1.
    """
    middle = (num_frames - 1) / 2
    support = 1 - np.abs(np.arange(num_frames) - middle) / (num_frames / 2 + 0.5)
    total = np.zeros((int(stops.max()), probabilities.shape[1]))
    weight = np.zeros((len(total), 1))
    for start, stop, row in zip(starts.tolist(), stops.tolist(), probabilities, strict=True):
        nearness = support[: stop - start, None]
        total[start:stop] += nearness * row
        weight[start:stop] += nearness
    return total / weight


def moving_average(curve: np.ndarray, width: int) -> np.ndarray:
    """Average each column over `width` instants centred on each; the ends use what there is."""
    if width <= 1:
        return curve
    sums = np.concatenate([np.zeros((1, curve.shape[1])), curve.cumsum(axis=0)])
    indices = np.arange(len(curve))
    low = np.maximum(indices - (width - 1) // 2, 0)
    high = np.minimum(indices + width // 2 + 1, len(curve))
    smooth: np.ndarray = (sums[high] - sums[low]) / (high - low)[:, None]
    return smooth


def hysteresis(curve: np.ndarray, thresholds: np.ndarray, releases: np.ndarray) -> np.ndarray:
    """Return where each column is on: runs above the release that somewhere reach the threshold."""
    on = np.zeros(curve.shape, bool)
    for column in range(curve.shape[1]):
        for start, stop in runs_of(curve[:, column] >= releases[column]):
            if curve[start:stop, column].max() >= thresholds[column]:
                on[start:stop, column] = True
    return on


def exclusive(active: np.ndarray, curve: np.ndarray) -> np.ndarray:
    """Keep, at every instant, only the likeliest of the labels that are on."""
    best = np.where(active, curve, -1.0).argmax(axis=1)
    kept: np.ndarray = active & (np.arange(active.shape[1]) == best[:, None])
    return kept


def runs_of(on: np.ndarray) -> list[tuple[int, int]]:
    """Return each run of true values as indices [first, stop)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], on, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def merge_close(runs: Sequence[tuple[int, int]], *, max_gap: int) -> list[tuple[int, int]]:
    """Join sorted runs that are at most `max_gap` instants apart."""
    merged: list[tuple[int, int]] = []
    for start, stop in runs:
        if merged and start - merged[-1][1] <= max_gap:
            # A dribble that the camera loses for a moment is still one dribble.
            merged[-1] = (merged[-1][0], stop)
        else:
            merged.append((start, stop))
    return merged
