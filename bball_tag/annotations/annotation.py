"""What a run says about one video."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from bball_tag.events import Event, EventRules

if TYPE_CHECKING:
    from bball_tag.players.tracks import Track
    from bball_tag.video import VideoInfo


@dataclass(frozen=True, slots=True)
class Annotation:
    """The events of one video, with where they came from."""

    video: VideoInfo
    """What is known of it: a size, rate or duration of 0 and an empty path are unknown."""
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
    clips: Sequence[Path | None] = ()
    """The film cut for each event, where clips were made; empty when none were."""

    def all_labels(self) -> list[str]:
        """Return the checkpoint's labels in its order, then those that only events have, by name."""
        return [*self.labels, *sorted({event.label for event in self.events} - set(self.labels))]

    def end(self) -> float:
        """Return the seconds to the end of the video, or of the last event where that is later."""
        return max([self.video.duration, *(event.end for event in self.events)])

    def widened(self, lead: float, lag: float) -> Annotation:
        """Return it with each event beginning `lead` and ending `lag` seconds further out.

        No event is made to leave the video; one that already does keeps its end.
        """
        stop = self.video.duration or float("inf")
        events = [
            replace(event, start=max(0.0, event.start - lead), end=max(event.end, min(stop, event.end + lag)))
            for event in self.events
        ]
        return replace(self, events=events)


def order(event: Event) -> tuple[float, str, str, float]:
    """Return what events are sorted by, as a run writes them: start, then player, label and end."""
    return event.start, event.player, event.label, event.end


def in_order(events: Iterable[Event]) -> list[Event]:
    """Return events sorted by `order`."""
    return sorted(events, key=order)


def little_known_video(path: Path = Path(), fps: Fraction | None = None, duration: float = 0.0) -> VideoInfo:
    """Return what a file of events without its video tells of it."""
    from bball_tag.video import VideoInfo

    return VideoInfo(
        path=path,
        width=0,
        height=0,
        fps=fps or Fraction(0),
        duration=duration,
        num_frames=None,
        has_audio=False,
        rotation=0,
    )
