"""One game of a comparison: what is judged of the events found and of the true ones."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.reviewed import Reviewed, is_reviewed, judged_events
from bball_tag.comparison.cautions import cautions_about, names_of
from bball_tag.comparison.same_players import called_apart, true_names
from bball_tag.errors import OptionError
from bball_tag.events import DEFAULT_RULES, Event
from bball_tag.events.compare import Timeline, timelines_of
from bball_tag.events.shared_time import Span


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
    judged: tuple[Reviewed, ...] = ()
    """When events are judged, of whom and of which labels."""
    says_reviewed: bool = False
    """Whether the truth says what was reviewed."""
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
    matched: Mapping[str, str] | None = None
    """The true name of each found player who has one, where boxes say who is who; None where names do."""

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
    def judged_s(self) -> float:
        """Seconds in which anything is judged."""
        return sum(end - start for start, end in _union(self.judged))

    def timelines(self, *, by_player: bool) -> list[Timeline]:
        """Return the timeline of each player, or one of all."""
        return timelines_of(self.found, self.truth, by_player=by_player)

    def judged_spans(self, player: str | None) -> list[Span]:
        """Return when events of a player are judged; of anybody for None."""
        return _union(span for span in self.judged if player is None or span.player in ("", player))

    def judged_parts(self, events: Iterable[Event]) -> list[Event]:
        """Return the parts of events that lie in what is judged of their player and label."""
        spans: dict[tuple[str, str], list[Span]] = {}
        parts = []
        for event in events:
            whose = event.player, event.label
            if whose not in spans:
                spans[whose] = _union(span for span in self.judged if span.is_about(*whose))
            for start, end in spans[whose]:
                if event.start < end and event.end > start:
                    parts.append(replace(event, start=max(event.start, start), end=min(event.end, end)))
        return parts


def compared_game(
    found: Annotation,
    truth: Annotation,
    name: str,
    rename: Mapping[str, str] | None = None,
    video: Path | None = None,
    start: float = 0.0,
    stop: float | None = None,
) -> ComparedGame:
    """Return what is judged of one game.

    Where both sides have boxes, these say who among the found players is which true one; else names do.
    Background labels are left out, as silence stands for them. If the truth says what was reviewed, only
    events with their middle there are judged; an event found follows the true event of its label and player
    that it overlaps most, so that nothing is wrong because it lies on the edge of what was reviewed.

    Args:
        found: The events to be measured.
        truth: The true ones.
        name: What to call the game.
        rename: New names of labels, by the old ones, on both sides.
        video: Where the video lies.
        start: Judge only what comes after it, in seconds.
        stop: Judge only what comes before it.

    Raises:
        OptionError: Nothing of that part was reviewed.
    """
    background = tuple(sorted({*found.rules.background, *DEFAULT_RULES.background}))
    matched = _matched(found, truth)
    mine, true = (_renamed(annotation, rename or {}) for annotation in (found, truth))
    if matched is not None:
        names = called_apart(matched, names_of(mine), names_of(true))
        mine = [replace(event, player=names.get(event.player, "")) for event in mine]
    acted, expected = ([one for one in side if one.label not in background] for side in (mine, true))
    judged = _judged_part(found, truth, start, stop)
    if not judged and (acted or expected):
        raise OptionError(f"{name}: nothing is left to be compared. Check start, end and what was reviewed.")
    judged_found = judged_events(acted, expected, judged)
    judged_truth = [event for event in expected if is_reviewed(event, judged)]
    return ComparedGame(
        name,
        tuple(judged_found),
        tuple(judged_truth),
        end=max(found.end(), truth.end()),
        judged=judged,
        says_reviewed=bool(truth.reviewed),
        num_unjudged=len(acted) + len(expected) - len(judged_found) - len(judged_truth),
        background=background,
        num_silent=len(mine) + len(true) - len(acted) - len(expected),
        labels=tuple(dict.fromkeys([*found.labels, *truth.labels])),
        video=video,
        cautions=tuple(f"{name}: {text}" for text in cautions_about(found, truth, mine, true)),
        matched=matched,
    )


def _matched(found: Annotation, truth: Annotation) -> dict[str, str] | None:
    """Return the true names of found players by their boxes; None where names say who is who.

    A number that both sides have is no name: whoever found the players counted them.
    """
    shared = names_of(found) & names_of(truth)
    if not (found.tracks and truth.tracks) or not all(name.isdecimal() for name in shared):
        return None
    return true_names(found.tracks, truth.tracks)


def _renamed(annotation: Annotation, rename: Mapping[str, str]) -> list[Event]:
    return [replace(event, label=rename.get(event.label, event.label)) for event in annotation]


def _judged_part(
    found: Annotation, truth: Annotation, start: float, stop: float | None
) -> tuple[Reviewed, ...]:
    """Return what was reviewed from `start` to `stop`; all of the video where nothing says what was."""
    end = max(found.end(), truth.end())
    # Where no file says how long the video is, it may be longer than its last event.
    limit = end if found.video.duration or truth.video.duration else math.inf
    last = limit if stop is None else min(stop, limit)
    parts = (
        replace(span, start=max(span.start, start), end=min(span.end, last))
        for span in truth.reviewed or [Reviewed(0.0, end)]
    )
    return tuple(part for part in parts if part.start < part.end)


def _union(spans: Iterable[Reviewed]) -> list[Span]:
    """Return spans as they lie, those that touch joined."""
    joined: list[Span] = []
    for start, end in sorted((span.start, span.end) for span in spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return joined
