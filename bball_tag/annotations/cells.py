"""The cells of a table that a person may have edited, by the names of their columns."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bball_tag.annotations.settled_times import Instant, Shown
from bball_tag.errors import BballTagError
from bball_tag.faults import Faults, FormError
from bball_tag.text_files import at_most, number_of
from bball_tag.timecode import LONGEST_S


@dataclass(frozen=True, slots=True)
class TimeCell:
    """A cell that a spreadsheet holds as a date or a time."""

    seconds: float
    shown: str
    """The date or time, for messages."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """A cell whose value is lost or was never computed."""

    why: str


Value = str | int | float | TimeCell | Unusable | None
CellName = Callable[[int, int], str]
"""Names a cell, by the number of its row and the index of its column: `sheet Actions, cell A5`."""
_LARGEST = 1e9
"""No count or number of frames is larger."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the columns of a table are, and how to name its cells to a person."""

    indices: Mapping[str, int]
    """Index of each column, by its name in lower case."""
    cell_name: CellName
    twice: tuple[str, ...] = ()
    """Names that several columns have."""
    comma: bool = False
    """Whether a comma in a number can only stand before decimals."""

    @property
    def usable(self) -> bool:
        """Whether a row can become an event."""
        names = self.indices.keys()
        return "label" in names and bool({"start_s", "start"} & names) and bool({"end_s", "end"} & names)


def find_columns(names: Sequence[Value], cell_name: CellName, *, comma: bool = False) -> Columns:
    """Return where the columns are, given a row of their names."""
    indices: dict[str, int] = {}
    twice = []
    for index, name in enumerate(names):
        if isinstance(name, str) and name.strip():
            plain = "_".join(name.strip().lower().split())
            if indices.setdefault(plain, index) != index:
                twice.append(plain)
    return Columns(indices, cell_name, tuple(twice), comma)


def is_blank(row: Sequence[Value]) -> bool:
    """Say whether no cell of a row holds anything."""
    return all(value is None or (isinstance(value, str) and not value.strip()) for value in row)


def rows_of(lines: Iterable[tuple[int, Sequence[Value]]], columns: Columns, faults: Faults) -> list[TableRow]:
    """Return the rows of a table that are not blank; a name that several columns have is a fault."""
    for name in columns.twice:
        faults.add(f"two columns are called {name!r}: rename or delete one")
    filled = at_most(line for line in lines if not is_blank(line[1]))
    return [TableRow(cells, number, columns, faults) for number, cells in filled]


