"""A few clips from all over a video: typical images to quantise a model by, and to check it with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bball_tag.clips import ClipSpec, windows
from bball_tag.players.crop import Box
from bball_tag.players.find import PlayerFinder
from bball_tag.players.subjects import Subject, reading_for
from bball_tag.video.info import Frame
from bball_tag.video.video import Video

_STRETCHES = 16
_CLIPS_PER_STRETCH = 4
_SUBJECTS_PER_STRETCH = 4


def calibration_clips(
    video: Video, subjects: Sequence[Subject] | PlayerFinder, span: range, spec: ClipSpec
) -> np.ndarray:
    """Return clips spread over a part of a video.

    Args:
        video: What to read.
        subjects: Whose images are looked at, or what finds them.
        span: Grid indices of the part.
        spec: What a clip looks like.

    Returns:
        uint8 array of shape (N, T, H, W, 3), N up to 256; T counts the context too.
    """
    if isinstance(subjects, PlayerFinder):
        reading = subjects.reading
    else:
        reading = reading_for(video.info, subjects, spec)
    length = spec.num_seen * _CLIPS_PER_STRETCH
    num_stretches = max(1, min(_STRETCHES, len(span) // length))
    starts = np.linspace(span.start, max(span.start, span.stop - length), num_stretches).astype(int).tolist()
    clips: list[list[np.ndarray]] = []
    for start in starts:
        # Half a step is added, so that rounding cannot lose the last instant.
        reader = video.frames(
            spec.fps, start / spec.fps, (start + length - 0.5) / spec.fps, size=reading.size
        )
        frames = {frame.index: frame for frame in reader}
        seen = _seen(subjects, start, frames, length)
        for subject in seen[:: max(1, len(seen) // _SUBJECTS_PER_STRETCH)][:_SUBJECTS_PER_STRETCH]:
            part = range(start, min(start + length, subject.span.stop, max(frames, default=0) + 1))
            for window in windows(part, spec.num_seen, spec.num_seen):
                instants = window.instants(spec.num_seen)
                clips.append([subject.crop(frames[index], spec, reading.scale) for index in instants])
    if not clips:
        return np.zeros((1, spec.num_seen, spec.height, spec.width, 3), np.uint8)
    return np.array(clips)


def _seen(
    subjects: Sequence[Subject] | PlayerFinder, start: int, frames: Mapping[int, Frame], length: int
) -> list[Subject]:
    """Return who is seen at an instant; whoever is found there is taken to stay in place for a moment."""
    if not isinstance(subjects, PlayerFinder):
        return [subject for subject in subjects if subject.span.start <= start < subject.span.stop]
    if start not in frames:
        return []
    boxes = subjects.detect(frames[start].image).boxes.tolist()
    return [Subject("", range(start, start + length), Box(*box)) for box in boxes]
