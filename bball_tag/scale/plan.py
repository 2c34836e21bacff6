"""What is to be scored of one video, as plain values that any process can be given, and its segments."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import Stream
from bball_tag.clips import CHUNK, ClipSpec, grid_range
from bball_tag.players.tiles import Tiling
from bball_tag.scoring.backends import Engine
from bball_tag.scoring.features import FeatureKind
from bball_tag.scoring.options import ScoringOptions
from bball_tag.video.video import Video

LONGEST = 48
"""Chunks of a segment at most, two minutes at 12.5 instants a second: what is lost with a worker. As the
chunk before a segment is computed once more, short segments cost more."""
SHORTEST = 12
"""Chunks of a segment at least, where a video is short."""
_SHARES = 3
"""Segments for each worker, so that none waits long at the end."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One video to be scored with a checkpoint, and how."""

    id: str
    """What differs where anything that is here does."""
    video: Video
    checkpoint: Checkpoint
    options: ScoringOptions
    """Whose images are looked at."""
    engine: Engine
    streams: tuple[Stream, ...]
    stride: int
    """Grid steps between the starts of clips."""
    start: float
    """Begin of the part to be scored, in seconds."""
    end: float
    """Its end, as far as the file says."""
    stop: float | None
    """Where to stop reading; None reads to the end of the video."""
    detector: str | None
    """Hash of what finds players; None where nobody has to be found."""
    features: FeatureKind | None = None
    """What the features are that come with the scores; None leaves them out."""
    tiling: Tiling | None = None
    """How frames are divided for the detector; None where nobody has to be found."""

    @property
    def spec(self) -> ClipSpec:
        """What a clip looks like."""
        return self.checkpoint.contract.clip

    @property
    def span(self) -> range:
        """Grid indices of the part, as far as the file says."""
        return grid_range(self.start, self.end, self.spec.fps)


@dataclass(frozen=True, slots=True)
class Segment:
    """Some consecutive chunks of a video."""

    first: int
    """Number of the first chunk."""
    stop: int | None
    """One past the last one; None is up to the end of the video."""


def segments_of(plan: Plan, next_chunk: int, num_workers: int) -> Iterator[Segment]:
    """Yield the segments of a plan from chunk `next_chunk` on, for some workers.

    Which segments there are changes no score.
    """
    first = max(next_chunk, plan.span.start // CHUNK)
    # The last one ends with the video: a header may promise less than what follows.
    stop = max(first + 1, math.ceil(plan.span.stop / CHUNK))
    count = min(LONGEST, max(SHORTEST, math.ceil((stop - first) / (_SHARES * num_workers))))
    while first + count < stop:
        yield Segment(first, first + count)
        first += count
    yield Segment(first, None)
