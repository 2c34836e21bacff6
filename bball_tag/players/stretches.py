"""Where in a chunk each followed person is seen without a break: what clips are cut from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from bball_tag.players.observation import Detections
from bball_tag.players.tracks import MAX_GAP_S
from bball_tag.players.who_counts import Corners, may_play

_Run = list[tuple[int, np.ndarray, float]]
"""Instant, box and score of each detection of one person."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The part within a chunk of a stretch over which one person is seen without a break."""

    piece: int
    start: int
    """Grid index at which the whole stretch begins, in this chunk or an earlier one."""
    first: int
    """Grid index of the first box."""
    boxes: np.ndarray
    """left, top, width, height at consecutive instants: float64 array of shape (N, 4)."""
    ends: bool
    """The stretch has no boxes after these."""


@dataclass(frozen=True, slots=True)
class Tracked:
    """One instant, and the piece that each of its detections belongs to, 0 for none."""

    index: int
    detections: Detections
    ids: np.ndarray
    court: Corners | None = None
    """Corners of the floor at that instant, in pixels; None where they are unknown."""


class Stretches:
    """Finds the stretches chunk by chunk; ask for every chunk, in order."""

    def __init__(self, fps: float, size: tuple[int, int]) -> None:
        """Begin before the first chunk of a grid of `fps`; `size` is the frame's width and height."""
        self._max_gap = max(1, round(MAX_GAP_S * fps))
        self._size = size
        self._open: dict[int, int] = {}

    def of_chunk(self, instants: range, tracked: Sequence[Tracked]) -> list[Stretch]:
        """Return the stretches of those who may play, in order of piece.

        Args:
            instants: The chunk.
            tracked: The instants of the chunk with what lies before and after it: at least as many as the
                longest gap that is closed.
        """
        courts = {each.index: each.court for each in tracked}
        seen: dict[int, _Run] = defaultdict(list)
        for each in tracked:
            for piece, box, score in zip(
                each.ids.tolist(), each.detections.boxes, each.detections.scores.tolist(), strict=True
            ):
                if piece:
                    seen[piece].append((each.index, box, score))
        found = [
            stretch
            for piece in sorted(seen)
            for run in self._runs(seen[piece])
            if (stretch := self._within(instants, piece, run, courts))
        ]
        self._open = {stretch.piece: stretch.start for stretch in found if not stretch.ends}
        return found

    def _runs(self, seen: _Run) -> Iterator[_Run]:
        """Divide what was seen of a piece where it is broken."""
        breaks = [
            at for at, (one, other) in enumerate(pairwise(seen), start=1) if other[0] - one[0] > self._max_gap
        ]
        for first, stop in pairwise([0, *breaks, len(seen)]):
            yield seen[first:stop]

    def _within(
        self, instants: range, piece: int, run: _Run, courts: Mapping[int, Corners | None]
    ) -> Stretch | None:
        indices = np.array([index for index, _, _ in run])
        first, stop = max(int(indices[0]), instants.start), min(int(indices[-1]) + 1, instants.stop)
        if first >= stop:
            return None
        boxes = np.array([box for _, box, _ in run], np.float64)
        continues = indices[0] < instants.start and piece in self._open
        scores = np.array([score for _, _, score in run])
        there = [courts[index] for index in indices.tolist()]
        if not continues and not may_play(boxes, scores, self._size, there):
            return None
        wanted = np.arange(first, stop)
        between = np.stack([np.interp(wanted, indices, side) for side in boxes.T], axis=1)
        start = self._open[piece] if continues else first
        return Stretch(piece, start, first, between, ends=int(indices[-1]) < instants.stop)
