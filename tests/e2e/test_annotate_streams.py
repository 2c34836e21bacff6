"""Checkpoints that look at keypoints and motion too: through the whole command."""

from __future__ import annotations

import csv
import json
import sqlite3
from dataclasses import replace

import numpy as np
import pytest
import torch

import bball_tag
import bball_tag.players.pose as pose
import bball_tag.scale.plan as plan
import bball_tag.scoring.backends as backends
import bball_tag.scoring.run_subjects as run_subjects
from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import STREAMS
from bball_tag.checkpoint.model import build_model, save_checkpoint
from bball_tag.scoring.store import ScoreStore
from tests.moving_people import HIGH, WIDE, ColourDetector, write_people
from tests.segments import crew_here, stored_rows

PEOPLE = [
    ("red", lambda time: (20 + 20 * time, 60)),
    ("blue", lambda time: (280 - 8 * time, 150)),
    ("red", lambda time: (40 + 15 * time, 160) if time < 3 else None),
]


class ColourPose:
    """Stands in for the estimator: its keypoints depend on the image, and on that alone."""

    def keypoints(self, images):
        found = np.empty((len(images), 13, 3), np.float32)
        for points, image in zip(found, images, strict=True):
            red, green, blue = image.reshape(-1, 3).mean(axis=0) / 255
            points[:] = np.stack(
                [np.linspace(0, red, 13), np.linspace(blue, 1, 13), np.full(13, 0.9)], axis=1
            )
            points[:, 0] += green
        return found


@pytest.fixture(autouse=True)
def stand_ins(monkeypatch):
    monkeypatch.setattr(run_subjects, "open_detector", lambda name, classes: ColourDetector())
    monkeypatch.setattr(pose, "open_pose", ColourPose)


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    return write_people(tmp_path_factory.mktemp("people") / "people.mp4", PEOPLE, seconds=6)


@pytest.fixture(scope="module")
def checkpoint_of_streams(player_checkpoint, tmp_path_factory):
    """Untrained, with last layers large enough that every stream counts."""
    contract = replace(Checkpoint(player_checkpoint).contract, streams=STREAMS)
    torch.manual_seed(0)
    model = build_model(len(contract.labels), contract.clip, contract.width, contract.streams)
    for name, weight in model.named_parameters():
        if weight.shape[0] == len(contract.labels) and name.endswith("weight"):
            torch.nn.init.normal_(weight, std=1.0)
    path = tmp_path_factory.mktemp("checkpoint") / "streams.safetensors"
    save_checkpoint(path, model, contract)
    return path


@pytest.fixture
def tracks(tmp_path):
    """The people's boxes, in MOTChallenge's form."""
    lines = []
    for number, (_, way) in enumerate(PEOPLE, start=1):
        for frame in range(150):
            if place := way(frame / 25):
                lines.append(f"{frame + 1},{number},{place[0]},{place[1]},{WIDE},{HIGH}")
    (tmp_path / "tracks.txt").write_text("\n".join(lines))
    return ("--tracks", "tracks.txt")


@pytest.fixture
def annotate(run, people, checkpoint_of_streams):
    def command(*arguments, out="a"):
        options = ("--checkpoint", checkpoint_of_streams, "--threshold", "0.05", "--precision", "fp32")
        return run("annotate", people, "--out", f"{out}.csv", "--out", f"{out}.json", *options, *arguments)

    return command


def scores(path):
    """Of the run that used a store last: the probabilities of each clip, by subject and start."""
    with sqlite3.connect(path) as file:
        rows = file.execute(
            "SELECT subject, start, probabilities FROM clips WHERE run = "
            "(SELECT id FROM runs ORDER BY used DESC LIMIT 1)"
        )
        return {(subject, start): np.frombuffer(blob, "<f4") for subject, start, blob in rows}


def features(path):
    """What is stored of the features, chunk by chunk."""
    with sqlite3.connect(path) as file:
        return file.execute("SELECT chunk, subjects, clips, vectors FROM features ORDER BY chunk").fetchall()


def settings(path):
    return json.loads(path.read_text(encoding="utf-8"))["settings"]


@pytest.mark.parametrize("given", [False, True])
def test_every_stream_counts_for_players_who_are_found_or_given(annotate, tracks, tmp_path, given):
    found = {}
    for streams in ("rgb", "rgb,pose", "rgb,motion", ""):
        chosen = ("--streams", streams) if streams else ()
        done = annotate(*chosen, *(tracks if given else ()), out=streams or "all")
        assert done.returncode == 0, done.stderr
        found[streams] = scores(tmp_path / f"{streams or 'all'}.csv.scores.db")
    assert settings(tmp_path / "all.json")["streams"] == "rgb, pose, motion"
    assert settings(tmp_path / "rgb,motion.json")["streams"] == "rgb, motion"
    clips = found["rgb"].keys()
    assert len(clips) > 30
    assert all(each.keys() == clips for each in found.values())
    for clip in clips:
        rows = [each[clip] for each in found.values()]
        assert all(np.abs(one - other).max() > 1e-4 for one in rows for other in rows if one is not other)


