"""Read events from a workbook, ours or one that a person edited."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from bball_tag.annotations.annotation import Annotation, in_order
from bball_tag.annotations.table_reader import CellName, Columns, Value, find_columns, read_event
from bball_tag.errors import AnnotationError, BballTagError
from bball_tag.events import Event
from bball_tag.timecode import parse_time
from bball_tag.video.info import VideoInfo

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_HEADER_ROWS = 20
"""Rows from the top among which the names of the columns are looked for."""


def read_xlsx(path: Path, fps: Fraction) -> Annotation:
    """Read the sheet Actions, or else the first sheet with its columns, and what the sheet Run tells.

    Raises:
        AnnotationError: It makes no sense; a cell is named by sheet and address.
    """
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with warnings.catch_warnings():
            # What other programs add for themselves is nothing that a person could mend.
            warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
            book = load_workbook(path, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, SyntaxError) as error:
        # Both of the XML parsers that openpyxl may use say SyntaxError.
        raise AnnotationError(f"it is no Excel workbook, or a damaged one ({error})") from error
    facts = _facts(book)
    fps = _rate(facts) or fps
    sheet, columns, first = _find_table(book)
    events = in_order(_events(sheet, columns, first, fps))
    video = VideoInfo.unknown(Path(facts.get("video", "")), fps, _duration(facts))
    return Annotation(
        video, events, checkpoint=facts.get("checkpoint", ""), version=facts.get("bball-tag", "")
    )


def _events(sheet: Worksheet, columns: Columns, first: int, fps: Fraction) -> Iterator[Event]:
    for number, row in enumerate(sheet.iter_rows(min_row=first, values_only=True), start=first):
        if event := read_event([_plain(value) for value in row], number, columns, fps):
            yield event


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
            columns = find_columns([_plain(value) for value in row], _cell_names(sheet))
            if columns.usable:
                return sheet, columns, number + 1
    raise AnnotationError(
        f"none of its sheets ({', '.join(book.sheetnames)}) has the columns start_s, end_s and label "
        "(or start and end) in one of its first rows"
    )


def _cell_names(sheet: Worksheet) -> CellName:
    from openpyxl.utils import get_column_letter

    return lambda number, place: f"sheet {sheet.title}, cell {get_column_letter(place + 1)}{number}"


def _facts(book: Workbook) -> Mapping[str, str]:
    """Return what the sheet Run says, if it is there."""
    if "Run" not in book.sheetnames:
        return {}
    rows = book["Run"].iter_rows(min_row=2, max_col=2, values_only=True)
    return {str(row[0]): str(row[1]) for row in rows if len(row) == 2 and row[1] is not None}


def _rate(facts: Mapping[str, str]) -> Fraction | None:
    """Return the frames per second, unless a person made something else of it."""
    try:
        return Fraction(facts.get("frames per second", "0")) or None
    except (ValueError, ZeroDivisionError):
        return None


def _duration(facts: Mapping[str, str]) -> float:
    try:
        return parse_time(facts.get("duration", "0"), Fraction(1))
    except BballTagError:
        return 0.0
