"""Corrected tables with the games that they are about."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.format_files import on_our_clock, read_annotation
from bball_tag.annotations.game_files import of_file, of_video
from bball_tag.annotations.limits import check_end
from bball_tag.errors import OptionError
from bball_tag.learning.games import Game, open_game, video_of
from bball_tag.video.info import VideoInfo
from bball_tag.video.video import Video

log = logging.getLogger("bball_tag")


@dataclass(frozen=True, slots=True)
class Table:
    """A corrected table, and the game that it is about: of a game in several files, one of these."""

    path: Path
    annotation: Annotation
    game: Game


def open_tables(paths: Sequence[Path], videos: Sequence[Path], stores: Sequence[Path]) -> list[Table]:
    """Read tables, and find the stored clips of their games.

    Args:
        paths: The tables. One of a game in several files becomes a table for each of its files.
        videos: The video of each, or one for all; none takes those that the tables name.
        stores: The store of each, or one for all; none looks for them.

    Raises:
        BballTagError: A table, a video or a store cannot be read, or there are not as many as tables.
    """
    if not paths:
        raise OptionError("Name the tables that were corrected.")
    opened: dict[tuple[Path, Path | None], Game] = {}
    tables = []
    given = zip(paths, _one_each("video", videos, paths), _one_each("scores", stores, paths), strict=True)
    for path, video, store in given:
        info = None if video is None else Video(video).info
        annotation = read_annotation(path, fps=info.fps if info else None, times=info.times if info else None)
        for part in _parts(annotation, info):
            place = video if video is not None else video_of(path, part)
            key = place.resolve(), store
            if key not in opened:
                opened[key] = open_game(place, store, path)
            tables.append(_table(path, part, opened[key]))
    return tables


def _parts(annotation: Annotation, video: VideoInfo | None) -> list[Annotation]:
    """Return an annotation; of a game in several files what is of that video, or else of each file."""
    if video is not None or not annotation.files:
        return [annotation if video is None else of_video(annotation, video)]
    return [of_file(annotation, index) for index in range(len(annotation.files))]


def _table(path: Path, annotation: Annotation, game: Game) -> Table:
    annotation = on_our_clock(annotation, path, None, game.video.info.starts)
    check_end(annotation.events, game.video.info)
    log.info("%s: %s, features in %s.", path.name, game.video.path.name, game.store.name)
    return Table(path, replace(annotation, video=game.video.info), game)


def _one_each(name: str, given: Sequence[Path], tables: Sequence[Path]) -> Sequence[Path | None]:
    if len(given) not in (0, 1, len(tables)):
        raise OptionError(
            f"There are {len(tables)} tables and {len(given)} times --{name}: give it once, or once for each "
            "table, in their order."
        )
    return [given[0]] * len(tables) if len(given) == 1 else given or [None] * len(tables)
