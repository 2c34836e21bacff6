"""bf16 is checked before it is trained with, and what is not finite ends in a sentence.

No test depends on what this processor makes of bf16: autocast only sets a flag here, and layers that are
broken in bf16 look at it.
"""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

import bball_tag
from bball_tag import training
from bball_tag.checkpoint.model import build_model
from bball_tag.clips import ClipSpec
from train import build, recipe
from train.gradient_check import check_bf16
from train.loader import Batch
from train.loss import ClipLoss
from train.predictions import predict

CLIPS = Path(__file__).parents[2] / "sample_videos" / "clips"
SPEC = ClipSpec(num_frames=4, fps=12.5, height=32, width=32)
LABELS = torch.tensor([0, 1, 2, 0, 1, 2, 0, 1])


class Flag:
    """Stands in for `torch.autocast`: computes everything in fp32, and remembers what was asked for."""

    asked: ClassVar[list[bool]] = []

    def __init__(self, device: str, dtype: torch.dtype | None = None, *, enabled: bool = True) -> None:
        self.enabled = enabled

    def __enter__(self) -> None:
        self.asked.append(self.enabled)

    def __exit__(self, *error: object) -> None:
        self.asked.pop()

    @classmethod
    def is_bf16(cls) -> bool:
        return bool(cls.asked) and cls.asked[-1]


@pytest.fixture(autouse=True)
def _flag(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "autocast", Flag)


def garbage(values: Tensor) -> Tensor:
    """Values of the same size that have nothing to do with the right ones."""
    generator = torch.Generator().manual_seed(values.numel())
    return torch.randn(values.shape, generator=generator) * values.std() + 0 * values


def nan(values: Tensor) -> Tensor:
    return values * float("nan")


class Backward(torch.autograd.Function):
    """The identity, with a gradient that is `spoilt`."""

    @staticmethod
    def forward(context: Any, values: Tensor, spoilt: Any) -> Tensor:
        context.spoilt = spoilt
        return values.clone()

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return context.spoilt(gradient), None


class BadGradient(nn.Conv3d):
    """Its gradients are wrong in bf16; what it gives is right."""

    def forward(self, maps: Tensor) -> Tensor:
        found = super().forward(maps)
        return Backward.apply(found, self.spoilt) if Flag.is_bf16() else found


class BadForward(nn.Conv3d):
    """What it gives is wrong in bf16."""

    def forward(self, maps: Tensor) -> Tensor:
        found = super().forward(maps)
        return self.spoilt(found) if Flag.is_bf16() else found


class BadEvaluation(nn.Conv3d):
    """What it gives is not finite outside of training, in any precision."""

    def forward(self, maps: Tensor) -> Tensor:
        found = super().forward(maps)
        return found if self.training else self.spoilt(found)


def broken(model: nn.Module, layer: str, kind: type[nn.Conv3d], spoilt: Any) -> nn.Module:
    """Return `model` with one layer that is broken, under the same names of weights."""
    conv = model.get_submodule(layer)
    conv.__class__ = kind
    conv.spoilt = spoilt
    return model


STEM, LATER = "blocks.0.conv", "blocks.2.res_blocks.0.branch2.conv_b"


@pytest.fixture
def model() -> nn.Module:
    torch.manual_seed(0)
    return build_model(3, SPEC, 8)


@pytest.fixture
def clips() -> Tensor:
    return torch.randn(8, 3, 4, 32, 32, generator=torch.Generator().manual_seed(0))


def checked(model: nn.Module, clips: Tensor, **known: bool) -> tuple[str, bool]:
    return check_bf16(Fabric(accelerator="cpu"), model, (clips, LABELS), ClipLoss(None, 0.0), **known)


def test_bf16_that_is_right_is_trained_with(model, clips, caplog):
    assert checked(model, clips) == ("bf16", False)
    assert caplog.messages == []


@pytest.mark.parametrize("spoilt", [garbage, nan])
@pytest.mark.parametrize("kind", [BadGradient, BadForward])
def test_a_stem_that_is_wrong_in_bf16_is_computed_in_fp32(model, clips, caplog, kind, spoilt):
    assert checked(broken(model, STEM, kind, spoilt), clips) == ("bf16", True)
    assert caplog.messages == [
        "bf16 gradients of the stem are wrong on this machine: it is computed in fp32."
    ]


@pytest.mark.parametrize("spoilt", [garbage, nan])
@pytest.mark.parametrize("kind", [BadGradient, BadForward])
def test_where_more_is_wrong_in_bf16_all_is_computed_in_fp32(model, clips, caplog, kind, spoilt):
    assert checked(broken(model, LATER, kind, spoilt), clips) == ("fp32", False)
    assert caplog.messages == ["bf16 gradients are wrong on this machine: training in fp32, which is slower."]


