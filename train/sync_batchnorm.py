"""BatchNorm over the clips of all processes, on the CPU."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, distributed, nn


class SharedBatchNorm(nn.BatchNorm3d):
    """What `nn.SyncBatchNorm` does on GPUs only: every process normalises by the clips of all.

    Without it each process would know the statistics of its own part of a batch alone, and two
    processes would train another model than one. Every process must have as many clips.
    """

    def forward(self, maps: Tensor) -> Tensor:
        """Normalise (N, C, T, H, W); while training, by the mean and variance over all processes."""
        if not self.training:
            return super().forward(maps)
        assert self.running_mean is not None
        assert self.running_var is not None
        values = maps.float()
        mean = _mean(values.mean((0, 2, 3, 4)))
        centred = values - mean[:, None, None, None]
        variance = _mean(centred.square().mean((0, 2, 3, 4)))
        with torch.no_grad():
            momentum = self.momentum or 0.0
            count = distributed.get_world_size() * maps.numel() / maps.shape[1]
            self.running_mean.lerp_(mean, momentum)
            self.running_var.lerp_(variance * count / max(count - 1, 1), momentum)
            if self.num_batches_tracked is not None:
                self.num_batches_tracked += 1
        scale = self.weight * (variance + self.eps).rsqrt()
        normal: Tensor = centred * scale[:, None, None, None] + self.bias[:, None, None, None]
        return normal.to(maps.dtype)


class _Sum(torch.autograd.Function):
    """Sum over all processes; so is the gradient, as what one has goes into the losses of all."""

    @staticmethod
    def forward(context: Any, own: Tensor) -> Tensor:
        total = own.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:
        total: Tensor = _Sum.apply(gradient)
        return total


def _mean(own: Tensor) -> Tensor:
    """Return the mean over all processes; gradients flow back to each."""
    total: Tensor = _Sum.apply(own)
    return total / distributed.get_world_size()


def shared_norms(model: nn.Module, *, on_gpu: bool) -> nn.Module:
    """Return `model` with every BatchNorm shared between processes; the weights keep their names."""
    if on_gpu:
        return nn.SyncBatchNorm.convert_sync_batchnorm(model)  # type: ignore[no-any-return, no-untyped-call]
    for module in list(model.modules()):
        for name, child in module.named_children():
            if type(child) is nn.BatchNorm3d:
                shared = SharedBatchNorm(child.num_features, child.eps, child.momentum)
                shared.load_state_dict(child.state_dict())
                setattr(module, name, shared)
    return model
