"""The files of a game, found again by the columns `file` and `file_s` of a table of events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import mode

from bball_tag.annotations.cells import Columns, TableRow, Value
from bball_tag.annotations.game_files import GameFile
from bball_tag.faults import Faults
from bball_tag.video.info import TIME_TOLERANCE_S


def has_files(columns: Columns) -> bool:
    """Say whether a row of names is that of a table of a game in several files."""
    return {"file", "file_s", "start_s"} <= columns.indices.keys()


def read_files(
    lines: Iterable[tuple[int, Sequence[Value]]], columns: Columns, end: float
) -> tuple[GameFile, ...]:
    """Return the files that rows name, in order; none where all rows name the same one, or none.

    A file begins as long before an event as `file_s` says, and ends where the next one begins; the last one
    ends with its last event, as the table does not say more. A file without an event is only known by the
    time that it takes, and becomes one without a name, or a part of the file before.

    Args:
        lines: The rows after the names of the columns.
        columns: Where the columns are.
        end: When the last event ends, in seconds.
    """
    begins: dict[str, list[float]] = defaultdict(list)
    for number, cells in lines:
        # Reading its event names what is wrong in a row.
        row = TableRow(cells, number, columns, Faults())
        name, at, start = row.text_as_it_is("file"), row.quiet_number("file_s"), row.quiet_number("start_s")
        if name and at is not None and start is not None:
            begins[name].append(round(start - at, 3))
    # A person who moves an event may leave its `file_s`: most rows agree.
    starts = sorted((max(0.0, mode(times)), name) for name, times in begins.items())
    if starts and starts[0][0] > TIME_TOLERANCE_S:
        starts.insert(0, (0.0, ""))
    stops = [*(start for start, _ in starts[1:]), *(max(end, start) for start, _ in starts[-1:])]
    files = [
        GameFile(Path(name) if name else None, start, stop - start)
        for (start, name), stop in zip(starts, stops, strict=True)
    ]
    return tuple(files) if len(files) > 1 else ()
