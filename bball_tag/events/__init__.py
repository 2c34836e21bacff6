"""From label probabilities to events, and how well events agree with the truth."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from bball_tag.events.rules import DEFAULT_RULES, EventRules

if TYPE_CHECKING:
    from bball_tag.events.decide import Event, Scores, event_order, find_events, in_order

__all__ = ["DEFAULT_RULES", "Event", "EventRules", "Scores", "event_order", "find_events", "in_order"]


def __getattr__(name: str) -> object:
    """Load what decides when it is asked for: rules alone, as the help names them, need no numpy."""
    if name in __all__:
        return getattr(import_module("bball_tag.events.decide"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
