"""Describe a video, and read its frames on a grid of instants, in one pass and constant memory."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice, pairwise, takewhile
from pathlib import Path

import av
import numpy as np

from bball_tag.clips import grid_range
from bball_tag.video.info import Frame, VideoInfo
from bball_tag.video.pixels import display_size, rgb_image
from bball_tag.video.reader import DecodedFrame, Reader, open_reader

_LATE = Fraction(1, 1000)
"""Containers round times to their tick (Matroska's is a millisecond): a frame late by half a tick, at most by
this many seconds, is in time."""
_SEEK_MARGINS = (0, 2, 12)
"""Seconds before the first instant at which to look for a key frame: more where there is no index."""
_RATE_PACKETS = 120
"""Packets at the beginning of a file from which its frame rate is taken."""
_REORDERED = 17
"""How many packets may come later in the file than they are shown (H.264 allows 16)."""


def probe(path: Path) -> VideoInfo:
    """Return what the file says about itself; its first frame is decoded, nothing else.

    Raises:
        VideoError: There is no such file, or no readable frame in it.
    """
    with open_reader(path) as reader:
        width, height = display_size(reader.first_frame, reader.stream)
        fps = _frame_rate(reader)
        return VideoInfo(
            path=path,
            width=width,
            height=height,
            fps=fps,
            duration=_claimed_duration(reader, fps),
            num_frames=reader.stream.frames or None,
            has_audio=bool(reader.container.streams.audio),
            rotation=reader.first_frame.rotation % 360,
            title=reader.title,
        )


class FrameReader:
    """The frames of a video on the grid `index / fps`; iterate once."""

    def __init__(
        self, path: Path, fps: float, start: float, end: float | None, size: tuple[int, int] | None
    ) -> None:
        """Plan to read a part; see `Video.frames`."""
        self._path, self._size = path, size
        self._fps = Fraction(fps).limit_denominator(1_000_000)
        self._instants = grid_range(start, sys.maxsize if end is None else end, float(self._fps))
        self.end = 0.0
        """Seconds to the end of the last frame decoded so far."""
        self._reader: Reader | None = None

    @property
    def damaged_packets(self) -> int:
        """Packets that could not be decoded so far, and were skipped."""
        return self._reader.damaged_packets if self._reader else 0

    def __iter__(self) -> Iterator[Frame]:
        instants = iter(self._instants)
        shown: _ShownFrame | None = None
        with open_reader(self._path) as reader:
            self._reader = reader
            late = min(reader.tick / 2, _LATE)
            index = next(instants, None)
            _, frames = reader.enter(self._instants.start / self._fps, _SEEK_MARGINS)
            for frame in frames:
                time = frame.pts - reader.origin
                self.end = max(self.end, float(time + (frame.frame.duration * reader.tick or reader.step)))
                # What is shown until `time` serves every instant before that.
                while shown is not None and index is not None and index / self._fps + late < time:
                    yield shown.at(index, self._fps)
                    index = next(instants, None)
                if index is None:
                    return
                shown = _ShownFrame(frame, reader, self._size)
            while shown is not None and index is not None and float(index / self._fps) + 1e-6 < self.end:
                yield shown.at(index, self._fps)
                index = next(instants, None)


class _ShownFrame:
    """A decoded frame while it is the one shown; turned into an image at most once, if at all."""

    def __init__(self, decoded: DecodedFrame, reader: Reader, size: tuple[int, int] | None) -> None:
        self._decoded, self._reader, self._size = decoded, reader, size
        self._image: np.ndarray | None = None

    def at(self, index: int, fps: Fraction) -> Frame:
        if self._image is None:
            self._image = rgb_image(self._decoded.frame, self._reader.stream, self._size)
        return Frame(index, float(index / fps), self._image)


def read_frames(
    path: Path,
    fps: float,
    start: float = 0.0,
    end: float | None = None,
    *,
    size: tuple[int, int] | None = None,
) -> FrameReader:
    """Return the frames of a video that is opened for them alone; see `Video.frames`."""
    return FrameReader(path, fps, start, end, size)


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
    rates = (reader.stream.guessed_rate, reader.stream.average_rate)
    if steps and max(steps) - min(steps) <= _LATE:
        step = sum(steps, Fraction(0)) / len(steps)
        return next((rate for rate in rates if rate and abs(rate * step - 1) < 0.005), 1 / step)
    return reader.stream.average_rate or reader.stream.guessed_rate or Fraction(25)


def _claimed_duration(reader: Reader, fps: Fraction) -> float:
    stream, container = reader.stream, reader.container
    if stream.duration:
        return float(stream.duration * reader.tick)
    if stream.frames:
        return float(stream.frames / fps)
    return container.duration / av.time_base if container.duration else 0.0
