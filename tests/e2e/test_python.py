"""The Python face, as the documentation shows it."""

from __future__ import annotations

import contextlib
import inspect
import io
import json
import re
import shutil
from pathlib import Path

import pytest

import bball_tag as bt
from bball_tag.cli import annotate, evaluate, train
from bball_tag.errors import OptionError, explain_import

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "sample_videos"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with what the documentation's examples use."""
    monkeypatch.chdir(tmp_path)
    for name in ("game.mp4", "game.tracks.csv"):
        shutil.copy(SAMPLES / name, tmp_path / name)
    for name in ("clips", "spacejam"):
        shutil.copytree(SAMPLES / "clips", tmp_path / name)
    return tmp_path


@pytest.mark.slow
def test_the_face_does_the_whole_job_with_paths_as_text(here):
    game = bt.annotate("game.mp4", tracks="game.tracks.csv", end=12, progress=False)
    assert len(game.to_dataframe()) == len(game.events) > 0
    decided = game.decide(threshold={"*": 0.9, "shoot": 0.4})
    assert decided.rules.threshold == 0.9
    assert decided.rules.thresholds == {"shoot": 0.4}
    assert 0 < len(decided.events) < len(game.events)
    assert decided.write("actions.xlsx", "actions.xml") == [Path("actions.xlsx"), Path("actions.xml")]
    assert "<table" in game._repr_html_()
    assert "data:image/" in game._repr_html_()

    run = bt.train("spacejam/", out="runs/first", epochs=1, width=8, init="none", progress=False)
    assert run.checkpoint == Path("runs/first/checkpoint.safetensors")
    assert run.checkpoint.exists()
    report = bt.evaluate("clips/", checkpoint=str(run.checkpoint), progress=False).report
    assert "Accuracy" in report or "accuracy" in report

    read = bt.read("actions.xlsx")
    assert [event.label for event in read.events] == [event.label for event in decided.events]
    assert bt.render_overlay("game.mp4", decided, "overlay.mp4", end=1, progress=False) == Path("overlay.mp4")
    assert Path("overlay.mp4").stat().st_size > 10_000


def test_library_and_command_line_write_the_same_table(run, video, checkpoint, tmp_path):
    options = {"threshold": {"*": 0.3, "shoot": 0.2}, "stride": 0.16, "start": 1, "end": "0:00:09"}
    game = bt.annotate(str(video), checkpoint=str(checkpoint), progress=False, **options)
    game.write(tmp_path / "library.csv", tmp_path / "library.json")
    done = run(
        *("annotate", video, "--checkpoint", checkpoint, "--out", "command.csv", "--out", "command.json"),
        *("--threshold", "0.3", "--threshold", "shoot=0.2", "--stride", "0.16", "--start", "1"),
        *("--end", "0:00:09"),
    )
    assert done.returncode == 0, done.stderr
    for suffix in ("csv", "json"):
        assert (tmp_path / f"library.{suffix}").read_bytes() == (tmp_path / f"command.{suffix}").read_bytes()


def test_defaults_of_the_command_line_are_those_of_the_library():
    pairs = ((annotate.annotate, bt.annotate), (train.train, bt.train), (evaluate.evaluate, bt.evaluate))
    for command, function in pairs:
        typed, called = inspect.signature(command).parameters, inspect.signature(function).parameters
        shared = typed.keys() & called.keys() - {"out"}
        assert len(shared) >= 8
        for name in shared:
            assert typed[name].default == called[name].default, name


def test_scores_in_memory_are_decided_like_stored_ones(video, checkpoint, tmp_path):
    store = tmp_path / "game.scores.db"
    kept = bt.annotate(video, checkpoint=checkpoint, scores=str(store), threshold=0.3, progress=False)
    memory = bt.annotate(video, checkpoint=checkpoint, threshold=0.5, progress=False)
    assert memory.decide(threshold=0.3).events == kept.events
    assert store.exists()
    again = bt.annotate(video, scores=store, checkpoint=checkpoint, threshold=0.99, progress=False)
    assert again.events == memory.decide(threshold=0.99).events
    assert again.settings == kept.settings


def test_mistakes_are_errors_with_a_sentence(video, checkpoint, tmp_path):
    with pytest.raises(bt.BballTagError, match="there is no such file"):
        bt.annotate("missing.mp4", checkpoint=checkpoint)
    with pytest.raises(bt.BballTagError, match="Unknown label 'dunk'"):
        bt.annotate(video, checkpoint=checkpoint, threshold={"dunk": 0.5})
    with pytest.raises(bt.BballTagError, match="at most 1"):
        bt.annotate(video, checkpoint=checkpoint, threshold=60)
    with pytest.raises(bt.BballTagError, match="LEFT,TOP,WIDTH,HEIGHT"):
        bt.annotate(video, checkpoint=checkpoint, roi=(1, 2, 3))
    with pytest.raises(AttributeError, match="has no attribute 'anotate'"):
        bt.anotate(video)
    game = bt.annotate(video, checkpoint=checkpoint, threshold=0.3, progress=False)
    (table,) = game.write(tmp_path / "a.csv")
    with pytest.raises(bt.BballTagError, match="carry no scores"):
        bt.read(table).decide(threshold=0.6)
    with pytest.raises(bt.BballTagError, match="already exists"):
        game.write(table)
    assert game.write(table, overwrite=True) == [table]


