"""Demux and decode a video, however damaged it is: the one reader under frames and segments."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer

from bball_tag.errors import VideoError
from bball_tag.video.clock import Clock
from bball_tag.video.container import REWRAP, ffmpeg_errors, frame_stream, open_container
from bball_tag.video.timeline import DAMAGE, MAX_FAILURES_IN_A_ROW, packets_of, timeline_of

_NO_CLOCK_FORMATS = {"mpegts", "mpeg", "rtp", "hls"}
"""Formats whose times begin anywhere, so that players begin at the first."""


@dataclass(frozen=True, slots=True)
class DecodedFrame:
    """A frame as it comes from the decoder, and when it is shown."""

    pts: Fraction
    """Seconds on the container's clock."""
    time: float
    """Seconds from the video's first frame."""
    frame: av.VideoFrame


class Reader:
    """An open video. It reads on behind damage and behind joints, and counts what it had to skip."""

    container: InputContainer
    stream: av.VideoStream
    """That of the frames."""
    _clock: Clock
    _shown: Fraction | None
    """When the last frame was shown."""
    _failures: int
    """Packets in a row that could not be decoded."""
    _num_skipped: int
    """Packets of frames to pass over."""

    def __init__(self, path: Path, opened: ExitStack) -> None:
        """Open the file and decode the first frame.

        Args:
            path: The video.
            opened: Closes what is open.

        Raises:
            VideoError: There is no frame that can be decoded.
        """
        self.path, self._opened = path, opened
        self.damage: list[float] = []
        """Where packets after the first frame could not be decoded, and were skipped: for each when the frame
        before it is shown, in seconds from the first; minus infinity where reading began with it."""
        self.timeline = timeline_of(path)
        """When its frames are shown."""
        self._open()
        self.title = self.container.metadata.get("title", "").encode("utf-8", "replace").decode("utf-8")
        self.tick = self.timeline.tick
        """Seconds of one step of the frames' times."""
        self.step = self.timeline.step
        """Seconds from a frame to the next, as a rule."""
        self.origin = Fraction(0)
        """When the first frame is shown, in seconds on the container's clock."""
        frames = self._frames()
        first = next(frames, None)
        if first is None:
            raise VideoError(
                f"Cannot read {path}: no frame in it can be decoded. Is it damaged or protected?"
            )
        self.first_frame = first.frame
        self.origin = first.pts
        self.damage.clear()
        first = DecodedFrame(first.pts, 0.0, first.frame)
        self._untouched: Iterator[DecodedFrame] | None = chain([first], frames)
        """The frames from the beginning, as long as nothing else was read."""

    @property
    def players_zero(self) -> Fraction:
        """Where players begin to count, in seconds on the container's clock."""
        has_no_clock = not _NO_CLOCK_FORMATS.isdisjoint(self.container.format.name.split(","))
        return Fraction(self.container.start_time or 0, av.time_base) if has_no_clock else Fraction(0)

    def seek(self, time: Fraction) -> None:
        """Go to the key frame before `time`, in seconds from the first frame; 0 is the very beginning."""
        self._untouched = None
        wanted = int((self.origin + time) / self.tick)
        if time <= 0 or self.timeline.entries:
            # No clock says for sure where a file begins, nor where a place is behind a joint.
            self._open()
            before = (count for at, count in self.timeline.entries if at <= wanted) if time > 0 else ()
            self._num_skipped = max(before, default=0)
            return
        self._begin()
        with ffmpeg_errors(f"read {self.path}", advice=REWRAP):
            self.container.seek(wanted, stream=self.stream)

    def enter(
        self, start: Fraction, margins: Sequence[int], tolerance: Fraction = Fraction(0)
    ) -> tuple[Fraction, Iterator[DecodedFrame]]:
        """Go to a key frame before `start`, and return where that was sought, and the frames from there.

        A container without an index is entered too late: then it is tried again from further ahead.

        Args:
            start: Seconds from the first frame.
            margins: How far ahead to look, in seconds, before reading from the very beginning.
            tolerance: The first frame from there may be this many seconds after `start`.
        """
        for margin in margins:
            if (entry := start - margin) <= 0:
                break
            self.seek(entry)
            frames = self._frames()
            first = next(frames, None)
            if first is not None and first.pts - self.origin <= start + tolerance:
                return entry, chain([first], frames)
        if (frames_from_0 := self._untouched) is None:
            self.seek(Fraction(0))
            frames_from_0 = self._frames()
        self._untouched = None
        return Fraction(0), frames_from_0

    def packets(self, others: Sequence[Any] = ()) -> Iterator[av.Packet[Any]]:
        """Yield packets of the frames, and of the streams `others`, also those behind damage."""
        for packet, _ in packets_of(self.path, self.container, [self.stream, *others], self._clock):
            if self._failures > MAX_FAILURES_IN_A_ROW:
                return
            if packet is None:
                self._note_damage()
            elif not self._num_skipped:
                yield packet
            elif packet.stream.index == self.stream.index:
                self._num_skipped -= 1

    def decode(self, packet: av.Packet[av.VideoStream]) -> Iterator[DecodedFrame]:
        """Yield the frames that come out of the decoder when `packet` goes in."""
        if packet.is_corrupt:
            self._note_damage()
        try:
            with ffmpeg_errors(f"read {self.path}", passed_on=DAMAGE):
                frames = packet.decode()
        except DAMAGE:
            self._note_damage()
            self._failures += 1
            return
        self._failures = 0
        for frame in frames:
            pts = None if frame.pts is None else frame.pts * self.tick
            shown = mended_time(pts, self._shown, self.step, self.origin)
            if shown is not None:
                self._shown = shown
                yield DecodedFrame(shown, float(shown - self.origin), frame)

    @property
    def damaged_packets(self) -> int:
        """How many packets could not be decoded after the first frame."""
        return len(self.damage)

    def _note_damage(self) -> None:
        self.damage.append(-math.inf if self._shown is None else float(self._shown - self.origin))

    def _open(self) -> None:
        """Open the file, anew if it is open: what was read of it before must not be used any more."""
        self._opened.close()
        self.container = self._opened.enter_context(open_container(self.path))
        self.stream = frame_stream(self.container)
        if self.stream.codec_context is None:
            raise VideoError(
                f"Cannot read {self.path}: its codec is not known here. Convert it: ffmpeg -i IN OUT.mp4"
            )
        self.stream.thread_type = "AUTO"
        self._begin()

    def _begin(self) -> None:
        self._clock = Clock(self.container, self.stream.index)
        self._shown = None
        self._failures = self._num_skipped = 0

    def _frames(self) -> Iterator[DecodedFrame]:
        for packet in self.packets():
            yield from self.decode(packet)


def mended_time(
    time: Fraction | None, before: Fraction | None, step: Fraction, origin: Fraction
) -> Fraction | None:
    """Return when a frame is shown, in seconds; None if it comes too late to be shown.

    Args:
        time: What the file says; None is counted out at the mean rate.
        before: When the frame before it is shown; None if there is none.
        step: Mean seconds from a frame to the next.
        origin: When the first frame of the video is shown.
    """
    if time is None:
        return origin if before is None else before + step
    return time if before is None or time > before else None


@contextmanager
def open_reader(path: Path) -> Iterator[Reader]:
    """Open a video file.

    Raises:
        VideoError: There is no such file, or no readable frame in it.
    """
    with ExitStack() as opened:
        yield Reader(path, opened)
