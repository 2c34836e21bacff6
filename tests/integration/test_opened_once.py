"""A video and a checkpoint are opened once a job, and passed on."""

from __future__ import annotations

from collections import Counter

import av
import pytest
import torch

import bball_tag
from bball_tag.checkpoint import checkpoint as checkpoints
from bball_tag.checkpoint.contract import Contract
from bball_tag.checkpoint.model import build_model, save_checkpoint
from bball_tag.clips import ClipSpec
from bball_tag.video import video as videos
from tests.synthetic import write_video


@pytest.fixture
def calls(monkeypatch) -> Counter[str]:
    """Count what opens, probes, reads and hashes."""
    counted: Counter[str] = Counter()

    def count(owner: object, name: str) -> None:
        original = getattr(owner, name)

        def counting(*arguments, **keywords):
            counted[name] += 1
            return original(*arguments, **keywords)

        monkeypatch.setattr(owner, name, counting)

    count(videos, "probe")
    count(videos, "content_id")
    count(checkpoints, "read_contract")
    count(checkpoints, "checkpoint_id")
    count(av, "open")
    return counted


def test_annotating_probes_once_reads_the_contract_once_and_hashes_each_file_once(tmp_path, calls):
    torch.manual_seed(0)
    spec = ClipSpec(num_frames=4, fps=12.5, height=48, width=32)
    save_checkpoint(tmp_path / "a.safetensors", build_model(3, spec, 8), Contract(("a", "b", "c"), spec, 8))
    write_video(tmp_path / "a.mp4", range(50))
    calls.clear()
    game = bball_tag.annotate(
        tmp_path / "a.mp4",
        checkpoint=tmp_path / "a.safetensors",
        scores=tmp_path / "a.scores.db",
        threshold=0.1,
        backend="torch",
        precision="fp32",
        progress=False,
    )
    game.write(tmp_path / "a.csv", tmp_path / "a.json")
    assert calls == {
        "probe": 1,
        "content_id": 1,
        "read_contract": 1,
        "checkpoint_id": 1,
        "open": 2,  # to probe, and to read every frame
    }
