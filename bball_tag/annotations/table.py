"""Events as rows of one table: the columns that CSV and the workbook share, and the CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from bball_tag.annotations.annotation import Annotation
from bball_tag.errors import AnnotationError
from bball_tag.events import Event
from bball_tag.timecode import format_time, frame_at

COLUMNS = (
    "start_s",
    "end_s",
    "start",
    "end",
    "start_frame",
    "end_frame",
    "label",
    "confidence",
    "peak_confidence",
    "peak_s",
    "num_clips",
    "player",
    "team",
)
Cell = str | int | float
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def rows(annotation: Annotation) -> Iterator[tuple[Cell, ...]]:
    """Yield the cells of each event, in the order of `COLUMNS`; times are rounded to milliseconds."""
    fps = annotation.video.fps
    for event in annotation.events:
        yield (
            round(event.start, 3),
            round(event.end, 3),
            format_time(event.start),
            format_time(event.end),
            frame_at(event.start, fps),
            frame_at(event.end, fps),
            neutral(event.label),
            round(event.confidence, 3),
            round(event.peak_confidence, 3),
            round(event.peak, 3),
            event.num_clips,
            neutral(event.player),
            neutral(event.team),
        )


def neutral(text: str) -> str:
    """Return `text` so that no spreadsheet takes it for a formula: with an apostrophe in front if need be."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def original(text: str) -> str:
    """Undo `neutral`."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def write_csv(annotation: Annotation, path: Path) -> None:
    """Write RFC 4180 CSV in UTF-8 with one header row."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in rows(annotation):
            writer.writerow(f"{cell:.3f}" if isinstance(cell, float) else cell for cell in row)


def read_csv(path: Path, fps: Fraction) -> list[Event]:
    """Read a file in the form of `write_csv`; columns may be moved, and those not needed may be missing.

    Raises:
        AnnotationError: It cannot be read; a cell that makes no sense is named by line and column.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            lines = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise AnnotationError(f"Cannot read events from {path}: {error}.") from error
    if not {"start_s", "end_s", "label"} <= set(reader.fieldnames or ()):
        raise AnnotationError(
            f"Cannot read events from {path}: it needs the columns start_s, end_s and label."
        )
    events = []
    for number, line in enumerate(lines, start=2):
        cells = {name: cell or "" for name, cell in line.items() if name}
        try:
            start, end = float(cells["start_s"]), float(cells["end_s"])
            events.append(
                Event(
                    label=original(cells["label"]),
                    start=start,
                    end=end,
                    confidence=float(cells.get("confidence") or 1),
                    peak_confidence=float(cells.get("peak_confidence") or 1),
                    peak=float(cells.get("peak_s") or start),
                    num_clips=int(cells.get("num_clips") or 0),
                    player=original(cells.get("player", "")),
                    team=original(cells.get("team", "")),
                )
            )
        except ValueError as error:
            raise AnnotationError(f"Cannot read events from {path}, line {number}: {error}.") from error
    return sorted(events, key=lambda event: event.start)
