"""One epoch of learning."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from train.config import TrainConfig
from train.loader import Batches
from train.resume import Parts
from train.schedule import NUM_BLOCKS, block_rate, first_trained_block, rate_factor
from train.sync_batchnorm import shared_norms


@dataclass(frozen=True, slots=True)
class EpochStats:
    """What one epoch of learning was like."""

    loss: float
    """Mean loss on clips as they were shown, changed and mixed."""
    accuracy: float
    rate: float
    """Learning rate of the head at the end."""
    num_clips: int
    seconds: float
    waited: float
    """Seconds in which the network stood still for lack of clips."""


class Learner:
    """A network with what it learns by: optimiser, averaged weights, loss and schedule."""

    def __init__(
        self,
        fabric: Fabric,
        model: nn.Module,
        config: TrainConfig,
        label_weights: Tensor | None,
        batches_per_epoch: int,
    ) -> None:
        self._fabric, self._config = fabric, config
        self._steps = -(-batches_per_epoch // config.accumulate)
        if fabric.world_size > 1:
            model = shared_norms(model, on_gpu=fabric.device.type == "cuda")
        model.get_submodule("blocks.5.dropout").p = config.dropout  # type: ignore[assignment]
        model = model.to(fabric.device).to(memory_format=torch.channels_last_3d)
        self.averaged = AveragedModel(model, avg_fn=self._average, use_buffers=True)
        optimizer = torch.optim.AdamW(
            _groups(model, config), lr=config.rate, weight_decay=config.weight_decay
        )
        self._plain = model
        self._model, self._optimizer = fabric.setup(model, optimizer)
        weights = None if label_weights is None else label_weights.to(fabric.device)
        self._losses = nn.CrossEntropyLoss(weights, label_smoothing=config.label_smoothing, reduction="none")

    def parts(self) -> Parts:
        """Return everything that has to be stored to go on later."""
        return {
            "model": self._plain,
            "averaged": self.averaged,
            "optimizer": self._optimizer.optimizer,
            # With 16-bit floats it scales the loss, by a factor that follows from all steps so far.
            "precision": self._fabric.strategy.precision,
        }

    def one_epoch(self, epoch: int, batches: Batches, on_progress: Callable[[int], None]) -> EpochStats:
        """Learn from every batch once; tell how many are done."""
        self._freeze(epoch)
        began = time.perf_counter()
        # Summed on the device: a GPU is not stopped at every step to be asked for figures.
        sums, seen = torch.zeros(2, device=self._fabric.device), 0
        for number, (clips, labels) in enumerate(batches):
            closes = (number + 1) % self._config.accumulate == 0 or number + 1 == len(batches)
            mixed, other, share = self._mixed(clips, labels)
            with self._fabric.no_backward_sync(self._model, enabled=not closes):
                logits = self._model(mixed).float()
                loss = share * self._loss(logits, labels) + (1 - share) * self._loss(logits, other)
                self._fabric.backward(loss / self._config.accumulate)
            if closes:
                self._step((epoch - 1) * self._steps + number // self._config.accumulate)
            said = logits.argmax(dim=1)
            right = share * (said == labels).sum() + (1 - share) * (said == other).sum()
            sums += torch.stack([loss.detach() * len(labels), right])
            seen += len(labels)
            on_progress(number + 1)
        counted = torch.cat([sums, sums.new_tensor([seen])])
        reduced = cast("Tensor", self._fabric.all_reduce(counted, reduce_op="sum"))
        total, right_ones, everybody = reduced.tolist()
        return EpochStats(
            loss=total / everybody,
            accuracy=right_ones / everybody,
            rate=float(self._optimizer.param_groups[-1]["lr"]),
            num_clips=int(everybody),
            seconds=time.perf_counter() - began,
            waited=batches.waited,
        )

    def measure(self, batches: Batches, *, last_epoch: int, num_steps: int) -> float:
        """Return the seconds that a batch at hand takes, the best of a few; the weights are spoilt by it."""
        self._freeze(last_epoch)
        times = []
        clips, labels = next(iter(batches))
        for step in range(num_steps):
            began = time.perf_counter()
            self._fabric.backward(self._loss(self._model(clips).float(), labels))
            self._step(step)
            # A GPU works on in the background; asking for a weight waits for it.
            float(next(self._plain.parameters()).detach().flatten()[0])
            times.append(time.perf_counter() - began)
        return min(times)

    def _loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the mean loss of a batch: over its clips, not over their weights.

        So every clip counts alike whichever batch or process it is in.
        """
        losses: Tensor = self._losses(logits, labels)
        return losses.mean()

    def _step(self, step: int) -> None:
        config = self._config
        factor = rate_factor(
            step,
            warmup=max(1, round(config.warmup * self._steps * config.epochs)),
            total=self._steps * config.epochs,
            falls=config.schedule == "cosine",
        )
        for group in self._optimizer.param_groups:
            group["lr"] = config.rate * group["share"] * factor
        if config.clip_norm:
            self._fabric.clip_gradients(self._model, self._optimizer, max_norm=config.clip_norm)
        self._optimizer.step()
        self._optimizer.zero_grad()
        self.averaged.update_parameters(self._plain)

    def _average(self, averaged: Tensor, current: Tensor, seen: Tensor | int) -> Tensor:
        """Move the average; quickly at first, so that it forgets where it began."""
        if not averaged.is_floating_point():
            return current
        count = int(seen)
        decay = min(self._config.ema, (1 + count) / (10 + count)) if self._config.ema else 0.0
        return torch.lerp(averaged, current, 1 - decay)

    def _freeze(self, epoch: int) -> None:
        """Train the blocks whose turn it is; the others keep their BatchNorm statistics too."""
        self._model.train()
        first = first_trained_block(epoch, self._config.unfreezing)
        for number, block in enumerate(self._plain.get_submodule("blocks").children()):
            block.requires_grad_(number >= first)
            block.train(number >= first)

    def _mixed(self, clips: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, float]:
        alpha = self._config.augmentation.mixup
        if not alpha:
            return clips, labels, 1.0
        rng = np.random.default_rng(int(torch.randint(2**31, (1,))))
        share = float(rng.beta(alpha, alpha))
        order = torch.from_numpy(rng.permutation(len(clips))).to(clips.device)
        return share * clips + (1 - share) * clips[order], labels[order], share


def trained_parameters(model: nn.Module, first_block: int) -> int:
    """Return how many weights learn when blocks from `first_block` on are trained."""
    blocks = list(model.get_submodule("blocks").children())[first_block:]
    return sum(parameter.numel() for block in blocks for parameter in block.parameters())


def _groups(model: nn.Module, config: TrainConfig) -> list[dict[str, object]]:
    """Return a parameter group for each block, biases and BatchNorm without weight decay."""
    groups: list[dict[str, object]] = []
    for number, block in enumerate(model.get_submodule("blocks").children()):
        share = block_rate(number, config.layer_decay)
        assert number < NUM_BLOCKS
        for decays in (True, False):
            members = [value for value in block.parameters() if (value.ndim > 1) == decays]
            if members:
                decay = config.weight_decay if decays else 0.0
                groups.append({"params": members, "share": share, "weight_decay": decay})
    return groups
