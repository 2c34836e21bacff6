"""What the streams beside the images add to a clip, and what is left out where a clip lacks one."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import STREAMS, Contract
from bball_tag.checkpoint.model import build_model, save_checkpoint
from bball_tag.clips import ClipSpec
from bball_tag.players.steps import motion_length
from bball_tag.scoring.runs import Clip
from bball_tag.scoring.sides import SideModels, open_sides

SPEC = ClipSpec(num_frames=4, height=48, width=32)
LOGITS = np.array([1.0, 2.0, 3.0], np.float32)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("checkpoint") / "a.safetensors"
    model = build_model(3, SPEC, 8, STREAMS)
    save_checkpoint(path, model, Contract(("a", "b", "c"), SPEC, 8, streams=STREAMS))
    return Checkpoint(path)


def clip(*, seen=1.0, known=1.0):
    """A clip with keypoints and motion; None leaves one out, 0 says that nothing is seen or known."""
    rng = np.random.default_rng(0)
    keypoints = rng.random((4, 13, 3), np.float32)
    rows = rng.random((motion_length(SPEC), 6), np.float32)
    keypoints[..., 2] = seen or 0
    rows[:, 5] = known or 0
    found = None if seen is None else keypoints, None if known is None else rows
    return Clip("1", 0, 4, LOGITS, np.zeros(256, np.float32), *found)


def joined(checkpoint, streams, *clips):
    found = SideModels(checkpoint, streams).join(np.stack([LOGITS] * len(clips)), clips)
    return found.logits, found.streams


def test_each_stream_is_added_to_the_logits_of_the_images(checkpoint):
    whole, at_hand = joined(checkpoint, STREAMS, clip())
    pose, _ = joined(checkpoint, ("rgb", "pose"), clip())
    motion, _ = joined(checkpoint, ("rgb", "motion"), clip())
    assert at_hand == [("rgb", "pose", "motion")]
    assert np.abs(pose - LOGITS).max() > 1e-3
    assert np.abs(motion - LOGITS).max() > 1e-3
    assert whole - LOGITS == pytest.approx(pose - LOGITS + (motion - LOGITS), abs=1e-5)


@pytest.mark.parametrize("missing", [None, 0.0])
def test_what_a_clip_lacks_is_left_out_for_that_clip_alone(checkpoint, missing):
    whole, _ = joined(checkpoint, STREAMS, clip())
    summed, at_hand = joined(
        checkpoint,
        STREAMS,
        clip(),
        clip(seen=missing),
        clip(known=missing),
        clip(seen=missing, known=missing),
    )
    assert at_hand == [STREAMS, ("rgb", "motion"), ("rgb", "pose"), ("rgb",)]
    assert summed[0] == pytest.approx(whole[0], abs=1e-5)
    assert summed[3].tolist() == LOGITS.tolist()
    assert summed[1] + summed[2] - LOGITS == pytest.approx(whole[0], abs=1e-5)


def test_images_alone_need_no_further_model(checkpoint):
    assert open_sides(checkpoint, ("rgb",)) is None
