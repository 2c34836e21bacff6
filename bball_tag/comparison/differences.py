"""What was missed, what was found in error, and what was there instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bball_tag.comparison.games import ComparedGame
from bball_tag.events import Event
from bball_tag.events.compare import Timeline, by_label, temporal_ious
from bball_tag.events.segments import segment_pairs
from bball_tag.game_time import format_game_clock

LISTED_IOU = 0.5
"""Least temporal IoU of an event found that is right in the list."""
MISS, FALSE_ALARM = "missed", "false alarm"


@dataclass(frozen=True, slots=True)
class Difference:
    """An event on one side that has no counterpart on the other."""

    kind: str
    """`missed`, or `false alarm`."""
    game: str
    event: Event
    why: str
    """Edges (the label is right, the overlap too small), joined (one event for two), other label, other
    player, or nothing."""
    instead: Event | None = None
    """What the other side has there; None where it has nothing."""
    overlap: float = 0.0
    """Temporal IoU with it."""

    @property
    def game_clock(self) -> tuple[str | None, str | None]:
        """The period in which the event begins, and the clock; None where they are not known."""
        at = self.event.game_time
        clock = None if at is None or at.clock is None else format_game_clock(at.clock)
        return (at.period if at else None), clock

    @property
    def is_found(self) -> bool:
        """Whether it is an event found, and not a true one."""
        return self.kind == FALSE_ALARM


def differences_of(games: Sequence[ComparedGame], *, by_player: bool) -> list[Difference]:
    """Return all differences, game by game, in order of their starts."""
    found = []
    for game in games:
        own = [
            one
            for part in _parts(game, by_player=by_player)
            for one in _of_part(game, part, by_player=by_player)
        ]
        found += sorted(own, key=lambda one: (one.event.start, one.event.player, one.event.label, one.kind))
    return found


def _parts(game: ComparedGame, *, by_player: bool) -> Iterator[Timeline]:
    """Yield the events that may stand in for each other.

    Where several players share a timeline, these have one label: somebody else's action says nothing of what
    was taken for this one.
    """
    for timeline in game.timelines(by_player=by_player):
        if by_player or not game.num_players:
            yield timeline
        else:
            yield from (own for (own,) in by_label([timeline]).values())


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of a timeline, with which of its events have a counterpart."""

    events: tuple[Event, ...]
    is_paired: np.ndarray


def _of_part(game: ComparedGame, part: Timeline, *, by_player: bool) -> Iterator[Difference]:
    found, truth = _paired(part)
    for kind, own, other, everybody in (
        (MISS, truth, found, game.found),
        (FALSE_ALARM, found, truth, game.truth),
    ):
        alone = np.flatnonzero(~own.is_paired).tolist()
        ious = temporal_ious([own.events[index] for index in alone], other.events)
        for index, row in zip(alone, ious, strict=True):
            event = own.events[index]
            if row.max(initial=0.0) > 0:
                yield _beside(kind, game, event, other, int(row.argmax()), float(row.max()))
            else:
                yield _elsewhere(kind, game, event, everybody if by_player else ())


def _paired(timeline: Timeline) -> tuple[_Side, _Side]:
    """Return the events found and the true ones."""
    paired: set[int] = set()
    for (own,) in by_label([timeline]).values():
        for row, column in enumerate(segment_pairs(own.found, own.truth, LISTED_IOU).tolist()):
            if column >= 0:
                paired |= {id(own.found[row]), id(own.truth[column])}
    found, truth = (
        _Side(events, np.array([id(event) in paired for event in events], bool))
        for events in (timeline.found, timeline.truth)
    )
    return found, truth


def _beside(
    kind: str, game: ComparedGame, event: Event, other: _Side, best: int, overlap: float
) -> Difference:
    """Return a difference where the other side has something at that time."""
    instead = other.events[best]
    if instead.label != event.label:
        why = "other label"
    else:
        why = "joined" if other.is_paired[best] else "edges"
    return Difference(kind, game.name, event, why, instead, overlap)


def _elsewhere(kind: str, game: ComparedGame, event: Event, everybody: Sequence[Event]) -> Difference:
    """Return a difference where the other side has nothing of this player at that time."""
    same = [one for one in everybody if one.label == event.label]
    overlaps = temporal_ious([event], same)[0] if same else np.zeros(1)
    if overlaps.max() < LISTED_IOU:
        return Difference(kind, game.name, event, "nothing")
    best = int(overlaps.argmax())
    return Difference(kind, game.name, event, "other player", same[best], float(overlaps[best]))
