"""Run a checkpoint over a video: decode while computing, share what overlapping clips have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bball_tag.clips import CHUNK, ClipSpec, Window, WindowCutter
from bball_tag.errors import BballTagError
from bball_tag.players.find import PlayerFinder
from bball_tag.players.images import Chunk, image_chunks
from bball_tag.players.observation import SeenChunk
from bball_tag.players.subjects import Subject, reading_for
from bball_tag.scoring.backends import Scorer
from bball_tag.scoring.store import ClipScore
from bball_tag.stage_times import StageTimes
from bball_tag.video.frames import FrameReader
from bball_tag.video.prefetch import prefetch
from bball_tag.video.video import Video

_QUEUED_CHUNKS = 2


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
    """Packets that could not be decoded so far, since the reading began."""
    seen: SeenChunk | None = None
    """What was observed of the players, where the tool looks for them itself."""


@dataclass(frozen=True, slots=True)
class Images:
    """The images of a part of a video, which a thread has begun to make."""

    reader: FrameReader
    chunks: Iterator[Chunk]
    start: float
    """Seconds from the first frame of the video to the part."""
    end: float | None
    next_chunk: int
    times: StageTimes
    """How long it takes to make them and, later, to score them."""


@contextmanager
def read_images(
    video: Video,
    subjects: Sequence[Subject] | PlayerFinder,
    spec: ClipSpec,
    *,
    start: float = 0.0,
    end: float | None = None,
    next_chunk: int = 0,
) -> Iterator[Images]:
    """Begin to read a part of a video, and to cut the images of its subjects, while the block is entered.

    Size and start of the reading, the scale of the subjects' boxes and the first chunk must agree: they
    are decided here and nowhere else.

    Args:
        video: What to read.
        subjects: Whose images are looked at, or what finds them.
        spec: What a clip looks like.
        start: Begin of the part, in seconds from the first frame.
        end: End of the part; None is the end of the video.
        next_chunk: Clips complete before this chunk are stored already.
    """
    begin = max(start, first_instant(next_chunk) / spec.fps)
    if isinstance(subjects, PlayerFinder):
        reader = video.frames(spec.fps, begin, end, size=subjects.reading.size)
        times, images = subjects.times, subjects.chunks(reader, spec, next_chunk)
    else:
        reading = reading_for(video.info, subjects, spec)
        reader = video.frames(spec.fps, begin, end, size=reading.size)
        times = StageTimes()
        images = times.making("reading", image_chunks(reader, subjects, spec, reading.scale))
    with prefetch(images, _QUEUED_CHUNKS) as chunks:
        yield Images(reader, chunks, start, end, next_chunk, times)


def score_images(images: Images, scorer: Scorer, *, stride: int) -> Iterator[ScoredChunk]:
    """Score the clips of every subject, chunk by chunk, with a clip every `stride` grid steps."""
    reader, end = images.reader, images.end
    scored = score_chunks(
        images.chunks, scorer, stride=stride, next_chunk=images.next_chunk, times=images.times
    )
    for chunk in scored:
        # The reader is ahead of the model: where it ends counts only with the last chunk.
        reached = chunk.instants.stop / scorer.contract.clip.fps
        reached = min(reader.end, end or reader.end) if chunk.is_last else reached
        yield replace(chunk, end=reached, damaged_packets=reader.damaged_packets)


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
) -> Iterator[ScoredChunk]:
    """Score the clips of every subject, chunk by chunk.

    Args:
        images: Consecutive chunks, from `first_instant(next_chunk)` or the subjects' own beginning.
        scorer: The checkpoint, ready to compute.
        stride: Grid steps between the starts of clips.
        next_chunk: Clips complete before this chunk are stored already and are skipped.
        times: Where the time that it takes is counted.
    """
    spec, times = scorer.contract.clip, times or StageTimes()
    if spec.num_seen > CHUNK:
        raise BballTagError(f"A clip of {spec.num_seen} frames is too long: at most {CHUNK}.")
    progress: dict[tuple[str, int], _SubjectProgress] = {}
    for chunk in images:
        runs: list[_Run] = []
        with times.of("scoring"):
            found = scorer.features_of([one.images for one in chunk.subjects])
        for one, features in zip(chunk.subjects, found, strict=True):
            key = one.subject, one.start
            if one.ends and chunk.number < next_chunk:
                continue
            if key not in progress:
                progress[key] = _SubjectProgress(one.subject, one.start, spec, stride, next_chunk * CHUNK)
            runs += progress[key].take(one.first, features, ends=one.ends)
            if one.ends:
                del progress[key]
        if chunk.number >= next_chunk:
            with times.of("scoring"):
                scores = list(_scores(runs, scorer))
            yield ScoredChunk(chunk.number, chunk.instants, scores, chunk.is_last, seen=chunk.seen)


def clip_probabilities(logits: np.ndarray, temperature: float) -> np.ndarray:
    """Return the probabilities (…, K) of clips, given the logits (…, T, K) of their own frames."""
    scaled = logits.mean(axis=-2) / temperature
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    probabilities: np.ndarray = powers / powers.sum(axis=-1, keepdims=True)
    return probabilities


def _scores(runs: Sequence[_Run], scorer: Scorer) -> Iterator[ClipScore]:
    """Yield the clips of `runs`, whose logits are computed together."""
    logits = scorer.frame_logits([run.features for run in runs])
    for run, rows in zip(runs, logits, strict=True):
        yield from run.scores(rows, scorer.contract.clip, scorer.contract.temperature)


@dataclass(frozen=True, slots=True)
class _Run:
    """Consecutive frames of a subject that the half over time computes at once, and the clips in them.

    A model trained without context sees each clip on its own: then a run is one clip. One trained with
    context sees what lies around a clip, and all clips of a run share its work.
    """

    subject: str
    features: list[Any]
    first: int
    """Grid index of the first frame."""
    windows: list[Window]
    """With their context."""

    def scores(self, logits: np.ndarray, spec: ClipSpec, temperature: float) -> Iterator[ClipScore]:
        """Yield the clips' probabilities, given the logits (frames, K) of the frames."""
        context = spec.context_frames
        for window in self.windows:
            start = window.start + context
            own = logits[start - self.first :][: spec.num_frames]
            yield ClipScore(self.subject, start, window.stop - context, clip_probabilities(own, temperature))


