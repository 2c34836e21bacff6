"""Reviewed spans: what a person looked at, so that silence there is a "no". A table of its own, and back."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bball_tag.annotations.cells import Columns, TableRow, Value, rows_of
from bball_tag.annotations.escaping import escape_formula
from bball_tag.events import Event
from bball_tag.events.compare import Timeline, by_label, temporal_ious, timelines_of
from bball_tag.faults import Faults, FormError
from bball_tag.json_files import as_list, as_number, as_text, field
from bball_tag.timecode import LONGEST_S

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

REVIEWED = "Reviewed"
"""The sheet of a workbook."""
COLUMNS = ("start_s", "end_s", "player", "labels", "by", "at")
_WIDTHS = (12, 12, 14, 30, 16, 22)
_BETWEEN = ","
"""Between labels in a cell."""
_COUNTERPART = 0.1
"""Least temporal IoU from which an event found is judged where its true counterpart is."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A span [start, end), in seconds, of which a person has judged every event."""

    start: float
    end: float
    player: str = ""
    """Whose events; empty means everybody's."""
    labels: tuple[str, ...] = ()
    """Which labels were looked for; none means all."""
    by: str = ""
    """Who looked."""
    at: str = ""
    """When, as they wrote it."""

    def is_about(self, player: str, label: str) -> bool:
        """Say whether events of that label and player were judged within the span."""
        return self.player in ("", player) and (not self.labels or label in self.labels)


def is_reviewed(event: Event, reviewed: Iterable[Reviewed]) -> bool:
    """Say whether an event was judged: whether a span that is about it holds its middle."""
    middle = (event.start + event.end) / 2
    return any(
        span.start <= middle <= span.end and span.is_about(event.player, event.label) for span in reviewed
    )


def judged_events(
    found: Iterable[Event], truth: Iterable[Event], reviewed: Sequence[Reviewed]
) -> list[Event]:
    """Return the events found of which it is known whether they are right, in their order.

    One follows the true event of its label and player that it overlaps most, if it has one, so that nothing
    is wrong because it lies on the edge of what was reviewed.

    Args:
        found: Events that were detected.
        truth: All events that a person stands for, those outside of what was reviewed too.
        reviewed: What was reviewed.
    """
    found = list(found)
    places: dict[int, Event] = {}
    for timeline in timelines_of(found, truth):
        for (own,) in by_label([timeline]).values():
            places.update(_places(own))
    return [event for event in found if is_reviewed(places[id(event)], reviewed)]


def _places(timeline: Timeline) -> Iterator[tuple[int, Event]]:
    """Yield, for each event found, its identity and what says where it lies: its counterpart, or itself."""
    overlaps = temporal_ious(timeline.found, timeline.truth)
    for event, row in zip(timeline.found, overlaps, strict=True):
        is_like_truth = row.max(initial=0.0) >= _COUNTERPART
        yield id(event), timeline.truth[int(row.argmax())] if is_like_truth else event


def reviewed_path(table: Path) -> Path:
    """Return the file that holds the reviewed spans of a table which has no room for them."""
    return table.with_name(f"{table.stem}.reviewed.csv")


def rows(reviewed: Iterable[Reviewed]) -> Iterator[tuple[str | float, ...]]:
    """Yield the cells of each span, in the order of `COLUMNS`."""
    for span in reviewed:
        times = round(span.start, 3), round(span.end, 3)
        yield *times, span.player, _joined(span.labels), span.by, span.at


def _joined(labels: Sequence[str]) -> str:
    """Return labels as one cell; one that has a comma itself gets quotation marks."""
    cell = io.StringIO()
    csv.writer(cell, delimiter=_BETWEEN, lineterminator="").writerow(labels)
    return cell.getvalue() if labels else ""


def _divided(cell: str) -> tuple[str, ...]:
    rows = csv.reader(io.StringIO(cell), delimiter=_BETWEEN, skipinitialspace=True)
    return tuple(label.strip() for row in rows for label in row if label.strip())


def write_reviewed_csv(reviewed: Iterable[Reviewed], path: Path) -> None:
    """Write the spans as RFC 4180 CSV; text cannot become a formula."""
    with path.open("w", newline="", encoding="utf-8", errors="replace") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for start, end, *texts in rows(reviewed):
            writer.writerow((f"{start:.3f}", f"{end:.3f}", *(escape_formula(str(text)) for text in texts)))


def add_reviewed(sheet: Worksheet, reviewed: Sequence[Reviewed]) -> None:
    """Fill a sheet with a row for each span."""
    from bball_tag.annotations.sheets import DECIMALS, fill_table, set_widths, shape_columns

    fill_table(sheet, COLUMNS, ([None if cell == "" else cell for cell in row] for row in rows(reviewed)))
    set_widths(sheet, _WIDTHS)
    shape_columns(sheet, COLUMNS, dict.fromkeys(COLUMNS[:2], DECIMALS))


def read_reviewed(
    lines: Iterable[tuple[int, Sequence[Value]]], columns: Columns, faults: Faults
) -> tuple[Reviewed, ...]:
    """Return the spans of the rows after the names of the columns, in order. Invalid cells become faults."""
    return in_order(map(_span, rows_of(lines, columns, faults)))


def is_table(columns: Columns) -> bool:
    """Say whether a row of names is that of a table of reviewed spans."""
    names = columns.indices.keys()
    return bool({"start_s", "start"} & names) and bool({"end_s", "end"} & names)


def in_order(reviewed: Iterable[Reviewed]) -> tuple[Reviewed, ...]:
    """Return spans sorted by start, end and player."""
    return tuple(sorted(reviewed, key=lambda span: (span.start, span.end, span.player)))


def _span(row: TableRow) -> Reviewed:
    start, end = _time(row, "start"), _time(row, "end")
    if start is not None and end is not None and end <= start:
        row.fault("end_s" if row.has("end_s") else "end", "the end is not after the start")
    return Reviewed(
        start or 0.0,
        end or 0.0,
        row.text("player").strip(),
        _divided(row.text("labels")),
        row.text("by"),
        row.text_or_date("at"),
    )


def _time(row: TableRow, name: str) -> float | None:
    if row.lacks_time(name):
        return None
    seconds = f"{name}_s"
    shown = row.seconds(seconds) if row.has(seconds) else row.clock(name)
    return None if shown is None else shown.seconds


def as_json(span: Reviewed) -> dict[str, Any]:
    """Return a span as our JSON holds it."""
    return {
        "start_s": span.start,
        "end_s": span.end,
        "player": span.player,
        "labels": list(span.labels),
        "by": span.by,
        "at": span.at,
    }


def from_json(item: dict[str, Any]) -> Reviewed:
    """Return the span that `as_json` gave; all but the times may be missing.

    Raises:
        FormError: A field is invalid.
    """
    start = as_number(field(item, "start_s"), LONGEST_S)
    end = as_number(field(item, "end_s"), LONGEST_S)
    if end <= start:
        raise FormError("the end is not after the start")
    labels = tuple(map(as_text, as_list(item.get("labels", []))))
    player, by, at = (as_text(item.get(name, "")) for name in ("player", "by", "at"))
    return Reviewed(start, end, player, labels, by, at)
