"""Write an alignment: CSV, a workbook, or JSON."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bball_tag.annotations.escaping import escape_formula, path_text
from bball_tag.annotations.sheets import DECIMALS, fill_table, save, set_widths, shape_columns
from bball_tag.backups import replacing_edited
from bball_tag.errors import OptionError
from bball_tag.files import check_output
from bball_tag.json_files import dump
from bball_tag.play_by_play import report

if TYPE_CHECKING:
    from bball_tag.play_by_play.align import Alignment

KIND, VERSION = "bball-tag alignment", 1
_SHARES, _CENTRED = ("confidence", "sureness"), ("period", "clock", "team", "kind", "status", "label")
_WIDTHS = (9, 8, 9, 8, 20, 34, 12, 11, 10, 13, 10, 10, 12, 10, 10, 13, 12, 11, 10, 60)


def write_alignment(alignment: Alignment, path: Path, *, overwrite: bool = False) -> None:
    """Write a file, which appears whole or not at all; its suffix picks the format.

    A file that is replaced and that a person edited, as the table of events itself, is kept as a backup.

    Raises:
        OptionError: The suffix is none of .csv, .xlsx and .json.
        BballTagError: The file cannot be written.
    """
    write = writer_for(path)
    check_output(path, overwrite=overwrite)
    with replacing_edited(path) as draft:
        write(alignment, draft)


def writer_for(path: Path) -> Callable[[Alignment, Path], None]:
    """Return what writes a file of that suffix; OptionError if it is none of .csv, .xlsx and .json."""
    writers = {".csv": _write_csv, ".xlsx": _write_xlsx, ".json": _write_json}
    if path.suffix.lower() not in writers:
        raise OptionError(f"An alignment is written as {', '.join(writers)}, not as {path.name}.")
    return writers[path.suffix.lower()]


def _write_csv(alignment: Alignment, path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8", errors="replace") as file:
        table = csv.writer(file)
        table.writerow(report.COLUMNS)
        for row in report.rows(alignment):
            table.writerow([escape_formula(cell) if isinstance(cell, str) else cell for cell in row])


def _write_xlsx(alignment: Alignment, path: Path) -> None:
    from openpyxl import Workbook

    decimals = [name for name in report.COLUMNS if name.endswith("_s") or name in _SHARES]
    book = Workbook()
    book.active.title = "Rows"
    fill_table(book.active, report.COLUMNS, report.rows(alignment))
    book.active.auto_filter.ref = book.active.dimensions
    set_widths(book.active, _WIDTHS)
    shape_columns(book.active, report.COLUMNS, dict.fromkeys(decimals, DECIMALS), _CENTRED)
    sheets = (
        ("Counts", report.COUNT_COLUMNS, report.counts(alignment), (14, *(10,) * 6)),
        ("Players", report.PLAYER_COLUMNS, report.per_player(alignment), (22, 10, 12, 10, 8, 10, 10)),
        ("Clocks", ("what", "how"), report.facts(alignment).items(), (18, 110)),
    )
    for name, columns, lines, widths in sheets:
        sheet = book.create_sheet(name)
        fill_table(sheet, columns, lines)
        set_widths(sheet, widths)
    save(book, path)


def _write_json(alignment: Alignment, path: Path) -> None:
    clocks = alignment.clocks
    lines = [dict(zip(report.COLUMNS, row, strict=True)) for row in report.rows(alignment)]
    document: dict[str, Any] = {
        "format": KIND,
        "format_version": VERSION,
        "video": path_text(alignment.annotation.video.path),
        "feed": alignment.feed.name,
        "lag_s": round(clocks.lag.seconds, 3) if clocks.periods else None,
        "offset_s": None if clocks.offset is None else round(clocks.offset.seconds, 3),
        "offset_is_sure": None if clocks.offset is None else clocks.offset.is_sure,
        "clocks": report.facts(alignment),
        "counts": [dict(zip(report.COUNT_COLUMNS, row, strict=True)) for row in report.counts(alignment)],
        "rows": [line for line in lines if line["status"] != report.EXTRA],
        "extra": [line for line in lines if line["status"] == report.EXTRA],
    }
    with path.open("w", encoding="utf-8", errors="replace") as file:
        dump(document, file)
