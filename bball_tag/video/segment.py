"""A part of a video as it is read to be written anew: every frame with its time, every packet of audio."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import inf
from typing import Any

import av

from bball_tag.errors import VideoError
from bball_tag.timecode import format_time
from bball_tag.video.info import TIME_TOLERANCE_S
from bball_tag.video.pixels import upright
from bball_tag.video.reader import DecodedFrame, Reader

_SEEK_MARGINS = (2, 12)
"""Seconds before a part at which reading begins: its first audio may lie that early in the file."""
_AUDIO_BEHIND_S = 10
"""Seconds that audio may lie later in the file than the frame it belongs to."""


@dataclass(frozen=True, slots=True)
class AudioPacket:
    """A packet of audio, not decoded."""

    stream_index: int
    """Index of its stream among the audio streams of the video."""
    packet: av.Packet[av.AudioStream]


class Segment:
    """The part [start, end) of an open video, in seconds from its first frame."""

    def __init__(self, reader: Reader, start: float, end: float | None) -> None:
        """Find the first frame of the part.

        Raises:
            VideoError: There is none, or the video cannot be read.
        """
        self.reader = reader
        self._start = start
        self._end = inf if end is None else reader.origin + Fraction(end)
        self._entry = Fraction(0)
        self.begin = self._find_begin()
        """What is 0 in the new video, in seconds of the container's clock."""

    @property
    def audio(self) -> tuple[av.AudioStream, ...]:
        """The streams of audio whose codec is known."""
        streams = self.reader.container.streams.audio
        return tuple(stream for stream in streams if stream.codec_context is not None)

    @property
    def start(self) -> float:
        """Seconds from the video's first frame to the first frame of the part."""
        return float(self.begin - self.reader.origin) if self._start > 0 else 0.0

    def upright(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Return a copy of a frame to paint on: yuv420p, upright, square pixels, even sides."""
        return upright(frame, self.reader.stream, self.reader.first_frame)

    def packets(self) -> Iterator[av.Packet[Any]]:
        """Yield packets of frames and audio from before the part, to the end of the file."""
        self.reader.seek(self._entry)
        return self.reader.packets(self.audio)

    def items(self) -> Iterator[DecodedFrame | AudioPacket]:
        """Yield everything in the order of the file, frames in the order they are shown."""
        unfinished = {stream.index for stream in self.audio}
        is_over = False
        for packet in self.packets():
            time = None if packet.pts is None else packet.pts * packet.time_base
            if isinstance(packet.stream, av.AudioStream):
                if time is None:
                    continue
                if self._is_before_end(time):
                    if self.is_heard(packet, time):
                        yield AudioPacket(self.audio.index(packet.stream), packet)
                else:
                    unfinished.discard(packet.stream.index)
            elif not is_over:
                for frame in self.reader.decode(packet):
                    is_over = is_over or not self._is_before_end(frame.pts)
                    if not is_over and frame.time + TIME_TOLERANCE_S >= self._start:
                        yield frame
            if is_over and (not unfinished or (time is not None and time > self._end + _AUDIO_BEHIND_S)):
                return

    def is_heard(self, packet: av.Packet[av.AudioStream], time: Fraction) -> bool:
        """Return whether a packet of audio at `time`, on the container's clock, reaches into the part."""
        if self._start <= 0:
            return True
        return time + (packet.duration or 0) * packet.time_base > self.begin

    def _is_before_end(self, time: Fraction) -> bool:
        return time + Fraction(TIME_TOLERANCE_S) < self._end

    def _find_begin(self) -> Fraction:
        """Return the time of the first frame of the part; for the whole video, when its clock begins."""
        if self._start <= 0:
            return self.reader.players_zero
        late = Fraction(TIME_TOLERANCE_S)
        self._entry, frames = self.reader.enter(Fraction(self._start), _SEEK_MARGINS, late)
        last = None
        for last in frames:
            if last.time + TIME_TOLERANCE_S >= self._start:
                return last.pts
        if last is not None and self._start < last.time + self.reader.step:
            # It begins while the last frame is shown.
            self._start = last.time
            return last.pts
        raise VideoError(f"{self.reader.path} has no frame at {format_time(self._start)} or later.")
