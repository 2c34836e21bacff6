"""What a model predicts for labelled clips."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from sklearn.metrics import accuracy_score, f1_score, recall_score
from torch import Tensor, nn

from bball_tag.checkpoint.contract import Stream, in_order
from train.loader import Batch
from train.loss import stream_logits

Autocast = Callable[[], AbstractContextManager[Any]]

log = logging.getLogger("bball_tag.train")
_TOLERANCE = 0.25
"""How far the logits of a batch may be from those in fp32, relative to these: they are within a tenth."""


@dataclass(frozen=True, slots=True)
class Predictions:
    """What a model predicts for clips whose labels are known."""

    logits: np.ndarray
    """float32 array of shape (N, K)."""
    target: np.ndarray
    """Indices of the right labels, int64 array of shape (N,)."""
    parts: Mapping[Stream, np.ndarray] = field(default_factory=dict)
    """Where there are more streams than images: the logits of each, (N, K), which sum up to `logits`; 0 where
    a clip lacks what the stream looks at."""

    @property
    def streams(self) -> tuple[Stream, ...]:
        """The streams that the answer is made of."""
        return in_order(self.parts) or ("rgb",)

    def of(self, streams: Collection[Stream]) -> Predictions:
        """Return what these streams predict together."""
        if set(streams) == set(self.streams):
            return self
        parts = {stream: self.parts[stream] for stream in in_order(streams)}
        return Predictions(np.sum(list(parts.values()), axis=0), self.target, parts)

    def only(self, streams: Collection[Stream]) -> np.ndarray:
        """Return which clips have what these streams look at, and nothing for the others: bool (N,)."""
        chosen = np.ones(len(self.target), bool)
        for stream, logits in self.parts.items():
            if stream != "rgb":
                chosen &= logits.any(axis=1) == (stream in streams)
        return chosen

    def __getitem__(self, chosen: np.ndarray) -> Predictions:
        """Return the predictions for some of the clips: indices, or bool of shape (N,)."""
        parts = {stream: logits[chosen] for stream, logits in self.parts.items()}
        return Predictions(self.logits[chosen], self.target[chosen], parts)

    @property
    def predicted(self) -> np.ndarray:
        """Index of the likeliest label of each clip, shape (N,)."""
        likeliest: np.ndarray = self.logits.argmax(axis=1)
        return likeliest

    @property
    def accuracy(self) -> float:
        """Fraction of clips whose likeliest label is right."""
        return float(accuracy_score(self.target, self.predicted))

    @property
    def macro_f1(self) -> float:
        """Mean of the labels' F1, over labels that occur or are predicted."""
        return float(f1_score(self.target, self.predicted, average="macro", zero_division=0))

    @property
    def balanced_accuracy(self) -> float:
        """Mean recall of the labels that occur."""
        occur = np.unique(self.target)
        return float(recall_score(self.target, self.predicted, labels=occur, average="macro"))

    @property
    def guessing(self) -> float:
        """Mean accuracy of the same predictions in random order."""
        one, other = (
            np.bincount(labels, minlength=self.logits.shape[1]) for labels in (self.target, self.predicted)
        )
        return float(one @ other) / len(self.target) ** 2

    @property
    def is_at_chance(self) -> bool:
        """Whether the accuracy is less than two standard errors above that of guessing (Cohen, 1960)."""
        guessing = self.guessing
        error = float(np.sqrt(guessing * (1 - guessing) / len(self.target)))
        return self.accuracy <= guessing + 2 * error

    @property
    def loss(self) -> float:
        """Mean cross-entropy."""
        return float(
            nn.functional.cross_entropy(torch.from_numpy(self.logits), torch.from_numpy(self.target))
        )

    def probabilities(self, temperature: float = 1.0) -> np.ndarray:
        """Return the softmax of the logits over `temperature`, shape (N, K)."""
        return (torch.from_numpy(self.logits) / temperature).softmax(dim=1).numpy()


@torch.no_grad()
def predict(
    model: nn.Module,
    batches: Iterable[Batch],
    autocast: Autocast = nullcontext,
    on_batch: Callable[[int], None] = lambda done: None,
    turn: Autocast = nullcontext,
) -> Predictions:
    """Run `model`, in evaluation mode, over batches.

    16 bits are checked, not trusted: the first batch, and each whose values are not finite, is computed again
    without `autocast`, and if the first differs, so are all others.

    Args:
        model: As `bball_tag.checkpoint.model.build_model` gives it.
        batches: Normalised clips and their labels.
        autocast: Makes the context in which the model computes.
        on_batch: Gets how many batches are done.
        turn: Makes the context in which a batch is computed: see `train.turns`.
    """
    model.eval()
    logits: list[Tensor] = []
    target: list[Tensor] = []
    for number, batch in enumerate(batches, start=1):
        with turn():
            found, autocast = _checked(model, batch, autocast, always=number == 1)
        logits.append(found.cpu())
        target.append(batch.labels.cpu())
        on_batch(number)
    streams: tuple[Stream, ...] = getattr(model, "streams", ("rgb",))
    return predictions_of(torch.cat(logits).numpy(), torch.cat(target).numpy(), streams)


def predictions_of(logits: np.ndarray, target: np.ndarray, streams: tuple[Stream, ...]) -> Predictions:
    """Return the predictions that the logits (N, S, K) of several streams amount to."""
    if len(streams) == 1:
        return Predictions(logits[:, 0], target)
    parts = {stream: logits[:, index] for index, stream in enumerate(streams)}
    return Predictions(logits.sum(axis=1), target, parts)


def _checked(model: nn.Module, batch: Batch, autocast: Autocast, *, always: bool) -> tuple[Tensor, Autocast]:
    """Return the logits of a batch (N, S, K), and in which context to compute the next one."""
    with autocast():
        found = stream_logits(model, batch).float()
    if autocast is nullcontext or (found.isfinite().all() and not always):
        return found, autocast
    expected = stream_logits(model, batch).float()
    if (found - expected).norm() <= _TOLERANCE * expected.norm():
        return found, autocast
    if expected.isfinite().all():
        log.warning("16-bit values are wrong on this machine: predicting in fp32, which is slower.")
    return expected, nullcontext