INF, NAN = float("inf"), float("nan")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"end": INF}, "Cannot read the time inf"),
        ({"end": NAN}, "Cannot read the time nan"),
        ({"start": NAN}, "Cannot read the time nan"),
        ({"start": [1]}, r"Cannot read the time \[1\]"),
        ({"start": -5}, "The start cannot be negative"),
        ({"stride": "0.5"}, "stride must be a number of at least 0.001, not '0.5'"),
        ({"stride": NAN}, "stride must be a number"),
        ({"stride": -1}, "stride must be a number"),
        ({"batch_size": "8"}, "batch_size must be a whole number of at least 1, not '8'"),
        ({"batch_size": 0}, "batch_size must be a whole number"),
        ({"batch_size": 1.5}, "batch_size must be a whole number"),
        ({"precision": "fp64"}, "precision must be auto, fp32, bf16 or fp16, not 'fp64'"),
        ({"backend": "foo"}, "backend must be auto, torch or openvino, not 'foo'"),
        ({"backend": ["torch"]}, "backend must be auto, torch or openvino"),
        ({"tracks": ["a.csv"]}, "tracks must be a path"),
        ({"streams": 5}, "Cannot read the names 5"),
        ({"streams": [5]}, "Cannot read the names"),
        ({"streams": ["sound"]}, "streams must be rgb, pose or motion, not 'sound'"),
        ({"streams": ["rgb", "pose"]}, "does not read pose, only rgb"),
        ({"scores": 3}, "scores must be a path"),
        ({"checkpoint": 3}, "checkpoint must be a path"),
        ({"video": None}, "video must be a path, not None"),
        ({"device": None}, "Unknown device None"),
        ({"device": "tpu"}, "Unknown device 'tpu'. Use auto, cpu, cuda, cuda:1 or mps"),
        ({"threshold": "0.6"}, "at most 1, not '0.6'"),
        ({"threshold": {"dunk": 0.5}}, "Unknown label 'dunk'"),
        ({"threshold": {3: 0.5}}, "Unknown label 3"),
        ({"min_duration": "1"}, "min_duration must be a number"),
        ({"roi": 5}, "LEFT,TOP,WIDTH,HEIGHT"),
        ({"roi": (0, 0, NAN, 50)}, "does not lie inside the frame"),
    ],
    ids=str,
)
def test_a_value_that_makes_no_sense_is_named(video, checkpoint, wrong, words):
    with pytest.raises(OptionError, match=words):
        bt.annotate(**{"video": video, "checkpoint": checkpoint, "progress": False, **wrong})


def test_what_is_not_a_path_is_not_read(tmp_path):
    with pytest.raises(OptionError, match="path must be a path, not None"):
        bt.read(None)
    with pytest.raises(OptionError, match="video must be a path, not 3"):
        bt.read(tmp_path / "a.csv", video=3)


def test_the_checkpoint_of_the_environment_counts_in_python_too(video, checkpoint, monkeypatch, caplog):
    monkeypatch.setenv("BBALL_TAG_CHECKPOINT", str(checkpoint))
    assert bt.annotate(video, progress=False).checkpoint.startswith("small (")


def test_a_file_in_a_folder_named_like_a_library_does_not_blame_the_library():
    missing = FileNotFoundError(2, "No such file or directory", "/data/pytorch/x.csv")
    assert explain_import(missing) is None
    broken = OSError("libtorch_cpu.so: cannot open shared object file")
    assert "PyTorch cannot be loaded" in str(explain_import(broken))


def test_progress_shows_only_where_somebody_sees_it(video, checkpoint, capfd):
    bt.annotate(video, checkpoint=checkpoint, progress=True)
    assert "real time" not in capfd.readouterr().err, "stderr is not a terminal here"


@pytest.mark.slow
def test_the_examples_of_the_python_page_run(here):
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(blocks) >= 8
    names: dict[str, object] = {}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        for block in blocks:
            exec(compile(block, "docs/python.md", "exec"), names)
    assert "missing.mp4: there is no such file" in printed.getvalue()
    for name in ("actions.xlsx", "actions.xml", "actions.vtt", "actions.otio", "overlay.mp4", "shots.mp4"):
        assert (here / name).stat().st_size > 0


@pytest.mark.slow
def test_the_notebook_runs(here):
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(ROOT / "docs" / "notebook.ipynb", as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells), "outputs are not committed"
    done = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(here)}}).execute()
    outputs = json.dumps([cell.get("outputs", []) for cell in done.cells])
    assert "data:image/" in outputs, "the annotation shows its timeline"
    assert "macro avg" in outputs, "the report is printed"
    assert re.search(r'"game.mp4 [^"]* 0:40 of 0:40 [^"]*real time', outputs), "the bar is shown to its end"
    assert "UserWarning" not in outputs
