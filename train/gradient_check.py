"""bf16 is checked before it is trained with: one step's gradients, in both precisions.

On some processors torch's bf16 kernels are wrong for some shapes, and not every time: gradients that are not
finite, or that have nothing to do with the right ones.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from copy import deepcopy

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from bball_tag.checkpoint.contract import Precision

log = logging.getLogger("bball_tag.train")
MIN_COSINE = 0.5
"""Between the gradients of a block in bf16 and in fp32. Where bf16 is right, random and trained models of
width 8 to 64 give 0.97 or more, batches of two to four clips of 32x32 pixels 0.76 or more; garbage gives 0."""
_ATTEMPTS = 2
_MAX_CLIPS_ON_GPU = 4
"""Memory for a whole batch in fp32 may not be there."""
Loss = Callable[[Tensor, Tensor], Tensor]


def check_bf16(
    fabric: Fabric, model: nn.Module, batch: tuple[Tensor, Tensor], loss: Loss, *, fp32_stem: bool = False
) -> tuple[Precision, bool]:
    """Return the precision to train in, and whether the stem is computed in fp32, alike in all processes.

    Nothing is left of the check: it works on a copy of the model, and draws no random numbers.

    Args:
        fabric: The processes; each checks its own batch.
        model: On the device, with the stem that `bball_tag.checkpoint.model.build_model` gives it.
        batch: Clips to train on and their labels.
        loss: From logits and labels to a loss.
        fp32_stem: The stem is known to need fp32.
    """
    clips, labels = batch if fabric.device.type == "cpu" else (part[:_MAX_CLIPS_ON_GPU] for part in batch)
    expected = block_gradients(model, clips, labels, loss, autocast=False)
    for in_fp32 in (True,) if fp32_stem else (False, True):
        is_wrong = not all(
            agree(block_gradients(model, clips, labels, loss, autocast=True, fp32_stem=in_fp32), expected)
            for _ in range(_ATTEMPTS)
        )
        if not fabric.all_reduce(torch.tensor(float(is_wrong), device=fabric.device), reduce_op="sum"):
            if in_fp32 and not fp32_stem:
                log.warning("bf16 gradients of the stem are wrong on this machine: it is computed in fp32.")
            return "bf16", in_fp32
    log.warning("bf16 gradients are wrong on this machine: training in fp32, which is slower.")
    return "fp32", False


def block_gradients(
    model: nn.Module, clips: Tensor, labels: Tensor, loss: Loss, *, autocast: bool, fp32_stem: bool = False
) -> list[Tensor]:
    """Return the gradient of each block of a copy of `model`, flat, without dropout."""
    copy = deepcopy(model).train().requires_grad_()
    copy.get_submodule("blocks.5.dropout").p = 0.0  # type: ignore[assignment]
    copy.get_submodule("blocks.0").fp32 = fp32_stem  # type: ignore[assignment]
    with torch.autocast(clips.device.type, torch.bfloat16, enabled=autocast):
        logits = copy(clips)
    loss(logits.float(), labels).backward()  # type: ignore[no-untyped-call]
    return [
        torch.cat([value.grad.flatten() for value in block.parameters() if value.grad is not None])
        for block in copy.get_submodule("blocks").children()
    ]


def agree(found: list[Tensor], expected: list[Tensor]) -> bool:
    """Return whether gradients are finite and point where they should, block by block.

    A block that fp32 cannot judge, as its gradient is zero or not finite there too, agrees.
    """
    return all(
        cosine(one, other) >= MIN_COSINE
        for one, other in zip(found, expected, strict=True)
        if other.isfinite().all() and other.any()
    )


def cosine(one: Tensor, other: Tensor) -> float:
    """Return the cosine between two gradients; NaN where one is not finite."""
    one, other = one.double(), other.double()
    return float(one @ other / (one.norm() * other.norm()))
