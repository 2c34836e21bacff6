"""A checkpoint of rendered players on real video, and on its own."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from bball_tag.checkpoint.backbone import write_contract
from bball_tag.checkpoint.contract import RealVideo, read_contract

DRILL = Path(__file__).parents[2] / "sample_videos" / "drill.mp4"
CERTAIN = ("--threshold", "0.01", "--backend", "torch", "--precision", "fp32", "--end", "3")


@pytest.fixture
def rendered(checkpoint, tmp_path) -> Path:
    """The same model with the word of a rendered world, and hardly any confidence on real video."""
    path = tmp_path / "rendered.safetensors"
    path.write_bytes(checkpoint.read_bytes())
    real = RealVideo(temperature=100.0, threshold=0.2, accuracy=0.25, num_clips=40)
    write_contract(path, replace(read_contract(path), world="rendered", real=real))
    return path


def confidences(path: Path) -> list[float]:
    return [float(row["confidence"]) for row in csv.DictReader(path.open(encoding="utf-8"))]


def test_on_real_video_confidences_are_those_of_real_video_and_the_files_say_so(
    run, rendered, video, tmp_path
):
    done = run("annotate", video, "--checkpoint", rendered, "--out", "a.csv", "--out", "a.json", *CERTAIN)
    assert done.returncode == 0, done.stderr
    assert "On 40 clips of real players, 25% of its labels were right." in done.stderr
    found = confidences(tmp_path / "a.csv")
    assert found
    assert found == pytest.approx([0.25] * len(found), abs=0.02)
    document = json.loads((tmp_path / "a.json").read_text())
    assert document["caution"].startswith("Labels are unsure: the checkpoint small")


def test_the_threshold_is_that_of_real_video_where_none_is_asked_for(run, rendered, video, tmp_path):
    done = run("annotate", video, "--checkpoint", rendered, "--out", "a.json", *CERTAIN[2:])
    assert done.returncode == 0, done.stderr
    rules = json.loads((tmp_path / "a.json").read_text())["rules"]
    assert set(rules["thresholds"].values()) == {0.2}


def test_on_the_renderers_own_video_nothing_changes(run, rendered, checkpoint, tmp_path):
    for name, file in (("a", rendered), ("b", checkpoint)):
        done = run(
            "annotate", DRILL, "--checkpoint", file, "--out", f"{name}.csv", "--out", f"{name}.json", *CERTAIN
        )
        assert done.returncode == 0, done.stderr
        assert "unsure" not in done.stderr
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert "caution" not in (tmp_path / "a.json").read_text()


def test_an_overlay_of_a_workbook_keeps_the_caution(run, rendered, video, tmp_path):
    assert run("annotate", video, "--checkpoint", rendered, "--out", "a.xlsx", *CERTAIN).returncode == 0
    done = run("convert", "a.xlsx", "--out", "a.json")
    assert done.returncode == 0, done.stderr
    assert "Labels are unsure" in json.loads((tmp_path / "a.json").read_text())["caution"]


def test_a_checkpoint_trained_on_rendered_clips_is_of_the_rendered_world(run, tmp_path):
    clips = DRILL.parent / "clips"
    small = ("--width", "8", "--size", "32x32", "--frames", "4", "--epochs", "1", "--init", "none")
    done = run("train", clips, "--out", "run", *small, "--threads", "1")
    assert done.returncode == 0, done.stderr
    assert "bball-tag checkpoint set run/checkpoint.safetensors" in done.stderr
    contract = read_contract(tmp_path / "run" / "checkpoint.safetensors")
    assert (contract.world, contract.provenance["at_chance"]) == ("rendered", True)
    assert "Warning: This checkpoint is no better than guessing on these" in done.stderr
    assert "no better than guessing" in (tmp_path / "run" / "report.txt").read_text().splitlines()[-1]
