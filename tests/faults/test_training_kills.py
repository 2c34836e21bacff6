"""Training that is ended at random moments resumes after its last finished epoch, to the same weights."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bball_tag.errors import BballTagError
from tests.faults.kills import finished, is_cut_off
from tests.faults.runs import ended, killed_at_random
from tests.faults.tally import Amount, Tally

TRAIN = (
    "train",
    "clips",
    "--out",
    "run",
    "--epochs",
    "3",
    "--width",
    "4",
    "--size",
    "32x32",
    "--frames",
    "4",
)
TRAIN = (*TRAIN, "--subject", "frame", "--init", "none", "--seed", "1", "--threads", "1", "--workers", "0")


def weights(path: Path) -> dict[str, bytes]:
    """Return the weights of a checkpoint, which must be whole."""
    from safetensors.numpy import load_file

    return {name: values.tobytes() for name, values in load_file(path).items()}


def resumed(folder: Path) -> tuple[str, ...]:
    """Return the command as a person would type it now."""
    begun = (folder / "run" / "settings.json").exists()
    return (*TRAIN, "--resume" if begun else "--overwrite")


def fault_of(run: Path) -> str:
    """Say which checkpoint is half a file."""
    from bball_tag.checkpoint.checkpoint import Checkpoint

    for name in ("best.safetensors", "checkpoint.safetensors"):
        if (run / name).exists():
            try:
                Checkpoint(run / name).load()
            except BballTagError as error:
                return str(error)
    return ""


def test_a_training_that_was_ended_resumes_to_the_same_weights(clips_folder):
    run = clips_folder / "run"
    took = finished(TRAIN, clips_folder)
    right = weights(run / "checkpoint.safetensors")
    shutil.rmtree(run)
    tally = Tally("train")
    rng = tally.rng
    for _ in range(Amount.of(2, 12)):
        done, how = killed_at_random(resumed(clips_folder), clips_folder, took, rng)
        words = fault_of(run)
        if how != "SIGKILL":
            words = words or ("" if how and is_cut_off(done, how) else done.fault)
        tally.count(f"by {how}" if how else "done before", words)
        if not how:
            assert done.code == 0, done.said
            assert weights(run / "checkpoint.safetensors") == right
            shutil.rmtree(run)
    assert tally.lost == []
    finished(resumed(clips_folder), clips_folder)
    assert weights(run / "checkpoint.safetensors") == right


@pytest.mark.skipif("sys.platform == 'win32'", reason="there are no limits of sizes there")
def test_a_full_disk_ends_a_training_in_a_sentence_and_it_resumes(clips_folder):
    run = clips_folder / "run"
    finished(TRAIN, clips_folder)
    right = weights(run / "checkpoint.safetensors")
    sizes = sorted({path.stat().st_size for path in run.iterdir() if path.is_file()})
    shutil.rmtree(run)
    tally = Tally("train, a full disk")
    rng = tally.rng
    for _ in range(Amount.of(1, 12)):
        done = ended(resumed(clips_folder), clips_folder, most_bytes=rng.randrange(rng.choice(sizes)))
        words = done.fault or fault_of(run)
        if done.code and "Error: " not in done.said:
            words = words or f"no reason: {done.said}"
        left = [path.name for path in run.rglob("*") if ".part" in path.name] if run.exists() else []
        tally.count(f"exit {done.code}", words or (f"left behind: {left}" if left else ""))
    assert tally.lost == []
    finished(resumed(clips_folder), clips_folder)
    assert weights(run / "checkpoint.safetensors") == right
