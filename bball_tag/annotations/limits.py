"""What events and boxes can be: within the video that they are about, and within what files can say."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bball_tag.annotations.annotation import Annotation
from bball_tag.checks import is_number
from bball_tag.errors import AnnotationError
from bball_tag.events import Event
from bball_tag.faults import Faults, FormError
from bball_tag.timecode import LONGEST_S, format_time
from bball_tag.video.info import END_TOLERANCE_S

if TYPE_CHECKING:
    from bball_tag.players.tracks import Track
    from bball_tag.video.info import VideoInfo

log = logging.getLogger("bball_tag")
_MOST_LATE = 0.5
"""Fraction of events after the end above which events are those of another video."""
_LARGEST_SIDE = 1e6
"""No frame has a side of more pixels."""


def check_end(events: Sequence[Event], info: VideoInfo) -> None:
    """Warn of events that end after the end of a video; refuse them where most even begin there.

    Raises:
        AnnotationError: These are the events of another video.
    """
    stop = (info.duration or LONGEST_S) + END_TOLERANCE_S
    late = [event for event in events if event.end > stop]
    if not late:
        return
    first = late[0]
    message = (
        f"{len(late)} of {len(events)} events end after the end, which is at {format_time(info.duration)}. "
        f"The first is {first.label!r} from {format_time(first.start)} to {format_time(first.end)}."
    )
    if sum(event.start > stop for event in late) > _MOST_LATE * len(events):
        raise AnnotationError(f"These are not the events of {info.name}: {message}")
    log.warning("%s: %s", info.name, message)


def check_writable(annotation: Annotation) -> None:
    """Refuse what no format can say, as times of thousands of years.

    Raises:
        FormError: It names every event and track at fault.
    """
    faults = Faults()
    for number, event in enumerate(annotation.events, start=1):
        for what in ("label", "player", "team"):
            if not isinstance(getattr(event, what), str):
                faults.add(f"event {number}: its {what} is no text")
        limits = (event.start, LONGEST_S), (event.end, LONGEST_S), (event.peak, LONGEST_S)
        shares = (event.confidence, 1.0), (event.peak_confidence, 1.0)
        if not all(is_number(value) and 0 <= value <= most for value, most in (*limits, *shares)):
            faults.add(
                f"event {number}: it needs times from 0 to {LONGEST_S:g} s and confidences from 0 to 1"
            )
        elif event.end < event.start:
            faults.add(f"event {number}: its end is before its start")
    for track in annotation.tracks:
        with faults.gathered(f"the track {track.id!r}"):
            _check_track(track)
    faults.check()


def _check_track(track: Track) -> None:
    import numpy as np

    if not (np.all(track.times >= 0) and np.all(track.times <= LONGEST_S)):
        raise FormError(f"it needs times from 0 to {LONGEST_S:g} s")
    # Not a number is not within limits either.
    if not np.all(np.abs(track.boxes) <= _LARGEST_SIDE):
        raise FormError("it has a box that no frame has room for")
