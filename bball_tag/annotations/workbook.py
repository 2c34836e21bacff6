"""The XLSX workbook, with the sheets Actions, Summary, Players, Periods, Reviewed, Timeline and Run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bball_tag.annotations.annotation import UNSURE, Annotation
from bball_tag.annotations.charts import CLOCK, DAY, add_label_chart, add_player_chart, add_timeline
from bball_tag.annotations.escaping import media_url
from bball_tag.annotations.periods import PERIODS, add_periods
from bball_tag.annotations.players_sheet import PLAYERS, add_players
from bball_tag.annotations.reviewed import REVIEWED, add_reviewed
from bball_tag.annotations.run_sheet import run_facts
from bball_tag.annotations.sheets import (
    DECIMALS,
    fill_table,
    look,
    paint,
    put_caution,
    save,
    set_up_page,
    set_widths,
    shape_columns,
)
from bball_tag.annotations.statistics import Statistics, per_label, per_player
from bball_tag.annotations.statistics_sheet import CHAINS, add_chains, add_totals
from bball_tag.annotations.table import FOUND_LABEL, Cell, found_text, header, rows
from bball_tag.errors import AnnotationError
from bball_tag.files import relative_path
from bball_tag.palette import label_colour

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_MOST_EVENTS = 1_048_575
"""Rows of a sheet, less the header."""
_FORMATS = {
    "start_s": DECIMALS,
    "end_s": DECIMALS,
    "peak_s": DECIMALS,
    "start": CLOCK,
    "end": CLOCK,
    "confidence": DECIMALS,
    "peak_confidence": DECIMALS,
    "clock_within_s": "0.0",
    "file_s": DECIMALS,
}
_WIDTHS = {
    "label": 18,
    "start": 13,
    "end": 13,
    "peak_confidence": 17,
    "player": 12,
    "team": 16,
    "clock_within_s": 16,
    "file": 22,
    "remark": 44,
    "clip": 30,
}
_CONFIDENCES = ("confidence", "peak_confidence")
_GREY = "808080"
_CENTRED = ("label", "player", "team", "period", "clock", "file")


def write_xlsx(annotation: Annotation, path: Path) -> None:
    """Write the workbook.

    Raises:
        AnnotationError: There are more events than a sheet has rows.
    """
    from openpyxl import Workbook

    if len(annotation) > _MOST_EVENTS:
        raise AnnotationError(
            f"a sheet holds {_MOST_EVENTS:,} events, and there are {len(annotation):,}. Write .csv instead."
        )
    book = Workbook()
    book.remove(book.active)
    book.properties.creator = "bball-tag"
    actions = _actions(book, annotation)
    _link_clips(actions, annotation, path.parent)
    statistics = annotation.statistics()
    summary = _summary(book, annotation, statistics)
    _colour_labels(actions, annotation)
    if statistics.chains:
        add_chains(book.create_sheet(CHAINS), statistics)
    if annotation.players:
        add_players(book.create_sheet(PLAYERS), annotation)
    if annotation.periods:
        add_periods(book.create_sheet(PERIODS), annotation.periods)
    if annotation.reviewed:
        add_reviewed(book.create_sheet(REVIEWED), annotation.reviewed)
    add_timeline(book.create_sheet("Timeline"), annotation)
    _run(book, annotation)
    header_rows = {actions.title: _header_row(annotation), summary.title: 0}
    for sheet in book.worksheets:
        set_up_page(sheet, header_rows.get(sheet.title, 1))
    save(book, path)


def _header_row(annotation: Annotation) -> int:
    """Return the row of Actions with the names of the columns: the first, or below the caution."""
    return 2 if annotation.caution else 1


def _actions(book: Workbook, annotation: Annotation) -> Worksheet:
    sheet, top = book.create_sheet("Actions"), _header_row(annotation)
    names = header(annotation)
    clock = {names.index("start"): names.index("start_s"), names.index("end"): names.index("end_s")}
    lines = (
        [_day(row[clock[index]]) if index in clock else cell for index, cell in enumerate(row)]
        for row in rows(annotation)
    )
    fill_table(sheet, names, lines, top=top)
    set_widths(sheet, [_WIDTHS.get(name, 12) for name in names])
    shape_columns(sheet, names, _FORMATS, _CENTRED, top)
    _hide_found_labels(sheet, annotation, top, len(names) + 1)
    # With the hidden column: sorting moves what lies within.
    sheet.auto_filter.ref = f"A{top}:{sheet.cell(sheet.max_row, sheet.max_column).coordinate}"
    _add_bars(sheet, names, top + 1)
    if annotation.caution:
        put_caution(sheet["A1"], annotation.caution)
        _grey_unsure(sheet, names, top + 1)
    return sheet


def _hide_found_labels(sheet: Worksheet, annotation: Annotation, top: int, column: int) -> None:
    """Keep the label that the model gave each event in a hidden column, which a person does not correct."""
    found = [[found_text(event)] for event in annotation]
    if any(text for (text,) in found):
        fill_table(sheet, [FOUND_LABEL], found, left=column, top=top)
        sheet.column_dimensions[sheet.cell(top, column).column_letter].hidden = True


def _day(seconds: Cell) -> Cell:
    return seconds / DAY if isinstance(seconds, int | float) else seconds


def _link_clips(sheet: Worksheet, annotation: Annotation, folder: Path) -> None:
    """Link each clip, relative to the workbook's folder, so that both can be moved together."""
    column = len(header(annotation))
    for row, clip in enumerate(annotation.clips, start=_header_row(annotation) + 1):
        if clip is not None:
            cell = sheet.cell(row, column)
            cell.hyperlink = media_url(relative_path(clip, folder))
            cell.style = "Hyperlink"


