"""Write a part of a video anew: read, paint and encode beside each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from bball_tag.checks import as_path
from bball_tag.errors import BballTagError
from bball_tag.files import check_output, fitting_name, safe_name
from bball_tag.render.canvas import Canvas
from bball_tag.video.prefetch import prefetch
from bball_tag.video.reader import DecodedFrame
from bball_tag.video.segment import AudioPacket, Segment
from bball_tag.video.video import Video
from bball_tag.video.writer import VideoWriter, open_writer

Paint = Callable[[Canvas, float], None]
"""Draws on a frame, given the seconds from the video's first frame."""
_SUFFIXES = (".mp4", ".m4v", ".mov")
Span = tuple[float, float | None]
"""Start and end in seconds from the video's first frame; None is the end of the video."""


def video_path(video: Video, out: str | Path | None, kind: str, *, overwrite: bool) -> Path:
    """Return where a new video goes: to `out`, or to VIDEO.KIND.mp4 beside the one that it is made of.

    Raises:
        BballTagError: It cannot be written there.
    """
    path = (
        video.path.with_name(fitting_name(video.path.stem, f".{safe_name(kind)}.mp4"))
        if out is None
        else as_path("out", out)
    )
    if path.suffix.lower() not in _SUFFIXES:
        raise BballTagError(f"Cannot write {path}: video is written as MP4. Give a name that ends in .mp4.")
    if path.exists() and path.samefile(video.path):
        raise BballTagError(f"Cannot write {path}: it is the video that is read. Choose another name.")
    check_output(path, overwrite=overwrite)
    return path


def paint_nothing(canvas: Canvas, time: float) -> None:
    """Leave the frame as it is."""


def painted_over(below: Paint, above: Paint) -> Paint:
    """Return what draws one thing, and then another over it."""

    def paint(canvas: Canvas, time: float) -> None:
        below(canvas, time)
        above(canvas, time)

    return paint


def write_part(
    video: Video,
    out: Path,
    span: Span = (0.0, None),
    *,
    paint: Paint = paint_nothing,
    is_near_source: bool = False,
    on_progress: Callable[[float], None] = lambda done: None,
) -> None:
    """Write a part of a video anew, every frame at its own time, with its audio.

    Args:
        video: What to read.
        out: The MP4; it appears whole or not at all.
        span: The part.
        paint: What to draw on each frame.
        is_near_source: Whether the bit rate stays near the video's, however much better more would look.
        on_progress: Gets the seconds of video done.

    Raises:
        BballTagError: The video cannot be read, or `out` not written.
    """
    with video.segment(*span) as segment, open_writer(out, segment, is_near_source=is_near_source) as writer:
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
        The time of the last frame, in seconds of the new video.
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
