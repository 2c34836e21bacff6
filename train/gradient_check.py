"""bf16 is checked before it is trained with: one step's gradients, in both precisions.

On some CPUs torch's bf16 kernels are wrong for some shapes, and not every time: gradients that are not
finite, or that have nothing to do with the right ones.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from copy import deepcopy

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from bball_tag.checkpoint.contract import Precision
from bball_tag.checkpoint.streams import image_logits

log = logging.getLogger("bball_tag.train")
MIN_COSINE = 0.5
"""Between the gradients of a layer in bf16 and in fp32. Where bf16 is right, random and trained models of
width 8 to 64 give 0.91 or more, batches of four clips of 32x32 pixels 0.84 or more; garbage gives about 0."""
_SCALE = 0.03
"""Enough to see what a fresh branch computes; with a larger scale, fresh models amplify every rounding."""
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
    expected = layer_gradients(model, clips, labels, loss, autocast=False)
    for in_fp32 in (True,) if fp32_stem else (False, True):
        is_wrong = not all(
            agree(layer_gradients(model, clips, labels, loss, autocast=True, fp32_stem=in_fp32), expected)
            for _ in range(_ATTEMPTS)
        )
        if not fabric.all_reduce(torch.tensor(float(is_wrong), device=fabric.device), reduce_op="sum"):
            if in_fp32 and not fp32_stem:
                log.warning("bf16 gradients of the stem are wrong on this machine: it is computed in fp32.")
            return "bf16", in_fp32
    log.warning("bf16 gradients are wrong on this machine: training in fp32, which is slower.")
    return "fp32", False


def layer_gradients(
    model: nn.Module, clips: Tensor, labels: Tensor, loss: Loss, *, autocast: bool, fp32_stem: bool = False
) -> dict[str, Tensor]:
    """Return the gradient of the weights of each layer of a copy of `model`, without dropout."""
    copy = deepcopy(model).train().requires_grad_()
    copy.get_submodule("blocks.5.dropout").p = 0.0  # type: ignore[assignment]
    copy.get_submodule("blocks.0").fp32 = fp32_stem  # type: ignore[assignment]
    for layer in copy.modules():
        if isinstance(layer, nn.BatchNorm3d) and not layer.weight.any():
            # The last scale of a fresh branch is 0: nothing would reach its layers.
            nn.init.constant_(layer.weight, _SCALE)
    with torch.autocast(clips.device.type, torch.bfloat16, enabled=autocast):
        # The streams beside the images compute in fp32, whatever is asked for.
        logits = image_logits(copy, clips)
    loss(logits.float(), labels).backward()  # type: ignore[no-untyped-call]
    weights = {name: value for name, value in copy.named_parameters() if value.ndim > 1}
    return {name: value.grad.double().flatten() for name, value in weights.items() if value.grad is not None}


def agree(found: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> bool:
    """Return whether gradients are finite and point where they should, layer by layer.

    A layer that fp32 cannot judge, as its gradient is zero or not finite there too, agrees.
    """
    return all(
        nn.functional.cosine_similarity(found[name], gradient, dim=0, eps=0.0) >= MIN_COSINE
        for name, gradient in expected.items()
        if gradient.isfinite().all() and gradient.any()
    )
