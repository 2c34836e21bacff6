"""Find the players of a video and cut out their images, in one pass and bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from bball_tag.clips import CHUNK, ClipSpec
from bball_tag.players.camera import CameraMotion
from bball_tag.players.crop import Box, crop_box, cut
from bball_tag.players.images import Chunk, SubjectImages, Wanted
from bball_tag.players.kits import kit_colours
from bball_tag.players.observation import Detections, Observation, SeenChunk
from bball_tag.players.steps import around
from bball_tag.players.stretches import Stretch, Stretches, Tracked
from bball_tag.players.subjects import Reading
from bball_tag.players.track import Follower
from bball_tag.stage_times import StageTimes
from bball_tag.video.cuts import Transition, cuts_in, thumbnail
from bball_tag.video.info import Frame, VideoInfo
from bball_tag.video.prefetch import prefetch

if TYPE_CHECKING:
    from bball_tag.players.detect import Detector
    from bball_tag.players.tiles import Tiling
    from bball_tag.players.who_counts import Corners

AHEAD_S = 1.04
"""How far tracking is ahead of cutting out: gaps are closed, what lasts only a moment is skipped, and how a
player moves in the second after a clip is known."""
CUTS_AHEAD_S = 2.1
"""How far the search for cuts is ahead of tracking: a dissolve, of up to 1.9 s, is known by its end."""
_FRAMES_AHEAD = 8
_MOST_PIXELS = 2400 * 1080
"""Of a frame, as it is read: a panorama of this size, and four in five pixels of a side of 1440 lines."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """One instant: its frame, as long as it is needed, and what was observed in it."""

    observation: Observation
    frame: Frame | None

    @property
    def index(self) -> int:
        return self.observation.index


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
        self._info, self._detector, self._tiling = info, detector, tiling
        self._region, self._court = region, None if court is None else np.array(court, np.float64)
        self._known = {seen.observations[0].index // CHUNK: seen for seen in known}
        self._one_at_a_time = Lock()
        self.times = StageTimes()

    @cached_property
    def reading(self) -> Reading:
        """At which size frames are to be read: many are held at once, and a player needs few pixels."""
        height, width = self._info.height, self._info.width
        scale = min(1.0, (_MOST_PIXELS / (height * width)) ** 0.5)
        return Reading(scale, (round(height * scale), round(width * scale)))

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
        size = self._info.width, self._info.height
        stretches, follower = Stretches(spec.fps, size), Follower(spec.fps)
        court = self._court
        ahead, history = round(AHEAD_S * spec.fps), CHUNK + around(spec)
        tracked: list[Tracked] = []
        stored = (
            _Seen(one, None)
            for number in sorted(self._known)
            if number < next_chunk - 1
            for one in self._known[number].observations
        )
        with prefetch(self._observed(self._decoded(frames)), _FRAMES_AHEAD) as seen:
            reach = ahead + round(CUTS_AHEAD_S * spec.fps)
            for number, window, is_last in _windows(chain(stored, seen), reach):
                instants = range(max(number * CHUNK, window[0].index), (number + 1) * CHUNK)
                until = window[-1].index + 1 if is_last else instants.stop + ahead
                tracked = [each for each in tracked if each.index >= instants.start - history]
                begin = tracked[-1].index + 1 if tracked else window[0].index
                with self.times.of("following"):
                    cuts = self._cuts(number, window, range(begin, until), spec.fps)
                    tracked += _followed(follower, window, range(begin, until), cuts, court)
                    court = tracked[-1].court
                    found = stretches.of_chunk(instants, tracked)
                if number < next_chunk - 1:
                    continue
                own = [each for each in window if each.index in instants]
                instants = range(instants.start, own[-1].index + 1)
                images = [self._images(stretch, own, spec, wanted) for stretch in found]
                if is_last:
                    images = [replace(each, ends=True) for each in images]
                ids = [each.ids for each in tracked if each.index in instants]
                observed = SeenChunk([each.observation for each in own], ids, cuts)
                yield Chunk(number, instants, images, is_last, observed)

    def _decoded(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield frames, decoded in a thread of their own."""
        with prefetch(self.times.making("decoding", frames), _FRAMES_AHEAD) as ready:
            yield from ready

    def _observed(self, frames: Iterable[Frame]) -> Iterator[_Seen]:
        """Yield frames with what is observed in each, taken from what is known where that has it."""
        camera = CameraMotion()
        for frame in frames:
            known = self._known.get(frame.index // CHUNK)
            before = known.observations[frame.index - known.observations[0].index] if known else None
            with self.times.of("finding"):
                found = before.detections if before else self.detect(frame.image)
            with self.times.of("camera and kits"):
                boxes = found.boxes * self.reading.scale
                # The camera's next step needs this frame too, known or not.
                moved = camera.step(frame.image, boxes) / np.array([1, 1, self.reading.scale], np.float32)
                colours = before.colours if before else kit_colours(frame.image, boxes)
                small = thumbnail(frame.image)
            motion = before.camera if before else moved
            yield _Seen(Observation(frame.index, found, colours, motion, small), frame)

    def detect(self, image: np.ndarray) -> Detections:
        """Return the people in a frame that was read as `reading` says, or in the region, if there is one."""
        scale, region = self.reading.scale, self._region
        part = image if region is None else cut(image, region.scaled(scale))
        with self._one_at_a_time:
            found = self._detector.detect(part, self._tiling)
        boxes = found.boxes / np.float32(scale)
        if region is not None:
            boxes = boxes + np.array([region.left, region.top, 0, 0], np.float32)
        return replace(found, boxes=boxes)

    def _images(
        self, stretch: Stretch, own: Sequence[_Seen], spec: ClipSpec, wanted: Wanted
    ) -> SubjectImages:
        """Cut a person out of the frames of the chunk."""
        places = [Box(*box) for box in (stretch.boxes * self.reading.scale).tolist()]
        seen = zip(own[stretch.first - own[0].index :], places, strict=False)
        shown = [(each.frame.image, box) for each, box in seen if each.frame is not None]
        with self.times.of("cutting out"):
            crops = [crop_box(image, box, height=spec.height, width=spec.width) for image, box in shown]
        keypoints = None
        if wanted.keypoints:
            with self.times.of("keypoints"):
                views = [wanted.keypoints.view(image, box) for image, box in shown]
                keypoints = wanted.keypoints.find(views, spec)
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
        self, number: int, window: Sequence[_Seen], tracked_now: range, fps: float
    ) -> Sequence[Transition]:
        """Return the changes of shot that end within the instants to be tracked now."""
        if (known := self._known.get(number)) is not None:
            return known.transitions
        live = [each for each in window if each.frame is not None or each.observation.thumbnail.size]
        start = live[0].index
        found = cuts_in([each.observation.thumbnail for each in live], fps)
        shifted = [Transition(each.first + start, each.last + start) for each in found]
        return [each for each in shifted if each.start in tracked_now]


