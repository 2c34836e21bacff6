"""Give events their game time, by the periods of their game."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, get_args

from bball_tag.checks import Outside, check_choice
from bball_tag.errors import AnnotationError
from bball_tag.events import Event
from bball_tag.faults import FormError
from bball_tag.game_time import OUTSIDE, GameTime, Mark, Period, check_periods, game_time_at, game_time_of
from bball_tag.timecode import counted, format_time
from bball_tag.video.info import END_TOLERANCE_S

if TYPE_CHECKING:
    from bball_tag.annotations.annotation import Annotation
    from bball_tag.video.info import VideoInfo

log = logging.getLogger("bball_tag")
_MARKED = GameTime(0, OUTSIDE, None)
_NEAR_S = 3.0
"""A period that continues for less than this outside of a video is taken to end with it."""


def with_periods(annotation: Annotation, periods: Iterable[Period], outside: Outside) -> Annotation:
    """Return the annotation with these periods, and each event with its game time.

    Raises:
        BballTagError: Periods overlap or are not those of this video, or `outside` is unknown.
    """
    check_choice("outside", outside, get_args(Outside))
    ordered = tuple(sorted(periods, key=lambda period: period.start))
    check_fits(ordered, annotation.video)
    _say_late(ordered, annotation.video)
    events = [replace(event, game_time=None) for event in annotation]
    given = stamped(replace(annotation, events=events, periods=ordered, outside="keep"))
    _say_outside(sum(event.game_time is None for event in given), len(given), outside)
    return stamped(replace(given, outside=outside))


def stamped(annotation: Annotation) -> Annotation:
    """Return the annotation, each event with its game time by the annotation's periods, if there are any.

    What becomes of an event outside of all says `annotation.outside`. One that is marked stays so.
    """
    periods, outside = annotation.periods, annotation.outside
    if not periods:
        return annotation
    events = [stamped_event(event, periods, outside) for event in annotation]
    kept = [index for index, event in enumerate(events) if event.game_time or outside != "drop"]
    clips = [annotation.clips[index] for index in kept] if annotation.clips else ()
    return replace(annotation, events=[events[index] for index in kept], clips=clips)


def stamped_event(event: Event, periods: Sequence[Period], outside: Outside) -> Event:
    """Return an event with its game time by the periods of its game.

    One of a period that is not among them keeps its own: a part of a game may not know all of its periods.
    """
    at = game_time_of(periods, event.start, event.end)
    if at is None and event.game_time and event.game_time.number not in (0, *(one.number for one in periods)):
        return event
    if at is None and (outside == "mark" or event.game_time == _MARKED):
        at = _MARKED
    return event if at == event.game_time else replace(event, game_time=at)


def periods_between(periods: Sequence[Period], start: float, end: float) -> tuple[Period, ...]:
    """Return the periods of a part of the video, in seconds from its start.

    A period is left out where the clock at which it is cut is an estimate: it would become a reading. One
    that continues for a moment only ends with the part.
    """
    cut = (_cut(period, max(period.start, start), min(period.end, end)) for period in periods)
    return tuple(moved_period(period, -start) for period in cut if period)


def _cut(period: Period, first: float, last: float) -> Period | None:
    """Return a period from `first` to `last`; None where there is none, or a clock would be an estimate."""
    if first >= last:
        return None
    clocks = []
    for seconds, mark in zip((first, last), (period.all_marks()[0], period.all_marks()[-1]), strict=True):
        at = game_time_at([period], seconds)
        if at and at.clock is not None and at.is_exact:
            clocks.append(at.clock)
        elif abs(seconds - mark.seconds) < _NEAR_S:
            clocks.append(mark.clock)
        else:
            return None
    marks = tuple(mark for mark in period.marks if first < mark.seconds < last)
    return Period(period.number, period.name, first, last, clocks[0], clocks[1], marks=marks)


def periods_until_end(periods: Sequence[Period], video: VideoInfo) -> tuple[Period, ...]:
    """Return the periods of a video that another follows, up to its end; warn of those that end after it."""
    kept = periods_between(periods, 0.0, video.duration)
    numbers = {period.number for period in kept}
    for period in periods:
        if period.end > video.duration + END_TOLERANCE_S or period.number not in numbers:
            log.warning(
                "%s: %s ends at %s, after the end of the video, which is at %s. %s.",
                *(video.name, period.name, format_time(period.end), format_time(video.duration)),
                "It is cut there"
                if period.number in numbers
                else "It is left out, as nobody read the clock there; its events keep their game time",
            )
    return kept


def moved_period(period: Period, seconds: float) -> Period:
    """Return a period that lies these seconds later in the video."""
    marks = tuple(Mark(mark.seconds + seconds, mark.clock) for mark in period.marks)
    return replace(period, start=period.start + seconds, end=period.end + seconds, marks=marks)


def joined_periods(periods: Sequence[Period]) -> tuple[Period, ...]:
    """Return periods with those of one number made one, as where a game is cut within a period."""
    parts: dict[int, list[Period]] = {}
    for period in sorted(periods, key=lambda period: period.start):
        parts.setdefault(period.number, []).append(period)
    found = []
    for first, *others in parts.values():
        marks = {mark.seconds: mark for part in (first, *others) for mark in part.all_marks()}
        start, *between, end = marks.values()
        clocks = start.clock, end.clock
        found.append(
            Period(first.number, first.name, start.seconds, end.seconds, *clocks, marks=tuple(between))
        )
    return tuple(found)


def check_fits(periods: Sequence[Period], video: VideoInfo) -> None:
    """Refuse periods that begin after the end of a video, or cannot be those of one game.

    Raises:
        AnnotationError: They are not the periods of one game, or not those of this video.
    """
    try:
        check_periods(periods)
    except FormError as error:
        raise AnnotationError(f"These periods cannot be those of one game: {error}.") from error
    late = [period for period in periods if 0 < video.duration <= period.start]
    if late:
        raise AnnotationError(
            f"{late[0].name} begins at {format_time(late[0].start)}, after the end of {video.name}, which is "
            f"at {format_time(video.duration)}. Spreadsheets take 12:04 for hours: write 0:12:04."
        )


def _say_late(periods: Sequence[Period], video: VideoInfo) -> None:
    stop = video.duration + END_TOLERANCE_S
    late = [period for period in periods if video.duration and period.end > stop]
    if late:
        # A game in several videos has no name here.
        log.warning(
            "%s%s ends at %s, after the end of the video, which is at %s.",
            f"{video.name}: " if video.path else "",
            late[0].name,
            format_time(late[0].end),
            format_time(video.duration),
        )


def _say_outside(count: int, total: int, outside: Outside) -> None:
    what = {
        "keep": "they stay without a game clock (--outside drop leaves them out, mark marks them)",
        "mark": f"their period is {OUTSIDE!r}",
        "drop": "they are left out",
    }
    if count:
        log.info("%s of %d outside of all periods: %s.", counted(count, "event"), total, what[outside])
