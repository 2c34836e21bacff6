"""Game time: which period a second of the video belongs to, and what the game clock shows then.

A period is a row of *marks*: seconds in the video at which somebody read the clock. Between two marks the
clock either runs at the speed of the video or stands, so what it can show is bounded, and the straight line
between the marks lies within the bounds. Marks as far apart on the clock as in the video leave no doubt.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bball_tag.faults import FormError, shown
from bball_tag.timecode import format_clock

LONGEST_CLOCK_S = 3600.0
"""No game clock counts down from more."""
EXACT_WITHIN_S = 0.5
"""A clock known this well is not called an estimate: marks are read to the second."""
OUTSIDE = "outside"
"""The period of an event outside of all periods, where these are marked."""
QUARTERS = 4
"""Periods of a game without overtime, where nothing says that it has halves."""
_CLOCK = re.compile(r"(?:([0-9]{1,2}):)?([0-9]{1,4}(?:[.,][0-9]{0,6})?)")
_LINE = re.compile(r"((?:Q|H|OT)[0-9]{1,2}) ([0-9]{1,2}:[0-9]{2}\.[0-9])(?: ±([0-9]{1,6}\.[0-9]) s)?")
_NAMED = re.compile(r"(Q|H|OT|P)? ?([0-9]{1,2})?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mark:
    """What the clock shows at one instant of the video."""

    seconds: float
    """In the video."""
    clock: float
    """Seconds left in the period."""


@dataclass(frozen=True, slots=True)
class Period:
    """One period of a game: [start, end) in seconds of the video, and the clock from its start to its end."""

    number: int
    """From 1; overtime is counted on: 5 is the first after four quarters."""
    name: str
    """As people write it: Q1, H2, OT1."""
    start: float
    end: float
    clock_start: float
    """Seconds left on the clock at `start`."""
    clock_end: float = 0.0
    marks: tuple[Mark, ...] = ()
    """Further readings of the clock between start and end, in order."""

    def all_marks(self) -> tuple[Mark, ...]:
        """Return the marks from the start of the period to its end."""
        return Mark(self.start, self.clock_start), *self.marks, Mark(self.end, self.clock_end)


@dataclass(frozen=True, slots=True)
class GameTime:
    """A second of the video in the time of the game."""

    number: int
    """Of the period; 0 outside of all."""
    period: str
    """Name of the period."""
    clock: float | None
    """Seconds left in the period; None where nothing says so."""
    within: float = 0.0
    """The clock is at most this far from `clock`, in seconds, if the marks are right."""

    @property
    def is_exact(self) -> bool:
        """Whether the clock is known to half a second, as where it ran all the time between two marks."""
        return self.clock is not None and self.within <= EXACT_WITHIN_S


def game_time_at(periods: Sequence[Period], seconds: float) -> GameTime | None:
    """Return the game time at `seconds` of the video; None outside of all periods."""
    for period in periods:
        if period.start <= seconds < period.end:
            return _within(period, seconds)
    # A shot at the buzzer belongs to the period that ends with it.
    ended = next((period for period in periods if period.end == seconds), None)
    return None if ended is None else _within(ended, seconds)


def game_time_of(periods: Sequence[Period], start: float, end: float) -> GameTime | None:
    """Return the game time at the start of a span, or where the first period within it begins."""
    at = game_time_at([period for period in periods if period.end > start or start == end], start)
    if at is not None:
        return at
    begins = [period.start for period in periods if start < period.start < end]
    return game_time_at(periods, min(begins)) if begins else None


def video_seconds(periods: Sequence[Period], number: int, clock: float) -> float | None:
    """Return the second of the video at which the clock of a period came to `clock`.

    Where the clock stood there, it is the first such second; between marks it is estimated.

    Returns:
        None where there is no such period, or the video shows no such clock.
    """
    for later, earlier in _around(periods, number, clock):
        ran = later.clock - earlier.clock
        share = 0.0 if ran <= 0 else (later.clock - clock) / ran
        return later.seconds + share * (earlier.seconds - later.seconds)
    return None


def video_span(periods: Sequence[Period], number: int, clock: float) -> tuple[float, float] | None:
    """Return the first and the last second of the video at which the clock of a period may show `clock`.

    Returns:
        None as in `video_seconds`.
    """
    spans = [_possible(first, last, clock) for first, last in _around(periods, number, clock)]
    return (min(low for low, _ in spans), max(high for _, high in spans)) if spans else None


def _around(periods: Sequence[Period], number: int, clock: float) -> Iterable[tuple[Mark, Mark]]:
    """Yield the neighbouring marks of a period between which the clock shows `clock`."""
    for period in periods:
        if period.number == number:
            for first, last in pairwise(period.all_marks()):
                if last.clock <= clock <= first.clock:
                    yield first, last


def _possible(first: Mark, last: Mark, clock: float) -> tuple[float, float]:
    if _is_cut(first, last):
        return first.seconds, last.seconds
    return first.seconds + (first.clock - clock), last.seconds - (clock - last.clock)


def _is_cut(first: Mark, last: Mark) -> bool:
    """Say whether more time passed on the clock than in the video: the recording stopped between."""
    return first.clock - last.clock > last.seconds - first.seconds + EXACT_WITHIN_S


def _within(period: Period, seconds: float) -> GameTime:
    marks = period.all_marks()
    index = min(max(bisect_right([mark.seconds for mark in marks], seconds), 1), len(marks) - 1)
    first, last = marks[index - 1], marks[index]
    long = last.seconds - first.seconds
    share = (seconds - first.seconds) / long if long > 0 else 0.0
    clock = first.clock + share * (last.clock - first.clock)
    low, high = last.clock, first.clock
    if not _is_cut(first, last):
        low = max(low, first.clock - (seconds - first.seconds))
        high = min(high, last.clock + (last.seconds - seconds))
    return GameTime(period.number, period.name, clock, max(0.0, clock - low, high - clock))


def check_periods(periods: Iterable[Period]) -> None:
    """Refuse periods of one game that overlap, whose numbers do not rise, or whose marks are not in order.

    Raises:
        FormError: It names two of them.
    """
    periods = sorted(periods, key=lambda period: period.start)
    for period in periods:
        check_marks(period)
    for first, second in pairwise(periods):
        if second.start < first.end:
            raise FormError(
                f"{second.name} begins at {format_clock(second.start)}, before {first.name} ends at "
                f"{format_clock(first.end)}"
            )
        if second.number <= first.number:
            raise FormError(f"{second.name} comes after {first.name} in the video")


def check_marks(period: Period) -> None:
    """Refuse a period whose clock rises, or whose marks are not in order.

    Raises:
        FormError: It names two marks.
    """
    for earlier, later in pairwise(period.all_marks()):
        at = format_clock(earlier.seconds), format_clock(later.seconds)
        if later.seconds <= earlier.seconds:
            raise FormError(f"a reading of the clock of {period.name} at {at[1]} comes after one at {at[0]}")
        if later.clock > earlier.clock:
            clocks = format_game_clock(earlier.clock), format_game_clock(later.clock)
            raise FormError(
                f"the clock of {period.name} shows {clocks[0]} at {at[0]} of the video, and more, "
                f"{clocks[1]}, at {at[1]}"
            )


def format_game_clock(seconds: float) -> str:
    """Return what a game clock shows, with tenths: `7:32.4`."""
    tenths = round(seconds * 10)
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"


def format_game_time(time: GameTime) -> str:
    """Return a game time in a line: `Q1 7:32.4`, or `Q1 7:32.4 ±12.3 s` where it is estimated."""
    if time.clock is None:
        return time.period
    about = "" if time.is_exact else f" ±{time.within:.1f} s"
    return f"{time.period} {format_game_clock(time.clock)}{about}"


def parse_game_time(text: str) -> GameTime | None:
    """Return the game time that `format_game_time` wrote; None for any other text."""
    if text == OUTSIDE:
        return GameTime(0, OUTSIDE, None)
    match = _LINE.fullmatch(text)
    try:
        if match:
            number, name = read_period(match[1])
            return GameTime(number, name, parse_game_clock(match[2]), float(match[3] or 0.0))
    except FormError:
        # Another program's text may look like ours: Q0, or a clock of 75 minutes.
        pass
    return None


def read_period(text: str) -> tuple[int, str]:
    """Return number and name of a period as one cell or label has it, without the others of its game.

    Raises:
        FormError: It is not a period.
    """
    if text.strip().lower() == OUTSIDE:
        return 0, OUTSIDE
    regular = regular_periods([text])
    number = period_number(text, regular=regular)
    # OT1 after two halves is the third period; its name says all that people need.
    return number, text.strip().upper() if not text.strip().isdecimal() else period_name(number)


def parse_game_clock(text: str) -> float:
    """Return the seconds left that a game clock shows: `7:32`, `7:32.4` or, in the last minute, `45.2`.

    Raises:
        FormError: It is not a game clock, or counts down from more than an hour.
    """
    match = _CLOCK.fullmatch(text.strip())
    seconds = float(match[2].replace(",", ".")) if match else math.inf
    if match and match[1] is not None:
        seconds = int(match[1]) * 60 + seconds if seconds < 60 else math.inf
    if not seconds <= LONGEST_CLOCK_S:
        raise FormError(f"{shown(text)} is not a game clock such as 7:32 or 7:32.4")
    return seconds


def period_number(text: str, *, regular: int = QUARTERS) -> int:
    """Return the number of a period written as 2, Q2, H2, OT (overtime) or OT2.

    Args:
        text: What a person wrote.
        regular: Periods of a game without overtime.

    Raises:
        FormError: It is none of these.
    """
    match = _NAMED.fullmatch(text.strip())
    kind, count = (match[1] or "").upper() if match else "", int(match[2] or 0) if match else 0
    if kind == "OT":
        return regular + max(count, 1)
    if not count:
        raise FormError(f"{shown(text)} is not a period such as 1, Q1, H1 or OT1")
    return count


def regular_periods(names: Iterable[str]) -> int:
    """Return how many periods come before overtime: 2 where a name is that of a half (H1), else 4."""
    return 2 if any(name.strip().upper().startswith("H") for name in names) else QUARTERS


def period_name(number: int, *, regular: int = QUARTERS) -> str:
    """Return what to call a period: Q1 to Q4 or H1 and H2, then OT1."""
    if number > regular:
        return f"OT{number - regular}"
    return f"{'H' if regular == 2 else 'Q'}{number}"
