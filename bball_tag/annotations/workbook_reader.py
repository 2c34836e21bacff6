"""Read events from a workbook, ours or one that a person edited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.cells import Columns, TimeCell, Unusable, Value, find_columns
from bball_tag.annotations.game_files import GameFile
from bball_tag.annotations.periods import PERIODS, periods_in_sheet
from bball_tag.annotations.players_sheet import PLAYERS, read_players
from bball_tag.annotations.reviewed import REVIEWED, Reviewed, is_table, read_reviewed
from bball_tag.annotations.run_sheet import annotation_of
from bball_tag.annotations.stamps import stamped
from bball_tag.annotations.table_reader import TableFacts, read_events
from bball_tag.annotations.workbook_cells import Sheets, cell_names, opened_workbook
from bball_tag.faults import Faults, FormError
from bball_tag.text_files import HEAD_ROWS
from bball_tag.timecode import LONGEST_S, format_time
from bball_tag.video.frame_times import FrameTimes

if TYPE_CHECKING:
    from bball_tag.players.identify import Player

_RUN, _SUMMARY = "Run", "Summary"


def read_xlsx(path: Path, fps: Fraction, times: FrameTimes | None = None) -> Annotation:
    """Read the sheet Actions, or else the first sheet with its columns, and Players, Reviewed and Run.

    `times` says when the frames are shown, where the rate varies.

    Raises:
        FormError: It is invalid; all cells at fault are named.
    """
    faults = Faults()
    with opened_workbook(path) as sheets:
        known = annotation_of(_facts(sheets), fps)
        name, columns, first = _find_table(sheets)
        facts = TableFacts(known.video.fps, known.video.duration, times, _labels(sheets))
        players: Sequence[Player] = ()
        if PLAYERS in sheets.names:
            players = read_players(sheets.rows(PLAYERS), cell_names(PLAYERS), faults)
        reviewed = _reviewed(sheets, faults)
        periods = (periods_in_sheet(sheets, PERIODS, faults) or ()) if PERIODS in sheets.names else ()
        width = 1 + max(columns.indices.values())
        events, fps = read_events(sheets.rows(name, first, width), columns, facts, faults)
    video = replace(known.video, fps=fps)
    return stamped(
        replace(known, events=events, video=video, players=players, reviewed=reviewed, periods=periods)
    )


def _reviewed(sheets: Sheets, faults: Faults) -> tuple[Reviewed, ...]:
    """Return the spans of the sheet Reviewed, which a person may have added."""
    title = next((name for name in sheets.names if name.strip().lower() == REVIEWED.lower()), None)
    if title is None:
        return ()
    rows = sheets.rows(title)
    for _, names in takewhile(lambda row: row[0] <= HEAD_ROWS, rows):
        columns = find_columns(names, cell_names(title))
        if is_table(columns):
            return read_reviewed(rows, columns, faults)
    if any(True for _ in sheets.rows(title)):
        faults.add(f"the sheet {title} lacks the columns start_s and end_s in one of its first rows")
    return ()


def _find_table(sheets: Sheets) -> tuple[str, Columns, int]:
    """Return the sheet of events, where its columns are, and its first row after their names."""
    for name in sorted(sheets.names, key=lambda name: name.strip().lower() != "actions"):
        for number, row in takewhile(lambda row: row[0] <= HEAD_ROWS, sheets.rows(name)):
            columns = find_columns(row, cell_names(name))
            if columns.usable:
                return name, columns, number + 1
    raise FormError(
        f"none of its sheets ({', '.join(sheets.names)[:200]}) has the columns start_s, end_s and label "
        "(or start and end) in one of its first rows"
    )


def files_in_workbook(path: Path) -> tuple[GameFile, ...]:
    """Return the files of a game that a workbook is about; none where it is about one video.

    Raises:
        FormError: It is not a workbook, or a damaged one.
    """
    with opened_workbook(path) as sheets:
        return tuple(annotation_of(_facts(sheets), Fraction(1)).files)


def _facts(sheets: Sheets) -> Mapping[str, str]:
    """Return the names and values of the sheet Run, if it exists."""
    if _RUN not in sheets.names:
        return {}
    rows = ((_fact(name), _fact(value)) for _, (name, value) in sheets.rows(_RUN, 2, 2))
    return {name: value for name, value in rows if name and value}


def _fact(value: Value) -> str:
    """Return a cell as text; a person who types a length may get a time."""
    if isinstance(value, TimeCell):
        return format_time(value.seconds) if 0 <= value.seconds <= LONGEST_S else ""
    return "" if value is None or isinstance(value, Unusable) else str(value)


def _labels(sheets: Sheets) -> tuple[str, ...]:
    """Return the labels that there were when the workbook was written: the first column of Summary."""
    if _SUMMARY not in sheets.names:
        return ()
    column = [row[0] for _, row in sheets.rows(_SUMMARY, 1, 1)]
    if column[:1] != ["label"]:
        return ()
    return tuple(str(label) for label in takewhile(lambda label: label is not None, column[1:]))
