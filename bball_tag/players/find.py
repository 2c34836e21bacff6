"""Find the players of a video and cut out their images, in one pass and bounded memory, or in segments.

In one pass, chunks are observed, followed and cut out in one stream. In segments, the same three steps are
taken apart: what is observed depends on the frames of a segment and some around them, following goes through
the observations in order, and cutting out needs the frames once more. Both come to the same images.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import cached_property
from itertools import chain, islice
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from bball_tag.clips import CHUNK, ClipSpec
from bball_tag.errors import VideoError
from bball_tag.players.appearance import Appearance
from bball_tag.players.camera import CameraMotion
from bball_tag.players.crop import Box, crop_box, cut
from bball_tag.players.follow import AHEAD_S, ChunkFollower, FollowedChunk, tracked_with
from bball_tag.players.images import Chunk, SubjectImages, Wanted
from bball_tag.players.instants import Seen, windows
from bball_tag.players.keypoints import NO_KEYPOINTS
from bball_tag.players.observation import BLANK, Detections, Observation, ObservedChunk, SeenChunk
from bball_tag.players.stretches import Stretch
from bball_tag.players.subjects import Reading
from bball_tag.stage_times import StageTimes
from bball_tag.video.cuts import Transition, cuts_in, thumbnail
from bball_tag.video.info import Frame, VideoInfo
from bball_tag.video.prefetch import prefetch

if TYPE_CHECKING:
    from bball_tag.players.detect import Detector
    from bball_tag.players.tiles import Tiling

CUTS_AHEAD_S = 2.1
"""How far the search for cuts is ahead of tracking: a dissolve, of up to 1.9 s, is known by its end."""
_FRAMES_AHEAD = 8
_SEARCHED_AHEAD = 2
"""Frames in which people have been found whose clothes are not looked at yet."""
_MOST_PIXELS = 2400 * 1080
"""Of a frame, as it is read: a panorama of this size, and four in five pixels of a side of 1440 lines."""
_NOBODY = Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, bool))
_NO_COLOURS, _STILL = np.zeros((0, 0), np.float32), np.eye(2, 3, dtype=np.float32)


def cuts_reach(fps: float) -> int:
    """Return how many instants after a chunk are looked at to find the changes of shot that go with it."""
    return round(AHEAD_S * fps) + round(CUTS_AHEAD_S * fps)


class PlayerFinder:
    """Finds players, follows them, and cuts out their images, chunk by chunk.

    Everything follows from the frames or, where they were seen before, from what was observed then: neither
    timing nor an interruption changes it.
    """

    def __init__(
        self,
        info: VideoInfo,
        detector: Detector,
        tiling: Tiling,
        *,
        region: Box | None = None,
        court: Sequence[tuple[float, float]] | None = None,
        known: Sequence[SeenChunk] = (),
    ) -> None:
        """Get ready for one pass over a video.

        Args:
            info: The video.
            detector: What finds people in a frame.
            tiling: How frames are divided for the detector.
            region: Look for people only here, in pixels.
            court: Corners of the floor in the first frame of the part, in pixels; None if they are unknown.
            known: What an interrupted run has observed, from its first chunk on.
        """
        self._info, self._detector = info, detector
        self._region, self._court = region, court
        self.tiling = tiling
        """How frames are divided for the detector."""
        self._known = {seen.observations[0].index // CHUNK: seen for seen in known}
        self._one_at_a_time = Lock()
        self._appearance = Appearance()
        self.times = StageTimes()

    @cached_property
    def reading(self) -> Reading:
        """At which size frames are to be read: many are held at once, and a player needs few pixels."""
        height, width = self._info.height, self._info.width
        scale = min(1.0, (_MOST_PIXELS / (height * width)) ** 0.5)
        return Reading(scale, (round(height * scale), round(width * scale)))

    def follower(self, spec: ClipSpec) -> ChunkFollower:
        """Return what follows everybody, before the first chunk."""
        return ChunkFollower(spec, (self._info.width, self._info.height), self._court)

    def chunks(
        self, frames: Iterable[Frame], spec: ClipSpec, next_chunk: int, wanted: Wanted
    ) -> Iterator[Chunk]:
        """Yield the images of those who may be players.

        Args:
            frames: Consecutive instants, from the beginning of the part; to resume, from the chunk before
                `next_chunk`.
            spec: Rate of the grid, and size of the images.
            next_chunk: The first chunk that is not known.
            wanted: What is wanted of everybody beside the images.
        """
        follower = self.follower(spec)
        stored = (
            Seen(one, None)
            for number in sorted(self._known)
            if number < next_chunk - 1
            for one in self._known[number].observations
        )
        first: int | None = None
        with prefetch(self._observed(self._decoded(frames)), _FRAMES_AHEAD) as seen:
            for number, window, is_last in windows(chain(stored, seen), cuts_reach(spec.fps)):
                first = window[0].index if first is None else first
                with self.times.of("following"):
                    cuts = self._cuts(number, window, first, spec.fps, is_last=is_last)
                    observations = [each.observation for each in window]
                    followed = follower.follow(number, observations, cuts, is_last=is_last)
                if number >= next_chunk - 1:
                    own = [each.frame for each in window if each.index in followed.instants]
                    yield self.cut_out(followed, own, spec, wanted)

    def observed_chunks(
        self, frames: Iterable[Frame], chunks: range, first: int, fps: float
    ) -> Iterator[ObservedChunk]:
        """Yield what is observed in some chunks: the first step of `chunks`, for a segment of the video.

        Args:
            frames: Consecutive instants, from the chunk before the first of `chunks`, or from the beginning,
                to `cuts_reach` after the last one, or to the end.
            chunks: Their numbers.
            first: The first instant of all that is looked at.
            fps: Instants per second.
        """
        own = range(chunks.start * CHUNK, chunks.stop * CHUNK)
        with prefetch(self._observed(self._decoded(frames), own), _FRAMES_AHEAD) as seen:
            for number, window, is_last in windows(seen, cuts_reach(fps)):
                if number >= chunks.stop:
                    return
                if number in chunks:
                    with self.times.of("following"):
                        cuts = self._cuts(number, window, first, fps, is_last=is_last)
                    observed = [
                        replace(each.observation, thumbnail=BLANK)
                        for each in window
                        if each.index // CHUNK == number
                    ]
                    yield ObservedChunk(number, observed, cuts, is_last)

    def cut_chunks(
        self, frames: Iterable[Frame], followed: Iterable[FollowedChunk], spec: ClipSpec, wanted: Wanted
    ) -> Iterator[Chunk]:
        """Yield the images of those who may be players in consecutive chunks: the last step of `chunks`.

        Args:
            frames: The instants of these chunks, and perhaps more.
            followed: The chunks.
            spec: Size of the images.
            wanted: What is wanted of everybody beside the images.
        """
        with prefetch(self._decoded(frames), _FRAMES_AHEAD) as ready:
            for chunk in followed:
                own = list(islice(ready, len(chunk.instants)))
                if len(own) < len(chunk.instants):
                    raise VideoError("Fewer frames can be read than before. Was the video changed meanwhile?")
                if chunk.is_last:
                    # Where the video ends is known when it has been read to its end.
                    next(ready, None)
                yield self.cut_out(chunk, own, spec, wanted)

    def cut_out(
        self, followed: FollowedChunk, frames: Sequence[Frame | None], spec: ClipSpec, wanted: Wanted
    ) -> Chunk:
        """Cut everybody who may play out of the frames of a chunk."""
        images = [self._images(stretch, followed, frames, spec, wanted) for stretch in followed.stretches]
        if followed.is_last:
            images = [replace(each, ends=True) for each in images]
        return Chunk(followed.number, followed.instants, images, followed.is_last, followed.seen)

    def _decoded(self, frames: Iterable[Frame]) -> Generator[Frame]:
        """Yield frames, decoded in a thread of their own."""
        with prefetch(self.times.making("decoding", frames), _FRAMES_AHEAD) as ready:
            yield from ready

    def _observed(self, frames: Generator[Frame], own: range | None = None) -> Iterator[Seen]:
        """Yield frames with what is observed in each, taken from what is known where that has it.

        Outside of `own`, if it is given, only thumbnails are made, and nobody is looked for.
        """
        camera = CameraMotion()
        with prefetch(self._detected(frames, own), _SEARCHED_AHEAD) as detected:
            for frame, known, found in detected:
                small = thumbnail(frame.image)
                if found is None:
                    yield Seen(Observation(frame.index, _NOBODY, _NO_COLOURS, _STILL, small), frame=None)
                    continue
                with self.times.of("camera and kits"):
                    boxes = found.boxes * self.reading.scale
                    # The camera's next step needs this frame too, known or not.
                    step = camera.step(frame.image, boxes) / np.array([1, 1, self.reading.scale], np.float32)
                    region = None if self._region is None else self._region.scaled(self.reading.scale)
                    colours = (
                        known.colours if known else self._appearance.describe(frame.image, boxes, region)
                    )
                moved = known.camera if known else step
                yield Seen(
                    Observation(frame.index, found, colours, moved, small), frame if own is None else None
                )

    def _detected(
        self, frames: Generator[Frame], own: range | None
    ) -> Iterator[tuple[Frame, Observation | None, Detections | None]]:
        """Yield frames, what is known of each, and who is in it; None where nobody is looked for."""
        # An error here would keep what reads the frames at work.
        with closing(frames):
            for frame in frames:
                # The camera's step to the first of them needs the frame before it.
                if own is not None and not own.start - 1 <= frame.index < own.stop:
                    yield frame, None, None
                    continue
                chunk = self._known.get(frame.index // CHUNK)
                known = chunk.observations[frame.index - chunk.observations[0].index] if chunk else None
                with self.times.of("finding"):
                    found = known.detections if known else self.detect(frame.image)
                yield frame, known, found

    def detect(self, image: np.ndarray) -> Detections:
        """Return the people in a frame that was read as `reading` says, or in the region, if there is one."""
        scale, region = self.reading.scale, self._region
        part = image if region is None else cut(image, region.scaled(scale))
        with self._one_at_a_time:
            found = self._detector.detect(part, self.tiling)
        boxes = found.boxes / np.float32(scale)
        if region is not None:
            boxes = boxes + np.array([region.left, region.top, 0, 0], np.float32)
        return replace(found, boxes=boxes)

    def _images(
        self,
        stretch: Stretch,
        chunk: FollowedChunk,
        frames: Sequence[Frame | None],
        spec: ClipSpec,
        wanted: Wanted,
    ) -> SubjectImages:
        """Cut a person out of the frames of the chunk."""
        places = [Box(*box) for box in (stretch.boxes * self.reading.scale).tolist()]
        seen = zip(frames[stretch.first - chunk.instants.start :], places, strict=False)
        shown = [(frame.image, box) for frame, box in seen if frame is not None]
        with self.times.of("cutting out"):
            crops = [crop_box(image, box, height=spec.height, width=spec.width) for image, box in shown]
        keypoints = None
        if wanted.keypoints:
            with self.times.of("keypoints"):
                skipped = min(max(wanted.shown_from - stretch.first, 0), len(shown))
                views = [wanted.keypoints.view(image, box) for image, box in shown[skipped:]]
                keypoints = np.zeros((len(shown), *NO_KEYPOINTS.shape), np.float32)
                if views:
                    keypoints[skipped:] = wanted.keypoints.find(views, spec)
        return SubjectImages(
            str(stretch.piece),
            stretch.start,
            stretch.first,
            np.stack(crops),
            stretch.ends,
            keypoints,
            stretch.movement if wanted.motion else None,
        )

    def _cuts(
        self, number: int, window: Sequence[Seen], first: int, fps: float, *, is_last: bool
    ) -> Sequence[Transition]:
        """Return the changes of shot in the instants that are tracked with a chunk, or begun in them."""
        if (known := self._known.get(number)) is not None:
            return known.transitions
        live = [each for each in window if each.frame is not None or each.observation.thumbnail.size]
        start = live[0].index
        found = cuts_in([each.observation.thumbnail for each in live], fps, start)
        shifted = [Transition(each.first + start, each.last + start) for each in found]
        tracked_now = tracked_with(number, first, fps, window[-1].index if is_last else None)
        return [each for each in shifted if each.start >= tracked_now.start and each.first < tracked_now.stop]
