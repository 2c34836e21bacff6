"""The XLSX workbook that a coach opens first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.table import COLUMNS, Cell, neutral, rows
from bball_tag.timecode import format_time

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_WIDTHS = {"start": 13, "end": 13, "label": 16, "peak_confidence": 16, "player": 12, "team": 14}
_NUMBER_FORMATS = {
    "start_s": "0.000",
    "end_s": "0.000",
    "peak_s": "0.000",
    "confidence": "0.00",
    "peak_confidence": "0.00",
}


def write_xlsx(annotation: Annotation, path: Path) -> None:
    """Write the sheets Actions, Summary and Run."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    _actions(book, annotation)
    _summary(book, annotation)
    _run(book, annotation)
    book.save(path)


def _actions(book: Workbook, annotation: Annotation) -> None:
    sheet = book.create_sheet("Actions")
    _table(sheet, COLUMNS, rows(annotation), [_WIDTHS.get(name, 11) for name in COLUMNS])
    for place, name in enumerate(COLUMNS, start=1):
        if name in _NUMBER_FORMATS:
            for (cell,) in sheet.iter_rows(min_row=2, min_col=place, max_col=place):
                cell.number_format = _NUMBER_FORMATS[name]
    sheet.auto_filter.ref = sheet.dimensions


def _summary(book: Workbook, annotation: Annotation) -> None:
    seconds: dict[str, list[float]] = defaultdict(list)
    for event in annotation.events:
        seconds[event.label].append(event.end - event.start)
    order = [label for label in annotation.labels if label in seconds]
    order += sorted(set(seconds) - set(order))
    lines = [
        (
            neutral(label),
            len(seconds[label]),
            round(sum(seconds[label]), 3),
            round(sum(seconds[label]) / len(seconds[label]), 3),
        )
        for label in order
    ]
    _table(book.create_sheet("Summary"), ("label", "count", "total_s", "mean_s"), lines, (16, 10, 12, 12))


def _run(book: Workbook, annotation: Annotation) -> None:
    video, rules = annotation.video, annotation.rules
    facts = {
        "video": str(video.path),
        "picture": f"{video.width}x{video.height}",
        "frames per second": str(video.fps),
        "duration": format_time(video.duration),
        "checkpoint": annotation.checkpoint,
        "bball-tag": annotation.version,
        "threshold": f"{rules.threshold:g}",
        **{f"threshold of {label}": f"{value:g}" for label, value in sorted(rules.thresholds.items())},
        "release": f"{rules.release:g}",
        "shortest event (s)": f"{rules.min_duration:g}",
        "longest gap (s)": f"{rules.max_gap:g}",
        "labels not written": ", ".join(rules.background),
        **annotation.settings,
    }
    lines = [(neutral(name), neutral(value)) for name, value in facts.items()]
    _table(book.create_sheet("Run"), ("what", "value"), lines, (24, 70))


def _table(
    sheet: Worksheet, header: Sequence[str], lines: Iterable[Sequence[Cell]], widths: Sequence[float]
) -> None:
    """Fill a sheet with a bold, frozen header and typed cells; text stays text whatever it begins with."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    sheet.append(list(header))
    for line in lines:
        sheet.append(
            [
                ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", cell)
                if isinstance(cell, str)
                else cell
                for cell in line
            ]
        )
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for place, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.freeze_panes = "A2"
