"""Describe a video, and read its frames on a time grid, in one pass and constant memory."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import partial
from itertools import islice, pairwise
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.reformatter import Interpolation

from bball_tag.clips import grid_range
from bball_tag.errors import VideoError
from bball_tag.video.info import Frame, VideoInfo

# Containers round times to their tick (Matroska's is a millisecond): a frame late by half a tick, at most
# by this many seconds, is in time.
_LATE = Fraction(1, 1000)
# How far before the wanted instant to look for a key frame; containers without an index need the more.
_SEEK_MARGINS = (0.0, 2.0, 12.0)
# Packets at the beginning of a file from which its beat is taken.
_RATE_PACKETS = 120
# How many packets may come later in the file than they are shown (H.264 allows 16).
_REORDERED = 17
# A file that gives nothing but errors for this many packets is not a damaged video but another thing.
_MAX_FAILURES_IN_A_ROW = 5000


def probe(path: Path) -> VideoInfo:
    """Return what the file says of itself; its first frame is decoded, nothing else.

    Raises:
        VideoError: There is no such file, or no readable picture in it.
    """
    with _opened(path) as container:
        stream = container.streams.video[0]
        first = _first_frame(container, path)
        rotation = first.rotation % 360
        width, height = _display_size(first, stream, rotation)
        fps = _frame_rate(container, stream)
        return VideoInfo(
            path=path,
            width=width,
            height=height,
            fps=fps,
            duration=_claimed_duration(container, stream, fps),
            num_frames=stream.frames or None,
            has_audio=bool(container.streams.audio),
            rotation=rotation,
            title=container.metadata.get("title", ""),
        )


class _Shown:
    """A decoded frame while it is the one shown; turned into a picture at most once, if at all."""

    def __init__(self, frame: av.VideoFrame, convert: Callable[[av.VideoFrame], np.ndarray]) -> None:
        self._frame, self._convert = frame, convert
        self._image: np.ndarray | None = None

    def at(self, index: int, fps: Fraction) -> Frame:
        if self._image is None:
            self._image = self._convert(self._frame)
        return Frame(index, float(index / fps), self._image)


class FrameReader:
    """The frames of a video on the grid `index / fps`; iterate once.

    While and after iterating, `damaged_packets` and `end` tell what was met.
    """

    def __init__(
        self, path: Path, fps: float, start: float, end: float | None, size: tuple[int, int] | None
    ) -> None:
        self._path, self._size = path, size
        self._fps = Fraction(fps).limit_denominator(1_000_000)
        self._instants = grid_range(start, sys.maxsize if end is None else end, float(self._fps))
        self._start = self._instants.start / self._fps
        self.damaged_packets = 0
        """Packets that could not be decoded and were left out."""
        self.end = 0.0
        """Seconds to the end of the last frame decoded so far."""
        self._late = _LATE

    def __iter__(self) -> Iterator[Frame]:
        instants = iter(self._instants)
        shown: _Shown | None = None
        with _opened(self._path) as container:
            index = next(instants, None)
            for time, frame in self._decode(container):
                # What is shown until `time` serves every instant before that.
                while shown is not None and index is not None and index / self._fps + self._late < time:
                    yield shown.at(index, self._fps)
                    index = next(instants, None)
                if index is None:
                    return
                shown = _Shown(frame, partial(self._picture, container))
            while shown is not None and index is not None and float(index / self._fps) + 1e-6 < self.end:
                yield shown.at(index, self._fps)
                index = next(instants, None)

    def _decode(self, container: InputContainer) -> Iterator[tuple[Fraction, av.VideoFrame]]:
        """Yield frames with their time from the video's first frame, the first not after the start."""
        stream = container.streams.video[0]
        origin = _time(_first_frame(container, self._path), stream)
        self._late = min((stream.time_base or _LATE) / 2, _LATE)
        for margin in _SEEK_MARGINS if self._start > 0 else ():
            frames = self._decode_from(container, origin, self._start - Fraction(margin))
            first = next(frames, None)
            if first is not None and first[0] <= self._start:
                yield first
                yield from frames
                return
        yield from self._decode_from(container, origin, Fraction(0))

    def _decode_from(
        self, container: InputContainer, origin: Fraction, target: Fraction
    ) -> Iterator[tuple[Fraction, av.VideoFrame]]:
        stream = container.streams.video[0]
        assert stream.time_base is not None
        if target <= 0:
            _rewind(container, self._path)
        else:
            container.seek(int((origin + target) / stream.time_base), stream=stream)
        step = 1 / Fraction(stream.average_rate or stream.guessed_rate or 25)
        last: Fraction | None = None
        for frame in self._frames(container):
            # A stream without times is counted out at its mean rate.
            counted = Fraction(0) if last is None else last + step
            time = counted if frame.pts is None else _time(frame, stream) - origin
            if last is not None and time <= last:
                continue
            last = time
            shown = frame.duration * stream.time_base if frame.duration else step
            self.end = max(self.end, float(time + shown))
            yield time, frame

    def _frames(self, container: InputContainer) -> Iterator[av.VideoFrame]:
        """Yield every frame that can be decoded; count what cannot."""
        failures = 0
        for packet in self._packets(container):
            self.damaged_packets += packet.is_corrupt
            try:
                frames = packet.decode()
            except (av.error.InvalidDataError, av.error.BlockingIOError):
                failures += 1
                self.damaged_packets += 1
                if failures > _MAX_FAILURES_IN_A_ROW:
                    return
                continue
            failures = 0
            yield from frames

    def _packets(self, container: InputContainer) -> Iterator[av.Packet[av.VideoStream]]:
        """Yield the packets of the picture; where reading fails, go on behind the damage."""
        for _ in range(_MAX_FAILURES_IN_A_ROW):
            try:
                yield from container.demux(container.streams.video[0])
            except av.error.InvalidDataError:
                self.damaged_packets += 1
            else:
                return

    def _picture(self, container: InputContainer, frame: av.VideoFrame) -> np.ndarray:
        """Return the upright RGB picture; scaling and colour conversion are one libswscale step."""
        rotation = frame.rotation % 360
        height, width = self._size or _display_size(frame, container.streams.video[0], rotation)[::-1]
        if rotation in (90, 270):
            height, width = width, height
        shrinks = width < frame.width
        scaled = frame.reformat(
            width=width,
            height=height,
            format="rgb24",
            interpolation=Interpolation.AREA if shrinks else Interpolation.BILINEAR,
        )
        image = scaled.to_ndarray()
        return np.ascontiguousarray(np.rot90(image, rotation // 90)) if rotation else image


def read_frames(
    path: Path,
    fps: float,
    start: float = 0.0,
    end: float | None = None,
    *,
    size: tuple[int, int] | None = None,
) -> FrameReader:
    """Read a video once, at `fps` frames a second of its own time.

    Instants are `index / fps` seconds after the first frame, those in [start, end). Each gets the
    latest frame shown not after it, whatever the file's own rate does.

    Args:
        path: The video.
        fps: Instants per second.
        start: Where to begin, in seconds; the file is entered at the key frame before.
        end: Where to stop, in seconds; None reads to the end of the last frame.
        size: Height and width of the pictures; None keeps the display size.

    Raises:
        VideoError: While iterating, if the file cannot be read at all.
    """
    return FrameReader(path, fps, start, end, size)


@contextmanager
def open_video(path: Path) -> Iterator[tuple[InputContainer, av.VideoFrame]]:
    """Open a video for a pass over its packets; yield it with its first frame.

    The container is left just after that frame: seek before reading on.

    Raises:
        VideoError: There is no such file, or no readable picture in it.
    """
    with _opened(path) as container:
        yield container, _first_frame(container, path)


@contextmanager
def _opened(path: Path) -> Iterator[InputContainer]:
    """Open a video file, or say in a sentence why that is impossible."""
    if path.is_dir():
        raise VideoError(f"Cannot read {path}: it is a folder. Give the video file.")
    if not path.exists():
        raise VideoError(f"Cannot read {path}: there is no such file.")
    if path.stat().st_size == 0:
        raise VideoError(f"Cannot read {path}: the file is empty.")
    try:
        container = av.open(str(path), metadata_errors="replace")
    except (av.error.InvalidDataError, av.error.EOFError) as error:
        raise _not_a_video(path) from error
    except (av.error.FFmpegError, OSError) as error:
        raise VideoError(f"Cannot read {path}: {error.strerror or error}.") from error
    with container:
        if not container.streams:
            raise _not_a_video(path)
        if not container.streams.video:
            raise VideoError(f"Cannot read {path}: the file has no picture, only sound or data.")
        container.streams.video[0].thread_type = "AUTO"
        yield container


def _not_a_video(path: Path) -> VideoError:
    return VideoError(
        f"Cannot read {path}: it is no video, or its index is missing because the recording or the "
        "download was cut short. If it plays elsewhere, re-wrap it: ffmpeg -i IN -c copy OUT.mp4"
    )


def _first_frame(container: InputContainer, path: Path) -> av.VideoFrame:
    """Return the first frame that is shown, and leave the container just after it."""
    failures = 0
    packets = container.demux(container.streams.video[0])
    while failures < _MAX_FAILURES_IN_A_ROW:
        try:
            for frame in next(packets).decode():
                return frame
        except StopIteration:
            break
        except (av.error.InvalidDataError, av.error.BlockingIOError):
            failures += 1
    raise VideoError(f"Cannot read {path}: no picture in it can be decoded. Is it damaged or protected?")


def _rewind(container: InputContainer, path: Path) -> None:
    """Go back to the very beginning."""
    try:
        container.seek(0, any_frame=False, backward=True)
    except av.error.FFmpegError as error:
        raise VideoError(f"Cannot read {path}: {error.strerror or error}.") from error


def _time(frame: av.VideoFrame, stream: av.VideoStream) -> Fraction:
    assert stream.time_base is not None
    return (frame.pts or 0) * stream.time_base


def _display_size(frame: av.VideoFrame, stream: av.VideoStream, rotation: int) -> tuple[int, int]:
    """Return width and height of the upright picture with square pixels."""
    aspect = stream.sample_aspect_ratio
    width = max(1, round(frame.width * aspect)) if aspect else frame.width
    return (frame.height, width) if rotation in (90, 270) else (width, frame.height)


def _frame_rate(container: InputContainer, stream: av.VideoStream) -> Fraction:
    """Return the rate at which frames are shown.

    The mean rate in a header counts frames that an edit list hides, so a regular beat at the
    beginning of the file is believed first.
    """
    assert stream.time_base is not None
    container.seek(0)
    packets = _undamaged(container.demux(stream))
    shown = (packet.pts for packet in packets if packet.pts is not None and not packet.is_discard)
    times = sorted(set(islice(shown, _RATE_PACKETS + _REORDERED)))[:_RATE_PACKETS]
    steps = [(after - before) * stream.time_base for before, after in pairwise(times)]
    rates = (stream.guessed_rate, stream.average_rate)
    if steps and max(steps) - min(steps) <= _LATE:
        beat = sum(steps, Fraction(0)) / len(steps)
        return next((rate for rate in rates if rate and abs(rate * beat - 1) < 0.005), 1 / beat)
    return stream.average_rate or stream.guessed_rate or Fraction(25)


def _undamaged(packets: Iterator[av.Packet[av.VideoStream]]) -> Iterator[av.Packet[av.VideoStream]]:
    """Yield packets up to the first that cannot be read."""
    try:
        yield from packets
    except av.error.InvalidDataError:
        return


def _claimed_duration(container: InputContainer, stream: av.VideoStream, fps: Fraction) -> float:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    if stream.frames:
        return float(stream.frames / fps)
    return container.duration / 1_000_000 if container.duration else 0.0
