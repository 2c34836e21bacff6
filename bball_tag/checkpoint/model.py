"""slow_r50 with our labels: build, load, save, and its per-frame and per-clip halves."""

from __future__ import annotations

import math
from collections import OrderedDict
from contextlib import nullcontext
from pathlib import Path
from typing import cast

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from bball_tag.checkpoint.backbone import KEPT_ROWS, read_tensors
from bball_tag.checkpoint.contract import Contract, Stream, read_contract, to_header
from bball_tag.checkpoint.resnet import create_resnet, without_values
from bball_tag.checkpoint.streams import Joined, side_models
from bball_tag.checkpoint.zoo import download_kinetics, kinetics_tensors
from bball_tag.clips import ClipSpec
from bball_tag.errors import CheckpointError
from bball_tag.files import replacing
from bball_tag.timecode import listed

NUM_FRAME_BLOCKS = 3
"""Blocks 0 to 2 (stem, res2, res3) look at one frame at a time; 3 to 5 (res4, res5, head) over time."""
_BLOCKS = "blocks."
"""How the names of slow_r50's weights begin; all others are those of the streams beside it."""
_LAST_LAYER = f"{_BLOCKS}5.proj."
_POOL_STEP = 32


def build_model(
    num_labels: int, clip: ClipSpec, width: int = 64, streams: tuple[Stream, ...] = ("rgb",)
) -> nn.Module:
    """Build slow_r50 (Feichtenhofer et al., SlowFast, 2019) for `clip`, with logits for outputs.

    Args:
        num_labels: Outputs.
        clip: Any number of frames and any size from 32x32 up; the head's pool follows the last map.
        width: Channels after the stem; 64 is slow_r50 itself.
        streams: What else is looked at: see `bball_tag.checkpoint.streams`.

    Returns:
        A model from float (N, 3, T, H, W) to logits (N, num_labels), where T counts the context too. With
        more streams than rgb, a `Joined`.
    """
    model: nn.Module = create_resnet(
        model_depth=50,
        model_num_class=num_labels,
        stem_dim_out=width,
        stem_conv_kernel_size=(1, 7, 7),
        head_pool_kernel_size=(clip.num_frames, *map_size(clip)),
        head_activation=None,
    )
    blocks = _blocks(model)
    blocks[0] = Stem(OrderedDict(blocks[0].named_children()))
    if clip.context_frames:
        head = blocks[-1]
        head.pool = nn.Sequential(_WithoutContext(clip.context_frames), cast("nn.Module", head.pool))
    sides = side_models(streams, num_labels, clip)
    return Joined(blocks, sides) if sides else model


def map_size(clip: ClipSpec) -> tuple[int, int]:
    """Return the height and width of the last maps."""
    return math.ceil(clip.height / _POOL_STEP), math.ceil(clip.width / _POOL_STEP)


class Stem(nn.Sequential):
    """conv, norm, activation and pool, which can be computed in fp32 where all else is computed in bf16."""

    fp32 = False
    """Compute outside of autocast, where torch's bf16 gradient of the 1x7x7 convolution is wrong."""

    def forward(self, images: Tensor) -> Tensor:
        """Return the maps (N, C, T, h, w) of images (N, 3, T, H, W)."""
        with torch.autocast(images.device.type, enabled=False) if self.fp32 else nullcontext():
            maps: Tensor = super().forward(images)  # type: ignore[no-untyped-call]
        return maps


class _WithoutContext(nn.Module):
    """Drops the context: from maps (N, C, T, h, w) to those of the clip's own frames."""

    def __init__(self, context_frames: int) -> None:
        super().__init__()
        self._context = context_frames

    def forward(self, maps: Tensor) -> Tensor:
        return maps[:, :, self._context : -self._context]


def frame_half(model: nn.Module) -> nn.Sequential:
    """Return stem, res2 and res3, whose output for a frame does not depend on its neighbours.

    Raises:
        CheckpointError: A layer in them looks at more than one frame, so that clips cannot share its output.
    """
    blocks = nn.Sequential(*_blocks(model)[:NUM_FRAME_BLOCKS])
    for name, layer in blocks.named_modules():
        sizes = getattr(layer, "kernel_size", 1), getattr(layer, "stride", 1)
        if any((size[0] if isinstance(size, tuple) else size) != 1 for size in sizes):
            raise CheckpointError(f"The layer {name} looks at several frames at once.")
    return blocks


def time_half(model: nn.Module) -> nn.Sequential:
    """Return res4, res5 and the head's layer: from the features of T frames to outputs (N, T, K + C) of each.

    The head averages a clip's maps and then applies a linear layer. Averaging over the frame only, and the
    outputs over a clip's frames, gives the same, and lets clips that overlap share them. The outputs are the
    frame's logits, and behind them what goes into the layer: the clip's feature, once averaged.
    """
    *body, head = _blocks(model)[NUM_FRAME_BLOCKS:]
    return nn.Sequential(*body, _FrameHead(cast("nn.Linear", head.get_submodule("proj"))))


class _FrameHead(nn.Module):
    """From maps (N, C, T, h, w) to the outputs (N, T, K + C) of each frame, in 32-bit floats."""

    def __init__(self, proj: nn.Linear) -> None:
        super().__init__()
        self.proj = proj.float()

    def forward(self, maps: Tensor) -> Tensor:
        pooled = maps.float().mean(dim=(3, 4)).transpose(1, 2)
        return torch.cat([self.proj(pooled), pooled], dim=2)


