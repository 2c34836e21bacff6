"""`bball-tag train`, as a user types it: it learns, goes on after a kill, and refuses bad data."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from bball_tag.checkpoints import user_checkpoint
from bball_tag.contract import read_contract

SMALL = (
    *("--width", "8", "--picture", "32x32", "--frames", "4", "--batch-size", "16", "--seed", "1"),
    # Two threads wait for each other at every layer, which takes for ever beside other work.
    *("--threads", "1"),
)
LABELS = {"0": "goes left", "1": "goes right", "2": "stays"}


def write_clip(path: Path, speed: int, rng: np.random.Generator) -> None:
    """A textured square on a textured ground; only its motion tells the label."""
    ground = rng.integers(0, 90, (48, 48, 3), np.uint8)
    square = rng.integers(120, 256, (14, 14, 3), np.uint8)
    left, top = int(rng.integers(12, 22)), int(rng.integers(2, 30))
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"crf": "18", "preset": "ultrafast"})
        stream.width = stream.height = 48
        stream.pix_fmt = "yuv420p"
        for index in range(8):
            image = ground.copy()
            at = left + round(speed * (index - 3.5))
            image[top : top + 14, max(at, 0) : at + 14] = square[:, max(-at, 0) :]
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.fixture(scope="session")
def motion_clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SpaceJam layout: 240 clips of three labels that differ only in motion."""
    folder = tmp_path_factory.mktemp("motion")
    (folder / "examples").mkdir()
    rng = np.random.default_rng(5)
    ids = {}
    for number in range(240):
        label = number % 3
        write_clip(folder / "examples" / f"{number:04d}.mp4", (-2, 2, 0)[label], rng)
        ids[f"{number:04d}"] = label
    (folder / "annotation_dict.json").write_text(json.dumps(ids))
    (folder / "labels_dict.json").write_text(json.dumps(LABELS))
    return folder


@pytest.mark.slow
def test_a_narrow_network_learns_motion_and_knows_it_on_unseen_clips(run, motion_clips, tmp_path):
    done = run(
        *("train", motion_clips, "--out", "run", *SMALL, "--epochs", "14", "--rate", "0.004", "--no-augment"),
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "run/checkpoint.safetensors\n"
    assert "Epoch 1/14, Train Loss: " in done.stderr
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert report["num_clips"] == 36
    assert report["accuracy"] >= 0.9
    text = (tmp_path / "run" / "report.txt").read_text()
    assert "goes left" in text
    assert (tmp_path / "run" / "train.log").read_text().count("Epoch ") >= 14
    rows = (tmp_path / "run" / "log.csv").read_text().splitlines()
    assert rows[0] == "epoch,train_loss,train_accuracy,val_loss,val_accuracy,val_macro_f1,learning_rate"
    assert len(rows) == 15
    for name in ("confusion_matrix.png", "reliability.png", "curves.png"):
        assert (tmp_path / "run" / name).read_bytes().startswith(b"\x89PNG")

    contract = read_contract(tmp_path / "run" / "checkpoint.safetensors")
    assert contract.labels == tuple(LABELS.values())
    assert (contract.clip.num_frames, contract.clip.height, contract.width) == (4, 32, 8)
    assert contract.provenance["metrics"]["test_accuracy"] == pytest.approx(report["accuracy"], abs=1e-3)
    assert str(tmp_path) not in json.dumps(dict(contract.provenance))
    assert user_checkpoint().read_bytes() == (tmp_path / "run" / "checkpoint.safetensors").read_bytes()


@pytest.mark.slow
def test_a_run_killed_after_an_epoch_goes_on_as_if_undisturbed(run, motion_clips, tmp_path, monkeypatch):
    few = (
        "train",
        motion_clips,
        *SMALL,
        "--no-install",
        "--split",
        tmp_path / "split.json",
        "--mixup",
        "0.2",
    )
    keys = [f"{number:04d}" for number in range(60)]
    parts = {"train": keys[:36], "val": keys[36:48], "test": keys[48:]}
    (tmp_path / "split.json").write_text(json.dumps(parts))
    whole = run(*few, "--out", "whole", "--epochs", "3")
    assert whole.returncode == 0, whole.stderr

    from train import recipe

    saved = recipe.save_state

    def save_and_die(folder, state, parts):
        saved(folder, state, parts)
        if state.epoch == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(recipe, "save_state", save_and_die)
    stopped = run(*few, "--out", "half", "--epochs", "3")
    assert stopped.returncode == 130
    monkeypatch.setattr(recipe, "save_state", saved)
    went_on = run(*few, "--out", "half", "--epochs", "3", "--resume")
    assert went_on.returncode == 0, went_on.stderr
    assert "Going on after epoch 2." in went_on.stderr
    assert (tmp_path / "half" / "log.csv").read_text() == (tmp_path / "whole" / "log.csv").read_text()
    from safetensors.torch import load_file

    one, other = (load_file(tmp_path / name / "checkpoint.safetensors") for name in ("half", "whole"))
    assert all(one[name].equal(other[name]) for name in other)


def test_a_folder_with_a_run_is_not_overwritten(run, motion_clips, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "notes.txt").write_text("mine")
    done = run("train", motion_clips, "--out", "run", *SMALL)
    assert done.returncode == 1
    assert "run is not empty. Pass --resume" in done.stderr
    assert "Nothing to go on from" in run("train", motion_clips, "--out", "run", "--resume", *SMALL).stderr


def test_unreadable_clips_are_listed_and_stop_the_run(run, motion_clips, tmp_path):
    data = tmp_path / "data"
    (data / "examples").mkdir(parents=True)
    ids = {}
    for number in range(12):
        key = f"{number:04d}"
        (data / "examples" / f"{key}.mp4").write_bytes(
            (motion_clips / "examples" / f"{key}.mp4").read_bytes()
        )
        ids[key] = number % 3
    (data / "examples" / "0003.mp4").write_bytes(b"")
    (data / "annotation_dict.json").write_text(json.dumps(ids))
    done = run("train", data, "--out", "run", *SMALL)
    assert done.returncode == 1
    assert "the file is empty" in done.stderr
    assert "1 of 12 clips" in done.stderr
    assert "--skip-bad" in done.stderr


@pytest.mark.parametrize(
    ("extra", "code", "words"),
    [
        (("--picture", "tiny"), 2, "Cannot train on such clips"),
        (("--picture", "16x16"), 2, "at least 32 pixels"),
        (("--split", "none.json"), 1, "Cannot read the test list none.json"),
        (("--unfreeze", "often"), 2, "write 5:4,7:3,9:2"),
        (("--init", "none.safetensors"), 1, "no such checkpoint"),
        (("--init", "weights.pyth"), 1, "there is no such file"),
        (("--balance", "undersample", "--cap", "fly=3"), 2, "Labels: goes left, goes right, stays"),
    ],
)
def test_a_mistake_gets_a_sentence(run, motion_clips, extra, code, words):
    done = run("train", motion_clips, "--out", "run", *SMALL, *extra)
    assert words in " ".join(done.stderr.replace("│", " ").split()), done.stderr
    assert done.returncode == code
    assert "Traceback" not in done.stderr


def test_a_strangers_train_package_is_not_taken(run_alone, motion_clips, tmp_path):
    (tmp_path / "train.py").write_text("print('I am another train')")
    done = run_alone("train", motion_clips, "--out", "run")
    assert done.returncode == 1
    assert "not bball-tag's own package" in done.stderr
    assert "I am another" not in done.stdout
