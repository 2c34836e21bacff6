"""Join the best moments of a label into one film."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bball_tag.events import Event
from bball_tag.palette import BLACK, Colour, label_colour
from bball_tag.render.canvas import Canvas, Sprite, make_sprite
from bball_tag.render.cut import span_of
from bball_tag.render.text import plate
from bball_tag.render.transcode import add_part
from bball_tag.timecode import format_clock
from bball_tag.video.segment import open_segment
from bball_tag.video.writer import VideoWriter, open_writer

if TYPE_CHECKING:
    from bball_tag.annotations import Annotation

_TITLE = 2.5
"""Seconds for which a title is shown."""
_SIZE, _SMALLEST = 0.06, 22
"""Height of a title: share of the picture's, and at least so many pixels."""
_GREY: Colour = (64, 68, 76)


def write_reel(
    annotation: Annotation,
    out: Path,
    *,
    lead: float,
    lag: float,
    on_progress: Callable[[float], None] = lambda done: None,
) -> None:
    """Write one film of all events in `annotation`, each with a title at its beginning.

    Args:
        annotation: The events, and the film that they are in.
        out: The MP4 to be made.
        lead: Seconds shown before each event.
        lag: Seconds shown after it.
        on_progress: Is told the seconds of the new film done.

    Raises:
        BballTagError: The film cannot be read, or the new one not written.
    """
    spans = [span_of(event, lead, lag, annotation.video.duration) for event in annotation.events]
    offset = Fraction(0)
    with ExitStack() as stack:
        writer: VideoWriter | None = None
        for number, span in enumerate(spans):
            done = float(offset)
            with open_segment(annotation.video.path, *span) as segment:
                if writer is None:
                    writer = stack.enter_context(open_writer(out, segment))
                begin = max(segment.begin, segment.origin)
                last = add_part(
                    writer,
                    segment,
                    _Title(annotation, number, segment.start).paint,
                    shift=begin - offset,
                    on_progress=partial(_move, on_progress, done),
                )
                offset = last + segment.step


def _move(on_progress: Callable[[float], None], done: float, part: float) -> None:
    on_progress(done + part)


class _Title:
    """Says for a moment what comes, in the upper left corner."""

    def __init__(self, annotation: Annotation, number: int, begin: float) -> None:
        event: Event = annotation.events[number]
        who = f"{event.player}  {event.label}" if event.player else event.label
        self._parts: list[tuple[str, Colour]] = [
            (who, label_colour(event.label, annotation.all_labels())),
            (format_clock(event.start), BLACK),
            (f"{number + 1} / {len(annotation.events)}", _GREY),
        ]
        self._until = begin + _TITLE
        self._sprite: Sprite | None = None

    def paint(self, canvas: Canvas, time: float) -> None:
        if time >= self._until:
            return
        size = max(_SMALLEST, round(canvas.height * _SIZE))
        if self._sprite is None:
            self._sprite = make_sprite(plate(self._parts, size, opacity=0.92), canvas.matrix)
        canvas.paste(self._sprite, size, size)
