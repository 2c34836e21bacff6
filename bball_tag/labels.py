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
