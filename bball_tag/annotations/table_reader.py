"""Read events back from a table that a person may have edited.

Columns are found by their names, in any order and case. A row holds each time in three columns;
`settled_times.py` says which of them holds.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TypeVar

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.cells import Columns, TableRow, Unusable, Value, find_columns, is_blank
from bball_tag.annotations.escaping import SHEET_ERRORS, unescape_formula
from bball_tag.annotations.known_labels import check_labels
from bball_tag.annotations.period_table import read_game_time, say_no_periods
from bball_tag.annotations.reviewed import Reviewed, is_table, read_reviewed
from bball_tag.annotations.settled_times import Instant
from bball_tag.annotations.table import FOUND_LABEL, found_label
from bball_tag.events import Event, in_order
from bball_tag.faults import Faults, FormError
from bball_tag.text_files import HEAD_ROWS, at_most, opened_text, table_rows
from bball_tag.timecode import LONGEST_S, counted, format_time, infer_rate
from bball_tag.video.info import END_TOLERANCE_S, VideoInfo

log = logging.getLogger("bball_tag")
T = TypeVar("T")
Row = tuple[int, Sequence[Value]]
"""The number of a row, as messages name it, and its cells."""


@dataclass(frozen=True, slots=True)
class TableFacts:
    """What is known about the events of a table from elsewhere."""

    fps: Fraction
    """Frames per second of the video; 0 if they are unknown."""
    duration: float = 0.0
    """Seconds to the end of the video; 0 if it is unknown."""
    labels: tuple[str, ...] = ()
    """The labels that there were when the table was written; empty where nothing says so."""


def read_events(
    rows: Iterable[Row], columns: Columns, facts: TableFacts, faults: Faults
) -> tuple[list[Event], Fraction]:
    """Return the events of a table in order, and the frame rate.

    Args:
        rows: The rows after the names of the columns; blank ones are skipped.
        columns: Where the columns are.
        facts: What else is known. An unknown rate is inferred from the rows that have seconds and frames, and
            stays 0 where they do not determine it.
        faults: What is wrong with the file.

    Raises:
        FormError: Cells are invalid; all of them are named.
    """
    for name in columns.twice:
        faults.add(f"two columns are called {name!r}: rename or delete one")
    filled = at_most(row for row in rows if not is_blank(row[1]))
    table = [TableRow(cells, number, columns, faults) for number, cells in filled]
    spans = _with_units([(row.instant("start"), row.instant("end")) for row in table])
    fps = facts.fps or _inferred(spans)
    _say_overruled(table, spans)
    events = [_event(row, span, fps, facts) for row, span in zip(table, spans, strict=True)]
    check_labels(table, facts.labels, faults)
    faults.check()
    _say_corrected(table)
    say_no_periods(table, events)
    return in_order(events), fps


Span = tuple[Instant, Instant]


def _with_units(spans: list[Span]) -> list[Span]:
    """Return the spans, those of seconds without a unit unless all may have been shown with fewer digits.

    A spreadsheet that shows fewer digits does so in all cells alike. Where they differ, a person typed few.
    """
    decimals = {instant.seconds.decimals for span in spans for instant in span if instant.seconds}
    if len(decimals) == 1:
        return spans

    def exact(instant: Instant) -> Instant:
        return (
            instant
            if instant.seconds is None
            else replace(instant, seconds=replace(instant.seconds, unit=0.0))
        )

    return [(exact(start), exact(end)) for start, end in spans]


def _inferred(spans: Iterable[Span]) -> Fraction:
    """Return the rate by which the seconds have their frames, but for times that a person has changed."""

    def pairs() -> Iterator[tuple[float, float]]:
        for span in spans:
            for instant in span:
                try:
                    seconds = instant.settled(Fraction(0), "")
                except FormError:
                    continue
                if seconds is not None and instant.frame is not None:
                    yield seconds, instant.frame

    if inferred := infer_rate(pairs()):
        log.info(
            "Frame rate %s, the only common one that fits the seconds and frames of the table.", inferred
        )
    return inferred or Fraction(0)


def _event(row: TableRow, span: Span, fps: Fraction, facts: TableFacts) -> Event:
    """Return the event of a row; cells that may be missing get plain values, and so do wrong ones."""
    start, end = (
        _settled(row, name, instant, fps) for name, instant in zip(("start", "end"), span, strict=True)
    )
    if start is None or end is None:
        start = end = start or end or 0.0
    late = "end_s" if row.has("end_s") else "end"
    if end < start:
        row.fault(late, "the end is before the start")
    if facts.duration and end > facts.duration + END_TOLERANCE_S:
        row.fault(late, f"{format_time(end)} is after the end of the video, {format_time(facts.duration)}")
    label = row.text("label")
    if not row.has("label"):
        row.fault("label", "the label is missing")
    confidence = row.number_in("confidence", 1.0, 1.0)
    peak = row.number_in("peak_s", (start + end) / 2, LONGEST_S)
    event = Event(
        label=label,
        start=start,
        end=end,
        confidence=confidence,
        peak_confidence=row.number_in("peak_confidence", confidence, 1.0),
        # A person who moves an event does not move its peak.
        peak=min(max(peak, start), end),
        num_clips=row.whole("num_clips"),
        player=row.text("player"),
        team=row.text("team"),
        remark=row.text("remark"),
        game_time=read_game_time(row),
    )
    if not _is_corrected(row):
        return event
    # The model's confidence was in another label.
    return replace(event, confidence=1.0, peak_confidence=1.0, num_clips=0)


def _settled(row: TableRow, name: str, instant: Instant, fps: Fraction) -> float | None:
    in_seconds = f"{name}_s"
    if not (row.has(in_seconds) or row.has(name)):
        row.fault(in_seconds if row.has_column(in_seconds) else name, "the time is missing")
    try:
        return instant.settled(fps, name)
    except FormError as error:
        hint = "" if fps else ". Or give the frame rate (--video or --fps), so that the frame column decides"
        row.fault(in_seconds, f"{error}. Make them agree, or empty one of them{hint}")
        return None


def _found(row: TableRow) -> str | None:
    return found_label(row.text_as_it_is(FOUND_LABEL), row.quiet_number("peak_s"))


def _is_corrected(row: TableRow) -> bool:
    return _found(row) not in (None, row.text_as_it_is("label"))


def _say_corrected(table: Sequence[TableRow]) -> None:
    rows = [row for row in table if _is_corrected(row)]
    if rows:
        first = rows[0]
        log.info(
            "A person corrected %s, which have no confidence of the model any more; the first is %r in %s, "
            "which was %r.",
            counted(len(rows), "label"),
            first.text("label"),
            first.cell_name("label"),
            _found(first),
        )


def _say_overruled(table: Sequence[TableRow], spans: Sequence[Span]) -> None:
    """Warn of clocks with few digits among finer ones, which a person may have typed: they do not hold."""
    if not any(instant.clock and instant.clock.unit == 0 for span in spans for instant in span):
        return
    coarse = [
        (row.cell_name(name), instant)
        for row, span in zip(table, spans, strict=True)
        for name, instant in zip(("start", "end"), span, strict=True)
        if instant.is_overruled
    ]
    if not coarse:
        return
    place, first = coarse[0]
    assert first.clock is not None
    assert first.seconds is not None
    log.warning(
        "%s: the clock has %g s, and %g s in another column has more digits and holds%s. To move an event, "
        "change the seconds.",
        place,
        first.clock.seconds,
        first.seconds.seconds,
        f"; {len(coarse) - 1} more cells are such" if len(coarse) > 1 else "",
    )


def read_csv(path: Path, fps: Fraction) -> Annotation:
    """Read a file like those of `write_csv`. Columns may be moved, and optional ones may be missing.

    Raises:
        FormError: It is invalid; all lines and columns at fault are named.
    """
    with opened_text(path) as file:
        divider, rows = table_rows(file)
        columns, width = _header(rows, _is_usable, "start_s, end_s and label", comma=divider != ",")
        faults = Faults()
        events, fps = read_events(_cells(rows, width, faults), columns, TableFacts(fps), faults)
    return Annotation(VideoInfo.unknown(fps=fps), events)


def read_reviewed_csv(path: Path) -> tuple[Reviewed, ...]:
    """Read a file like those of `write_reviewed_csv`, edited or made by a person.

    Raises:
        FormError: It is invalid; all lines and columns at fault are named.
    """
    return read_csv_table(path, is_table, "start_s and end_s", read_reviewed)


def read_csv_table(
    path: Path,
    is_header: Callable[[Columns], bool],
    needed: str,
    read: Callable[[Iterable[Row], Columns, Faults], T],
) -> T:
    """Read a table of one kind.

    Args:
        path: The CSV file.
        is_header: Says whether a row of names is that of the kind.
        needed: The columns that such a row must have, for a message.
        read: Returns what the rows after the names say; invalid cells become faults.

    Raises:
        FormError: It is invalid; all lines and columns at fault are named.
    """
    with opened_text(path) as file:
        divider, rows = table_rows(file)
        columns, width = _header(rows, is_header, needed, comma=divider != ",")
        faults = Faults()
        found = read(_cells(rows, width, faults), columns, faults)
    faults.check()
    return found


def _cells(rows: Iterable[tuple[int, list[str]]], width: int, faults: Faults) -> Iterator[Row]:
    """Yield the rows without apostrophes before formulas; one of too many cells is a fault."""
    for line, cells in rows:
        if any(map(str.strip, cells[width:])):
            faults.add(
                f"line {line}: it has {len(cells)} cells for {width} columns. Put text with commas into "
                "quotation marks"
            )
        else:
            yield line, list(map(_cell, cells))


def _cell(text: str) -> Value:
    failed = text.strip() in SHEET_ERRORS
    return Unusable(f"{text} is the error of a formula") if failed else unescape_formula(text)


def _is_usable(columns: Columns) -> bool:
    return columns.usable


def _header(
    rows: Iterable[tuple[int, list[str]]], is_header: Callable[[Columns], bool], needed: str, *, comma: bool
) -> tuple[Columns, int]:
    """Return where the columns are, by the first row that names those that are needed, and its length."""
    for _, names in islice(rows, HEAD_ROWS):

        def cell_name(number: int, index: int, names: Sequence[str] = names) -> str:
            return f"line {number}, column {names[index]}"

        columns = find_columns(names, cell_name, comma=comma)
        if is_header(columns):
            return columns, len(names)
    raise FormError(f"its first line must name the columns {needed} (or start and end)")
