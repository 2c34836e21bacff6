"""From logits to the probabilities of the labels: temperature, and how common each label is."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from bball_tag.checkpoint.contract import Contract


def answer(logits: np.ndarray, contract: Contract, streams: Collection[str] = ()) -> np.ndarray:
    """Return the probabilities (..., K) for logits (..., K), the sum of those of `streams`; none: all."""
    temperature = contract.temperature_of(streams or contract.streams)
    return softmax(with_shares(logits, contract, temperature) / temperature)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return the probabilities (..., K) that logits (..., K) stand for."""
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities: np.ndarray = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return probabilities


def with_shares(logits: np.ndarray, contract: Contract, temperature: float) -> np.ndarray:
    """Return logits to which it was added how common each label is.

    Training sees every label equally often, so that its softmax over `temperature` is the posterior of
    balanced labels. Times the shares of the labels, it is the posterior where the checkpoint is used (Saerens
    et al., 2002; logit adjustment of Menon et al., 2021). Without shares, `logits` themselves.
    """
    if not contract.shares:
        return logits
    shares = np.array([contract.shares[label] for label in contract.labels], logits.dtype)
    added: np.ndarray = logits + (temperature * np.log(shares / shares.sum())).astype(logits.dtype)
    return added
