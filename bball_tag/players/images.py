"""The images of every subject, cut from the frames and gathered into chunks of the grid."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from bball_tag.clips import CHUNK, ClipSpec
from bball_tag.players.camera import CameraMotion
from bball_tag.players.keypoints import NO_KEYPOINTS, PORTION, KeypointFinder, View
from bball_tag.players.observation import SeenChunk
from bball_tag.players.steps import Movement, around
from bball_tag.players.subjects import Subject, boxes_at
from bball_tag.stage_times import StageTimes
from bball_tag.video.info import Frame


@dataclass(frozen=True, slots=True)
class SubjectImages:
    """The images of one subject within a chunk, at consecutive instants of the grid."""

    subject: str
    """Id of the subject."""
    start: int
    """Grid index at which the subject's unbroken stretch begins, in this chunk or an earlier one."""
    first: int
    """Grid index of the first image."""
    images: np.ndarray
    """uint8 RGB, shape (n, H, W, 3)."""
    ends: bool
    """The stretch has no images after these."""
    keypoints: np.ndarray | None = None
    """Of each image, float32 (n, 13, 3); None where they are not wanted, or no player is looked at."""
    movement: Movement | None = None
    """Of the player, from a clip's length and a second before the chunk to a second after it, within the
    stretch; None where it is not wanted, or no player is looked at."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of every player beside the images."""

    motion: bool = False
    keypoints: KeypointFinder | None = None
    shown_from: int = 0
    """Grid index before which no clip that is wanted shows anything: keypoints there would take long, and are
    all 0. Images are made all the same, as those of a chunk are computed together."""


IMAGES_ALONE = Wanted()
EVERY_INSTANT = range(sys.maxsize)


def wanted_for(streams: Collection[str]) -> Wanted:
    """Return what streams look at: see `bball_tag.checkpoint.contract.STREAMS`.

    Raises:
        BballTagError: What finds keypoints cannot be loaded.
    """
    if "pose" not in streams:
        return Wanted("motion" in streams)
    # Only here, as it loads torch.
    from bball_tag.players.pose import open_pose

    return Wanted("motion" in streams, KeypointFinder(open_pose()))


@dataclass(frozen=True, slots=True)
class Chunk:
    """The images of a fixed stretch of the grid, by subject; scores are stored chunk by chunk.

    Chunks begin at fixed grid indices, so that a resumed run computes the same batches as an uninterrupted
    one, and its scores are equal to the bit.
    """

    number: int
    instants: range
    subjects: list[SubjectImages]
    """Always in the same order."""
    is_last: bool
    """No more frames follow."""
    seen: SeenChunk | None = None
    """What was observed of the players, where the tool looks for them itself."""


def image_chunks(
    frames: Iterable[Frame],
    subjects: Sequence[Subject],
    spec: ClipSpec,
    scale: float,
    *,
    wanted: Wanted = IMAGES_ALONE,
    times: StageTimes | None = None,
    instants: range = EVERY_INSTANT,
) -> Iterator[Chunk]:
    """Cut every subject's images from the frames, chunk by chunk, in the order of the list of subjects.

    Args:
        frames: Consecutive instants.
        subjects: Whose images are cut out.
        spec: Rate of the grid, and size of the images.
        scale: Pixels of a frame per pixel of the video.
        wanted: What is wanted of the players beside the images.
        times: Where the time that it takes is counted.
        instants: Those of which images are cut. In frames before them the camera's steps are measured too;
            frames after them, from the begin of a chunk, only say how everybody moves, and that the chunk
            before is not the last one.
    """
    cutter = _Cutter(subjects, spec, scale, wanted, times or StageTimes())
    ahead = frames_ahead(spec, wanted)
    goes_on = False
    parts: deque[_Part] = deque()
    for frame in cutter.times.making("decoding", frames):
        active = cutter.see(frame)
        if frame.index < instants.start:
            continue
        goes_on = frame.index >= instants.stop
        if not goes_on:
            number = frame.index // CHUNK
            if not parts or parts[-1].number < number:
                parts.append(_Part(number))
            cutter.cut(frame, active, parts[-1])
        if parts and frame.index + 1 >= (parts[0].number + 1) * CHUNK + ahead:
            yield cutter.chunk(parts.popleft())
    while parts:
        chunk = cutter.chunk(parts.popleft())
        if not parts and not goes_on:
            subjects_at_end = [replace(each, ends=True) for each in chunk.subjects]
            chunk = replace(chunk, subjects=subjects_at_end, is_last=True)
        yield chunk


