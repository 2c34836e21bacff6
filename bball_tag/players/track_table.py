"""The rows of a file of tracks, checked one by one and gathered by player."""

from __future__ import annotations

import math
import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, MutableSequence, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

import numpy as np

from bball_tag.faults import Faults, FormError
from bball_tag.players.tracks import Role, Track, as_role
from bball_tag.text_files import number_of
from bball_tag.timecode import LONGEST_S
from bball_tag.video.frame_times import FrameTimes

BOX = ("left", "top", "width", "height")
FACTS = ("team", "role", "sureness")
"""What holds for a whole track."""
MOVE = ("move_x", "move_y")
FORMS = "frame,id,left,top,width,height (MOTChallenge), or time_s,player,left,top,width,height under a header"
"""What a row may be."""
_DECIMAL_ID = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]*(?:e[+-]?[0-9]{1,3})?|e[+-]?[0-9]{1,3})", re.IGNORECASE)
"""A number as programs write it that know no whole ones."""
_NOBODY = {"", "-1"}
"""Ids of boxes that no tracker has given to anybody."""
_MOST_PLAYERS = 100_000
"""A tracker that loses everybody twice a second makes no more in two hours."""
_LARGEST_SIDE, _LAST_FRAME = 1e6, 1e9
"""No frame has a side of more pixels, and no video more frames."""


@dataclass(slots=True)
class _Player:
    """What the rows say of one player, in the order of the file."""

    lines: MutableSequence[int] = field(default_factory=lambda: array("q"))
    times: MutableSequence[float] = field(default_factory=lambda: array("d"))
    rows: MutableSequence[float] = field(default_factory=lambda: array("d"))
    """Of each row left, top, width, height and, if the file has them, the two of a move (NaN if unknown)."""
    facts: Counter[tuple[str, Role, float | None]] = field(default_factory=Counter)
    """Team, role and sureness: rows that differ are outvoted."""

    def track(self, player: str) -> Track:
        """Return the track."""
        times = np.array(self.times)
        order = times.argsort(kind="stable")
        rows = np.array(self.rows).reshape(len(times), -1)[order]
        moves = rows[:, 4:] if rows.shape[1] == 6 and np.isfinite(rows).all() else None
        team, role, sureness = self.facts.most_common(1)[0][0]
        return Track(player, times[order], rows[:, :4].copy(), team, role, moves, sureness)

    def twice(self) -> Iterator[tuple[int, int]]:
        """Yield the line of each box for whose time there is one already, and the line of that one."""
        times, lines = np.array(self.times), np.array(self.lines)
        order = times.argsort(kind="stable")
        for index in np.flatnonzero(np.diff(times[order]) == 0).tolist():
            yield int(lines[order[index + 1]]), int(lines[order[index]])


