"""From corrected games to rules of events, tested on games that they were not tuned on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bball_tag.errors import DataError
from bball_tag.events import Event, EventRules, find_events
from bball_tag.events.rules import Calibration
from bball_tag.learning.rule_search import FEWEST, Choice, Goal, Search, with_choices
from bball_tag.learning.sureness import JudgedEvents, calibrated, calibration_error, fit_calibration, joined
from bball_tag.learning.tune_report import LabelChange, TuneReport
from bball_tag.learning.tuned_games import Material
from bball_tag.timecode import counted

_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Fold:
    """What rules that were tuned without some parts do there."""

    parts: np.ndarray
    """Which parts were left out, bool (P,)."""
    rules: EventRules


def tune(
    material: Material,
    start: EventRules,
    goal: Goal,
    on_progress: Callable[[float], None] = lambda done: None,
) -> TuneReport:
    """Return the rules with which events are most like the truth, and how good they are where left out.

    A label keeps its rule where it has too few true events, or where nothing better was found. All do where
    the new rules together are no better on what was left out, unless that is half of everything: rules of the
    other half alone are worse. Of a single label that is mostly chance, too, and undoing its new rule made
    further games worse (docs/decisions.md).

    Args:
        material: Games and their truth.
        start: The rules before.
        goal: What to be good at.
        on_progress: Gets which part of the search is done, 0 to 1.

    Raises:
        DataError: Nothing is left to test on.
    """
    base = replace(start, calibration=None, top=None)
    search, left_out, folds = Search.over(material, base, goal), _folds(material), []
    rules = search.fit(np.ones(material.num_parts, bool))
    for number, parts in enumerate(left_out, start=1):
        on_progress(number / (len(left_out) + 1))
        folds.append(Fold(parts, search.fit(~parts)))
    counts = {label: search.counts(label, base) for label in material.labels if label not in base.background}
    changes = [_change(label, search, rules, folds) for label, one in counts.items() if one.any()]
    after = {label: _held_out_counts(label, search, folds) for label in counts}
    scores = _total(goal, counts), _total(goal, after)
    if scores[1] <= scores[0] and len(folds) > 2:
        changes = [replace(one, after=one.before) for one in changes]
        folds = [replace(fold, rules=base) for fold in folds]
    rules = with_choices(base, {one.label: one.after for one in changes if one.after != one.before})
    events = [_held_out(material, fold, goal) for fold in folds]
    calibration, error, crossed = _calibration(events, start.calibration)
    return TuneReport(
        rules=replace(rules, calibration=calibration, top=start.top),
        start=start,
        goal=str(goal),
        tested_on=material.tested_on,
        num_games=len(material.games),
        labels=tuple(changes),
        before=scores[0],
        after=scores[1],
        gains=tuple(_gains(goal, counts, after, folds)),
        calibration_before=error,
        calibration_after=crossed,
        num_judged=sum(len(one.labels) for one in events),
        left_out={why: count for why, count in material.left_out.items() if count},
    )


def _folds(material: Material) -> list[np.ndarray]:
    """Return which parts are left out by turns: games, or parts of time of the only one."""
    count = material.num_parts
    if count < 2:
        raise DataError(
            "There is only one true event, so that nothing is left to test on. Correct more of it."
        )
    owner = np.arange(count) * min(_FOLDS, count) // count
    return [owner == fold for fold in range(min(_FOLDS, count))]


def _held_out_counts(label: str, search: Search, folds: Sequence[Fold]) -> np.ndarray:
    """Return counts of a label in each part, by rules that were tuned without it, int64 (P, 3)."""
    counts = np.zeros((search.material.num_parts, 3), np.int64)
    for fold in folds:
        counts[fold.parts] = search.counts(label, fold.rules)[fold.parts]
    return counts


def _change(label: str, search: Search, rules: EventRules, folds: Sequence[Fold]) -> LabelChange:
    before, after = _choice(search.base, label), _choice(rules, label)
    held_before = float(search.goal.of(search.counts(label, search.base).sum(axis=0)))
    held_after = float(search.goal.of(_held_out_counts(label, search, folds).sum(axis=0)))
    num_true, kept = int(search.true_events(label).sum()), ""
    if num_true < FEWEST:
        kept = f"only {counted(num_true, 'true event')}"
    elif after == before:
        kept = "nothing better was found"
    return LabelChange(label, num_true, before, after, held_before, held_after, kept)


def _choice(rules: EventRules, label: str) -> Choice:
    return rules.of(label), rules.min_duration_of(label), rules.max_gap_of(label)


def _total(goal: Goal, counts: dict[str, np.ndarray]) -> float:
    return float(goal.of(np.sum([one.sum(axis=0) for one in counts.values()], axis=0)))


def _gains(
    goal: Goal, before: dict[str, np.ndarray], after: dict[str, np.ndarray], folds: Sequence[Fold]
) -> list[float]:
    """Return what each fold gains where it was left out."""
    totals = [np.sum(list(counts.values()), axis=0) for counts in (before, after)]
    return [
        float(goal.of(totals[1][fold.parts].sum(axis=0)) - goal.of(totals[0][fold.parts].sum(axis=0)))
        for fold in folds
    ]


def _held_out(material: Material, fold: Fold, goal: Goal) -> JudgedEvents:
    """Return the events that a fold's rules find in what was left out, and which of them are right."""
    parts, first = [], 0
    for game in material.games:
        wanted = np.flatnonzero(fold.parts[first : first + len(game.edges)])
        first += len(game.edges)
        if len(wanted):
            found = game.judged(find_events(game.scores, fold.rules))
            parts.append(
                judged_events(found, game.truth, game.right, goal.iou)[np.isin(game.part_of(found), wanted)]
            )
    return joined(parts)


def judged_events(
    found: Sequence[Event],
    truth: Sequence[Event],
    match: Callable[[Sequence[Event], Sequence[Event], float], np.ndarray],
    iou: float,
) -> JudgedEvents:
    """Return events with whether they are right.

    Args:
        found: Events of any labels.
        truth: True events.
        match: Says which events of one label are right.
        iou: Least intersection over union of a match.
    """
    right = np.zeros(len(found), bool)
    for label in {event.label for event in found}:
        rows = [row for row, event in enumerate(found) if event.label == label]
        true = [event for event in truth if event.label == label]
        right[rows] = match([found[row] for row in rows], true, iou)
    return JudgedEvents(
        tuple(event.label for event in found),
        np.array([event.confidence for event in found]),
        np.array([event.end - event.start for event in found]),
        right,
    )


def _calibration(
    events: Sequence[JudgedEvents], before: Calibration | None
) -> tuple[Calibration | None, float, float | None]:
    """Return the better calibration, and the errors of that before and of a new one on what was left out."""
    error, calibration = _error(events, [before] * len(events)), fit_calibration(joined(events), before)
    if calibration is None:
        return before, error, None
    # For each fold, that of the other folds' events.
    others = [[one for one in events if one is not own] for own in events]
    # Too few of them leave what there was before.
    crossed = _error(events, [fit_calibration(joined(some), before) or before for some in others])
    return calibration if crossed < error else before, error, crossed


def _error(events: Sequence[JudgedEvents], calibrations: Sequence[Calibration | None]) -> float:
    pairs = zip(events, calibrations, strict=True)
    confidence = np.concatenate([calibrated(own, calibration) for own, calibration in pairs])
    return calibration_error(confidence, joined(events).right)
