"""The cells of a workbook, row by row in little memory: dates, formulas, merged cells."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Container, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.parsers.expat import ParserCreate

from bball_tag.annotations.cells import CellName, TimeCell, Unusable, Value
from bball_tag.faults import FormError
from bball_tag.storage import lent_file

if TYPE_CHECKING:
    from openpyxl import Workbook

_MOST_BYTES = 64 << 20
"""Size of all parts of a workbook, unpacked: that of one with 70,000 events."""
_MOST_ROWS = 1_048_576
"""Rows of a sheet, by the format."""
MOST_COLUMNS = 256
"""Columns in which names are looked for."""
_MOST_MERGED = 10_000


@dataclass(frozen=True, slots=True)
class Sheets:
    """An open workbook. Its cells are read from the file when they are asked for."""

    book: Workbook
    path: Path

    @property
    def names(self) -> list[str]:
        """The names of the sheets of cells, in order."""
        return [sheet.title for sheet in self.book.worksheets]

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
        sheet: Any = self.book[name]
        # What a file says of its size may be wrong.
        sheet.reset_dimensions()
        areas, formulas = _scanned(self.path, sheet)
        merged, before = _Merged(areas, first), None
        for number, cells in enumerate(sheet.iter_rows(min_row=first, max_col=columns), start=first):
            if number > _MOST_ROWS:
                raise FormError(f"the sheet {name} has more rows than a sheet can have")
            # Between distant cells openpyxl gives one and the same empty row again and again.
            if cells is not before or merged.covers(number):
                row = [_plain(cell, formulas) for cell in cells]
                yield number, merged.filled(number, row)
            before = cells


@contextmanager
def opened_workbook(path: Path) -> Iterator[Sheets]:
    """Open a workbook; what is found to be wrong with it only in the block is translated too.

    Raises:
        FormError: It is not a workbook, or a damaged one, or much too large.
    """
    from openpyxl import load_workbook

    with lent_file(path) as here, _translated(here):
        with zipfile.ZipFile(here) as parts:
            if sum(part.file_size for part in parts.infolist()) > _MOST_BYTES:
                raise FormError(
                    f"its sheets have more than {_MOST_BYTES >> 20} MiB, too much for one of events"
                )
        with warnings.catch_warnings():
            # A user can do nothing about what other programs store for themselves.
            warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
            book = load_workbook(here, read_only=True, data_only=True)
            with closing(book):
                yield Sheets(book, here)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except (FormError, OSError):
        raise
    except Exception as error:
        # openpyxl is no guard: of a damaged file it raises whatever its code stumbles over.
        what = _other_kind(path) or f"it is not an Excel workbook, or a damaged one ({error})"[:300]
        raise FormError(what) from error


def _other_kind(path: Path) -> str:
    """Return what a file is that is only called a workbook, and what to do; nothing where that is unknown."""
    with path.open("rb") as file:
        begin = file.read(200)
    if begin.startswith(b"\xd0\xcf\x11\xe0"):
        return "it is an old .xls workbook, or has a password: save it as .xlsx without one"
    if begin.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return "it is a web page or XML that is called a workbook: save it as .xlsx in a spreadsheet"
    if begin.startswith(b"PK") and b"opendocument" in begin:
        return "it is an OpenDocument table: save it as .xlsx"
    if begin.startswith(b"PK") and b"Index/" in begin:
        return "it is a table of Numbers: export it as Excel"
    is_text = begin and not begin.startswith(b"PK") and not set(begin) & {*range(9), *range(14, 32)}
    return "it is text that is called a workbook: if it is a table, name it .csv" if is_text else ""


def cell_names(title: str) -> CellName:
    """Return how to name the cells of a sheet to a person."""
    from openpyxl.utils import get_column_letter

    return lambda number, index: f"sheet {title}, cell {get_column_letter(index + 1)}{number}"


def _plain(cell: Any, formulas: Container[str]) -> Value:
    """Return the value of a cell, given the addresses of those with formulas."""
    from openpyxl.utils.datetime import to_excel

    value = cell.value
    if value is None:
        # An empty cell has no address, and a formula may give an empty text.
        if cell.data_type == "s" or not formulas or getattr(cell, "coordinate", "") not in formulas:
            return None
        return Unusable("its formula was never computed. Open the file in a spreadsheet and save it")
    if cell.data_type == "e":
        what = "its formula failed" if cell.coordinate in formulas else "it has an error"
        return Unusable(f"{what} ({value})")
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


def _scanned(path: Path, sheet: Any) -> tuple[list[_Area], set[str]]:
    """Return the merged areas of a sheet, and the addresses of its formulas.

    openpyxl tells them only of sheets that it holds in memory as a whole, covered cells and all; or it tells
    the formulas, and not what they gave.
    """
    from openpyxl.utils import range_boundaries

    areas: list[_Area] = []
    formulas: set[str] = set()
    address = ""

    def note(tag: str, attributes: dict[str, str]) -> None:
        nonlocal address
        kind = tag.rpartition(":")[2]
        if kind == "c":
            address = attributes.get("r", "")
        elif kind == "f":
            formulas.add(address)
        elif kind == "mergeCell":
            if len(areas) == _MOST_MERGED:
                raise FormError(f"the sheet {sheet.title} has more than {_MOST_MERGED:,} merged areas")
            left, top, right, bottom = range_boundaries(attributes["ref"])
            areas.append(_Area(left, top, right, bottom))

    parser = ParserCreate()
    parser.StartElementHandler = note
    with zipfile.ZipFile(path) as parts, parts.open(sheet._worksheet_path) as file:
        parser.ParseFile(file)
    return areas, formulas
