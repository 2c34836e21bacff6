"""Events as rows of one table: the columns that CSV and the workbook share, and the CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import TextIO

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.escaping import escape_formula, path_text
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
CLIP_COLUMN = "clip"
"""Follows the others when clips were cut."""
Cell = str | int | float | None


def header(annotation: Annotation) -> tuple[str, ...]:
    """Return the names of the columns."""
    return (*COLUMNS, CLIP_COLUMN) if annotation.clips else COLUMNS


def rows(annotation: Annotation) -> Iterator[tuple[Cell, ...]]:
    """Yield the cells of each event, in the order of `header`; floats are meant to have three decimals.

    The clock columns hold milliseconds as text; frames are empty while the rate is unknown.
    """
    clips = annotation.clips or [None] * len(annotation.events)
    for event, clip in zip(annotation.events, clips, strict=True):
        cells = (*_times(event, annotation), *_findings(event))
        yield (*cells, path_text(clip) if clip else None) if annotation.clips else cells


def _times(event: Event, annotation: Annotation) -> tuple[Cell, ...]:
    fps = annotation.video.fps
    return (
        round(event.start, 3),
        round(event.end, 3),
        format_time(event.start),
        format_time(event.end),
        frame_at(event.start, fps) if fps else None,
        frame_at(event.end, fps) if fps else None,
    )


def _findings(event: Event) -> tuple[Cell, ...]:
    return (
        event.label,
        round(event.confidence, 3),
        round(event.peak_confidence, 3),
        round(event.peak, 3),
        event.num_clips,
        event.player,
        event.team,
    )


def write_csv(annotation: Annotation, file: TextIO) -> None:
    """Write RFC 4180 CSV with one header row, text neutralised.

    There is no byte order mark: pandas and the shell would take it for a part of the first name.
    """
    writer = csv.writer(file)
    writer.writerow(header(annotation))
    for row in rows(annotation):
        writer.writerow(map(_csv_cell, row))


def _csv_cell(cell: Cell) -> Cell:
    if isinstance(cell, float):
        return f"{cell:.3f}"
    return escape_formula(cell) if isinstance(cell, str) else cell
