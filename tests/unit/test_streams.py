"""What a checkpoint looks at: its contract, the models beside the images, and the joint answer."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from bball_tag.checkpoint.answer import answer, with_shares
from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import (
    HEADER_KEY,
    Contract,
    RealVideo,
    read_contract,
    stream_sets,
    to_header,
)
from bball_tag.checkpoint.model import build_model, load_weights, save_checkpoint
from bball_tag.checkpoint.streams import (
    KEYPOINTS,
    MotionStream,
    PoseStream,
    side_outputs,
)
from bball_tag.clips import ClipSpec
from bball_tag.errors import CheckpointError
from bball_tag.players import pose
from bball_tag.players.steps import COLUMNS as MOTION_COLUMNS
from bball_tag.players.steps import motion_length

SPEC = ClipSpec(num_frames=4, fps=12.5, height=64, width=48)
LABELS = ("pass", "shoot", "run")
ALL = ("rgb", "pose", "motion")
CONTRACT = Contract(LABELS, SPEC, 8, ALL, temperature=2.0, temperatures={"rgb": 4.0})


def someone(count: int = 2) -> torch.Tensor:
    keypoints = torch.rand(count, SPEC.num_frames, KEYPOINTS, 3, generator=torch.Generator().manual_seed(0))
    keypoints[..., 2] = 1
    return keypoints


def moving(count: int = 2) -> torch.Tensor:
    rows = torch.randn(count, motion_length(SPEC), MOTION_COLUMNS, generator=torch.Generator().manual_seed(1))
    rows[..., -1] = 1
    return rows


def model(streams: tuple[str, ...] = ALL, num_labels: int = 3) -> torch.nn.Module:
    torch.manual_seed(0)
    return build_model(num_labels, SPEC, 8, streams).eval()


def saved(path, built: torch.nn.Module, contract: Contract = CONTRACT):
    save_checkpoint(path, built, contract)
    return path


def test_a_contract_with_streams_and_shares_comes_back_as_it_was_written(tmp_path):
    contract = replace(
        CONTRACT,
        world="rendered",
        shares={"pass": 0.2, "shoot": 0.1, "run": 0.7},
        real=RealVideo(1.5, 0.3, 0.5, 10, {"rgb": 1.25}, {"pass": 0.1, "shoot": 0.1, "run": 0.8}),
    )
    path = saved(tmp_path / "a.safetensors", model(), contract)
    assert read_contract(path) == contract
    on_real = read_contract(path).on("real")
    assert (on_real.temperature_of(["rgb"]), on_real.shares["run"]) == (1.25, 0.8)


def test_a_contract_of_before_looks_at_images_alone(tmp_path):
    path = tmp_path / "a.safetensors"
    fields = json.loads(to_header(Contract(LABELS, SPEC))[HEADER_KEY])
    for new in ("streams", "temperatures", "shares"):
        del fields[new]
    header = json.dumps({"__metadata__": {HEADER_KEY: json.dumps(fields)}}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    assert read_contract(path) == Contract(LABELS, SPEC)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"streams": ("pose", "rgb")}, "unknown streams"),
        ({"streams": ("pose",)}, "unknown streams"),
        ({"streams": ("rgb", "rgb")}, "unknown streams"),
        ({"streams": ("rgb", "sound")}, "unknown streams"),
        ({"temperatures": {"rgb": 0.0}}, "impossible temperature"),
        ({"shares": {"pass": 0.5, "shoot": 0.5, "run": 0.0}}, "impossible share"),
        ({"shares": {"pass": 0.5, "shoot": 0.5}}, "not the labels"),
    ],
)
def test_a_contract_that_makes_no_sense_is_refused(fields, words):
    with pytest.raises(ValueError, match=words):
        replace(CONTRACT, **fields)


def test_any_stream_but_the_images_may_be_missing():
    assert stream_sets(ALL) == [("rgb",), ("rgb", "pose"), ("rgb", "motion"), ALL]
    assert stream_sets(("rgb",)) == [("rgb",)]
    assert CONTRACT.temperature_of(["rgb"]) == 4.0
    assert CONTRACT.temperature_of(["motion", "rgb"]) == 2.0, "never fitted: that of all"


def test_the_answer_is_the_softmax_over_the_temperature_of_what_is_at_hand():
    logits = np.log(np.array([[16.0, 1.0, 1.0]], np.float32))
    assert answer(logits, CONTRACT) == pytest.approx(np.array([[4, 1, 1]]) / 6)
    assert answer(logits, CONTRACT, ["rgb"]) == pytest.approx(np.array([[2, 1, 1]]) / 4)


def test_shares_multiply_what_balanced_labels_give():
    contract = replace(CONTRACT, shares={"pass": 1.0, "shoot": 2.0, "run": 1.0})
    logits = np.log(np.array([[16.0, 1.0, 1.0]], np.float32))
    assert answer(logits, contract) == pytest.approx(np.array([[4, 2, 1]]) / 7)
    assert with_shares(logits, CONTRACT, 2.0) is logits


def test_the_models_beside_the_images_are_small():
    sizes = [sum(value.numel() for value in built(10).parameters()) for built in (PoseStream, MotionStream)]
    assert 100_000 < sizes[0] < 300_000
    assert 20_000 < sizes[1] < 40_000
    assert len(pose.KEYPOINTS) == KEYPOINTS


def test_each_stream_has_logits_and_none_of_what_it_does_not_see():
    built, keypoints, rows = model(), someone(), moving()
    keypoints[1, ..., 2] = 0
    rows[0] = 0
    clips = torch.randn(2, 3, SPEC.num_frames, SPEC.height, SPEC.width)
    with torch.inference_mode():
        logits = built(clips, keypoints, rows)
        alone = built(clips)
        pose_logits, pose_features = side_outputs(built, "pose", keypoints[:1])
        motion_logits, motion_features = side_outputs(built, "motion", rows[1:])
    assert torch.allclose(pose_logits, logits[:1, 1], atol=1e-6)
    assert torch.allclose(motion_logits, logits[1:, 2], atol=1e-6)
    assert (pose_features.shape, motion_features.shape) == ((1, 192), (1, 32))
    assert logits.shape == (2, 3, 3)
    assert logits.isfinite().all()
    assert [bool(part.any()) for part in logits.flatten(0, 1)] == [True, True, False, True, False, True]
    assert torch.equal(alone[:, 0], logits[:, 0])
    assert not alone[:, 1:].any()


def test_the_pose_depends_neither_on_place_nor_on_size():
    torch.manual_seed(0)
    stream, keypoints = PoseStream(3, SPEC.width / SPEC.height).eval(), someone()
    other = keypoints.clone()
    other[..., :2] = keypoints[..., :2] * 0.5 + torch.tensor([0.3, -0.2])
    with torch.inference_mode():
        assert torch.allclose(stream(keypoints), stream(other), atol=1e-4)
        faster = keypoints.clone()
        faster[:, ::2, :, :2] += 0.2 * torch.rand(2, 2, KEYPOINTS, 2)
        assert not torch.allclose(stream(keypoints), stream(faster), atol=1e-2)


def test_a_keypoint_that_is_not_seen_may_be_anywhere():
    stream, keypoints = PoseStream(3).eval(), someone()
    keypoints[:, :, 3, 2] = 0
    other = keypoints.clone()
    other[:, :, 3, :2] = 5.0
    with torch.inference_mode():
        assert torch.equal(stream(keypoints), stream(other))


def test_what_is_not_known_of_a_movement_may_be_anything():
    stream, rows = MotionStream(3, SPEC.num_frames).eval(), moving()
    rows[:, :10, -1] = 0
    other = rows.clone()
    other[:, :10, :-1] = 3.0
    with torch.inference_mode():
        assert torch.equal(stream(rows), stream(other))


def test_streams_are_computed_in_32_bits_within_autocast():
    built, keypoints, rows = model(), someone(), moving()
    with torch.inference_mode():
        expected = built.pose(keypoints), built.motion(rows)
        with torch.autocast("cpu", torch.bfloat16):
            found = built.pose(keypoints), built.motion(rows)
    assert all(map(torch.equal, found, expected))


def test_a_checkpoint_with_streams_keeps_the_names_of_slow_r50s_weights(tmp_path):
    alone, joined = model(("rgb",)).state_dict(), model().state_dict()
    others = joined.keys() - alone.keys()
    assert alone.keys() <= joined.keys()
    assert {name.split(".")[0] for name in others} == {"pose", "motion"}
    path = saved(tmp_path / "a.safetensors", model())
    loaded = Checkpoint(path).load().state_dict()
    assert all(torch.equal(value, joined[name]) for name, value in loaded.items())
    saved(path, model(), replace(CONTRACT, streams=("rgb",)))
    with pytest.raises(CheckpointError, match=r"unknown tensors: motion\."):
        Checkpoint(path).load()


def test_initial_weights_are_taken_stream_by_stream(tmp_path):
    path = saved(tmp_path / "a.safetensors", model())
    stored = Checkpoint(path).load().state_dict()
    alone, other = model(("rgb",)), build_model(3, SPEC, 8, ("rgb", "motion"))
    load_weights(alone, path)
    load_weights(other, path)
    for built in (alone, other):
        assert all(torch.equal(value, stored[name]) for name, value in built.state_dict().items())
    images = saved(tmp_path / "b.safetensors", alone, replace(CONTRACT, streams=("rgb",)))
    fresh = build_model(3, SPEC, 8, ALL)
    before = {name: value.clone() for name, value in fresh.state_dict().items()}
    load_weights(fresh, images)
    for name, value in fresh.state_dict().items():
        assert torch.equal(value, stored[name] if name.startswith("blocks.") else before[name])
    more = build_model(5, SPEC, 8, ALL)
    load_weights(more, path)
    assert torch.equal(more.motion.body.stem.weight, stored["motion.body.stem.weight"])
