"""Open a video, demux and decode it, however damaged it is: the one reader under frames and segments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer

from bball_tag.errors import VideoError

_MAX_FAILURES_IN_A_ROW = 5000
"""A file that gives nothing but errors for this many packets is not a damaged video but another thing."""
_DAMAGE = (av.error.InvalidDataError, av.error.BlockingIOError)
_NO_VIDEO = (av.error.InvalidDataError, av.error.EOFError)
_DECODED_EARLIER_S = 10
"""Seconds before a first frame of negative time from which to seek it: it is decoded earlier than shown."""
_PYAV = int(av.__version__.split(".")[0])
_TAGS: dict[str, Any] = {"metadata_errors": "replace"} if _PYAV < 19 else {}
"""Tags need not be UTF-8. PyAV 19 opens such files anyway, and no longer has the option."""
_REWRAP = "If it plays elsewhere, re-wrap it: ffmpeg -i IN -c copy OUT.mp4"


@dataclass(frozen=True, slots=True)
class DecodedFrame:
    """A frame as it comes from the decoder, and when it is shown."""

    pts: Fraction
    """Seconds on the container's clock."""
    time: float
    """Seconds from the video's first frame."""
    frame: av.VideoFrame


class Reader:
    """An open video. It reads on behind damage, and counts what it had to skip."""

    def __init__(self, path: Path, container: InputContainer) -> None:
        """Decode the first frame, which also gives the decoder what it needs to begin elsewhere.

        Raises:
            VideoError: There is no frame that can be decoded.
        """
        self.path, self.container = path, container
        self.stream = container.streams.video[0]
        if self.stream.codec_context is None:
            raise VideoError(
                f"Cannot read {path}: its codec is not known here. Convert it: ffmpeg -i IN OUT.mp4"
            )
        self.stream.thread_type = "AUTO"
        self.title = container.metadata.get("title", "").encode("utf-8", "replace").decode("utf-8")
        assert self.stream.time_base is not None
        self.tick = Fraction(self.stream.time_base)
        """Seconds of one step of the frames' times."""
        self.step = 1 / Fraction(self.stream.average_rate or self.stream.guessed_rate or 25)
        """Mean seconds from a frame to the next."""
        self.origin = Fraction(0)
        """When the first frame is shown, in seconds on the container's clock."""
        self.damaged_packets, self._failures = 0, 0
        self._shown: Fraction | None = None
        first = next(self._frames(), None)
        if first is None:
            raise VideoError(
                f"Cannot read {path}: no frame in it can be decoded. Is it damaged or protected?"
            )
        self.first_frame = first.frame
        self.origin = (first.frame.pts or 0) * self.tick
        self.damaged_packets = 0
        """Packets that could not be decoded after the first frame, and were skipped."""

    def seek(self, time: Fraction) -> None:
        """Go to the key frame before `time`, in seconds from the first frame; 0 is the very beginning."""
        self._shown, self._failures = None, 0
        with ffmpeg_errors(f"read {self.path}", advice=_REWRAP):
            if time > 0:
                self.container.seek(int((self.origin + time) / self.tick), stream=self.stream)
            else:
                begin = self.origin - _DECODED_EARLIER_S if self.origin < 0 else 0
                self.container.seek(int(begin * av.time_base))

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
            frames = self._frames_from(entry)
            first = next(frames, None)
            if first is not None and first.pts - self.origin <= start + tolerance:
                return entry, chain([first], frames)
        return Fraction(0), self._frames_from(Fraction(0))

    def packets(self, others: Sequence[Any] = ()) -> Iterator[av.Packet[Any]]:
        """Yield packets of the frames, and of the streams `others`, also those behind damage."""
        for _ in range(_MAX_FAILURES_IN_A_ROW):
            try:
                with ffmpeg_errors(f"read {self.path}", passed_on=_DAMAGE):
                    for packet in self.container.demux([self.stream, *others]):
                        if self._failures > _MAX_FAILURES_IN_A_ROW:
                            return
                        yield packet
            except _DAMAGE:
                self.damaged_packets += 1
            else:
                return

    def decode(self, packet: av.Packet[av.VideoStream]) -> Iterator[DecodedFrame]:
        """Yield the frames that come out of the decoder when `packet` goes in."""
        self.damaged_packets += packet.is_corrupt
        try:
            with ffmpeg_errors(f"read {self.path}", passed_on=_DAMAGE):
                frames = packet.decode()
        except _DAMAGE:
            self.damaged_packets += 1
            self._failures += 1
            return
        self._failures = 0
        for frame in frames:
            pts = None if frame.pts is None else frame.pts * self.tick
            shown = mended_time(pts, self._shown, self.step, self.origin)
            if shown is not None:
                self._shown = shown
                yield DecodedFrame(shown, float(shown - self.origin), frame)

    def _frames_from(self, entry: Fraction) -> Iterator[DecodedFrame]:
        self.seek(entry)
        return self._frames()

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
    try:
        with ffmpeg_errors(f"read {path}", passed_on=_NO_VIDEO):
            if path.is_dir():
                raise VideoError(f"Cannot read {path}: it is a folder. Give the video file.")
            if not path.exists():
                raise VideoError(f"Cannot read {path}: there is no such file.")
            if path.stat().st_size == 0:
                raise VideoError(f"Cannot read {path}: the file is empty.")
            container = av.open(str(path), **_TAGS)
    except _NO_VIDEO as error:
        raise _not_a_video(path) from error
    with container:
        if not container.streams:
            raise _not_a_video(path)
        if not container.streams.video:
            raise VideoError(f"Cannot read {path}: the file has no video, only audio or data.")
        yield Reader(path, container)


@contextmanager
def ffmpeg_errors(
    what: str, *, advice: str = "", passed_on: tuple[type[Exception], ...] = ()
) -> Iterator[None]:
    """Turn what FFmpeg and the system raise into a sentence.

    Args:
        what: What is done, such as "read game.mp4".
        advice: What to try.
        passed_on: Errors that the caller handles.

    Raises:
        VideoError: FFmpeg or the system failed, or there is not enough memory.
    """
    try:
        yield
    except passed_on:
        raise
    except (av.error.FFmpegError, OSError, MemoryError) as error:
        reason = getattr(error, "strerror", None) or str(error) or "not enough memory"
        raise VideoError(f"Cannot {what}: {reason}. {advice}".rstrip()) from error


def _not_a_video(path: Path) -> VideoError:
    return VideoError(
        f"Cannot read {path}: it is not a video, or its index is missing because the recording or the "
        f"download was cut short. {_REWRAP}"
    )
