"""Tests of what may go wrong around the tool: marked `faults`, and counted."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from bball_tag.checkpoint.contract import Contract
from bball_tag.checkpoint.model import build_model, save_checkpoint
from bball_tag.clips import ClipSpec
from tests.faults.tally import SEED, TALLIES, Amount
from tests.synthetic import write_video

_HERE = Path(__file__).parent
SPEC = ClipSpec(num_frames=4, fps=12.5, height=32, width=32, subject="frame")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark these tests; in a usual run of all tests keep a third of the cases of each, chosen by the seed."""
    Amount.is_full = config.getoption("markexpr") == "faults"
    cases: dict[str, list[pytest.Item]] = {}
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker("faults")
            item.add_marker("slow")
            if Amount.is_full:
                item.add_marker(pytest.mark.timeout(0))
            cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
    if not Amount.is_full:
        rng = random.Random(SEED)
        kept = {item for some in cases.values() for item in rng.sample(some, -(-len(some) // 3))}
        left_out = [item for some in cases.values() for item in some if item not in kept]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if TALLIES:
        terminalreporter.section(f"faults, BBALL_TAG_FAULTS_SEED={SEED}")
        for tally in TALLIES:
            terminalreporter.line(str(tally))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny checkpoint that looks at whole frames."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("checkpoint") / "small.safetensors"
    save_checkpoint(path, build_model(3, SPEC, 4), Contract(("run", "walk", "no_action"), SPEC, 4))
    return path


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty seconds of painted numbers with sound."""
    numbers = (np.arange(500) * 37 % 4096).tolist()
    return write_video(tmp_path_factory.mktemp("video") / "game.mp4", numbers, sound=True)


@pytest.fixture
def film_folder(tmp_path: Path, film: Path, tiny: Path) -> Path:
    """A folder with a film (game.mp4) and a checkpoint (small.safetensors)."""
    shutil.copy(film, tmp_path / "game.mp4")
    shutil.copy(tiny, tmp_path / "small.safetensors")
    return tmp_path


@pytest.fixture
def clips_folder(tmp_path: Path) -> Path:
    """A folder with eight clips of each of two labels (clips/)."""
    for label in ("run", "walk"):
        (tmp_path / "clips" / label).mkdir(parents=True)
        for number in range(8):
            frames = range(number * 16, number * 16 + 16)
            write_video(tmp_path / "clips" / label / f"{number}.mp4", frames, size=(64, 64))
    return tmp_path
