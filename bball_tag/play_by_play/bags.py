"""Where in the video a row may lie: a bag of seconds, never a span of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bball_tag.events import Event
from bball_tag.game_time import Period, video_seconds, video_span
from bball_tag.play_by_play.feed import FeedRow
from bball_tag.play_by_play.shift import Shift

_ROUNDED_S = 1.0
_RUNNING_S = 2.5
"""Two seconds on the clock in no more of the video: it ran."""
_PASS_BEFORE_S = 4.0
"""An assist is not earlier before its shot."""


@dataclass(frozen=True, slots=True)
class Bag:
    """The seconds of video in one of which a row happened."""

    low: float
    high: float
    first: float
    """The likeliest seconds are [first, last]; one where the clock ran."""
    last: float
    spread: float
    """How far from these it usually is, in seconds."""
    trust: float = 1.0
    """How likely it is that these are the right ones, 0 to 1, where that hangs on what was seen elsewhere."""

    @property
    def middle(self) -> float:
        """The middle of the likeliest seconds."""
        return (self.first + self.last) / 2


@dataclass(frozen=True, slots=True)
class Clocked:
    """When the video shows the clock of a row."""

    seconds: float
    """The best guess."""
    first: float
    """The likeliest seconds are [first, last]."""
    last: float
    low: float
    """No second before it shows the clock, and none after `high`."""
    high: float
    trust: float = 1.0
    """How likely it is that the likeliest seconds are right, 0 to 1."""


def clocked(row: FeedRow, periods: Sequence[Period]) -> Clocked | None:
    """Return when the video shows the clock of a row; None where it never does.

    A clock of whole seconds is rounded up or down: where it stood within a second of that, it may have stood.
    """
    seconds = video_seconds(periods, row.period, row.clock)
    if seconds is None:
        return None
    spans = [
        (off, span)
        for off in (-_ROUNDED_S, 0.0, _ROUNDED_S)
        if (span := video_span(periods, row.period, row.clock + off)) is not None
    ]
    first, last = min(low for _, (low, _) in spans), max(high for _, (_, high) in spans)
    if row.kind != "free throw":
        # It comes to its clock once, and what happens happens while it runs.
        off, (first, last) = spans[-1]
        first, last = first + off, last + off
    first, last = min(first, seconds), max(last, seconds)
    if last - first <= _RUNNING_S:
        return Clocked(seconds, seconds, seconds, seconds, seconds)
    return Clocked(seconds, first, last, first, last)


def bag_by_clock(shown: Clocked, lag: Shift, before: float, after: float) -> Bag:
    """Return the bag of a row whose clock the video shows, given how late rows were typed."""
    first, last = shown.first - lag.seconds, shown.last - lag.seconds
    return Bag(shown.low - before, shown.high + after, first, last, lag.spread, shown.trust)


def bag_by_wall(wall: float, offset: Shift, before: float, after: float) -> Bag:
    """Return the bag of a row by the time at which it was typed.

    The offset has the usual delay in it, so that a row that was typed at once lies after its middle.
    """
    middle = wall - offset.seconds
    return Bag(middle - before, middle + max(after, before / 2), middle, middle, offset.spread)


def narrowed(by_clock: Bag, by_wall: Bag) -> Bag:
    """Return what both leave; the first where nothing is left: a row that was typed again much later."""
    low, high = max(by_clock.low, by_wall.low), min(by_clock.high, by_wall.high)
    if low >= high:
        return by_clock
    near = by_clock if by_clock.last - by_clock.first < by_wall.high - by_wall.low else by_wall
    first, last = (min(max(edge, low), high) for edge in (near.first, near.last))
    return Bag(low, high, first, last, near.spread, near.trust)


def anchored(shot: Event, trust: float, *, is_assist: bool) -> Bag:
    """Return the bag of an assist before its shot, or of a block at it; whatever its own clock says.

    Args:
        shot: What its shot was linked to.
        trust: How sure that is.
        is_assist: Whether it is an assist.
    """
    if is_assist:
        return Bag(shot.start - _PASS_BEFORE_S, shot.peak, shot.start - 1.0, shot.start, 1.0, trust)
    return Bag(shot.start - 0.5, shot.end + 1.0, shot.peak, shot.end, 0.5, trust)
