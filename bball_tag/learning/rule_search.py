"""Search for the rules of each label with which its events are most like the truth."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from bball_tag.errors import OptionError
from bball_tag.events import EventRules
from bball_tag.events.curves import hysteresis
from bball_tag.events.decide import Curve, curves_of, event_of, spans_of
from bball_tag.learning.tuned_games import Material, TunedGame

THRESHOLDS = tuple((1 / (1 + np.exp(-np.linspace(-4.0, 3.0, 15)))).round(3).tolist())
"""What is tried, evenly in log odds: 0.018 to 0.953."""
DURATIONS = (0.0, 0.24, 0.4, 0.64, 0.8, 1.0, 1.4, 2.0, 3.0)
GAPS = (0.0, 0.24, 0.5, 0.8, 1.2, 2.0, 3.0)
"""Seconds that are tried."""
FEWEST = 5
"""True events of a label below which its rule is not touched."""
_ROUNDS = 2
_LEAST_GAIN = 0.01
"""Rise of the metric below which a rule stays as it was: so little is chance."""
_NEAR = 1
"""Thresholds on either side whose metric counts too: a peak of a single one is chance."""
_METRIC = re.compile(r"f(\d+(?:\.\d+)?)@(0?\.\d+|1|1\.0)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Goal:
    """What rules are to be good at: F-beta of events at an intersection over union."""

    beta: float = 1.0
    """How many times a miss is worse than a false alarm."""
    iou: float = 0.5

    def __str__(self) -> str:
        """Return its name, as `goal_of` reads it."""
        return f"f{self.beta:g}@{self.iou:g}"

    def of(self, counts: np.ndarray) -> np.ndarray:
        """Return F-beta for counts of true events, events found and right ones, (..., 3); 0 without any."""
        true, found, right = np.moveaxis(np.asarray(counts, float), -1, 0)
        square = self.beta**2
        total = square * true + found
        score: np.ndarray = np.divide((1 + square) * right, total, out=np.zeros_like(total), where=total > 0)
        return score


def goal_of(text: str) -> Goal:
    """Return the goal that a user names: `f1@0.5`, `f0.5@0.3`.

    Raises:
        OptionError: It is not of this form.
    """
    match = _METRIC.fullmatch(text.strip())
    goal = Goal(float(match[1]), float(match[2])) if match else None
    if goal is None or not (0 < goal.beta <= 10 and 0 < goal.iou <= 1):
        raise OptionError(
            f"Cannot read the metric {text!r}. Write f1@0.5 for F1 at a temporal IoU of 0.5; f2@0.5 minds "
            "misses more, f0.5@0.5 false alarms."
        )
    return goal


Choice = tuple[float, float, float]
"""Threshold, shortest event and longest gap of a label."""


@dataclass(frozen=True, slots=True)
class Search:
    """Counts of events by label and rule, remembered, over the parts of all games."""

    material: Material
    base: EventRules
    goal: Goal
    curves: tuple[tuple[Curve, ...], ...]
    """Of each game."""
    _known: dict[object, np.ndarray] = field(default_factory=dict)
    _rivals: dict[str, tuple[object, list[list[np.ndarray]]]] = field(default_factory=dict)

    @classmethod
    def over(cls, material: Material, base: EventRules, goal: Goal) -> Search:
        """Return a search from `base`."""
        return cls(
            material, base, goal, tuple(tuple(curves_of(g.scores, base.smoothing)) for g in material.games)
        )

    def true_events(self, label: str) -> np.ndarray:
        """Return how many true events of a label each part has, int64 (P,)."""
        counts = [
            np.bincount(
                game.part_of([event for event in game.truth if event.label == label]),
                minlength=len(game.edges),
            )
            for game in self.material.games
        ]
        return np.concatenate(counts)

    def fit(self, parts: np.ndarray) -> EventRules:
        """Return the rules that are best on some parts, bool (P,)."""
        best, best_score = self.base, self._score(self.base, parts)
        rules = self.base
        for _ in range(_ROUNDS):
            # All labels at once, each with the others as they were: the order of labels decides nothing.
            found = {
                label: self._fit_label(label, rules, parts)
                for label in self.material.labels
                if label not in rules.background and self.true_events(label)[parts].sum() >= FEWEST
            }
            rules = with_choices(rules, found)
            if (score := self._score(rules, parts)) > best_score:
                best, best_score = rules, score
        return best

    def counts(self, label: str, rules: EventRules) -> np.ndarray:
        """Return true events, events found and right ones of a label in each part, int64 (P, 3)."""
        others = (
            () if rules.multi else tuple(rules.of(other) for other in self.material.labels if other != label)
        )
        choice = rules.of(label), rules.min_duration_of(label), rules.max_gap_of(label)
        key = label, choice, others
        if key not in self._known:
            games = zip(self.material.games, self.curves, self._rivals_of(label, others, rules), strict=True)
            self._known[key] = np.concatenate(
                [
                    _count(game, curves, against, label, rules, self.goal.iou)
                    for game, curves, against in games
                ]
            )
        return self._known[key]

    def _rivals_of(self, label: str, others: object, rules: EventRules) -> list[list[np.ndarray]]:
        """Return what a label must reach at each instant of each curve to be the likeliest one."""
        if self._rivals.get(label, (None, []))[0] != others:
            column = self.material.labels.index(label)
            found = [
                [rival(curve.values, self.material.labels, column, rules) for curve in own]
                for own in self.curves
            ]
            self._rivals[label] = others, found
        return self._rivals[label][1]

    def total(self, rules: EventRules) -> np.ndarray:
        """Return the same counts of all labels together."""
        written = [label for label in self.material.labels if label not in rules.background]
        counts: np.ndarray = np.sum([self.counts(label, rules) for label in written], axis=0)
        return counts

    def _score(self, rules: EventRules, parts: np.ndarray) -> float:
        return float(self.goal.of(self.total(rules)[parts].sum(axis=0)))

    def _fit_label(self, label: str, rules: EventRules, parts: np.ndarray) -> Choice:
        """Return the best choice for one label: threshold, duration and gap by turns."""
        start = rules.of(label), rules.min_duration_of(label), rules.max_gap_of(label)

        def score(choice: Choice) -> float:
            counts = self.counts(label, with_choices(rules, {label: choice}))
            return float(self.goal.of(counts[parts].sum(axis=0)))

        least = score(start)
        best = self._threshold(start, score)
        for place, values in ((1, DURATIONS), (2, GAPS), (1, DURATIONS)):
            tried = [_changed(best, place, value) for value in dict.fromkeys((best[place], *values))]
            best = max(tried, key=score)
        best = self._threshold(best, score)
        return best if score(best) > least + _LEAST_GAIN else start

    def _threshold(self, choice: Choice, score: Callable[[Choice], float]) -> Choice:
        values = sorted({*THRESHOLDS, choice[0]})
        raw = np.array([score(_changed(choice, 0, value)) for value in values])
        width = 2 * _NEAR + 1
        padded = np.pad(raw, _NEAR, mode="edge")
        smooth = np.convolve(padded, np.ones(width) / width, "valid")
        return _changed(choice, 0, values[int(smooth.argmax())])


def with_choices(rules: EventRules, choices: Mapping[str, Choice]) -> EventRules:
    """Return rules with other ones for some labels."""
    return replace(
        rules,
        thresholds={**rules.thresholds, **{label: one[0] for label, one in choices.items()}},
        min_durations={**rules.min_durations, **{label: one[1] for label, one in choices.items()}},
        max_gaps={**rules.max_gaps, **{label: one[2] for label, one in choices.items()}},
    )


def _changed(choice: Choice, place: int, value: float) -> Choice:
    first, second, third = (value if place == number else one for number, one in enumerate(choice))
    return first, second, third


def rival(values: np.ndarray, labels: Sequence[str], column: int, rules: EventRules) -> np.ndarray:
    """Return the least probability with which a label has each instant to itself, (T,); see `exclusive`."""
    if rules.multi:
        return np.zeros(len(values))
    thresholds = np.array([rules.of(label) for label in labels])
    others = np.where(hysteresis(values, thresholds, thresholds * rules.release), values, -1.0)
    # Of two labels that are equally likely the first has the instant.
    before = np.nextafter(others[:, :column].max(axis=1, initial=-1.0), 2.0)
    least: np.ndarray = np.maximum(before, others[:, column + 1 :].max(axis=1, initial=-1.0))
    return least


def _count(
    game: TunedGame,
    curves: Sequence[Curve],
    rivals: Sequence[np.ndarray],
    label: str,
    rules: EventRules,
    iou: float,
) -> np.ndarray:
    """Return true events, events found and right ones of a label in each part of a game, int64 (P, 3)."""
    column, threshold, events = game.scores.labels.index(label), np.array([rules.of(label)]), []
    for curve, least in zip(curves, rivals, strict=True):
        own = curve.values[:, column]
        on = hysteresis(own[:, None], threshold, threshold * rules.release)[:, 0] & (own >= least)
        spans = spans_of(on, game.scores.fps, rules.min_duration_of(label), rules.max_gap_of(label))
        events += [event_of(curve, game.scores, column, *span, rules) for span in spans]
    found, truth = game.judged(events), [event for event in game.truth if event.label == label]
    mine, right = game.part_of(found), game.right(found, truth, iou)
    columns = game.part_of(truth), mine, mine[right]
    return np.stack([np.bincount(one, minlength=len(game.edges)) for one in columns], axis=1)
