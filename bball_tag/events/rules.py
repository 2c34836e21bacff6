"""The rules by which scores become events: for every label alike, or for each its own."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bball_tag.checks import is_number
from bball_tag.errors import OptionError

if TYPE_CHECKING:
    import numpy as np

EVERY_LABEL = "*"
"""Stands for every label that is not named, where numbers are given for labels."""
_SURE = 1e-4
"""Confidences are kept this far from 0 and 1, where the log odds have no end."""
_SHORTEST_S = 0.04
"""Shorter events count as this long: that of a frame."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How the mean probability of an event becomes the probability that it is right.

    A checkpoint may carry one, fitted to games of its own world; `tune` fits one to games of the user.

    A logistic function of the log odds (Platt, 1999), with the event's length and an offset for its label. It
    never falls as the mean probability rises.
    """

    slope: float = 1.0
    """What the log odds of the mean probability are multiplied with; 0 or more."""
    offset: float = 0.0
    duration: float = 0.0
    """What the natural logarithm of the seconds is multiplied with."""
    labels: Mapping[str, float] = field(default_factory=dict)
    """A further offset for each label; labels not named have none."""

    def __post_init__(self) -> None:
        numbers = {"slope": self.slope, "offset": self.offset, "duration": self.duration, **self.labels}
        for name, value in numbers.items():
            if not is_number(value) or abs(value) > 1000:
                raise ValueError(f"{name} of the confidence must be a number, not {value!r}")
        if self.slope < 0:
            raise ValueError(f"the slope of the confidence must be 0 or more, not {self.slope!r}")

    def of(self, label: str, confidence: float, seconds: float) -> float:
        """Return the probability that an event is right."""
        shift = self.offset + self.labels.get(label, 0.0)
        # A game has thousands of events: plain numbers take a tenth of numpy's time.
        sure = min(max(confidence, _SURE), 1 - _SURE)
        odds = self.slope * math.log(sure / (1 - sure)) + shift
        odds += self.duration * math.log(max(seconds, _SHORTEST_S))
        return 0.5 + 0.5 * math.tanh(odds / 2)


def log_odds(confidence: np.ndarray | float) -> np.ndarray | float:
    """Return the log odds of probabilities, which are kept away from 0 and 1."""
    import numpy as np

    clipped = np.clip(confidence, _SURE, 1 - _SURE)
    odds: np.ndarray | float = np.log(clipped / (1 - clipped))
    return odds


def log_seconds(seconds: np.ndarray) -> np.ndarray:
    """Return the natural logarithm of the lengths of events."""
    import numpy as np

    logarithm: np.ndarray = np.log(np.maximum(seconds, _SHORTEST_S))
    return logarithm


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
    min_durations: Mapping[str, float] = field(default_factory=dict)
    """Shortest event of a label; labels not named use `min_duration`."""
    max_gaps: Mapping[str, float] = field(default_factory=dict)
    """Longest gap of a label; labels not named use `max_gap`."""
    multi: bool = False
    """Whether a player may do several things at once; else the likeliest label has the instant."""
    top: int | None = None
    """How many events of each label are kept, those of the highest confidence; None keeps all."""
    calibration: Calibration | None = None
    """What makes the confidence of an event the probability that it is right; None if never fitted."""

    def __post_init__(self) -> None:
        for value in (self.threshold, *self.thresholds.values()):
            if not is_number(value) or not 0 < value <= 1:
                raise ValueError(f"A threshold must be a number above 0 and at most 1, not {value!r}.")
        if not is_number(self.release) or not 0 < self.release <= 1:
            raise ValueError(f"The release must be a number above 0 and at most 1, not {self.release!r}.")
        seconds = [("smoothing", self.smoothing), ("min_duration", self.min_duration)]
        seconds += [("max_gap", self.max_gap)]
        seconds += [(f"min_duration of {label}", value) for label, value in self.min_durations.items()]
        seconds += [(f"max_gap of {label}", value) for label, value in self.max_gaps.items()]
        for name, value in seconds:
            if not is_number(value) or value < 0:
                raise ValueError(f"{name} must be a number of seconds, 0 or more, not {value!r}.")
        if not isinstance(self.multi, bool):
            raise ValueError(f"multi must be true or false, not {self.multi!r}.")
        if self.top is not None and (not is_number(self.top, whole=True) or self.top < 1):
            raise ValueError(f"top must be a whole number of events, 1 or more, not {self.top!r}.")

    def of(self, label: str) -> float:
        """Return the threshold of `label`."""
        return self.thresholds.get(label, self.threshold)

    def min_duration_of(self, label: str) -> float:
        """Return the length of the shortest event of `label`, in seconds."""
        return self.min_durations.get(label, self.min_duration)

    def max_gap_of(self, label: str) -> float:
        """Return the longest gap of `label` that is closed, in seconds."""
        return self.max_gaps.get(label, self.max_gap)


DEFAULT_RULES = EventRules()
ByLabel = float | Mapping[str, float]
"""One number for every label, or one for each label named; `*` stands for all others."""


def changed_rules(
    rules: EventRules,
    labels: Sequence[str],
    threshold: ByLabel | None = None,
    min_duration: ByLabel | None = None,
    max_gap: ByLabel | None = None,
    *,
    multi: bool | None = None,
    top: int | None = None,
) -> EventRules:
    """Return `rules` with what a user asks for; None leaves what they say.

    Args:
        rules: Where to start from: those of a checkpoint, or of an earlier decision.
        labels: The labels that there are.
        threshold: One for every label, or one for each label named; `*` stands for all others.
        min_duration: Shortest event, in seconds, likewise.
        max_gap: Longest gap that is closed, in seconds, likewise.
        multi: Whether labels of one player may overlap.
        top: How many events of each label are kept.

    Raises:
        OptionError: A number for an unknown label, or an impossible one.
    """
    try:
        return replace(
            rules,
            **_by_label(threshold, labels, "thresholds", "threshold", rules.thresholds),
            **_by_label(min_duration, labels, "shortest events", "min_duration", rules.min_durations),
            **_by_label(max_gap, labels, "longest gaps", "max_gap", rules.max_gaps),
            multi=rules.multi if multi is None else multi,
            top=rules.top if top is None else top,
        )
    except ValueError as error:
        raise OptionError(str(error)) from error


def _by_label(
    asked: ByLabel | None, labels: Sequence[str], what: str, name: str, own: Mapping[str, float]
) -> dict[str, Any]:
    """Return what is asked for as fields of rules: the number for every label, and those of single labels."""
    if asked is None:
        return {}
    wanted = dict(asked) if isinstance(asked, Mapping) else {EVERY_LABEL: asked}
    for_all = wanted.pop(EVERY_LABEL, None)
    check_labels(wanted, labels, what)
    return {f"{name}s": {**own, **wanted}} if for_all is None else {name: for_all, f"{name}s": wanted}


def check_labels(named: Mapping[str, float], labels: Sequence[str], what: str) -> None:
    """Refuse numbers for labels that do not exist.

    Raises:
        OptionError: One does not; it names those that do.
    """
    if unknown := sorted(set(named) - set(labels), key=str):
        raise OptionError(f"Unknown label {unknown[0]!r} in the {what}. The labels: {', '.join(labels)}.")
