"""While images are trained, they also learn where the body's keypoints and the ball are."""

from __future__ import annotations

import math
from typing import cast

import numpy as np
import pytest
import torch

from bball_tag.checkpoint.model import build_model, normalise
from bball_tag.checkpoint.streams import Joined
from bball_tag.clips import ClipSpec
from train.teacher import Taught, taught_loss

SPEC = ClipSpec(num_frames=4, fps=12.5, height=64, width=32)
BALL = 13
CELLS = 8 * 4


def taught(spec: ClipSpec = SPEC) -> Taught:
    torch.manual_seed(0)
    return Taught(cast("Joined", build_model(2, spec, width=4, streams=("rgb", "pose"))), spec)


def spots(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Clips with a white square in one of two places, or none, where all keypoints and the ball are."""
    images = np.zeros((count, 4, 64, 32, 3), np.uint8)
    points = np.zeros((count, 4, 14, 3), np.float32)
    for number in range(count):
        place = number % 3
        if place < 2:
            images[number, :, 32 * place : 32 * place + 32, 16 * place : 16 * place + 16] = 255
            points[number] = 0.25 + place / 2, 0.25 + place / 2, 1
    return normalise(torch.from_numpy(images), SPEC), torch.from_numpy(points)


def test_the_images_learn_where_keypoints_and_ball_are():
    model = taught().train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    clips, points = spots(24)
    for _ in range(40):
        _, places, cells = model(clips)
        loss = taught_loss(places, cells, points, SPEC)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    seen = points[..., 0, 2] > 0
    off = (places - (points[..., :BALL, :2] - 0.5)).abs()[seen].mean()
    assert off < 0.1, "a guess is off by 0.25"
    # Of 8 rows of 4 cells: a quarter along and down, three quarters along and down, and none.
    expected = torch.tensor([2 * 4 + 1, 6 * 4 + 3, CELLS])[torch.arange(24) % 3]
    right = (cells.argmax(dim=2) == expected[:, None]).float().mean()
    assert right > 0.9, "a guess is right a third of the time"
    first = model.model.get_parameter("blocks.0.conv.weight").grad
    assert first is not None
    assert first.abs().sum() > 0, "the images' own weights learn from it too"


def test_logits_are_those_of_the_model_alone():
    model = taught().eval()
    clips, points = spots(2)
    keypoints = points[..., :BALL, :]
    with torch.inference_mode():
        assert model(clips, keypoints)[0].equal(model.model(clips, keypoints))


def test_frames_of_context_are_not_asked():
    model = taught(ClipSpec(num_frames=4, fps=12.5, height=64, width=32, context_frames=2)).eval()
    with torch.inference_mode():
        _, places, cells = model(torch.zeros(1, 3, 8, 64, 32))
    assert places.shape == (1, 4, 13, 2)
    assert cells.shape == (1, 4, CELLS + 1)


def test_what_is_not_known_costs_nothing():
    points = torch.zeros(1, 2, 14, 3)
    points[0, 0, 0] = torch.tensor([0.75, 0.5, 1.0])
    points[0, 0, 1] = torch.tensor([0.9, 0.9, 0.1])
    # Doubtful where the ball is at first, then surely nowhere.
    points[0, 0, BALL] = torch.tensor([0.1, 0.1, 0.5])
    places, cells = torch.zeros(1, 2, 13, 2), torch.zeros(1, 2, CELLS + 1)
    # A keypoint off by 0.25 along, 0 down: 0.25 - 0.05 / 2 beyond the squares, of two frames of 26 numbers;
    # and one of two frames in which 33 answers are alike.
    expected = 5 * 0.225 / 52 + 0.5 * math.log(33) / 2
    assert taught_loss(places, cells, points, SPEC).item() == pytest.approx(expected)
    sure = cells.clone()
    sure[0, 1, CELLS] = 50
    assert taught_loss(places, sure, points, SPEC).item() == pytest.approx(5 * 0.225 / 52)


def test_halves_of_a_batch_have_the_loss_of_all_of_it():
    _, points = spots(8)
    points[4:, :, :7, 2] = 0
    places, cells = torch.rand(8, 4, 13, 2), torch.rand(8, 4, CELLS + 1)
    whole = taught_loss(places, cells, points, SPEC)
    halves = [taught_loss(places[part], cells[part], points[part], SPEC) for part in (slice(4), slice(4, 8))]
    assert whole.item() == pytest.approx(sum(halves).item() / 2)


def test_a_ball_that_was_moved_out_of_the_crop_is_in_no_cell():
    points = torch.zeros(1, 4, 14, 3)
    # Cells are a quarter wide and an eighth high: inside, just outside, far outside, and far below.
    points[0, :, BALL] = torch.tensor([[0.9, 0.5, 1], [1.1, 0.5, 1], [1.3, 0.5, 1], [0.5, -0.3, 1]])
    cells = torch.zeros(1, 4, CELLS + 1)
    for frame, place in enumerate((4 * 4 + 3, None, CELLS, CELLS)):
        if place is not None:
            cells[0, frame, place] = 50
    assert taught_loss(torch.zeros(1, 4, 13, 2), cells, points, SPEC).item() == pytest.approx(0, abs=1e-6)