@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("chunks", [1, 2])
def test_a_run_that_was_stopped_comes_to_the_same_files_and_bits(
    annotate, tracks, tmp_path, monkeypatch, given, chunks
):
    arguments = tracks if given else ()
    assert annotate(*arguments, out="whole").returncode == 0
    append, left = ScoreStore.append, [chunks]

    def stops(self, *values):
        append(self, *values)
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(ScoreStore, "append", stops)
        assert annotate(*arguments, out="resumed").returncode == 130
    done = annotate(*arguments, out="resumed")
    assert done.returncode == 0, done.stderr
    for suffix in ("csv", "json"):
        whole, resumed = ((tmp_path / f"{name}.{suffix}").read_text() for name in ("whole", "resumed"))
        assert resumed == whole
    whole, resumed = (scores(tmp_path / f"{name}.csv.scores.db") for name in ("whole", "resumed"))
    assert all(np.array_equal(whole[clip], resumed[clip]) for clip in whole)
    assert whole.keys() == resumed.keys()
    whole, resumed = (features(tmp_path / f"{name}.csv.scores.db") for name in ("whole", "resumed"))
    assert len(whole) > 1
    assert resumed == whole


def test_streams_that_were_chosen_are_kept_with_the_scores(annotate, tmp_path):
    assert annotate("--streams", "rgb,motion").returncode == 0
    again = annotate("--overwrite")
    assert "streams rgb,motion" in again.stderr
    assert "stored scores" in again.stderr
    assert settings(tmp_path / "a.json")["streams"] == "rgb, motion"


def test_streams_that_another_checkpoint_does_not_read_do_not_lock_the_user_out(
    annotate, run, people, player_checkpoint, tmp_path
):
    assert annotate("--streams", "rgb,motion").returncode == 0
    done = run("annotate", people, "--out", "a.csv", "--checkpoint", player_checkpoint, "--overwrite")
    assert done.returncode == 0, done.stderr
    assert "streams rgb" not in done.stderr


@pytest.mark.parametrize(
    ("streams", "sentence"),
    [
        ("rgb,sound", "streams must be rgb, pose or motion, not 'sound'"),
        ("motion", "--streams rgb,motion is meant"),
        ("", "streams must be rgb, pose or motion"),
    ],
)
def test_streams_that_make_no_sense_are_wrong_usage(annotate, streams, sentence):
    done = annotate("--streams", streams)
    assert (done.returncode, sentence in done.stderr) == (2, True), done.stderr


def test_a_stream_that_the_checkpoint_does_not_read_is_wrong_usage(run, people, player_checkpoint):
    done = run(
        "annotate", people, "--out", "a.csv", "--checkpoint", player_checkpoint, "--streams", "rgb,pose"
    )
    assert (done.returncode, "does not read pose, only rgb" in done.stderr) == (2, True), done.stderr


def test_without_openvino_a_long_job_looks_at_every_stream_with_pytorch(annotate, monkeypatch, tmp_path):
    monkeypatch.setattr(backends, "_MIN_CLIPS_TO_QUANTISE", 1)
    monkeypatch.setattr(backends, "has_openvino", lambda: False)
    assert annotate().returncode == 0
    assert settings(tmp_path / "a.json")["computed by"].startswith("PyTorch")
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) > 0


def test_a_video_that_is_annotated_to_be_rendered_looks_at_the_streams_that_are_chosen(
    run, people, checkpoint_of_streams, tmp_path
):
    chosen = ("--checkpoint", checkpoint_of_streams, "--streams", "rgb,motion")
    done = run("render", people, "--overlay", "--out", "overlay.mp4", *chosen)
    assert done.returncode == 0, done.stderr
    with sqlite3.connect(tmp_path / "people.mp4.scores.db") as file:
        assert file.execute("SELECT settings FROM runs").fetchone()[0].count('"streams": ["rgb", "motion"]')


@pytest.mark.parametrize("given", [True, False], ids=["tracks", "found"])
@pytest.mark.usefixtures("run")
def test_segments_have_the_same_scores_of_every_stream(
    people, checkpoint_of_streams, tracks, tmp_path, monkeypatch, given
):
    options = {"checkpoint": checkpoint_of_streams, "precision": "fp32", "progress": False}
    if given:
        options["tracks"] = tmp_path / tracks[1]
    bball_tag.annotate(people, scores=tmp_path / "one.db", **options)
    for name in ("SHORTEST", "LONGEST"):
        monkeypatch.setattr(plan, name, 1)
    with crew_here() as crew:
        bball_tag.annotate(people, scores=tmp_path / "segments.db", jobs=crew, **options)
    assert stored_rows(tmp_path / "segments.db") == stored_rows(tmp_path / "one.db")
