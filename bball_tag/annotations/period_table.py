"""The table of periods that a person writes: what the game clock showed when.

Each row is a reading of the clock at `start`; a row with `end` is a second one there, of 0:00 unless
`clock_end` says otherwise. Several rows of a period are several readings.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bball_tag.annotations.cells import Columns, TableRow, TimeCell, Value, rows_of
from bball_tag.annotations.game_files import GameFile, file_number
from bball_tag.events import Event
from bball_tag.faults import Faults, FormError, shown
from bball_tag.game_time import (
    LONGEST_CLOCK_S,
    GameTime,
    Mark,
    Period,
    check_marks,
    check_periods,
    parse_game_clock,
    period_name,
    period_number,
    read_period,
    regular_periods,
)
from bball_tag.timecode import LONGEST_S, counted, format_clock

log = logging.getLogger("bball_tag")
COLUMNS = ("period", "start", "end", "clock", "clock_end")
_RUNNING, _STOPPED = "running", "stopped"
_QUARTER_S, _OVERTIME_S = 600.0, 300.0
"""Of FIBA's rules; what is taken where nothing says how long a period is."""
_SLACK_S = 3.0
"""Seconds by which marks set by hand may be wrong."""
_TYPED_AS_HOURS_S = 3600.0
"""From here on a spreadsheet took minutes and seconds for hours and minutes: no game clock shows an hour."""


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of the table."""

    row: TableRow
    number: int
    start: float
    end: float | None
    clock: float | None
    clock_end: float | None
    runs: bool


def is_table(columns: Columns) -> bool:
    """Say whether a row of names is that of a table of periods."""
    names = columns.indices.keys()
    return "period" in names and bool({"start_s", "start"} & names)


def read_periods_table(
    lines: Iterable[tuple[int, Sequence[Value]]],
    columns: Columns,
    faults: Faults,
    files: Sequence[GameFile] = (),
) -> tuple[Period, ...]:
    """Return the periods of the rows after the names of the columns. Invalid cells become faults.

    Of a game in several files, a row that names its `file` has times of that one, others those of the game.
    """
    table = rows_of(lines, columns, faults)
    regular = regular_periods(row.text_as_it_is("period") for row in table)
    before = len(faults)
    read = [found for row in table if (found := _read_row(row, regular, files)) is not None]
    if len(faults) > before:
        return ()
    by_number: dict[int, list[_Row]] = {}
    for found in sorted(read, key=lambda found: found.start):
        by_number.setdefault(found.number, []).append(found)
    periods = [period for rows in by_number.values() if (period := _period(rows, regular)) is not None]
    with faults.gathered():
        check_periods(periods)
    return tuple(sorted(periods, key=lambda period: period.start))


def _read_row(row: TableRow, regular: int, files: Sequence[GameFile]) -> _Row | None:
    """Return what a row says; None where a cell is at fault."""
    number, start = 0, _seconds(row, "start")
    try:
        number = period_number(row.text("period"), regular=regular)
    except FormError as error:
        row.fault("period", str(error))
    row.lacks_time("start")
    end = _seconds(row, "end")
    if start is not None and end is not None and end <= start:
        row.fault("end_s" if row.has("end_s") else "end", "the end is not after the start")
    runs, clock = _runs_from(row)
    if not number or start is None:
        return None
    begins = _file_start(row, files)
    end = None if end is None else begins + end
    return _Row(row, number, begins + start, end, clock, game_clock(row, "clock_end"), runs)


def _file_start(row: TableRow, files: Sequence[GameFile]) -> float:
    try:
        return files[file_number(files, row.text("file").strip())].start if row.has("file") else 0.0
    except FormError as error:
        row.fault("file", str(error))
        return 0.0


def _seconds(row: TableRow, name: str) -> float | None:
    """Return a time of the video: seconds, or on the clock; None where the cell is empty or at fault."""
    in_seconds = f"{name}_s"
    shown = row.seconds(in_seconds) if row.has(in_seconds) else row.time(name)
    return None if shown is None else shown.seconds


def _runs_from(row: TableRow) -> tuple[bool, float | None]:
    """Return whether the clock runs all the time, and what it showed at the start, if the cell says so."""
    if row.time_cell("clock"):
        return False, game_clock(row, "clock")
    words = row.text("clock").lower().split()
    runs = _RUNNING in words
    times = [word for word in words if word not in (_RUNNING, _STOPPED)]
    if not times:
        return runs, None
    try:
        return runs, parse_game_clock(" ".join(times))
    except FormError as error:
        row.fault("clock", f"{error}, perhaps with {_RUNNING} behind it")
        return runs, None


def game_clock(row: TableRow, name: str) -> float | None:
    """Return the seconds left that a cell shows, text or a time; None where it is empty or at fault."""
    cell = row.time_cell(name)
    if cell is None:
        text = row.text(name)
        try:
            return parse_game_clock(text) if text else None
        except FormError as error:
            row.fault(name, str(error))
            return None
    return _of_time_cell(row, name, cell)


def _of_time_cell(row: TableRow, name: str, cell: TimeCell) -> float | None:
    """Return the clock that was typed, where a spreadsheet made hours and minutes of minutes and seconds."""
    if cell.seconds >= _TYPED_AS_HOURS_S:
        seconds = round(cell.seconds, 3) / 60
        if seconds <= LONGEST_CLOCK_S:
            return seconds
    elif round(cell.seconds, 3) % 60:
        return round(cell.seconds, 3)
    row.fault(name, f"a spreadsheet made {cell.shown} of what was typed. Type it into a cell of text")
    return None


def read_game_time(row: TableRow) -> GameTime | None:
    """Return the game time of a row of events: its period, the clock, and how wrong that may be.

    None where it has none, or another program means something else by a period: see `say_no_periods`.
    """
    try:
        number, name = read_period(row.text_as_it_is("period"))
    except FormError:
        return None
    clock = game_clock(row, "clock")
    within = row.number_in("clock_within_s", 0.0, LONGEST_S)
    return GameTime(number, name, clock, within)


def say_no_periods(rows: Iterable[TableRow], events: Iterable[Event]) -> None:
    """Warn of cells that are not the periods of a game, of rows and the events that they became."""
    cells = [
        row.text_as_it_is("period")
        for row, event in zip(rows, events, strict=True)
        if row.has("period") and event.game_time is None
    ]
    if cells:
        log.warning(
            "The column period was left out in %s: %s is not a period such as 1, Q1, H1 or OT1.",
            counted(len(cells), "row"),
            shown(cells[0]),
        )


def _period(rows: Sequence[_Row], regular: int) -> Period | None:
    """Return the period of rows sorted by start; None where they make no sense, which is a fault."""
    first, number = rows[0], rows[0].number
    name = period_name(number, regular=regular)
    marks: dict[float, float] = {}
    ends = [row for row in rows if row.end is not None]
    last = max(ends, key=lambda row: row.end or 0.0) if ends else None
    for row in rows:
        clock = _first_clock(row, name, regular) if row is first else row.clock
        if clock is None:
            row.row.fault("clock", f"{name} has several rows: say what the clock showed at each")
            return None
        marks[row.start] = clock
        if row.end is not None and (row.clock_end is not None or row is last):
            marks[row.end] = _last_clock(row, clock)
    if last is None and first.runs:
        # A clock that runs needs no end, also where it was read again, as at the start of a second file.
        latest, left = max(marks.items())
        marks[latest + left] = 0.0
    return _checked(first, name, [Mark(*pair) for pair in sorted(marks.items())])


def _first_clock(row: _Row, name: str, regular: int) -> float | None:
    """Return what the clock showed at the start of a period, by what is usual where nothing says so."""
    if row.clock is not None:
        return row.clock
    if row.runs and row.end is not None:
        return max(1, round((row.end - row.start) / 60)) * 60.0 + (row.clock_end or 0.0)
    usual = _OVERTIME_S if row.number > regular else _QUARTER_S
    if row.end is not None and row.end - row.start < usual - (row.clock_end or 0.0) - _SLACK_S:
        row.row.fault(
            "clock",
            f"{name} lasts {format_clock(row.end - row.start)} in the video: say what the clock showed at "
            "its start",
        )
        return usual
    log.info(
        "%s: nothing says what the clock showed at its start, so %s is taken.", name, format_clock(usual)
    )
    return usual


def _last_clock(row: _Row, clock: float) -> float:
    """Return what the clock showed at the end of a row: what it says, else 0:00, or where it runs to."""
    if row.clock_end is not None or row.end is None or row.clock is None:
        return row.clock_end or 0.0
    left = clock - (row.end - row.start)
    # Marks set by hand are not exact: a little that is left is no recording that ends early.
    return left if row.runs and left > _SLACK_S else 0.0


def _checked(first: _Row, name: str, marks: list[Mark]) -> Period | None:
    if len(marks) < 2:
        first.row.fault(
            "end", f"{name} has no end. Give it one, or a second row, or the clock as 10:00 {_RUNNING}"
        )
        return None
    start, *between, end = marks
    period = Period(first.number, name, start.seconds, end.seconds, start.clock, end.clock, tuple(between))
    try:
        check_marks(period)
    except FormError as error:
        first.row.fault("clock", str(error))
        return None
    _say_odd(period, runs=first.runs)
    return period


def _say_odd(period: Period, *, runs: bool) -> None:
    """Warn where more time passes on the clock than in the video, or where a clock that runs stands."""
    on_clock, in_video = period.clock_start - period.clock_end, period.end - period.start
    shown = format_clock(on_clock), format_clock(in_video)
    if on_clock > in_video + _SLACK_S:
        log.warning(
            "%s has %s on the clock and %s in the video. Where recording was paused, game times are guesses.",
            period.name,
            *shown,
        )
    elif runs and in_video > on_clock + max(_SLACK_S, 0.02 * on_clock):
        log.warning(
            "%s has a running clock, but %s on the clock and %s in the video: game times are estimated.",
            period.name,
            *shown,
        )
