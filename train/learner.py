"""One epoch of training."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from bball_tag.checkpoint.streams import Joined
from train.config import Recipe
from train.devices import autocast
from train.loader import Batch, Batches
from train.loss import ClipLoss, each_stream, joint_logits, joint_loss
from train.resume import Parts
from train.schedule import block_factor, first_trained_block, lr_factor
from train.sync_batchnorm import shared_norms
from train.teacher import Taught, taught_loss
from train.turns import turns_on

_SIDE_DROPOUT = 0.4
"""Of the dropout, in the small models beside that of the images."""
Tensors = tuple[Tensor, ...] | list[Tensor]


@dataclass(frozen=True, slots=True)
class EpochStats:
    """How one epoch of training went."""

    loss: float
    """Mean loss on the clips as they were shown, augmented."""
    accuracy: float
    lr: float
    """Learning rate of the head at the end."""
    num_clips: int
    seconds: float
    waited: float
    """Seconds for which the model waited for clips."""


class Learner:
    """A model with its optimiser, averaged weights, loss and schedule."""

    def __init__(
        self, fabric: Fabric, model: nn.Module, recipe: Recipe, loss: ClipLoss, batches_per_epoch: int
    ) -> None:
        """Get ready to train `model`, which is on its device, as `recipe` says.

        Args:
            fabric: Device and processes.
            model: As `bball_tag.checkpoint.model.build_model` gives it.
            recipe: Everything else that decides the weights.
            loss: From logits and labels to the loss of a batch, for one stream or their joint answer.
            batches_per_epoch: Batches of this process in an epoch.
        """
        self._fabric, self._recipe, self._loss = fabric, recipe, loss
        self._steps = -(-batches_per_epoch // recipe.accumulate)
        self._autocast = autocast(fabric, recipe.precision)
        self._turns = turns_on(fabric)
        if fabric.world_size > 1:
            model = shared_norms(model, on_gpu=fabric.device.type == "cuda")
        model.get_submodule("blocks.5.dropout").p = recipe.dropout  # type: ignore[assignment]
        for layer in (layer for side in _sides(model) for layer in side.modules()):
            if isinstance(layer, nn.Dropout):
                layer.p = recipe.dropout * _SIDE_DROPOUT
        self.averaged = AveragedModel(model, multi_avg_fn=self._average, use_buffers=True)
        self._plain, self._taught = model, None
        fresh = _sides(model)
        if isinstance(model, Joined) and "pose" in model.streams:
            self._taught = Taught(model, recipe.clip).to(fabric.device)
            fresh = [self._taught.heads, *fresh]
        groups = _groups(model, fresh, recipe)
        optimizer = torch.optim.AdamW(groups, lr=recipe.lr, weight_decay=recipe.weight_decay)
        self._model, self._optimizer = fabric.setup(self._taught or model, optimizer)

    def parts(self) -> Parts:
        """Return everything that has to be stored to resume later."""
        return {
            **({"teacher": self._taught.heads} if self._taught else {}),
            "model": self._plain,
            "averaged": self.averaged,
            "optimizer": self._optimizer.optimizer,
            # In fp16 it scales the loss, by a factor that follows from all steps so far.
            "precision": self._fabric.strategy.precision,
        }

    def one_epoch(self, epoch: int, batches: Batches, on_progress: Callable[[int], None]) -> EpochStats:
        """Train on every batch once; `on_progress` gets how many are done.

        Raises:
            FloatingPointError: Gradients or loss are not finite.
        """
        self._freeze(epoch)
        began = time.perf_counter()
        # Summed on the device: a GPU is not stopped at every step to be asked for figures.
        sums, seen = torch.zeros(2, device=self._fabric.device), 0
        for number, batch in enumerate(batches):
            closes = (number + 1) % self._recipe.accumulate == 0 or number + 1 == len(batches)
            with self._turns.turn():
                with self._fabric.no_backward_sync(self._model, enabled=not closes):
                    logits, loss, taught = self._losses(batch)
                    self._fabric.backward((loss + taught) / self._recipe.accumulate)
                if closes:
                    self._step((epoch - 1) * self._steps + number // self._recipe.accumulate)
            right = joint_logits(logits, batch).argmax(dim=1) == batch.labels
            sums += torch.stack([loss.detach() * len(right), right.sum()])
            seen += len(right)
            on_progress(number + 1)
        counted = torch.cat([sums, sums.new_tensor([seen])])
        reduced = cast("Tensor", self._fabric.all_reduce(counted, reduce_op="sum"))
        if not reduced.isfinite().all():
            raise FloatingPointError("the loss is not finite")
        total, num_right, num_clips = reduced.tolist()
        return EpochStats(
            loss=total / num_clips,
            accuracy=num_right / num_clips,
            lr=float(self._optimizer.param_groups[-1]["lr"]),
            num_clips=int(num_clips),
            seconds=time.perf_counter() - began,
            waited=batches.waited,
        )

    def measure(self, batches: Batches, *, last_epoch: int, num_steps: int) -> float:
        """Return the seconds that a batch at hand takes, the best of a few; the weights are spoilt by it."""
        self._freeze(last_epoch)
        times = []
        batch = batches.first()
        for step in range(num_steps):
            began = time.perf_counter()
            _, loss, taught = self._losses(batch)
            self._fabric.backward(loss + taught)
            self._step(step)
            # A GPU computes in the background; asking for a weight waits for it.
            float(next(self._plain.parameters()).detach().flatten()[0])
            times.append(time.perf_counter() - began)
        return min(times)

    def _losses(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor | float]:
        """Return the logits of each stream, (N, S, K), their loss, and that of what the images are taught."""
        with self._autocast():
            outputs = self._model(*batch.inputs)
        if batch.taught is None:
            logits = each_stream(outputs).float()
            return logits, joint_loss(self._loss, logits, batch), 0.0
        logits, places, cells = outputs
        taught = taught_loss(places, cells, batch.taught, self._recipe.clip)
        return logits, joint_loss(self._loss, logits, batch), taught

    def _step(self, step: int) -> None:
        recipe = self._recipe
        total = self._steps * recipe.epochs
        warmup = max(1, round(recipe.warmup * total))
        factor = lr_factor(step, warmup=warmup, total=total, falls=recipe.schedule == "cosine")
        for group in self._optimizer.param_groups:
            group["lr"] = recipe.lr * group["factor"] * factor
        if recipe.clip_norm:
            norm = self._fabric.clip_gradients(
                self._model, self._optimizer, max_norm=recipe.clip_norm, error_if_nonfinite=False
            )
            # In fp16 a step whose gradients overflow is skipped, and the next one is scaled less.
            if recipe.precision != "fp16" and not cast("Tensor", norm).isfinite():
                raise FloatingPointError(f"the gradients of step {step % self._steps + 1} are not finite")
        self._optimizer.step()
        self._optimizer.zero_grad()
        self.averaged.update_parameters(self._plain)

    def _average(self, averaged: Tensors, current: Tensors, seen: Tensor | int) -> None:
        """Move the averages; quickly at first, so that they forget where they began."""
        decay = min(self._recipe.ema, (1 + int(seen)) / (10 + int(seen)))
        get_ema_multi_avg_fn(decay)(averaged, current, seen)  # type: ignore[no-untyped-call]

    def _freeze(self, epoch: int) -> None:
        """Train the blocks whose turn it is; the others keep their BatchNorm statistics too."""
        self._model.train()
        first = first_trained_block(epoch, self._recipe.unfreeze)
        for number, block in enumerate(self._plain.get_submodule("blocks").children()):
            block.requires_grad_(number >= first)
            block.train(number >= first)


def trained_parameters(model: nn.Module, first_block: int) -> int:
    """Return how many weights are trained when blocks from `first_block` on are."""
    blocks = list(model.get_submodule("blocks").children())[first_block:]
    trained = [*blocks, *_sides(model)]
    return sum(parameter.numel() for part in trained for parameter in part.parameters())


def _groups(model: nn.Module, fresh: list[nn.Module], recipe: Recipe) -> list[dict[str, object]]:
    """Return a parameter group for each block, biases and norms without weight decay.

    The `fresh` parts beside the images are small, and are trained as fast as the head.
    """
    groups: list[dict[str, object]] = []
    blocks = [
        (block, block_factor(number, recipe.layer_decay))
        for number, block in enumerate(model.get_submodule("blocks").children())
    ]
    # The head comes last: its learning rate is shown.
    for part, factor in [*((part, 1.0) for part in fresh), *blocks]:
        for decays in (True, False):
            members = [value for value in part.parameters() if (value.ndim > 1) == decays]
            if members:
                decay = recipe.weight_decay if decays else 0.0
                groups.append({"params": members, "factor": factor, "weight_decay": decay})
    return groups


def _sides(model: nn.Module) -> list[nn.Module]:
    """Return the models of the streams beside the images."""
    return [part for name, part in model.named_children() if name != "blocks"]
