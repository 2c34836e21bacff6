"""How right a head is on clips that it was not fitted on, label by label, beside its start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from bball_tag.learning.precision import Reached
from bball_tag.timecode import counted

_FEW = 8
"""Moments below which a label's figures say little."""
_WEAK = 0.6
"""F1 below which more examples are worth their time."""


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """How right a label is on clips of other moments than those it was fitted on."""

    label: str
    num_clips: int
    """Judged clips that it rests on."""
    num_moments: int
    """Moments that these lie in: clips that overlap are hardly more than one."""
    precision: float
    recall: float
    f1: float
    start_f1: float | None
    """F1 of the start on the same clips; None where that did not know the label."""

    @property
    def wanting(self) -> str:
        """Why it needs more examples, in a few words; empty where it does not."""
        if self.num_moments < _FEW:
            return f"only {counted(self.num_moments, 'moment')}"
        return "often wrong" if self.f1 < _WEAK else ""


@dataclass(frozen=True, slots=True)
class Report:
    """What came of learning."""

    labels: tuple[LabelFigures, ...]
    """The labels that were judged."""
    unjudged: tuple[str, ...]
    """Labels that stay as they were."""
    num_clips: int
    num_games: int
    tested_on: str
    """What was left out together to test on: games or moments."""
    accuracy: float
    macro_f1: float
    start_accuracy: float
    start_macro_f1: float
    """Of the start on the same clips; labels that it does not know count as wrong."""
    strength: float
    """How much the new head is held to its start."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Judged events that no clip was taken from, by the reason."""
    precisions: tuple[Reached, ...] = ()
    """Thresholds for a wanted precision."""

    @property
    def beats_start(self) -> bool:
        """Whether the mean F1 of the judged labels is higher than before."""
        return self.macro_f1 > self.start_macro_f1

    @property
    def figures(self) -> dict[str, Any]:
        """The same for programs, as plain JSON."""
        return {
            **_rounded(asdict(self)),
            "labels": {one.label: _rounded(asdict(one)) for one in self.labels},
            "unjudged": list(self.unjudged),
            "precisions": [asdict(one) for one in self.precisions],
        }

    def __str__(self) -> str:
        """Return the table and what follows from it, as text."""
        width = max([len(one.label) for one in self.labels] + [5])
        lines = [
            f"{self.num_clips} judged clips of {counted(self.num_games, 'game')}; "
            f"each was predicted by a head that was fitted on other {self.tested_on}.",
            f"Macro F1 {self.macro_f1:.3f}, before {self.start_macro_f1:.3f}; "
            f"accuracy {self.accuracy:.3f}, before {self.start_accuracy:.3f}.",
            "",
            f"{'label':{width}}  precision  recall     F1  before  clips  moments",
        ]
        for one in self.labels:
            before = "   new" if one.start_f1 is None else f"{one.start_f1:6.3f}"
            lines.append(
                f"{one.label:{width}}  {one.precision:9.3f}  {one.recall:6.3f}  {one.f1:5.3f}  {before}  "
                f"{one.num_clips:5d}  {one.num_moments:7d}"
            )
        return "\n".join([*lines, *self._conclusions()])

    def _conclusions(self) -> list[str]:
        lines = [""]
        worse = [one.label for one in self.labels if one.start_f1 is not None and one.f1 < one.start_f1]
        if not self.beats_start:
            lines.append(
                "On these clips the new checkpoint is not better than the one before: keep that one."
            )
        elif worse:
            lines.append(f"Worse than before: {', '.join(worse)}.")
        wanting: dict[str, list[str]] = {}
        for one in sorted(self.labels, key=lambda one: one.num_moments):
            if one.wanting:
                wanting.setdefault(one.wanting, []).append(one.label)
        if wanting:
            named = "; ".join(f"{', '.join(labels)} ({why})" for why, labels in wanting.items())
            lines.append(f"More examples would help: {named}.")
        if self.unjudged:
            lines.append(f"Not judged, and as before: {', '.join(self.unjudged)}.")
        lines += [f"Left out: {why} ({count})." for why, count in self.left_out.items() if count]
        lines += [str(one) for one in self.precisions]
        return lines if len(lines) > 1 else []


def label_figures(
    labels: Sequence[str],
    target: np.ndarray,
    predicted: np.ndarray,
    before: np.ndarray,
    moment: np.ndarray,
    known_before: Sequence[str],
) -> tuple[LabelFigures, ...]:
    """Return the figures of each label that occurs, in the order of `labels`.

    Args:
        labels: Names of the labels.
        target: The right label of each clip, as text (N,).
        predicted: What the new head predicts.
        before: What the start predicts.
        moment: The moment of each clip.
        known_before: The labels of the start.
    """
    found = []
    for label in labels:
        is_label = target == label
        if is_label.any():
            precision, recall, f1 = _rates(is_label, predicted == label)
            start_f1 = _rates(is_label, before == label)[2] if label in known_before else None
            counts = int(is_label.sum()), len(np.unique(moment[is_label]))
            found.append(LabelFigures(label, *counts, precision, recall, f1, start_f1))
    return tuple(found)


def _rates(is_label: np.ndarray, is_found: np.ndarray) -> tuple[float, float, float]:
    """Return precision, recall and F1; 0 where there is nothing to divide by."""
    right = float((is_label & is_found).sum())
    found, there = float(is_found.sum()), float(is_label.sum())
    return right / found if found else 0.0, right / there, 2 * right / (found + there)


def _rounded(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in figures.items()}
