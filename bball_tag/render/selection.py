"""Which events are rendered."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from bball_tag.checks import check_number
from bball_tag.errors import BballTagError, OptionError
from bball_tag.events import Event
from bball_tag.render.visible import shown_end
from bball_tag.timecode import format_time

if TYPE_CHECKING:
    from bball_tag.annotations import Annotation


def check_selection(
    label: str | Sequence[str], player: str | Sequence[str], max_clips: int | None = None, **seconds: float
) -> None:
    """Refuse what cannot be meant, before hours are spent on the video; `seconds` are at least 0.

    Raises:
        OptionError: A value is of the wrong kind, or negative.
    """
    for name, value in (("label", label), ("player", player)):
        names = [value] if isinstance(value, str) else value
        if not isinstance(names, Collection) or not all(isinstance(one, str) for one in names):
            raise OptionError(f"{name} must be a name or a list of names, not {value!r}.")
    if max_clips is not None:
        check_number("max_clips", max_clips, 1, whole=True)
    for name, number in seconds.items():
        check_number(name, number, 0)


def select_events(
    annotation: Annotation,
    *,
    label: str | Sequence[str] = (),
    player: str | Sequence[str] = (),
    part: tuple[float, float | None] = (0.0, None),
    max_clips: int | None = None,
) -> Annotation:
    """Return the annotation with some of its events only.

    Args:
        annotation: All events.
        label: The label to keep, or several; none keeps all.
        player: The id of the player whose events and track to keep, or several; none keeps all.
        part: Keep what touches this part of the video, in seconds; None is its end.
        max_clips: Keep only the most confident events of those; None keeps all.

    Raises:
        BballTagError: A label or a player does not occur.
    """
    labels, players = ([names] if isinstance(names, str) else list(names) for names in (label, player))
    events, (start, end) = annotation.events, part
    _check("label", labels, {event.label for event in events} | set(annotation.labels))
    known = {event.player for event in events if event.player} | {track.id for track in annotation.tracks}
    _check("player", players, known)
    kept = [
        event
        for event in events
        if (not labels or event.label in labels)
        and (not players or event.player in players)
        and shown_end(event) > start
        and (end is None or event.start < end)
    ]
    if max_clips is not None:
        kept = most_confident(kept, max_clips)
    tracks = [track for track in annotation.tracks if not players or track.id in players]
    # All labels, so that selecting some does not change their colours.
    return replace(annotation, events=kept, tracks=tracks, labels=tuple(annotation.all_labels()))


def events_to_cut(
    annotation: Annotation,
    label: str | Sequence[str],
    player: str | Sequence[str],
    part: tuple[float, float | None],
    max_clips: int | None,
) -> Annotation:
    """Return what `select_events` does.

    Raises:
        BballTagError: A label or a player does not occur, there is no event, or one is not in the video.
    """
    chosen = select_events(annotation, label=label, player=player, part=part, max_clips=max_clips)
    if not chosen.events:
        raise BballTagError(
            f"No event to cut out of {annotation.video.path}: check label, player, start and end."
        )
    video = annotation.video
    for event in chosen:
        if 0 < video.duration <= event.start:
            raise BballTagError(
                f"Cannot cut the event {event.label} at {format_time(event.start)}: {video.name} lasts only "
                f"{format_time(video.duration)}. Do these events belong to it?"
            )
    return chosen


def most_confident(events: Iterable[Event], count: int) -> list[Event]:
    """Return the `count` events with the highest confidence, in the order of the game."""
    ranked = sorted(events, key=lambda event: (-event.confidence, -event.peak_confidence, event.start))
    return sorted(ranked[:count], key=lambda event: event.start)


def _check(kind: str, wanted: Collection[str], known: set[str]) -> None:
    unknown = sorted(set(wanted) - known)
    if unknown:
        names = sorted(known, key=lambda name: (int(name) if name.isdecimal() else math.inf, name))
        there = f"There are: {', '.join(names)}." if known else "There are none."
        raise BballTagError(f"No {kind} {unknown[0]!r} in these events. {there}")
