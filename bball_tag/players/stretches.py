"""Where in a chunk each followed person is seen without a break: what clips are cut from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from bball_tag.clips import CHUNK
from bball_tag.players.observation import Detections
from bball_tag.players.steady import steadied
from bball_tag.players.steps import Movement
from bball_tag.players.tracks import longest_gap
from bball_tag.players.who_counts import Corners, may_play

JUDGED_S = 0.64
"""Who may play is judged by what is seen of them up to so long after a chunk, in seconds."""
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
    movement: Movement
    """The same before and after the chunk too, as far as it is tracked, and how the camera moves."""
    ends: bool
    """The stretch has no boxes after these."""


@dataclass(frozen=True, slots=True)
class Tracked:
    """One instant, and the piece that each of its detections belongs to, 0 for none."""

    index: int
    detections: Detections
    ids: np.ndarray
    camera: np.ndarray
    """Where the background of the previous instant's frame is now: float32 similarity of shape (2, 3)."""
    court: Corners | None = None
    """Corners of the floor at that instant, in pixels; None where they are unknown."""


class Stretches:
    """Finds the stretches chunk by chunk; ask for every chunk, in order."""

    def __init__(self, fps: float, size: tuple[int, int]) -> None:
        """Begin before the first chunk of a grid of `fps`; `size` is the frame's width and height."""
        self._fps = fps
        self._max_gap = longest_gap(fps)
        self._judged = round(JUDGED_S * fps)
        self._size = size
        self._open: dict[int, int] = {}

    def of_chunk(self, instants: range, tracked: Sequence[Tracked]) -> list[Stretch]:
        """Return the stretches of those who may play, in order of piece.

        Args:
            instants: The chunk.
            tracked: The instants of the chunk with what lies before and after it: at least as many as the
                longest gap that is closed.
        """
        places = {each.index: each for each in tracked}
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
            if (stretch := self._within(instants, piece, run, places))
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
        self, instants: range, piece: int, run: _Run, places: Mapping[int, Tracked]
    ) -> Stretch | None:
        indices = np.array([index for index, _, _ in run])
        first, stop = max(int(indices[0]), instants.start), min(int(indices[-1]) + 1, instants.stop)
        if first >= stop:
            return None
        boxes = np.array([box for _, box, _ in run], np.float64)
        continues = indices[0] < instants.start and piece in self._open
        if not continues and not self._may_play(instants, run, places):
            return None
        everywhere = np.arange(indices[0], indices[-1] + 1)
        between = steadied(indices, boxes, self._fps)
        cameras = np.stack([places[index].camera for index in everywhere.tolist()])
        return Stretch(
            piece,
            self._open[piece] if continues else first,
            first,
            between[first - indices[0] : stop - indices[0]],
            Movement(int(indices[0]), between, cameras),
            ends=int(indices[-1]) < instants.stop,
        )

    def _may_play(self, instants: range, run: _Run, places: Mapping[int, Tracked]) -> bool:
        # How far tracking is ahead otherwise does not count: who is looked at is a question of its own.
        near = range(instants.start - CHUNK, instants.stop + self._judged)
        indices, boxes, scores = zip(*(one for one in run if one[0] in near), strict=True)
        courts = [places[index].court for index in indices]
        return may_play(np.array(boxes, np.float64), np.array(scores), self._size, courts)
