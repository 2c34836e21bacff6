"""What is to be seen at an instant: the events that are on, the players' boxes, the teams' colours."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

import numpy as np
from PIL import ImageColor

from bball_tag.events import Event
from bball_tag.palette import COLOURS, Colour
from bball_tag.players.crop import Box
from bball_tag.players.tracks import Track

FLASH = 0.5
"""Seconds for which an event without a length is shown."""
SLACK = 0.0006
"""Files round times to milliseconds: a frame this little early, in seconds, belongs to an event."""
NO_TEAM: Colour = (232, 232, 236)


def shown_end(event: Event) -> float:
    """Return until when an event is shown, in seconds."""
    return event.end if event.end > event.start else event.start + FLASH


class ActiveEvents:
    """The events that are on at an instant."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = events
        self._starts = np.array([event.start for event in events])
        self._ends = np.array([shown_end(event) for event in events])

    def at(self, time: float) -> list[Event]:
        """Return the events on at `time`, in seconds from the first frame."""
        late = time + SLACK
        on = np.flatnonzero((self._starts <= late) & (self._ends > late))
        return [self._events[place] for place in on.tolist()]

    def between(self, start: float, end: float) -> list[int]:
        """Return the places of the events that are on somewhere in [start, end)."""
        places: list[int] = np.flatnonzero((self._starts < end) & (self._ends > start)).tolist()
        return places


class TrackIndex:
    """One player's box at any instant, found quickly in a track of hours."""

    def __init__(self, track: Track) -> None:
        self._track = track
        self._stretches = track.stretches()
        self._starts = [start for start, _ in self._stretches]

    def at(self, time: float) -> Box | None:
        """Return the box at `time`, or nothing while the player is not seen."""
        place = bisect_right(self._starts, time + SLACK) - 1
        if place < 0 or time >= self._stretches[place][1]:
            return None
        # Of a long track only the rows round the instant are looked at.
        row = int(self._track.times.searchsorted(time))
        near = slice(max(row - 1, 0), row + 1)
        return Track(self._track.id, self._track.times[near], self._track.boxes[near]).box_at(time)


def team_colours(events: Sequence[Event]) -> dict[str, Colour]:
    """Return each player's colour: that of his team, as far as any event names it.

    A team that is called by a colour (`white`, `maroon 12`) has that one; others get colours of their own.
    """
    team_of = {event.player: event.team for event in events if event.player and event.team}
    names = sorted({_name(team) for team in team_of.values()})
    colours: dict[str, Colour] = {}
    for place, name in enumerate(names):
        # Backwards, as labels are coloured from the front.
        colours[name] = _named_colour(name) or COLOURS[-1 - place % len(COLOURS)]
    return {player: colours[_name(team)] for player, team in team_of.items()}


def _name(team: str) -> str:
    """Return a team without the number of a player's shirt."""
    return re.sub(r"\s*#?\d+$", "", team).strip().lower() or team


def _named_colour(name: str) -> Colour | None:
    try:
        red, green, blue = ImageColor.getrgb(name.replace(" ", ""))[:3]
    except ValueError:
        return None
    return red, green, blue
