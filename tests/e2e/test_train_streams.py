"""`train` and `evaluate` with keypoints and motion beside the images."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest
from safetensors.torch import load_file

import bball_tag
from bball_tag.checkpoint.contract import Contract, read_contract
from bball_tag.checkpoint.model import build_model, save_checkpoint
from bball_tag.clips import ClipSpec
from bball_tag.errors import DataError, OptionError
from tests.synthetic import write_video
from train import recipe

SMALL = {"width": 4, "size": "32x32", "frames": 4, "init": "none", "threads": 1, "precision": "fp32"}
OPTIONS = [text for name, value in SMALL.items() for text in (f"--{name}", str(value))]
ALL = "rgb,pose,motion"
Run = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SpaceJam layout: 60 clips of two labels that only the motion tells apart; every sixth clip has none."""
    folder = tmp_path_factory.mktemp("clips")
    for name in ("examples", "joints", "motion"):
        (folder / name).mkdir()
    rng, ids = np.random.default_rng(0), {}
    for number in range(60):
        key = f"{number:02d}"
        ids[key] = number % 2
        write_video(folder / "examples" / f"{key}.mp4", rng.integers(0, 4096, 8), size=(32, 32))
        np.save(folder / "joints" / f"{key}.npy", rng.random((8, 13, 3), np.float32))
        rows = rng.normal(0, 0.1, (29, 6)).astype(np.float32)
        rows[:, 0] += number % 2
        rows[:, -1] = 1
        if number % 6:
            np.save(folder / "motion" / f"{key}.npy", rows)
    (folder / "annotation_dict.json").write_text(json.dumps(ids))
    (folder / "labels_dict.json").write_text(json.dumps({"0": "stand", "1": "run"}))
    return folder


def trained(clips: Path, out: Path, **given: object) -> Path:
    options = {**SMALL, "streams": ALL, "epochs": 3, "batch_size": 8, "progress": False, **given}
    return bball_tag.train(clips, out=out, **options).checkpoint  # type: ignore[arg-type]


@pytest.mark.slow
def test_what_only_one_stream_tells_is_found_and_each_set_of_streams_has_its_figures(clips, tmp_path):
    checkpoint = trained(clips, tmp_path / "run", epochs=12, lr=3e-3)
    contract = read_contract(checkpoint)
    assert contract.streams == ("rgb", "pose", "motion")
    assert set(contract.temperatures) == {"rgb", "rgb+pose", "rgb+motion"}
    found = bball_tag.evaluate(clips, checkpoint=checkpoint, progress=False)
    assert list(found.by_streams) == ["rgb", "rgb+pose", "rgb+motion", "rgb+pose+motion"]
    assert found.by_streams["rgb+motion"]["accuracy"] >= 0.85, "50 of 60 clips have motion"
    assert found.figures["streams"] == found.by_streams
    assert "rgb+pose  accuracy" in found.report
    fewer = bball_tag.evaluate(clips, checkpoint=checkpoint, streams="rgb,motion", progress=False)
    assert fewer.predictions.accuracy == found.by_streams["rgb+motion"]["accuracy"]
    assert list(fewer.by_streams) == ["rgb", "rgb+motion"]
    alone = bball_tag.evaluate(clips, checkpoint=checkpoint, streams=["rgb"], progress=False)
    assert np.allclose(alone.predictions.logits, found.found.parts["rgb"], atol=1e-5)
    assert alone.by_streams == {}


def test_clips_without_motion_are_evaluated_by_the_other_streams(clips, tmp_path):
    checkpoint = trained(clips, tmp_path / "run", epochs=1)
    folders = tmp_path / "folders"
    for key, label in json.loads((clips / "annotation_dict.json").read_text()).items():
        folder = folders / ("stand", "run")[label]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{key}.mp4").symlink_to(clips / "examples" / f"{key}.mp4")
    found = bball_tag.evaluate(folders, checkpoint=checkpoint, streams="rgb,motion", progress=False)
    assert found.found.streams == ("rgb",)
    with pytest.raises(DataError, match=r"Nothing in .* says how the players move"):
        trained(folders, tmp_path / "other", streams="rgb,motion")


@pytest.mark.slow
def test_a_run_with_streams_resumes_to_the_same_bits(clips, tmp_path, monkeypatch):
    whole = trained(clips, tmp_path / "whole", augment="flip,move,colour")
    saved = recipe.save_state

    def save_and_die(path, state, parts):
        saved(path, state, parts)
        if state.epoch == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(recipe, "save_state", save_and_die)
    with pytest.raises(KeyboardInterrupt):
        trained(clips, tmp_path / "half", augment="flip,move,colour")
    monkeypatch.setattr(recipe, "save_state", saved)
    half = trained(clips, tmp_path / "half", augment="flip,move,colour", resume=True)
    assert (tmp_path / "half/log.csv").read_text() == (tmp_path / "whole/log.csv").read_text()
    one, other = load_file(whole), load_file(half)
    assert one.keys() == other.keys()
    assert all(one[name].equal(other[name]) for name in one)
    with pytest.raises(DataError, match=r"streams was \['rgb', 'pose', 'motion'\] and is \['rgb'\]"):
        trained(clips, tmp_path / "half", augment="flip,move,colour", resume=True, streams="rgb")


@pytest.mark.slow
def test_two_processes_train_the_streams_that_one_would(run: Run, run_alone: Run, clips, tmp_path):
    alike = ("train", clips, *OPTIONS, "--streams", ALL, "--dropout", "0", "--epochs", "2")
    alike += ("--batch-size", "8", "--device", "cpu")
    done = run(*alike, "--out", "one")
    assert done.returncode == 0, done.stderr
    both = run_alone(*alike, "--out", "two", "--devices", "2", CUDA_VISIBLE_DEVICES="", OMP_NUM_THREADS="1")
    assert both.returncode == 0, both.stderr
    rows = [list(csv.DictReader((tmp_path / name / "log.csv").open())) for name in ("one", "two")]
    for one, two in zip(*rows, strict=True):
        assert {name: float(value) for name, value in two.items()} == pytest.approx(
            {name: float(value) for name, value in one.items()}, rel=2e-3
        )
    figures = [json.loads((tmp_path / name / "report.json").read_text()) for name in ("one", "two")]
    assert figures[0]["streams"].keys() == figures[1]["streams"].keys()


def test_a_dry_run_with_streams_says_so_and_writes_nothing(run: Run, clips, tmp_path):
    done = run("train", clips, *OPTIONS, "--streams", ALL, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "slow_r50 of width 4 with pose and motion" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_streams_that_a_checkpoint_lacks_are_refused(clips, tmp_path):
    contract, images_alone = (
        Contract(("a", "b"), ClipSpec(4, height=32, width=32), 4),
        tmp_path / "a.safetensors",
    )
    save_checkpoint(images_alone, build_model(2, contract.clip, 4), contract)
    with pytest.raises(OptionError, match=r"does not look at pose. Its streams: rgb"):
        bball_tag.evaluate(clips, checkpoint=images_alone, streams="rgb,pose", progress=False)
