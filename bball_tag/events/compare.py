"""Match events found with true ones. The metrics of three fields build on it: `average_precision.py`,
`segments.py` and `shared_time.py`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bball_tag.events import Event

CLOSE = 1e-9
"""By which an overlap may miss its mark: sums of decimals are not exact."""


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


@dataclass(frozen=True, slots=True)
class Timeline:
    """Events that may be matched with each other: those of one player, or of a whole game."""

    found: tuple[Event, ...]
    truth: tuple[Event, ...]
    player: str = ""
    """Whose they are; empty where players do not count."""


def timelines_of(found: Iterable[Event], truth: Iterable[Event], *, by_player: bool = True) -> list[Timeline]:
    """Return a timeline for each player of one game, by name; one for all if not `by_player`."""
    groups: dict[str, tuple[list[Event], list[Event]]] = defaultdict(lambda: ([], []))
    for place, events in enumerate((found, truth)):
        for event in events:
            groups[event.player if by_player else ""][place].append(event)
    return [Timeline(tuple(mine), tuple(true), player) for player, (mine, true) in sorted(groups.items())]


def by_label(timelines: Iterable[Timeline]) -> dict[str, list[Timeline]]:
    """Return the timelines of each label on either side, in alphabetical order of the labels."""
    found: dict[str, list[Timeline]] = defaultdict(list)
    for timeline in timelines:
        groups: dict[str, tuple[list[Event], list[Event]]] = defaultdict(lambda: ([], []))
        for place, events in enumerate((timeline.found, timeline.truth)):
            for event in events:
                groups[event.label][place].append(event)
        for label, (mine, true) in groups.items():
            found[label].append(Timeline(tuple(mine), tuple(true), timeline.player))
    return dict(sorted(found.items()))


def temporal_iou(one: Event, other: Event) -> float:
    """Return the intersection of two spans over their union, 0 to 1."""
    return float(temporal_ious([one], [other])[0, 0])


def temporal_ious(found: Sequence[Event], truth: Sequence[Event]) -> np.ndarray:
    """Return the intersection over union of each event found with each true one, float64 (N, M)."""
    starts, ends = edges_of(found)[:, :, None]
    true_starts, true_ends = edges_of(truth)
    overlap: np.ndarray = np.minimum(ends, true_ends)
    overlap -= np.maximum(starts, true_starts)
    np.maximum(overlap, 0.0, out=overlap)
    union = np.maximum(ends, true_ends)
    union -= np.minimum(starts, true_starts)
    # Two points at one instant are the same.
    overlap[union == 0] = union[union == 0] = 1.0
    overlap /= union
    return overlap


def edges_of(events: Sequence[Event]) -> np.ndarray:
    """Return starts and ends of events in seconds, float64 (2, N)."""
    return np.array([(event.start, event.end) for event in events], float).reshape(-1, 2).T


def pair_off(closeness: np.ndarray, order: Iterable[int], least: float) -> np.ndarray:
    """Give each event found the free true one that is closest to it, if it is close enough.

    Args:
        closeness: Of each event found to each true one, (N, M).
        order: Rows of `closeness`: who chooses first.
        least: The least closeness of a pair.

    Returns:
        The column that each row got, int64 (N,); -1 where it got none.
    """
    pairs = np.full(len(closeness), -1)
    rows, columns = np.nonzero(closeness >= least - CLOSE)
    bounds = np.searchsorted(rows, np.arange(len(closeness) + 1))
    is_free = np.ones(closeness.shape[1], bool)
    for row in order:
        near = columns[bounds[row] : bounds[row + 1]]
        near = near[is_free[near]]
        if len(near):
            pairs[row] = near[closeness[row, near].argmax()]
            is_free[pairs[row]] = False
    return pairs


def by_confidence(found: Sequence[Event]) -> list[int]:
    """Return the indices of events from the highest confidence down, the earlier first where it is equal."""
    return sorted(
        range(len(found)), key=lambda index: (-found[index].confidence, found[index].start, found[index].end)
    )


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
    return [_match(label, own, iou) for label, own in by_label(timelines_of(found, truth)).items()]


def _match(label: str, timelines: Sequence[Timeline], iou: float) -> Match:
    right = 0
    for timeline in timelines:
        closeness = temporal_ious(timeline.found, timeline.truth)
        right += int((pair_off(closeness, by_confidence(timeline.found), iou) >= 0).sum())
    return counted_match(label, timelines, right)


def counted_match(label: str, timelines: Iterable[Timeline], num_right: int) -> Match:
    """Return the match of a label whose events are all that these timelines have."""
    sides = [(len(timeline.truth), len(timeline.found)) for timeline in timelines]
    return Match(label, sum(true for true, _ in sides), sum(found for _, found in sides), num_right)


def total(matches: Sequence[Match]) -> Match:
    """Return all labels together (micro average)."""
    return Match(
        "all",
        num_true=sum(match.num_true for match in matches),
        num_found=sum(match.num_found for match in matches),
        num_right=sum(match.num_right for match in matches),
    )
