"""The model on the CPU: oneDNN computes each convolution together with the sum and the ReLU that follow.

PyTorch has operators for this, which its own compiler uses. They save passes over memory, and with one
thread they keep to the fast convolutions, where `Conv3d` takes slow ones for kernels of 1x1 pixel.
In fp32 the values are the same; in bf16 sums are rounded once instead of twice.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from bball_tag.checkpoint.model import Stem
from bball_tag.checkpoint.resnet import ResBlock


def can_fuse(device: torch.device, kind: torch.dtype) -> bool:
    """Say whether this build of PyTorch and this processor have these operators for numbers of this kind."""
    if device.type != "cpu" or not torch._C._has_mkldnn:
        return False
    if not hasattr(torch.ops.mkldnn, "_convolution_pointwise"):
        return False
    return kind == torch.float32 or (
        kind == torch.bfloat16 and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    )


def fused(half: nn.Sequential) -> nn.Sequential:
    """Replace the convolutions in one half of a model, in place; its norms must have been folded before."""
    for parent in list(half.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, Stem):
                setattr(parent, name, _fused_stem(child))
            elif isinstance(child, ResBlock):
                setattr(parent, name, _Block(child))
    return half


class _Convolution(nn.Module):
    """A convolution and what follows it: nothing or a ReLU, with or without other maps added before."""

    def __init__(self, conv: nn.Conv3d, then: str) -> None:
        super().__init__()
        self._then = then
        self._shape = conv.padding, conv.stride, conv.dilation, conv.groups
        # Brought into the order that oneDNN computes in, once.
        self._weight = torch.ops.mkldnn._reorder_convolution_weight(conv.weight.detach(), *self._shape)
        self._bias = None if conv.bias is None else conv.bias.detach()

    def forward(self, maps: Tensor, added: Tensor | None = None) -> Tensor:
        weights = self._weight, self._bias, *self._shape
        if added is None:
            found = torch.ops.mkldnn._convolution_pointwise(maps, *weights, self._then, [], "")
        else:
            found = torch.ops.mkldnn._convolution_pointwise.binary(
                maps, added, *weights, "add", 1.0, self._then, [], ""
            )
        return cast("Tensor", found)


class _Block(nn.Module):
    """A residual block: three convolutions, and what came in added to what comes out."""

    def __init__(self, block: ResBlock) -> None:
        super().__init__()
        inner, aside = block.branch2, block.branch1_conv
        self._aside = nn.Identity() if aside is None else _Convolution(aside, "none")
        self._first, self._second = _Convolution(inner.conv_a, "relu"), _Convolution(inner.conv_b, "relu")
        self._last = _Convolution(inner.conv_c, "relu")

    def forward(self, maps: Tensor) -> Tensor:
        return cast("Tensor", self._last(self._second(self._first(maps)), self._aside(maps)))


def _fused_stem(stem: Stem) -> nn.Sequential:
    conv = _Convolution(cast("nn.Conv3d", stem.get_submodule("conv")), "relu")
    return nn.Sequential(conv, stem.get_submodule("pool"))
