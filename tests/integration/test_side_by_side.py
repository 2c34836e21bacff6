"""Parts are computed side by side: on all cores, with values that do not depend on how many there are."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import Contract
from bball_tag.checkpoint.model import build_model, save_checkpoint
from bball_tag.clips import ClipSpec
from bball_tag.scoring.backends import Engine, open_scorer, pytorch
from bball_tag.scoring.backends.pytorch import TorchScorer
from bball_tag.scoring.backends.side_by_side import SideBySide

SPEC = ClipSpec(num_frames=4, fps=12.5, height=48, width=32)
LABELS = ("a", "b", "c")


@pytest.fixture
def cores() -> Iterator[int]:
    """Let torch have two cores, whatever this machine has."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield 2
    torch.set_num_threads(before)


def write_checkpoint(path, spec=SPEC, width=8) -> Checkpoint:
    torch.manual_seed(0)
    model = build_model(len(LABELS), spec, width)
    torch.nn.init.normal_(model.get_submodule("blocks.5.proj").weight, std=2.0)
    save_checkpoint(path, model, Contract(LABELS, spec, width, temperature=1.3))
    return Checkpoint(path)


def images_of_players(spec, counts) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (count, spec.height, spec.width, 3), np.uint8) for count in counts]


def scored(scorer, batches) -> list[np.ndarray]:
    length = scorer.contract.clip.num_seen
    runs = [
        features[at : at + length]
        for features in scorer.features_of(batches)
        for at in range(0, len(features) - length + 1, 2)
    ]
    return scorer.frame_outputs(runs)


def test_parts_run_at_the_same_time_and_come_back_in_order(cores):
    both_here = threading.Barrier(2, timeout=30)

    def work(part: int) -> int:
        both_here.wait()  # breaks if parts are computed one after the other
        return 10 * part

    assert SideBySide().map(work, [1, 2, 3, 4]) == [10, 20, 30, 40]


def test_each_of_many_parts_has_one_thread_and_a_single_part_has_them_all(cores):
    team = SideBySide()
    assert team.map(lambda _: torch.get_num_threads(), range(5)) == [1] * 5
    assert team.map(lambda _: torch.get_num_threads(), range(1)) == [2]
    assert team.map(lambda _: 0, []) == []


def test_what_else_uses_torch_keeps_its_threads(cores):
    SideBySide().map(lambda part: part, range(4))
    others: list[int] = [torch.get_num_threads()]
    thread = threading.Thread(target=lambda: others.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert others == [2, 2]


def test_an_error_in_one_part_is_raised_and_the_threads_are_still_of_use(cores):
    team = SideBySide()
    with pytest.raises(ZeroDivisionError):
        team.map(lambda part: 1 // part, [1, 0, 1])
    assert torch.get_num_threads() == 2
    assert team.map(lambda part: part, [1, 2]) == [1, 2]


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("spec", [SPEC, replace(SPEC, context_frames=3)])
def test_scores_are_equal_to_the_bit_on_one_core_and_on_two_and_every_time(spec, precision, cores, tmp_path):
    checkpoint, batches = (
        write_checkpoint(tmp_path / "a.safetensors", spec),
        images_of_players(spec, [32, 21]),
    )
    two = TorchScorer(checkpoint, "cpu", precision)
    found = [scored(two, batches) for _ in range(3)]
    torch.set_num_threads(1)
    found.append(scored(TorchScorer(checkpoint, "cpu", precision), batches))
    for other in found[1:]:
        assert len(other) == len(found[0])
        assert all(map(np.array_equal, other, found[0]))


@pytest.mark.parametrize("counts", [[1], [8], [9, 32, 3], [32] * 3])
def test_several_players_at_once_get_the_features_that_each_gets_alone(counts, cores, tmp_path):
    scorer = TorchScorer(write_checkpoint(tmp_path / "a.safetensors"), "cpu", "fp32")
    batches = images_of_players(SPEC, counts)
    together = scorer.features_of(batches)
    assert [len(features) for features in together] == counts
    for images, features in zip(batches, together, strict=True):
        assert torch.equal(*scorer.features_of([images]), features)


def test_fused_convolutions_give_the_values_of_the_plain_model(tmp_path, monkeypatch):
    checkpoint, batches = write_checkpoint(tmp_path / "a.safetensors"), images_of_players(SPEC, [32])
    fused = scored(TorchScorer(checkpoint, "cpu", "fp32"), batches)
    monkeypatch.setattr(pytorch, "can_fuse", lambda device, kind: False)
    plain = scored(TorchScorer(checkpoint, "cpu", "fp32"), batches)
    assert max(np.abs(one - other).max() for one, other in zip(fused, plain, strict=True)) < 1e-4


def test_only_the_players_whose_values_are_not_finite_are_computed_again(cores, tmp_path, monkeypatch):
    checkpoint = write_checkpoint(tmp_path / "a.safetensors")
    scorer = open_scorer(checkpoint, Engine("torch", "cpu", "bf16"), 1, lambda: np.empty(0))
    right = TorchScorer(checkpoint, "cpu", "fp32")
    half = TorchScorer._features
    spoiled = images_of_players(SPEC, [8, 9, 10, 11])
    spoiled[1][-1] = spoiled[3][0] = 255  # white images, which no other player has

    def broken(self: TorchScorer, images: np.ndarray) -> torch.Tensor:
        white = (images == 255).all(axis=(1, 2, 3))
        return half(self, images) * (torch.nan if self.precision == "bf16" and white.any() else 1)

    monkeypatch.setattr(TorchScorer, "_features", broken)
    found = scorer.features_of(spoiled)
    assert scorer.recomputed_batches == 2
    for at in (1, 3):
        assert torch.equal(found[at], *right.features_of([spoiled[at]]))
    assert all(features.isfinite().all() for features in found)


def test_loading_a_checkpoint_imports_neither_torchvision_nor_the_compiler(tmp_path):
    path = write_checkpoint(tmp_path / "a.safetensors").path
    program = (
        "import sys; from pathlib import Path; from bball_tag.checkpoint.checkpoint import Checkpoint\n"
        "from bball_tag.scoring.backends.pytorch import TorchScorer\n"
        f"TorchScorer(Checkpoint(Path({str(path)!r})), 'cpu', 'fp32')\n"
        "print([name for name in ('torchvision', 'torch._dynamo') if name in sys.modules])\n"
        "import torchvision.ops; print(torchvision.ops.RoIAlign.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["[]", "RoIAlign"]
