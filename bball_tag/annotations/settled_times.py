"""One instant in three columns: as seconds, on the clock and as a frame. Which of them holds?

A person changes the seconds or the clock; the frame shows which is old. A spreadsheet changes the clock too:
it shows fewer digits, or no hours, and saves what it shows. Such a cell says less than the others, not
something else: two columns that agree hold against a coarser third.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bball_tag.faults import FormError
from bball_tag.timecode import frame_at, parse_time
from bball_tag.video.frame_times import FrameTimes

SAME_S = 0.0011
"""Seconds by which two columns rounded to milliseconds may differ and still mean one instant."""
_HOUR_S = 3600.0
_FINE = 3
"""Decimals of a cell that shows all that is known."""


@dataclass(frozen=True, slots=True)
class Frames:
    """When the frames of a video are shown, as far as it is known."""

    fps: Fraction = Fraction(0)
    """Frames per second, their mean where the rate varies; 0 if it is unknown."""
    times: FrameTimes | None = None
    """When each is shown, where the rate varies and the video is at hand."""

    def time_of(self, frame: float) -> float:
        """Return when a frame is shown, in seconds; the rate must be known."""
        return self.times.time_of(round(frame)) if self.times else float(frame / self.fps)

    def at(self, seconds: float) -> int:
        """Return the number of the frame that is shown nearest to `seconds`; the rate must be known."""
        return self.times.frame_at(seconds) if self.times else frame_at(seconds, self.fps)

    def half(self, frame: float) -> float:
        """Return half of the seconds from a frame to its neighbours; the rate must be known."""
        if self.times is None:
            return 0.5 / float(self.fps)
        before, after = self.times.time_of(max(round(frame) - 1, 0)), self.times.time_of(round(frame) + 1)
        return max(after - self.time_of(frame), self.time_of(frame) - before) / 2


@dataclass(frozen=True, slots=True)
class Shown:
    """An instant as one cell shows it."""

    seconds: float
    unit: float = 0.0
    """Seconds by which the instant may differ, as the cell shows no more digits."""
    decimals: int = _FINE
    has_hours: bool = True
    """Whether the hours are shown: `02:03.5` may be one that lost them."""

    @classmethod
    def in_seconds(cls, seconds: float, text: str | None) -> Shown:
        """Return what a cell of seconds shows; `text` is None where the cell holds the number itself."""
        decimals = _FINE if text is None else _decimals(text)
        return cls(seconds, _unit(decimals), decimals)

    @classmethod
    def on_clock(cls, text: str) -> Shown:
        """Return what a clock shows.

        Raises:
            BballTagError: It is not a time on a clock.
        """
        if ":" not in text:
            raise FormError("it is not on a clock")
        seconds = parse_time(text, Fraction(1))
        decimals = _decimals(text)
        # A clock without hours whose minutes reach 60 has lost none.
        has_hours = text.count(":") > 1 or seconds >= _HOUR_S
        return cls(seconds, _unit(decimals), decimals, has_hours)

    def may_be(self, instant: float, within: float = 0.0) -> bool:
        """Say whether the cell may show that instant, give or take `within` seconds."""
        later = instant - self.seconds
        if not self.has_hours and later > _HOUR_S / 2:
            later = (later + _HOUR_S / 2) % _HOUR_S - _HOUR_S / 2
        # Digits are rounded, or cut off.
        most = max(SAME_S, self.unit - SAME_S / 2)
        return -self.unit / 2 - SAME_S - within <= later <= most + within


def _decimals(text: str) -> int:
    return len(text.strip().replace(",", ".").partition(".")[2].rstrip())


def _unit(decimals: int) -> float:
    return 10.0**-decimals if decimals < _FINE else 0.0


@dataclass(frozen=True, slots=True)
class Instant:
    """An instant as the cells of one row show it; None where a cell is empty or makes no sense."""

    seconds: Shown | None
    """Its `unit` is above 0 only where all of the column may show fewer digits than were known."""
    clock: Shown | None
    frame: float | None
    """The number of the frame, perhaps an old one."""

    def settled(self, frames: Frames, clock_name: str) -> float | None:
        """Return the instant that a person means, in seconds; None where no column says it.

        Args:
            frames: When the frames of the video are shown.
            clock_name: What the column on the clock is called.

        Raises:
            FormError: The columns contradict each other, and none of them is surely the old one.
        """
        seconds, clock = self.seconds, self.clock
        by_frame, half = None, 0.0
        if self.frame is not None and frames.fps:
            by_frame, half = frames.time_of(self.frame), frames.half(self.frame)
        if seconds is None or clock is None:
            return seconds.seconds if seconds else _with_hours(clock, by_frame, half) if clock else None
        if clock.may_be(seconds.seconds):
            return seconds.seconds
        against = (
            f"{seconds.seconds:g} s contradicts the column {clock_name!r}, which has {clock.seconds:g} s"
        )
        clock_old = by_frame is not None and clock.may_be(by_frame, half)
        if clock_old and seconds.unit and seconds.may_be(clock.seconds):
            return clock.seconds
        if by_frame is not None and self.frame == frames.at(seconds.seconds):
            if self.frame == frames.at(clock.seconds):
                # Both lie in one frame: the difference is too small to matter.
                return seconds.seconds
            if not clock.has_hours and abs(clock.seconds - seconds.seconds) > _HOUR_S / 2:
                raise FormError(f"{against} and shows no hours. Write them")
            return clock.seconds
        if not clock_old:
            raise FormError(against)
        if abs(seconds.seconds / 1000 - clock.seconds) <= clock.unit + SAME_S:
            raise FormError(f"{against}, as if it had lost its decimal mark")
        return seconds.seconds

    @property
    def is_overruled(self) -> bool:
        """Whether the clock shows less than the seconds, so that they hold."""
        seconds, clock = self.seconds, self.clock
        if seconds is None or clock is None or abs(clock.seconds - seconds.seconds) <= SAME_S:
            return False
        return clock.may_be(seconds.seconds)


def _with_hours(clock: Shown, by_frame: float | None, half: float) -> float:
    """Return what a clock alone shows, with what it lost of the time that its frame has."""
    if by_frame is None or not clock.may_be(by_frame, half):
        return clock.seconds
    if not clock.decimals:
        # Of whole seconds, the frame knows the parts.
        return round(by_frame, 3)
    if clock.has_hours or by_frame < _HOUR_S:
        return clock.seconds
    return clock.seconds + round((by_frame - clock.seconds) / _HOUR_S) * _HOUR_S
