"""Which stored clips a person has judged, and as what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.reviewed import Reviewed, is_reviewed
from bball_tag.events import Event
from bball_tag.labels import NO_ACTION

BACKGROUND = NO_ACTION
"""The label of clips in reviewed spans in which nobody does anything that has a name."""
COVER = 0.78
"""Least fraction of a clip that has its label: that of the clips that checkpoints are trained on."""
_CLOSE = 1e-6


@dataclass(frozen=True, slots=True)
class Spans:
    """When and whose the clips of one game are."""

    players: np.ndarray
    """Player of each clip, str (N,); empty for the whole frame."""
    starts: np.ndarray
    """Seconds, float64 (N,)."""
    ends: np.ndarray
    """Seconds, float64 (N,)."""

    def cover(self, start: float, end: float) -> np.ndarray:
        """Return which fraction of each clip lies in a span, (N,)."""
        shared = np.minimum(self.ends, end) - np.maximum(self.starts, start)
        fraction: np.ndarray = np.maximum(shared, 0.0) / (self.ends - self.starts)
        return fraction


@dataclass(frozen=True, slots=True)
class Judged:
    """What was judged of one game."""

    labels: np.ndarray
    """Label of each clip, str (N,); empty where nobody judged it."""
    unmatched: Counter[str]
    """Judged events that no clip was taken from, by the reason."""
    taken_on_trust: int
    """Events that nobody corrected, in a table that does not say what was reviewed."""


def judge(annotation: Annotation, clips: Spans, labels: Collection[str]) -> Judged:
    """Return what a corrected annotation says of clips.

    A clip has the label of an event of its player in which it lies by 78 % or more; one that lies in several
    has none. In a span that was reviewed for all of `labels`, a clip without any event is background.

    Args:
        annotation: Events that a person corrected, and what was reviewed.
        clips: The stored clips of its game.
        labels: The labels that a span must have been reviewed for, so that silence in it is background.
    """
    events = trusted_events(annotation)
    names = sorted({event.label for event in events})
    cover = np.zeros((len(clips.starts), len(names)))
    touched = np.zeros(len(clips.starts), bool)
    unmatched: Counter[str] = Counter()
    for event in annotation.events:
        touched |= (clips.players == event.player) & (clips.cover(event.start, event.end) > 0)
    for event in events:
        own = np.flatnonzero(clips.players == event.player)
        part = clips.cover(event.start, event.end)[own]
        column = names.index(event.label)
        cover[own, column] = np.minimum(cover[own, column] + part, 1.0)
        if (reason := _unmatched(event, own, part)) is not None:
            unmatched[reason] += 1
    found = np.full(len(clips.starts), "", dtype=object)
    has_one = (cover >= COVER - _CLOSE).sum(axis=1) == 1
    alone = has_one & ((cover > 1 - COVER + _CLOSE).sum(axis=1) == 1)
    if names:
        found[alone] = np.array(names, dtype=object)[cover[alone].argmax(axis=1)]
    found[_silent(annotation.reviewed, clips, labels) & ~touched] = BACKGROUND
    trusted = 0 if annotation.reviewed else sum(event.num_clips > 0 for event in events)
    return Judged(found.astype(str), unmatched, trusted)


def trusted_events(annotation: Annotation) -> list[Event]:
    """Return the events that a person stands for.

    Where it is known what was reviewed, these are the events there, and those that a person made or
    corrected; else they are all events.
    """
    if not annotation.reviewed:
        return list(annotation.events)
    return [event for event in annotation if not event.num_clips or is_reviewed(event, annotation.reviewed)]


def _unmatched(event: Event, own: np.ndarray, part: np.ndarray) -> str | None:
    """Return why no clip has the label of an event; None where one has."""
    if not len(own):
        who = f"events of player {event.player!r}, of whom no clip is stored" if event.player else ""
        return who or "events of no player, while clips are of players"
    return (
        None if (part >= COVER - _CLOSE).any() else "events shorter than a clip, or where no clip is stored"
    )


def _silent(reviewed: Sequence[Reviewed], clips: Spans, labels: Collection[str]) -> np.ndarray:
    """Return which clips lie wholly in spans that were reviewed for all of `labels`, bool (N,)."""
    everything = np.ones(len(clips.starts), bool)
    for label in sorted(set(labels) - {BACKGROUND}):
        cover = np.zeros(len(clips.starts))
        for span in reviewed:
            if not span.labels or label in span.labels:
                whose = (clips.players == span.player) if span.player else np.ones(len(cover), bool)
                cover += whose * clips.cover(span.start, span.end)
        everything &= cover >= 1 - _CLOSE
    return everything & bool(reviewed)
