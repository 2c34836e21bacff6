"""The features of clips: what goes into the last layers of a checkpoint, small enough to keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from bball_tag.checkpoint.contract import Stream
from bball_tag.scoring.feature_rows import FeatureRows, ScoreRows


@dataclass(frozen=True, slots=True)
class FeatureKind:
    """What the features of a run are: which model made them, and how they are laid out."""

    backbone: str
    """Id of the model without its last layers: features of one backbone are alike in all videos."""
    checkpoint: str
    """Id of the checkpoint that the scores of the run come from."""
    labels: tuple[str, ...]
    """Its labels, in their order."""
    fps: float
    """Grid instants per second."""
    num_frames: int
    """Grid instants in a clip."""
    streams: tuple[Stream, ...]
    sizes: tuple[int, ...]
    """Numbers of each stream that go into its last layer."""
    projection: np.ndarray | None = field(default=None, compare=False)
    """Orthonormal rows, float32 (d, sizes[0]), to which the features of the images are reduced; None keeps
    them whole. See `bball_tag.checkpoint.backbone`."""

    @property
    def stored_sizes(self) -> tuple[int, ...]:
        """Numbers of each stream as they are stored."""
        images = self.sizes[0] if self.projection is None else len(self.projection)
        return (images, *self.sizes[1:])

    def reduced(self, vectors: Sequence[np.ndarray]) -> np.ndarray:
        """Return the features (N, D) to be stored, float16, of the whole ones of each stream, (N, size)."""
        images, *sides = vectors
        kept = images if self.projection is None else images @ self.projection.T
        # What 16 bits cannot hold is cut off: such a feature is far beyond all others anyway.
        limit = np.finfo(np.float16).max
        found: np.ndarray = np.clip(np.concatenate([kept, *sides], axis=1), -limit, limit)
        return found.astype(np.float16)


@dataclass(frozen=True, slots=True)
class StoredFeatures:
    """The features of every clip of one run, ordered by subject and start, as its scores are."""

    kind: FeatureKind
    video: str
    """Content id of the video that they belong to: `Video.content_id`."""
    subjects: np.ndarray
    """Subject of each clip, str (N,); a piece where the tool found the players itself."""
    starts: np.ndarray
    """First grid index of each clip, int64 (N,)."""
    stops: np.ndarray
    """One past the last grid index seen, int64 (N,)."""
    known: np.ndarray
    """Which streams are known of each clip, bool (N, S); features of the others are 0."""
    rows: FeatureRows
    """The features, (N, D): the streams beside each other, those of the images reduced. They are read from
    the store when they are asked for."""
    scores: ScoreRows
    """The scores of the run, (N, K), read when they are asked for."""

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def values(self) -> np.ndarray:
        """All features, float16 (N, D)."""
        return self.rows[np.arange(len(self))]

    @property
    def probabilities(self) -> np.ndarray:
        """All scores, float32 (N, K)."""
        return self.scores.all()

    def whole(self) -> np.ndarray:
        """Return features of all clips as they go into the last layers, float32 (N, sum of `kind.sizes`).

        Those of the images are brought back from the projection: exact for every linear layer whose rows lie
        in it, as those of the checkpoint itself do, and those that
        `bball_tag.checkpoint.backbone.write_with_layers` writes.
        """
        values = self.values.astype(np.float32)
        if self.kind.projection is None:
            return values
        images = len(self.kind.projection)
        return np.concatenate([values[:, :images] @ self.kind.projection, values[:, images:]], axis=1)
