"""Read the frames of a video on a grid of instants, in one pass and constant memory."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from functools import cache, partial
from pathlib import Path

import numpy as np

from bball_tag.clips import grid_range
from bball_tag.video.container import ffmpeg_errors
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

    def damaged_within(self, start: float, stop: float) -> int:
        """Return how many of them lie in [start, stop), in seconds from the first frame.

        What lies a second before the last frame that was read has all been met. Where it lies does not depend
        on where the reading began, if that is some seconds before.
        """
        return sum(start <= place < stop for place in self._reader.damage) if self._reader else 0

    def __iter__(self) -> Iterator[Frame]:
        instants = iter(self._instants)
        # The image of the frame that is shown, made at most once, if at all.
        shown: Callable[[], np.ndarray] | None = None
        with open_reader(self._path) as reader:
            self._reader = reader
            late = min(reader.tick / 2, _MAX_LATE_S)
            index = next(instants, None)
            _, frames = reader.enter(self._instants.start / self._fps, _SEEK_MARGINS)
            for decoded in frames:
                time = decoded.pts - reader.origin
                # An MP4 may call the frame before a pause longer than that: only the last length counts.
                length = decoded.frame.duration * reader.tick or reader.step
                self.end = float(time + length)
                # What is shown until `time` serves every instant before that.
                while shown is not None and index is not None and index / self._fps + late < time:
                    yield Frame(index, float(index / self._fps), shown())
                    index = next(instants, None)
                if index is None:
                    return
                shown = cache(partial(_image, reader, decoded, self._size))
            while shown is not None and index is not None and float(index / self._fps) + 1e-6 < self.end:
                yield Frame(index, float(index / self._fps), shown())
                index = next(instants, None)


def images_at(path: Path, times: Iterable[float]) -> Iterator[np.ndarray | None]:
    """Yield the image that is shown at each of some times; None where none can be read.

    Args:
        path: A video.
        times: Seconds from the first frame.

    Yields:
        uint8 RGB, shape (H, W, 3).
    """
    with open_reader(path) as reader:
        for time in times:
            wanted = Fraction(time).limit_denominator(1_000_000)
            shown = None
            for decoded in reader.enter(wanted, _SEEK_MARGINS)[1]:
                if shown is not None and decoded.pts - reader.origin > wanted + _MAX_LATE_S:
                    break
                shown = decoded
            yield None if shown is None else _image(reader, shown, None)


def _image(reader: Reader, decoded: DecodedFrame, size: tuple[int, int] | None) -> np.ndarray:
    # A damaged header may promise a frame that no memory holds.
    with ffmpeg_errors(f"read {reader.path}"):
        return rgb_image(decoded.frame, reader.stream, size)
