"""What a video file says about itself."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice, pairwise, takewhile

import av

from bball_tag.video.info import VideoInfo
from bball_tag.video.pixels import display_size
from bball_tag.video.reader import Reader

_RATE_PACKETS = 120
"""Packets at the beginning of a file from which its frame rate is taken."""
_REORDERED = 17
"""How many packets may come later in the file than they are shown (H.264 allows 16)."""
_ROUNDING_S = Fraction(1, 1000)
"""Containers round times to their tick; Matroska's is a millisecond."""


def probe(reader: Reader) -> VideoInfo:
    """Return what the file of `reader` says about itself; nothing more is decoded."""
    width, height = display_size(reader.first_frame, reader.stream)
    fps = _frame_rate(reader)
    return VideoInfo(
        path=reader.path,
        width=width,
        height=height,
        fps=fps,
        duration=_claimed_duration(reader, fps),
        num_frames=reader.stream.frames or None,
        has_audio=bool(reader.container.streams.audio),
        rotation=reader.first_frame.rotation % 360,
        title=reader.title,
    )


def _frame_rate(reader: Reader) -> Fraction:
    """Return the rate at which frames are shown.

    The mean rate in a header counts frames that an edit list hides, so regular times at the beginning of the
    file are believed first.
    """
    reader.seek(Fraction(0))
    undamaged = takewhile(lambda _: not reader.damaged_packets, reader.packets())
    shown = (packet.pts for packet in undamaged if packet.pts is not None and not packet.is_discard)
    times = sorted(set(islice(shown, _RATE_PACKETS + _REORDERED)))[:_RATE_PACKETS]
    steps = [(after - before) * reader.tick for before, after in pairwise(times)]
    # PyAV 19 has rationals of its own.
    rates = [Fraction(rate) for rate in (reader.stream.guessed_rate, reader.stream.average_rate) if rate]
    if steps and max(steps) - min(steps) <= _ROUNDING_S:
        step = sum(steps, Fraction(0)) / len(steps)
        return next((rate for rate in rates if abs(rate * step - 1) < 0.005), 1 / step)
    return Fraction(reader.stream.average_rate or reader.stream.guessed_rate or 25)


def _claimed_duration(reader: Reader, fps: Fraction) -> float:
    stream, container = reader.stream, reader.container
    if stream.duration:
        return float(stream.duration * reader.tick)
    if stream.frames:
        return float(stream.frames / fps)
    return container.duration / av.time_base if container.duration else 0.0
