"""A video that is one file of a game in several, whose table is about all of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from bball_tag.annotations import read_annotation
from bball_tag.annotations.formats import FORMATS
from bball_tag.annotations.game_file_json import from_json
from bball_tag.annotations.game_files import GameFile, file_number
from bball_tag.annotations.stamps import moved_period
from bball_tag.annotations.workbook_reader import files_in_workbook
from bball_tag.errors import BballTagError
from bball_tag.faults import FormError
from bball_tag.game_time import Period
from bball_tag.json_files import as_list, as_object, load_json
from bball_tag.video.video import Video


def part_beside(video: Video, table: Path) -> Path:
    """Return the name beside which the judgements of one file of a game are kept, as its scores are."""
    return table.with_name(f"{table.stem}.{video.path.name}")


def tables_of_game(video: Video, base: Path) -> Iterator[Path]:
    """Yield the files that may be the table of a game, given what one of its videos is judged beside."""
    ending = f".{video.path.name}"
    if base.name.endswith(ending):
        stem = base.name.removesuffix(ending)
        tables = (base.with_name(stem + kind.suffix) for kind in FORMATS.values() if kind.read)
        yield from (table for table in tables if table.is_file())


def files_of(table: Path) -> tuple[GameFile, ...]:
    """Return the files of the game that a table is about; none where it is about one video."""
    with suppress(BballTagError, FormError, OSError, ValueError):
        if table.suffix.lower() == ".json":
            listed = as_list(as_object(load_json(table)).get("files", []))
            return tuple(from_json(as_object(one)) for one in listed)
        if table.suffix.lower() == ".xlsx":
            return files_in_workbook(table)
    # Whoever reads its events says what is wrong with it. Other formats do not list files.
    return ()


def periods_of(video: Video, table: Path) -> tuple[Period, ...]:
    """Return the periods of a game in several files, in seconds of one of them; the first may begin before 0.

    Raises:
        BballTagError: The table cannot be read, or the video is none of its files.
    """
    whole = read_annotation(table)
    file = whole.files[file_number(whole.files, video.path.name)]
    return tuple(
        moved_period(period, -file.start)
        for period in whole.periods
        if period.start < file.end and period.end > file.start
    )
