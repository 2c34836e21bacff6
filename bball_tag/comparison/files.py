"""The files of a comparison: figures as JSON, differences as CSV, both as a workbook, and the page."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bball_tag.annotations.escaping import escape_formula
from bball_tag.annotations.sheets import DECIMALS, fill_table, put, save, set_up_page, set_widths
from bball_tag.annotations.table import Cell
from bball_tag.backups import replacing_edited
from bball_tag.checks import as_path
from bball_tag.comparison.as_json import as_json
from bball_tag.comparison.differences import Difference
from bball_tag.comparison.figures import Figures, LabelFigures
from bball_tag.comparison.page import write_page
from bball_tag.errors import OptionError
from bball_tag.events.average_precision import COARSE_IOUS, FINE_IOUS, LOOSE_S, TIGHT_S
from bball_tag.files import check_output
from bball_tag.timecode import format_time

if TYPE_CHECKING:
    from bball_tag.comparison.result import Comparison

COLUMNS = (
    *("kind", "game", "label", "player", "team", "start_s", "end_s", "start", "end", "period", "clock"),
    *("confidence", "why", "instead", "instead_player", "instead_start_s", "instead_end_s", "iou"),
)
_WIDTHS = (13, 24, 16, 12, 14, 10, 10, 14, 14, 8, 9, 12, 13, 16, 15, 15, 15, 8)
_FIGURES = ("players", "label", "true", "found", "precision 0.5", "recall 0.5", "F1 0.5", "F1 0.25", "F1 0.1")
_MEANS = {
    "AP 0.3:0.1:0.7": COARSE_IOUS,
    "AP 0.5:0.05:0.95": FINE_IOUS,
}
_SPOTS = {"spot AP 1 to 5 s": TIGHT_S, "spot AP 5 to 60 s": LOOSE_S}
_OVERALL = ("edit score", "frame accuracy")


def write_comparison(
    comparison: Comparison, paths: Sequence[str | Path], *, overwrite: bool = False
) -> list[Path]:
    """Write files by their suffixes, and return their paths; all are checked before the first is written.

    A file that is replaced and that a person edited, as the truth itself, is kept as a backup.

    Raises:
        BballTagError: A suffix is unknown, or a file cannot be written.
    """
    targets = check_files(paths, overwrite=overwrite)
    for path in targets:
        with replacing_edited(path) as draft:
            _WRITERS[path.suffix.lower()](comparison, draft)
    return targets


def check_files(paths: Sequence[str | Path], *, overwrite: bool = False) -> list[Path]:
    """Return the paths, unless one could not be written later.

    Raises:
        BballTagError: A suffix is unknown, or a file cannot be written.
    """
    targets = [as_path("path", path) for path in paths]
    for path in targets:
        if path.suffix.lower() not in _WRITERS:
            raise OptionError(
                f"Cannot write {path}: a comparison is written as {', '.join(_WRITERS)}. Change the suffix."
            )
        check_output(path, overwrite=overwrite)
    return targets


def _write_json(comparison: Comparison, path: Path) -> None:
    text = json.dumps(as_json(comparison), ensure_ascii=False, allow_nan=False, indent=1)
    # JSON can carry half of a surrogate pair, which is not a character: it becomes a question mark.
    path.write_text(f"{text}\n", encoding="utf-8", errors="replace")


def _write_csv(comparison: Comparison, path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8", errors="replace") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for one in comparison.differences:
            writer.writerow([escape_formula(cell) if isinstance(cell, str) else cell for cell in _row(one)])


def _write_xlsx(comparison: Comparison, path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    book.properties.creator = "bball-tag"
    figures = book.create_sheet("Figures")
    lines = list(_figure_rows(comparison))
    fill_table(figures, (*_FIGURES, *_MEANS, *_SPOTS, *_OVERALL), lines)
    set_widths(figures, (10, 18, *(12 for _ in range(7)), *(18 for _ in range(6))))
    for row in figures.iter_rows(min_row=2, min_col=5):
        for cell in row:
            cell.number_format = DECIMALS
    for number, text in enumerate([*comparison.cautions, *comparison.notes], start=len(lines) + 4):
        put(figures.cell(number, 1), text)
    differences = book.create_sheet("Differences")
    fill_table(differences, COLUMNS, map(_row, comparison.differences))
    set_widths(differences, _WIDTHS)
    differences.auto_filter.ref = differences.dimensions
    for sheet in book.worksheets:
        set_up_page(sheet)
    save(book, path)


def _figure_rows(comparison: Comparison) -> Iterator[list[Cell]]:
    for name, figures in (("with", comparison.with_players), ("without", comparison.without_players)):
        if figures is not None:
            yield from _rows_of(name, figures)


def _rows_of(name: str, figures: Figures) -> Iterator[list[Cell]]:
    every: list[tuple[str, LabelFigures | Figures]] = [*figures.labels.items(), ("all", figures)]
    for label, one in every:
        match = one.matches[0.5]
        overall = (figures.edit, figures.frame_accuracy) if one is figures else (None, None)
        yield [
            name,
            label,
            match.num_true,
            match.num_found,
            match.precision,
            match.recall,
            *(one.matches[iou].f1 for iou in (0.5, 0.25, 0.1)),
            *(one.mean_precision(ious) for ious in _MEANS.values()),
            *(one.mean_spot_precision(seconds) for seconds in _SPOTS.values()),
            *overall,
        ]


def _row(one: Difference) -> list[Cell]:
    event, other = one.event, one.instead
    instead: tuple[Cell, ...] = (None,) * 5
    if other is not None:
        times = round(other.start, 3), round(other.end, 3)
        instead = other.label, other.player, *times, round(one.overlap, 3)
    return [
        *(one.kind, one.game, event.label, event.player, event.team),
        *(round(event.start, 3), round(event.end, 3), format_time(event.start), format_time(event.end)),
        *(*one.game_clock, round(event.confidence, 3) if one.is_found else None, one.why, *instead),
    ]


_WRITERS: dict[str, Callable[[Comparison, Path], None]] = {
    ".json": _write_json,
    ".csv": _write_csv,
    ".xlsx": _write_xlsx,
    ".html": write_page,
}
