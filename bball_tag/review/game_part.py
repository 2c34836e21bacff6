"""A video that is one file of a game in several, whose table is about all of them."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bball_tag.annotations import read_annotation
from bball_tag.annotations.formats import FORMATS
from bball_tag.annotations.game_file_json import from_json
from bball_tag.annotations.game_files import GameFile, number_of_video
from bball_tag.annotations.stamps import moved_period
from bball_tag.annotations.video_names import file_names_of_videos
from bball_tag.annotations.workbook_reader import files_in_workbook
from bball_tag.errors import BballTagError
from bball_tag.faults import FormError
from bball_tag.game_time import Period
from bball_tag.json_files import as_list, as_object, load_json
from bball_tag.video.video import Video

log = logging.getLogger("bball_tag")


def part_beside(video: Video, table: Path) -> Path:
    """Return the name beside which the judgements of one file of a game are kept, as its scores are.

    Raises:
        BballTagError: The table is about a game in several files, and the video is none of them.
    """
    files, name = files_of(table), video.path.name
    if files:
        name = file_names_of_videos([file.path for file in files])[number_of_video(files, video.info)]
    return table.with_name(f"{table.stem}.{name}")


def tables_of_game(video: Video, base: Path) -> Iterator[Path]:
    """Yield the files that may be the table of a game, given what one of its videos is judged beside."""
    stem, suffix = map(re.escape, (video.path.stem, video.path.suffix))
    # Recordings of one name are numbered.
    if ending := re.search(rf"\.{stem}( [0-9]+)?{suffix}$", base.name):
        game = base.name[: ending.start()]
        tables = (base.with_name(game + kind.suffix) for kind in FORMATS.values() if kind.read)
        yield from (table for table in tables if table.is_file())


def files_of(table: Path) -> tuple[GameFile, ...]:
    """Return the files of the game that a table is about; none where it is about one video."""
    # Whoever reads its events says what is wrong with it.
    with suppress(BballTagError, FormError, OSError, ValueError):
        if table.suffix.lower() == ".json":
            listed = as_list(as_object(load_json(table)).get("files", []))
            return tuple(from_json(as_object(one)) for one in listed)
        if table.suffix.lower() == ".xlsx":
            return files_in_workbook(table)
        with _quiet():
            return tuple(read_annotation(table).files)
    return ()


def periods_of(video: Video, table: Path) -> tuple[Period, ...]:
    """Return the periods of a game in several files, in seconds of one of them; the first may begin before 0.

    Raises:
        BballTagError: The table cannot be read, or the video is none of its files.
    """
    with _quiet():
        whole = read_annotation(table)
    file = whole.files[number_of_video(whole.files, video.info)]
    return tuple(
        moved_period(period, -file.start)
        for period in whole.periods
        if period.start < file.end and period.end > file.start
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Log nothing about a table that is read again: the log has it from the first time."""

    def says_nothing(record: logging.LogRecord) -> bool:
        return False

    log.addFilter(says_nothing)
    try:
        yield
    finally:
        log.removeFilter(says_nothing)
