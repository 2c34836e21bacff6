"""Periods in files: a CSV, the sheet of a workbook, our JSON, and rows typed on the command line."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from bball_tag.annotations.cells import find_columns
from bball_tag.annotations.charts import CLOCK, DAY
from bball_tag.annotations.csv_reader import read_csv_table
from bball_tag.annotations.game_files import GameFile
from bball_tag.annotations.period_json import from_json
from bball_tag.annotations.period_table import (
    COLUMNS,
    is_table,
    read_periods_table,
)
from bball_tag.annotations.workbook_cells import Sheets, cell_names, opened_workbook
from bball_tag.errors import AnnotationError
from bball_tag.faults import Faults, FormError
from bball_tag.files import why
from bball_tag.game_time import (
    Period,
    check_periods,
    format_game_clock,
)
from bball_tag.json_files import as_list, as_object, field, load_json
from bball_tag.text_files import HEAD_ROWS

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

PERIODS = "Periods"
"""The sheet of a workbook."""
_WIDTHS = (10, 14, 14, 14, 12)


def read_periods(path: Path, files: Sequence[GameFile] = ()) -> tuple[Period, ...]:
    """Read periods from a CSV, a workbook (the sheet Periods, else the first of such columns) or our JSON.

    Args:
        path: The file.
        files: Those of a game in several files, which rows may name.

    Raises:
        AnnotationError: It cannot be read; all that is wrong with it is named.
    """
    try:
        if path.suffix.lower() == ".json":
            periods = _from_json_file(path)
        elif path.suffix.lower() == ".xlsx":
            periods = _from_workbook(path, files)
        else:
            read = partial(read_periods_table, files=files)
            periods = read_csv_table(path, is_table, "period and start", read)
        if not periods:
            raise FormError("it has no periods")
    except (FormError, OSError) as error:
        raise AnnotationError(f"Cannot read periods from {path}: {why(error)}.") from error
    return periods


def periods_of(texts: Sequence[str]) -> tuple[Period, ...]:
    """Return the periods of rows typed as `1,0:12:04,0:31:10,10:00`, in the order of `COLUMNS`.

    Raises:
        FormError: Rows are invalid; all of them are named.
    """
    faults = Faults()
    columns = find_columns(COLUMNS, lambda number, index: f"period {texts[number - 1]!r}, {COLUMNS[index]}")
    rows: list[tuple[int, list[str]]] = []
    for number, cells in enumerate(csv.reader(texts), start=1):
        if len(cells) > len(COLUMNS):
            faults.add(f"period {texts[number - 1]!r} has more parts than {','.join(COLUMNS)}")
        rows.append((number, cells))
    periods = read_periods_table(rows, columns, faults)
    faults.check()
    if not periods:
        raise FormError("they name none")
    return periods


def _from_workbook(path: Path, files: Sequence[GameFile]) -> tuple[Period, ...]:
    faults = Faults()
    with opened_workbook(path) as sheets:
        for title in sorted(sheets.names, key=lambda name: name.strip().lower() != PERIODS.lower()):
            periods = periods_in_sheet(sheets, title, faults, files)
            if periods is not None:
                faults.check()
                return periods
    raise FormError("none of its sheets has the columns period and start in one of its first rows")


def periods_in_sheet(
    sheets: Sheets, title: str, faults: Faults, files: Sequence[GameFile] = ()
) -> tuple[Period, ...] | None:
    """Return the periods of a sheet; None where it has other columns. Invalid cells become faults."""
    rows = sheets.rows(title)
    for _, names in takewhile(lambda row: row[0] <= HEAD_ROWS, rows):
        columns = find_columns(names, cell_names(title))
        # The columns of events include these.
        if is_table(columns) and "label" not in columns.indices:
            return read_periods_table(rows, columns, faults, files)
    return None


def _rows(periods: Iterable[Period]) -> Iterator[tuple[str | float | None, ...]]:
    """Yield the cells of each period and of each further mark, in the order of `COLUMNS`; times in days."""
    for period in periods:
        clocks = format_game_clock(period.clock_start), format_game_clock(period.clock_end)
        yield period.name, round(period.start, 3) / DAY, round(period.end, 3) / DAY, *clocks
        for mark in period.marks:
            yield period.name, round(mark.seconds, 3) / DAY, None, format_game_clock(mark.clock), None


def add_periods(sheet: Worksheet, periods: Sequence[Period]) -> None:
    """Fill a sheet with the table of periods."""
    from bball_tag.annotations.sheets import centre, fill_table, set_widths

    fill_table(sheet, COLUMNS, _rows(periods))
    set_widths(sheet, _WIDTHS)
    for _, start, end, *clocks in sheet.iter_rows(min_row=2, max_col=len(COLUMNS)):
        start.number_format = end.number_format = CLOCK
        centre(clocks)


def _from_json_file(path: Path) -> tuple[Period, ...]:
    document = as_object(load_json(path))
    faults, periods = Faults(), []
    for number, item in enumerate(as_list(field(document, "periods")), start=1):
        with faults.gathered(f"period {number} is invalid"):
            periods.append(from_json(as_object(item)))
    faults.check()
    check_periods(periods)
    return tuple(sorted(periods, key=lambda period: period.start))
