"""What is minimised: cross-entropy of the joint answer, and of each stream alone."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from bball_tag.checkpoint.streams import has_keypoints, has_rows
from train.loader import Batch

_ALONE = 0.5
"""Weight of the losses of single streams beside that of the joint answer."""


class ClipLoss(nn.Module):
    """Cross-entropy, its mean over clips and not over their weights: alike in any batch or process."""

    def __init__(self, label_weights: Tensor | None, label_smoothing: float) -> None:
        super().__init__()
        self._losses = nn.CrossEntropyLoss(label_weights, label_smoothing=label_smoothing, reduction="none")

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the loss of logits (N, K) and labels (N,)."""
        return self.each(logits, labels).mean()

    def each(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the loss of each clip, (N,)."""
        losses: Tensor = self._losses(logits, labels)
        return losses


def stream_logits(model: nn.Module, batch: Batch) -> Tensor:
    """Return the logits of each stream of `model`, (N, S, K); one of images alone has one stream."""
    return each_stream(model(*batch.inputs))


def each_stream(logits: Tensor) -> Tensor:
    """Return the logits of each stream, (N, S, K), of what a model returns."""
    return logits if logits.ndim == 3 else logits[:, None]


def joint_logits(logits: Tensor, batch: Batch) -> Tensor:
    """Return the joint answer (N, K) of the streams that are kept, from the logits of each, (N, S, K)."""
    if logits.shape[1] == 1:
        return logits[:, 0]
    kept = logits if batch.kept is None else logits * batch.kept[..., None]
    return kept.sum(dim=1)


def joint_loss(loss: ClipLoss, logits: Tensor, batch: Batch) -> Tensor:
    """Return the loss of the logits of all streams, (N, S, K).

    Each clip leaves out some of its streams at random, so that the sum of any of them is an answer. Every
    stream that is known of a clip also has its own cross-entropy, added with a weight: each works alone, and
    none leaves all the work to the one that is fastest to train (Wang, Tran and Feiszli, CVPR 2020).
    """
    joint: Tensor = loss(joint_logits(logits, batch), batch.labels)
    num_streams = logits.shape[1]
    if num_streams == 1:
        return joint
    known = [torch.ones_like(batch.labels, dtype=torch.bool)]
    known += [has_keypoints(batch.keypoints)] if batch.keypoints is not None else []
    known += [has_rows(batch.rows)] if batch.rows is not None else []
    alone = loss.each(logits.flatten(0, 1), batch.labels.repeat_interleave(num_streams))
    return joint + _ALONE * (alone.view(-1, num_streams) * torch.stack(known, dim=1)).sum() / len(logits)