def test_a_kernel_that_is_wrong_only_now_and_then_is_found(model, clips):
    calls = []

    def every_second(gradient: Tensor) -> Tensor:
        calls.append(gradient)
        return gradient if len(calls) % 2 else nan(gradient)

    assert checked(broken(model, STEM, BadGradient, every_second), clips) == ("bf16", True)


def test_a_resumed_run_keeps_its_stem_in_fp32(model, clips, caplog):
    assert checked(model, clips, fp32_stem=True) == ("bf16", True)
    assert caplog.messages == []


def test_a_gradient_that_is_zero_in_fp32_too_condemns_nothing(model, clips):
    nn.init.zeros_(model.get_submodule("blocks.5.proj").weight)  # nothing reaches the blocks below the head
    assert checked(model, clips) == ("bf16", False)


def test_the_check_leaves_no_trace(model, clips):
    before, state = deepcopy(model.state_dict()), (torch.get_rng_state(), np.random.get_state()[1].copy())
    model.eval().requires_grad_(requires_grad=False)
    checked(broken(model, STEM, BadGradient, nan), clips)
    assert all(before[name].equal(value) for name, value in model.state_dict().items())
    assert torch.get_rng_state().equal(state[0])
    assert np.array_equal(np.random.get_state()[1], state[1])
    assert not model.training
    assert not any(value.requires_grad or value.grad is not None for value in model.parameters())
    assert model.get_submodule("blocks.0").fp32 is False
    assert model.get_submodule("blocks.5.dropout").p == 0.5


def test_the_stem_has_the_names_of_weights_that_checkpoints_have(model, clips):
    names = [name for name in model.state_dict() if name.startswith("blocks.0.")]
    assert names[:2] == ["blocks.0.conv.weight", "blocks.0.norm.weight"]
    plain = model.eval()(clips)
    model.get_submodule("blocks.0").fp32 = True
    assert model(clips).equal(plain)


@pytest.mark.parametrize("spoilt", [garbage, nan])
def test_predictions_that_are_wrong_in_bf16_are_computed_in_fp32(model, clips, spoilt, caplog):
    batches = [Batch(clips, LABELS), Batch(clips.flip(0), LABELS.flip(0))]
    expected = predict(model, batches)
    found = predict(broken(model, STEM, BadForward, spoilt), batches, lambda: Flag("cpu"))
    assert np.array_equal(found.logits, expected.logits)
    assert caplog.messages == [
        "16-bit values are wrong on this machine: predicting in fp32, which is slower."
    ]


def test_a_batch_that_is_not_finite_in_bf16_is_computed_again(model, clips, caplog):
    batches = [Batch(clips, LABELS), Batch(clips[:3], LABELS[:3])]
    expected = predict(model, batches)
    odd = broken(model, LATER, BadForward, lambda maps: nan(maps) if len(maps) == 3 else maps)
    assert np.array_equal(predict(odd, batches, lambda: Flag("cpu")).logits, expected.logits)


def test_a_model_whose_values_are_not_finite_in_fp32_either_is_not_blamed_on_the_machine(
    model, clips, caplog
):
    found = predict(broken(model, LATER, BadEvaluation, nan), [Batch(clips, LABELS)], lambda: Flag("cpu"))
    assert not np.isfinite(found.logits).any()
    assert caplog.messages == []


def small_run(out: Path, **given: object) -> Any:
    small = {"width": 8, "size": "32x32", "frames": 4, "epochs": 2, "init": "none", "threads": 1}
    return bball_tag.train(
        CLIPS, out=out, **{**small, "precision": "bf16", "set_default": False, "progress": False, **given}
    )


def breaking(monkeypatch: pytest.MonkeyPatch, *how: Any) -> None:
    """Have every model of a run broken."""
    made = build.initialised_model
    monkeypatch.setattr(build, "initialised_model", lambda *given: broken(made(*given), *how))


def settings_of(run: Any) -> tuple[str, bool]:
    stored = json.loads((run.folder / "settings.json").read_text())["recipe"]
    return stored["precision"], stored["fp32_stem"]


def same_weights(one: Path, other: Path) -> bool:
    first, second = load_file(one), load_file(other)
    return all(first[name].equal(second[name]) for name in second)


def test_a_run_checks_its_precision_and_notes_it_and_the_check_changes_nothing(tmp_path, monkeypatch):
    run = small_run(tmp_path / "checked")
    assert settings_of(run) == ("bf16", False)
    monkeypatch.setattr(build, "check_bf16", lambda *given, **known: ("bf16", False))
    assert same_weights(run.checkpoint, small_run(tmp_path / "trusted").checkpoint)


