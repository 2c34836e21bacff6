"""pytorchvideo's ResNet, without what makes importing and building it slow.

pytorchvideo imports torchvision for detection alone, and drawing random values on torch's meta device loads
torch's compiler: together three times as long as importing torch itself.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

_TORCHVISION = ("torchvision", "torchvision.ops")
_DRAWS = (torch.Tensor.normal_, torch.Tensor.uniform_)


def _roi_align(*args: object, **options: object) -> Any:
    """Build torchvision's RoIAlign, imported when somebody does."""
    from torchvision.ops import RoIAlign

    return RoIAlign(*args, **options)


@contextmanager
def _torchvision_later() -> Iterator[None]:
    """Stand in for torchvision within the block, unless it is loaded already."""
    if any(name in sys.modules for name in _TORCHVISION):
        yield
        return
    modules = {name: ModuleType(name) for name in _TORCHVISION}
    modules["torchvision.ops"].RoIAlign = _roi_align  # type: ignore[attr-defined]
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name, module in modules.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]


class _Undrawn(TorchFunctionMode):
    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        return args[0] if func in _DRAWS else func(*args, **(kwargs or {}))


@contextmanager
def without_values() -> Iterator[None]:
    """Build models within the block without values, for others to be filled in."""
    with torch.device("meta"), _Undrawn():
        yield


with warnings.catch_warnings(), _torchvision_later():
    # pytorchvideo decorates with torch.jit.script, which announces its end at import.
    warnings.simplefilter("ignore")
    from pytorchvideo.models.resnet import ResBlock, create_resnet

__all__ = ["ResBlock", "create_resnet", "without_values"]
