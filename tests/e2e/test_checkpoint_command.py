"""`bball-tag checkpoint`: list, set, reset, describe."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bball_tag.checkpoint import default
from bball_tag.checkpoint.backbone import write_contract
from bball_tag.checkpoint.contract import read_contract
from bball_tag.checkpoint.default import SAMPLE, user_checkpoint


def test_the_list_has_a_star_at_the_one_in_use(run, checkpoint):
    done = run("checkpoint", "list")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("* shipped  sample court  rendered players  10 labels  ")
    run("checkpoint", "set", checkpoint)
    first, second = run("checkpoint", "list").stdout.splitlines()
    assert " ".join(first.split()) == f"* your default small real players 4 labels {user_checkpoint()}"
    assert second.startswith("  shipped")
    done = run("checkpoint", "list", BBALL_TAG_CHECKPOINT=str(SAMPLE))
    assert done.stdout.startswith("* BBALL_TAG_CHECKPOINT")


def test_the_list_says_what_is_wrong_with_a_checkpoint(run):
    done = run("checkpoint", "list", BBALL_TAG_CHECKPOINT="none.safetensors")
    assert done.returncode == 0
    assert done.stdout.startswith("* BBALL_TAG_CHECKPOINT  Cannot use none.safetensors: there is no such")


def test_a_checkpoint_that_is_set_is_a_copy_and_is_used(run, checkpoint, tmp_path, video):
    mine = tmp_path / "mine.safetensors"
    mine.write_bytes(checkpoint.read_bytes())
    done = run("checkpoint", "set", mine)
    assert (done.returncode, done.stdout) == (0, f"{user_checkpoint()}\n")
    assert "Used when none is named: " in done.stderr
    mine.unlink()
    assert user_checkpoint().read_bytes() == checkpoint.read_bytes()
    done = run("annotate", video, "--out", "a.csv", "--end", "2")
    assert f"Using the checkpoint {user_checkpoint()}" in done.stderr


def test_reset_brings_the_shipped_one_back(run, checkpoint):
    run("checkpoint", "set", checkpoint)
    done = run("checkpoint", "reset")
    assert (done.returncode, done.stdout) == (0, "")
    assert f"Used when none is named: {SAMPLE} (shipped)." in done.stderr
    assert not user_checkpoint().exists()
    again = run("checkpoint", "reset")
    assert again.returncode == 0
    assert "nothing to reset" in again.stderr


@pytest.mark.parametrize("command", ["set", "describe"])
def test_what_is_no_checkpoint_is_refused_and_changes_nothing(run, tmp_path, command):
    (tmp_path / "a.pth").write_bytes(b"PK\x03\x04")
    for name, words in (("a.pth", "not a safetensors file"), ("none", "no such checkpoint")):
        done = run("checkpoint", command, name)
        assert (done.returncode, done.stdout) == (1, "")
        assert words in done.stderr
    assert not user_checkpoint().exists()


def test_a_description_says_what_a_checkpoint_is_and_how_good(run):
    lines = dict(line.split("  ", 1) for line in run("checkpoint", "describe").stdout.splitlines())
    facts = {name: value.strip() for name, value in lines.items()}
    assert facts["file"] == str(SAMPLE)
    assert facts["trained on"] == "rendered players"
    assert facts["labels"].startswith("block, pass, run")
    assert facts["clip"].startswith("8 frames at 12.5 per second (0.64 s), ")
    assert "clips right, temperature" in facts["on real video"]
    assert "test accuracy 0." in facts["figures"]


def test_a_foreign_provenance_does_not_hinder_the_description(run, checkpoint, tmp_path):
    path = tmp_path / "odd.safetensors"
    path.write_bytes(checkpoint.read_bytes())
    odd = replace(read_contract(path), provenance={"data": "mine", "metrics": [1], "at_chance": "no"})
    write_contract(path, odd)
    done = run("checkpoint", "describe", path)
    assert done.returncode == 0
    assert "beware" not in done.stdout


def test_a_checkpoint_at_chance_on_its_own_test_is_set_with_a_warning(run, checkpoint, tmp_path):
    path = tmp_path / "bad.safetensors"
    path.write_bytes(checkpoint.read_bytes())
    write_contract(path, replace(read_contract(path), provenance={"name": "bad", "at_chance": True}))
    done = run("-q", "checkpoint", "set", path)
    assert done.returncode == 0
    assert "On its own test clips bad was no better than guessing" in done.stderr
    assert "no better than guessing" in run("checkpoint", "describe", path).stdout


def test_without_any_checkpoint_the_list_says_how_to_get_one(run, tmp_path, monkeypatch):
    monkeypatch.setattr(default, "SAMPLE", tmp_path / "none.safetensors")
    done = run("checkpoint", "list")
    assert done.returncode == 1
    assert "bball-tag train DATA --out RUN_DIR" in done.stderr
