"""From label probabilities to events, and how well events agree with the truth."""

from bball_tag.events.decide import Event, Scores, event_order, find_events, in_order
from bball_tag.events.rules import DEFAULT_RULES, EventRules

__all__ = ["DEFAULT_RULES", "Event", "EventRules", "Scores", "event_order", "find_events", "in_order"]
