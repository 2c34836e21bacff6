"""The programs beside the sample videos: the demonstration, and how the sample checkpoint is made."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "sample_videos"


def run(*command: object, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, *map(str, command)], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_the_demonstration_finds_most_events_of_the_sample_game(tmp_path):
    printed = run(SAMPLES / "demo.py", cwd=tmp_path)
    assert {path.name for path in (tmp_path / "demo").iterdir()} >= {"actions.xlsx", "actions.csv"}
    assert "The first 12 of" in printed
    total = re.search(r"\ball\b.*?(\d\.\d\d)\D*$", printed, re.M)
    assert total
    # Events of a hall, bodies and cameras like real ones are harder to tell than those of the first edition.
    assert float(total[1]) > 0.6


def test_the_sample_checkpoint_is_made_with_options_that_train_takes(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(SAMPLES))
    import make_checkpoint

    command = ["train", SAMPLES / "clips", "--out", tmp_path / "run", "--no-set-default", "--dry-run"]
    printed = run("-m", "bball_tag", *command, *make_checkpoint.SETTINGS, cwd=ROOT)
    assert "width 16" in printed
    assert make_checkpoint.CHECKPOINTS == ROOT / "bball_tag" / "checkpoint"
    assert (make_checkpoint.CHECKPOINTS / "sample.safetensors").exists()
