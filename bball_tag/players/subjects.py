"""Who or what is looked at, and when: the unbroken stretches that clips are cut from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from bball_tag.clips import ClipSpec, grid_range
from bball_tag.players.crop import Box, crop_box
from bball_tag.players.tracks import Track
from bball_tag.video.info import Frame, VideoInfo


@dataclass(frozen=True, slots=True)
class Subject:
    """Who or what is looked at, over consecutive grid instants without a break."""

    id: str
    """The id of the track; empty for the whole frame or one region of it."""
    span: range
    """Grid indices."""
    source: Track | Box
    """A moving box or a fixed one, in pixels of the upright frame at its own size."""

    def crop(self, frame: Frame, spec: ClipSpec, scale: float) -> np.ndarray:
        """Return what the model sees of this subject in `frame`: uint8 (height, width, 3).

        Args:
            frame: A frame of the video, read at `scale` times its own size.
            spec: Size of the result.
            scale: Pixels of `frame` per pixel of the video.
        """
        box = self.source if isinstance(self.source, Box) else self.source.box_at(frame.time)
        if scale != 1:
            box = Box(box.left * scale, box.top * scale, box.width * scale, box.height * scale)
        return crop_box(frame.image, box, height=spec.height, width=spec.width)


def whole_frame(info: VideoInfo, region: Box | None, span: range) -> list[Subject]:
    """Return the one subject that shows the whole frame, or `region` of it, all the time."""
    return [Subject("", span, region or Box(0, 0, info.width, info.height))]


def tracked_players(tracks: Iterable[Track], fps: float, span: range) -> list[Subject]:
    """Return a subject for each unbroken stretch of each player within `span`, in order of start.

    Args:
        tracks: The players, and perhaps others, who are left out.
        fps: Grid instants per second.
        span: Grid indices that are looked at.
    """
    subjects = []
    for track in tracks:
        for start, end in track.stretches() if track.role == "player" else ():
            seen = grid_range(start, end, fps)
            cut = range(max(seen.start, span.start), min(seen.stop, span.stop))
            if cut:
                subjects.append(Subject(track.id, cut, track))
    return sorted(subjects, key=lambda subject: subject.span.start)


@dataclass(frozen=True, slots=True)
class Reading:
    """At which size a video is read for its subjects."""

    scale: float
    """Pixels of a frame as it is read per pixel of the video, at most 1."""
    size: tuple[int, int]
    """Height and width of the frames as they are read."""


def reading_for(info: VideoInfo, subjects: Iterable[Subject], spec: ClipSpec) -> Reading:
    """Return how small a video may be read without losing detail of any fixed region.

    Moving boxes vary in size, so players are cut from frames of full size.
    """
    scales = [
        min(spec.height / subject.source.height, spec.width / subject.source.width)
        if isinstance(subject.source, Box)
        else 1.0
        for subject in subjects
    ]
    scale = min(1.0, max(scales, default=1.0))
    return Reading(scale, (max(1, round(info.height * scale)), max(1, round(info.width * scale))))
