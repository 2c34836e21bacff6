"""Which frames go through the half over time at once, and which clips come of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bball_tag.checkpoint.contract import Contract
from bball_tag.clips import ClipSpec, Window, WindowCutter
from bball_tag.players.images import SubjectImages
from bball_tag.players.steps import Movement

_Seen = tuple[Any, np.ndarray | None]
"""What the per-frame half made of an image, and the keypoints in it, where they are wanted."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip, with what the images say of it and what the other streams look at."""

    subject: str
    start: int
    """First grid index."""
    stop: int
    """One past the last grid index seen."""
    logits: np.ndarray
    """Of the images, float32 (K,)."""
    pooled: np.ndarray
    """What the images' last layer makes them of, float32 (C,)."""
    keypoints: np.ndarray | None
    """Of each frame, float32 (T, 13, 3)."""
    rows: np.ndarray | None
    """How the player moves, float32 (M, 6)."""


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive frames of a subject that the half over time computes at once, and the clips in them.

    A model trained without context sees each clip on its own: then a run is one clip. One trained with
    context sees what lies around a clip, and all clips of a run share its work.
    """

    subject: str
    features: list[Any]
    keypoints: list[np.ndarray | None]
    """Of each frame, float32 (13, 3)."""
    movement: Movement | None
    first: int
    """Grid index of the first frame."""
    windows: list[Window]
    """With their context."""

    def clips(self, outputs: np.ndarray, contract: Contract) -> Iterator[Clip]:
        """Yield the clips, given the outputs (frames, K + C) of the frames: see `Scorer.frame_outputs`."""
        spec = contract.clip
        for window in self.windows:
            start = window.start + spec.context_frames
            own = slice(start - self.first, start - self.first + spec.num_frames)
            logits, pooled = np.split(outputs[own].mean(axis=0), [len(contract.labels)])
            points = [each for each in self.keypoints[own] if each is not None]
            yield Clip(
                self.subject,
                start,
                window.stop - spec.context_frames,
                logits,
                pooled,
                np.stack(points) if points else None,
                self.movement.rows(start, spec) if self.movement else None,
            )


class SubjectProgress:
    """How far one subject is: its next window and the features that it still needs."""

    def __init__(self, subject: str, start: int, spec: ClipSpec, stride: int, skipped: int) -> None:
        """Begin with the stretch of `subject` that starts at grid index `start`.

        Windows that are complete before grid index `skipped` count as done.
        """
        self._subject, self._start, self._spec = subject, start, spec
        # As context, the first frame stands for what is before it, and the last for what is after it.
        begin = start - spec.context_frames
        self._cutter = WindowCutter(begin, spec.num_seen, stride)
        self._seen: dict[int, _Seen] = {}
        for index in range(begin, skipped):
            self._cutter.push(index)
        self._from = max(begin, skipped)

    def take(self, images: SubjectImages, features: Sequence[Any]) -> list[Run]:
        """Add the next images; return the clips that are complete now.

        Args:
            images: Of consecutive instants.
            features: What the per-frame half made of each.
        """
        context, first = self._spec.context_frames, images.first
        stop = first + len(features)
        points = [None] * len(features) if images.keypoints is None else list(images.keypoints)
        seen = list(zip(features, points, strict=True))
        known = list(zip(range(first, stop), seen, strict=True))
        if first == self._start:
            known = [(index, seen[0]) for index in range(first - context, first)] + known
        if images.ends:
            known += [(index, seen[-1]) for index in range(stop, stop + context)]
        found = list(self._complete(known))
        if images.ends and (window := self._cutter.finish()):
            found.append(window)
        groups = [found] if self._spec.context_frames else [[one] for one in found]
        runs = [self._run(group, images.movement) for group in groups if group]
        next_start = self._cutter.next_start
        self._seen = (
            {} if images.ends else {index: kept for index, kept in self._seen.items() if index >= next_start}
        )
        return runs

    def _complete(self, known: Sequence[tuple[int, _Seen]]) -> Iterator[Window]:
        for index, seen in known:
            if index >= self._cutter.next_start:
                self._seen[index] = seen
            if index >= self._from and (window := self._cutter.push(index)):
                yield window

    def _run(self, windows: list[Window], movement: Movement | None) -> Run:
        first, last = windows[0].start, windows[-1]
        indices = [*range(first, last.start), *last.instants(self._spec.num_seen)]
        features, points = zip(*(self._seen[index] for index in indices), strict=True)
        return Run(self._subject, list(features), list(points), movement, first, windows)
