"""`bball_tag.train` and `bball_tag.evaluate`, as a script uses them."""

from __future__ import annotations

import inspect
import json
import logging
import re
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

import bball_tag
from bball_tag import training
from bball_tag.checkpoint.contract import read_contract
from bball_tag.checkpoint.default import SAMPLE, user_checkpoint
from bball_tag.cli.train import train as train_command
from bball_tag.train_options import DEFAULTS, TrainOptions

CLIPS = Path(__file__).parents[2] / "sample_videos" / "clips"
SMALL = {"width": 8, "size": "32x32", "frames": 4, "epochs": 1, "init": "none", "threads": 1}
OPTIONS = (
    "--width",
    "8",
    "--size",
    "32x32",
    "--frames",
    "4",
    "--epochs",
    "1",
    "--init",
    "none",
    "--threads",
    "1",
)


def small_run(out: str | Path, **given: object) -> training.TrainingRun:
    return bball_tag.train(str(CLIPS), out=out, **{**SMALL, "progress": False, **given})  # type: ignore[arg-type]


def test_library_and_command_line_write_the_same_settings_and_figures(run, tmp_path, capfd):
    run_ = small_run(str(tmp_path / "library"))
    assert capfd.readouterr() == ("", ""), "nothing is printed where nothing was set up to be"
    assert run_.folder == tmp_path / "library"
    assert run_.checkpoint == tmp_path / "library" / "checkpoint.safetensors"
    assert not user_checkpoint().exists(), "nobody asked for another default"
    done = run("train", CLIPS, "--out", "command", *OPTIONS)
    assert done.returncode == 0, done.stderr
    for name in ("settings.json", "split.json", "log.csv", "report.json", "report.txt"):
        assert (run_.folder / name).read_text() == (tmp_path / "command" / name).read_text()
    log = [(folder / "train.log").read_text().splitlines() for folder in (run_.folder, tmp_path / "command")]
    assert [line for line in log[0] if "clips/s" not in line] == [
        line for line in log[1] if "clips/s" not in line
    ]
    assert any(line.startswith("Epoch 1/1, Train Loss: ") for line in log[0])

    evaluation = bball_tag.evaluate(
        str(CLIPS), checkpoint=run_.checkpoint, split=run_.folder / "split.json", threads=1, progress=False
    )
    assert evaluation.report + "\n" == run_.report
    assert evaluation.figures == run_.figures
    right = evaluation.predictions.predicted == evaluation.predictions.target
    assert np.mean(right) == pytest.approx(evaluation.figures["accuracy"])


def test_a_finished_run_is_found_again_and_another_is_not_begun_in_its_folder(tmp_path, caplog):
    before = small_run(tmp_path / "run").report
    assert not user_checkpoint().exists()
    caplog.set_level(logging.INFO)
    assert small_run(tmp_path / "run", resume=True).report == before
    assert any(message.startswith("This run is finished already: nothing was") for message in caplog.messages)
    assert not user_checkpoint().exists()
    with pytest.raises(
        bball_tag.BballTagError,
        match=r"epochs was 1 and is 3\. .* another --out for the other 2 \(--epochs 2\)",
    ):
        small_run(tmp_path / "run", resume=True, epochs=3)
    with pytest.raises(bball_tag.BballTagError, match="is not empty"):
        small_run(tmp_path / "run")


def test_every_default_stands_in_one_place():
    face, command = (inspect.signature(function).parameters for function in (bball_tag.train, train_command))
    assert set(face) - {field.name for field in fields(TrainOptions)} == {
        *("data", "out", "videos", "tracks", "progress")
    }
    assert set(command) - {field.name for field in fields(TrainOptions)} == {
        *("data", "out", "videos", "tracks", "dry_run")
    }
    assert all(face[name].default is None and command[name].default is None for name in ("videos", "tracks"))
    for field in fields(TrainOptions):
        default = getattr(DEFAULTS, field.name)
        assert face[field.name].default == command[field.name].default == default, field.name


