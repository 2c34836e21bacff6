"""A handful of clips from all over a film, for what must see typical pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from bball_tag.clips import ClipSpec, windows
from bball_tag.players.strands import Strand
from bball_tag.video import Frame

_PLACES = 16
_CLIPS_A_PLACE = 4
_STRANDS_A_PLACE = 4


def sample_clips(
    read: Callable[[float, float], Iterable[Frame]],
    strands: Sequence[Strand],
    span: range,
    spec: ClipSpec,
    scale: float,
) -> np.ndarray:
    """Return clips of `strands` at places spread over `span`: uint8 (N, T, H, W, 3), N up to 256; T counts
    their context too.

    Args:
        read: Returns the frames of the grid between two times, in seconds.
        strands: Whose pictures are looked at.
        span: Grid indices of the film.
        spec: What a clip looks like.
        scale: Size of the frames relative to the boxes of `strands`.
    """
    length = spec.num_seen * _CLIPS_A_PLACE
    places = max(1, min(_PLACES, len(span) // length))
    starts = np.linspace(span.start, max(span.start, span.stop - length), places).astype(int).tolist()
    clips: list[list[np.ndarray]] = []
    for start in starts:
        # Half a step is added, so that rounding cannot lose the last instant.
        frames = {frame.index: frame for frame in read(start / spec.fps, (start + length - 0.5) / spec.fps)}
        seen = [strand for strand in strands if strand.span.start <= start < strand.span.stop]
        for strand in seen[:: max(1, len(seen) // _STRANDS_A_PLACE)][:_STRANDS_A_PLACE]:
            part = range(start, min(start + length, strand.span.stop, max(frames, default=0) + 1))
            for window in windows(part, spec.num_seen, spec.num_seen):
                shown = [frames[index] for index in window.instants(spec.num_seen)]
                clips.append([strand.picture(frame, spec, scale) for frame in shown])
    if not clips:
        return np.zeros((1, spec.num_seen, spec.height, spec.width, 3), np.uint8)
    return np.array(clips)
