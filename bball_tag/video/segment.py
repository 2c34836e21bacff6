"""A part of a film as it is read for a new one: every picture with its time, every packet of sound."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer

from bball_tag.errors import VideoError
from bball_tag.render.visible import SLACK
from bball_tag.timecode import format_time
from bball_tag.video.frames import open_video

_SEEK_MARGINS = (2, 12)
"""Seconds before a part at which reading begins: its first sound may lie that early in the file."""
_SOUND_BEHIND = 10
"""Seconds that sound may lie later in the file than the picture it belongs to."""
_MAX_FAILURES = 5000
_NO_CLOCK_FORMATS = {"mpegts", "mpeg", "rtp", "hls"}
"""Formats whose times begin anywhere, so that players begin at the first."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded frame."""

    pts: Fraction
    """When it is shown, in seconds of the container's clock."""
    time: float
    """Seconds from the video's first frame."""
    frame: av.VideoFrame


@dataclass(frozen=True, slots=True)
class Sound:
    """A packet of sound, not decoded."""

    track: int
    """Place of its stream among the film's sound streams."""
    packet: av.Packet[av.AudioStream]


class Segment:
    """The part [start, end) of an open film, in seconds from its first frame."""

    def __init__(
        self, path: Path, container: InputContainer, first: av.VideoFrame, span: tuple[float, float | None]
    ) -> None:
        self.path, self.container, self.first_frame = path, container, first
        self.video = container.streams.video[0]
        self.sounds = container.streams.audio
        self.damaged_packets = 0
        """Packets that could not be decoded and were left out."""
        assert self.video.time_base is not None
        self.tick: Fraction = self.video.time_base
        """Seconds of one step of the pictures' times."""
        self.origin: Fraction = (first.pts or 0) * self.tick
        """When the video's first frame is shown, in seconds of the container's clock."""
        self._start = span[0]
        self._last = None if span[1] is None else self.origin + Fraction(span[1])
        self.step = 1 / Fraction(self.video.average_rate or self.video.guessed_rate or 25)
        """Seconds from a picture to the next, in the mean."""
        self._shown: Fraction | None = None
        self._entry = Fraction(0)
        self.begin = self._find_begin()
        """What is 0 in the new film, in seconds of the container's clock."""

    @property
    def start(self) -> float:
        """Seconds from the video's first frame to the first picture of the part."""
        return float(self.begin - self.origin) if self._start > 0 else 0.0

    def packets(self) -> Iterator[av.Packet[Any]]:
        """Yield packets of picture and sound from before the part, to the end of the file."""
        self._seek(self._entry)
        return self._packets([self.video, *self.sounds])

    def items(self) -> Iterator[Picture | Sound]:
        """Yield everything in the order of the file, pictures in the order they are shown."""
        silent = {stream.index for stream in self.sounds}
        is_over = False
        for packet in self.packets():
            time = None if packet.pts is None else packet.pts * packet.time_base
            if isinstance(packet.stream, av.AudioStream):
                if time is None:
                    continue
                if self._is_before_end(time):
                    if self.is_heard(packet, time):
                        yield Sound(self.sounds.index(packet.stream), packet)
                else:
                    silent.discard(packet.stream.index)
            elif not is_over:
                for picture in self._decoded(packet):
                    is_over = is_over or not self._is_before_end(picture.pts)
                    if not is_over and picture.time + SLACK >= self._start:
                        yield picture
            if is_over and (not silent or (time is not None and self._is_far_behind(time))):
                return

    def is_heard(self, packet: av.Packet[av.AudioStream], time: Fraction) -> bool:
        """Return whether a packet of sound at `time`, on the container's clock, reaches into the part."""
        if self._start <= 0:
            return True
        return time + (packet.duration or 0) * packet.time_base > self.begin

    def _is_before_end(self, time: Fraction) -> bool:
        return self._last is None or time + Fraction(SLACK) < self._last

    def _is_far_behind(self, time: Fraction) -> bool:
        return self._last is not None and time > self._last + _SOUND_BEHIND

    def _find_begin(self) -> Fraction:
        """Return the time of the first picture of the part; for the whole film, when its clock begins."""
        if self._start <= 0:
            has_no_clock = not _NO_CLOCK_FORMATS.isdisjoint(self.container.format.name.split(","))
            return Fraction(self.container.start_time or 0, av.time_base) if has_no_clock else Fraction(0)
        for margin in (*_SEEK_MARGINS, None):
            self._entry = Fraction(0) if margin is None else max(Fraction(self._start) - margin, Fraction(0))
            self._seek(self._entry)
            pictures = chain.from_iterable(map(self._decoded, self._packets([self.video])))
            first = next(pictures, None)
            if first is None or (self._entry > 0 and first.time > self._start + SLACK):
                # A container without an index is entered too late.
                continue
            for picture in chain([first], pictures):
                if picture.time + SLACK >= self._start:
                    return picture.pts
        raise VideoError(f"{self.path} has no picture at {format_time(self._start)} or later.")

    def _seek(self, time: Fraction) -> None:
        """Go to the key frame before `time`, in seconds from the first frame."""
        self._shown = None
        try:
            if time > 0:
                self.container.seek(int((self.origin + time) / self.tick), stream=self.video)
            else:
                self.container.seek(min(0, int(self.origin * av.time_base)))
        except av.error.FFmpegError as error:
            raise VideoError(f"Cannot read {self.path}: {error.strerror or error}.") from error

    def _decoded(self, packet: av.Packet[av.VideoStream]) -> Iterator[Picture]:
        """Yield the pictures that come out of the decoder when `packet` goes in."""
        self.damaged_packets += packet.is_corrupt
        try:
            frames = packet.decode()
        except (av.error.InvalidDataError, av.error.BlockingIOError):
            self.damaged_packets += 1
            return
        except av.error.FFmpegError as error:
            raise VideoError(f"Cannot read {self.path}: {error.strerror or error}.") from error
        for frame in frames:
            # A stream without times is counted out at its mean rate.
            counted = self.origin if self._shown is None else self._shown + self.step
            pts = counted if frame.pts is None else frame.pts * self.tick
            if self._shown is not None and pts <= self._shown:
                continue
            self._shown = pts
            yield Picture(pts, float(pts - self.origin), frame)

    def _packets(self, streams: list[Any]) -> Iterator[av.Packet[Any]]:
        """Yield packets; where reading fails, go on behind the damage."""
        for _ in range(_MAX_FAILURES):
            try:
                yield from self.container.demux(streams)
            except av.error.InvalidDataError:
                self.damaged_packets += 1
            except av.error.FFmpegError as error:
                raise VideoError(f"Cannot read {self.path}: {error.strerror or error}.") from error
            else:
                return


@contextmanager
def open_segment(path: Path, start: float = 0.0, end: float | None = None) -> Iterator[Segment]:
    """Open the part [start, end) of a film, in seconds from its first frame.

    Raises:
        VideoError: The film cannot be read, or has no picture in that part.
    """
    with open_video(path) as (container, first):
        yield Segment(path, container, first, (start, end))
