"""Read events back from a table that a person may have edited.

Columns are found by their names, in any order and case. A row holds each time in three columns;
`settled_times.py` says which of them holds.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from bball_tag.annotations.cells import Columns, TableRow, Value, rows_of
from bball_tag.annotations.known_labels import check_labels
from bball_tag.annotations.period_table import read_game_time, say_no_periods
from bball_tag.annotations.settled_times import Frames, Instant
from bball_tag.annotations.table import FOUND_LABEL, found_label
from bball_tag.annotations.table_times import (
    Span,
    check_clocks_alone,
    frames_that_fit,
    rate_of,
    say_overruled,
    spans_of,
)
from bball_tag.events import Event, in_order
from bball_tag.faults import Faults, FormError
from bball_tag.timecode import LONGEST_S, counted, format_time
from bball_tag.video.frame_times import FrameTimes
from bball_tag.video.info import END_TOLERANCE_S

log = logging.getLogger("bball_tag")
Row = tuple[int, Sequence[Value]]
"""The number of a row, as messages name it, and its cells."""


@dataclass(frozen=True, slots=True)
class TableFacts:
    """What is known about the events of a table from elsewhere."""

    fps: Fraction
    """Frames per second of the video; 0 if they are unknown."""
    duration: float = 0.0
    """Seconds to the end of the video; 0 if it is unknown."""
    times: FrameTimes | None = None
    """When its frames are shown, where its rate varies and it is at hand."""
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
    table = rows_of(rows, columns, faults)
    spans = spans_of(table)
    if not facts.fps and (inferred := rate_of(spans)):
        log.info(
            "Frame rate %s, the only common one that fits the seconds and frames of the table.", inferred
        )
        facts = replace(facts, fps=inferred)
    frames = frames_that_fit(spans, Frames(facts.fps, facts.times))
    say_overruled(table, spans)
    check_clocks_alone(table, spans, frames)
    events = [_event(row, span, frames, facts) for row, span in zip(table, spans, strict=True)]
    check_labels(table, facts.labels, faults)
    faults.check()
    _say_corrected(table)
    say_no_periods(table, events)
    return in_order(events), facts.fps


def _event(row: TableRow, span: Span, frames: Frames, facts: TableFacts) -> Event:
    """Return the event of a row; cells that may be missing get plain values, and so do wrong ones."""
    start, end = (
        _settled(row, name, instant, frames) for name, instant in zip(("start", "end"), span, strict=True)
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


def _settled(row: TableRow, name: str, instant: Instant, frames: Frames) -> float | None:
    row.lacks_time(name)
    try:
        return instant.settled(frames, name)
    except FormError as error:
        hint = (
            ""
            if frames.fps
            else ". Or give the frame rate (--video or --fps), so that the frame column decides"
        )
        row.fault(f"{name}_s", f"{error}. Make them agree, or empty one of them{hint}")
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
