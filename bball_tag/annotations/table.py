"""Events as rows of one table, whose columns CSV, the workbook and the DataFrame share; the CSV file."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.escaping import escape_formula, path_text
from bball_tag.annotations.game_files import GameFile, file_at
from bball_tag.events import Event
from bball_tag.game_time import format_game_clock
from bball_tag.timecode import format_time

if TYPE_CHECKING:
    from pandas import DataFrame

    from bball_tag.video.info import VideoInfo

Cell = str | int | float | None
_CELLS: dict[str, Callable[[Event, VideoInfo], Cell]] = {
    "start_s": lambda event, video: round(event.start, 3),
    "end_s": lambda event, video: round(event.end, 3),
    "start": lambda event, video: format_time(event.start),
    "end": lambda event, video: format_time(event.end),
    "start_frame": lambda event, video: video.frame_at(event.start) if video.fps else None,
    "end_frame": lambda event, video: video.frame_at(event.end) if video.fps else None,
    "label": lambda event, video: event.label,
    "confidence": lambda event, video: round(event.confidence, 3),
    "peak_confidence": lambda event, video: round(event.peak_confidence, 3),
    "peak_s": lambda event, video: round(event.peak, 3),
    "num_clips": lambda event, video: event.num_clips,
    "player": lambda event, video: event.player,
    "team": lambda event, video: event.team,
}
"""The cell of each column, given an event and what is known of its video."""
COLUMNS = tuple(_CELLS)
GAME_COLUMNS = ("period", "clock", "clock_within_s")
"""Follow these, if an event has a game time: the clock when it began, and how wrong it may be."""
FILE_COLUMNS = ("file", "file_s")
"""Follow, if the game has several files: in which the event begins, and when there. A file is called by its
name; where several have that, by its path."""
REMARK_COLUMN = "remark"
"""Follows, if an event has a remark."""
CLIP_COLUMN = "clip"
"""The last column, if clips were made."""
FOUND_LABEL = "found_label"
"""A hidden column of workbooks, with the label that the model gave: a person corrects the one in `label`."""
_FOUND = re.compile(r"(.*) \(peak ([0-9]+\.[0-9]{3}) s\)", re.DOTALL)
_TYPES = {
    **dict.fromkeys(("start_s", "end_s", "confidence", "peak_confidence", "peak_s"), "float64"),
    **dict.fromkeys(("start", "end"), "timedelta64[ns]"),
    **dict.fromkeys(("start_frame", "end_frame"), "Int64"),
    **dict.fromkeys(
        ("label", "player", "team", "period", "clock", "file", REMARK_COLUMN, CLIP_COLUMN), "string"
    ),
    **dict.fromkeys(("clock_within_s", "file_s"), "float64"),
    "num_clips": "int64",
}
"""The pandas type of each column."""


def header(annotation: Annotation) -> tuple[str, ...]:
    """Return the names of the columns."""
    game = GAME_COLUMNS if any(event.game_time for event in annotation) else ()
    file = FILE_COLUMNS if annotation.files else ()
    remark = (REMARK_COLUMN,) if any(event.remark for event in annotation) else ()
    return (*COLUMNS, *game, *file, *remark, *((CLIP_COLUMN,) if annotation.clips else ()))


def rows(annotation: Annotation) -> Iterator[tuple[Cell, ...]]:
    """Yield the cells of each event, in the order of `header`; floats are meant to have three decimals.

    The clock columns hold milliseconds as text; frames are empty if the rate is unknown.
    """
    clips = annotation.clips or [None] * len(annotation)
    names = header(annotation)
    for event, clip in zip(annotation, clips, strict=True):
        cells = [cell(event, annotation.video) for cell in _CELLS.values()]
        cells += _game_cells(event) if GAME_COLUMNS[0] in names else []
        cells += _file_cells(event, annotation.files) if annotation.files else []
        cells += [event.remark or None] if REMARK_COLUMN in names else []
        cells += [path_text(clip) or None] if annotation.clips else []
        yield tuple(cells)


def _game_cells(event: Event) -> list[Cell]:
    at = event.game_time
    if at is None or at.clock is None:
        return [at.period if at else None, None, None]
    return [at.period, format_game_clock(at.clock), round(at.within, 1)]


def _file_cells(event: Event, files: Sequence[GameFile]) -> list[Cell]:
    file = file_at(files, event.start)
    is_only = sum(one.name == file.name for one in files) == 1
    return [(file.name if is_only else path_text(file.path)) or None, round(event.start - file.start, 3)]


def found_text(event: Event) -> str | None:
    """Return the cell of `FOUND_LABEL`, its row known by the peak; None for an event of a person."""
    return f"{event.label} (peak {event.peak:.3f} s)" if event.num_clips else None


def found_label(text: str, peak: float | None) -> str | None:
    """Return the label that the model gave; None if the cell is empty or of an event of another peak."""
    match = _FOUND.fullmatch(text)
    return match[1] if match and peak is not None and abs(float(match[2]) - peak) < 0.0015 else None


def as_dataframe(annotation: Annotation) -> DataFrame:
    """Return a pandas DataFrame: a row for each event, the columns typed as `_TYPES` says."""
    import pandas

    frame = pandas.DataFrame(list(rows(annotation)), columns=list(header(annotation)))
    for name in ("start", "end"):
        frame[name] = pandas.to_timedelta(frame[f"{name}_s"].astype("float64"), unit="s").dt.round("ms")
    return frame.astype({name: _TYPES[name] for name in frame.columns})


def write_csv(annotation: Annotation, file: TextIO) -> None:
    """Write RFC 4180 CSV with one header row; text cannot become a formula.

    There is no byte order mark: pandas and the shell would read it as a part of the first name.
    """
    writer = csv.writer(file)
    writer.writerow(header(annotation))
    for row in rows(annotation):
        writer.writerow(map(_csv_cell, row))


def _csv_cell(cell: Cell) -> Cell:
    if isinstance(cell, float):
        return f"{cell:.3f}"
    return escape_formula(cell) if isinstance(cell, str) else cell
