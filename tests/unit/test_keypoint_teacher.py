"""While images are trained, they are also asked where the body's keypoints are."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest
import torch

from bball_tag.checkpoint.model import build_model, normalise
from bball_tag.checkpoint.streams import Joined
from bball_tag.clips import ClipSpec
from train.keypoint_teacher import Taught, keypoint_loss

SPEC = ClipSpec(num_frames=4, fps=12.5, height=64, width=64)


def taught(spec: ClipSpec = SPEC) -> Taught:
    torch.manual_seed(0)
    return Taught(cast("Joined", build_model(2, spec, width=4, streams=("rgb", "pose"))), spec)


def spots(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Clips of a white square, left or right, up or down, and keypoints that are all in its middle."""
    rng = np.random.default_rng(1)
    images = np.zeros((count, 4, 64, 64, 3), np.uint8)
    keypoints = np.ones((count, 4, 13, 3), np.float32)
    for number, (across, down) in enumerate(rng.integers(0, 2, (count, 2)).tolist()):
        images[number, :, 32 * down : 32 * down + 32, 32 * across : 32 * across + 32] = 255
        keypoints[number, ..., 0], keypoints[number, ..., 1] = 0.25 + across / 2, 0.25 + down / 2
    return normalise(torch.from_numpy(images), SPEC), torch.from_numpy(keypoints)


def test_the_images_learn_where_keypoints_are():
    model = taught().train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    clips, keypoints = spots(32)
    for _ in range(30):
        _, places = model(clips)
        loss = keypoint_loss(places, keypoints)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    _, places = model(clips)
    off = (places - (keypoints[..., :2] - 0.5)).abs().mean()
    assert off < 0.1, "a guess is off by 0.25"
    first = model.model.blocks[0].conv.weight.grad
    assert first is not None
    assert first.abs().sum() > 0, "the images' own weights learn from it too"


def test_logits_are_those_of_the_model_alone():
    model = taught().eval()
    clips, keypoints = spots(2)
    with torch.inference_mode():
        assert model(clips, keypoints)[0].equal(model.model(clips, keypoints))


def test_frames_of_context_have_no_keypoints():
    model = taught(ClipSpec(num_frames=4, fps=12.5, height=64, width=64, context_frames=2)).eval()
    with torch.inference_mode():
        _, places = model(torch.zeros(1, 3, 8, 64, 64))
    assert places.shape == (1, 4, 13, 2)


def test_only_keypoints_that_are_seen_count():
    keypoints = torch.zeros(1, 1, 13, 3)
    keypoints[0, 0, 0] = torch.tensor([0.75, 0.5, 1.0])
    keypoints[0, 0, 1] = torch.tensor([0.9, 0.9, 0.1])
    places = torch.zeros(1, 1, 13, 2)
    # Off by 0.25 along and 0 down: 0.25 - 0.05 / 2 beyond the squares, times 5, over two numbers and one.
    assert keypoint_loss(places, keypoints).item() == pytest.approx(5 * 0.225 / 3)
    assert keypoint_loss(places, torch.zeros(1, 1, 13, 3)).item() == 0