def fold_norms(model: nn.Module) -> nn.Module:
    """Merge every BatchNorm into the convolution before it, in place: the same outputs with less to compute.

    Only for inference; the model must be in evaluation mode.
    """
    for parent in list(model.modules()):
        for name, conv in list(parent.named_children()):
            norm_name = name.replace("conv", "norm")
            norm = getattr(parent, norm_name, None)
            if isinstance(conv, nn.Conv3d) and isinstance(norm, nn.BatchNorm3d):
                setattr(parent, name, fuse_conv_bn_eval(conv, norm))
                setattr(parent, norm_name, nn.Identity())
    return model


def normalise(images: Tensor, clip: ClipSpec) -> Tensor:
    """Turn uint8 images (N, T, H, W, 3) into the model's input, float (N, 3, T, H, W)."""
    mean = torch.tensor(clip.mean, device=images.device) * 255
    scale = 1 / (torch.tensor(clip.std, device=images.device) * 255)
    return ((images.float() - mean) * scale).permute(0, 4, 1, 2, 3)


def save_checkpoint(path: Path, model: nn.Module, contract: Contract, *, half: bool = False) -> None:
    """Write weights and contract; the file appears whole or not at all.

    Args:
        path: Where to, ending in `.safetensors`.
        model: A model made by `build_model`.
        contract: What it promises.
        half: Store the weights as 16-bit floats: half the size, the same labels.
    """
    kind = torch.float16 if half else torch.float32
    tensors = {
        name: (value.to(kind) if value.is_floating_point() else value).detach().cpu().contiguous()
        for name, value in model.state_dict().items()
    }
    with replacing(path) as draft:
        save_file(tensors, draft, to_header(contract))


def load_model(path: Path, contract: Contract) -> nn.Module:
    """Return the model of a checkpoint, in evaluation mode on the CPU.

    Raises:
        CheckpointError: The file is damaged, or its tensors do not fit `contract`.
    """
    tensors = _tensors(path)
    with without_values():
        # Without values: drawing random ones takes longer than reading the stored ones.
        model = build_model(len(contract.labels), contract.clip, contract.width, contract.streams)
    outputs = tensors.get(f"{_LAST_LAYER}weight")
    if outputs is not None and len(outputs) != len(contract.labels):
        raise CheckpointError(
            f"Cannot use {path}: it promises {len(contract.labels)} labels but has {len(outputs)} outputs."
        )
    _fill(model, tensors, path)
    return model.eval()


def load_kinetics(model: nn.Module, path: Path | None = None) -> None:
    """Initialise all but the last layer from Kinetics-400 weights (`SLOW_8x8_R50.pyth`).

    Args:
        model: A model of width 64.
        path: The file; None downloads it once into torch's own cache.

    Raises:
        CheckpointError: It cannot be downloaded or read, or does not fit.
    """
    source = download_kinetics() if path is None else path
    stored = kinetics_tensors(source)
    kept = {
        name: value
        for name, value in model.state_dict().items()
        if name.startswith(_LAST_LAYER) or not name.startswith(_BLOCKS)
    }
    _fill(model, {**stored, **kept}, source)


def load_weights(model: nn.Module, path: Path) -> None:
    """Initialise `model` from another of our checkpoints, the last layers only if it has as many labels.

    A stream that only one of them has stays as it is, or is left out.

    Raises:
        CheckpointError: It is not a checkpoint of ours, or its width is another.
    """
    read_contract(path)
    own, stored = model.state_dict(), _tensors(path)
    tensors = {name: value for name, value in stored.items() if name in own or name.startswith(_BLOCKS)}
    for name, value in own.items():
        is_side = not name.startswith(_BLOCKS)
        if is_side and name not in tensors:
            tensors[name] = value
        elif (is_side or name.startswith(_LAST_LAYER)) and name in tensors:
            tensors[name] = tensors[name] if tensors[name].shape == value.shape else value
    _fill(model, tensors, path)


def _tensors(path: Path) -> dict[str, Tensor]:
    tensors = read_tensors(path, load_file)
    # About the features that are stored, not a weight.
    tensors.pop(KEPT_ROWS, None)
    return tensors


def _blocks(model: nn.Module) -> nn.ModuleList:
    return cast("nn.ModuleList", model.get_submodule("blocks"))


def _fill(model: nn.Module, tensors: dict[str, Tensor], source: Path) -> None:
    """Load `tensors`, or say which are missing or of another shape."""
    own = model.state_dict()
    missing = sorted(own.keys() - tensors.keys())
    strange = sorted(tensors.keys() - own.keys())
    misshapen = sorted(name for name in own.keys() & tensors.keys() if own[name].shape != tensors[name].shape)
    for what, names in (("lacks", missing), ("has unknown", strange), ("has misshapen", misshapen)):
        if names:
            raise CheckpointError(f"Cannot use {source}: it {what} tensors: {listed(names, 3)}.")
    # Copied, as what is read lies in the file, which may be deleted later.
    filled = {name: value.to(own[name].dtype, copy=True) for name, value in tensors.items()}
    if broken := sorted(name for name, value in filled.items() if not torch.isfinite(value).all()):
        raise CheckpointError(
            f"Cannot use {source}: its weights are not all numbers ({broken[0]}). The training that made it "
            "went wrong, or the file is damaged."
        )
    model.load_state_dict(filled, assign=any(value.is_meta for value in own.values()))
