"""slow_r50 as the product builds, saves and loads it."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error

import pytest
import torch
from safetensors.torch import load_file, save_file

from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import HEADER_KEY, Contract, to_header
from bball_tag.checkpoint.model import (
    build_model,
    fold_norms,
    frame_half,
    load_kinetics,
    load_weights,
    normalise,
    save_checkpoint,
    time_half,
)
from bball_tag.clips import ClipSpec
from bball_tag.errors import CheckpointError

LABELS = ("pass", "shoot", "run")
SPEC = ClipSpec(num_frames=4, fps=12.5, height=64, width=48)


def fresh_model(spec: ClipSpec = SPEC, width: int = 8, seed: int = 0) -> torch.nn.Module:
    torch.manual_seed(seed)
    return build_model(3, spec, width).eval()


def clips(spec: ClipSpec, count: int = 2) -> torch.Tensor:
    torch.manual_seed(1)
    return torch.randn(count, 3, spec.num_seen, spec.height, spec.width)


def saved(path, width: int = 8):
    contract = Contract(LABELS, SPEC, width)
    save_checkpoint(path, fresh_model(width=width), contract)
    return path


def test_full_width_is_slow_r50_with_our_labels():
    model = build_model(10, ClipSpec())
    # 32.45 million with 400 outputs, as published; 390 outputs less, of 2048 weights and a bias each.
    assert sum(parameter.numel() for parameter in model.parameters()) == 32_454_096 - 390 * 2049
    assert model(clips(ClipSpec(), 1)).shape == (1, 10)


@pytest.mark.parametrize(
    ("frames", "height", "width"), [(8, 176, 128), (1, 32, 32), (5, 33, 47), (4, 224, 224), (16, 112, 80)]
)
def test_any_number_of_frames_and_any_size_works(frames, height, width):
    spec = ClipSpec(num_frames=frames, height=height, width=width)
    assert fresh_model(spec)(clips(spec)).shape == (2, 3)


def test_the_head_ends_in_logits_and_not_in_probabilities():
    logits = fresh_model()(clips(SPEC) * 50)
    assert (logits < 0).any() or (logits.sum(dim=1) - 1).abs().max() > 1e-3


@pytest.mark.parametrize(
    "spec",
    [
        SPEC,
        ClipSpec(),
        ClipSpec(num_frames=5, height=33, width=47),
        ClipSpec(num_frames=5, height=33, width=47, context_frames=2),
    ],
)
def test_the_two_halves_are_the_whole_model(spec):
    model, batch = fresh_model(spec), clips(spec)
    with torch.inference_mode():
        whole = model(batch)
        frames = [frame_half(model)(batch[:, :, index : index + 1]) for index in range(spec.num_seen)]
        outputs = time_half(model)(torch.cat(frames, dim=2))
        pooled = outputs[..., outputs.shape[2] - model.blocks[5].proj.in_features :]
        assert torch.allclose(model.blocks[5].proj(pooled), outputs[..., : whole.shape[1]], atol=1e-5)
    own = outputs[..., : whole.shape[1]][:, spec.context_frames :][:, : spec.num_frames]
    assert torch.allclose(own.mean(dim=1), whole, atol=1e-5)


def test_a_model_that_mixes_frames_early_is_refused():
    model = fresh_model()
    model.blocks[1].res_blocks[0].branch2.conv_a = torch.nn.Conv3d(8, 8, (3, 1, 1), padding=(1, 0, 0))
    with pytest.raises(CheckpointError, match="several frames"):
        frame_half(model)


def test_folding_the_norms_keeps_the_answers_and_leaves_none():
    model = fresh_model()
    with torch.inference_mode():
        for layer in model.modules():
            if isinstance(layer, torch.nn.BatchNorm3d):
                layer.running_mean.normal_()
                layer.running_var.uniform_(0.5, 2)
        before = model(clips(SPEC))
        after = fold_norms(model)(clips(SPEC))
    assert not any(isinstance(layer, torch.nn.BatchNorm3d) for layer in model.modules())
    assert (after - before).abs().max() < 1e-4 * before.abs().max()


def test_images_are_normalised_as_the_contract_says():
    images = torch.tensor([0, 255], dtype=torch.uint8).reshape(1, 2, 1, 1, 1).expand(1, 2, 4, 3, 3)
    tensor = normalise(images, SPEC)
    assert tensor.shape == (1, 3, 2, 4, 3)
    assert tensor[0, 0, 0, 0, 0].item() == pytest.approx(-0.45 / 0.225)
    assert tensor[0, 0, 1, 0, 0].item() == pytest.approx(0.55 / 0.225)


def test_a_checkpoint_gives_the_same_answers_after_loading(tmp_path):
    path = saved(tmp_path / "a.safetensors")
    opened = Checkpoint(path)
    model, contract = opened.load(), opened.contract
    assert contract == Contract(LABELS, SPEC, 8)
    assert not model.training
    with torch.inference_mode():
        assert torch.equal(model(clips(SPEC)), fresh_model()(clips(SPEC)))


def test_half_precision_halves_the_file_and_keeps_the_answers(tmp_path):
    whole, half = saved(tmp_path / "a.safetensors"), tmp_path / "b.safetensors"
    save_checkpoint(half, fresh_model(), Contract(LABELS, SPEC, 8), half=True)
    assert half.stat().st_size < 0.6 * whole.stat().st_size
    model = Checkpoint(half).load()
    with torch.inference_mode():
        assert torch.allclose(model(clips(SPEC)), fresh_model()(clips(SPEC)), atol=0.02)


def test_a_tensor_that_is_missing_or_misshapen_is_named(tmp_path):
    path = saved(tmp_path / "a.safetensors")
    tensors = load_file(path)
    header = to_header(Contract(LABELS, SPEC, 8))
    name = "blocks.4.res_blocks.2.branch2.conv_c.weight"
    save_file({key: value for key, value in tensors.items() if key != name}, path, header)
    with pytest.raises(CheckpointError, match=f"lacks tensors: {name}"):
        Checkpoint(path).load()
    save_file({**tensors, name: torch.zeros(3)}, path, header)
    with pytest.raises(CheckpointError, match=f"misshapen tensors: {name}"):
        Checkpoint(path).load()
    save_file({**tensors, "blocks.9": torch.zeros(3)}, path, header)
    with pytest.raises(CheckpointError, match=r"unknown tensors: blocks\.9"):
        Checkpoint(path).load()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_numbers_are_refused(tmp_path, value):
    path = saved(tmp_path / "a.safetensors")
    tensors = load_file(path)
    name = min(tensor for tensor, weights in tensors.items() if weights.is_floating_point())
    tensors[name] = torch.full_like(tensors[name], value)
    save_file(tensors, path, to_header(Contract(LABELS, SPEC, 8)))
    with pytest.raises(CheckpointError, match="its weights are not all numbers"):
        Checkpoint(path).load()


def test_a_number_of_labels_that_does_not_fit_is_refused(tmp_path):
    path = saved(tmp_path / "a.safetensors")
    save_file(load_file(path), path, to_header(Contract(("a", "b"), SPEC, 8)))
    with pytest.raises(CheckpointError, match="promises 2 labels but has 3 outputs"):
        Checkpoint(path).load()


def test_a_truncated_file_is_refused(tmp_path):
    path = saved(tmp_path / "a.safetensors")
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(CheckpointError, match="damaged"):
        Checkpoint(path).load()


def test_another_version_is_refused_before_the_weights_are_read(tmp_path):
    path = saved(tmp_path / "a.safetensors")
    contract = json.loads(to_header(Contract(LABELS, SPEC, 8))[HEADER_KEY]) | {"format_version": 7}
    save_file(load_file(path), path, {HEADER_KEY: json.dumps(contract)})
    with pytest.raises(CheckpointError, match="format version is 7"):
        Checkpoint(path).load()


def test_kinetics_weights_fill_everything_but_the_last_layer(tmp_path):
    """On a file built as SLOW_8x8_R50.pyth is: {"model_state": …} with 400 outputs."""
    torch.manual_seed(3)
    kinetics = build_model(400, ClipSpec(height=224, width=224))
    path = tmp_path / "SLOW_8x8_R50.pyth"
    torch.save({"model_state": kinetics.state_dict()}, path)
    model = build_model(3, ClipSpec())
    before = model.state_dict()["blocks.5.proj.weight"].clone()
    load_kinetics(model, path)
    state = model.state_dict()
    assert torch.equal(state["blocks.5.proj.weight"], before)
    others = [name for name in state if not name.startswith("blocks.5.proj.")]
    assert len(others) == len(state) - 2
    assert all(torch.equal(state[name], kinetics.state_dict()[name]) for name in others)


def _list(path):
    torch.save([1, 2], path)


def _narrow(path):
    torch.save({"model_state": build_model(400, ClipSpec(), 8).state_dict()}, path)


def _evil(path):
    torch.save({"model_state": {"blocks": subprocess.Popen}}, path)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.write_text("not weights"), "not a file of PyTorch weights"),
        (_evil, "not a file of PyTorch weights"),
        (_list, "no 'model_state'"),
        (_narrow, "misshapen"),
    ],
)
def test_kinetics_weights_that_do_not_fit_are_refused(tmp_path, make, words):
    path = tmp_path / "weights.pyth"
    make(path)
    with pytest.raises(CheckpointError, match=words):
        load_kinetics(build_model(3, ClipSpec()), path)


def test_kinetics_weights_that_cannot_be_downloaded_say_what_to_do(tmp_path, monkeypatch):
    def refuse(*_args, **_settings):
        raise urllib.error.URLError("no route to host")

    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    with pytest.raises(CheckpointError, match=r"no route to host.*--init SLOW_8x8_R50\.pyth"):
        load_kinetics(build_model(3, ClipSpec()))
    assert list((tmp_path / "checkpoints").iterdir()) == []


def test_another_checkpoint_initialises_even_with_other_labels(tmp_path):
    path = saved(tmp_path / "a.safetensors")
    five = build_model(5, SPEC, 8)
    load_weights(five, path)
    assert torch.equal(
        five.state_dict()["blocks.0.conv.weight"], fresh_model().state_dict()["blocks.0.conv.weight"]
    )
    assert five.state_dict()["blocks.5.proj.weight"].shape[0] == 5
    with pytest.raises(CheckpointError, match="misshapen"):
        load_weights(build_model(3, SPEC, 16), path)


def test_importing_the_model_prints_nothing():
    code = "import bball_tag.checkpoint.model"
    done = subprocess.run(
        [sys.executable, "-W", "default", "-c", code], capture_output=True, text=True, check=True
    )
    assert "FutureWarning" not in done.stderr
    assert "torch.jit" not in done.stderr
