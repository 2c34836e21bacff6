"""Read the frames of a video on a grid of instants, in one pass and constant memory."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

from bball_tag.clips import grid_range
from bball_tag.video.info import Frame
from bball_tag.video.pixels import rgb_image
from bball_tag.video.reader import DecodedFrame, Reader, open_reader

_MAX_LATE_S = Fraction(1, 1000)
"""Containers round times to their tick (Matroska's is a millisecond): a frame late by half a tick, at most by
this, is in time."""
_SEEK_MARGINS = (0, 2, 12)
"""Seconds before the first instant at which to look for a key frame: more where there is no index."""


class FrameReader:
    """The frames of a video on the grid `index / fps`; iterate once."""

    def __init__(
        self, path: Path, fps: float, start: float, end: float | None, size: tuple[int, int] | None
    ) -> None:
        """Plan to read a part of a video; see `Video.frames`."""
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
            late = min(reader.tick / 2, _MAX_LATE_S)
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
