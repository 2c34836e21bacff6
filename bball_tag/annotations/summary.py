"""Totals of the events: by label, and by player and team."""

from __future__ import annotations

from collections import Counter, defaultdict

from bball_tag.annotations.annotation import Annotation


def per_label(annotation: Annotation) -> list[tuple[str, int, float, float]]:
    """Return for every label its name, its number of events, and their total and mean length in seconds."""
    seconds: dict[str, list[float]] = defaultdict(list)
    for event in annotation:
        seconds[event.label].append(event.end - event.start)
    rows = []
    for label in annotation.all_labels():
        spans = seconds[label]
        rows.append((label, len(spans), round(sum(spans), 3), round(sum(spans) / max(1, len(spans)), 3)))
    return rows


def per_player(annotation: Annotation) -> list[tuple[str | int | float, ...]]:
    """Return for every player: player, team, number of events, their seconds, and the number for each label.

    Rows are sorted by team, then player, numbers before names; events without a player or team come first.
    """
    seconds: dict[tuple[str, str], float] = defaultdict(float)
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for event in annotation:
        who = (event.team, event.player)
        seconds[who] += event.end - event.start
        counts[who][event.label] += 1
    labels = annotation.all_labels()
    return [
        (
            who[1],
            who[0],
            counts[who].total(),
            round(seconds[who], 3),
            *(counts[who][label] for label in labels),
        )
        for who in sorted(counts, key=lambda who: (who[0], not who[1].isdecimal(), len(who[1]), who[1]))
    ]
