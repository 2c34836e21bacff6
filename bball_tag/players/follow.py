"""Follow everybody through the chunks of a game, in order: who is where, and without a break."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bball_tag.clips import CHUNK, ClipSpec
from bball_tag.players.observation import Observation, ObservedChunk, SeenChunk
from bball_tag.players.steps import around
from bball_tag.players.stretches import Stretch, Stretches, Tracked
from bball_tag.players.track import Follower
from bball_tag.players.who_counts import Corners
from bball_tag.video.cuts import Transition

AHEAD_S = 1.04
"""How far tracking is ahead of cutting out: gaps are closed, what lasts only a moment is skipped, and how a
player moves in the second after a clip is known."""


@dataclass(frozen=True, slots=True)
class FollowedChunk:
    """A chunk with everybody who may play in it: all that is needed to cut out their images."""

    number: int
    instants: range
    """Those of the chunk that the video has."""
    stretches: Sequence[Stretch]
    seen: SeenChunk | None
    """What is stored; cutting out does not need it."""
    is_last: bool
    """No more frames follow."""


def tracked_with(number: int, first: int, fps: float, last: int | None = None) -> range:
    """Return the instants that are tracked together with a chunk.

    Args:
        number: The chunk.
        first: The first instant of all that is looked at.
        fps: Instants per second.
        last: The last instant of all, where the chunk is the last one.
    """
    ahead = round(AHEAD_S * fps)
    begin = first if number == first // CHUNK else number * CHUNK + ahead
    return range(begin, (number + 1) * CHUNK + ahead if last is None else last + 1)


class ChunkFollower:
    """Follows everybody through consecutive chunks.

    What it returns depends on the observations alone, in order. It can be pickled between two chunks.
    """

    def __init__(
        self, spec: ClipSpec, size: tuple[int, int], court: Sequence[tuple[float, float]] | None
    ) -> None:
        """Begin before the first chunk.

        Args:
            spec: Rate of the grid, and length of the clips.
            size: Width and height of the frame, in pixels.
            court: Corners of the floor in the first frame, in pixels; None if they are unknown.
        """
        self._fps, self._history = spec.fps, CHUNK + around(spec)
        self._stretches, self._follower = Stretches(spec.fps, size), Follower(spec.fps)
        self._court = None if court is None else np.array(court, np.float64)
        self._tracked: list[Tracked] = []
        self._first: int | None = None
        self._waiting: list[ObservedChunk] = []

    def take(self, chunk: ObservedChunk) -> list[FollowedChunk]:
        """Take the next chunk; return those that are known far enough ahead now."""
        self._waiting.append(chunk)
        found = []
        while self._waiting:
            window = [one for waiting in self._waiting for one in waiting.observations]
            number, ends = self._waiting[0].number, self._waiting[-1].is_last
            if not ends and window[-1].index + 1 < (number + 1) * CHUNK + round(AHEAD_S * self._fps):
                break
            found.append(
                self.follow(number, window, self._waiting[0].transitions, is_last=self._waiting[0].is_last)
            )
            self._waiting.pop(0)
        return found

    def follow(
        self, number: int, window: Sequence[Observation], cuts: Sequence[Transition], *, is_last: bool
    ) -> FollowedChunk:
        """Follow everybody through the next chunk.

        Args:
            number: Of the chunk.
            window: Its instants, those after it to be tracked with it, and any others.
            cuts: The changes of shot that end or begin in `tracked_with(number, …)`.
            is_last: Whether no more frames follow.
        """
        self._first = window[0].index if self._first is None else self._first
        instants = range(max(number * CHUNK, self._first), (number + 1) * CHUNK)
        upcoming = tracked_with(number, self._first, self._fps, window[-1].index if is_last else None)
        kept = [each for each in self._tracked if each.index >= instants.start - self._history]
        self._tracked = [*kept, *self._followed(window, upcoming, cuts)]
        stretches = self._stretches.of_chunk(instants, self._tracked)
        own = [one for one in window if one.index in instants]
        ids = [each.ids for each in self._tracked if each.index in instants]
        there = range(instants.start, own[-1].index + 1)
        return FollowedChunk(number, there, stretches, SeenChunk(own, ids, cuts), is_last)

    def _followed(
        self, window: Sequence[Observation], instants: range, cuts: Sequence[Transition]
    ) -> Iterator[Tracked]:
        """Follow everybody over some instants of the window; within a dissolve, nobody is followed.

        The camera moves the corners of the floor about the frame; after a cut they are unknown.
        """
        begins = {cut.start for cut in cuts}
        blended = {index for cut in cuts for index in range(cut.first, cut.start)}
        for each in window:
            if each.index not in instants:
                continue
            ids = np.zeros(len(each.detections), np.int64)
            if each.index not in blended:
                ids = self._follower.update(each, new_shot=each.index in begins)
            self._court = self._moved(each, is_other_shot=each.index in blended or each.index in begins)
            yield Tracked(each.index, each.detections, ids, each.camera, self._court)

    def _moved(self, seen: Observation, *, is_other_shot: bool) -> Corners | None:
        if self._court is None or is_other_shot:
            return None
        return np.asarray(self._court @ seen.camera[:, :2].T + seen.camera[:, 2])
