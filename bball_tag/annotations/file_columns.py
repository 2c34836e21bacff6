"""The files of a game, found again by the columns `file` and `file_s` of a table of events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import accumulate
from pathlib import Path
from statistics import mode

from bball_tag.annotations.cells import Columns, TableRow, Value
from bball_tag.annotations.game_files import GameFile
from bball_tag.faults import Faults
from bball_tag.video.info import TIME_TOLERANCE_S

_MOVED_S = 10.0
"""A file that seems to begin later by less has events that were moved; by more, it is another recording."""


def has_files(columns: Columns) -> bool:
    """Say whether a row of names is that of a table of a game in several files."""
    return {"file", "file_s", "start_s"} <= columns.indices.keys()


def read_files(
    lines: Iterable[tuple[int, Sequence[Value]]], columns: Columns, end: float
) -> tuple[GameFile, ...]:
    """Return the files that rows name, in order; none where all rows name the same one, or none.

    Recordings of one name are several files where a later one begins after the events of those before it.
    A file begins as long before an event as `file_s` says, and ends where the next one begins; the last one
    ends with its last event, as the table does not say more. A file without an event is only known by the
    time that it takes, and becomes one without a name, or a part of the file before.

    Args:
        lines: The rows after the names of the columns.
        columns: Where the columns are.
        end: When the last event ends, in seconds.
    """
    rows: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for number, cells in lines:
        # Reading its event names what is wrong in a row.
        row = TableRow(cells, number, columns, Faults())
        name, at, start = row.text_as_it_is("file"), row.quiet_number("file_s"), row.quiet_number("start_s")
        if name and at is not None and start is not None:
            rows[name].append((start, round(start - at, 3)))
    # A person who moves an event may leave its `file_s`: most rows agree.
    starts = sorted(
        (max(0.0, mode(begins)), name) for name, mine in rows.items() for begins in _recordings(mine)
    )
    if starts and starts[0][0] > TIME_TOLERANCE_S:
        starts.insert(0, (0.0, ""))
    stops = [*(start for start, _ in starts[1:]), *(max(end, start) for start, _ in starts[-1:])]
    files = [
        GameFile(Path(name) if name else None, start, stop - start)
        for (start, name), stop in zip(starts, stops, strict=True)
    ]
    return tuple(files) if len(files) > 1 else ()


def _recordings(rows: Sequence[tuple[float, float]]) -> list[list[float]]:
    """Return when a file begins as each of its rows says, apart for each recording of its name.

    Args:
        rows: When each event begins, and when the file then begins, in seconds.
    """
    ordered = sorted(rows)
    # The earliest beginning of each row and those after it: one that was moved alone is among others.
    earliest = list(accumulate((begin for _, begin in reversed(ordered)), min))[::-1]
    recordings = [[ordered[0][1]]]
    for (before, _), (_, begin), least in zip(ordered, ordered[1:], earliest[1:], strict=False):
        if begin > recordings[-1][-1] + _MOVED_S and least >= max(before, begin - _MOVED_S):
            recordings.append([])
        recordings[-1].append(begin)
    return recordings
