"""A video that is opened once and passed on in place of its path."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path

from bball_tag.files import content_id
from bball_tag.video.frames import FrameReader, probe
from bball_tag.video.segment import Segment, open_segment


class Video:
    """A video file and what it says of itself, read once."""

    def __init__(self, path: str | Path) -> None:
        """Open `path` and decode its first frame.

        Raises:
            VideoError: There is no such file, or no readable frame in it.
        """
        self.path = Path(path)
        self.info = probe(self.path)

    @cached_property
    def content_id(self) -> str:
        """A hash that tells this file from another, whatever they are called."""
        return content_id(self.path)

    def frames(
        self, fps: float, start: float = 0.0, end: float | None = None, *, size: tuple[int, int] | None = None
    ) -> FrameReader:
        """Return the frames in [start, end) on a grid of `fps` instants per second; iterate once.

        Args:
            fps: Instants per second of the video's own time.
            start: Seconds from the first frame; the file is entered at the key frame before.
            end: Seconds from the first frame; None reads to the end of the last frame.
            size: Height and width of the images, in pixels; None keeps the display size.
        """
        return FrameReader(self.path, fps, start, end, size)

    def segment(self, start: float = 0.0, end: float | None = None) -> AbstractContextManager[Segment]:
        """Open the part [start, end), in seconds from the first frame, to write it anew or to copy it."""
        return open_segment(self.path, start, end)
