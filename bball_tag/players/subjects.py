"""Who or what is looked at, and when: the unbroken stretches that clips are cut from."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from bball_tag.clips import ClipSpec, grid_range
from bball_tag.players.crop import Box, crop_box
from bball_tag.players.steps import Movement
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
        return crop_box(frame.image, self.box(frame.time, scale), height=spec.height, width=spec.width)

    @property
    def is_player(self) -> bool:
        """Whether it is a player, and not the whole frame or a region of it."""
        return isinstance(self.source, Track)

    def box(self, time: float, scale: float = 1.0) -> Box:
        """Return where this subject is at `time` in seconds, in a frame that was read at `scale`."""
        box = self.source if isinstance(self.source, Box) else self.source.box_at(time)
        return box if scale == 1 else box.scaled(scale)

    def movement(self, instants: range, cameras: Mapping[int, np.ndarray], fps: float) -> Movement:
        """Return how this subject moves.

        Args:
            instants: Grid indices to look at.
            cameras: The camera's step to each instant whose frame was read; others are left out.
            fps: Grid instants per second.
        """
        seen = range(max(instants.start, self.span.start), min(instants.stop, self.span.stop))
        known = [index for index in seen if index in cameras]
        boxes = [self.box(index / fps) for index in known]
        sides = np.array([(box.left, box.top, box.width, box.height) for box in boxes]).reshape(-1, 4)
        steps = np.array([cameras[index] for index in known]).reshape(-1, 2, 3)
        return Movement(known[0] if known else seen.start, sides, steps)


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


def player_at(track: Track, instant: int, fps: float) -> Subject:
    """Return a player as they are seen around an instant of the grid; over no time if they are not."""
    stretches = tracked_players([track], fps, range(sys.maxsize))
    nobody = Subject(track.id, range(0), track)
    return next((stretch for stretch in stretches if instant in stretch.span), nobody)


def boxes_at(subjects: Iterable[Subject], instant: int, fps: float) -> np.ndarray:
    """Return the boxes of those who are seen at an instant: left, top, width, height, float64 (N, 4)."""
    seen = [subject.box(instant / fps) for subject in subjects if instant in subject.span]
    return np.array([(box.left, box.top, box.width, box.height) for box in seen]).reshape(-1, 4)


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
