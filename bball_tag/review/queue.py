"""In which order events are judged."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from bball_tag.review.state import Item, State, shown_names

ORDERS = ("time", "doubt", "label", "player", "suggest")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events are judged, and in which order."""

    order: str = "time"
    labels: Collection[str] = ()
    """Only these; none means all."""
    players: Collection[str] = ()
    """What players are called on the page; none means all."""
    states: Collection[str] = ("proposed",)
    least: float = 0.0
    most: float = 1.0
    """Limits of the confidence; an event without one has 1."""


@dataclass(frozen=True, slots=True)
class Queue:
    """What is to be judged."""

    ids: tuple[str, ...]
    why: Mapping[str, str] = field(default_factory=dict)
    """Why some of them are to be judged, by id."""


def queue(state: State, wanted: Wanted, label_order: Collection[str] = ()) -> Queue:
    """Return the events to be judged next, in order.

    `doubt` begins with the least confidence, `label` takes label by label, `player` player by player; within
    these, and in `time`, the earlier comes first. `suggest` begins with what `suggest` chose, as it did.

    Args:
        state: What is known.
        wanted: Which events, and in which order.
        label_order: The labels in their order.
    """
    names = shown_names(state.names, {item.event.player for item in state.items.values()})
    labels = {label: number for number, label in enumerate(label_order)}
    keys: dict[str, Callable[[Item], Any]] = {
        "time": lambda item: (),
        "doubt": lambda item: item.event.confidence,
        "label": lambda item: (labels.get(item.event.label, len(labels)), item.event.label),
        "player": lambda item: names[item.event.player],
        "suggest": _suggested,
    }
    chosen = [
        item
        for item in state.items.values()
        if item.state in wanted.states
        and (not wanted.labels or item.event.label in wanted.labels)
        and (not wanted.players or names[item.event.player] in wanted.players)
        and wanted.least <= item.event.confidence <= wanted.most
    ]
    first = keys[wanted.order]
    chosen.sort(key=lambda item: (first(item), item.event.start, item.event.end, item.id))
    return Queue(
        tuple(item.id for item in chosen),
        {item.id: item.event.remark for item in chosen if item.event.remark},
    )


def _suggested(item: Item) -> tuple[bool, tuple[int, ...]]:
    """Return what sorts suggestions first, the newest before all, each lot as it was chosen."""
    if item.source == "suggest" and item.id.startswith("s"):
        lot, _, number = item.id.removeprefix("s").partition(".")
        if lot.isdecimal() and number.isdecimal():
            return False, (-int(lot), int(number))
    return not item.event.remark, ()
