"""How the player of a labelled span moves: what `annotate` measures in passing, for one clip of a video."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np

from bball_tag.clips import ClipSpec
from bball_tag.players.camera import CameraMotion
from bball_tag.players.steps import around
from bball_tag.players.subjects import boxes_at, player_at, tracked_players
from bball_tag.players.tracks import Track
from bball_tag.video.video import Video


def steps_of_span(
    video: Video, track: Track, first_instant: int, spec: ClipSpec, others: Sequence[Track] = ()
) -> np.ndarray:
    """Return the motion of a clip of a tracked player, as `annotate` with the same tracks measures it.

    Args:
        video: What to read: the clip, and a second before and after it.
        track: The player. Instants outside of the unbroken stretch that the clip is in are unknown.
        first_instant: Grid index of the first of the clip's own frames.
        spec: What a clip looks like.
        others: Who else is in the frame, and so not background; `track` may be among them.

    Returns:
        float32 array (M, 6): see `bball_tag.players.steps.motion_rows`.

    Raises:
        VideoError: The video cannot be read.
    """
    fps = spec.fps
    player = player_at(track, first_instant, fps)
    people = tracked_players(
        [track, *(each for each in others if each is not track)], fps, range(sys.maxsize)
    )
    seen = range(max(first_instant - around(spec), 0), first_instant + spec.num_frames + around(spec))
    camera = CameraMotion()
    # Half a step is taken off, so that rounding cannot add an instant.
    frames = video.frames(fps, seen.start / fps, (seen.stop - 0.5) / fps)
    steps = {frame.index: camera.step(frame.image, boxes_at(people, frame.index, fps)) for frame in frames}
    return player.movement(seen, steps, fps).rows(first_instant, spec)
