"""A user's evening: annotate, correct with a label of one's own, learn, annotate again without the video."""

from __future__ import annotations

import csv
import itertools
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import openpyxl
import pytest

import bball_tag
from bball_tag.annotations import read_annotation
from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.scoring.feature_store import read_features
from tests.e2e.conftest import Command

SAMPLES = Path(__file__).parents[2] / "sample_videos"


@pytest.fixture(scope="module")
def scored(tmp_path_factory) -> Path:
    return annotated(tmp_path_factory.mktemp("drill"), until=9)


def annotated(folder: Path, until: float) -> Path:
    """Fill a folder with the first seconds of the drill: the video, a table, and stored features."""
    for name in ("drill.mp4", "drill.tracks.csv"):
        shutil.copy(SAMPLES / name, folder / name)
    found = bball_tag.annotate(
        folder / "drill.mp4",
        tracks=folder / "drill.tracks.csv",
        checkpoint=Path(bball_tag.__file__).parent / "checkpoint/sample.safetensors",
        end=until,
        scores=folder / "actions.xlsx.scores.db",
        progress=False,
    )
    found.write(folder / "actions.xlsx")
    return folder


@pytest.fixture
def drill(scored, tmp_path) -> Path:
    for path in scored.iterdir():
        shutil.copy(path, tmp_path / path.name)
    return tmp_path


def corrected(path: Path, renamed: dict[str, str], until: float = 9.0) -> Path:
    """Write the truth of the drill with labels of one's own, as a person would type it."""
    with (SAMPLES / "drill.truth.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if float(row["end_s"]) <= until]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("start_s", "end_s", "label", "player"))
        for row in rows:
            label = renamed.get(row["label"], row["label"])
            writer.writerow((row["start_s"], row["end_s"], label, row["player"]))
    return path


def test_a_new_label_is_found_when_stored_features_are_scored_again(run: Command, drill):
    table = corrected(drill / "mine.csv", {"dribble": "bring up"})
    before = table.read_bytes()
    done = run("learn", table, "--out", "mine.safetensors", "--video", drill / "drill.mp4")
    assert done.returncode == 0, done.stderr
    assert "bring up" in done.stderr
    assert table.read_bytes() == before

    # Without frames: what is stored must be enough.
    done = run(
        "annotate", "drill.mp4", "--checkpoint", "mine.safetensors", "--out", "actions.xlsx", "--overwrite"
    )
    assert done.returncode == 0, done.stderr
    assert "the video is not read" in done.stderr
    events = {event.label: event for event in read_annotation(drill / "actions.xlsx")}
    assert "bring up" in events
    assert (events["bring up"].start, events["bring up"].end) == pytest.approx((3.77, 6.37), abs=0.5)


def test_the_checkpoint_says_what_it_rests_on(run: Command, drill):
    table = corrected(drill / "mine.csv", {})
    arguments = ("--out", "mine.safetensors", "--video", drill / "drill.mp4", "--rename", "shoot=shot")
    done = run("learn", table, *arguments, "--drop", "pick")
    assert done.returncode == 0, done.stderr
    contract = Checkpoint(drill / "mine.safetensors").contract
    assert "shot" in contract.labels
    assert not {"shoot", "pick"} & set(contract.labels)
    assert contract.world == "rendered"
    assert contract.provenance["data"]["tables"] == ["mine.csv"]
    assert contract.provenance["report"]["labels"]["shot"]["num_clips"] > 0


def test_suggestions_are_judged_in_a_workbook_and_not_made_again(run: Command, tmp_path):
    drill = annotated(tmp_path, until=13)
    done = run("suggest", "drill.mp4", "--count", 6, "--out", "judge.xlsx")
    assert done.returncode == 0, done.stderr
    first = read_annotation(drill / "judge.xlsx")
    assert len(first) >= 4
    assert all(event.remark for event in first)
    starts = [event.start for event in first]
    assert all(later - earlier >= 2 for earlier, later in itertools.pairwise(starts))

    book = openpyxl.load_workbook(drill / "judge.xlsx")
    book["Actions"]["G2"] = "no_action"
    book["Actions"]["G3"] = "bring up"
    book.save(drill / "judge.xlsx")
    done = run("learn", "judge.xlsx", "--out", "mine.safetensors")
    assert done.returncode == 0, done.stderr
    assert "count as right" in done.stderr

    done = run("suggest", "drill.mp4", "--judged", "judge.xlsx", "--out", "next.csv")
    assert done.returncode == 0, done.stderr
    again = read_annotation(drill / "next.csv")
    assert not [one for one in again for other in first if one.start < other.end and other.start < one.end]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--out", "mine.pt"), "mine.safetensors"),
        (("--out", "mine.safetensors", "--rename", "zone=press"), "There is no label 'zone'"),
        (("--out", "mine.safetensors", "--rename", "zone"), "write OLD=NEW"),
        (("--out", "mine.safetensors", "--scores", "other.db"), "There are no scores in other.db"),
        (("--out", "missing/mine.safetensors"), "does not exist"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_written(run: Command, drill, arguments, message):
    table = corrected(drill / "mine.csv", {})
    done = run("learn", table, "--video", drill / "drill.mp4", *arguments)
    assert done.returncode in (1, 2)
    assert message in " ".join(done.stderr.split())
    assert not list(drill.glob("mine.*t*"))


def test_a_game_that_was_never_annotated_is_named(run: Command, drill):
    table = corrected(drill / "mine.csv", {})
    (drill / "actions.xlsx.scores.db").unlink()
    done = run("learn", table, "--video", drill / "drill.mp4", "--out", "mine.safetensors")
    assert done.returncode == 1
    assert "There are no scores of drill.mp4" in " ".join(done.stderr.split())


def test_in_python_the_report_has_the_figures(drill):
    table = corrected(drill / "mine.csv", {"dribble": "bring up"})
    report = bball_tag.learn(
        table, out=drill / "mine.safetensors", video=drill / "drill.mp4", target_precision=0.9
    )
    assert report.figures["labels"]["bring up"]["start_f1"] is None
    assert report.num_games == 1
    assert "too few" in str(report)


def test_a_kill_at_any_moment_leaves_no_half_checkpoint_and_the_tables_as_they_were(drill):
    table = corrected(drill / "mine.csv", {"dribble": "bring up"})
    store, out = drill / "actions.xlsx.scores.db", drill / "mine.safetensors"
    before = table.read_bytes(), (drill / "actions.xlsx").read_bytes()
    features = read_features(store)
    command = ["learn", table, "--video", drill / "drill.mp4", "--out", out, "--overwrite"]
    began = time.monotonic()
    subprocess.run([sys.executable, "-m", "bball_tag", *map(str, command)], check=True, capture_output=True)
    whole, took = out.read_bytes(), time.monotonic() - began
    for moment in random.Random(1).sample(range(20, 110), 2):
        out.unlink()
        process = subprocess.Popen(
            [sys.executable, "-m", "bball_tag", *map(str, command)], stderr=subprocess.DEVNULL
        )
        time.sleep(took * moment / 100)
        process.kill()
        process.wait()
        if out.exists():
            assert out.read_bytes() == whole
        else:
            out.write_bytes(whole)
        assert (table.read_bytes(), (drill / "actions.xlsx").read_bytes()) == before
        assert np.array_equal(read_features(store).values, features.values)
