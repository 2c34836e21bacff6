"""One epoch of learning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import DataLoader

from bball_tag.clips import ClipSpec
from bball_tag.model import normalise
from train.schedule import NUM_BLOCKS, block_rate, first_trained_block, rate_factor

if TYPE_CHECKING:
    from train.recipe import TrainConfig
    from train.state import Parts


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
        model = model.to(fabric.device).to(memory_format=torch.channels_last_3d)
        self.averaged = AveragedModel(model, avg_fn=self._average, use_buffers=True)
        optimizer = torch.optim.AdamW(
            _groups(model, config), lr=config.rate, weight_decay=config.weight_decay
        )
        self._plain = model
        self._model, self._optimizer = fabric.setup(model, optimizer)
        weights = None if label_weights is None else label_weights.to(fabric.device)
        self._loss = nn.CrossEntropyLoss(weights, label_smoothing=config.label_smoothing)

    def parts(self) -> Parts:
        """Return everything that has to be stored to go on later."""
        return {"model": self._plain, "averaged": self.averaged, "optimizer": self._optimizer.optimizer}

    def one_epoch(self, epoch: int, loader: DataLoader[tuple[Tensor, Tensor]]) -> tuple[float, float]:
        """Learn from every clip once; return the mean loss and the accuracy on clips as they were shown."""
        self._freeze(epoch)
        total, right, count = 0.0, 0.0, 0.0
        for number, (clips, labels) in enumerate(normalised_batches(self._fabric, loader, self._config.spec)):
            closes = (number + 1) % self._config.accumulate == 0 or number + 1 == len(loader)
            mixed, other, share = self._mixed(clips, labels)
            with self._fabric.no_backward_sync(self._model, enabled=not closes):
                logits = self._model(mixed).float()
                loss = share * self._loss(logits, labels) + (1 - share) * self._loss(logits, other)
                self._fabric.backward(loss / self._config.accumulate)
            if closes:
                self._step((epoch - 1) * self._steps + number // self._config.accumulate)
            said = logits.argmax(dim=1)
            right += float(share * (said == labels).sum() + (1 - share) * (said == other).sum())
            total += float(loss.detach()) * len(labels)
            count += len(labels)
        sums = cast("Tensor", self._fabric.all_reduce(torch.tensor([total, right, count]), reduce_op="sum"))
        total, right, seen = sums.tolist()
        return total / seen, right / seen

    def _step(self, step: int) -> None:
        config = self._config
        factor = rate_factor(
            step,
            warmup=max(1, round(config.warmup * self._steps * config.epochs)),
            total=self._steps * config.epochs,
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
        order = torch.randperm(len(clips), device=clips.device)
        return share * clips + (1 - share) * clips[order], labels[order], share


def normalised_batches(
    fabric: Fabric, loader: Iterable[tuple[Tensor, Tensor]], spec: ClipSpec
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield (clips, labels) on the device: float (N, 3, T, H, W) from uint8 (N, T, H, W, 3)."""
    for clips, labels in loader:
        placed = clips.to(fabric.device, non_blocking=True)
        tensor = normalise(placed, spec).contiguous(memory_format=torch.channels_last_3d)
        yield tensor, labels.to(fabric.device)


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
