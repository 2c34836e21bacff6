"""A video and a checkpoint are opened once a job, and passed on."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

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

ONCE = {"probe": 1, "content_id": 1, "read_contract": 1, "checkpoint_id": 1}


@pytest.fixture
def checkpoint(tmp_path) -> Path:
    torch.manual_seed(0)
    spec = ClipSpec(num_frames=4, fps=12.5, height=48, width=32)
    path = tmp_path / "a.safetensors"
    save_checkpoint(path, build_model(3, spec, 8), Contract(("a", "b", "c"), spec, 8))
    return path


@pytest.fixture
def video(tmp_path) -> Path:
    return write_video(tmp_path / "a.mp4", range(50))


@pytest.fixture
def calls(checkpoint, video, monkeypatch) -> Counter[str]:
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


def test_annotating_probes_once_reads_the_contract_once_and_hashes_each_file_once(
    tmp_path, checkpoint, video, calls
):
    game = bball_tag.annotate(
        video,
        checkpoint=checkpoint,
        scores=tmp_path / "a.scores.db",
        threshold=0.1,
        backend="torch",
        precision="fp32",
        progress=False,
    )
    game.write(tmp_path / "a.csv", tmp_path / "a.json")
    # For the times of its frames, to probe it, to decide on tiles by some frames, and to read every frame.
    assert calls == {**ONCE, "open": 4}


def test_an_overlay_of_a_video_without_events_opens_nothing_more_often(tmp_path, checkpoint, video, calls):
    bball_tag.render_overlay(video, None, tmp_path / "b.mp4", checkpoint=checkpoint, progress=False)
    del calls["open"]
    assert calls == ONCE
