"""How the players of labelled spans move: what `annotate` measures in passing, for single clips."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from threading import Lock

import numpy as np

from bball_tag.clips import ClipSpec, grid_range
from bball_tag.players.camera import CameraMotion
from bball_tag.players.steps import around
from bball_tag.players.subjects import boxes_at, player_at, tracked_players
from bball_tag.players.tracks import Track
from bball_tag.video.video import Video

_BLOCK = 256
"""Instants that are read in one go at most, so that one sees how far it is."""


@dataclass(frozen=True, slots=True, eq=False)
class TrackedVideo:
    """An open video that many clips are cut from. The camera is measured once, however many need it."""

    video: Video
    people: tuple[Track, ...] = ()
    """All who are tracked in it, and so not background."""
    spans: list[tuple[float, float]] = field(default_factory=list)
    """Where clips are cut, in seconds: what lies near each other is read in one go."""
    _cameras: dict[float, dict[int, np.ndarray | None]] = field(default_factory=dict, init=False, repr=False)
    """For a rate, the camera's steps to the instants that were looked at; None after the last frame."""
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    def __reduce__(self) -> tuple[object, ...]:
        """Another process measures for itself."""
        return TrackedVideo, (self.video, self.people, self.spans)

    def steps_of_span(self, track: Track, first_instant: int, spec: ClipSpec) -> np.ndarray:
        """Return the motion of a clip of a tracked player, as `annotate` with the same tracks measures it.

        Args:
            track: The player, one of `people`. Instants outside of the unbroken stretch that the clip is in
                are unknown.
            first_instant: Grid index of the first of the clip's own frames.
            spec: What a clip looks like. A second before and after the clip is read as well.

        Returns:
            float32 array (M, 6): see `bball_tag.players.steps.motion_rows`.

        Raises:
            VideoError: The video cannot be read.
        """
        seen = range(max(first_instant - around(spec), 0), first_instant + spec.num_frames + around(spec))
        player = player_at(track, first_instant, spec.fps)
        return player.movement(seen, self._camera(seen, spec), spec.fps).rows(first_instant, spec)

    def _camera(self, instants: range, spec: ClipSpec) -> dict[int, np.ndarray]:
        """Return the camera's step to each of some instants that has a frame."""
        with self._lock:
            known = self._cameras.setdefault(spec.fps, {})
            while missing := [at for at in instants if at not in known]:
                block = missing[0] // _BLOCK
                near = {at for span in self.spans for at in _looked_at(*span, spec)}.union(missing)
                together = [at for at in near - known.keys() if at // _BLOCK == block]
                self._measure(range(min(together), max(together) + 1), spec.fps, known)
            return {at: step for at in instants if (step := known[at]) is not None}

    def _measure(self, instants: range, fps: float, known: dict[int, np.ndarray | None]) -> None:
        """Note the camera's steps to consecutive instants; to see the first, the one before is read too."""
        people, camera = tracked_players(self.people, fps, range(sys.maxsize)), CameraMotion()
        # Half a step is taken off, so that rounding cannot add an instant.
        frames = self.video.frames(fps, max(instants.start - 1, 0) / fps, (instants.stop - 0.5) / fps)
        steps = {
            frame.index: camera.step(frame.image, boxes_at(people, frame.index, fps)) for frame in frames
        }
        known.update({at: steps.get(at) for at in instants})


def _looked_at(start: float, end: float, spec: ClipSpec) -> range:
    """Return the instants that the motion of a span depends on."""
    own = grid_range(start, end, spec.fps)
    return range(max(own.start - around(spec), 0), own.stop + around(spec))
