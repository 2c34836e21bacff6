"""BORIS: the table that it imports into an observation, and how events become its rows."""

from __future__ import annotations

from pathlib import Path

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.escaping import player_name
from bball_tag.annotations.game_time_text import timed
from bball_tag.annotations.sheets import fill_table, save, set_widths
from bball_tag.events import Event, in_order

CONFIDENCE = "confidence"
"""What the comment of our events begins with."""


def write_boris(annotation: Annotation, path: Path) -> None:
    """Write two rows for each event: BORIS takes them in turns as its start and its stop.

    Of a game in several videos, times count through all of them, as in an observation that plays one after
    the other.

    Overlapping events of one label and player are joined, or BORIS would take a start for a stop.
    """
    from openpyxl import Workbook

    rows = []
    for number, (start, end, event) in enumerate(joined(annotation)):
        comment = confidence_comment(event)
        for time in (start, end):
            # The number keeps the two rows of an event of no length together.
            cells = (round(time, 3), player_name(event.player), event.label, "", comment)
            rows.append((round(time, 3), number, cells))
    book = Workbook()
    names = ("time", "subject", "code", "modifier", "comment")
    fill_table(book.active, names, [cells for _, _, cells in sorted(rows)])
    set_widths(book.active, (12, 16, 18, 12, 20))
    save(book, path)


def confidence_comment(event: Event) -> str:
    """Return the comment of an event's rows: `[Q1 7:32.4] confidence 0.930`."""
    return timed(event, f"{CONFIDENCE} {event.confidence:.3f}")


def joined(annotation: Annotation) -> list[tuple[float, float, Event]]:
    """Return the events with start and end in seconds, joined where one label and player overlaps."""
    spans: list[tuple[float, float, Event]] = []
    last: dict[tuple[str, str], int] = {}
    for event in in_order(annotation):
        who = (event.player, event.label)
        index = last.get(who)
        if index is not None and event.start <= spans[index][1]:
            start, end, first = spans[index]
            spans[index] = (start, max(end, event.end), first)
        else:
            last[who] = len(spans)
            spans.append((event.start, event.end, event))
    return spans
