"""What FFmpeg decodes of a video that was written."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from tests.synthetic import read_number


def frames(path: Path) -> list[tuple[Fraction, np.ndarray]]:
    """Return every frame with its time in seconds, as FFmpeg decodes them."""
    with av.open(path) as container:
        stream = container.streams.video[0]
        return [
            (frame.pts * stream.time_base, frame.to_ndarray(format="rgb24"))
            for frame in container.decode(stream)
        ]


def numbers(path: Path) -> list[int]:
    return [read_number(image) for _, image in frames(path)]


def times(path: Path) -> list[Fraction]:
    return [time for time, _ in frames(path)]


def audio(path: Path, track: int = 0) -> list[tuple[Fraction, bytes]]:
    """Return every packet of audio with its time in seconds."""
    with av.open(path) as container:
        stream = container.streams.audio[track]
        packets = (packet for packet in container.demux(stream) if packet.pts is not None)
        return [(packet.pts * packet.time_base, bytes(packet)) for packet in packets]


def boxes(path: Path) -> list[bytes]:
    """Return the kinds of the outermost parts of an MP4, in their order."""
    data, place, kinds = path.read_bytes(), 0, []
    while place < len(data):
        kinds.append(data[place + 4 : place + 8])
        place += int.from_bytes(data[place : place + 4]) or len(data)
    return kinds
