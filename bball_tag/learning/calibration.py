"""Temperatures and thresholds, fitted on predictions of clips whose labels are known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bball_tag.checkpoint.answer import softmax

_THRESHOLDS = np.arange(0.2, 0.81, 0.05).round(2)


def losses_of(logits: np.ndarray, target: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Return the cross-entropy of each clip's logits (N, K) over `temperature`, (N,)."""
    own = softmax(logits / temperature)[np.arange(len(target)), target]
    losses: np.ndarray = -np.log(np.maximum(own, 1e-12))
    return losses


def fit_temperature(
    logits: np.ndarray,
    target: np.ndarray,
    added: np.ndarray | float = 0.0,
    furthest: float = 4.0,
    weights: np.ndarray | None = None,
) -> float:
    """Return the temperature with the least cross-entropy (Guo et al., 2017).

    Args:
        logits: Of clips whose labels are known, (N, K).
        target: Indices of the labels, (N,).
        added: Added to the logits after they were divided: how common each label is.
        furthest: The highest temperature that is tried; the lowest is 1 over it.
        weights: How much each clip counts, (N,); all alike if it is not given.
    """
    candidates = np.geomspace(1 / furthest, furthest, 81)
    losses = [np.average(losses_of(logits / value + added, target), weights=weights) for value in candidates]
    return round(float(candidates[int(np.argmin(losses))]), 4)


def fit_thresholds(probabilities: np.ndarray, target: np.ndarray, labels: Sequence[str]) -> dict[str, float]:
    """Return, for each label, the probability from which predicting it gives the best F1 on these clips.

    Between equals the one nearest to 0.5 is taken; labels that do not occur are skipped.
    """
    from sklearn.metrics import f1_score

    candidates = sorted(_THRESHOLDS.tolist(), key=lambda value: abs(value - 0.5))
    thresholds = {}
    for index, label in enumerate(labels):
        is_label = target == index
        if is_label.any():
            column = probabilities[:, index]
            scores = [f1_score(is_label, column >= value, zero_division=0) for value in candidates]
            thresholds[label] = float(candidates[int(np.argmax(scores))])
    return thresholds
