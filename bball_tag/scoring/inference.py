"""Run a checkpoint over a video: decode while computing, share what overlapping clips have in common."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from bball_tag.checkpoint.answer import answer
from bball_tag.checkpoint.contract import Stream
from bball_tag.clips import CHUNK, ClipSpec
from bball_tag.errors import BballTagError
from bball_tag.players.find import PlayerFinder
from bball_tag.players.follow import FollowedChunk
from bball_tag.players.images import EVERY_INSTANT, IMAGES_ALONE, Chunk, Wanted, frames_ahead, image_chunks
from bball_tag.players.observation import SeenChunk
from bball_tag.players.steps import around
from bball_tag.players.subjects import Subject, reading_for
from bball_tag.scoring.backends import Scorer
from bball_tag.scoring.features import FeatureKind
from bball_tag.scoring.malloc import give_back_freed_memory
from bball_tag.scoring.runs import Run, SubjectProgress
from bball_tag.scoring.store import ClipScore
from bball_tag.stage_times import StageTimes
from bball_tag.video.frames import FrameReader
from bball_tag.video.prefetch import prefetch
from bball_tag.video.video import Video

if TYPE_CHECKING:
    from bball_tag.scoring.sides import SideModels

_QUEUED_CHUNKS = 2
_DAMAGE_LATE_S = 1.0
"""Decoders hand out frames, and what is wrong with them, some packets late."""
_TRIMMED_CHUNKS = 256
"""Chunks from one giving back of memory to the next: about ten minutes of video."""


@dataclass(frozen=True, slots=True)
class ScoredChunk:
    """The clips that became complete within a chunk."""

    number: int
    instants: range
    clips: list[ClipScore]
    is_last: bool
    end: float = 0.0
    """Seconds to the end of what was read."""
    damaged_packets: int = 0
    """Packets of the part that could not be decoded so far; each is of one part, whoever else reads it."""
    recomputed_batches: int = 0
    """Batches so far whose values were not finite in 16 bits, and which were computed again in fp32."""
    computed_by: str = ""
    """Backend, device and precision."""
    seen: SeenChunk | None = None
    """What was observed of the players, where the tool looks for them itself."""


@dataclass(frozen=True, slots=True)
class Part:
    """What is to be scored of a video."""

    start: float = 0.0
    """Seconds from the first frame of the video to the part."""
    end: float | None = None
    """End of the part, in seconds; None is the end of the video."""
    next_chunk: int = 0
    """Clips complete before this chunk are not wanted: they are stored already, or another segment's."""
    stop_chunk: int | None = None
    """The first chunk that is not wanted; None is up to the end of the part."""

    def reading(self, fps: float, around: tuple[int, int] = (0, 0)) -> tuple[float, float | None]:
        """Return from where to where frames are read, in seconds: from the chunk before the first.

        Args:
            fps: Grid instants per second.
            around: How many more instants before and after are needed.
        """
        before, after = around
        start = max(self.start, (first_instant(self.next_chunk) - before) / fps)
        if self.stop_chunk is None:
            return start, self.end
        # Half a step less, so that rounding cannot add an instant.
        stop = (self.stop_chunk * CHUNK + after - 0.5) / fps
        return start, stop if self.end is None else min(stop, self.end)

    def counted_from(self, fps: float) -> float:
        """Return from which second on damage is counted: what lies before goes with the chunk before."""
        if self.next_chunk * CHUNK <= math.ceil(self.start * fps):
            return -math.inf
        return _met_before(self.next_chunk, fps)


WHOLE_VIDEO = Part()


@dataclass(frozen=True, slots=True)
class Images:
    """The images of a part of a video, which a thread has begun to make."""

    reader: FrameReader
    chunks: Iterator[Chunk]
    part: Part
    times: StageTimes
    """How long it takes to make them and, later, to score them."""


@contextmanager
def read_images(
    video: Video,
    subjects: Sequence[Subject] | PlayerFinder,
    spec: ClipSpec,
    part: Part = WHOLE_VIDEO,
    *,
    wanted: Wanted = IMAGES_ALONE,
    followed: Sequence[FollowedChunk] | None = None,
) -> Iterator[Images]:
    """Begin to read a part of a video, and to cut the images of its subjects, while the block is entered.

    Size and start of the reading, the scale of the subjects' boxes and the first chunk must agree: they
    are decided here and nowhere else.

    Args:
        video: What to read.
        subjects: Whose images are looked at, or what finds them.
        spec: What a clip looks like.
        part: What is to be scored.
        wanted: What is wanted of the players beside the images.
        followed: The chunks from the one before the first that is wanted, where players were found before.
    """
    wanted = replace(wanted, shown_from=part.next_chunk * CHUNK - spec.num_seen + 1)
    if isinstance(subjects, PlayerFinder):
        reader = video.frames(spec.fps, *part.reading(spec.fps), size=subjects.reading.size)
        if followed is None:
            images = subjects.chunks(reader, spec, part.next_chunk, wanted)
        else:
            images = subjects.cut_chunks(reader, followed, spec, wanted)
        times = subjects.times
    else:
        reading, times = reading_for(video.info, subjects, spec), StageTimes()
        # The camera's steps are not stored: a clip's motion begins a second before it.
        needed = around(spec) if wanted.motion else 0, frames_ahead(spec, wanted)
        reader = video.frames(spec.fps, *part.reading(spec.fps, needed), size=reading.size)
        stop = EVERY_INSTANT.stop if part.stop_chunk is None else part.stop_chunk * CHUNK
        own = range(first_instant(part.next_chunk), stop)
        images = image_chunks(reader, subjects, spec, reading.scale, wanted=wanted, times=times, instants=own)
    with prefetch(images, _QUEUED_CHUNKS) as chunks:
        yield Images(reader, chunks, part, times)


