"""slow_r50 on the CPU: each convolution is computed together with the sum and the ReLU that follow."""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn

from bball_tag.checkpoint.model import Stem
from bball_tag.checkpoint.resnet import ResBlock
from bball_tag.onednn import Convolution


def fused(half: nn.Sequential, *, one_size: bool) -> nn.Sequential:
    """Replace the convolutions in one half of a model, in place; its norms must have been folded before.

    Args:
        half: Of a model on the CPU.
        one_size: All that comes in will be as large as what comes first, but for how many.
    """
    for parent in list(half.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, Stem):
                setattr(parent, name, _fused_stem(child, one_size=one_size))
            elif isinstance(child, ResBlock):
                setattr(parent, name, _Block(child, one_size=one_size))
    return half


class _Block(nn.Module):
    """A residual block: three convolutions, and what came in added to what comes out."""

    def __init__(self, block: ResBlock, *, one_size: bool) -> None:
        super().__init__()
        inner, aside = block.branch2, block.branch1_conv
        self._aside = nn.Identity() if aside is None else Convolution(aside, one_size=one_size)
        self._first, self._second, self._last = (
            Convolution(conv, nn.ReLU(), one_size=one_size)
            for conv in (inner.conv_a, inner.conv_b, inner.conv_c)
        )

    def forward(self, maps: Tensor) -> Tensor:
        return cast("Tensor", self._last(self._second(self._first(maps)), self._aside(maps)))


def _fused_stem(stem: Stem, *, one_size: bool) -> nn.Sequential:
    conv = Convolution(cast("nn.Conv3d", stem.get_submodule("conv")), nn.ReLU(), one_size=one_size)
    return nn.Sequential(conv, stem.get_submodule("pool"))