class TrackTable:
    """The rows of a file, gathered by player."""

    def __init__(
        self, columns: Mapping[str, int], fps: Fraction, times: FrameTimes | None, *, comma: bool
    ) -> None:
        """Begin to read `columns`, given by their index.

        Args:
            columns: Where each column is.
            fps: Frames per second of the video that frame numbers belong to.
            times: When each of its frames is shown, where the rate varies.
            comma: Whether a comma in a number can only stand before decimals.

        Raises:
            FormError: Frame numbers need a rate.
        """
        self.num_nameless = 0
        """Boxes that no tracker has given to anybody."""
        self._faults = Faults()
        self._players: dict[str, _Player] = defaultdict(_Player)
        self._comma = comma
        self._has_times = "time_s" in columns
        self._when = columns["time_s" if self._has_times else "frame"]
        self._player = columns["player"]
        self._box = [columns[name] for name in BOX]
        self._move = [columns[name] for name in MOVE if name in columns]
        self._facts = [columns.get(name) for name in FACTS]
        if not (self._has_times or fps):
            raise FormError("its frames need a frame rate. Give --video or --fps (in Python: video= or fps=)")
        # The boxes of one frame follow each other, and most rows say the same of a player.
        self._time_of = lru_cache(maxsize=256)(
            lambda frame: times.time_of(frame - 1) if times else float((frame - 1) / fps)
        )
        self._facts_of = lru_cache(maxsize=4096)(self._read_facts)

    def add(self, line: int, cells: Sequence[str]) -> None:
        """Add a row, or note what is wrong with it."""
        try:
            self._add(line, cells)
        except FormError as error:
            self._faults.add(f"line {line}: {error}")

    def tracks(self) -> Mapping[str, Track]:
        """Return the tracks by their ids.

        Raises:
            FormError: Rows are wrong; it names their lines.
        """
        what = "time" if self._has_times else "frame"
        for name, player in self._players.items():
            for line, before in player.twice():
                self._faults.add(
                    f"line {line}: player {name} has a box at this {what} already, in line {before}"
                )
        self._faults.check()
        names = list(self._players)
        if all(map(_DECIMAL_ID.fullmatch, names)) and len({*map(_plain_id, names)}) == len(names):
            return {_plain_id(name): player.track(_plain_id(name)) for name, player in self._players.items()}
        return {name: player.track(name) for name, player in self._players.items()}

    def _add(self, line: int, cells: Sequence[str]) -> None:
        try:
            when = self._number(cells[self._when])
            box = [self._number(cells[index]) for index in self._box]
            # An empty cell is a move that is not known.
            move = [self._number(cells[index]) if cells[index].strip() else math.nan for index in self._move]
            name = cells[self._player].strip()
        except IndexError:
            raise FormError(f"{','.join(cells)[:60]!r} is not {FORMS}") from None
        except FormError as error:
            why = f": {error}" if "may be" in str(error) else ""
            raise FormError(f"{','.join(cells)[:60]!r} is not {FORMS}{why}") from error
        if not (math.isfinite(when + sum(box)) and box[2] > 0 and box[3] > 0):
            raise FormError("a box has finite numbers and a positive width and height")
        if max(map(abs, box)) > _LARGEST_SIDE:
            raise FormError(f"no frame has room for the box {','.join(f'{side:g}' for side in box)}")
        time = self._time(when)
        name = name if self._has_times else _plain_id(name)
        if name in _NOBODY:
            self.num_nameless += 1
            return
        facts = self._facts_of(
            *(cells[at] if at is not None and at < len(cells) else "" for at in self._facts)
        )
        if name not in self._players and len(self._players) == _MOST_PLAYERS:
            raise FormError(f"it has more than {_MOST_PLAYERS:,} players: its ids are no ids of people")
        player = self._players[name]
        player.lines.append(line)
        player.times.append(time)
        player.rows.extend(box + move)
        player.facts[facts] += 1

    def _time(self, when: float) -> float:
        if self._has_times:
            if when < 0:
                raise FormError(f"times count from the first frame, and {when:g} s is before it")
            if not when <= LONGEST_S:
                raise FormError(f"{when:g} s is later than the end of any video")
            return when
        if not 1 <= when <= _LAST_FRAME or not when.is_integer():
            raise FormError(f"frames count from 1 in whole numbers, and {when:g} is none")
        return self._time_of(int(when))

    def _read_facts(self, team: str, role: str, sureness: str) -> tuple[str, Role, float | None]:
        team, role, sureness = team.strip(), role.strip(), sureness.strip()
        try:
            sure = self._number(sureness) if sureness else None
        except FormError:
            sure = math.nan
        if sure is not None and not 0 <= sure <= 1:
            raise FormError(f"{sureness[:40]!r} is no sureness from 0 to 1")
        return team, as_role(role or "player"), sure

    def _number(self, cell: str) -> float:
        # Most cells of millions are plain numbers, for which this is fast.
        if cell.isascii() and "_" not in cell:
            try:
                number = float(cell)
            except ValueError:
                return number_of(cell, comma=self._comma)
            if math.isfinite(number):
                return number
        return number_of(cell, comma=self._comma)


@lru_cache(maxsize=4096)
def _plain_id(text: str) -> str:
    """Return an id as a whole number, where a program wrote it with decimals: 7 for `7.000e+00`."""
    if not _DECIMAL_ID.fullmatch(text):
        return text
    number = float(text)
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else text
