"""Convolutions computed together with what follows: the same values as one after the other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import bball_tag.players.pose_model as pose_model
from bball_tag.onednn import Convolution, can_fuse, fuse, one_thread
from bball_tag.players.pose import PoseEstimator, open_pose

pytestmark = pytest.mark.skipif(
    not can_fuse(torch.device("cpu"), torch.float32), reason="this build of PyTorch has no oneDNN"
)
CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _fixed_seed():
    torch.manual_seed(0)


def close(one: torch.Tensor, other: torch.Tensor) -> None:
    torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("one_size", [True, False], ids=["one size", "any size"])
@pytest.mark.parametrize("then", [None, nn.ReLU(), nn.ReLU6()], ids=["nothing", "ReLU", "ReLU6"])
@pytest.mark.parametrize(
    "conv",
    [nn.Conv2d(96, 576, 1), nn.Conv2d(24, 24, 3, 2, padding=1, groups=24), nn.Conv3d(64, 96, 1, (1, 2, 2))],
    ids=["pointwise", "depthwise", "strided"],
)
@torch.inference_mode()
def test_values_are_those_of_the_modules_one_after_the_other_for_maps_of_any_size(conv, then, one_size):
    both = Convolution(conv, then, one_size=one_size)
    for number, side in ((4, 8), (1, 8), (2, 14)):
        sides = (side,) * (conv.weight.dim() - 2)
        maps = 8 * torch.randn(number, conv.in_channels, *sides)
        expected = conv(maps)
        close(both(maps), expected if then is None else then(expected))


@torch.inference_mode()
def test_other_maps_are_added_before_the_relu():
    conv = nn.Conv3d(16, 64, 1)
    maps, others = torch.randn(2, 16, 4, 7, 5), torch.randn(2, 64, 4, 7, 5)
    close(Convolution(conv, nn.ReLU())(maps, others), (conv(maps) + others).relu())


@torch.inference_mode()
def test_values_hang_neither_on_what_came_first_nor_on_threads_that_come_at_once():
    conv = nn.Conv3d(64, 128, 1, (1, 2, 2))
    maps = torch.randn(4, 64, 8, 14, 10).contiguous(memory_format=torch.channels_last_3d)
    with one_thread():
        expected = Convolution(conv)(maps)
        first_small = Convolution(conv)
        first_small(maps[:1, :, :1])
        assert torch.equal(first_small(maps), expected)
        assert torch.equal(Convolution(conv, one_size=False)(maps), expected)
    shared = Convolution(conv)

    @torch.inference_mode()
    def computed(_: int) -> torch.Tensor:
        with one_thread():
            return shared(maps)

    with ThreadPoolExecutor(4) as threads:
        assert all(torch.equal(found, expected) for found in threads.map(computed, range(16)))


@torch.inference_mode()
def test_fusing_reaches_convolutions_within_sequences_and_leaves_the_rest():
    model = nn.Sequential(
        nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU6()),
        nn.Sequential(nn.Conv2d(8, 8, 1), nn.MaxPool2d(2), nn.ReLU()),
        nn.Conv2d(8, 4, 1),
    ).eval()
    images = torch.randn(2, 3, 16, 16)
    expected = model(images)
    assert fuse(model) is model
    close(model(images), expected)
    assert not any(isinstance(part, nn.Conv2d) for part in model.modules())
    assert sum(isinstance(part, Convolution) for part in model.modules()) == 3


def test_one_thread_gives_back_what_there_was():
    before = torch.get_num_threads()
    with one_thread():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before


def test_keypoints_are_the_same_where_nothing_can_be_fused(monkeypatch):
    packaged = Path(pose_model.__file__).with_name("pose_landmark_lite.safetensors")
    images = list(np.random.default_rng(0).integers(0, 256, (5, 150, 70, 3), np.uint8))
    found = open_pose().keypoints(images)
    monkeypatch.setattr(pose_model, "can_fuse", lambda device, kind: False)
    plain = PoseEstimator(packaged).keypoints(images)
    np.testing.assert_allclose(found, plain, atol=1e-3)
