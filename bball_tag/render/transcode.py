"""From a part of a film to a new one: read, paint and write beside each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from bball_tag.render.canvas import Canvas
from bball_tag.video.prefetch import prefetch
from bball_tag.video.reader import DecodedFrame
from bball_tag.video.segment import AudioPacket, Segment, open_segment
from bball_tag.video.writer import VideoWriter, open_writer

Paint = Callable[[Canvas, float], None]
"""Draws on a frame, given the seconds from the video's first frame."""
Span = tuple[float, float | None]
"""Start and end in seconds from the video's first frame; None is the end of the film."""


def paint_nothing(canvas: Canvas, time: float) -> None:
    """Leave the frame as it is."""


def write_part(
    video: Path,
    out: Path,
    span: Span = (0.0, None),
    *,
    paint: Paint = paint_nothing,
    on_progress: Callable[[float], None] = lambda done: None,
) -> None:
    """Write a part of a film anew, every frame at its own time, with its sound.

    Args:
        video: The film.
        out: The MP4 to be made; it appears whole or not at all.
        span: The part.
        paint: What to draw on each frame.
        on_progress: Is told the seconds of film done.

    Raises:
        BballTagError: The film cannot be read, or the new one not written.
    """
    with open_segment(video, *span) as segment, open_writer(out, segment) as writer:
        add_part(writer, segment, paint, shift=segment.begin, on_progress=on_progress)


def add_part(
    writer: VideoWriter,
    segment: Segment,
    paint: Paint,
    *,
    shift: Fraction,
    on_progress: Callable[[float], None] = lambda done: None,
) -> Fraction:
    """Write everything in `segment` with `writer`, `shift` seconds before its own time.

    Returns:
        The time of the last picture, in seconds of the new film.
    """

    def stand_upright(item: DecodedFrame | AudioPacket) -> DecodedFrame | AudioPacket:
        return replace(item, frame=segment.upright(item.frame)) if isinstance(item, DecodedFrame) else item

    def painted(item: DecodedFrame | AudioPacket) -> DecodedFrame | AudioPacket:
        if isinstance(item, DecodedFrame):
            paint(Canvas(item.frame), item.time)
        return item

    last = Fraction(0)
    with prefetch(map(stand_upright, segment.items())) as read, prefetch(map(painted, read)) as ready:
        for item in ready:
            if isinstance(item, AudioPacket):
                writer.add_audio(item, shift)
            else:
                writer.add_frame(item, shift)
                last = item.pts - shift
                on_progress(item.time - segment.start)
    return last
