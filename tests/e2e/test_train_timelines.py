"""`bball-tag train` and `evaluate` on games that somebody coded, as a user types it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bball_tag.annotations.reviewed import Reviewed
from bball_tag.checkpoint.checkpoint import Checkpoint
from tests.coded_games import add_game, code, event
from tests.e2e.conftest import Command

SMALL = ("--width", 4, "--size", "32x32", "--frames", 4, "--epochs", 1, "--batch-size", 8, "--device", "cpu")
EVENTS = (event("pass", 1.0, 3.0), event("run", 4.0, 6.0, "7"), event("run", 6.0, 8.0, "8"))


@pytest.fixture
def season(tmp_path: Path) -> Path:
    """Three games, coded as a workbook, for Sportscode and for ELAN; silence was looked at in one."""
    for name in ("coded", "games", "boxes"):
        (tmp_path / name).mkdir()
    for name, kind, looked in (("q1", "xlsx", True), ("q2", "xml", False), ("q3", "eaf", False)):
        add_game(tmp_path, name)
        code(tmp_path, f"{name}.{kind}", *EVENTS, game=name, reviewed=[Reviewed(0, 10)] if looked else ())
    return tmp_path


def test_a_checkpoint_is_trained_on_coded_games_and_evaluated_on_others(run: Command, season):
    coded = sorted((season / "coded").glob("q?.*"))
    given = ("--videos", "games", "--tracks", "boxes")
    done = run("train", *coded, *given, *SMALL, "--out", "run")
    assert done.returncode == 0, done.stderr
    assert "too few games" not in done.stderr
    contract = Checkpoint(season / "run" / "checkpoint.safetensors").contract
    assert contract.labels == ("no_action", "pass", "run")
    # Six clips of two seconds each: 25 instants, of four a clip. Silence would give 37.
    assert contract.provenance["data"]["labels"] == {"no_action": 36, "pass": 18, "run": 36}

    mine = ("--checkpoint", "run/checkpoint.safetensors", "--device", "cpu")
    done = run("evaluate", coded[2], *given, *mine)
    assert done.returncode == 0, done.stderr
    assert "18 clips" in done.stderr
    done = run("evaluate", *coded, *given, *mine, "--split", "run/split.json")
    assert done.returncode == 0, done.stderr
    assert "used to train" not in done.stderr


def test_what_is_missing_is_found_before_anything_is_written(run: Command, season):
    shutil.rmtree(season / "games")
    done = run("train", *sorted((season / "coded").glob("q?.*")), *SMALL, "--out", "run")
    assert done.returncode == 1
    assert "videos of 3 of 3 timelines: that of q1.xlsx (q1.mp4), that of q2.xml" in done.stderr
    assert not (season / "run").exists()


def test_the_whole_frame_needs_no_players(run: Command, season):
    coded = sorted((season / "coded").glob("q?.*"))
    done = run("train", *coded, "--videos", "games", "--subject", "frame", *SMALL, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "pass 18, run 36" in done.stderr
