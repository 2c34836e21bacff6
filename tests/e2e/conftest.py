"""The command as a user types it, and small material for it."""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import Contract
from bball_tag.checkpoint.model import build_model, normalise, save_checkpoint
from bball_tag.cli import app
from bball_tag.clips import ClipSpec
from tests.synthetic import painted, write_video

LABELS = ("block", "pass", "shoot", "no_action")


class Done(NamedTuple):
    """What a command left: as `subprocess.CompletedProcess`."""

    returncode: int
    stdout: str
    stderr: str


Command = Callable[..., Done]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run `bball-tag` in an empty folder; in this process, as loading torch takes longer than most tests."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: object, **settings: str) -> Done:
        result = CliRunner().invoke(app, list(map(str, arguments)), env=settings or None)
        trace = "".join(traceback.format_exception(result.exception)) if _is_bug(result.exception) else ""
        return Done(result.exit_code, result.stdout, result.stderr + trace)

    return command


@pytest.fixture
def run_alone(tmp_path: Path) -> Command:
    """Run `bball-tag` as a program of its own in an empty folder."""

    def command(*arguments: object, **settings: str) -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "bball_tag", *map(str, arguments)],
            cwd=tmp_path,
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return command


def _is_bug(error: BaseException | None) -> bool:
    return error is not None and not isinstance(error, SystemExit)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained, very narrow network that says different things of different pictures."""
    torch.manual_seed(0)
    spec = ClipSpec(num_frames=4, fps=12.5, height=32, width=32, subject="frame")
    model = build_model(len(LABELS), spec, 8)
    with torch.no_grad():
        # Every branch begins with a last scale of 0: a network that passes its input on, and little of it.
        for name, layer in model.named_modules():
            if name.endswith("norm_c"):
                torch.nn.init.ones_(layer.weight)
        for name, weight in model.named_parameters():
            if name.endswith("branch2.norm_c.weight"):
                # At the start only the shortcuts count, which see a corner of the picture. At full scale
                # the untrained branches would amplify the rounding of bf16 until labels change.
                weight.fill_(0.3)
        # Statistics of pictures like those of the test videos: without them every clip looks alike.
        pictures = [painted(index * 74 % 4096, 64, 32)[:, ::2] for index in range(64)]
        clips = torch.from_numpy(np.stack(pictures)).reshape(16, 4, 32, 32, 3)
        model.train()
        for _ in range(30):
            model(normalise(clips, spec))
        logits = model.eval()(normalise(clips, spec))
        assert logits.std(dim=0).min() > 0
        proj = model.get_submodule("blocks.5.proj")
        proj.weight /= logits.std(dim=0)[:, None] / 2
        proj.bias -= model(normalise(clips, spec)).mean(dim=0)
    path = tmp_path_factory.mktemp("checkpoint") / "small.safetensors"
    save_checkpoint(path, model, Contract(LABELS, spec, 8, provenance={"name": "small"}))
    return path


@pytest.fixture(scope="session")
def player_checkpoint(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same network, as if it had been trained on single players."""
    opened = Checkpoint(checkpoint)
    contract = replace(opened.contract, clip=replace(opened.contract.clip, subject="player"))
    path = tmp_path_factory.mktemp("checkpoint") / "players.safetensors"
    save_checkpoint(path, opened.load(), contract)
    return path


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve seconds of painted numbers, with sound; brackets in the name as yt-dlp writes them."""
    numbers = [(index * 37) % 4096 for index in range(300)]
    folder = tmp_path_factory.mktemp("video")
    return write_video(folder / "game [dQw4w9WgXcQ].mp4", numbers, sound=True, faststart=True)
