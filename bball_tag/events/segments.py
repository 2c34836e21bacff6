"""F1 and edit score of action segmentation.

Lea et al. (action segmentation by temporal convolutions, CVPR 2017), as Abu Farha and Gall compute them
("MS-TCN", CVPR 2019). Background is left out of both.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bball_tag.events import Event, in_order
from bball_tag.events.compare import CLOSE, Match, Timeline, by_label, counted_match, edges_of, temporal_ious

F1_IOUS = (0.1, 0.25, 0.5)


def segment_matches(timelines: Sequence[Timeline], iou: float) -> list[Match]:
    """Return what is right of each label on either side, in alphabetical order."""
    found = []
    for label, own in by_label(timelines).items():
        right = sum(int((segment_pairs(one.found, one.truth, iou) >= 0).sum()) for one in own)
        found.append(counted_match(label, own, right))
    return found


def segment_pairs(found: Sequence[Event], truth: Sequence[Event], iou: float) -> np.ndarray:
    """Give each segment of one label and timeline the true one that it overlaps most, in order of time.

    One whose true segment is taken is wrong. Where true segments are simultaneous, as those of several
    players in one timeline, which action segmentation does not know, they stand in for each other.

    Returns:
        The index of the true segment of each one found, int64 (N,); -1 where it has none.
    """
    pairs = np.full(len(found), -1)
    if not (found and truth):
        return pairs
    ious = temporal_ious(found, truth)
    starts, ends = edges_of(truth)
    taken = np.zeros(len(truth), bool)
    for row in sorted(range(len(found)), key=lambda row: (found[row].start, found[row].end)):
        best = int(ious[row].argmax())
        if taken[best]:
            same = (starts == starts[best]) & (ends == ends[best])
            together = same | ((starts < ends[best]) & (ends > starts[best]))
            best = int(np.where(together & ~taken, ious[row], -1.0).argmax())
        if not taken[best] and ious[row, best] >= iou - CLOSE:
            taken[best] = True
            pairs[row] = best
    return pairs


def edit_score(timelines: Sequence[Timeline]) -> float | None:
    """Return the mean over timelines of how alike the orders of labels are, 0 to 1; None where all are empty.

    Of one timeline it is 1 minus the Levenshtein distance between the labels found and the true ones, in
    order of their starts, over the length of the longer sequence. It says nothing about times.
    """
    scores = [
        1 - levenshtein(*sequences) / max(map(len, sequences))
        for sequences in map(_sequences, timelines)
        if any(sequences)
    ]
    return float(np.mean(scores)) if scores else None


def _sequences(timeline: Timeline) -> tuple[list[str], list[str]]:
    found, truth = (
        [event.label for event in in_order(events)] for events in (timeline.found, timeline.truth)
    )
    return found, truth


def levenshtein(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many insertions, deletions and replacements turn one sequence into the other."""
    names = {name: number for number, name in enumerate({*one, *other})}
    target = np.array([names[name] for name in other], dtype=np.int64)
    steps = np.arange(len(other) + 1)
    row = steps.copy()
    for name in one:
        replaced = row[:-1] + (target != names[name])
        best = np.concatenate([[row[0] + 1], np.minimum(row[1:] + 1, replaced)])
        # Insertions go from left to right: each costs one more than what stands before it.
        row = np.minimum.accumulate(best - steps) + steps
    return int(row[-1])
