"""What a worker does: plain functions of a plan and a segment, which return plain rows.

What is slow to open (a checkpoint, a detector) stays open in the process, from one call to the next.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from bball_tag.clips import CHUNK
from bball_tag.players.find import PlayerFinder, cuts_reach
from bball_tag.players.follow import ChunkFollower, FollowedChunk
from bball_tag.players.images import Wanted, wanted_for
from bball_tag.players.observation import ObservedChunk
from bball_tag.players.tiles import Tiling
from bball_tag.scale.plan import Plan, Segment
from bball_tag.scoring.backends import open_scorer, takes_openvino
from bball_tag.scoring.calibration_clips import calibration_clips
from bball_tag.scoring.run_subjects import RunSubjects, Subjects, count_clips, detector_of

if TYPE_CHECKING:
    from bball_tag.players.detect import Detector
    from bball_tag.scoring.inference import ScoredChunk
    from bball_tag.scoring.precision import CheckedScorer
    from bball_tag.scoring.sides import SideModels

T = TypeVar("T")
log = logging.getLogger("bball_tag")


class _Kept(Generic[T]):
    """Some opened things, the latest asked for; each is known by what it was opened for."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: list[tuple[Any, T]] = []

    def get(self, key: object, make: Callable[[], T]) -> T:
        """Return what was made for `key`, or make it."""
        found = next((each for each in self._kept if each[0] == key), None)
        if found is None:
            found = key, make()
        self._kept = [found, *(each for each in self._kept if each is not found)][: self._most]
        return found[1]


class _Opened:
    """What is open of a video in this process."""

    def __init__(self, plan: Plan) -> None:
        """Open what a plan names, and take the detector that is open already."""
        detector = None
        if plan.detector is not None:
            # A file of that name may have got other weights since.
            key = plan.detector, plan.options.detector, plan.options.detector_classes
            detector = _detectors.get(key, lambda: detector_of(plan.options))
        self.run_subjects = RunSubjects(plan.video, plan.options, plan.spec, detector)
        self._subjects: _Kept[Subjects] = _Kept(1)

    def subjects(self, plan: Plan) -> Subjects:
        """Return whose images are looked at with the plan's tiling."""
        return self._subjects.get(
            plan.tiling, lambda: self.run_subjects.open(plan.start, plan.stop, plan.tiling)
        )

    def finder(self, plan: Plan) -> PlayerFinder:
        """Return what finds players with the plan's tiling."""
        subjects = self.subjects(plan)
        assert isinstance(subjects, PlayerFinder)
        return subjects


@dataclass(frozen=True, slots=True)
class _Models:
    """What computes scores."""

    scorer: CheckedScorer
    sides: SideModels | None
    wanted: Wanted


_plans: _Kept[_Opened] = _Kept(4)
_detectors: _Kept[Detector] = _Kept(1)
_models: _Kept[_Models] = _Kept(1)


def _opened(plan: Plan) -> _Opened:
    return _plans.get(plan.id, lambda: _Opened(plan))


def choose_tiling(plan: Plan) -> Tiling | None:
    """Return how the frames of a video are divided for the detector; None where nobody has to be found."""
    return _opened(plan).run_subjects.tiling(plan.start, plan.end)


def find(plan: Plan, segment: Segment) -> list[ObservedChunk]:
    """Return what is observed in the chunks of a segment; fewer of them where the video ends before."""
    from bball_tag.scoring.inference import Part

    finder, spec = _opened(plan).finder(plan), plan.spec
    part = Part(plan.start, plan.stop, segment.first, segment.stop)
    reading = part.reading(spec.fps, (0, cuts_reach(spec.fps)))
    frames = plan.video.frames(spec.fps, *reading, size=finder.reading.size)
    chunks = range(segment.first, sys.maxsize // CHUNK if segment.stop is None else segment.stop)
    found = list(finder.observed_chunks(frames, chunks, plan.span.start, spec.fps))
    plan.video.check_unchanged()
    return found


def begin_following(plan: Plan, known: Sequence[ObservedChunk]) -> ChunkFollower:
    """Return what follows everybody through a plan, behind the chunks that are stored already."""
    follower = _opened(plan).finder(plan).follower(plan.spec)
    for chunk in known:
        follower.take(chunk)
    return follower


def follow(
    follower: ChunkFollower, chunks: Sequence[ObservedChunk]
) -> tuple[ChunkFollower, list[FollowedChunk]]:
    """Follow everybody through the next chunks; return also what follows on from there."""
    return follower, [followed for chunk in chunks for followed in follower.take(chunk)]


def score(plan: Plan, segment: Segment, followed: Sequence[FollowedChunk] | None) -> list[ScoredChunk]:
    """Return the scores of a segment; fewer chunks where the video ends before.

    Args:
        plan: What is scored, and how.
        segment: Which chunks.
        followed: These chunks and the one before them, where players are found; None where they are known.
    """
    from bball_tag.scoring.inference import Part, read_images, score_images

    subjects, models = _opened(plan).subjects(plan), _models_for(plan)
    scorer, before = models.scorer, models.scorer.recomputed_batches
    part = Part(plan.start, plan.stop, segment.first, segment.stop)
    reading = read_images(plan.video, subjects, plan.spec, part, wanted=models.wanted, followed=followed)
    with reading as images:
        scored = score_images(images, scorer, stride=plan.stride, sides=models.sides, features=plan.features)
        chunks = [
            replace(
                chunk,
                recomputed_batches=scorer.recomputed_batches - before,
                computed_by=scorer.name,
            )
            for chunk in scored
        ]
    plan.video.check_unchanged()
    return chunks


def load_models(plan: Plan) -> bool:
    """Load what computes a plan; return whether the checkpoint is converted for OpenVINO now."""
    _models_for(plan)
    return takes_openvino(plan.engine, _num_clips(plan))


def _num_clips(plan: Plan) -> int:
    return count_clips(_opened(plan).subjects(plan), plan.span, plan.stride)


def _models_for(plan: Plan) -> _Models:
    subjects, num_clips = _opened(plan).subjects(plan), _num_clips(plan)

    def load() -> _Models:
        from bball_tag.scoring.sides import open_sides

        sample = partial(calibration_clips, plan.video, subjects, plan.span, plan.spec)
        scorer = open_scorer(plan.checkpoint, plan.engine, num_clips, sample)
        log.info("Computing with %s.", scorer.name)
        return _Models(scorer, open_sides(plan.checkpoint, plan.streams), wanted_for(plan.streams))

    is_long = takes_openvino(plan.engine, num_clips)
    return _models.get(
        (plan.checkpoint.id, plan.checkpoint.contract, plan.engine, plan.streams, is_long), load
    )