def frames_ahead(spec: ClipSpec, wanted: Wanted) -> int:
    """Return how many frames after a chunk are needed to know all of it, and that it is not the last one."""
    return max(1, around(spec)) if wanted.motion else 1


@dataclass(slots=True)
class _Part:
    """What was cut out of the frames of one chunk so far, by the index of the subject."""

    number: int
    stop: int = 0
    images: dict[int, list[np.ndarray]] = field(default_factory=dict)
    keypoints: dict[int, list[np.ndarray]] = field(default_factory=dict)


class _Cutter:
    """Knows who is seen in the latest frame and how the camera moved lately, and cuts out."""

    def __init__(
        self,
        subjects: Sequence[Subject],
        spec: ClipSpec,
        scale: float,
        wanted: Wanted,
        times: StageTimes,
    ) -> None:
        self.times = times
        self._subjects, self._spec, self._scale, self._wanted = subjects, spec, scale, wanted
        self._has_motion = wanted.motion and any(subject.is_player for subject in subjects)
        self._upcoming = sorted(
            range(len(subjects)), key=lambda index: subjects[index].span.start, reverse=True
        )
        self._active: list[int] = []
        self._camera = CameraMotion()
        self._steps: dict[int, np.ndarray] = {}
        self._waiting: list[tuple[View, list[np.ndarray]]] = []
        """Players whose keypoints are to be found, and where these go."""

    def see(self, frame: Frame) -> list[int]:
        """Return who is seen in the next frame; the camera's step to it is kept, where it is wanted."""
        subjects = self._subjects
        while self._upcoming and subjects[self._upcoming[-1]].span.start <= frame.index:
            self._active.append(self._upcoming.pop())
        self._active = [index for index in self._active if frame.index < subjects[index].span.stop]
        if self._has_motion:
            with self.times.of("camera"):
                # Players are cut from frames of full size: boxes and steps are in pixels of the video.
                seen = boxes_at([subjects[at] for at in self._active], frame.index, self._spec.fps)
                self._steps[frame.index] = self._camera.step(frame.image, seen)
        return self._active

    def cut(self, frame: Frame, active: Sequence[int], part: _Part) -> None:
        """Cut out everybody who is seen in a frame."""
        part.stop = frame.index + 1
        with self.times.of("cutting out"):
            for index in active:
                crop = self._subjects[index].crop(frame, self._spec, self._scale)
                part.images.setdefault(index, []).append(crop)
        if self._wanted.keypoints:
            with self.times.of("keypoints"):
                for index in active:
                    if self._subjects[index].is_player and frame.index < self._wanted.shown_from:
                        part.keypoints.setdefault(index, []).append(NO_KEYPOINTS)
                    elif self._subjects[index].is_player:
                        box = self._subjects[index].box(frame.time, self._scale)
                        view = self._wanted.keypoints.view(frame.image, box)
                        # A copy: else the whole frame would stay in memory.
                        view = replace(view, image=view.image.copy())
                        self._waiting.append((view, part.keypoints.setdefault(index, [])))
                if len(self._waiting) >= PORTION:
                    self._find_keypoints(self._wanted.keypoints)

    def _find_keypoints(self, finder: KeypointFinder) -> None:
        """Find the keypoints in what was gathered: few views at a time do not keep all cores busy."""
        if self._waiting:
            found = finder.find([view for view, _ in self._waiting], self._spec)
            for (_, places), points in zip(self._waiting, found, strict=True):
                places.append(points)
            self._waiting = []

    def chunk(self, part: _Part) -> Chunk:
        """Return a chunk that is complete, and forget what only it needed."""
        if self._wanted.keypoints:
            with self.times.of("keypoints"):
                self._find_keypoints(self._wanted.keypoints)
        begin, next_begin = part.number * CHUNK, (part.number + 1) * CHUNK
        reach = range(begin - CHUNK - around(self._spec), next_begin + around(self._spec))
        images = [self._images(index, part, reach) for index in sorted(part.images)]
        self._steps = {at: step for at, step in self._steps.items() if at >= reach.start + CHUNK}
        return Chunk(part.number, range(begin, part.stop), images, is_last=False)

    def _images(self, index: int, part: _Part, reach: range) -> SubjectImages:
        subject, images = self._subjects[index], part.images[index]
        points = part.keypoints.get(index)
        has_motion = self._has_motion and subject.is_player
        return SubjectImages(
            subject.id,
            subject.span.start,
            # Nobody who is seen once is away again before their stretch ends.
            min(part.stop, subject.span.stop) - len(images),
            np.stack(images),
            subject.span.stop <= part.stop,
            np.stack(points) if points else None,
            subject.movement(reach, self._steps, self._spec.fps) if has_motion else None,
        )
