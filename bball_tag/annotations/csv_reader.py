"""Read tables in CSV, which a person may have edited: events, and tables of other kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import TypeVar

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.cells import Columns, Unusable, Value, find_columns
from bball_tag.annotations.escaping import SHEET_ERRORS, unescape_formula
from bball_tag.annotations.file_columns import has_files, read_files
from bball_tag.annotations.reviewed import Reviewed, is_table, read_reviewed
from bball_tag.annotations.table_reader import Row, TableFacts, read_events
from bball_tag.faults import Faults, FormError
from bball_tag.text_files import HEAD_ROWS, opened_text, table_rows
from bball_tag.video.frame_times import FrameTimes
from bball_tag.video.info import VideoInfo

T = TypeVar("T")


def read_csv(path: Path, fps: Fraction, times: FrameTimes | None = None) -> Annotation:
    """Read a file like those of `write_csv`. Columns may be moved, and optional ones may be missing.

    `times` says when the frames are shown, where the rate varies.

    Raises:
        FormError: It is invalid; all lines and columns at fault are named.
    """

    def read(rows: Iterable[Row], columns: Columns, faults: Faults) -> Annotation:
        lines = list(rows) if has_files(columns) else rows
        events, rate = read_events(lines, columns, TableFacts(fps, times=times), faults)
        end = max((event.end for event in events), default=0.0)
        files = read_files(lines, columns, end) if isinstance(lines, list) else ()
        # The last event is not the end: nobody knows how long the last file, and so the game, lasts.
        return Annotation(VideoInfo.unknown(fps=rate), events, files=files)

    return read_csv_table(path, attrgetter("usable"), "start_s, end_s and label", read)


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
