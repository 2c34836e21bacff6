"""How the clocks of a feed and of a video were brought together, and how sure that is."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bball_tag.errors import FeedError
from bball_tag.game_time import Period, format_game_clock
from bball_tag.play_by_play.bags import Bag, Clocked, bag_by_clock, bag_by_wall, clocked, narrowed
from bball_tag.play_by_play.feed import FeedRow, Kind
from bball_tag.play_by_play.options import AlignOptions
from bball_tag.play_by_play.shift import Shift, fit_shift
from bball_tag.play_by_play.stops import EVIDENCE, with_stops
from bball_tag.timecode import counted

log = logging.getLogger("bball_tag")
USUAL_LAG = Shift(2.0, 1.5)
"""What is taken where it cannot be fitted."""
_EXACT_S = 2.0
"""A clock that the video shows within less is exact enough to fit the lag."""
_LOOK_AROUND_S = 30.0
_LEAST_AGREE = 3


@dataclass(frozen=True, slots=True)
class Clocks:
    """Where the rows of a feed lie in a video."""

    periods: tuple[Period, ...]
    lag: Shift
    """By how much the game clock of a row comes after what it is about."""
    offset: Shift | None
    """By how much the time at which a row was typed comes after the video's own; None if it is not used."""
    bags: tuple[Bag | None, ...]
    """Where each row may lie; None where the video does not show it."""
    covered: tuple[tuple[float, float], ...]
    """Seconds of video that the feed is about."""

    @classmethod
    def fitted(
        cls,
        rows: Sequence[FeedRow],
        events: Mapping[Kind, np.ndarray],
        periods: Sequence[Period],
        options: AlignOptions,
        end: float,
    ) -> Clocks:
        """Return how the clocks come together at which most rows meet an event.

        Args:
            rows: The rows.
            events: Seconds of the events of every kind of which a feed has all, ascending.
            periods: The periods of the game; empty if they are not known.
            options: How late a row may be.
            end: Seconds of the video.

        Raises:
            FeedError: Neither periods nor times of typing say where the rows are.
        """
        offset = _offset(rows, events, end)
        if not periods and offset is None:
            raise FeedError(
                "Nothing says where in the video the rows of the feed are. Give the periods of the game "
                "(--periods FILE, docs/game_time.md), or a feed with the time at which each row was typed."
            )
        if offset is not None and not offset.is_sure:
            offset = _doubtful(offset, has_periods=bool(periods))
        _say_longer(rows, periods)
        lag = _lag(rows, events, periods, options) if periods else USUAL_LAG
        shown: list[Clocked | None] = [clocked(row, periods) for row in rows]
        if offset is None:
            seen = np.unique(np.concatenate([events[kind] for kind in EVIDENCE]))
            shown = with_stops(rows, shown, periods, seen, lag)
        covered = tuple((period.start, period.end) for period in periods)
        if offset is not None and not periods:
            walls = [row.wall - offset.seconds for row in rows if row.wall is not None]
            covered = ((min(walls) - options.before, max(walls) + options.after),)
        bags = tuple(
            _bag(row, times, tuple(periods), lag, offset, options)
            for row, times in zip(rows, shown, strict=True)
        )
        return cls(tuple(periods), lag, offset, bags, covered)

    def covers(self, seconds: float) -> bool:
        """Say whether the feed is about that second of the video."""
        return any(start <= seconds <= end for start, end in self.covered)


def _say_longer(rows: Sequence[FeedRow], periods: Sequence[Period]) -> None:
    """Warn of periods that are longer in the feed, as quarters of other rules are."""
    for period in periods:
        clocks = [row.clock for row in rows if row.period == period.number and row.clock > period.clock_start]
        if clocks:
            log.warning(
                "The feed has %s of %s with up to %s on the clock, and by the periods it began with %s: say "
                "what the clock showed at its start, unless the video begins later.",
                counted(len(clocks), "row"),
                period.name,
                format_game_clock(max(clocks)),
                format_game_clock(period.clock_start),
            )


def _bag(
    row: FeedRow,
    shown: Clocked | None,
    periods: Sequence[Period],
    lag: Shift,
    offset: Shift | None,
    options: AlignOptions,
) -> Bag | None:
    """Return where a row may lie; None where the video does not show it."""
    by_clock = None if shown is None else bag_by_clock(shown, lag, options.before, options.after)
    if (periods and by_clock is None) or offset is None or row.wall is None:
        return by_clock
    by_wall = bag_by_wall(row.wall, offset, options.before, options.after)
    return by_wall if by_clock is None else narrowed(by_clock, by_wall)


def _doubtful(offset: Shift, *, has_periods: bool) -> Shift | None:
    """Warn of an offset that may be wrong; None where the periods do without it."""
    words = (
        f"{offset.agree} of {offset.rows} rows are within 1.5 s of an event, and another offset explains "
        f"{offset.next_best:.0%} of what this one does"
    )
    if has_periods:
        log.warning("The times of typing were not used: it is not sure where they lie (%s).", words)
        return None
    log.warning("It is not sure where the feed lies in the video: %s. Give --periods.", words)
    return offset


def _offset(rows: Sequence[FeedRow], events: Mapping[Kind, np.ndarray], end: float) -> Shift | None:
    typed = [(row.kind, row.wall) for row in rows if row.wall is not None]
    if not typed:
        return None
    walls = [wall for _, wall in typed]
    by_kind = [np.array([wall for kind, wall in typed if kind == one]) for one in events]
    shift = fit_shift(by_kind, list(events.values()), min(walls) - end, max(walls))
    return shift if shift is not None and shift.agree >= _LEAST_AGREE else None


def _lag(
    rows: Sequence[FeedRow],
    events: Mapping[Kind, np.ndarray],
    periods: Sequence[Period],
    options: AlignOptions,
) -> Shift:
    """Return how late clocks are typed, from rows whose clock the video shows without doubt."""
    exact: dict[Kind, list[float]] = {kind: [] for kind in events}
    for row in rows:
        shown: Clocked | None = clocked(row, periods) if row.kind in exact else None
        if shown is not None and shown.last - shown.first <= _EXACT_S:
            exact[row.kind].append(shown.seconds)
    times = [np.array(found) for found in exact.values()]
    lag = fit_shift(times, list(events.values()), -options.after, options.before)
    wide = fit_shift(times, list(events.values()), -_LOOK_AROUND_S, _LOOK_AROUND_S)
    if wide is not None and -options.after <= wide.seconds <= options.before:
        lag = wide
    elif wide is not None and wide.is_sure:
        log.warning(
            "The feed fits what was seen best if its clock is %.0f s off: %d of %d rows are then within "
            "1.5 s of an event, and %d with the periods as they are. Check the periods.",
            abs(wide.seconds),
            wide.agree,
            wide.rows,
            lag.agree if lag else 0,
        )
    return USUAL_LAG if lag is None or lag.agree < _LEAST_AGREE else lag
