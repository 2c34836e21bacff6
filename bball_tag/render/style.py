"""The styles of the overlay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

StyleName = Literal["broadcast", "minimal"]


@dataclass(frozen=True, slots=True)
class Style:
    """A way to draw."""

    tag: float
    """Height of a tag, as a fraction of the frame's."""
    min_tag: int
    """Pixels below which no text is legible."""
    opacity: float
    """Of tags, 0 to 1."""
    has_timeline: bool
    has_idle_boxes: bool
    """Whether a player without an event has a box too."""


STYLES: dict[str, Style] = {
    "broadcast": Style(tag=0.036, min_tag=16, opacity=0.92, has_timeline=True, has_idle_boxes=True),
    "minimal": Style(tag=0.032, min_tag=14, opacity=0.85, has_timeline=False, has_idle_boxes=False),
}
"""By `StyleName`: boxes, tags and the timeline; or only the players who act."""
