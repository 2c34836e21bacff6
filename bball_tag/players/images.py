"""The images of every subject, cut from the frames and gathered into chunks of the grid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from bball_tag.clips import CHUNK, ClipSpec
from bball_tag.players.observation import SeenChunk
from bball_tag.players.subjects import Subject
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
    frames: Iterable[Frame], subjects: Sequence[Subject], spec: ClipSpec, scale: float
) -> Iterator[Chunk]:
    """Cut every subject's images from the frames, chunk by chunk, in the order of the list of subjects."""
    waiting: Chunk | None = None
    upcoming = sorted(range(len(subjects)), key=lambda index: subjects[index].span.start, reverse=True)
    active: list[int] = []
    for number, group in groupby(frames, key=lambda frame: frame.index // CHUNK):
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
        stacked = [
            SubjectImages(
                subjects[index].id,
                subjects[index].span.start,
                firsts[index],
                np.stack(images[index]),
                ends=subjects[index].span.stop <= last + 1,
            )
            for index in sorted(images)
        ]
        waiting = Chunk(number, range(number * CHUNK, last + 1), stacked, is_last=False)
    if waiting is not None:
        subjects_at_end = [replace(each, ends=True) for each in waiting.subjects]
        yield replace(waiting, subjects=subjects_at_end, is_last=True)
