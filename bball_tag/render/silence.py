"""Where nobody does anything that has a name: what reviewed spans leave over, as clips to train on."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from bball_tag.annotations.reviewed import REVIEWED, Reviewed
from bball_tag.errors import BballTagError
from bball_tag.learning.judged import BACKGROUND, Spans, judge
from bball_tag.players.tracks import Track
from bball_tag.timecode import parse_time

if TYPE_CHECKING:
    from bball_tag.annotations import Annotation

log = logging.getLogger("bball_tag")
_STEP = 4
"""Frames between the places that are tried."""


def silence_wanted(
    annotation: Annotation,
    label: str | Sequence[str],
    player: str | Sequence[str],
    part: tuple[float, float | None],
    *,
    everywhere: bool,
) -> Annotation | None:
    """Return all events, with the tracks and the reviewed spans in which silence is asked for.

    Args:
        annotation: All events, the tracks, and what was reviewed.
        label: The labels that are asked for; none means all.
        player: Whose clips are asked for; none means everybody's.
        part: The part that is asked for, in seconds; None is the end of the video.
        everywhere: Everything that was scored was reviewed, whatever the annotation says.

    Returns:
        None where other labels are asked for, or nobody says what was reviewed.
    """
    labels, players = ([names] if isinstance(names, str) else list(names) for names in (label, player))
    if labels and BACKGROUND not in labels:
        return None
    spans = (Reviewed(*_scored(annotation)),) if everywhere else annotation.reviewed
    if not spans:
        log.warning(
            "No clips of %s were cut, as nothing says what was looked at: a checkpoint that is trained on "
            "these clips alone finds actions everywhere. Add --all-reviewed (all_reviewed=True in Python) if "
            "you judged everything, or list what you judged in a sheet %s.",
            BACKGROUND,
            REVIEWED,
        )
        return None
    stop = annotation.end() if part[1] is None else part[1]
    within = [replace(span, start=max(span.start, part[0]), end=min(span.end, stop)) for span in spans]
    return replace(
        annotation,
        tracks=[track for track in annotation.tracks if not players or track.id in players],
        reviewed=tuple(span for span in within if span.start < span.end),
    )


def silent_clips(annotation: Annotation, length: int, fps: int) -> Iterator[tuple[Track, int]]:
    """Yield clips of players who do nothing that has a name, in spans that a person reviewed for all labels.

    They lie side by side; those of one player come one after the other.

    Args:
        annotation: All events, the tracks, and what was reviewed.
        length: Frames of a clip.
        fps: Their rate.

    Yields:
        The player's track, and the number of the first frame.
    """
    labels = annotation.all_labels()
    for track in annotation.tracks:
        firsts = _places(track, length, fps) if track.role == "player" else np.zeros(0, np.int64)
        whose = np.full(len(firsts), track.id)
        # An event of nobody in particular may be this player's.
        events = [replace(event, player=track.id) for event in annotation if event.player in ("", track.id)]
        spans = Spans(whose, firsts / fps, (firsts + length) / fps)
        judged = judge(replace(annotation, events=events), spans, labels).labels
        free = 0
        for first in firsts[judged == BACKGROUND].tolist():
            if first >= free:
                free = first + length
                yield track, first


def _places(track: Track, length: int, fps: int) -> np.ndarray:
    """Return the first frames of all clips of a player that are tried."""
    stretches = ((int(np.ceil(start * fps - 1e-6)), int(end * fps)) for start, end in track.stretches())
    tried = [np.arange(first, stop - length + 1, _STEP) for first, stop in stretches]
    return np.concatenate(tried).astype(np.int64) if tried else np.zeros(0, np.int64)


def _scored(annotation: Annotation) -> tuple[float, float]:
    """Return the part of the video that the model looked at; all of it where that is not known."""
    start, between, end = annotation.settings.get("part", "").partition(" to ")
    try:
        return (parse_time(start, Fraction(1)), parse_time(end, Fraction(1))) if between else (0.0, np.inf)
    except BballTagError:
        return 0.0, np.inf
