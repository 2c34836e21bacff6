"""Threads and processes that do a part of the work die: the command ends soon, and the next one goes on."""

from __future__ import annotations

import os
import shutil
import signal
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import torch

from bball_tag.checkpoint.contract import STREAMS, Contract
from bball_tag.checkpoint.model import build_model, save_checkpoint
from bball_tag.clips import ClipSpec
from tests.faults.runs import Run, ended
from tests.faults.tally import Amount, Tally
from tests.faults.test_training_kills import TRAIN, fault_of, weights
from tests.moving_people import write_people

ANNOTATE = ("annotate", "people.mp4", "--checkpoint", "streams.safetensors", "--backend", "torch")
ANNOTATE = (*ANNOTATE, "--precision", "fp32", "--threshold", "0.3")
PEOPLE = [
    ("red", lambda time: (20 + 10 * time, 60)),
    ("blue", lambda time: (280 - 8 * time, 150)),
]


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a video of painted players, and a checkpoint that looks at all streams."""
    folder = tmp_path_factory.mktemp("people")
    write_people(folder / "people.mp4", PEOPLE, seconds=14)
    spec = ClipSpec(num_frames=4, fps=12.5, height=32, width=32)
    torch.manual_seed(0)
    labels = ("run", "walk", "no_action")
    contract = replace(Contract(labels, spec, 4), streams=STREAMS)
    save_checkpoint(folder / "streams.safetensors", build_model(3, spec, 4, STREAMS), contract)
    return folder


@pytest.mark.parametrize(
    ("patch", "told"),
    [
        ("a_detector_without_memory", "Error: There is not enough memory"),
        ("keypoints_without_a_thread", "Error: There is not enough memory"),
        # A fault of ours keeps its traceback.
        ("a_detector_with_a_fault", "ZeroDivisionError"),
        ("keypoints_with_a_fault", "ZeroDivisionError"),
    ],
)
def test_a_thread_that_fails_ends_annotating_soon_and_the_next_run_goes_on(people, tmp_path, patch, told):
    for name in ("people.mp4", "streams.safetensors"):
        shutil.copy(people / name, tmp_path)
    tally = Tally(f"annotate, {patch.replace('_', ' ')}")
    whole = ended((*ANNOTATE, "--out", "whole.csv"), tmp_path, patch="players_are_painted")
    assert whole.code == 0, whole.said
    done = ended((*ANNOTATE, "--out", "a.csv"), tmp_path, patch=patch)
    words = "" if done.code == 1 and told in done.said else f"exit {done.code}: {done.said}"
    if told.startswith("Error"):
        words = words or done.fault
    if (tmp_path / "a.csv").exists():
        words = words or "there is a table in spite of an error"
    again = ended((*ANNOTATE, "--out", "a.csv"), tmp_path, patch="players_are_painted")
    if "Resuming at" not in again.said:
        words = words or f"nothing was kept: {again.said}"
    if again.code or (tmp_path / "a.csv").read_bytes() != (tmp_path / "whole.csv").read_bytes():
        words = words or f"another result later: {again.said}"
    tally.count("ended", words)
    assert tally.lost == []


@pytest.mark.skipif(os.name != "posix", reason="there is no SIGKILL")
def test_a_process_that_loads_clips_and_is_killed_ends_training_in_a_sentence_and_it_resumes(clips_folder):
    train = (*TRAIN[:-1], "2")
    whole = ended(train, clips_folder)
    assert whole.code == 0, whole.said
    right = weights(clips_folder / "run" / "checkpoint.safetensors")
    shutil.rmtree(clips_folder / "run")
    tally = Tally("train, a process that loads clips is killed")
    for _ in range(Amount.of(1, 6)):
        begun = (clips_folder / "run" / "settings.json").exists()
        run = Run((*train, "--resume") if begun else train, clips_folder)
        is_killed = killed_worker(run)
        done = run.end()
        words = done.fault or fault_of(clips_folder / "run")
        if is_killed and done.code:
            told = "Error: A process that loads clips was ended from outside" in done.said
            words = words or ("" if told else f"no reason: {done.said}")
        tally.count(f"exit {done.code}", words)
        if not done.code:
            assert weights(clips_folder / "run" / "checkpoint.safetensors") == right
            shutil.rmtree(clips_folder / "run")
    assert tally.lost == []
    begun = (clips_folder / "run" / "settings.json").exists()
    done = ended((*train, "--resume") if begun else train, clips_folder)
    assert done.code == 0, done.said
    assert weights(clips_folder / "run" / "checkpoint.safetensors") == right


def killed_worker(run: Run) -> bool:
    """Kill the first process that loads clips as soon as there is one; return whether there was."""
    until = time.monotonic() + 60
    while run.is_alive and time.monotonic() < until:
        for child in run.children():
            try:
                child.send_signal(signal.SIGKILL)
            except psutil.NoSuchProcess:
                continue
            return True
        time.sleep(0.001)
    return False
