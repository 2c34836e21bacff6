"""`bball-tag train`, as a user types it: it learns, resumes after a kill, and refuses bad data."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from safetensors.torch import load_file

from bball_tag.checkpoint.contract import read_contract
from bball_tag.checkpoint.default import user_checkpoint

SMALL = (
    *("--width", "8", "--size", "32x32", "--frames", "4", "--batch-size", "16", "--seed", "1"),
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
def test_a_narrow_model_learns_motion_and_knows_it_on_unseen_clips(run, motion_clips, tmp_path):
    done = run(
        *(
            "train",
            motion_clips,
            "--out",
            "run",
            *SMALL,
            "--epochs",
            "14",
            "--lr",
            "0.004",
            "--augment",
            "none",
            "--set-default",
        ),
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "run/checkpoint.safetensors\n"
    assert "Epoch 1/14, Train Loss: " in done.stderr
    assert "% of the time waiting for clips" in done.stderr
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
    assert 0.25 <= contract.temperature <= 4
    assert set(contract.thresholds) == set(LABELS.values())
    settings = json.loads((tmp_path / "run" / "settings.json").read_text())
    assert settings["recipe"]["lr"] == 0.004
    assert "torch" in settings["versions"]
    split = json.loads((tmp_path / "run" / "split.json").read_text())
    assert [len(split[part]) for part in ("train", "val", "test")] == [168, 36, 36]
    assert (contract.clip.num_frames, contract.clip.height, contract.width) == (4, 32, 8)
    assert contract.provenance["metrics"]["test_accuracy"] == pytest.approx(report["accuracy"], abs=1e-3)
    assert str(tmp_path) not in json.dumps(dict(contract.provenance))
    assert (contract.world, contract.provenance["at_chance"]) == ("real", False)
    assert user_checkpoint().read_bytes() == (tmp_path / "run" / "checkpoint.safetensors").read_bytes()


@pytest.fixture(scope="session")
def few(motion_clips: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[object, ...]:
    """A run on 60 of the clips, three epochs long."""
    keys = [f"{number:04d}" for number in range(60)]
    split = tmp_path_factory.mktemp("few") / "split.json"
    split.write_text(json.dumps({"train": keys[:36], "val": keys[36:48], "test": keys[48:]}))
    return ("train", motion_clips, *SMALL, "--split", split, "--epochs", "3")


def same_weights(one: Path, other: Path) -> bool:
    first, second = load_file(one), load_file(other)
    return all(first[name].equal(second[name]) for name in second)


@pytest.mark.slow
def test_a_run_killed_after_an_epoch_resumes_as_if_undisturbed(run, few, tmp_path, monkeypatch):
    changed = (*few, "--accumulate", "2", "--ema", "0.9", "--label-smoothing", "0.1")
    changed += ("--augment", "flip,move,colour,blur")
    whole = run(*changed, "--out", "whole")
    assert whole.returncode == 0, whole.stderr

    from train import recipe

    saved = recipe.save_state

    def save_and_die(path, state, parts):
        saved(path, state, parts)
        if state.epoch == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(recipe, "save_state", save_and_die)
    stopped = run(*changed, "--out", "half")
    assert stopped.returncode == 130
    assert "the same command with --resume" in stopped.stderr
    monkeypatch.setattr(recipe, "save_state", saved)
    resumed = run(*changed, "--out", "half", "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert "Resuming after epoch 2." in resumed.stderr
    assert (tmp_path / "half" / "log.csv").read_text() == (tmp_path / "whole" / "log.csv").read_text()
    assert same_weights(tmp_path / "half/checkpoint.safetensors", tmp_path / "whole/checkpoint.safetensors")
    assert "finished already" in run(*changed, "--out", "half", "--resume").stderr


@pytest.mark.slow
def test_a_run_killed_at_any_moment_ends_with_the_same_epochs(run, few, tmp_path):
    assert run(*few, "--out", "whole").returncode == 0
    command = [sys.executable, "-m", "bball_tag", *map(str, few), "--out", "killed"]
    rng = np.random.default_rng(4)
    for attempt in range(8):
        resume = ["--resume"] if (tmp_path / "killed" / "settings.json").exists() else ["--overwrite"]
        process = subprocess.Popen([*command, *resume], cwd=tmp_path, stderr=subprocess.DEVNULL)
        try:
            # Within loading, any epoch, or writing; the last attempts may finish.
            done = process.wait(rng.uniform(2.5, 8) if attempt < 4 else 120)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            continue
        assert done == 0
        break
    assert (tmp_path / "killed" / "log.csv").read_text() == (tmp_path / "whole" / "log.csv").read_text()
    assert same_weights(tmp_path / "killed/checkpoint.safetensors", tmp_path / "whole/checkpoint.safetensors")
    assert not list((tmp_path / "killed").glob(".*part*"))[1:], "at most the draft of the last kill is left"


@pytest.mark.slow
def test_a_seed_makes_a_run_repeatable_bit_for_bit(run, few, tmp_path):
    for name, seed in (("one", 1), ("two", 1), ("other", 2)):
        assert run(*few, "--out", name, "--epochs", "2", "--seed", seed).returncode == 0
    log = {name: (tmp_path / name / "log.csv").read_bytes() for name in ("one", "two", "other")}
    assert log["one"] == log["two"] != log["other"]
    assert same_weights(tmp_path / "one/checkpoint.safetensors", tmp_path / "two/checkpoint.safetensors")
    reports = [(tmp_path / name / "report.json").read_bytes() for name in ("one", "two")]
    assert reports[0] == reports[1]


@pytest.mark.slow
def test_two_processes_come_to_the_same_loss_as_one(run, run_alone, few, tmp_path):
    # Chance apart: each process hides other features and changes its own clips.
    alike = (*few, "--dropout", "0", "--precision", "fp32", "--epochs", "2", "--device", "cpu")
    assert run(*alike, "--out", "one").returncode == 0
    both = run_alone(*alike, "--out", "two", "--devices", "2", CUDA_VISIBLE_DEVICES="", OMP_NUM_THREADS="1")
    assert both.returncode == 0, both.stderr
    assert both.stdout == "two/checkpoint.safetensors\n"
    warnings = [line for line in both.stderr.splitlines() if "Warning" in line]
    assert [line for line in warnings if "no better than guessing" not in line] == []
    assert both.stderr.count("Epoch 2/2") == 1, "only one process speaks"
    rows = [list(csv.DictReader((tmp_path / name / "log.csv").open())) for name in ("one", "two")]
    for one, two in zip(*rows, strict=True):
        assert {name: float(value) for name, value in two.items()} == pytest.approx(
            {name: float(value) for name, value in one.items()}, rel=2e-3
        )
    figures = [json.loads((tmp_path / name / "report.json").read_text()) for name in ("one", "two")]
    assert figures[0]["num_clips"] == figures[1]["num_clips"] == 12


@pytest.mark.slow
def test_blocks_are_unfrozen_from_the_top_and_a_run_without_gain_stops_early(run, few, tmp_path):
    done = run(*few, "--out", "first", "--epochs", "3", "--unfreeze", "2:4,3:2")
    assert "Unfreezing blocks starting from block 4 at epoch 2" in done.stderr
    assert "Unfreezing blocks starting from block 2 at epoch 3" in done.stderr
    checkpoint = tmp_path / "first" / "checkpoint.safetensors"
    # A learning rate of nothing changes nothing: the second epoch cannot be better than the first.
    still = (*few, "--init", checkpoint, "--epochs", "5", "--patience", "1", "--lr", "0", "--ema", "0")
    done = run(*still, "--unfreeze", "5:0", "--out", "second")
    assert "No better validation macro F1 since epoch 1: stopping." in done.stderr
    assert len((tmp_path / "second" / "log.csv").read_text().splitlines()) == 3
    before, after = load_file(checkpoint), load_file(tmp_path / "second" / "checkpoint.safetensors")
    # The stem was frozen, its BatchNorm statistics too.
    assert before["blocks.0.norm.running_mean"].equal(after["blocks.0.norm.running_mean"])


@pytest.mark.slow
def test_evaluate_gives_the_report_of_training_again(run, few, tmp_path):
    done = run(*few, "--out", "run", "--epochs", "1", "--tensorboard")
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "run" / "tensorboard").glob("events*"))
    clips, split, checkpoint = few[1], tmp_path / "run/split.json", tmp_path / "run/checkpoint.safetensors"
    small = ("evaluate", clips, "--checkpoint", checkpoint, "--threads", "1")
    again = run(*small, "--split", split, "--out", "again")
    assert again.returncode == 0, again.stderr
    assert again.stdout == "again/report.json\n"
    for name in ("report.txt", "report.json"):
        assert (tmp_path / "again" / name).read_text() == (tmp_path / "run" / name).read_text()
    assert (tmp_path / "again" / "mistakes.html").read_text() == (tmp_path / "run/mistakes.html").read_text()

    assert run(*small, "--precision", "fp32").returncode == 0
    assert run(*small, "--precision", "32-true").returncode == 2
    every = run(*small)
    assert "Test accuracy: " in every.stderr
    assert " on 240 clips" in every.stderr
    assert "already has a report" in run(*small, "--out", "again").stderr

    stranger = tmp_path / "stranger"
    (stranger / "dunk").mkdir(parents=True)
    (stranger / "stays").mkdir()
    for folder, name in (("dunk", "0000"), ("stays", "0002")):
        (stranger / folder / f"{name}.mp4").write_bytes((clips / "examples" / f"{name}.mp4").read_bytes())
    unknown = run("evaluate", stranger, "--checkpoint", checkpoint)
    assert unknown.returncode == 1
    assert "'dunk', which is not a label of the checkpoint. Its labels: goes left" in unknown.stderr


def test_a_dry_run_says_what_would_be_trained_and_writes_nothing(run, motion_clips, tmp_path):
    listed = tmp_path / "list.txt"
    listed.write_text(json.dumps([f"{number:04d}" for number in range(60)]))
    plan = ("--split", listed, "--balance", "undersample", "--cap", "40", "--cap", "stays=20")
    done = run(*("train", motion_clips, *SMALL, *plan, "--dry-run", "--unfreeze", "5:4,7:3"), "--epochs", "8")
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    for words in (
        "0 clips were removed from training",
        "After undersampling, 100 clips: goes left 40, goes right 40, stays 20.",
        "test: goes left 20, goes right 20, stays 20.",
        "From epoch 1: blocks from 5 on are trained, ",
        "From epoch 7: blocks from 3 on are trained, ",
        "a batch takes ",
        "MiB for the model",
    ):
        assert words in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["list.txt"]


@pytest.mark.slow
def test_real_clips_are_trained_on_those_in_the_original_codec_too(run, real_data, tmp_path):
    folder = real_data / "spacejam_clips"
    ids = json.loads((folder / "annotation_dict.json").read_text())
    names = json.loads((folder / "labels_dict.json").read_text())
    rows = [f"{folder}/examples/{key}.mp4,{names[str(number)]},{key}" for key, number in ids.items()]
    rows += [f"{path},block,0000000" for path in (folder / "original_codec").glob("*.mp4")]
    (tmp_path / "clips.csv").write_text("\n".join(["path,label,group", *rows]))
    done = run(
        "train",
        "clips.csv",
        "--out",
        "run",
        *SMALL,
        "--epochs",
        "1",
        "--source-fps",
        "25",
    )
    assert done.returncode == 0, done.stderr
    assert "103 clips: " in done.stderr
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert set(report["labels"]) == {*names.values()} - {"discard"}
    again = run("evaluate", folder, "--checkpoint", "run/checkpoint.safetensors", "--threads", "1")
    assert " on 101 clips" in again.stderr


def test_a_model_with_context_is_trained_and_annotates(run, few, video, tmp_path):
    short = (*few, "--epochs", "1")
    done = run(*short, "--frames", "2", "--context", "1", "--subject", "frame", "--out", "run")
    assert done.returncode == 0, done.stderr
    clip = read_contract(tmp_path / "run" / "checkpoint.safetensors").clip
    assert (clip.num_frames, clip.context_frames) == (2, 1)
    done = run(
        *("annotate", video, "--checkpoint", "run/checkpoint.safetensors", "--out", "a.csv"),
        *("--threshold", "0.2", "--backend", "torch"),
    )
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader((tmp_path / "a.csv").open(encoding="utf-8")))
    assert {row["label"] for row in rows} <= set(LABELS.values())
    assert max(float(row["end_s"]) for row in rows) == pytest.approx(12.0, abs=0.1)
    done = run(*short, "--context", "4", "--out", "other")
    assert done.returncode == 1
    assert "is shorter than the 12 frames that the model sees, 4 of them on either side" in done.stderr


@pytest.mark.parametrize("frames", [("--frames", "33"), ("--frames", "8", "--context", "13")])
def test_clips_too_long_to_annotate_with_are_refused_before_training(run, few, frames):
    done = run(*few, *frames, "--out", "run")
    assert done.returncode == 2
    assert "annotate can give" in done.stderr


def test_a_folder_with_a_run_is_not_overwritten(run, motion_clips, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "notes.txt").write_text("mine")
    done = run("train", motion_clips, "--out", "run", *SMALL)
    assert done.returncode == 1
    assert "run is not empty. Continue its run with --resume" in done.stderr
    done = run("train", motion_clips, "--out", "run", "--resume", *SMALL)
    assert "Cannot resume: run contains no training run." in done.stderr


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
        (("--size", "tiny"), 2, "write WIDTHxHEIGHT"),
        (("--size", "16x16"), 2, "at least 32 pixels"),
        (("--split", "none.json"), 1, "Cannot read the split none.json: No such file or directory."),
        (("--unfreeze", "often"), 2, "write 5:4,7:3,9:2"),
        (("--unfreeze", "1:9"), 2, "epochs count from 1, and blocks from 0 to 5"),
        (("--device", "tpu"), 2, "Unknown device 'tpu'."),
        (("--init", "none.safetensors"), 1, "there is no such file"),
        (("--init", "weights.pyth"), 1, "there is no such file"),
        (("--balance", "undersample", "--cap", "fly=3"), 2, "Labels: goes left, goes right, stays"),
        (("--cap", "many"), 2, "write 426 or shoot=426"),
        (("--init", "sample"), 2, "sample have width 16, and width 8 was asked for. Pass --width 16"),
        (("--augment", "sharpen"), 2, "no augmentation called 'sharpen'"),
        (("--precision", "16-mixed"), 2, "'fp32', 'bf16', 'fp16'"),
        (("--epochs", "0"), 2, "epochs must be at least 1"),
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
    assert "Another package named train is in the way: " in done.stderr
    assert "I am another" not in done.stdout
