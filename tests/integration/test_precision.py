"""16-bit numbers are checked and not trusted: wrong ones are replaced by fp32 and never stored."""

from __future__ import annotations

import itertools
import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

import bball_tag
from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import Contract, to_header
from bball_tag.checkpoint.model import build_model, save_checkpoint
from bball_tag.clips import ClipSpec
from bball_tag.errors import CheckpointError
from bball_tag.scoring.backends import Engine, open_scorer, pytorch
from bball_tag.scoring.precision import find_fault, pick_precision
from tests.synthetic import write_video

SPEC = ClipSpec(num_frames=4, fps=12.5, height=48, width=32, subject="frame")
LABELS = ("a", "b", "c")
NUM_CHUNKS = 4
"""Of the video below: 10 s at 12.5 instants a second are 125 instants, in chunks of 32."""
IMAGE_PARTS, CLIP_PARTS = 4, 2
"""Parts in which 32 images, and 8 clips, are computed."""
RECOMPUTED = "batches computed again in fp32"


def write_checkpoint(path, spec=SPEC, width=8) -> Checkpoint:
    torch.manual_seed(0)
    model = build_model(len(LABELS), spec, width)
    torch.nn.init.normal_(model.get_submodule("blocks.5.proj").weight, std=2.0)
    save_checkpoint(path, model, Contract(LABELS, spec, width, temperature=1.3))
    return Checkpoint(path)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Checkpoint:
    return write_checkpoint(tmp_path_factory.mktemp("checkpoint") / "a.safetensors")


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return write_video(tmp_path_factory.mktemp("video") / "a.mp4", range(250), options={"g": "25"})


def annotate(video, checkpoint, precision, **options):
    return bball_tag.annotate(
        video, checkpoint=checkpoint.path, device="cpu", precision=precision, backend="torch", **options
    )


class Broken(nn.Module):
    """A half that is wrong in bf16, from the call numbered `first` to the one before `stop`."""

    def __init__(self, inner: nn.Module, spoil: Callable[[Tensor], Tensor], first: int, stop: int) -> None:
        super().__init__()
        self.inner, self.spoil, self.calls = inner, spoil, range(first, stop)
        self.count = itertools.count()  # parts are computed side by side

    def forward(self, values: Tensor) -> Tensor:
        found = self.inner(values)
        if values.dtype != torch.bfloat16:
            return found
        return self.spoil(found) if next(self.count) in self.calls else found


def break_half(monkeypatch, name, spoil, first=0, stop=10**9):
    half = getattr(pytorch, name)
    monkeypatch.setattr(pytorch, name, lambda model: Broken(half(model), spoil, first, stop))


def all_nan(values: Tensor) -> Tensor:
    return torch.full_like(values, torch.nan)


def one_infinite(values: Tensor) -> Tensor:
    values = values.contiguous()
    values.view(-1)[-1] = torch.inf
    return values


def garbage(values: Tensor) -> Tensor:
    return torch.rand(values.shape).to(values) * values.abs().max()


def garbage_in_the_last_item(values: Tensor) -> Tensor:
    return torch.cat([values[:-1], garbage(values[-1:])])


@pytest.mark.parametrize("half", ["frame_half", "time_half"])
@pytest.mark.parametrize("spoil", [all_nan, one_infinite, garbage, garbage_in_the_last_item])
def test_where_bf16_is_wrong_a_warning_says_so_and_fp32_computes(
    half, spoil, video, checkpoint, monkeypatch, caplog
):
    right = annotate(video, checkpoint, "fp32")
    break_half(monkeypatch, half, spoil)
    with caplog.at_level(logging.WARNING, "bball_tag"):
        found = annotate(video, checkpoint, "bf16")
    assert "PyTorch, cpu, bf16 cannot be trusted with this checkpoint on this machine: its" in caplog.text
    assert "Computing in fp32 instead, which is slower." in caplog.text
    assert found.settings["computed by"] == "PyTorch, cpu, fp32"
    assert RECOMPUTED not in found.settings
    assert np.array_equal(found.scores.probabilities, right.scores.probabilities)
    assert found.events == right.events


@pytest.mark.parametrize(
    ("half", "first", "stop", "recomputed"),
    [
        ("frame_half", IMAGE_PARTS, 10**9, NUM_CHUNKS),
        ("frame_half", 2 * IMAGE_PARTS, 2 * IMAGE_PARTS + 1, 1),
        ("time_half", CLIP_PARTS, 10**9, NUM_CHUNKS),
        ("time_half", 2 * CLIP_PARTS, 2 * CLIP_PARTS + 1, 1),
    ],
)
@pytest.mark.parametrize("spoil", [all_nan, one_infinite])
def test_a_batch_that_is_not_finite_is_computed_again_in_fp32_and_counted(
    half, first, stop, recomputed, spoil, video, checkpoint, monkeypatch, caplog
):
    right = annotate(video, checkpoint, "fp32")
    break_half(monkeypatch, half, spoil, first, stop)  # the first parts are the check at loading
    with caplog.at_level(logging.WARNING, "bball_tag"):
        found = annotate(video, checkpoint, "bf16")
    assert found.settings["computed by"] == "PyTorch, cpu, bf16"
    assert found.settings[RECOMPUTED] == str(recomputed)
    assert "computed again in fp32" in caplog.text
    assert np.abs(found.scores.probabilities - right.scores.probabilities).max() < 0.05


