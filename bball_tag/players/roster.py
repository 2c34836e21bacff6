"""A person's corrections: who each track is, which tracks are one player, and who does not play."""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TextIO

from bball_tag.errors import OptionError, RosterError
from bball_tag.files import why
from bball_tag.players.crop import Box
from bball_tag.timecode import parse_time

COLUMNS = ("track", "player", "team", "role", "from_s", "to_s", "seen_s", "left", "top", "width", "height")
NONE = "none"
"""The role of who is not a player: the track is dropped."""
ROSTER_ROLES = ("player", "other", NONE)
_BOX = COLUMNS[-4:]
_MOST_LISTED = 12


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
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = _table(file, path)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RosterError(f"Cannot read the roster {path}: {why(error)}.") from error
    rows, faults = [], []
    for number, cells in lines:
        try:
            rows.append(_row(number, cells))
        except (ValueError, OptionError) as error:
            faults.append(f"line {number}: {why(error)}")
    faults += _contradictions(rows)
    if faults:
        raise RosterError(f"Cannot use the roster {path}:\n  " + "\n  ".join(faults))
    return Roster(path, tuple(rows))


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


def _table(file: TextIO, path: Path) -> list[tuple[int, Mapping[str, str]]]:
    """Return the rows that hold anything, by column, each with its line."""
    header = file.readline()
    divider = max(",;\t", key=header.count)
    names = [name.strip().lower() for name in next(csv.reader([header], delimiter=divider), [])]
    if "track" not in names:
        raise RosterError(
            f"Cannot read the roster {path}: it has no column 'track'. The first line names the columns: "
            f"{','.join(COLUMNS[:6])}."
        )
    reader = csv.reader(file, delimiter=divider)
    rows = ((reader.line_num + 1, [cell.strip() for cell in cells]) for cells in reader)
    return [(line, dict(zip(names, cells, strict=False))) for line, cells in rows if any(cells)]


def _row(line: int, cells: Mapping[str, str]) -> Row:
    """Check one row.

    Raises:
        ValueError, OptionError: What is wrong, in words.
    """
    track, role = cells.get("track", ""), cells.get("role", "").lower()
    if not track:
        raise ValueError("the column 'track' is empty")
    if role and role not in ROSTER_ROLES:
        raise ValueError(f"the role {role!r} is unknown; there are {', '.join(ROSTER_ROLES)}")
    start, end = _seconds(cells.get("from_s", ""), 0.0), _seconds(cells.get("to_s", ""), math.inf)
    if end <= start:
        raise ValueError(f"from_s ({start:g}) is not before to_s ({end:g})")
    sides = [cells.get(name, "") for name in _BOX]
    box = None
    if cells.get("seen_s") and all(sides):
        box = Box(*(_number(side) for side in sides))
    seen = _seconds(cells.get("seen_s", ""), 0.0)
    return Row(line, track, cells.get("player", ""), cells.get("team", ""), role, start, end, seen, box)


def _seconds(text: str, default: float) -> float:
    # Frames would need the video's rate, which a spreadsheet of corrections does not know.
    return parse_time(text.replace(",", "."), Fraction(1)) if text else default


def _number(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None


def _contradictions(rows: Sequence[Row]) -> list[str]:
    """Return players who would have two teams or two roles, in words."""
    given: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for row in rows:
        if row.player and row.role != NONE:
            for what, value in (("team", row.team), ("role", row.role)):
                if value:
                    given[row.player, what].setdefault(value, row.line)
    return [
        f"line {line}: the player {player!r} has the {what} {value!r}, and {next(iter(values))!r} in line "
        f"{next(iter(values.values()))}; rows of one name are one player"
        for (player, what), values in given.items()
        for value, line in list(values.items())[1:]
    ]