class TableRow:
    """The cells of one row. What is wrong with one is noted as a fault, and read as if it were empty."""

    def __init__(self, row: Sequence[Value], number: int, columns: Columns, faults: Faults) -> None:
        self.number = number
        self._row, self._columns, self._faults = row, columns, faults

    def fault(self, name: str, why: str) -> None:
        """Note what is wrong with the cell in the column `name`."""
        self._faults.add(f"{self.cell_name(name)}: {why}")

    def cell_name(self, name: str) -> str:
        """Return how to name the cell in the column `name` to a person."""
        return self._columns.cell_name(self.number, self._columns.indices.get(name, 0))

    def has(self, name: str) -> bool:
        """Say whether the cell in the column `name` holds anything."""
        return self._value(name) is not None

    def has_column(self, name: str) -> bool:
        """Say whether there is a column `name`."""
        return name in self._columns.indices

    def lacks_time(self, name: str) -> bool:
        """Note a fault if there is no time in the columns `name` and `name_s`, and say whether that is so."""
        seconds = f"{name}_s"
        is_missing = not (self.has(seconds) or self.has(name))
        if is_missing:
            self.fault(seconds if self.has_column(seconds) else name, "the time is missing")
        return is_missing

    def text(self, name: str) -> str:
        """Return a name; a number typed into a cell is the name that it shows."""
        value = self._value(name)
        if isinstance(value, TimeCell):
            self.fault(
                name, f"a spreadsheet made {value.shown} of what was typed. Type it into a cell of text"
            )
            return ""
        if isinstance(value, Unusable):
            self.fault(name, value.why)
            return ""
        if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
            value = int(value)
        return "" if value is None else str(value)

    def text_or_date(self, name: str) -> str:
        """Return what `text` returns, and a date as it is shown."""
        value = self._value(name)
        if isinstance(value, TimeCell):
            return value.shown.removeprefix("the ").partition(" ")[2]
        return self.text(name)

    def text_as_it_is(self, name: str) -> str:
        """Return what `text` returns, without noting a fault again."""
        return self.text(name) if isinstance(self._value(name), str | int | float) else ""

    def number_in(self, name: str, default: float, most: float) -> float:
        """Return a number from 0 to `most`, or `default` for an empty cell."""
        value = self._value(name)
        if value is None:
            return default
        try:
            number = self._number(value)
        except FormError as error:
            self.fault(name, str(error))
            return default
        if not 0 <= number <= most:
            limit = "of at least 0" if most >= LONGEST_S else f"from 0 to {most:g}"
            self.fault(name, f"{_short(value)!r} is not a number {limit}")
            return default
        return number

    def _number(self, value: str | float | TimeCell | Unusable) -> float:
        if isinstance(value, Unusable):
            raise FormError(value.why)
        if isinstance(value, TimeCell):
            raise FormError(f"a spreadsheet made {value.shown} of what was typed. Type a number")
        return number_of(value, comma=self._columns.comma) if isinstance(value, str) else _float(value)

    def seconds(self, name: str) -> Shown | None:
        """Return the instant in a column of seconds; None if it is empty or makes no sense."""
        value = self._value(name)
        seconds = self.number_in(name, -1.0, LONGEST_S)
        if value is None or seconds < 0:
            return None
        return Shown.in_seconds(seconds, value if isinstance(value, str) else None)

    def clock(self, name: str) -> Shown | None:
        """Return the instant in a column on the clock, text or a time; None as in `seconds`."""
        value = self._value(name)
        if value is None:
            return None
        if isinstance(value, Unusable):
            self.fault(name, value.why)
            return None
        try:
            return _clock(value)
        except (BballTagError, FormError):
            self.fault(name, f"{_short(value)!r} is not a time such as 0:01:23.500")
            return None

    def quiet_number(self, name: str) -> float | None:
        """Return the number in a column, if it has one: nothing is refused for a frame or a peak alone."""
        try:
            number = self._number(value) if (value := self._value(name)) is not None else -1.0
        except FormError:
            return None
        return number if 0 <= number <= _LARGEST else None

    def time(self, name: str) -> Shown | None:
        """Return the instant in a column of seconds or of times on the clock; None as in `seconds`."""
        value = self._value(name)
        typed = isinstance(value, str) and value.strip()[:1].isdigit() and ":" not in value
        # A number below 1 is a time of day that lost its format.
        plain = isinstance(value, int | float) and not 0 < value < 1
        return self.seconds(name) if typed or plain else self.clock(name)

    def time_cell(self, name: str) -> TimeCell | None:
        """Return a cell that a spreadsheet holds as a time; None for any other."""
        value = self._value(name)
        return value if isinstance(value, TimeCell) else None

    def instant(self, name: str) -> Instant:
        """Return the start or the end, as its three columns show it."""
        return Instant(self.seconds(f"{name}_s"), self.clock(name), self.quiet_number(f"{name}_frame"))

    def whole(self, name: str) -> int:
        """Return a count, 0 if it is empty."""
        return round(self.number_in(name, 0.0, _LARGEST))

    def _value(self, name: str) -> Value:
        index = self._columns.indices.get(name)
        value = None if index is None or index >= len(self._row) else self._row[index]
        return None if isinstance(value, str) and not value.strip() else value


def _clock(value: str | float | TimeCell) -> Shown:
    if isinstance(value, str):
        return Shown.on_clock(value)
    if isinstance(value, TimeCell):
        seconds = value.seconds
    else:
        # A cell whose format was lost still holds a fraction of a day; a whole number is no such thing.
        seconds = _float(value) * 86400 if 0 <= value < 1 else math.nan
    if not 0 <= seconds <= LONGEST_S:
        raise FormError("it is later than the end of any video")
    return Shown(round(seconds, 3))


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _short(value: str | float | TimeCell | Unusable) -> str:
    if isinstance(value, TimeCell | Unusable):
        return value.shown if isinstance(value, TimeCell) else value.why
    try:
        return str(value)[:40]
    except ValueError:
        # Python does not write whole numbers of thousands of digits.
        return "a huge number"
