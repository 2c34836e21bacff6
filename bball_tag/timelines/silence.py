"""Where nobody does anything that has a name: what reviewed spans leave over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from bball_tag.learning.judged import BACKGROUND, Spans, judge
from bball_tag.players.tracks import Track

if TYPE_CHECKING:
    from bball_tag.annotations import Annotation

_STEP = 4
"""Frames between the places that are tried."""


def silent_clips(annotation: Annotation, length: int, fps: float) -> Iterator[tuple[Track, int]]:
    """Yield clips of players who do nothing that has a name, in spans that a person reviewed for all labels.

    They lie side by side; those of one player come one after the other.

    Args:
        annotation: All events, the tracks, and what was reviewed.
        length: Frames of a clip.
        fps: Their rate.

    Yields:
        The player's track, and the number of the first frame.
    """
    for track in annotation.tracks:
        if track.role == "player":
            stretches = (
                (int(np.ceil(start * fps - 1e-6)), int(end * fps)) for start, end in track.stretches()
            )
            for first, stop in stretches:
                for place in silent_places(annotation, track.id, range(first, stop), length, fps):
                    yield track, place


def silent_places(annotation: Annotation, player: str, span: range, length: int, fps: float) -> Iterator[int]:
    """Yield the first frames of clips within `span` in which a player does nothing that has a name.

    They lie side by side, wholly in what a person reviewed for all labels.

    Args:
        annotation: All events, and what was reviewed.
        player: Who; empty where the whole frame is looked at.
        span: Frames in which the player is seen without a break.
        length: Frames of a clip.
        fps: Their rate.
    """
    firsts = np.arange(span.start, span.stop - length + 1, _STEP, dtype=np.int64)
    whose = np.full(len(firsts), player)
    # An event of nobody in particular may be this player's. What is called background gives clips by itself.
    events = [replace(event, player=player, label="") for event in annotation if event.player in ("", player)]
    spans = Spans(whose, firsts / fps, (firsts + length) / fps)
    judged = judge(replace(annotation, events=events), spans, annotation.all_labels()).labels
    free = 0
    for first in firsts[judged == BACKGROUND].tolist():
        if first >= free:
            free = first + length
            yield first
