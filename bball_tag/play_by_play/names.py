"""Whether a feed and a video speak of the same player or team."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from bball_tag.events import Event
from bball_tag.play_by_play.feed import FeedRow

_SAME_PLAYER, _OTHER_PLAYER = 1.5, -2.0
_SAME_TEAM, _OTHER_TEAM = 0.7, -2.0
"""What a name speaks for or against a pair, as logarithms of odds: names of found players are often wrong."""
_PARTS = re.compile(r"[^\W\d_]+")


def is_same_player(first: str, second: str) -> bool:
    """Say whether two names may be of one person: `L. James`, `LeBron James` and `James, L.` are."""
    one, other = (_PARTS.findall(name.casefold()) for name in (first, second))
    if not one or not other:
        return False
    if sorted(one) == sorted(other):
        return True
    family = max(one, key=len)
    if family not in other or len(family) < 2:
        return False
    rest, others = ([part for part in parts if part != family] for parts in (one, other))
    return not rest or not others or any(a[0] == b[0] for a in rest for b in others)


def agreement(rows: Sequence[FeedRow], events: Sequence[Event], teams: Mapping[str, str]) -> np.ndarray:
    """Return what names speak for each pair, shape (N, M); 0 where a name means nothing to the other side.

    A player whom nobody named (`7`) is nobody of the feed, and speaks neither for nor against.

    Args:
        rows: The rows.
        events: The events.
        teams: What the video calls a team, by what the feed calls it.
    """
    found = np.zeros((len(rows), len(events)))
    typed_players = sorted({row.player for row in rows if row.player})
    seen_players = sorted({event.player for event in events if event.player})
    same = {(a, b) for a in typed_players for b in seen_players if is_same_player(a, b)}
    known = {player for _, player in same}
    called = {row.team: teams.get(row.team, row.team).casefold() for row in rows if row.team}
    known_teams = set(called.values()) & {event.team.casefold() for event in events}
    for column, event in enumerate(events):
        team = event.team.casefold()
        for index, row in enumerate(rows):
            if event.player in known and row.player:
                found[index, column] += _SAME_PLAYER if (row.player, event.player) in same else _OTHER_PLAYER
            if team and called.get(row.team) in known_teams:
                found[index, column] += _SAME_TEAM if called[row.team] == team else _OTHER_TEAM
    return found
