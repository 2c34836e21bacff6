"""Read events back from a table that a person may have edited.

Columns are found by their names, in any order and case. A row holds each time in three columns: as seconds,
on the clock and as a frame. A person changes one of the first two. When they disagree, the frame shows
which one is old, and the other counts. A frame alone is never read as a time.
"""

from __future__ import annotations

import csv
import logging
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.escaping import unescape_formula
from bball_tag.errors import AnnotationError, BballTagError
from bball_tag.events import Event, in_order
from bball_tag.timecode import frame_at, infer_rate, parse_time
from bball_tag.video.info import VideoInfo

log = logging.getLogger("bball_tag")
Value = str | int | float | timedelta | None
CellName = Callable[[int, int], str]
"""Names a cell, by the number of its row and the index of its column: `sheet Actions, cell A5`."""
_SAME = 0.0011
"""Seconds by which two columns rounded to milliseconds may differ and still mean one instant."""
_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the columns of a table are, and how to name its cells to a person."""

    indices: Mapping[str, int]
    """Index of each column, by its name in lower case."""
    cell_name: CellName

    @property
    def usable(self) -> bool:
        """Whether a row can become an event."""
        names = self.indices.keys()
        return "label" in names and bool({"start_s", "start"} & names) and bool({"end_s", "end"} & names)


def find_columns(names: Sequence[Value], cell_name: CellName) -> Columns:
    """Return where the columns are, given a row of their names."""
    indices: dict[str, int] = {}
    for index, name in enumerate(names):
        if isinstance(name, str):
            indices.setdefault("_".join(name.strip().lower().split()), index)
    return Columns(indices, cell_name)


def read_events(
    lines: Iterable[tuple[int, Sequence[Value]]], columns: Columns, fps: Fraction
) -> tuple[list[Event], Fraction]:
    """Return the events of a table in order, and the frame rate.

    Args:
        lines: The number of each row, as `columns` names it, and its cells; blank rows are skipped.
        columns: Where the columns are.
        fps: Frames per second of the video. If it is 0, it is inferred from the rows that have seconds and
            frames, and stays 0 where they do not determine it.

    Raises:
        AnnotationError: A cell is invalid; the message names it.
    """
    table = [TableRow(row, number, columns) for number, row in lines if not is_blank(row)]
    if not fps and (inferred := infer_rate(pair for row in table for pair in row.numbered_instants())):
        fps = inferred
        log.info("Frame rate %s, the only common one that fits the seconds and frames of the table.", fps)
    return in_order(row.event(fps) for row in table), fps


def is_blank(row: Sequence[Value]) -> bool:
    """Say whether no cell of a row holds anything."""
    return all(value is None or (isinstance(value, str) and not value.strip()) for value in row)


class TableRow:
    """The cells of one row by the names of their columns."""

    def __init__(self, row: Sequence[Value], number: int, columns: Columns) -> None:
        self._row, self._number, self._columns = row, number, columns

    def event(self, fps: Fraction) -> Event:
        """Return the event of the row; cells that may be missing get plain values."""
        start, end = self._instant("start", fps), self._instant("end", fps)
        if end < start:
            raise self.error("end_s" if self._has("end_s") else "end", "the end is before the start")
        confidence = self.number_in("confidence", 1.0, 1.0)
        peak = self.number_in("peak_s", (start + end) / 2, math.inf)
        return Event(
            label=self._label(),
            start=start,
            end=end,
            confidence=confidence,
            peak_confidence=self.number_in("peak_confidence", confidence, 1.0),
            # A person who moves an event does not move its peak.
            peak=min(max(peak, start), end),
            num_clips=round(self.number_in("num_clips", 0.0, math.inf)),
            player=self.text("player"),
            team=self.text("team"),
        )

    def numbered_instants(self) -> Iterator[tuple[float, float]]:
        """Yield the seconds and frames of start and end, but not of times that a person has changed."""
        for name in ("start", "end"):
            if self._has(f"{name}_frame"):
                try:
                    pair = self._instant(name, Fraction(0)), self.number_in(f"{name}_frame", 0.0, math.inf)
                except AnnotationError:
                    continue
                yield pair

    def error(self, name: str, why: str) -> AnnotationError:
        """Return an error that names the cell in the column `name`."""
        index = self._columns.indices.get(name, 0)
        return AnnotationError(f"{self._columns.cell_name(self._number, index)}: {why}.")

    def _value(self, name: str) -> Value:
        index = self._columns.indices.get(name)
        value = None if index is None or index >= len(self._row) else self._row[index]
        return None if isinstance(value, str) and not value.strip() else value

    def _has(self, name: str) -> bool:
        return self._value(name) is not None

    def text(self, name: str) -> str:
        """Return a name; a number typed into a cell is the name that it shows."""
        value = self._value(name)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return "" if value is None else str(value)

    def _label(self) -> str:
        label = self.text("label")
        if not label:
            raise self.error("label", "the label is missing")
        return label

    def number_in(self, name: str, default: float, most: float) -> float:
        """Return a number from 0 to `most`, or `default` for an empty cell."""
        value = self._value(name)
        if value is None:
            return default
        try:
            # Some countries write 12,48.
            text = value.replace(",", ".") if isinstance(value, str) else value
            number = math.nan if isinstance(text, timedelta) else float(text)
        except ValueError:
            number = math.nan
        if not 0 <= number <= most or math.isinf(number):
            limit = "of at least 0" if most == math.inf else f"from 0 to {most:g}"
            raise self.error(name, f"{str(value)!r} is not a number {limit}")
        return number

    def _instant(self, name: str, fps: Fraction) -> float:
        """Return the start or the end in seconds, from whichever column a person changed."""
        in_seconds, on_clock = f"{name}_s", name
        if not self._has(on_clock):
            if not self._has(in_seconds):
                missing = in_seconds if in_seconds in self._columns.indices else on_clock
                raise self.error(missing, "the time is missing")
            return self.number_in(in_seconds, 0.0, math.inf)
        clock = self._clock(on_clock)
        if not self._has(in_seconds):
            return clock
        seconds = self.number_in(in_seconds, 0.0, math.inf)
        if abs(seconds - clock) <= _SAME:
            return seconds
        return self._changed(name, seconds, clock, fps)

    def _changed(self, name: str, seconds: float, clock: float, fps: Fraction) -> float:
        """Return which of two times is the new one: the one that the frame does not confirm."""
        frame = self.number_in(f"{name}_frame", -1.0, math.inf) if fps else -1.0
        seconds_old, clock_old = frame == frame_at(seconds, fps), frame == frame_at(clock, fps)
        if seconds_old and not clock_old:
            return clock
        # Both may lie in one frame: then the difference is too small to matter.
        if clock_old:
            return seconds
        hint = "" if fps else ". Or give the frame rate (--video or --fps), so that the frame column decides"
        raise self.error(
            f"{name}_s",
            f"{seconds:g} s contradicts the column {name!r}, which has {clock:g} s. "
            f"Make them agree, or empty one of them{hint}",
        )

    def _clock(self, name: str) -> float:
        """Return the seconds meant by a clock cell: text, or what a spreadsheet made of it."""
        value = self._value(name)
        try:
            seconds = _clock_seconds(value)
        except BballTagError as error:
            raise self.error(name, f"{value!r} is not a time such as 0:01:23.500") from error
        if not 0 <= seconds < math.inf:
            raise self.error(name, f"{str(value)!r} is not a time from the start of the video")
        return seconds


def _clock_seconds(value: Value) -> float:
    if isinstance(value, str):
        return parse_time(value, Fraction(1)) if ":" in value else math.nan
    if isinstance(value, timedelta):
        return round(value.total_seconds(), 3)
    # A cell whose format was lost still holds a fraction of a day.
    return round(value * 86400, 3) if isinstance(value, int | float) else math.nan


def read_csv(path: Path, fps: Fraction) -> Annotation:
    """Read a file like those of `write_csv`. Columns may be moved, and optional ones may be missing.

    Raises:
        AnnotationError: It is invalid; the message names the line and column.
    """
    with path.open(newline="", encoding="utf-8-sig") as file:
        first = file.readline()
        # A spreadsheet of a country with a decimal comma saves with semicolons.
        delimiter = max(_DELIMITERS, key=first.count)
        file.seek(0)
        lines = csv.reader(file, delimiter=delimiter)
        try:
            header: list[str] = next(lines, [])
            columns = find_columns(header, lambda number, index: f"line {number}, column {header[index]}")
            if not columns.usable:
                raise AnnotationError(
                    "its first line must name the columns start_s, end_s and label (or start and end)"
                )
            numbered = enumerate((list(map(unescape_formula, line)) for line in lines), start=2)
            events, fps = read_events(numbered, columns, fps)
        except csv.Error as error:
            raise AnnotationError(str(error)) from error
    return Annotation(VideoInfo.unknown(fps=fps), events)
