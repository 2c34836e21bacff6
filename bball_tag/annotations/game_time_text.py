"""An event's game time in formats that have a text or labels for it, and back."""

from __future__ import annotations

from collections.abc import Mapping

from bball_tag.events import Event
from bball_tag.faults import FormError
from bball_tag.game_time import (
    GameTime,
    format_game_clock,
    format_game_time,
    parse_game_clock,
    parse_game_time,
    read_period,
)
from bball_tag.text_files import number_of

PERIOD, CLOCK, WITHIN = "period", "clock", "clock_within_s"


def game_facts(event: Event) -> dict[str, str]:
    """Return an event's game time as names and texts: period, clock, and how wrong that may be if it may."""
    at = event.game_time
    if at is None:
        return {}
    if at.clock is None:
        return {PERIOD: at.period}
    within = {} if at.is_exact else {WITHIN: f"{at.within:.1f}"}
    return {PERIOD: at.period, CLOCK: format_game_clock(at.clock), **within}


def game_time_of_facts(facts: Mapping[str, object]) -> GameTime | None:
    """Undo `game_facts`; None where another program means something else by these names."""
    texts = {name: str(facts.get(name) or "") for name in (PERIOD, CLOCK, WITHIN)}
    try:
        number, name = read_period(texts[PERIOD])
        clock = parse_game_clock(texts[CLOCK]) if texts[CLOCK] else None
        within = number_of(texts[WITHIN]) if texts[WITHIN] else 0.0
    except FormError:
        return None
    return GameTime(number, name, clock, max(0.0, within))


def timed(event: Event, text: str) -> str:
    """Return `text` with the event's game time in front, if it has one: `[Q1 7:32.4] shoot`."""
    return f"[{format_game_time(event.game_time)}] {text}" if event.game_time else text


def split_timed(text: str) -> tuple[GameTime | None, str]:
    """Undo `timed`."""
    time, bracket, rest = text.removeprefix("[").partition("] ")
    found = parse_game_time(time) if bracket and text.startswith("[") else None
    return (found, rest) if found and rest else (None, text)
