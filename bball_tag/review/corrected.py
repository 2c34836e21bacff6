"""The events after review, as an ordinary annotation that says who plays and what was looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import get_args

import numpy as np

from bball_tag import __version__
from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.reviewed import Reviewed
from bball_tag.annotations.reviewed import in_order as spans_in_order
from bball_tag.annotations.stamps import stamped
from bball_tag.events import Event, in_order
from bball_tag.players.identify import Player
from bball_tag.players.roster import NONE
from bball_tag.players.tracks import Track, as_role
from bball_tag.review.material import Material
from bball_tag.review.state import KEPT, OPEN, Item, Judgement, Name, State, shown_names

WHICH = ("accepted", "all")
"""Which events may be asked for: those that a person stands for, or all but the rejected ones."""


def corrected(
    material: Material, state: State, *, with_open: bool = False, is_named: bool = True
) -> Annotation:
    """Return the events after review, with what was looked at; what was rejected is left out.

    That nothing happens is no event: it stands in what was looked at.

    Args:
        material: The game.
        state: The judgements.
        with_open: Whether events that are not judged yet, or unclear, are kept too.
        is_named: Whether players have the names that a person gave; else they are called as in the stored
            scores.
    """
    states = (*KEPT, *OPEN) if with_open else KEPT
    annotation, items = material.annotation, state.items.values()
    ids = {track.id for track in annotation.tracks} | {item.event.player for item in items}
    naming = _Naming(state.names if is_named else {}, ids)
    background = material.rules().background
    counts = Counter(item.state for item in items)
    summary = ", ".join(f"{counts[kind]} {kind}" for kind in get_args(Judgement))
    kept = (item.event for item in items if item.state in states and item.event.label not in background)
    events = (naming.event(event) for event in kept)
    spans = (naming.span(span) for span in reviewed_spans(state, annotation.reviewed, background))
    whole = replace(
        annotation,
        events=in_order(event for event in events if event is not None),
        reviewed=spans_in_order(span for span in spans if span is not None),
        tracks=naming.tracks(annotation.tracks),
        players=naming.players(annotation.players),
        version=annotation.version or __version__,
        clips=(),
        scores=None,
        settings={**annotation.settings, "reviewed": summary},
    )
    # One file of a game in several says only what its own seconds show of the periods.
    return replace(stamped(replace(whole, periods=material.periods)), periods=annotation.periods)


class _Naming:
    """Gives players the names, teams and roles that a person gave; who is nobody is left out."""

    def __init__(self, names: Mapping[str, Name], tracks: Iterable[str]) -> None:
        self._names = names
        self._shown = {**shown_names(names, tracks), "": ""}

    def _of(self, track: str) -> Name:
        return self._names.get(track, Name())

    def event(self, event: Event) -> Event | None:
        name = self._of(event.player)
        if name.role == NONE:
            return None
        return replace(event, player=self._shown[event.player], team=name.team or event.team)

    def span(self, span: Reviewed) -> Reviewed | None:
        if self._of(span.player).role == NONE:
            return None
        return replace(span, player=self._shown.get(span.player, span.player))

    def tracks(self, tracks: Iterable[Track]) -> list[Track]:
        groups: dict[str, list[Track]] = {}
        for track in tracks:
            name = self._of(track.id)
            if name.role != NONE:
                role = as_role(name.role) if name.role else track.role
                new = replace(track, id=self._shown[track.id], team=name.team or track.team, role=role)
                groups.setdefault(new.id, []).append(new)
        return [_joined(group) for group in groups.values()]

    def players(self, players: Iterable[Player]) -> tuple[Player, ...]:
        named: dict[str, Player] = {}
        for player in players:
            name, shown = self._of(player.id), self._shown.get(player.id, player.id)
            if name.role != NONE:
                role = as_role(name.role) if name.role else player.role
                named.setdefault(shown, replace(player, id=shown, team=name.team or player.team, role=role))
        return tuple(named.values())


def _joined(tracks: Sequence[Track]) -> Track:
    """Return the tracks of one player as one; where two boxes have one time, that of the first track."""
    first = tracks[0]
    if len(tracks) == 1:
        return first
    times, rows = np.unique(np.concatenate([track.times for track in tracks]), return_index=True)
    moves = [track.moves for track in tracks if track.moves is not None]
    return replace(
        first,
        times=times,
        boxes=np.concatenate([track.boxes for track in tracks])[rows],
        moves=np.concatenate(moves)[rows] if len(moves) == len(tracks) else None,
        # A person looked at it.
        sureness=1.0,
    )


def reviewed_spans(
    state: State, before: Iterable[Reviewed] = (), background: Collection[str] = ()
) -> list[Reviewed]:
    """Return what was looked at: spans that a person marked, and those of the events that were judged.

    An event that nobody is sure of takes its own part out of a span that would make it a "no" or a "yes".

    Args:
        state: The judgements.
        before: What was looked at before this review.
        background: Labels that say that nothing happens: who confirms one has looked for all labels.
    """
    spans = [*before, *state.reviewed]
    for item in state.items.values():
        if item.state in (*KEPT, "rejected"):
            spans.append(_judged(item, background))
    unsure = [item.event for item in state.items.values() if item.state in OPEN]
    return list(dict.fromkeys(part for span in spans for part in _without(span, unsure)))


def _judged(item: Item, background: Collection[str]) -> Reviewed:
    """Return what a judgement of one event says was looked at: its label, and what it was proposed as."""
    events = [item.event] if item.proposed is None else [item.event, item.proposed]
    is_silent = item.is_silent or (item.state in KEPT and item.event.label in background)
    labels = () if is_silent else tuple(dict.fromkeys(event.label for event in events))
    own = [event for event in events if event.player == item.event.player]
    start, end = min(event.start for event in own), max(event.end for event in own)
    return Reviewed(start, end, item.event.player, labels, item.by, item.at)


def _without(span: Reviewed, unsure: Iterable[Event]) -> Iterator[Reviewed]:
    """Yield what is left of a span without the events that it is about and that are not judged."""
    start = span.start
    for event in sorted(unsure, key=lambda event: event.start):
        about = not span.player or span.player == event.player
        if not about or (span.labels and event.label not in span.labels):
            continue
        if event.end <= start or event.start >= span.end:
            continue
        if event.start > start:
            yield replace(span, start=start, end=event.start)
        start = max(start, event.end)
    if start < span.end:
        yield replace(span, start=start)
