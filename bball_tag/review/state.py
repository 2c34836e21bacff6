"""What a review knows: each event with its judgement, the names of players, and what was looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

from bball_tag.annotations.reviewed import Reviewed
from bball_tag.events import Event

Judgement = Literal["proposed", "accepted", "changed", "rejected", "unclear"]
Source = Literal["file", "suggest", "person"]
KEPT = ("accepted", "changed")
"""Judgements of events that a person stands for."""
OPEN = ("proposed", "unclear")
"""Judgements of events of which nobody knows whether they are right."""
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Item:
    """An event under review."""

    id: str
    event: Event
    """As it is now; its player is a track's id."""
    state: Judgement = "proposed"
    source: Source = "file"
    proposed: Event | None = None
    """As it was before anybody judged it; None for an event that a person added."""
    by: str = ""
    """Who judged it last."""
    at: str = ""
    """When, as ISO 8601."""
    is_silent: bool = False
    """It was rejected, and nothing else happens there either."""

    @property
    def is_as_proposed(self) -> bool:
        """Say whether nobody changed it."""
        return self.proposed is None or core(self.event) == core(self.proposed)


def core(event: Event) -> tuple[str, float, float, str]:
    """Return what tells events apart for a person: label, start, end and player."""
    return event.label, round(event.start, 3), round(event.end, 3), event.player


@dataclass(frozen=True, slots=True)
class Name:
    """What a person says of a track; what is empty is as it was found."""

    name: str = ""
    team: str = ""
    role: str = ""
    """`player`, `other` or `none`."""


def shown_names(names: Mapping[str, Name], tracks: Iterable[str]) -> dict[str, str]:
    """Return what each track is called: as a person named it, else its id.

    An id that a person gave to another as a name becomes `track ID`, as with rosters.
    """
    given = {known.name for known in names.values() if known.name}
    own = {track: names[track].name if track in names else "" for track in tracks}
    return {track: name or (f"track {track}" if track in given else track) for track, name in own.items()}


@dataclass(frozen=True, slots=True)
class State:
    """All that a review knows at one moment."""

    items: Mapping[str, Item] = field(default_factory=dict)
    names: Mapping[str, Name] = field(default_factory=dict)
    """By track; who has none is as found."""
    reviewed: tuple[Reviewed, ...] = ()
    """Whole spans in which a person has judged everything."""

    def with_items(self, *items: Item) -> State:
        """Return a copy in which these events are new or changed."""
        return replace(self, items={**self.items, **{item.id: item for item in items}})


@dataclass(frozen=True, slots=True)
class Change:
    """What leads from one state to another."""

    items: Mapping[str, Item | None]
    """The new value by id; None for what is gone."""
    names: Mapping[str, Name | None]
    reviewed: tuple[Reviewed, ...] | None
    """All of them; None if they are the same."""

    def __bool__(self) -> bool:
        return bool(self.items or self.names) or self.reviewed is not None


def difference(before: State, after: State) -> Change:
    """Return what leads from `before` to `after`."""
    return Change(
        _difference(before.items, after.items),
        _difference(before.names, after.names),
        None if before.reviewed == after.reviewed else after.reviewed,
    )


def changed(state: State, change: Change) -> State:
    """Return the state to which a change leads."""
    return State(
        _changed(state.items, change.items),
        _changed(state.names, change.names),
        state.reviewed if change.reviewed is None else change.reviewed,
    )


def _difference(before: Mapping[str, Value], after: Mapping[str, Value]) -> dict[str, Value | None]:
    if before is after:
        return {}
    new = {key: value for key, value in after.items() if before.get(key) is not value}
    different: dict[str, Value | None] = {
        key: value for key, value in new.items() if before.get(key) != value
    }
    return {**different, **{key: None for key in before if key not in after}}


def _changed(known: Mapping[str, Value], change: Mapping[str, Value | None]) -> Mapping[str, Value]:
    if not change:
        return known
    merged = {**known, **change}
    return {key: value for key, value in merged.items() if value is not None}
