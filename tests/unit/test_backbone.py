"""Checkpoints that differ in their last layers only share a backbone, and the features of clips."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from bball_tag.checkpoint.backbone import (
    PROJECTED,
    LastLayer,
    read_backbone,
    within,
    write_with_layers,
)
from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import STREAMS, Contract
from bball_tag.checkpoint.model import build_model, save_checkpoint
from bball_tag.clips import ClipSpec
from bball_tag.errors import CheckpointError

SPEC = ClipSpec(num_frames=4, height=32, width=32)
CONTRACT = Contract(("a", "b", "c"), SPEC, 8, streams=STREAMS)


def saved(path, seed=0, *, half=False):
    torch.manual_seed(seed)
    save_checkpoint(path, build_model(3, SPEC, 8, STREAMS), CONTRACT, half=half)
    return path


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return saved(tmp_path_factory.mktemp("checkpoint") / "a.safetensors")


@pytest.fixture(scope="module")
def learned(source):
    """A checkpoint with the backbone of the first one, and two labels of its own."""
    rng = np.random.default_rng(1)
    layers = {
        stream: LastLayer(rng.standard_normal((2, layer.weight.shape[1])), np.array([0.5, -0.5]))
        for stream, layer in read_backbone(source).layers.items()
    }
    path = source.with_name("learned.safetensors")
    write_with_layers(source, path, replace(CONTRACT, labels=("zone", "none")), layers)
    return path


def test_other_last_layers_leave_the_backbone_as_it_is(source, learned, tmp_path):
    one, other = read_backbone(source), read_backbone(learned)
    assert one.id == other.id
    assert one.sizes == (256, 192, 32)
    assert np.array_equal(one.projection(), other.projection())
    assert read_backbone(saved(tmp_path / "other.safetensors", seed=1)).id != one.id


def test_the_checkpoint_with_new_layers_is_an_ordinary_one(learned):
    model = Checkpoint(learned).load()
    assert model(torch.zeros(1, 3, 4, 32, 32)).shape == (1, 3, 2)


def test_checkpoints_with_the_same_numbers_in_16_and_32_bits_share_a_backbone(tmp_path):
    half = saved(tmp_path / "half.safetensors", half=True)
    model = Checkpoint(half).load()
    save_checkpoint(tmp_path / "full.safetensors", model, CONTRACT)
    assert read_backbone(half).id == read_backbone(tmp_path / "full.safetensors").id


def test_the_projection_keeps_the_logits_of_the_checkpoint(source):
    backbone = read_backbone(source)
    projection = backbone.projection()
    assert projection.shape == (PROJECTED, 256)
    assert projection @ projection.T == pytest.approx(np.eye(PROJECTED), abs=1e-5)
    rows = backbone.layers["rgb"].weight
    assert within(rows, projection) == pytest.approx(rows, abs=1e-5)


def test_new_layers_of_images_are_brought_into_the_projection(learned):
    backbone = read_backbone(learned)
    rows = backbone.layers["rgb"].weight
    assert within(rows, backbone.projection()) == pytest.approx(rows, abs=1e-5)


def test_rows_that_say_the_same_twice_do_not_spoil_the_projection(source):
    backbone = read_backbone(source)
    row = backbone.kept_rows[:1]
    projection = replace(backbone, kept_rows=np.concatenate([row, -row, row])).projection()
    assert projection @ projection.T == pytest.approx(np.eye(PROJECTED), abs=1e-5)


def test_layers_of_another_size_are_refused(source, tmp_path):
    layers = dict(read_backbone(source).layers)
    layers["pose"] = LastLayer(np.zeros((3, 7)), np.zeros(3))
    with pytest.raises(CheckpointError, match="does not fit the stream pose"):
        write_with_layers(source, tmp_path / "b.safetensors", CONTRACT, layers)
    assert not (tmp_path / "b.safetensors").exists()
