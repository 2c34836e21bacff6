"""Periods and game times as our JSON holds them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bball_tag.faults import FormError
from bball_tag.game_time import LONGEST_CLOCK_S, GameTime, Mark, Period, check_marks
from bball_tag.json_files import as_list, as_number, as_text, as_whole, field
from bball_tag.timecode import LONGEST_S

_MOST_PERIODS = 99


def as_json(period: Period) -> dict[str, Any]:
    """Return a period as our JSON holds it."""
    return {
        "number": period.number,
        "name": period.name,
        "start_s": period.start,
        "end_s": period.end,
        "clock_start_s": period.clock_start,
        "clock_end_s": period.clock_end,
        "marks": [[mark.seconds, mark.clock] for mark in period.marks],
    }


def from_json(item: Mapping[str, Any]) -> Period:
    """Return the period that `as_json` gave.

    Raises:
        FormError: A field is invalid.
    """
    marks = [_mark(mark) for mark in as_list(item.get("marks", []))]
    period = Period(
        number=as_whole(field(item, "number"), _MOST_PERIODS, 1),
        name=as_text(field(item, "name")),
        start=as_number(field(item, "start_s"), LONGEST_S),
        end=as_number(field(item, "end_s"), LONGEST_S),
        clock_start=as_number(field(item, "clock_start_s"), LONGEST_CLOCK_S),
        clock_end=as_number(field(item, "clock_end_s"), LONGEST_CLOCK_S),
        marks=tuple(marks),
    )
    check_marks(period)
    return period


def _mark(value: object) -> Mark:
    pair = as_list(value)
    if len(pair) != 2:
        raise FormError("a mark is not made of two numbers, seconds of the video and of the clock")
    return Mark(as_number(pair[0], LONGEST_S), as_number(pair[1], LONGEST_CLOCK_S))


def game_time_from_json(item: Mapping[str, Any]) -> GameTime | None:
    """Return the game time of an event of our JSON; None where it has none.

    Raises:
        FormError: A field is invalid.
    """
    if "period" not in item:
        return None
    number = as_whole(item.get("period_number", 0), _MOST_PERIODS)
    clock = item.get("clock_s")
    return GameTime(
        number,
        as_text(item["period"]),
        None if clock is None else as_number(clock, LONGEST_CLOCK_S),
        as_number(item.get("clock_within_s", 0.0), LONGEST_S),
    )
