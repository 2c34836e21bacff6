"""What a video file says about itself, and what its frames say."""

from __future__ import annotations

import numpy as np

from bball_tag.video.frame_times import FrameTimes
from bball_tag.video.info import VideoInfo
from bball_tag.video.pixels import display_size
from bball_tag.video.reader import Reader
from bball_tag.video.timeline import Timeline


def probe(reader: Reader) -> VideoInfo:
    """Return what is known of the file of `reader`; nothing more is decoded."""
    width, height = display_size(reader.first_frame, reader.stream)
    timeline = reader.timeline
    # What comes before the first frame that can be decoded is never shown.
    origin = round(reader.origin / reader.tick)
    ticks = timeline.ticks[timeline.ticks >= origin]
    times = times_of(ticks, origin, timeline)
    ahead = float(reader.origin - int(timeline.ticks[0]) * reader.tick) if len(times) else 0.0
    duration = max(timeline.claimed - ahead, 0.0)
    return VideoInfo(
        path=reader.path,
        width=width,
        height=height,
        fps=timeline.rate,
        duration=duration,
        num_frames=len(times) or None,
        has_audio=bool(reader.container.streams.audio),
        rotation=reader.first_frame.rotation % 360,
        title=reader.title,
        stored_width=_stored_width(reader, width),
        starts=_starts(reader),
        times=None if timeline.is_regular else FrameTimes(times, duration, timeline.rate),
    )


def times_of(ticks: np.ndarray, origin: int, timeline: Timeline) -> np.ndarray:
    """Return some ticks of a timeline in seconds from the tick `origin`: float64 array of shape (N,)."""
    return ((ticks - origin) * float(timeline.tick)).astype(np.float64)


def _starts(reader: Reader) -> float:
    late = reader.origin - reader.players_zero
    return round(float(late), 6) if late >= reader.step else 0.0


def _stored_width(reader: Reader, width: int) -> int:
    first = reader.first_frame
    stored = first.height if first.rotation % 180 == 90 else first.width
    return 0 if stored == width else stored
