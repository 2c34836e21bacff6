"""The lite pose landmark model of MediaPipe, computed by PyTorch: image in, landmarks out.

BlazePose: On-device Real-time Body Pose Tracking, Bazarevsky, Grishchenko, Raveendran, Zhu, Zhang, Grundmann,
arXiv:2006.10204. OpenCV reads the published file, but takes much longer for its large depthwise
convolutions. Only what leads to the landmarks is here: no heat maps, no segmentation.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor, nn
from torch.nn import functional

from bball_tag.onednn import can_fuse, fuse

LANDMARKS, VALUES = 39, 5
"""What it answers: x, y and z in pixels of its input, and visibility and presence as logits."""
SIZE = 256
"""Side of its square input, in pixels."""


class _Shape(NamedTuple):
    wide: int
    """Channels inside the block."""
    out: int
    kernel: int
    stride: int


_BLOCKS = (
    _Shape(32, 16, 3, 2),
    _Shape(96, 16, 3, 1),
    _Shape(96, 24, 5, 2),
    _Shape(144, 24, 5, 1),
    _Shape(144, 40, 3, 2),
    _Shape(240, 40, 3, 1),
    _Shape(240, 40, 3, 1),
    _Shape(240, 56, 5, 1),
    _Shape(336, 56, 5, 1),
    _Shape(336, 56, 5, 1),
    _Shape(336, 96, 5, 2),
    _Shape(576, 96, 5, 1),
    _Shape(576, 96, 5, 1),
    _Shape(576, 96, 5, 1),
)
_HEAD_WIDTH = 192
_HEAD_STRIDES = (2, 1, 1, 2, 1, 1, 1)


class PoseModel(nn.Module):
    """From images (N, 3, 256, 256), RGB from 0 to 1, to landmarks (N, 39, 5)."""

    def __init__(self) -> None:
        super().__init__()
        blocks = [_Block(before, shape) for before, shape in zip(_inputs(), _BLOCKS, strict=True)]
        last, wide = _BLOCKS[-1].out, _BLOCKS[-1].wide
        self.body = nn.Sequential(
            _active(_conv(3, 24, 3, 2)),
            _active(_depthwise(24, 3)),
            _conv(24, 8),
            *blocks,
            _active(_conv(last, wide)),
            _active(_depthwise(wide, 3)),
            _active(_depthwise(wide, 3)),
            _active(_conv(wide, _HEAD_WIDTH)),
        )
        self.head = nn.Sequential(*(_HeadBlock(stride) for stride in _HEAD_STRIDES))
        self.last = nn.Conv2d(_HEAD_WIDTH, LANDMARKS * VALUES, 2)

    def forward(self, images: Tensor) -> Tensor:
        maps = self.last(self.head(self.body(images)))
        return cast("Tensor", maps.view(-1, LANDMARKS, VALUES))


def load_model(content: bytes) -> PoseModel:
    """Return the model with the weights of a safetensors file, in evaluation mode on the CPU.

    Its input is always of one number of images, computed by one thread.

    Raises:
        ValueError: It is damaged, or of another model.
    """
    model = PoseModel()
    try:
        model.load_state_dict(load(content))
    except SafetensorError as error:
        raise ValueError("it is damaged, or no safetensors file") from error
    except RuntimeError as error:
        raise ValueError("its weights are of another model") from error
    model.eval().to(memory_format=torch.channels_last)
    return fuse(model) if can_fuse(torch.device("cpu"), torch.float32) else model


class _Block(nn.Module):
    """An inverted residual block of MobileNetV2 (arXiv:1801.04381)."""

    def __init__(self, before: int, shape: _Shape) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            _active(_conv(before, shape.wide)),
            _active(_depthwise(shape.wide, shape.kernel, shape.stride)),
            _conv(shape.wide, shape.out),
        )
        self._adds = shape.stride == 1 and shape.out == before

    def forward(self, maps: Tensor) -> Tensor:
        found = cast("Tensor", self.layers(maps))
        return found + maps if self._adds else found


class _HeadBlock(nn.Module):
    """A depthwise separable block; what came in is added, the largest of four values where it halves."""

    def __init__(self, stride: int) -> None:
        super().__init__()
        self._halves = stride == 2
        # TensorFlow pads a kernel of three that takes steps of two on one side only.
        self.deep = nn.Conv2d(
            _HEAD_WIDTH, _HEAD_WIDTH, 3, stride, padding=0 if self._halves else 1, groups=_HEAD_WIDTH
        )
        self.point = _conv(_HEAD_WIDTH, _HEAD_WIDTH)

    def forward(self, maps: Tensor) -> Tensor:
        padded = functional.pad(maps, (0, 1, 0, 1)) if self._halves else maps
        aside = functional.max_pool2d(maps, 2) if self._halves else maps
        found = cast("Tensor", self.point(functional.relu6(self.deep(padded))))
        return functional.relu6(aside + found)


def _inputs() -> list[int]:
    """Return the channels that come into each block."""
    return [8, *(shape.out for shape in _BLOCKS[:-1])]


def _conv(before: int, after: int, kernel: int = 1, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(before, after, kernel, stride, padding=kernel // 2)


def _depthwise(channels: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(channels, channels, kernel, stride, padding=kernel // 2, groups=channels)


def _active(conv: nn.Conv2d) -> nn.Sequential:
    return nn.Sequential(conv, nn.ReLU6(inplace=True))
