"""Run a checkpoint over a video: decode while computing, share what overlapping clips have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np

from bball_tag.clips import MOST_FRAMES, ClipSpec, Window, WindowCutter
from bball_tag.errors import BballTagError
from bball_tag.players.subjects import Subject, reading_for
from bball_tag.scoring.backends import Scorer
from bball_tag.scoring.store import ClipScore
from bball_tag.video.info import Frame
from bball_tag.video.prefetch import prefetch
from bball_tag.video.video import Video

_CHUNK = MOST_FRAMES
_QUEUED_CHUNKS = 2


@dataclass(frozen=True, slots=True)
class SubjectImages:
    """The images of one subject within a chunk, at consecutive instants of the grid."""

    index: int
    """Index of the subject in the list of subjects."""
    first: int
    """Grid index of the first image."""
    images: np.ndarray
    """uint8 RGB, shape (n, H, W, 3)."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """The images of a fixed stretch of the grid, by subject; scores are stored chunk by chunk.

    Chunks begin at fixed grid indices, so that a resumed run computes the same batches as an uninterrupted
    one, and its scores are equal to the bit.
    """

    number: int
    instants: range
    subjects: list[SubjectImages]
    """In the order of the list of subjects."""
    is_last: bool
    """No more frames follow."""


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


def score_video(
    video: Video,
    subjects: Sequence[Subject],
    scorer: Scorer,
    *,
    stride: int,
    start: float = 0.0,
    end: float | None = None,
    next_chunk: int = 0,
) -> Iterator[ScoredChunk]:
    """Read a part of a video once and score the clips of every subject in it, chunk by chunk.

    Size and start of the reading, the scale of the subjects' boxes and the first chunk must agree: they
    are decided here and nowhere else.

    Args:
        video: What to read.
        subjects: Whose images are looked at.
        scorer: The checkpoint, ready to compute.
        stride: Grid steps between the starts of clips.
        start: Begin of the part, in seconds from the first frame.
        end: End of the part; None is the end of the video.
        next_chunk: Clips complete before this chunk are stored already and are skipped.
    """
    spec = scorer.contract.clip
    reading = reading_for(video.info, subjects, spec)
    begin = max(start, first_instant(next_chunk) / spec.fps)
    reader = video.frames(spec.fps, begin, end, size=reading.size)
    chunks = score_subjects(
        iter(reader), subjects, scorer, stride=stride, scale=reading.scale, next_chunk=next_chunk
    )
    for chunk in chunks:
        # The reader is ahead of the model: where it ends counts only with the last chunk.
        reached = min(reader.end, end or reader.end) if chunk.is_last else chunk.instants.stop / spec.fps
        yield replace(chunk, end=reached, damaged_packets=reader.damaged_packets)


def first_instant(next_chunk: int) -> int:
    """Return the grid index from which frames are needed to resume with chunk `next_chunk`.

    It is one chunk earlier: clips that end in the next chunk may begin there.
    """
    return max(0, next_chunk - 1) * _CHUNK


def run_size(spec: ClipSpec, stride: int) -> tuple[int, int]:
    """Return how many frames usually go through the half over time at once, and how many clips that gives."""
    clips = max(1, _CHUNK // stride) if spec.context_frames else 1
    return (clips - 1) * stride + spec.num_seen, clips


def score_subjects(
    frames: Iterable[Frame],
    subjects: Sequence[Subject],
    scorer: Scorer,
    *,
    stride: int,
    scale: float = 1.0,
    next_chunk: int = 0,
) -> Iterator[ScoredChunk]:
    """Score the clips of every subject, chunk by chunk.

    Args:
        frames: Consecutive grid instants, from `first_instant(next_chunk)` or the subjects' own beginning.
        subjects: Whose images are looked at.
        scorer: The checkpoint, ready to compute.
        stride: Grid steps between the starts of clips.
        scale: Size of `frames` relative to the boxes of `subjects`.
        next_chunk: Clips complete before this chunk are stored already and are skipped.
    """
    spec = scorer.contract.clip
    if spec.num_seen > _CHUNK:
        raise BballTagError(f"A clip of {spec.num_seen} frames is too long: at most {_CHUNK}.")
    progress = [_SubjectProgress(subject, spec, stride) for subject in subjects]
    for each in progress:
        each.skip(next_chunk * _CHUNK)
    with prefetch(image_chunks(frames, subjects, spec, scale), _QUEUED_CHUNKS) as chunks:
        for chunk in chunks:
            runs: list[_Run] = []
            for one in chunk.subjects:
                ends = chunk.is_last or subjects[one.index].span.stop <= chunk.instants.stop
                runs += progress[one.index].take(one.first, scorer.features(one.images), ends=ends)
            if chunk.number >= next_chunk:
                scores = list(_scores(runs, scorer))
                yield ScoredChunk(chunk.number, chunk.instants, scores, chunk.is_last)


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

    def __init__(self, subject: Subject, spec: ClipSpec, stride: int) -> None:
        self._subject, self._spec = subject, spec
        # As context, the first frame stands for what is before it, and the last for what is after it.
        self._cutter = WindowCutter(subject.span.start - spec.context_frames, spec.num_seen, stride)
        self._features: dict[int, Any] = {}
        self._from = subject.span.start - spec.context_frames

    def skip(self, stop: int) -> None:
        """Count the windows that are complete before grid index `stop` as done."""
        stop = min(stop, self._subject.span.stop)
        for index in range(self._from, stop):
            self._cutter.push(index)
        self._from = max(self._from, stop)

    def take(self, first: int, features: Sequence[Any], *, ends: bool) -> list[_Run]:
        """Add the features of consecutive instants; return the clips that are complete now.

        Args:
            first: Grid index of the first of them.
            features: What the per-frame half made of each.
            ends: The subject has no more of them.
        """
        context, indices = self._spec.context_frames, list(range(first, first + len(features)))
        known = list(zip(indices, features, strict=True))
        if first == self._subject.span.start:
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
        return _Run(self._subject.id, [self._features[index] for index in indices], first, windows)


def image_chunks(
    frames: Iterable[Frame], subjects: Sequence[Subject], spec: ClipSpec, scale: float
) -> Iterator[Chunk]:
    """Cut every subject's images from the frames, gathered into chunks of the grid."""
    waiting: Chunk | None = None
    upcoming = sorted(range(len(subjects)), key=lambda index: subjects[index].span.start, reverse=True)
    active: list[int] = []
    for number, group in groupby(frames, key=lambda frame: frame.index // _CHUNK):
        if waiting is not None:
            yield waiting
        images: dict[int, list[np.ndarray]] = {}
        firsts: dict[int, int] = {}
        last = 0
        for frame in group:
            last = frame.index
            while upcoming and subjects[upcoming[-1]].span.start <= frame.index:
                active.append(upcoming.pop())
            active = [index for index in active if frame.index < subjects[index].span.stop]
            for index in active:
                firsts.setdefault(index, frame.index)
                images.setdefault(index, []).append(subjects[index].crop(frame, spec, scale))
        # In the order of the list of subjects, whichever frame they appeared in first.
        stacked = [SubjectImages(index, firsts[index], np.stack(images[index])) for index in sorted(images)]
        waiting = Chunk(number, range(number * _CHUNK, last + 1), stacked, is_last=False)
    if waiting is not None:
        yield replace(waiting, is_last=True)
