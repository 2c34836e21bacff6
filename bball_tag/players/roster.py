"""A person's corrections: who each track is, which tracks are one player, and who does not play."""

from __future__ import annotations

import csv
import logging
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bball_tag.backups import replacing_edited
from bball_tag.errors import OptionError, RosterError
from bball_tag.faults import Faults, FormError
from bball_tag.files import why
from bball_tag.players.crop import Box
from bball_tag.text_files import at_most, by_column, number_of, opened_text, table_rows
from bball_tag.timecode import parse_time

log = logging.getLogger("bball_tag")
COLUMNS = ("track", "player", "team", "role", "from_s", "to_s", "seen_s", "left", "top", "width", "height")
NONE = "none"
"""The role of who is not a player: the track is dropped."""
ROSTER_ROLES = ("player", "other", NONE)
_BOX = COLUMNS[-4:]
_MOST_LISTED = 12
_LARGEST_SIDE = 1e6
"""No frame has a side of more pixels."""


@dataclass(frozen=True, slots=True)
class Row:
    """One correction."""

    line: int
    """Line of the file, from 1."""
    track: str
    """The track as the outputs name it."""
    player: str
    """Name of the player; empty keeps the track's own."""
    team: str
    """Empty keeps what was found."""
    role: str
    """One of `ROSTER_ROLES`; empty keeps what was found."""
    start: float
    end: float
    """The row holds for [start, end), in seconds: 0 and infinity for the whole track."""
    seen: float
    """When the track was at `box`, in seconds."""
    box: Box | None
    """Where the track was then, by which it is known again after the players were followed anew."""

    @property
    def is_part(self) -> bool:
        """Say whether the row holds for a part of the track only."""
        return self.start > 0 or self.end < math.inf


@dataclass(frozen=True, slots=True)
class Roster:
    """A person's corrections, and the file that they stand in."""

    path: Path
    rows: tuple[Row, ...]


def read_roster(path: Path) -> Roster:
    """Read corrections: a CSV file with the column `track` and any of the others of `COLUMNS`.

    Columns may be divided by commas, semicolons or tabs, as spreadsheets write them.

    Raises:
        RosterError: The file cannot be read; or rows are wrong, all of which are named by their lines.
    """
    rows, faults = [], Faults()
    try:
        with opened_text(path) as file:
            divider, found = table_rows(file)
            names = _names(next(found, (1, [""]))[1])
            for line, cells in at_most(found):
                with faults.gathered(f"line {line}"):
                    rows.append(_row(line, by_column(names, cells), comma=divider != ","))
    except (OSError, FormError) as error:
        raise RosterError(f"Cannot read the roster {path}: {why(error)}.") from error
    _note_contradictions(rows, faults)
    try:
        faults.check()
    except FormError as error:
        raise RosterError(f"Cannot use the roster {path}: {error}.") from error
    _warn_of_spellings(path, rows)
    return Roster(path, tuple(rows))


def write_roster(rows: Sequence[Row], path: Path) -> None:
    """Write corrections as `read_roster` reads them; what a person edited there is kept as a backup.

    Raises:
        BballTagError: The file cannot be written.
    """
    with replacing_edited(path) as draft, draft.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        for row in rows:
            box = row.box
            part = (f"{row.start:g}" if row.start > 0 else "", f"{row.end:g}" if row.end < math.inf else "")
            sides = [] if box is None else [box.left, box.top, box.width, box.height]
            seen = [f"{row.seen:.2f}", *(f"{side:.1f}" for side in sides)] if sides else [""] * 5
            table.writerow((row.track, row.player, row.team, row.role, *part, *seen))


def check_tracks(roster: Roster, known: Sequence[str]) -> None:
    """Refuse rows that name a track that there is not; rows that say where it was seen are found by that.

    Raises:
        RosterError: It says which rows, and which tracks there are.
    """
    wrong = [row for row in roster.rows if row.box is None and row.track not in known]
    if wrong:
        which = ", ".join(f"{row.track} (line {row.line})" for row in wrong)
        listed = ", ".join(known[:_MOST_LISTED]) + (" …" if len(known) > _MOST_LISTED else "")
        there = f"The tracks of this video are: {listed}." if known else "This video has no tracks."
        raise RosterError(
            f"The roster {roster.path} names tracks that do not exist: {which}. {there} A fresh template "
            "shows each of them with an image."
        )


def _names(header: Sequence[str]) -> list[str]:
    names = [name.strip().lower() for name in header]
    if "track" not in names:
        raise FormError(
            f"it has no column 'track'. The first line names the columns: {','.join(COLUMNS[:6])}"
        )
    for name in COLUMNS:
        if names.count(name) > 1:
            raise FormError(f"two columns are called {name!r}")
    return names


def _row(line: int, cells: Mapping[str, str], *, comma: bool) -> Row:
    """Check one row.

    Raises:
        FormError: What is wrong, in words.
    """
    track, role = cells.get("track", ""), cells.get("role", "").lower()
    if not track:
        raise FormError("the column 'track' is empty")
    if role and role not in ROSTER_ROLES:
        raise FormError(f"the role {role[:40]!r} is unknown; there are {', '.join(ROSTER_ROLES)}")
    start, end = _seconds(cells.get("from_s", ""), 0.0), _seconds(cells.get("to_s", ""), math.inf)
    if end <= start:
        raise FormError(f"from_s ({start:g}) is not before to_s ({end:g})")
    sides = [cells.get(name, "") for name in _BOX]
    box = None
    if cells.get("seen_s") and all(sides):
        box = Box(*(number_of(side, comma=comma) for side in sides))
        if not all(abs(side) <= _LARGEST_SIDE for side in (box.left, box.top, box.width, box.height)):
            raise FormError(f"no frame has room for the box {box}")
    seen = _seconds(cells.get("seen_s", ""), 0.0)
    return Row(line, track, cells.get("player", ""), cells.get("team", ""), role, start, end, seen, box)


def _seconds(text: str, default: float) -> float:
    # Frames would need the video's rate, which a spreadsheet of corrections does not know.
    try:
        return parse_time(text, None) if text else default
    except OptionError as error:
        raise FormError(str(error).removesuffix(".")) from error


def _note_contradictions(rows: Sequence[Row], faults: Faults) -> None:
    """Note players who would have two teams or two roles."""
    given: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for row in rows:
        if row.player and row.role != NONE:
            for what, value in (("team", row.team), ("role", row.role)):
                if value:
                    given[row.player, what].setdefault(value, row.line)
    for (player, what), values in given.items():
        (other, first), *others = values.items()
        for value, line in others:
            faults.add(
                f"line {line}: the player {player!r} has the {what} {value!r}, and {other!r} in line "
                f"{first}; rows of one name are one player"
            )


def _warn_of_spellings(path: Path, rows: Sequence[Row]) -> None:
    """Warn of names that differ in nothing but capitals and spaces: they are two players."""
    spelled: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        if row.player:
            spelled["".join(row.player.casefold().split())].setdefault(row.player, row.line)
    for (one, first), *others in (names.items() for names in spelled.values()):
        for other, line in others:
            log.warning(
                "%s, line %d: %r and %r in line %d are two players; if they are one, spell them alike.",
                *(path.name, line, other, one, first),
            )