def score_images(
    images: Images,
    scorer: Scorer,
    *,
    stride: int,
    sides: SideModels | None = None,
    features: FeatureKind | None = None,
) -> Iterator[ScoredChunk]:
    """Score the clips of every subject, chunk by chunk, with a clip every `stride` grid steps.

    `sides` computes the streams beside the images, of what was wanted of `read_images`; `features` says which
    features come with the scores, None that there are none.
    """
    reader, end = images.reader, images.part.end
    counted_from = images.part.counted_from(scorer.contract.clip.fps)
    scored = score_chunks(
        images.chunks,
        scorer,
        stride=stride,
        next_chunk=images.part.next_chunk,
        times=images.times,
        sides=sides,
        kind=features,
    )
    for chunk in scored:
        # The reader is ahead of the model: where it ends counts only with the last chunk.
        reached = chunk.instants.stop / scorer.contract.clip.fps
        reached = min(reader.end, end or reader.end) if chunk.is_last else reached
        until = math.inf if chunk.is_last else _met_before(chunk.number + 1, scorer.contract.clip.fps)
        yield replace(chunk, end=reached, damaged_packets=reader.damaged_within(counted_from, until))


def _met_before(chunk: int, fps: float) -> float:
    """Return up to which second all damage is met by whoever reads the frames before a chunk."""
    return chunk * CHUNK / fps - _DAMAGE_LATE_S


def first_instant(next_chunk: int) -> int:
    """Return the grid index from which frames are needed to resume with chunk `next_chunk`.

    It is one chunk earlier: clips that end in the next chunk may begin there.
    """
    return max(0, next_chunk - 1) * CHUNK


def run_size(spec: ClipSpec, stride: int) -> tuple[int, int]:
    """Return how many frames usually go through the half over time at once, and how many clips that gives."""
    clips = max(1, CHUNK // stride) if spec.context_frames else 1
    return (clips - 1) * stride + spec.num_seen, clips


def score_chunks(
    images: Iterable[Chunk],
    scorer: Scorer,
    *,
    stride: int,
    next_chunk: int = 0,
    times: StageTimes | None = None,
    sides: SideModels | None = None,
    kind: FeatureKind | None = None,
) -> Iterator[ScoredChunk]:
    """Score the clips of every subject, chunk by chunk.

    Args:
        images: Consecutive chunks, from `first_instant(next_chunk)` or the subjects' own beginning.
        scorer: The checkpoint, ready to compute.
        stride: Grid steps between the starts of clips.
        next_chunk: Clips complete before this chunk are stored already and are skipped.
        times: Where the time that it takes is counted.
        sides: What computes the streams beside the images; None leaves them out.
        kind: What the features are that come with the scores; None leaves them out.
    """
    spec, times = scorer.contract.clip, times or StageTimes()
    if spec.num_seen > CHUNK:
        raise BballTagError(f"A clip of {spec.num_seen} frames is too long: at most {CHUNK}.")
    progress: dict[tuple[str, int], SubjectProgress] = {}
    for chunk in images:
        runs: list[Run] = []
        with times.of("scoring"):
            found = scorer.features_of([one.images for one in chunk.subjects])
        for one, features in zip(chunk.subjects, found, strict=True):
            key = one.subject, one.start
            if one.ends and chunk.number < next_chunk:
                continue
            if key not in progress:
                progress[key] = SubjectProgress(one.subject, one.start, spec, stride, next_chunk * CHUNK)
            runs += progress[key].take(one, features)
            if one.ends:
                del progress[key]
        if chunk.number >= next_chunk:
            scores = _scores(runs, scorer, sides, times, kind)
            yield ScoredChunk(chunk.number, chunk.instants, scores, chunk.is_last, seen=chunk.seen)
        if chunk.number % _TRIMMED_CHUNKS == _TRIMMED_CHUNKS - 1:
            give_back_freed_memory()


def _scores(
    runs: Sequence[Run],
    scorer: Scorer,
    sides: SideModels | None,
    times: StageTimes,
    kind: FeatureKind | None,
) -> list[ClipScore]:
    """Return the clips of `runs`, whose logits are computed together."""
    contract = scorer.contract
    with times.of("scoring"):
        outputs = scorer.frame_outputs([run.features for run in runs])
    clips = [clip for run, rows in zip(runs, outputs, strict=True) for clip in run.clips(rows, contract)]
    if not clips:
        return []
    summed = np.stack([clip.logits for clip in clips])
    streams: Sequence[tuple[Stream, ...]] = [("rgb",)] * len(clips)
    pooled = [np.stack([clip.pooled for clip in clips])]
    if sides is not None:
        with times.of("pose and motion"):
            joined = sides.join(summed, clips)
        summed, streams, pooled = joined.logits, joined.streams, [*pooled, *joined.pooled]
    features = [None] * len(clips) if kind is None else kind.reduced(pooled)
    return [
        ClipScore(clip.subject, clip.start, clip.stop, answer(own, contract, at_hand), kept, at_hand)
        for clip, own, at_hand, kept in zip(clips, summed, streams, features, strict=True)
    ]
