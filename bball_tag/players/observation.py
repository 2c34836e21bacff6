"""What is seen of the players at one instant, before anybody is followed or named."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bball_tag.video.cuts import Transition

BLANK = np.zeros((0, 0, 3), np.uint8)
"""In place of a thumbnail that nobody needs any more."""


@dataclass(frozen=True, slots=True)
class Detections:
    """The people that a detector finds in one frame."""

    boxes: np.ndarray
    """left, top, width, height in pixels of the upright frame: float32 array of shape (N, 4)."""
    scores: np.ndarray
    """Confidence of each box, 0 to 1: float32 array of shape (N,)."""
    others: np.ndarray
    """Whether the detector itself names somebody who does not play (a referee): bool array of shape (N,)."""

    def __len__(self) -> int:
        return len(self.boxes)


@dataclass(frozen=True, slots=True)
class Observation:
    """One instant of the grid as it was observed. Everything about tracks follows from these, in order."""

    index: int
    """Grid index of the instant."""
    detections: Detections
    colours: np.ndarray
    """What each detected person wears, looks like and stands on, as `Appearance` describes it: float32 array
    of shape (N, C)."""
    camera: np.ndarray
    """Where the background of the previous instant's frame is now: float32 similarity of shape (2, 3)."""
    thumbnail: np.ndarray
    """The frame, small, to find cuts in: uint8 RGB array of shape (h, w, 3); it is not stored."""


@dataclass(frozen=True, slots=True)
class ObservedChunk:
    """What was observed in one chunk of the grid, before anybody is followed."""

    number: int
    observations: Sequence[Observation]
    transitions: Sequence[Transition]
    """The changes of shot that count when this chunk is followed; they may lie somewhat after it."""
    is_last: bool
    """No more frames follow."""


@dataclass(frozen=True, slots=True)
class SeenChunk:
    """What was observed in one chunk of the grid, and who is who: what is stored of finding players."""

    observations: Sequence[Observation]
    ids: Sequence[np.ndarray]
    """For each observation, the piece of each detection, 0 for none: int64 arrays of shape (N,)."""
    transitions: Sequence[Transition]
    """The changes of shot that were found with this chunk; they may lie somewhat after it."""

    def to_bytes(self) -> bytes:
        """Return the chunk as it is stored, without thumbnails."""
        seen = [one.detections for one in self.observations]
        file = io.BytesIO()
        np.savez_compressed(
            file,
            index=np.array([one.index for one in self.observations]),
            count=np.array([len(one) for one in seen]),
            boxes=np.concatenate([one.boxes for one in seen]),
            scores=np.concatenate([one.scores for one in seen]),
            others=np.concatenate([one.others for one in seen]),
            colours=np.concatenate([one.colours for one in self.observations]),
            ids=np.concatenate(self.ids),
            camera=np.stack([one.camera for one in self.observations]),
            transitions=np.array([(one.first, one.last) for one in self.transitions]).reshape(-1, 2),
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, stored: bytes) -> SeenChunk:
        """Return what `to_bytes` was given."""
        with np.load(io.BytesIO(stored), allow_pickle=False) as file:
            parts = dict(file)
        edges = np.cumsum(parts["count"])[:-1]
        boxes, scores, others, colours, ids = (
            np.split(parts[name], edges) for name in ("boxes", "scores", "others", "colours", "ids")
        )
        seen = [Detections(*each) for each in zip(boxes, scores, others, strict=True)]
        observations = [
            Observation(index, found, worn, camera, BLANK)
            for index, found, worn, camera in zip(
                parts["index"].tolist(), seen, colours, parts["camera"], strict=True
            )
        ]
        return cls(observations, ids, [Transition(int(a), int(b)) for a, b in parts["transitions"]])
