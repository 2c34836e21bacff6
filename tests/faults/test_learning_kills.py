"""Learning is killed at random moments: nothing half is left, nothing judged is touched, and it goes on."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from bball_tag.checkpoint.contract import Contract
from bball_tag.checkpoint.model import build_model, load_model, save_checkpoint
from bball_tag.clips import ClipSpec
from bball_tag.errors import BballTagError
from bball_tag.scoring.feature_store import read_features
from tests.faults.kills import Tally, finished, kill_at_random
from tests.synthetic import write_video

SPEC = ClipSpec(num_frames=4, fps=12.5, height=32, width=32, subject="frame")
SECONDS = 20
ANNOTATE = ("annotate", "game.mp4", "--checkpoint", "small.safetensors", "--backend", "torch", "--threshold")


@pytest.fixture
def game(tmp_path: Path) -> Path:
    """A folder with a game, a tiny checkpoint that looks at whole frames, and judgements of it."""
    import torch

    torch.manual_seed(0)
    labels = ("run", "walk", "no_action")
    save_checkpoint(tmp_path / "small.safetensors", build_model(3, SPEC, 4), Contract(labels, SPEC, 4))
    write_video(tmp_path / "game.mp4", range(SECONDS * 25))
    spans = [(start, start + 2, ("run", "walk", "zone")[start % 3]) for start in range(0, SECONDS - 2, 2)]
    rows = [f"{start},{end},{label}" for start, end, label in spans]
    (tmp_path / "judged.csv").write_text("\n".join(["start_s,end_s,label", *rows]) + "\n")
    return tmp_path


def test_a_killed_learn_leaves_no_half_checkpoint_and_does_the_same_again(game):
    finished((*ANNOTATE, "0.9", "--out", "actions.csv"), game)
    learn = ("learn", "judged.csv", "--video", "game.mp4", "--checkpoint", "small.safetensors")
    learn = (*learn, "--out", "mine.safetensors", "--overwrite")
    took = finished(learn, game)
    mine = game / "mine.safetensors"
    whole = mine.read_bytes()
    kept = {path.name: path.read_bytes() for path in game.iterdir() if path != mine}
    tally = Tally("learn")

    def fault() -> str:
        if mine.exists() and mine.read_bytes() != whole:
            return "a half checkpoint"
        changed = [name for name, content in kept.items() if (game / name).read_bytes() != content]
        return f"changed: {', '.join(changed)}" if changed else ""

    kill_at_random(tally, learn, game, took, fault, before=lambda: mine.unlink(missing_ok=True))
    assert tally.lost == []
    finished(learn, game)
    assert mine.read_bytes() == whole


def test_a_checkpoint_that_is_replaced_is_the_old_one_or_the_new_one(game):
    finished((*ANNOTATE, "0.9", "--out", "actions.csv"), game)
    learn = ("learn", "judged.csv", "--video", "game.mp4", "--checkpoint", "small.safetensors")
    took = finished((*learn, "--out", "mine.safetensors"), game)
    mine = game / "mine.safetensors"
    old = mine.read_bytes()
    other = (*learn, "--drop", "walk", "--out", "mine.safetensors", "--overwrite")
    tally = Tally("learn --overwrite")

    def fault() -> str:
        from bball_tag.checkpoint.contract import read_contract

        try:
            load_model(mine, read_contract(mine))
        except BballTagError as error:
            return str(error)
        return ""

    kill_at_random(tally, other, game, took, fault, before=lambda: mine.write_bytes(old))
    assert tally.lost == []


def test_a_killed_annotate_goes_on_to_the_same_scores_and_features(game):
    whole = (*ANNOTATE, "0.3", "--out", "whole.csv")
    took = finished(whole, game)
    right = read_features(game / "whole.csv.scores.db")
    events, judged = (game / "whole.csv").read_bytes(), (game / "judged.csv").read_bytes()
    resumed = (*ANNOTATE, "0.3", "--out", "resumed.csv")
    tally = Tally("annotate")

    def fault() -> str:
        table = game / "resumed.csv"
        if table.exists() and table.read_bytes() != events:
            return "a half table"
        return "" if (game / "judged.csv").read_bytes() == judged else "a judged table was changed"

    # Each run goes on where the one before was killed; the last one is left alone.
    kill_at_random(tally, resumed, game, took, fault, before=lambda: _unwritten(game / "resumed.csv"))
    assert tally.lost == []
    _unwritten(game / "resumed.csv")
    finished(resumed, game)
    found = read_features(game / "resumed.csv.scores.db")
    for name in ("values", "starts", "stops", "known"):
        assert np.array_equal(getattr(found, name), getattr(right, name)), name
    assert (game / "resumed.csv").read_bytes() == events


def test_a_judged_table_is_kept_when_annotating_over_it_is_killed(game):
    over = (*ANNOTATE, "0.3", "--out", "actions.csv", "--overwrite")
    took = finished(over, game)
    judged = (game / "judged.csv").read_bytes()
    table = game / "actions.csv"
    tally = Tally("annotate --overwrite")

    def before() -> None:
        for path in game.glob("actions*backup*"):
            path.unlink()
        shutil.copy(game / "judged.csv", table)

    def fault() -> str:
        copies = [path for path in game.glob("actions*") if path.suffix != ".db" and path.is_file()]
        return "" if judged in [path.read_bytes() for path in copies] else "what was judged is gone"

    kill_at_random(tally, over, game, took, fault, before=before)
    assert tally.lost == []


def _unwritten(table: Path) -> None:
    table.unlink(missing_ok=True)
