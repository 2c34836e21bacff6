"""Read a play-by-play feed that a person brings."""

from __future__ import annotations

import logging
from collections import Counter
from pathlib import Path

from bball_tag.annotations.cells import Columns, TableRow, find_columns
from bball_tag.errors import FeedError
from bball_tag.faults import Faults, FormError
from bball_tag.files import why
from bball_tag.game_time import QUARTERS, parse_game_clock, period_number
from bball_tag.json_files import as_object, parse_json
from bball_tag.play_by_play.feed import (
    Draft,
    Feed,
    FeedName,
    FeedRow,
    Kind,
    in_game_order,
    kind_of_words,
    result_of_words,
    wall_seconds,
)
from bball_tag.play_by_play.json_feeds import fiba_feed, is_fiba, is_nba, nba_feed
from bball_tag.text_files import at_most, opened_text, read_text, table_rows
from bball_tag.timecode import counted

log = logging.getLogger("bball_tag")
_NEEDED = ("period", "clock", "event")


def read_feed(path: Path, regular: int = QUARTERS) -> Feed:
    """Read the NBA's live play-by-play, FIBA LiveStats' data, or a CSV of period, clock, team, player, event.

    Args:
        path: The file; what it holds says what it is.
        regular: Periods of a game without overtime: 4, or 2 halves.

    Raises:
        FeedError: It is none of these, or rows are invalid; it names them.
    """
    if not path.exists():
        raise FeedError(f"Cannot read the feed {path}: there is no such file.")
    try:
        feed = _read(path, regular)
    except (FormError, OSError) as error:
        raise FeedError(f"Cannot read the feed {path}: {why(error)}.") from error
    if feed.unknown:
        kinds = ", ".join(f"{name} ({count})" for name, count in feed.unknown.most_common(10))
        log.warning("%s has rows of kinds that are not known, which were skipped: %s.", path.name, kinds)
    if not feed.rows:
        raise FeedError(
            f"Cannot use the feed {path}: it has no shot, free throw, block, assist or turnover "
            f"({counted(sum(feed.others.values()), 'row')} of other kinds)."
        )
    return feed


def _read(path: Path, regular: int) -> Feed:
    text = read_text(path)
    if not text.lstrip().startswith(("{", "[")):
        return _csv_feed(path, regular)
    document = as_object(parse_json(text))
    if is_nba(document):
        return nba_feed(document)
    if is_fiba(document):
        return fiba_feed(document, regular)
    raise FormError(
        "it is JSON, but neither the NBA's live play-by-play (game.actions) nor FIBA LiveStats' data (pbp)"
    )


def _csv_feed(path: Path, regular: int) -> Feed:
    faults, drafts = Faults(), list[Draft]()
    others, unknown = Counter[str](), Counter[str]()
    name: FeedName = "csv"
    with opened_text(path) as file:
        divider, rows = table_rows(file)
        _, names = next(rows, (1, []))
        columns = find_columns(names, lambda row, index: f"line {row}", comma=divider != ",")
        _check_columns(columns, names)
        for line, cells in at_most(rows):
            row = TableRow(cells, line, columns, faults)
            kind = kind_of_words(row.text("event"))
            if kind is None or kind == "other":
                (unknown if kind is None else others)[row.text("event").strip()[:40] or "(empty)"] += 1
            elif (read := _csv_row(row, kind, regular)) is not None:
                drafts.append(Draft(read))
    faults.check()
    return Feed(name, in_game_order(drafts), others, unknown)


def _check_columns(columns: Columns, names: list[str]) -> None:
    if columns.twice:
        raise FormError(f"two columns are called {columns.twice[0]!r}: rename or delete one")
    if missing := [name for name in _NEEDED if name not in columns.indices]:
        raise FormError(
            f"its first line has no column {missing[0]!r}: a feed has period, clock, team, player and event, "
            f"and this one {', '.join(names[:8]) or 'nothing'}"
        )


def _csv_row(row: TableRow, kind: Kind, regular: int) -> FeedRow | None:
    """Return what a line says; None where a cell is at fault."""
    period, clock, wall = 0, -1.0, None
    try:
        period = period_number(row.text("period"), regular=regular)
    except FormError as error:
        row.fault("period", str(error))
    try:
        clock = parse_game_clock(row.text("clock"))
    except FormError as error:
        row.fault("clock", str(error))
    if row.has("wall_clock"):
        try:
            wall = wall_seconds(row.text("wall_clock"))
        except FormError as error:
            row.fault("wall_clock", str(error))
    if not period or clock < 0:
        return None
    event = row.text("event").strip()
    team, player = row.text("team").strip(), row.text("player").strip()
    result = result_of_words(event) if kind in ("shot", "free throw") else ""
    return FeedRow(row.number, period, clock, kind, team, player, event, result, wall)
