"""What a run says about one video."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bball_tag.errors import AnnotationError
from bball_tag.events import Event, EventRules, Scores, find_events
from bball_tag.events.decide import changed_rules
from bball_tag.files import check_output

if TYPE_CHECKING:
    from bball_tag.players.tracks import Track
    from bball_tag.video.info import VideoInfo


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
    """The video cut for each event, where clips were made; empty when none were."""
    scores: Scores | None = field(default=None, repr=False, compare=False)
    """What the events were decided from; None where they were read from a table."""

    def decide(
        self,
        threshold: float | Mapping[str, float] | None = None,
        min_duration: float | None = None,
        max_gap: float | None = None,
    ) -> Annotation:
        """Return other events from the same scores; what is None stays as it was decided before.

        Args:
            threshold: Probability at which an event begins, for every label or by label (`*` for others).
            min_duration: Drop shorter events, in seconds.
            max_gap: Join events of one label and player at most this far apart, in seconds.

        Raises:
            BballTagError: There are no scores, or a rule is impossible.
        """
        if self.scores is None:
            raise AnnotationError(
                "Cannot decide again: these events carry no scores, as they were read from a table. "
                "Annotate the video with scores=FILE, which takes seconds where the scores are stored."
            )
        rules = changed_rules(self.rules, self.labels, threshold, min_duration, max_gap)
        return replace(self, events=find_events(self.scores, rules), rules=rules, clips=())

    def write(
        self,
        *paths: str | Path,
        format: str | None = None,
        lead: float = 0.0,
        lag: float = 0.0,
        overwrite: bool = False,
    ) -> list[Path]:
        """Write the events to files, each whole or not at all, and return their paths.

        Args:
            paths: Where to write; the suffix picks the format.
            format: The format, where the suffix does not say.
            lead: Pad the start of each event, in seconds (cut lists only).
            lag: Pad the end of each event, in seconds (cut lists only).
            overwrite: Replace files that exist.

        Raises:
            BballTagError: A format is unknown or cannot hold these events, or a file cannot be written.
        """
        from bball_tag.annotations.formats import check_padding, format_for, write_annotation

        targets = [Path(path) for path in paths]
        check_padding([format_for(path, format) for path in targets], lead, lag)
        for path in targets:
            check_output(path, overwrite=overwrite)
        for path in targets:
            write_annotation(self, path, format, lead=lead, lag=lag)
        return targets

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
