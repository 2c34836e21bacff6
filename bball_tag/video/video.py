"""A video that is opened once and passed on in place of its path."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from bball_tag.errors import VideoError
from bball_tag.files import content_id
from bball_tag.storage import Address, located
from bball_tag.video.frame_times import FrameTimes
from bball_tag.video.frames import FrameReader, images_at
from bball_tag.video.info import VideoInfo
from bball_tag.video.probe import probe, times_of
from bball_tag.video.reader import open_reader
from bball_tag.video.segment import Segment
from bball_tag.video.timeline import bring_timeline, timeline_of

VIDEO_SUFFIXES = frozenset(
    (
        *(".mp4", ".m4v", ".mov", ".qt", ".avi", ".divx", ".mkv", ".webm", ".ts", ".mts", ".m2ts", ".m2t"),
        *(".mpg", ".mpeg", ".mpe", ".vob", ".wmv", ".asf", ".flv", ".f4v", ".3gp", ".3g2", ".ogv", ".ogg"),
        *(".mxf", ".dv", ".y4m", ".gif", ".webp"),
    )
)
"""How the names of videos end; whether a file is one can only be seen when it is opened."""
_ASKED_EVERY_S = 10.0
"""Seconds between questions whether a file on shared storage is still the same."""


class Video:
    """A video file and what it says about itself, read once; it can be sent to another process."""

    def __init__(self, path: str | Path) -> None:
        """Open `path` and decode its first frame.

        Raises:
            VideoError: There is no such file, or no readable frame in it.
        """
        self.path = located(path)
        self._state, self._seen_at = _state(self.path), time.monotonic()
        with open_reader(self.path) as reader:
            self.info = probe(reader)

    def __getstate__(self) -> dict[str, Any]:
        # Raises a VideoError, as `check_unchanged` does, where the file has fewer frames by now.
        # Without an index, as in MKV and TS, its frames are only known to who has read all of the file.
        timeline = timeline_of(self.path)
        state, times = {**self.__dict__, "timeline": timeline, "origin": None}, self.info.times
        if times is not None and len(times.times):
            if len(timeline.ticks) < len(times.times):
                raise self._changed()
            # The times of the frames are those of the timeline, and are many.
            first = int(timeline.ticks[-len(times.times)])
            state["origin"] = first - round(float(times.times[0]) / float(timeline.tick))
            state["info"] = replace(self.info, times=None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        timeline, origin = state.pop("timeline"), state.pop("origin")
        if origin is not None:
            info: VideoInfo = state["info"]
            ticks = timeline.ticks[-(info.num_frames or 0) :]
            times = FrameTimes(times_of(ticks, origin, timeline), info.duration, timeline.rate)
            state["info"] = replace(info, times=times)
        self.__dict__.update(state, _seen_at=time.monotonic())
        bring_timeline(self.path, self._state, timeline)

    def check_unchanged(self) -> None:
        """Do nothing if the file is the one that was opened.

        Raises:
            VideoError: It was removed, or somebody writes into it.
        """
        if isinstance(self.path, Address):
            # Asking takes as long as computing a chunk may.
            if time.monotonic() < self._seen_at + _ASKED_EVERY_S:
                return
            self._seen_at = time.monotonic()
        if _state(self.path) != self._state:
            raise self._changed()

    def _changed(self) -> VideoError:
        return VideoError(
            f"{self.path} was changed or removed while it was read. Start again when it is complete; "
            "what was finished before is kept."
        )

    @cached_property
    def content_id(self) -> str:
        """A hash of the file's contents, which stays the same when the file is renamed."""
        return content_id(self.path)

    def frames(
        self, fps: float, start: float = 0.0, end: float | None = None, *, size: tuple[int, int] | None = None
    ) -> FrameReader:
        """Return the frames in [start, end) on a grid of `fps` instants per second; iterate once.

        Instants are `index / fps` seconds after the first frame. Each gets the latest frame that is shown by
        then, whatever the file's own rate does.

        Args:
            fps: Instants per second of the video's own time.
            start: Seconds from the first frame; reading begins at the key frame before.
            end: Seconds from the first frame; None reads to the end of the last frame.
            size: Height and width of the images, in pixels; None keeps the display size.

        Raises:
            VideoError: While iterating, if the file cannot be read at all.
        """
        return FrameReader(self.path, fps, start, end, size)

    def images_at(self, times: Iterable[float]) -> Iterator[np.ndarray | None]:
        """Yield the image shown at each time, in seconds from the first frame: uint8 RGB (H, W, 3).

        An image that cannot be read is None.
        """
        return images_at(self.path, times)

    @contextmanager
    def segment(self, start: float = 0.0, end: float | None = None) -> Iterator[Segment]:
        """Open the part [start, end), in seconds from the first frame, to write it anew or to copy it.

        Raises:
            VideoError: The video cannot be read, or has no frame in that part.
        """
        with open_reader(self.path) as reader:
            yield Segment(reader, start, end)


def _state(path: Path) -> tuple[int, ...]:
    """Return what changes when a file does; nothing where there is none."""
    try:
        stat = path.stat()
    except OSError:
        return ()
    return stat.st_size, stat.st_mtime_ns