def test_a_resumed_run_keeps_the_precision_that_it_began_with(tmp_path, monkeypatch):
    breaking(monkeypatch, STEM, BadGradient, garbage)
    whole = small_run(tmp_path / "whole")
    assert settings_of(whole) == ("bf16", True)
    saved = recipe.save_state

    def save_and_stop(path: Path, state: Any, parts: Any) -> None:
        saved(path, state, parts)
        raise KeyboardInterrupt

    monkeypatch.setattr(recipe, "save_state", save_and_stop)
    with pytest.raises(KeyboardInterrupt):
        small_run(tmp_path / "half")
    monkeypatch.setattr(recipe, "save_state", saved)
    half = small_run(tmp_path / "half", resume=True, precision="auto")
    assert settings_of(half) == ("bf16", True)
    assert same_weights(whole.checkpoint, half.checkpoint)


def test_gradients_that_turn_bad_end_in_a_sentence_that_says_what_to_do(tmp_path, monkeypatch):
    calls: list[int] = []

    def later(gradient: Tensor) -> Tensor:
        calls.append(len(gradient))
        # Two attempts of the check, five steps of the first epoch, and two of the second are fine.
        return gradient if len(calls) <= 2 + 5 + 2 else nan(gradient)

    with monkeypatch.context() as patch:
        breaking(patch, STEM, BadGradient, later)
        with pytest.raises(bball_tag.BballTagError) as raised:
            small_run(tmp_path / "run")
    assert str(raised.value) == (
        "Training diverged in epoch 2: the gradients of step 3 are not finite. "
        "Continue with --resume --precision fp32, or begin again with a lower --lr than 0.001 (--overwrite)."
    )
    run = small_run(tmp_path / "run", resume=True, precision="fp32")
    assert settings_of(run) == ("fp32", False)
    log = (run.folder / "train.log").read_text()
    assert "The run began in bf16 and resumes in fp32." in log
    assert "Resuming after epoch 1." in log


def test_in_fp32_only_a_lower_learning_rate_is_left_to_try(tmp_path):
    with pytest.raises(bball_tag.BballTagError) as raised:
        small_run(tmp_path / "run", precision="fp32", lr=1e30, warmup=0)
    assert "Training diverged in epoch 1: the " in str(raised.value)
    assert "not finite. Begin again with a lower --lr than 1e+30 (--overwrite)." in str(raised.value)


def test_validation_that_is_not_finite_ends_in_a_sentence_too(tmp_path, monkeypatch):
    breaking(monkeypatch, STEM, BadEvaluation, nan)
    with pytest.raises(
        bball_tag.BballTagError, match=r"diverged in epoch 1: the predictions are not finite\. Cont"
    ):
        small_run(tmp_path / "run")


def test_a_best_epoch_whose_test_is_not_finite_ends_in_a_sentence_too(tmp_path, monkeypatch):
    calls: list[int] = []
    real = recipe.predict_clips

    def failing(*given: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:  # validation in the epoch, validation of the best, and the test
            raise FloatingPointError("the predictions are not finite")
        return real(*given)

    monkeypatch.setattr(recipe, "predict_clips", failing)
    with pytest.raises(
        bball_tag.BballTagError, match=r"diverged in epoch 1: the predictions are not finite\."
    ):
        small_run(tmp_path / "run", epochs=1, precision="fp32")


def test_a_dry_run_that_diverges_ends_in_a_sentence(tmp_path):
    small = {"width": 8, "size": "32x32", "frames": 4, "init": "none", "threads": 1, "progress": False}
    with pytest.raises(bball_tag.BballTagError) as raised:
        training.preview(CLIPS, **small, precision="fp32", lr=1e30, warmup=0)
    assert str(raised.value).startswith("Training would diverge: the gradients of step ")
    assert str(raised.value).endswith(" are not finite. Try a lower --lr than 1e+30.")


def test_a_checkpoint_whose_values_are_not_finite_is_refused_by_evaluate(tmp_path):
    checkpoint = small_run(tmp_path / "run", epochs=1, precision="fp32").checkpoint
    tensors = load_file(checkpoint)
    # Each is finite; no sum of them is.
    tensors["blocks.5.proj.bias"].fill_(3e38)
    tensors["blocks.5.proj.weight"].fill_(3e38)
    header = json.loads(checkpoint.read_bytes()[8:].split(b'},"')[0].decode() + "}}")["__metadata__"]
    damaged = tmp_path / "damaged.safetensors"
    save_file(tensors, damaged, header)
    with pytest.raises(
        bball_tag.BballTagError, match=r"damaged.safetensors: the predictions are not finite, even"
    ):
        bball_tag.evaluate(CLIPS, checkpoint=damaged, precision="fp32", threads=1, progress=False)
