"""Read events back from rows of a table that a person may have edited.

Columns are found by their names, in any order and case. A time stands in a row three times: in seconds,
on the clock and as a frame. A person changes one of the first two; when they disagree, the frame tells
which of them is the old one, and the other is right. Frames are never read as times themselves.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

from bball_tag.annotations.annotation import Annotation, in_order
from bball_tag.annotations.escaping import unescape_formula
from bball_tag.errors import AnnotationError, BballTagError
from bball_tag.events import Event
from bball_tag.timecode import frame_at, parse_time
from bball_tag.video.info import VideoInfo

Value = str | int | float | timedelta | None
CellName = Callable[[int, int], str]
"""Names a cell, by the number of its row and the index of its column: `sheet Actions, cell A5`."""
_SAME = 0.0011
"""Seconds by which two columns rounded to milliseconds may differ and still mean one instant."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the columns of a table are, and how to name its cells to a person."""

    places: Mapping[str, int]
    """Index of each column, by its name in lower case."""
    cell_name: CellName

    @property
    def usable(self) -> bool:
        """Whether an event can be made of a row."""
        names = self.places.keys()
        return "label" in names and bool({"start_s", "start"} & names) and bool({"end_s", "end"} & names)


def find_columns(names: Sequence[Value], cell_name: CellName) -> Columns:
    """Return where the columns are, given a row of their names."""
    places: dict[str, int] = {}
    for place, name in enumerate(names):
        if isinstance(name, str):
            places.setdefault("_".join(name.strip().lower().split()), place)
    return Columns(places, cell_name)


def read_event(row: Sequence[Value], number: int, columns: Columns, fps: Fraction) -> Event | None:
    """Return the event of one row, None for a blank row.

    Args:
        row: The cells.
        number: Of the row, as `columns` names it.
        columns: Where they are.
        fps: Frames per second of the video, 0 if unknown.

    Raises:
        AnnotationError: A cell makes no sense; it is named.
    """
    if all(value is None or (isinstance(value, str) and not value.strip()) for value in row):
        return None
    cells = _Row(row, number, columns)
    start, end = cells.instant("start", fps), cells.instant("end", fps)
    if end < start:
        raise cells.error("end_s" if cells.has("end_s") else "end", "the end is before the start")
    confidence = cells.number("confidence", 1.0, 1.0)
    peak = cells.number("peak_s", (start + end) / 2, math.inf)
    return Event(
        label=cells.label(),
        start=start,
        end=end,
        confidence=confidence,
        peak_confidence=cells.number("peak_confidence", confidence, 1.0),
        # A person who moves an event does not move its peak.
        peak=min(max(peak, start), end),
        num_clips=round(cells.number("num_clips", 0.0, math.inf)),
        player=cells.text("player"),
        team=cells.text("team"),
    )


class _Row:
    """The cells of one row by the names of their columns."""

    def __init__(self, row: Sequence[Value], number: int, columns: Columns) -> None:
        self._row, self._number, self._columns = row, number, columns

    def _value(self, name: str) -> Value:
        place = self._columns.places.get(name)
        value = None if place is None or place >= len(self._row) else self._row[place]
        return None if isinstance(value, str) and not value.strip() else value

    def has(self, name: str) -> bool:
        return self._value(name) is not None

    def error(self, name: str, why: str) -> AnnotationError:
        place = self._columns.places.get(name, 0)
        return AnnotationError(f"{self._columns.cell_name(self._number, place)}: {why}.")

    def text(self, name: str) -> str:
        """Return a name; a number typed into a cell is the name that it shows."""
        value = self._value(name)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return "" if value is None else str(value)

    def label(self) -> str:
        label = self.text("label")
        if not label:
            raise self.error("label", "the label is missing")
        return label

    def number(self, name: str, default: float, most: float) -> float:
        """Return a number from 0 to `most`."""
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
            limit = "not negative" if most == math.inf else f"from 0 to {most:g}"
            raise self.error(name, f"{str(value)!r} is not a number, {limit}")
        return number

    def instant(self, name: str, fps: Fraction) -> float:
        """Return the start or end, in seconds, whichever column a person changed."""
        in_seconds, on_clock = f"{name}_s", name
        if not self.has(on_clock):
            if not self.has(in_seconds):
                raise self.error(
                    in_seconds if in_seconds in self._columns.places else name, "the time is missing"
                )
            return self.number(in_seconds, 0.0, math.inf)
        clock = self._clock(on_clock)
        if not self.has(in_seconds):
            return clock
        seconds = self.number(in_seconds, 0.0, math.inf)
        if abs(seconds - clock) <= _SAME:
            return seconds
        return self._changed(name, seconds, clock, fps)

    def _changed(self, name: str, seconds: float, clock: float, fps: Fraction) -> float:
        """Return which of two times is the new one: that which the frame does not confirm."""
        frame = self.number(f"{name}_frame", -1.0, math.inf) if fps else -1.0
        seconds_old, clock_old = frame == frame_at(seconds, fps), frame == frame_at(clock, fps)
        if seconds_old and not clock_old:
            return clock
        # Both may lie in one frame: then the difference is too small to matter.
        if clock_old:
            return seconds
        hint = "" if fps else ", or pass --video or --fps, so that the frame column can tell"
        raise self.error(
            f"{name}_s",
            f"it says {seconds:g} s while the column {name!r} says {clock:g} s, and nothing tells which of "
            f"them is meant. Make them agree or empty one of them{hint}",
        )

    def _clock(self, name: str) -> float:
        """Return the seconds meant by a cell of the clock columns: text, or what a spreadsheet made of it."""
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
    # A cell whose format was lost still holds a part of a day.
    return round(value * 86400, 3) if isinstance(value, int | float) else math.nan


_DELIMITERS = ",;\t"


def read_csv(path: Path, fps: Fraction) -> Annotation:
    """Read a file in the form of `write_csv`; columns may be moved, and those not needed may be missing.

    Raises:
        AnnotationError: It makes no sense; a cell is named by line and column.
    """
    with path.open(newline="", encoding="utf-8-sig") as file:
        first = file.readline()
        # A spreadsheet of a country with a decimal comma saves with semicolons.
        delimiter = max(_DELIMITERS, key=first.count)
        file.seek(0)
        try:
            events = list(_events(csv.reader(file, delimiter=delimiter), fps))
        except csv.Error as error:
            raise AnnotationError(str(error)) from error
    return Annotation(VideoInfo.unknown(fps=fps), in_order(events))


def _events(lines: Iterator[list[str]], fps: Fraction) -> Iterator[Event]:
    header: list[str] = next(lines, [])

    def cell_name(number: int, place: int) -> str:
        return f"line {number}, column {header[place]}"

    columns: Columns = find_columns(header, cell_name)
    if not columns.usable:
        raise AnnotationError(
            "it needs the columns start_s, end_s and label (or start and end) in its first line"
        )
    for number, line in enumerate(lines, start=2):
        row: list[Value] = [unescape_formula(cell) for cell in line]
        if event := read_event(row, number, columns, fps):
            yield event
