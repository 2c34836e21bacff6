"""Which events a film is made of."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from bball_tag.errors import BballTagError
from bball_tag.events import Event
from bball_tag.render.visible import shown_end

if TYPE_CHECKING:
    from bball_tag.annotations import Annotation

_LONGEST_NAME = 40


def chosen(
    annotation: Annotation,
    *,
    only: Collection[str] = (),
    players: Collection[str] = (),
    start: float = 0.0,
    end: float | None = None,
) -> Annotation:
    """Return the annotation with the events of some labels and players that touch a part of the film.

    Args:
        annotation: All events.
        only: Labels; none for all.
        players: Ids of players, whose tracks alone are kept too; none for all.
        start: Begin of the part, in seconds.
        end: End of the part, in seconds; None is the end of the film.

    Raises:
        BballTagError: A label or a player that does not occur.
    """
    events = annotation.events
    _check("label", only, {event.label for event in events} | set(annotation.labels))
    known = {event.player for event in events if event.player} | {track.id for track in annotation.tracks}
    _check("player", players, known)
    kept = [
        event
        for event in events
        if (not only or event.label in only)
        and (not players or event.player in players)
        and shown_end(event) > start
        and (end is None or event.start < end)
    ]
    tracks = [track for track in annotation.tracks if not players or track.id in players]
    # All labels, so that choosing some does not change their colours.
    return replace(annotation, events=kept, tracks=tracks, labels=tuple(annotation.all_labels()))


def best_of(events: Iterable[Event], most: int) -> list[Event]:
    """Return the `most` events with the highest confidence, in the order of the game."""
    ranked = sorted(events, key=lambda event: (-event.confidence, -event.peak_confidence, event.start))
    return sorted(ranked[:most], key=lambda event: event.start)


def safe_name(text: str) -> str:
    """Return `text` as a part of a file's name on every system: letters of any script, digits and dashes."""
    return re.sub(r"[^\w-]+", "_", text).strip("_")[:_LONGEST_NAME]


def _check(kind: str, wanted: Collection[str], known: set[str]) -> None:
    unknown = sorted(set(wanted) - known)
    if unknown:
        there = f"There are: {', '.join(sorted(known))}." if known else "There are none at all."
        raise BballTagError(f"No {kind} {unknown[0]!r} in these actions. {there}")
