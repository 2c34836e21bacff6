"""The ten labels of the sport that the project is made for."""

from __future__ import annotations

SPACEJAM_LABELS = (
    "block",
    "pass",
    "run",
    "dribble",
    "shoot",
    "ball in hand",
    "defense",
    "pick",
    "no_action",
    "walk",
)
"""SpaceJam's labels in the order of its ids, from 0."""
NO_ACTION = "no_action"
"""The label of clips in which nobody does anything that has a name; it is never written as an event."""
