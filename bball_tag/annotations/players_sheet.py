"""The sheet Players of a workbook: who was found, in whose kit, how surely and when; and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.cells import CellName, TableRow, Value, find_columns, is_blank
from bball_tag.annotations.charts import CLOCK, DAY
from bball_tag.annotations.sheets import DECIMALS, fill_table, paint, set_widths, shape_columns
from bball_tag.annotations.table import Cell
from bball_tag.faults import Faults, FormError
from bball_tag.palette import colour_of, hex_colour

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from bball_tag.players.identify import Player
    from bball_tag.players.tracks import Track

PLAYERS = "Players"
_COLUMNS = ("player", "team", "kit", "role", "sureness", "from", "to", "seen_s", "events")
_WIDTHS = (14, 16, 11, 10, 11, 13, 13, 11, 9)
_FORMATS = {"sureness": DECIMALS, "from": CLOCK, "to": CLOCK, "seen_s": DECIMALS}


def add_players(sheet: Worksheet, annotation: Annotation) -> None:
    """Fill the sheet with a row for each player; the cell of the kit has its colour."""
    fill_table(sheet, _COLUMNS, _rows(annotation))
    set_widths(sheet, _WIDTHS)
    sheet.auto_filter.ref = sheet.dimensions
    shape_columns(sheet, _COLUMNS, _FORMATS, centred=_COLUMNS)
    for row, player in enumerate(annotation.players, start=2):
        paint(sheet.cell(row, 1 + _COLUMNS.index("kit")), player.colour)


def _rows(annotation: Annotation) -> Iterator[tuple[Cell, ...]]:
    tracks = {track.id: track for track in annotation.tracks}
    counts = Counter(event.player for event in annotation)
    for player in annotation.players:
        about = (player.id, player.team or None, hex_colour(player.colour), player.role)
        yield (*about, round(player.sureness, 3), *_seen(tracks.get(player.id)), counts[player.id])


def _seen(track: Track | None) -> tuple[Cell, Cell, Cell]:
    """Return from when and to when a player is seen, in days, and for how many seconds between."""
    spans = track.stretches() if track else []
    if not spans:
        return None, None, None
    seconds = sum(end - start for start, end in spans)
    return round(spans[0][0], 3) / DAY, round(spans[-1][1], 3) / DAY, round(seconds, 3)


def read_players(
    lines: Iterator[tuple[int, Sequence[Value]]], cell_name: CellName, faults: Faults
) -> tuple[Player, ...]:
    """Return the players of the rows of a sheet, the first of which names the columns.

    Without a column of players there are none. Empty cells mean no team, a player, and a sureness of 1.
    Invalid cells become faults.
    """
    _, names = next(lines, (0, ()))
    columns = find_columns(names, cell_name)
    if not {"player", "kit"} <= columns.indices.keys():
        return ()
    players: dict[str, Player] = {}
    for number, cells in lines:
        if not is_blank(cells):
            row = TableRow(cells, number, columns, faults)
            player = _player(row)
            if player.id in players:
                row.fault("player", f"the player {player.id!r} has a row already")
            players[player.id] = player
    return tuple(players.values())


def _player(row: TableRow) -> Player:
    from bball_tag.players.identify import Player
    from bball_tag.players.tracks import as_role

    role, colour = as_role("player"), colour_of("#000000")
    try:
        role = as_role(row.text("role") or "player")
    except FormError as error:
        row.fault("role", str(error))
    try:
        colour = colour_of(row.text("kit"))
    except ValueError as error:
        row.fault("kit", str(error))
    return Player(row.text("player"), row.text("team"), role, colour, row.number_in("sureness", 1.0, 1.0))
