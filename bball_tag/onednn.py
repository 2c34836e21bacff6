"""Convolutions on the CPU as oneDNN computes them: together with the sum and the ReLU that follow.

PyTorch has operators for this, which its own compiler uses. They save passes over memory, and with one
thread they keep to the fast convolutions, where PyTorch's modules take slow ones for kernels of 1x1 pixel.
In fp32 sums may be taken in another order; in bf16 they are rounded once instead of twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar, cast

import torch
from torch import Tensor, nn

M = TypeVar("M", bound=nn.Module)

_LAST = {4: torch.channels_last, 5: torch.channels_last_3d}
"""The order of weights and maps, by the number of their dimensions."""
_THEN: dict[type[nn.Module], tuple[str, list[float]]] = {
    nn.Identity: ("none", []),
    nn.ReLU: ("relu", []),
    nn.ReLU6: ("hardtanh", [0.0, 6.0]),
}
"""oneDNN's names for what may follow."""


def can_fuse(device: torch.device, kind: torch.dtype) -> bool:
    """Say whether this build of PyTorch and this processor have these operators for numbers of this kind."""
    if device.type != "cpu" or not torch._C._has_mkldnn:
        return False
    if not hasattr(torch.ops.mkldnn, "_convolution_pointwise"):
        return False
    return kind == torch.float32 or (
        kind == torch.bfloat16 and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    )


class Convolution(nn.Module):
    """A convolution and what follows it: nothing or a ReLU, with or without other maps added before."""

    def __init__(
        self, conv: nn.Conv2d | nn.Conv3d, then: nn.Module | None = None, *, one_size: bool = True
    ) -> None:
        """Compute with the weights of `conv`.

        Args:
            conv: The convolution.
            then: What follows: `ReLU`, `ReLU6` or nothing.
            one_size: All maps will be as large as the first ones, whatever their number.
        """
        super().__init__()
        self._then, self._limits = _THEN[type(then or nn.Identity())]
        self._shape = conv.padding, conv.stride, conv.dilation, conv.groups
        # oneDNN wants weights in an order that depends on the size of the maps, and brings them there at each
        # call. From this order that is quick; from one for another size it can take longer than all else.
        self._weight = conv.weight.detach().contiguous(memory_format=_LAST[conv.weight.dim()])
        self._to_order = self._weight if one_size else None
        self._bias = None if conv.bias is None else conv.bias.detach()

    def forward(self, maps: Tensor, added: Tensor | None = None) -> Tensor:
        """Return what comes of `maps`; `added` are of its shape, and only a ReLU may follow them."""
        if (weight := self._to_order) is not None:
            # The values are the same in any order: two threads that come here at once do no harm.
            # The order is one for a number of threads too, and a part usually has one.
            size = list(maps.shape)
            with one_thread():
                self._weight = torch.ops.mkldnn._reorder_convolution_weight(weight, *self._shape, size)
            self._to_order = None
        weights = self._weight, self._bias, *self._shape
        if added is None:
            found = torch.ops.mkldnn._convolution_pointwise(maps, *weights, self._then, self._limits, "")
        else:
            found = torch.ops.mkldnn._convolution_pointwise.binary(
                maps, added, *weights, "add", 1.0, self._then, self._limits, ""
            )
        return cast("Tensor", found)


def fuse(model: M) -> M:
    """Replace the convolutions within a model, in place, each with the ReLU that follows it in a sequence.

    Its input must always be of one size.
    """
    for name, child in list(model.named_children()):
        kinds = [type(part) for part in child] if isinstance(child, nn.Sequential) else []
        if kinds in ([nn.Conv2d, nn.ReLU], [nn.Conv2d, nn.ReLU6]):
            setattr(model, name, Convolution(*cast("nn.Sequential", child)))
        elif isinstance(child, nn.Conv2d):
            setattr(model, name, Convolution(child))
        else:
            fuse(child)
    return model


@contextmanager
def one_thread() -> Iterator[None]:
    """Let one thread compute each operation within the block."""
    cores = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(cores)