def test_a_wrong_option_leaves_the_folder_as_it_was(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "checkpoint.safetensors").write_text("an old run")
    for wrong in ({"init": "sample"}, {"epochs": 0}, {"augment": ["sharpen"]}, {"cap": {"fly": 3}}):
        with pytest.raises(bball_tag.BballTagError):
            small_run(tmp_path / "run", overwrite=True, **wrong)
        with pytest.raises(bball_tag.BballTagError):
            small_run(tmp_path / "new", **wrong)
    assert [path.name for path in tmp_path.rglob("*")] == ["run", "checkpoint.safetensors"]


def test_evaluate_refuses_options_that_make_no_sense_before_it_reads_anything():
    for wrong, words in (
        ({"precision": "fp64"}, "precision must be auto, fp32, bf16 or fp16, not 'fp64'."),
        ({"device": None}, "The option device must be text, not None."),
        ({"batch_size": "8"}, "The option batch-size must be a whole number, not '8'."),
    ):
        with pytest.raises(bball_tag.errors.OptionError, match=re.escape(words)):
            bball_tag.evaluate("nowhere/", **wrong)  # type: ignore[arg-type]


def test_evaluate_makes_no_folder_for_what_cannot_be_evaluated(tmp_path):
    (tmp_path / "clips").mkdir()
    for wrong in (
        {"precision": "fp64"},
        {"checkpoint": tmp_path / "none.safetensors"},
        {"split": tmp_path / "none.json"},
        {"data": tmp_path / "clips"},
    ):
        with pytest.raises(bball_tag.BballTagError):
            bball_tag.evaluate(
                **{
                    "data": CLIPS,
                    "checkpoint": SAMPLE,
                    "out": tmp_path / "report",
                    "progress": False,
                    **wrong,
                }
            )
    assert [path.name for path in tmp_path.iterdir()] == ["clips"]


def test_a_preview_logs_what_would_be_trained_and_writes_nothing(tmp_path, caplog, monkeypatch):
    monkeypatch.chdir(tmp_path)
    caplog.set_level(logging.INFO)
    training.preview(CLIPS, progress=False, **SMALL)
    assert any(" clips/s, measured on 2" in message for message in caplog.messages)
    assert list(tmp_path.iterdir()) == []


def test_the_sample_checkpoint_serves_as_initial_weights(tmp_path):
    trained = small_run(tmp_path / "run", width=16, init="sample", lr=0, size=(32, 32))
    stored = json.loads((tmp_path / "run" / "settings.json").read_text())["recipe"]
    assert (stored["init"], stored["layer_decay"], stored["size"]) == ("sample", 0.75, "32x32")
    assert read_contract(trained.checkpoint).width == 16


def test_a_users_own_handlers_of_the_training_log_stay_and_are_used(tmp_path):
    training_log = logging.getLogger("bball_tag.train")
    shown: list[str] = []

    class Shown(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            shown.append(record.getMessage())

    handler = Shown()
    training_log.addHandler(handler)
    training_log.setLevel(logging.INFO)
    try:
        small_run(tmp_path / "run")
        assert training_log.handlers == [handler]
    finally:
        training_log.removeHandler(handler)
        training_log.setLevel(logging.NOTSET)
    assert any(message.startswith("Best epoch: 1") for message in shown)


def test_the_log_is_whole_whatever_is_shown_and_what_is_shown_follows_the_users_settings(tmp_path):
    shown: list[str] = []

    class Shown(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            shown.append(record.getMessage())

    handler = Shown()
    logging.getLogger().addHandler(handler)
    try:
        small_run(tmp_path / "run")
    finally:
        logging.getLogger().removeHandler(handler)
    assert len(shown) == 1, "the level of the user's logger is WARNING"
    assert shown[0].startswith("This checkpoint is no better than guessing")
    assert "Best epoch: 1" in (tmp_path / "run" / "train.log").read_text()
    assert logging.getLogger("bball_tag.train").handlers == []
