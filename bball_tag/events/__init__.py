"""From label probabilities to events, and how well events agree with the truth."""

from bball_tag.events.decide import DEFAULT_RULES, Event, EventRules, Scores, find_events

__all__ = ["DEFAULT_RULES", "Event", "EventRules", "Scores", "find_events"]
