"""The cells of a workbook, row by row in little memory: dates, formulas, merged cells."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.parsers.expat import ParserCreate

from bball_tag.annotations.cells import TimeCell, Unusable, Value
from bball_tag.faults import FormError

if TYPE_CHECKING:
    from openpyxl import Workbook

_MOST_BYTES = 256 << 20
"""Size of all parts of a workbook, unpacked: five times that of a sheet with 100,000 events."""
_MOST_ROWS = 1_048_576
"""Rows of a sheet, by the format."""
MOST_COLUMNS = 256
"""Columns in which names are looked for."""
_MOST_MERGED = 10_000


@dataclass(frozen=True, slots=True)
class Sheets:
    """An open workbook. Its cells are read from the file when they are asked for."""

    values: Workbook
    formulas: Workbook
    """The same, with formulas in place of what they gave."""
    path: Path

    @property
    def names(self) -> list[str]:
        """The names of the sheets of cells, in order."""
        return [sheet.title for sheet in self.values.worksheets]

    def rows(
        self, name: str, first: int = 1, columns: int = MOST_COLUMNS
    ) -> Iterator[tuple[int, list[Value]]]:
        """Yield the number and the cells of each row of a sheet that is not empty, from the row `first` on.

        A cell that is merged with cells above it has their value.

        Args:
            name: The sheet.
            first: The first row.
            columns: The number of columns.
        """
        merged = _Merged(_merged_areas(self.path, self.values[name]), first)
        parts = (self._cells(book, name, first, columns) for book in (self.values, self.formulas))
        before = None
        for number, (values, formulas) in enumerate(zip(*parts, strict=True), start=first):
            if number > _MOST_ROWS:
                raise FormError(f"the sheet {name} has more rows than a sheet can have")
            # Between distant cells openpyxl gives one and the same empty row again and again.
            if values is before and not merged.covers(number):
                continue
            before = values
            row = [_plain(value, formula) for value, formula in zip(values, formulas, strict=True)]
            yield number, merged.filled(number, row)

    @staticmethod
    def _cells(book: Workbook, name: str, first: int, columns: int) -> Iterator[Sequence[Any]]:
        sheet: Any = book[name]
        # What a file says of its size may be wrong.
        sheet.reset_dimensions()
        rows: Iterator[Sequence[Any]] = sheet.iter_rows(min_row=first, max_col=columns)
        return rows


@contextmanager
def opened_workbook(path: Path) -> Iterator[Sheets]:
    """Open a workbook; what is found to be wrong with it only in the block is translated too.

    Raises:
        FormError: It is no workbook, a damaged one, or much too large.
    """
    from openpyxl import load_workbook

    books: list[Workbook] = []
    try:
        with zipfile.ZipFile(path) as parts:
            if sum(part.file_size for part in parts.infolist()) > _MOST_BYTES:
                raise FormError(
                    f"its sheets have more than {_MOST_BYTES >> 20} MiB, too much for one of events"
                )
        with warnings.catch_warnings():
            # A user can do nothing about what other programs store for themselves.
            warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
            for has_values in (True, False):
                books.append(load_workbook(path, read_only=True, data_only=has_values))
            yield Sheets(books[0], books[1], path)
    except (FormError, OSError):
        raise
    except Exception as error:
        # openpyxl is no guard: of a damaged file it raises whatever its code stumbles over.
        raise FormError(f"it is not an Excel workbook, or a damaged one ({error})"[:300]) from error
    finally:
        for book in books:
            book.close()


def _plain(cell: Any, formula: Any) -> Value:
    """Return the value of a cell, given it twice: with what its formula gave, and with the formula."""
    from openpyxl.utils.datetime import to_excel

    value = cell.value
    if value is None:
        lost = formula.data_type == "f" and cell.data_type != "s"
        return (
            Unusable("its formula was never computed. Open the file in a spreadsheet and save it")
            if lost
            else None
        )
    if cell.data_type == "e":
        return Unusable(
            f"its formula failed ({value})" if formula.data_type == "f" else f"it has an error ({value})"
        )
    if isinstance(value, bool):
        return Unusable(f"a spreadsheet made {str(value).upper()} of what was typed. Format the cell as text")
    if isinstance(value, timedelta):
        return TimeCell(value.total_seconds(), f"the time {value}")
    if isinstance(value, datetime | date | time):
        kind = "time" if isinstance(value, time) else "date"
        shown = str(value).removesuffix(" 00:00:00")
        return TimeCell(to_excel(value) * 86400, f"the {kind} {shown}")
    return value if isinstance(value, str | int | float) else str(value)


@dataclass(frozen=True, slots=True)
class _Area:
    """Merged cells, by the numbers of their rows and columns from 1."""

    left: int
    top: int
    right: int
    bottom: int


class _Merged:
    """The merged areas of a sheet, while its rows pass in order."""

    def __init__(self, areas: Sequence[_Area], first: int) -> None:
        self._areas = sorted((area for area in areas if area.bottom >= first), key=lambda area: area.top)
        self._open: list[tuple[_Area, Value]] = []

    def covers(self, number: int) -> bool:
        """Say whether a merged area has cells in the row of that number."""
        self._open = [(area, value) for area, value in self._open if area.bottom >= number]
        return bool(self._open) or bool(self._areas and self._areas[0].top <= number)

    def filled(self, number: int, row: list[Value]) -> list[Value]:
        """Return a row with the values of merged cells that begin above it."""
        if not self.covers(number):
            return row
        for area, value in self._open:
            if area.left <= len(row):
                row[area.left - 1] = value
        while self._areas and self._areas[0].top <= number:
            area = self._areas.pop(0)
            if area.left <= len(row):
                value = row[area.left - 1]
                self._open.append((area, value))
        for area, _ in self._open:
            # One message is enough for a merged row.
            if area.left < area.right and area.left < len(row):
                row[area.left] = Unusable("it is merged with a cell beside it, which has another meaning")
        return row


def _merged_areas(path: Path, sheet: Any) -> list[_Area]:
    """Return the merged areas of a sheet.

    openpyxl tells them only of sheets that it holds in memory as a whole, covered cells and all.
    """
    from openpyxl.utils import range_boundaries

    areas: list[_Area] = []

    def note(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "mergeCell":
            if len(areas) == _MOST_MERGED:
                raise FormError(f"the sheet {sheet.title} has more than {_MOST_MERGED:,} merged areas")
            left, top, right, bottom = range_boundaries(attributes["ref"])
            areas.append(_Area(left, top, right, bottom))

    parser = ParserCreate()
    parser.StartElementHandler = note
    with zipfile.ZipFile(path) as parts, parts.open(sheet._worksheet_path) as file:
        parser.ParseFile(file)
    return areas
