"""Fit a linear head to judged clips, held to where it starts from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bball_tag.learning.heads import Head

_LEAST_SPREAD = 1e-3
"""Features that vary less are as good as constant."""
_BIAS_PULL = 0.01
"""Biases are held this much less than weights: how common labels are says little of how they look."""
_NEW_PULL = 0.03
"""What a new label starts from, zeros, is worth less than what another label was trained to."""
_MOST_STEPS = 100


@dataclass(frozen=True, slots=True)
class Clips:
    """Judged clips as a head is fitted on them."""

    inputs: np.ndarray
    """float32 (N, P): see `bball_tag.learning.heads.as_inputs`."""
    target: np.ndarray
    """Indices of the right labels, int64 (N,)."""

    def __getitem__(self, chosen: np.ndarray) -> Clips:
        """Return some of the clips: indices, or bool of shape (N,)."""
        return Clips(self.inputs[chosen], self.target[chosen])


def fit_head(clips: Clips, start: Head, strengths: Sequence[float]) -> list[Head]:
    """Return the head with the least loss for each of several strengths.

    The loss is the cross-entropy, plus half the strength times the squared distance to `start` in units of
    each feature's spread (a Gaussian prior around the start: Chelba and Acero, 2006). Clips count alike: more
    weight for rare labels did not raise the mean F1 of the labels. A new label starts from zeros.

    Args:
        clips: What is judged.
        start: Where to start from; its logits are in units of probabilities (a temperature of 1).
        strengths: How much the start counts, descending: each fit begins where the one before ended.
    """
    spread = _spread(clips.inputs, start)
    inputs = clips.inputs / spread
    pull = np.ones(start.matrix.shape, np.float32)
    pull[:, ~start.matrix.any(axis=0)] = _NEW_PULL
    for stream in start.sizes:
        pull[start.rows(stream).stop - 1] *= _BIAS_PULL
    offset = (clips.inputs @ start.matrix).astype(np.float32)
    change, fitted = np.zeros(start.matrix.size), []
    for strength in strengths:
        change = _least_loss(inputs, offset, clips.target, strength * pull, change)
        step = change.reshape(start.matrix.shape) / spread[:, None]
        fitted.append(replace(start, matrix=start.matrix + step))
    return fitted


def _spread(inputs: np.ndarray, start: Head) -> np.ndarray:
    """Return the standard deviation of each input over the clips that have it; 1 for biases."""
    spread = np.ones(inputs.shape[1], np.float32)
    for stream in start.sizes:
        rows = start.rows(stream)
        known = inputs[:, rows.stop - 1] > 0
        if known.sum() > 1:
            own = inputs[known, rows.start : rows.stop - 1].std(axis=0)
            # One scale for a stream would do too; a floor keeps features that never vary from exploding.
            spread[rows.start : rows.stop - 1] = np.maximum(own, max(_LEAST_SPREAD, 0.1 * float(own.mean())))
    return spread


def _least_loss(
    inputs: np.ndarray,
    offset: np.ndarray,
    target: np.ndarray,
    pull: np.ndarray,
    begin: np.ndarray,
) -> np.ndarray:
    """Return the change (P * K,) of the weights with the least loss, from `begin` on."""
    from scipy.optimize import minimize

    rows, shape = np.arange(len(target)), (inputs.shape[1], offset.shape[1])

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        change = flat.reshape(shape).astype(np.float32)
        logits = offset + inputs @ change
        logits -= logits.max(axis=1, keepdims=True)
        exponentials = np.exp(logits)
        sums = exponentials.sum(axis=1, keepdims=True)
        error = (np.log(sums[:, 0]) - logits[rows, target]).sum(dtype=np.float64)
        slope = exponentials / sums
        slope[rows, target] -= 1
        gradient = inputs.T @ slope + pull * change
        held = 0.5 * float((pull * change * change).sum(dtype=np.float64))
        return float(error) + held, gradient.astype(np.float64).ravel()

    found: np.ndarray = minimize(
        loss, begin, jac=True, method="L-BFGS-B", options={"maxiter": _MOST_STEPS, "ftol": 1e-6}
    ).x
    return found
