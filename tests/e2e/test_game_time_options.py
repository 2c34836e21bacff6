"""Game time, chains and statistics as a user types them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bball_tag.cli import app
from bball_tag.events import Event
from tests.example_events import SHOT, annotation, written


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Run a command in a folder with a pass, a shot and a walk in `a.json`."""
    monkeypatch.chdir(tmp_path)
    passed = Event("pass", 10.0, 11.0, 0.9, 0.9, 10.5, 0, "8", "home")
    walked = Event("walk", 50.0, 52.0, 0.9, 0.9, 51.0, 0, "8", "home")
    written(annotation(passed, SHOT, walked), tmp_path / "a.json")
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_period_is_typed_or_in_a_file(run, tmp_path):
    (tmp_path / "p.csv").write_text("period,start,clock\n1,0:00:02.480,0:40 running\n", encoding="utf-8")
    for given in (["--period", "1,2.48,,0:40 running"], ["--periods", "p.csv"]):
        done = run("convert", "a.json", "--out", "b.csv", *given, "--overwrite")
        assert done.exit_code == 0, done.output
        assert [(row["period"], row["clock"]) for row in rows(tmp_path / "b.csv")] == [
            ("Q1", "0:32.5"),
            ("Q1", "0:30.0"),
            ("", ""),
        ]
        assert "1 event of 3 outside of all periods" in done.stderr


def test_what_is_outside_may_be_dropped(run, tmp_path):
    done = run("convert", "a.json", "--out", "b.csv", "--period", "1,0,,0:40 running", "--outside", "drop")
    assert done.exit_code == 0, done.output
    assert [row["label"] for row in rows(tmp_path / "b.csv")] == ["pass", "shoot"]


def test_periods_that_make_no_sense_are_a_mistake_of_use(run):
    done = run("convert", "a.json", "--out", "b.csv", "--period", "first,0,0:00:40")
    assert done.exit_code == 2
    assert "is not a period such as 1, Q1, H1 or OT1" in " ".join(done.stderr.replace("│", "").split())
    done = run("convert", "a.json", "--out", "b.csv", "--period", "1,0,,0:40 running", "--periods", "p.csv")
    assert done.exit_code == 2
    assert run("convert", "a.json", "--out", "b.csv", "--periods", "none.csv").exit_code == 1


def test_chains_are_written_as_events(run, tmp_path):
    assert run("convert", "a.json", "--as-chains", "--out", "b.csv").exit_code == 0
    (chain,) = rows(tmp_path / "b.csv")
    assert (chain["label"], chain["start_s"], chain["end_s"]) == ("pass and shot", "10.000", "14.560")
    (tmp_path / "c.txt").write_text("then: shoot -> walk within 60 s\n", encoding="utf-8")
    done = run("convert", "a.json", "--chains", "c.txt", "--as-chains", "--out", "b.csv", "--overwrite")
    assert done.exit_code == 0, done.output
    assert [row["label"] for row in rows(tmp_path / "b.csv")] == ["then"]


def test_statistics_are_a_format(run, tmp_path):
    assert run("convert", "a.json", "--format", "statistics", "--out", "s.json").exit_code == 0
    totals = json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))["totals"]
    assert [(total["label"], total["count"]) for total in totals if total["team"] is None] == [
        ("pass", 1),
        ("shoot", 1),
        ("walk", 1),
    ]


def test_a_game_of_several_files_finds_out_before_any_work_what_it_cannot_write(run, tmp_path):
    for name in ("first.mp4", "second.mp4"):
        (tmp_path / name).write_bytes(b"")
    # A format that knows one video has a file for each.
    (tmp_path / "g.second.vtt").write_text("WEBVTT\n", encoding="utf-8")
    done = run("annotate", "first.mp4", "second.mp4", "--one-game", "--out", "g.vtt")
    assert done.exit_code == 1
    assert "g.second.vtt already exists" in " ".join(done.stderr.split())
    done = run("annotate", "first.mp4", "second.mp4", "--out", "g.csv", "--period", "1,0,,0:40 running")
    assert done.exit_code == 2


@pytest.mark.parametrize("together", [("--out-dir", "out"), ("--one-game", "--out", "g.csv")])
def test_one_file_of_tracks_is_not_taken_for_several_videos(run, tmp_path, together):
    for name in ("first.mp4", "second.mp4"):
        (tmp_path / name).write_bytes(b"")
    done = run("annotate", "first.mp4", "second.mp4", "--tracks", "first.tracks.csv", *together)
    assert done.exit_code == 2
    assert "A file of tracks goes with one video: each has its own." in " ".join(done.output.split())
