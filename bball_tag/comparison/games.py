"""One game of a comparison: what is judged of the events found and of the true ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.reviewed import Reviewed, is_reviewed
from bball_tag.comparison.cautions import cautions_about, names_of
from bball_tag.events import DEFAULT_RULES, Event
from bball_tag.events.compare import Timeline, temporal_ious, timelines_of
from bball_tag.events.shared_time import Span

_COUNTERPART = 0.1
"""Least temporal IoU from which an event found is judged where its true counterpart is."""


@dataclass(frozen=True, slots=True)
class ComparedGame:
    """What is compared of one game."""

    name: str
    """What to call it: its video, or else the file of events."""
    found: tuple[Event, ...]
    """Events found, without those that are not judged."""
    truth: tuple[Event, ...]
    """True events, without those that are not judged."""
    end: float
    """Seconds to the end of the video, or of the last event if that is later."""
    reviewed: tuple[Reviewed, ...] = ()
    """What was judged; none means everything."""
    num_unjudged: int = 0
    """Events on either side that are outside of what was reviewed."""
    background: tuple[str, ...] = ()
    """Labels that stand for silence; their events are left out."""
    num_silent: int = 0
    """Events of these labels on either side."""
    labels: tuple[str, ...] = ()
    """Every label of the files, for its colour."""
    video: Path | None = None
    cautions: tuple[str, ...] = ()
    """What is probably a mistake."""

    @property
    def names_players(self) -> bool:
        """Whether both sides name players."""
        return all(map(names_of, (self.found, self.truth)))

    @property
    def shares_players(self) -> bool:
        """Whether a player is named on both sides."""
        return bool(names_of(self.found) & names_of(self.truth))

    @property
    def num_players(self) -> int:
        """Players that either side names."""
        return len(names_of(self.found) | names_of(self.truth))

    @property
    def reviewed_s(self) -> float | None:
        """Seconds in which anything was reviewed; None where all was."""
        return sum(end - start for start, end in _union(self.reviewed)) if self.reviewed else None

    def timelines(self, *, by_player: bool) -> list[Timeline]:
        """Return the timeline of each player, or one of all."""
        return timelines_of(self.found, self.truth, by_player=by_player)

    def judged_spans(self, player: str | None) -> list[Span]:
        """Return when events of a player are judged; of anybody for None."""
        if not self.reviewed:
            return [(0.0, self.end)]
        return _union(span for span in self.reviewed if player is None or span.player in ("", player))

    def judged_parts(self, events: Iterable[Event]) -> list[Event]:
        """Return the parts of events that lie in what was judged for their player and label."""
        if not self.reviewed:
            return list(events)
        parts = []
        for event in events:
            about = (span for span in self.reviewed if span.is_about(event.player, event.label))
            for start, end in _union(about):
                if event.start < end and event.end > start:
                    parts.append(replace(event, start=max(event.start, start), end=min(event.end, end)))
        return parts


def compared_game(
    found: Annotation,
    truth: Annotation,
    name: str,
    rename: Mapping[str, str] | None = None,
    video: Path | None = None,
) -> ComparedGame:
    """Return what is judged of one game.

    Background labels are left out, as silence stands for them. If the truth says what was reviewed, only
    events with their middle there are judged; an event found follows the true event of its label and player
    that it overlaps most, so that nothing is wrong because it lies on the edge of what was reviewed.

    Args:
        found: The events to be measured.
        truth: The true ones.
        name: What to call the game.
        rename: New names of labels, by the old ones, on both sides.
        video: Where the video lies.
    """
    background = tuple(sorted({*found.rules.background, *DEFAULT_RULES.background}))
    mine, true = (_renamed(annotation, rename or {}) for annotation in (found, truth))
    acted, expected = (
        [event for event in events if event.label not in background] for events in (mine, true)
    )
    judged_found, judged_truth = acted, expected
    reviewed = tuple(truth.reviewed)
    if reviewed:
        judged_truth = [event for event in expected if is_reviewed(event, reviewed)]
        judged_found = _judged_like_truth(acted, expected, reviewed)
    num_unjudged = len(acted) + len(expected) - len(judged_found) - len(judged_truth)
    num_silent = len(mine) + len(true) - len(acted) - len(expected)
    return ComparedGame(
        name,
        tuple(judged_found),
        tuple(judged_truth),
        end=max([found.end(), truth.end()]),
        reviewed=reviewed,
        num_unjudged=num_unjudged,
        background=background,
        labels=tuple(dict.fromkeys([*found.labels, *truth.labels])),
        video=video,
        cautions=tuple(f"{name}: {text}" for text in cautions_about(found, truth, mine, true)),
        num_silent=num_silent,
    )


def _renamed(annotation: Annotation, rename: Mapping[str, str]) -> list[Event]:
    return [replace(event, label=rename.get(event.label, event.label)) for event in annotation]


def _judged_like_truth(
    found: Sequence[Event], truth: Sequence[Event], reviewed: Sequence[Reviewed]
) -> list[Event]:
    """Return the events found that are judged, in their order."""
    counterparts: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in truth:
        counterparts[event.label, event.player].append(event)
    kept = []
    for event in found:
        own = counterparts[event.label, event.player]
        overlaps = temporal_ious([event], own)[0] if own else np.zeros(1)
        place = own[int(overlaps.argmax())] if overlaps.max() >= _COUNTERPART else event
        if is_reviewed(place, reviewed):
            kept.append(event)
    return kept


def _union(spans: Iterable[Reviewed]) -> list[Span]:
    """Return spans as they lie, those that touch joined."""
    joined: list[Span] = []
    for start, end in sorted((span.start, span.end) for span in spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return joined
