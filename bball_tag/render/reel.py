"""Join events into one video, each with a title."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from bball_tag.game_time import format_game_time
from bball_tag.palette import BLACK, GREY, label_colour
from bball_tag.render.canvas import Canvas
from bball_tag.render.text import badge_sprite
from bball_tag.render.transcode import Paint, add_part, paint_nothing, painted_over
from bball_tag.timecode import format_clock
from bball_tag.video.video import Video
from bball_tag.video.writer import VideoWriter, open_writer

if TYPE_CHECKING:
    from bball_tag.annotations import Annotation

_TITLE_S = 2.5
"""Seconds for which a title is shown."""
_HEIGHT, _MIN_HEIGHT = 0.06, 22
"""Height of a title: as a fraction of the frame's, and the least in pixels."""
_OPACITY = 0.92


def write_reel(
    video: Video,
    annotation: Annotation,
    spans: Sequence[tuple[float, float]],
    out: Path,
    *,
    below: Paint = paint_nothing,
    on_progress: Callable[[float], None] = lambda done: None,
) -> None:
    """Write one video of all events of `annotation`, each with a title at its beginning.

    Args:
        video: What to read.
        annotation: The events.
        spans: What is shown of each: start and end in seconds.
        out: The MP4; it appears whole or not at all.
        below: What is drawn on each frame before the title, by its second of `video`.
        on_progress: Gets the seconds of the new video done.

    Raises:
        BballTagError: The video cannot be read, or `out` not written.
    """
    offset = Fraction(0)

    def show(done: float) -> None:
        on_progress(float(offset) + done)

    with ExitStack() as stack:
        writer: VideoWriter | None = None
        for index, span in enumerate(spans):
            with video.segment(*span) as segment:
                if writer is None:
                    writer = stack.enter_context(open_writer(out, segment))
                last = add_part(
                    writer,
                    segment,
                    painted_over(below, _title(annotation, index, until=segment.start + _TITLE_S)),
                    shift=max(segment.begin, segment.reader.origin) - offset,
                    on_progress=show,
                )
                offset = last + segment.reader.step


def _title(annotation: Annotation, index: int, until: float) -> Paint:
    """Return what names the event in the upper left corner until a second of the video."""
    event = annotation.events[index]
    when = format_game_time(event.game_time) if event.game_time else format_clock(event.start)
    fields = (
        (f"{event.player}  {event.label}".strip(), label_colour(event.label, annotation.all_labels())),
        (when, BLACK),
        (f"{index + 1} / {len(annotation.events)}", GREY),
    )

    def paint(canvas: Canvas, time: float) -> None:
        if time < until:
            size = max(_MIN_HEIGHT, round(canvas.height * _HEIGHT))
            canvas.paste(badge_sprite(fields, size, _OPACITY, canvas.matrix), size, size)

    return paint
