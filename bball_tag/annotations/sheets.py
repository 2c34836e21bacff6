"""Sheets of a workbook: cells whose text stays text, tables, and cells of a colour."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bball_tag.annotations.escaping import printable
from bball_tag.annotations.table import Cell
from bball_tag.palette import Colour, ink_on

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell.cell import Cell as SheetCell
    from openpyxl.worksheet.worksheet import Worksheet

DECIMALS = "0.000"
"""Number format of seconds and probabilities."""
_LONGEST_TEXT = 32_767
_FONT = "Calibri"
_HEADER_COLOUR = "44546A"
_CAUTION_COLOUR = "C00000"


def save(book: Workbook, path: Path) -> None:
    """Write a workbook, in one piece: an archive that finds the disk full prints a traceback at its end."""
    packed = io.BytesIO()
    book.save(packed)
    path.write_bytes(packed.getbuffer())


def put(cell: SheetCell, value: Cell) -> None:
    """Fill a cell. Text stays text, whatever it begins with, also if a person edits it later."""
    if not isinstance(value, str):
        cell.value = value
        return
    cell.value = printable(value)[:_LONGEST_TEXT]
    cell.data_type = "s"
    if value.startswith(("=", "+", "-", "@", "'")):
        cell.quotePrefix = True


def look(colour: Colour) -> tuple[str, str]:
    """Return a colour and that of text on it, as six hexadecimal digits each."""
    return bytes(colour).hex().upper(), bytes(ink_on(colour)).hex().upper()


def centre(cells: Iterable[SheetCell]) -> None:
    """Show the text of cells in their middle."""
    from openpyxl.styles import Alignment

    for cell in cells:
        cell.alignment = Alignment(horizontal="center")


def paint(cell: SheetCell, colour: Colour) -> None:
    """Give a cell a ground, and an ink that can be read on it."""
    from openpyxl.styles import Font, PatternFill

    ground, ink = look(colour)
    cell.fill = PatternFill("solid", fgColor=ground)
    cell.font = Font(name=_FONT, color=ink)


def fill_table(
    sheet: Worksheet, names: Sequence[str], lines: Iterable[Sequence[Cell]], left: int = 1, top: int = 1
) -> None:
    """Fill a sheet from column `left` and row `top` on, with the header always in view: see `fill_cells`."""
    fill_cells(sheet, names, lines, left, top)
    sheet.freeze_panes = f"A{top + 1}"


def fill_cells(
    sheet: Worksheet, names: Sequence[str], lines: Iterable[Sequence[Cell]], left: int = 1, top: int = 1
) -> None:
    """Fill a sheet from column `left` and row `top` on with a bold header and rows of typed cells."""
    from openpyxl.styles import Alignment, Font, PatternFill

    for column, name in enumerate(names, start=left):
        cell = sheet.cell(top, column)
        put(cell, name)
        cell.font = Font(name=_FONT, bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor=_HEADER_COLOUR)
        cell.alignment = Alignment(horizontal="center")
    for row, line in enumerate(lines, start=top + 1):
        for column, value in enumerate(line, start=left):
            if value is not None:
                put(sheet.cell(row, column), value)


def shape_columns(
    sheet: Worksheet,
    names: Sequence[str],
    formats: Mapping[str, str],
    centred: Collection[str] = (),
    top: int = 1,
) -> None:
    """Give the columns of a sheet, called `names` in row `top`, number formats, and a place in the middle."""
    for name, cells in zip(names, sheet.iter_cols(min_row=top + 1), strict=True):
        centre(cells if name in centred else ())
        for cell in cells:
            cell.number_format = formats.get(name, "General")


def put_caution(cell: SheetCell, text: str) -> None:
    """Fill a cell with a line that nobody overlooks."""
    from openpyxl.styles import Font

    put(cell, text)
    cell.font = Font(name=_FONT, bold=True, color=_CAUTION_COLOUR)


def set_up_page(sheet: Worksheet, header_row: int = 1) -> None:
    """Print the sheet in landscape, as wide as the paper, with all down to its header on every page.

    Without a header (0) nothing is repeated.
    """
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    if header_row:
        sheet.print_title_rows = f"1:{header_row}"


def set_widths(sheet: Worksheet, widths: Iterable[float], left: int = 1) -> None:
    """Set the widths of columns, in characters, from column `left` on."""
    from openpyxl.utils import get_column_letter

    for column, width in enumerate(widths, start=left):
        sheet.column_dimensions[get_column_letter(column)].width = width
