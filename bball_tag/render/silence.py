"""In which part of a video silence is asked for, as clips to train on."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from bball_tag.annotations.reviewed import REVIEWED, Reviewed
from bball_tag.errors import BballTagError
from bball_tag.learning.judged import BACKGROUND
from bball_tag.timecode import parse_time

if TYPE_CHECKING:
    from bball_tag.annotations import Annotation

log = logging.getLogger("bball_tag")


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


def _scored(annotation: Annotation) -> tuple[float, float]:
    """Return the part of the video that the model looked at; all of it where that is not known."""
    start, between, end = annotation.settings.get("part", "").partition(" to ")
    try:
        return (parse_time(start, Fraction(1)), parse_time(end, Fraction(1))) if between else (0.0, np.inf)
    except BballTagError:
        return 0.0, np.inf