def test_right_bf16_is_used_without_a_word(video, checkpoint, caplog):
    with caplog.at_level(logging.WARNING, "bball_tag"):
        found = annotate(video, checkpoint, "bf16")
    assert found.settings["computed by"] == "PyTorch, cpu, bf16"
    assert RECOMPUTED not in found.settings
    assert caplog.text == ""


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_checkpoint_that_is_not_finite_even_in_fp32_is_an_error_and_nothing_is_stored(
    precision, video, checkpoint, tmp_path, caplog
):
    damaged, scores = tmp_path / "damaged.safetensors", tmp_path / "a.scores.db"
    tensors = load_file(checkpoint.path)
    # Each is finite; no sum of them is.
    tensors["blocks.5.proj.bias"][:] = 3e38
    tensors["blocks.5.proj.weight"][:] = 3e38
    save_file(tensors, damaged, to_header(checkpoint.contract))
    with pytest.raises(CheckpointError, match=r"damaged\.safetensors: it gives values that are not finite"):
        annotate(video, Checkpoint(damaged), precision, scores=scores)
    assert "on this machine" not in caplog.text, "the machine is not to blame"
    with closing(sqlite3.connect(scores)) as file:
        assert file.execute("SELECT count(*) FROM clips").fetchone() == (0,)
        assert file.execute("SELECT complete, next_chunk FROM runs").fetchall() == [(0, 0)]


@pytest.mark.parametrize(
    ("spec", "width", "batch_size"),
    [
        (SPEC, 8, 8),
        (ClipSpec(num_frames=8, height=112, width=80), 16, 3),
        (ClipSpec(num_frames=20, height=33, width=45), 8, 1),
        (replace(SPEC, context_frames=3), 8, 8),
        (ClipSpec(num_frames=1, height=32, width=32), 64, 8),
    ],
)
def test_the_check_finds_no_fault_in_right_numbers(spec, width, batch_size, tmp_path):
    checkpoint = write_checkpoint(tmp_path / "a.safetensors", spec, width)
    scorers = (pytorch.TorchScorer(checkpoint, "cpu", kind, batch_size) for kind in ("bf16", "fp32"))
    assert find_fault(*scorers, batch_size) is None


def test_fp32_is_loaded_again_only_when_it_is_needed(checkpoint, monkeypatch):
    loaded = []
    load = Checkpoint.load
    monkeypatch.setattr(Checkpoint, "load", lambda self: loaded.append(self) or load(self))
    break_half(monkeypatch, "frame_half", all_nan, IMAGE_PARTS + 1, IMAGE_PARTS + 3)
    scorer = open_scorer(checkpoint, Engine("torch", "cpu", "bf16"), 1, lambda: None)
    assert len(loaded) == 2, "the one that computes, and fp32 for the check"
    images = np.zeros((4, 48, 32, 3), np.uint8)
    for expected in (2, 3, 3, 3):
        assert torch.as_tensor(*scorer.features_of([images])).isfinite().all()
        assert len(loaded) == expected
    assert scorer.recomputed_batches == 2


class Answers:
    """A scorer that gives the same logits to every frame."""

    contract = Contract(LABELS, SPEC)
    precision = name = "bf16"

    def __init__(self, *logits: float) -> None:
        self.logits = np.array(logits, np.float32)

    def features_of(self, batches):
        return [np.ones((len(images), 1, 1, 1), np.float32) for images in batches]

    def frame_outputs(self, runs):
        return [np.tile(self.logits, (len(run), 1)) for run in runs]


@pytest.mark.parametrize(
    ("found", "expected", "fault"),
    [
        ((1.02, 1.0, 0.0), (1.0, 1.01, 0.0), None),  # a tie
        ((6.2, 6.0, 0.0), (6.0, 6.3, 0.0), "it gives other labels than fp32"),  # probabilities 0.42 and 0.57
        ((3.0, 3.0, 0.0), (4.0, 4.0, 0.0), None),
        ((2.0, 2.0, 0.0), (4.0, 4.0, 0.0), "its logits are 50% away from those of fp32"),
        ((np.nan, 1.0, 0.0), (0.0, 1.0, 0.0), "its logits are not finite"),
    ],
)
def test_a_tie_is_not_a_fault_and_another_label_is(found, expected, fault):
    assert find_fault(Answers(*found), Answers(*expected), 8) == fault


@pytest.mark.parametrize(
    ("capabilities", "precision"),
    [({"avx512_bf16": True}, "bf16"), ({"amx_bf16": True}, "bf16"), ({"avx512": True}, "fp32"), ({}, "fp32")],
)
def test_auto_takes_bf16_where_the_processor_is_fast_in_it(capabilities, precision, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    assert pick_precision(torch.device("cpu"), "auto") == precision
    assert pick_precision(torch.device("cpu"), "fp16") == "fp16"
