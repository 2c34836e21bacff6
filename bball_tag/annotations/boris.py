"""The table that BORIS imports as an observation."""

from __future__ import annotations

from pathlib import Path

from bball_tag.annotations.annotation import Annotation, in_order
from bball_tag.annotations.escaping import player_name
from bball_tag.annotations.workbook import fill_table, set_widths
from bball_tag.events import Event


def write_boris(annotation: Annotation, path: Path) -> None:
    """Write two rows for each event, where it starts and where it stops: BORIS takes them in turns.

    Events of one label and player that overlap are one there, or a start would be taken for a stop.
    """
    from openpyxl import Workbook

    rows = []
    for number, (start, end, event) in enumerate(_joined(annotation)):
        share = f"confidence {event.confidence:.3f}"
        for time in (start, end):
            # The number keeps the two rows of an event without length together.
            cells = (round(time, 3), player_name(event.player), event.label, "", share)
            rows.append((round(time, 3), number, cells))
    book = Workbook()
    names = ("time", "subject", "code", "modifier", "comment")
    fill_table(book.active, names, [cells for _, _, cells in sorted(rows)])
    set_widths(book.active, (12, 16, 18, 12, 20))
    book.save(path)


def _joined(annotation: Annotation) -> list[tuple[float, float, Event]]:
    """Return start and end, in seconds, of events, joined where one label and player overlaps."""
    spans: list[tuple[float, float, Event]] = []
    last: dict[tuple[str, str], int] = {}
    for event in in_order(annotation.events):
        who = (event.player, event.label)
        place = last.get(who)
        if place is not None and event.start <= spans[place][1]:
            start, end, first = spans[place]
            spans[place] = (start, max(end, event.end), first)
        else:
            last[who] = len(spans)
            spans.append((event.start, event.end, event))
    return spans