def _windows(items: Iterable[_Seen], reach: int) -> Iterator[tuple[int, list[_Seen], bool]]:
    """Yield each chunk's number with the instants before, in and after it, and whether it is the last.

    Args:
        items: Consecutive instants.
        reach: How many instants after a chunk there must be.
    """
    window: list[_Seen] = []
    number = 0
    for item in items:
        number = number if window else item.index // CHUNK
        window.append(item)
        if item.index + 1 == (number + 1) * CHUNK + reach:
            yield number, window, False
            number += 1
            window = _without_frames(window, number)
    while window and number * CHUNK <= window[-1].index:
        yield number, window, window[-1].index < (number + 1) * CHUNK
        number += 1
        window = _without_frames(window, number)


def _without_frames(window: Sequence[_Seen], number: int) -> list[_Seen]:
    """Return the window for chunk `number`: the chunk before it too, but without its large frames."""
    return [
        each if each.index >= number * CHUNK else replace(each, frame=None)
        for each in window
        if each.index >= (number - 1) * CHUNK
    ]


def _followed(
    follower: Follower,
    window: Sequence[_Seen],
    instants: range,
    cuts: Sequence[Transition],
    court: Corners | None,
) -> Iterator[Tracked]:
    """Follow everybody over some instants of the window; within a dissolve, nobody is followed.

    The camera moves the corners of the floor about the frame; after a cut they are unknown.
    """
    begins = {cut.start for cut in cuts}
    blended = {index for cut in cuts for index in range(cut.first, cut.start)}
    for each in window:
        if each.index not in instants:
            continue
        found, camera = each.observation.detections, each.observation.camera
        ids = np.zeros(len(found), np.int64)
        if each.index not in blended:
            ids = follower.update(each.observation, new_shot=each.index in begins)
        if court is not None:
            is_other_shot = each.index in blended or each.index in begins
            court = None if is_other_shot else court @ camera[:, :2].T + camera[:, 2]
        yield Tracked(each.index, found, ids, camera, court)
