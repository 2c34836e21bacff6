"""What a user may say about a feed and its video."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bball_tag.play_by_play.feed import Kind

Status = Literal["matched", "missed", "no label", "outside"]
BEFORE_S, AFTER_S = 6.0, 1.0
"""How long before its clock a row may have happened, and how long after: people type late."""
LISTED: tuple[Kind, ...] = ("shot", "free throw", "block")
"""Kinds of which a feed has every one: an event without a row is extra. Of passes it has only assists."""
_LINKS: dict[Kind, tuple[str, ...]] = {
    "shot": ("shoot",),
    "free throw": ("shoot",),
    "block": ("block",),
    "assist": ("pass",),
    "turnover": ("turnover",),
}


@dataclass(frozen=True, slots=True)
class AlignOptions:
    """What a user may say about a feed and its video."""

    before: float = BEFORE_S
    """How long before its clock a row may have happened, in seconds."""
    after: float = AFTER_S
    """How long after it."""
    links: Mapping[Kind, tuple[str, ...]] = field(default_factory=dict)
    """Labels of the events that a kind of row is about, where they are not those of SpaceJam."""
    teams: Mapping[str, str] = field(default_factory=dict)
    """What the video calls a team, by what the feed calls it."""

    def labels(self, kind: Kind) -> tuple[str, ...]:
        """Return the labels of the events that rows of a kind are about."""
        return self.links.get(kind, _LINKS[kind])
