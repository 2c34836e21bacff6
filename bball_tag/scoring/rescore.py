"""Scores from stored features: only the last layers are computed, and no video is read."""

from __future__ import annotations

import logging

import numpy as np

from bball_tag.checkpoint.answer import answer
from bball_tag.checkpoint.backbone import within
from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import Stream
from bball_tag.scoring.features import FeatureKind, StoredFeatures
from bball_tag.scoring.store import ScoreStore

_OUTSIDE = 1e-3
"""Of a row of an image layer, as a fraction of its length: what may lie outside the projection."""

log = logging.getLogger("bball_tag")


def feature_kind(checkpoint: Checkpoint, streams: tuple[Stream, ...]) -> FeatureKind:
    """Return what the features of a run with `streams` of `checkpoint` are.

    Raises:
        CheckpointError: The checkpoint is damaged.
    """
    backbone, contract = checkpoint.backbone, checkpoint.contract
    return FeatureKind(
        backbone.id,
        checkpoint.id,
        contract.labels,
        contract.clip.fps,
        contract.clip.num_frames,
        streams,
        tuple(backbone.layers[stream].weight.shape[1] for stream in streams),
        backbone.projection(),
    )


def rescore(store: ScoreStore, checkpoint: Checkpoint, kind: FeatureKind) -> bool:
    """Fill an empty run of `store` from the features of another checkpoint with the same backbone.

    Args:
        store: With a run that has no scores yet.
        checkpoint: Whose scores they will be.
        kind: What its features are.

    Returns:
        Whether the store has such features: those of a run that is complete, and differs in nothing else.

    Raises:
        BballTagError: The store or the checkpoint cannot be used.
    """
    rows = checkpoint.backbone.layers["rgb"].weight
    outside = np.linalg.norm(rows - within(rows, kind.projection), axis=1)
    if (outside > _OUTSIDE * np.linalg.norm(rows, axis=1)).any():
        log.debug("Stored features do not hold all that %s looks at.", checkpoint.path.name)
        return False
    return store.rescore(kind, lambda features: probabilities(features, checkpoint))


def probabilities(features: StoredFeatures, checkpoint: Checkpoint) -> np.ndarray:
    """Return the probabilities, float32 (N, K), that a checkpoint with their backbone gives for features."""
    contract, sums = checkpoint.contract, logits(features, checkpoint)
    found = np.empty_like(sums)
    for known in np.unique(features.known, axis=0):
        rows = (features.known == known).all(axis=1)
        at_hand = [stream for stream, here in zip(features.kind.streams, known, strict=True) if here]
        found[rows] = answer(sums[rows], contract, at_hand)
    return found


def logits(features: StoredFeatures, checkpoint: Checkpoint) -> np.ndarray:
    """Return the logits, float32 (N, K): the sum of those of all streams that are known of each clip."""
    kind, layers = features.kind, checkpoint.backbone.layers
    weights = [layers[stream].weight for stream in kind.streams]
    if kind.projection is not None:
        weights[0] = weights[0] @ kind.projection.T
    ends = np.cumsum(kind.stored_sizes).tolist()
    found = np.zeros((len(features), len(checkpoint.contract.labels)), np.float32)
    for rows, vectors in features.rows.blocks():
        values, sums = vectors.astype(np.float32), 0.0
        for place, (stream, weight, end) in enumerate(zip(kind.streams, weights, ends, strict=True)):
            added = values[:, end - weight.shape[1] : end] @ weight.T + layers[stream].bias
            sums = sums + added * features.known[rows, place, None]
        found[rows] = sums
    return found
