"""Measure events against the truth, with the metrics of temporal action detection."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bball_tag.events import Event


@dataclass(frozen=True, slots=True)
class Match:
    """How the events of one label agree with the truth."""

    label: str
    num_true: int
    num_found: int
    num_right: int
    """Events that were matched one to one with a true one."""

    @property
    def precision(self) -> float:
        """Fraction of the events found that are right; 0 where none was found."""
        return self.num_right / self.num_found if self.num_found else 0.0

    @property
    def recall(self) -> float:
        """Fraction of the true events that were found; 0 where there are none."""
        return self.num_right / self.num_true if self.num_true else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = self.num_true + self.num_found
        return 2 * self.num_right / total if total else 0.0


def temporal_iou(one: Event, other: Event) -> float:
    """Return the intersection of two spans over their union, 0 to 1."""
    overlap = min(one.end, other.end) - max(one.start, other.start)
    union = max(one.end, other.end) - min(one.start, other.start)
    return max(overlap, 0.0) / union if union > 0 else float(one.start == other.start)


def match_events(found: Iterable[Event], truth: Iterable[Event], *, iou: float = 0.5) -> list[Match]:
    """Match events of one label and player one to one where their temporal IoU reaches `iou`.

    Pairs are taken greedily from the highest confidence down, each event with the free true one that it
    overlaps most, as ActivityNet's evaluation does.

    Args:
        found: Events that were detected.
        truth: Events that happened.
        iou: Smallest intersection over union of a match.

    Returns:
        One entry for each label in either list, in alphabetical order.
    """
    groups: dict[str, dict[str, tuple[list[Event], list[Event]]]] = defaultdict(
        lambda: defaultdict(lambda: ([], []))
    )
    for place, events in enumerate((found, truth)):
        for event in events:
            groups[event.label][event.player][place].append(event)
    return [
        Match(
            label,
            num_true=sum(len(true) for _, true in players.values()),
            num_found=sum(len(mine) for mine, _ in players.values()),
            num_right=sum(_count_right(mine, true, iou) for mine, true in players.values()),
        )
        for label, players in sorted(groups.items())
    ]


def total(matches: Sequence[Match]) -> Match:
    """Return all labels together (micro average)."""
    return Match(
        "all",
        num_true=sum(match.num_true for match in matches),
        num_found=sum(match.num_found for match in matches),
        num_right=sum(match.num_right for match in matches),
    )


def _count_right(found: list[Event], truth: list[Event], iou: float) -> int:
    free = list(truth)
    for event in sorted(found, key=lambda event: (-event.confidence, event.start)):
        best = max(free, key=lambda true: temporal_iou(event, true), default=None)
        if best is not None and temporal_iou(event, best) >= iou:
            free.remove(best)
    return len(truth) - len(free)