def _add_bars(sheet: Worksheet, names: Sequence[str], first: int) -> None:
    """Draw each confidence as a bar from 0 to 1 behind its number, from the row `first` on."""
    from openpyxl.formatting.rule import DataBarRule

    for name in _CONFIDENCES:
        ends = {"start_type": "num", "start_value": 0, "end_type": "num", "end_value": 1}
        # Without the lengths a bar of 0 fills a tenth of the cell, and one of 1 nine tenths.
        bar = DataBarRule(**ends, color="9DC3E6", minLength=0, maxLength=100)
        sheet.conditional_formatting.add(_cells(sheet, names, name, first), bar)


def _grey_unsure(sheet: Worksheet, names: Sequence[str], first: int) -> None:
    """Show low confidences in grey italics, from the row `first` on."""
    from openpyxl.formatting.rule import CellIsRule
    from openpyxl.styles import Font

    for name in _CONFIDENCES:
        rule = CellIsRule("lessThan", [f"{UNSURE:g}"], font=Font(italic=True, color=_GREY))
        sheet.conditional_formatting.add(_cells(sheet, names, name, first), rule)


def _cells(sheet: Worksheet, names: Sequence[str], name: str, first: int) -> str:
    """Return the cells of a column from the row `first` on, as a formula names them."""
    from openpyxl.utils import get_column_letter

    column = get_column_letter(names.index(name) + 1)
    return f"{column}{first}:{column}{max(first, sheet.max_row)}"


def _colour_labels(sheet: Worksheet, annotation: Annotation) -> None:
    """Colour each label as Summary does, and offer the labels in a drop-down list.

    The rules refer to cells of Summary, so that a corrected label changes its colour, and labels with
    quotes in them need no escaping.
    """
    from openpyxl.formatting.rule import CellIsRule
    from openpyxl.styles import Font, PatternFill
    from openpyxl.worksheet.datavalidation import DataValidation

    labels = annotation.all_labels()
    if not labels:
        return
    span = _cells(sheet, header(annotation), "label", _header_row(annotation) + 1)
    for row, label in enumerate(labels, start=2):
        ground, ink = look(label_colour(label, labels))
        fill, font = PatternFill(bgColor=ground), Font(color=ink)
        rule = CellIsRule("equal", [f"Summary!$A${row}"], fill=fill, font=font)
        sheet.conditional_formatting.add(span, rule)
    drop_down = DataValidation("list", formula1=f"Summary!$A$2:$A${len(labels) + 1}", allow_blank=True)
    drop_down.showErrorMessage = False
    drop_down.add(span)
    sheet.add_data_validation(drop_down)


def _summary(book: Workbook, annotation: Annotation, statistics: Statistics) -> Worksheet:
    """Fill the sheet of totals: by label on the left, by player beside it, charts, and all totals below."""
    sheet = book.create_sheet("Summary")
    labels = annotation.all_labels()
    fill_table(sheet, ("label", "count", "total_s", "mean_s"), per_label(statistics.totals))
    set_widths(sheet, (20, 14, 18, 12, 9))
    for row, label in enumerate(labels, start=2):
        paint(sheet.cell(row, 1), label_colour(label, labels))
    players = per_player(annotation)
    fill_table(sheet, ("player", "team", "events", "total_s", *labels), players, left=6)
    label_widths = (max(8, min(24, len(label) + 2)) for label in labels)
    set_widths(sheet, (14, 16, 12, 12, *label_widths), left=6)
    for column in (3, 4, 9):
        for (cell,) in sheet.iter_rows(min_row=2, min_col=column, max_col=column):
            cell.number_format = DECIMALS
    if labels:
        below = sheet.max_row + 2
        num_rows = add_label_chart(sheet, labels, f"A{below}")
        if players:
            num_rows = max(num_rows, add_player_chart(sheet, labels, len(players), 6, f"H{below}"))
        add_totals(sheet, statistics.totals, below + num_rows + 1)
    # The header of the first tables would be wrong above the last one.
    sheet.freeze_panes = None
    return sheet


def _run(book: Workbook, annotation: Annotation) -> None:
    from openpyxl.styles import Alignment

    sheet = book.create_sheet("Run")
    fill_table(sheet, ("what", "value"), run_facts(annotation).items())
    set_widths(sheet, (28, 90))
    for _, cell in sheet.iter_rows(min_row=2, max_col=2):
        cell.alignment = Alignment(wrap_text=True, vertical="top")
