"""What a run says about one video."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bball_tag.events import Event, EventRules

if TYPE_CHECKING:
    from bball_tag.players.tracks import Track
    from bball_tag.video import VideoInfo


@dataclass(frozen=True, slots=True)
class Annotation:
    """The events of one video, with where they came from."""

    video: VideoInfo
    events: Sequence[Event]
    """Sorted by start."""
    labels: tuple[str, ...] = ()
    """Every label the checkpoint knows, in its order."""
    rules: EventRules = field(default_factory=EventRules)
    checkpoint: str = ""
    """Name and id of the checkpoint, empty when the events came from elsewhere."""
    version: str = ""
    """Version of bball-tag that made the events."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Further facts of the run, as a person reads them: stride, region, device, library versions."""
    tracks: Sequence[Track] = ()
    """The players' boxes, where there are any."""
