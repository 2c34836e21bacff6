"""What tuning changed, and what it gains on games that were left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from bball_tag.events import EventRules
from bball_tag.events.rule_fields import as_fields
from bball_tag.learning.rule_search import Choice
from bball_tag.timecode import counted


@dataclass(frozen=True, slots=True)
class LabelChange:
    """The rule of one label, before and after."""

    label: str
    num_true: int
    """True events that it was tuned on."""
    before: Choice
    after: Choice
    score_before: float
    """The metric on all that was judged."""
    score_after: float
    """The metric on what was left out, by rules that were tuned without it."""
    kept: str
    """Why the rule is as before, in a few words; empty where it is not."""


@dataclass(frozen=True, slots=True)
class TuneReport:
    """What came of tuning. As text (`str`) it is a table for people."""

    rules: EventRules
    """The new rules."""
    start: EventRules
    """Those before."""
    goal: str
    """The metric: `f1@0.5`."""
    tested_on: str
    """What was left out by turns: games, or parts of the only one."""
    num_games: int
    labels: tuple[LabelChange, ...]
    before: float
    """The metric of all labels together."""
    after: float
    """Likewise, on what was left out."""
    gains: tuple[float, ...]
    """What each game, or part, gains where it was left out."""
    calibration_before: float
    """How far the confidence of events before and the share of right ones are apart."""
    calibration_after: float | None
    """The same of the new confidence, on what was left out; None where there were too few events to fit."""
    num_judged: int
    """Events that these rest on."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """True events that do not count, by the reason."""

    @property
    def figures(self) -> dict[str, Any]:
        """The same for programs, as plain JSON."""
        found = asdict(self)
        return {**found, "rules": as_fields(self.rules), "start": as_fields(self.start)}

    def __str__(self) -> str:
        """Return it as a table and sentences."""
        width = max(len("label"), *(len(one.label) for one in self.labels))
        lines = [
            f"Tuned for {self.goal} on {counted(self.num_games, 'game')}; tested on "
            f"{self.tested_on} left out by turns: {self.before:.3f} before, {self.after:.3f} after "
            f"({self._spread()}).",
            "",
            f"{'label':{width}}  true  threshold        shortest (s)   longest gap (s)  {self.goal}",
        ]
        for one in self.labels:
            cells = [_arrow(*pair) for pair in zip(one.before, one.after, strict=True)]
            score = f"{one.score_before:.3f} → {one.score_after:.3f}"
            change = f"{cells[0]:15s}  {cells[1]:13s}  {cells[2]:15s}"
            lines.append(f"{one.label:{width}}  {one.num_true:4d}  {change}  {score}")
        return "\n".join([*lines, "", *self._conclusions()])

    def _spread(self) -> str:
        gains = np.array(self.gains)
        return f"{gains.mean():+.3f} on average, from {gains.min():+.3f} to {gains.max():+.3f}"

    def _conclusions(self) -> list[str]:
        lines = [f"{one.label} keeps its rule: {one.kept}." for one in self.labels if one.kept]
        worse = [one.label for one in self.labels if not one.kept and one.score_after < one.score_before]
        if self.after <= self.before and all(one.after == one.before for one in self.labels):
            lines.append("No rule is changed: the new ones are not better on what was left out.")
        elif worse:
            lines.append(f"Not better where left out, which of few events may be chance: {', '.join(worse)}.")
        if self.num_games == 2:
            lines.append(
                "Each game was tested with rules of the other alone: those of both are mostly better."
            )
        if self.num_games == 1:
            lines.append(
                "Parts of one game are alike: on other games it gains less, if anything. Tune on more."
            )
        if self.calibration_after is None:
            lines.append(
                f"Confidence stays as it was: {self.num_judged} events are too few to say how "
                f"often it is right (it is off by {self.calibration_before:.3f} on average)."
            )
        elif self.rules.calibration == self.start.calibration:
            lines.append(
                f"Confidence stays as it was, which is off by {self.calibration_before:.3f} on "
                f"average: fitted on {self.num_judged} events it would be by {self.calibration_after:.3f}."
            )
        else:
            lines.append(
                "Confidence is now the probability that an event is right: off by "
                f"{self.calibration_after:.3f} on average on what was left out, "
                f"{self.calibration_before:.3f} before ({self.num_judged} events)."
            )
        lines += [f"Left out: {counted(count, 'true event')} {why}." for why, count in self.left_out.items()]
        return lines

    def remarks(self) -> list[str]:
        """Return lines for the top of a rules file: where it came from."""
        return ["Rules of events, made by bball-tag tune. Numbers may be changed by hand.", "", str(self)]


def _arrow(before: float, after: float) -> str:
    return f"{before:g}" if before == after else f"{before:g} → {after:g}"
