"""The rows of a file of tracks, checked one by one and gathered by player."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

import numpy as np

from bball_tag.players.tracks import Role, Track, as_role

BOX = ("left", "top", "width", "height")
FACTS = ("team", "role", "sureness")
"""What holds for a whole track."""
MOVE = ("move_x", "move_y")
FORMS = "frame,id,left,top,width,height (MOTChallenge), or time_s,player,left,top,width,height under a header"
"""What a row may be."""
NUMBER = re.compile(r"[+-]?\d+\.?\d*(e[+-]?\d+)?", re.IGNORECASE)
_NOBODY = {"", "-1"}
"""Ids of boxes that no tracker has given to anybody."""


class TrackFormError(Exception):
    """Something is wrong with a file or, where it is named, with a line of it."""

    def __init__(self, problem: str, line: int = 0) -> None:
        super().__init__(f", line {line}: {problem}." if line else f": {problem}.")


@dataclass(slots=True)
class _Player:
    """What the rows read until now say of one player, by the time of each."""

    rows: dict[float, list[float]] = field(default_factory=dict)
    """left, top, width, height and, if the file has them, the two of a move (NaN where its cell is empty)."""
    lines: dict[float, int] = field(default_factory=dict)
    facts: Counter[tuple[str, Role, float | None]] = field(default_factory=Counter)
    """Team, role and sureness: rows that differ are outvoted."""

    def track(self, player: str) -> Track:
        """Return the track."""
        times = sorted(self.rows)
        rows = np.array([self.rows[time] for time in times])
        moves = rows[:, 4:] if rows.shape[1] == 6 and np.isfinite(rows).all() else None
        team, role, sureness = self.facts.most_common(1)[0][0]
        return Track(player, np.array(times), rows[:, :4], team, role, moves, sureness)


class TrackTable:
    """The rows of a file, gathered by player."""

    def __init__(self, columns: Mapping[str, int], fps: Fraction) -> None:
        """Begin to read `columns`, given by their index; frame numbers are those of a video at `fps`."""
        self.players: dict[str, _Player] = defaultdict(_Player)
        self.num_nameless = 0
        """Boxes that no tracker has given to anybody."""
        self._has_times = "time_s" in columns
        self._when = columns["time_s" if self._has_times else "frame"]
        self._player = columns["player"]
        self._box = [columns[name] for name in BOX]
        self._move = [columns[name] for name in MOVE if name in columns]
        self._facts = [columns.get(name) for name in FACTS]
        if not (self._has_times or fps):
            raise TrackFormError(
                "its frames need a frame rate. Give --video or --fps (in Python: video= or fps=)"
            )
        # The boxes of one frame follow each other.
        self._time_of = lru_cache(maxsize=256)(lambda frame: float((frame - 1) / fps))

    def add(self, line: int, cells: Sequence[str]) -> None:
        """Add a row.

        Raises:
            TrackFormError: It is invalid.
        """
        try:
            when = _number(cells[self._when])
            box = [_number(cells[index]) for index in self._box]
            # An empty cell is a move that is not known.
            move = [_number(cells[index].strip() or "nan") for index in self._move]
            name = cells[self._player].strip()
        except (ValueError, IndexError) as error:
            raise TrackFormError(f"{','.join(cells)[:60]!r} is not {FORMS}", line) from error
        if not all(map(math.isfinite, (when, *box))) or box[2] <= 0 or box[3] <= 0:
            raise TrackFormError("a box has finite numbers and a positive width and height", line)
        time = self._time(when, line)
        name = name if self._has_times else _plain_id(name)
        if name in _NOBODY:
            self.num_nameless += 1
            return
        player = self.players[name]
        if time in player.lines:
            what = "time" if self._has_times else "frame"
            raise TrackFormError(
                f"player {name} has a box at this {what} already, in line {player.lines[time]}", line
            )
        player.lines[time], player.rows[time] = line, box + move
        player.facts[self._facts_of(cells, line)] += 1

    def _time(self, when: float, line: int) -> float:
        if self._has_times:
            if when < 0:
                raise TrackFormError(f"times count from the first frame, and {when:g} s is before it", line)
            return when
        if when < 1 or not when.is_integer():
            raise TrackFormError(f"frames count from 1 in whole numbers, and {when:g} is none", line)
        return self._time_of(int(when))

    def _facts_of(self, cells: Sequence[str], line: int) -> tuple[str, Role, float | None]:
        team, role, sureness = (
            cells[index].strip() if index is not None and index < len(cells) else "" for index in self._facts
        )
        try:
            sure = _number(sureness) if sureness else None
        except ValueError:
            sure = math.nan
        if sure is not None and not 0 <= sure <= 1:
            raise TrackFormError(f"{sureness!r} is no sureness from 0 to 1", line)
        try:
            return team, as_role(role or "player"), sure
        except ValueError as error:
            raise TrackFormError(str(error), line) from error


def _number(cell: str) -> float:
    # Some countries write 12,48.
    return float(cell.replace(",", "."))


def _plain_id(text: str) -> str:
    """Return an id as a whole number, where a program wrote it with decimals: 7 for `7.000e+00`."""
    if text.isdecimal() or not NUMBER.fullmatch(text) or not float(text).is_integer():
        return text
    return str(int(float(text)))
