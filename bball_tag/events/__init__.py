"""From label probabilities to events, and how well events agree with the truth."""

from bball_tag.events.decide import (
    DEFAULT_RULES,
    Event,
    EventRules,
    Scores,
    event_order,
    find_events,
    in_order,
)

__all__ = ["DEFAULT_RULES", "Event", "EventRules", "Scores", "event_order", "find_events", "in_order"]
