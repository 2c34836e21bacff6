"""What is visible at an instant: the active events, the players' boxes, the teams' colours."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PIL import ImageColor

from bball_tag.events import Event
from bball_tag.palette import COLOURS, Colour
from bball_tag.players.crop import Box
from bball_tag.players.tracks import Track
from bball_tag.video.info import TIME_TOLERANCE_S

if TYPE_CHECKING:
    from bball_tag.players.identify import Player

_FLASH_S = 0.5
"""Seconds for which an event without a length is shown."""
NO_TEAM: Colour = (232, 232, 236)


def shown_end(event: Event) -> float:
    """Return until when an event is shown, in seconds."""
    return event.end if event.end > event.start else event.start + _FLASH_S


class ActiveEvents:
    """The events that are active at an instant, found quickly among those of a game."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = events
        self._starts = np.array([event.start for event in events])
        self._ends = np.array([shown_end(event) for event in events])

    def at(self, time: float) -> list[Event]:
        """Return the events that are active at `time`, in seconds from the first frame."""
        late = time + TIME_TOLERANCE_S
        active = np.flatnonzero((self._starts <= late) & (self._ends > late))
        return [self._events[index] for index in active.tolist()]

    def between(self, start: float, end: float) -> list[int]:
        """Return the indices of the events that are active somewhere in [start, end)."""
        return np.flatnonzero((self._starts < end) & (self._ends > start)).tolist()


class TrackIndex:
    """One player's box at any instant, found quickly in a track of hours."""

    def __init__(self, track: Track) -> None:
        self._track = track
        self._stretches = track.stretches()
        self._starts = [start for start, _ in self._stretches]

    def at(self, time: float) -> Box | None:
        """Return the box at `time`; None while the player is not seen."""
        index = bisect_right(self._starts, time + TIME_TOLERANCE_S) - 1
        if index < 0 or time >= self._stretches[index][1]:
            return None
        return self._track.box_at(time)


def team_colours(
    events: Sequence[Event], tracks: Sequence[Track] = (), players: Sequence[Player] = ()
) -> dict[str, Colour]:
    """Return each player's colour: that of the kit, where one was found, else that of the player's team.

    A team is what an event or a track names. One that is called by a colour (`white`, `maroon 12`) has that
    one; others get colours of their own.
    """
    team_of = {track.id: track.team for track in tracks if track.team}
    team_of |= {event.player: event.team for event in events if event.player and event.team}
    names = sorted({_team_name(team) for team in team_of.values()})
    colours: dict[str, Colour] = {}
    for index, name in enumerate(names):
        # Backwards, as labels are coloured from the front.
        colours[name] = _named_colour(name) or COLOURS[-1 - index % len(COLOURS)]
    kits = {player.id: player.colour for player in players}
    return {player: colours[_team_name(team)] for player, team in team_of.items()} | kits


def _team_name(team: str) -> str:
    """Return a team without the number of a player's shirt."""
    return re.sub(r"\s*#?\d+$", "", team).strip().lower() or team


def _named_colour(name: str) -> Colour | None:
    try:
        red, green, blue = ImageColor.getrgb(name.replace(" ", ""))[:3]
    except ValueError:
        return None
    return red, green, blue
