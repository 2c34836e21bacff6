"""Read events from a CSV file, ours or one that a person edited."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from bball_tag.annotations.annotation import Annotation, in_order, little_known_video
from bball_tag.annotations.rows import Columns, Value, find_columns, read_event
from bball_tag.annotations.wording import original
from bball_tag.errors import AnnotationError
from bball_tag.events import Event

_DELIMITERS = ",;\t"


def read_csv(path: Path, fps: Fraction) -> Annotation:
    """Read a file in the form of `write_csv`; columns may be moved, and those not needed may be missing.

    Raises:
        AnnotationError: It makes no sense; a cell is named by line and column.
    """
    with path.open(newline="", encoding="utf-8-sig") as file:
        first = file.readline()
        # A spreadsheet of a country with a decimal comma saves with semicolons.
        delimiter = max(_DELIMITERS, key=first.count)
        file.seek(0)
        try:
            events = list(_events(csv.reader(file, delimiter=delimiter), fps))
        except csv.Error as error:
            raise AnnotationError(str(error)) from error
    return Annotation(little_known_video(fps=fps), in_order(events))


def _events(lines: Iterator[list[str]], fps: Fraction) -> Iterator[Event]:
    header: list[str] = next(lines, [])

    def cell_name(number: int, place: int) -> str:
        return f"line {number}, column {header[place]}"

    columns: Columns = find_columns(header, cell_name)
    if not columns.usable:
        raise AnnotationError(
            "it needs the columns start_s, end_s and label (or start and end) in its first line"
        )
    for number, line in enumerate(lines, start=2):
        row: list[Value] = [original(cell) for cell in line]
        if event := read_event(row, number, columns, fps):
            yield event