class _SubjectProgress:
    """How far one subject is: its next window and the features that it still needs."""

    def __init__(self, subject: str, start: int, spec: ClipSpec, stride: int, skipped: int) -> None:
        """Begin with the stretch of `subject` that starts at grid index `start`.

        Windows that are complete before grid index `skipped` count as done.
        """
        self._subject, self._start, self._spec = subject, start, spec
        # As context, the first frame stands for what is before it, and the last for what is after it.
        begin = start - spec.context_frames
        self._cutter = WindowCutter(begin, spec.num_seen, stride)
        self._features: dict[int, Any] = {}
        for index in range(begin, skipped):
            self._cutter.push(index)
        self._from = max(begin, skipped)

    def take(self, first: int, features: Sequence[Any], *, ends: bool) -> list[_Run]:
        """Add the features of consecutive instants; return the clips that are complete now.

        Args:
            first: Grid index of the first of them.
            features: What the per-frame half made of each.
            ends: The subject has no more of them.
        """
        context, indices = self._spec.context_frames, list(range(first, first + len(features)))
        known = list(zip(indices, features, strict=True))
        if first == self._start:
            known = [(index, features[0]) for index in range(first - context, first)] + known
        if ends:
            stop = first + len(features)
            known += [(index, features[-1]) for index in range(stop, stop + context)]
        found = list(self._complete(known))
        if ends and (window := self._cutter.finish()):
            found.append(window)
        runs = [self._run(group) for group in ([found] if context else [[one] for one in found]) if group]
        next_start = self._cutter.next_start
        self._features = (
            {} if ends else {index: kept for index, kept in self._features.items() if index >= next_start}
        )
        return runs

    def _complete(self, known: Sequence[tuple[int, Any]]) -> Iterator[Window]:
        for index, feature in known:
            if index >= self._cutter.next_start:
                self._features[index] = feature
            if index >= self._from and (window := self._cutter.push(index)):
                yield window

    def _run(self, windows: list[Window]) -> _Run:
        first, last = windows[0].start, windows[-1]
        indices = [*range(first, last.start), *last.instants(self._spec.num_seen)]
        return _Run(self._subject, [self._features[index] for index in indices], first, windows)
