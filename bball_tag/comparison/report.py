"""A comparison as a short table for the console."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bball_tag.annotations.escaping import one_line
from bball_tag.comparison.differences import FALSE_ALARM, LISTED_IOU, MISS
from bball_tag.comparison.figures import Figures, LabelFigures
from bball_tag.events.average_precision import COARSE_IOUS, FINE_IOUS, LOOSE_S, TIGHT_S
from bball_tag.timecode import counted

if TYPE_CHECKING:
    from bball_tag.comparison.result import Comparison

_WIDEST = 24
"""Characters of a label."""


def as_text(comparison: Comparison) -> str:
    """Return the table and the notes."""
    return "\n".join([as_table(comparison), *comparison.notes])


def as_table(comparison: Comparison) -> str:
    """Return the figures of labels, the overall ones with and without players, and how much differs."""
    main, counts = comparison.main, comparison.main.matches[LISTED_IOU]
    lines = [
        f"{counted(counts.num_found, 'event')} found, {counts.num_true} true, "
        f"in {counted(len(comparison.games), 'game')}.",
        f"Right: the same label{' and player' if main.by_player else ''}, "
        f"and a temporal IoU of at least {LISTED_IOU}.",
        "",
        *_labels(main),
        "",
        *_overall(comparison),
        "",
        _differences(comparison),
    ]
    return "\n".join(lines)


def _labels(figures: Figures) -> list[str]:
    names = {label: one_line(label)[:_WIDEST] for label in figures.labels}
    width = max([*map(len, names.values()), 5])
    lines = [f"{'label':{width}}   true  found  right  precision  recall     F1     AP"]
    every: list[tuple[str, LabelFigures | Figures]] = [
        *((names[label], one) for label, one in figures.labels.items()),
        ("all", figures),
    ]
    for name, one in every:
        match = one.matches[LISTED_IOU]
        lines.append(
            f"{name:{width}}  {match.num_true:5d}  {match.num_found:5d}  {match.num_right:5d}  "
            f"{match.precision:9.3f}  {match.recall:6.3f}  {match.f1:5.3f}  "
            f"{_shown(one.mean_precision(FINE_IOUS))}"
        )
    return lines


def _overall(comparison: Comparison) -> list[str]:
    ways = [
        (name, figures)
        for name, figures in (
            ("with players", comparison.with_players),
            ("without", comparison.without_players),
        )
        if figures is not None
    ]
    if len(ways) == 1:
        ways = [("", ways[0][1])]
    rows = {f"F1 at IoU {iou:g}": [figures.f1(iou) for _, figures in ways] for iou in comparison.main.matches}
    rows |= {
        "mAP 0.3:0.1:0.7": [figures.mean_precision(COARSE_IOUS) for _, figures in ways],
        "mAP 0.5:0.05:0.95": [figures.mean_precision(FINE_IOUS) for _, figures in ways],
        "spots: mAP 1 to 5 s": [figures.mean_spot_precision(TIGHT_S) for _, figures in ways],
        "spots: mAP 5 to 60 s": [figures.mean_spot_precision(LOOSE_S) for _, figures in ways],
        "edit score": [figures.edit for _, figures in ways],
        "frame accuracy": [figures.frame_accuracy for _, figures in ways],
    }
    header = [f"{'':20}" + "".join(f"  {name:>12}" for name, _ in ways)] if len(ways) > 1 else []
    return header + [
        f"{name:20}" + "".join(f"  {_shown(value):>12}" for value in values) for name, values in rows.items()
    ]


def _shown(value: float | None) -> str:
    return "   – " if value is None else f"{value:5.3f}"


def _differences(comparison: Comparison) -> str:
    kinds = [one.kind for one in comparison.differences]
    if not kinds:
        return "Nothing was missed, and nothing found in error."
    return f"{kinds.count(MISS)} missed, {counted(kinds.count(FALSE_ALARM), 'false alarm')}."
