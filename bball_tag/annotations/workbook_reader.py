"""Read events from a workbook, ours or one that a person edited."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.players_sheet import PLAYERS, read_players
from bball_tag.annotations.run_sheet import annotation_of
from bball_tag.annotations.table_reader import CellName, Columns, Value, find_columns, read_events
from bball_tag.errors import AnnotationError

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from bball_tag.players.identify import Player

_HEADER_ROWS = 20
"""Rows from the top that are searched for the names of the columns."""


def read_xlsx(path: Path, fps: Fraction) -> Annotation:
    """Read the sheet Actions, or else the first sheet with its columns, and the sheets Players and Run.

    Raises:
        AnnotationError: It is invalid; the message names the sheet and cell.
    """
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with warnings.catch_warnings():
            # A user can do nothing about what other programs store for themselves.
            warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
            book = load_workbook(path, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, SyntaxError) as error:
        # Both of the XML parsers that openpyxl may use raise SyntaxError.
        raise AnnotationError(f"it is not an Excel workbook, or a damaged one ({error})") from error
    known = annotation_of(_facts(book), fps)
    sheet, columns, first = _find_table(book)
    events, fps = read_events(_lines(sheet, first), columns, known.video.fps)
    players: Sequence[Player] = ()
    if PLAYERS in book.sheetnames:
        players = read_players(_lines(book[PLAYERS], 1), _cell_names(PLAYERS))
    return replace(known, events=events, video=replace(known.video, fps=fps), players=players)


def _lines(sheet: Worksheet, first: int) -> Iterator[tuple[int, list[Value]]]:
    """Yield the number and the cells of each row of a sheet from the row `first` on."""
    rows = sheet.iter_rows(min_row=first, values_only=True)
    yield from enumerate((list(map(_plain, row)) for row in rows), start=first)


def _plain(value: object) -> Value:
    """Return the value of a cell, dates and times of day as the time span that the spreadsheet stores."""
    from openpyxl.utils.datetime import to_excel

    if isinstance(value, datetime | date | time):
        return timedelta(days=to_excel(value))
    return value if isinstance(value, str | int | float | timedelta | None) else str(value)


def _find_table(book: Workbook) -> tuple[Worksheet, Columns, int]:
    """Return the sheet of events, where its columns are, and its first row after their names."""
    for sheet in sorted(book.worksheets, key=lambda sheet: sheet.title.strip().lower() != "actions"):
        for number, row in enumerate(sheet.iter_rows(max_row=_HEADER_ROWS, values_only=True), start=1):
            columns = find_columns([_plain(value) for value in row], _cell_names(sheet.title))
            if columns.usable:
                return sheet, columns, number + 1
    raise AnnotationError(
        f"none of its sheets ({', '.join(book.sheetnames)}) has the columns start_s, end_s and label "
        "(or start and end) in one of its first rows"
    )


def _cell_names(title: str) -> CellName:
    from openpyxl.utils import get_column_letter

    return lambda number, index: f"sheet {title}, cell {get_column_letter(index + 1)}{number}"


def _facts(book: Workbook) -> Mapping[str, str]:
    """Return the names and values of the sheet Run, if it exists."""
    if "Run" not in book.sheetnames:
        return {}
    rows = book["Run"].iter_rows(min_row=2, max_col=2, values_only=True)
    return {str(row[0]): str(row[1]) for row in rows if len(row) == 2 and row[1] is not None}
