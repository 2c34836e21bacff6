"""What a score store was made with is taken from it by the next `bball-tag annotate`."""

from __future__ import annotations

import csv
import os
import shutil
from fractions import Fraction

import pytest

from bball_tag.scoring import backends
from tests.synthetic import write_video

LOW = ("--threshold", "0.3")


def table(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def tracks(tmp_path):
    lines = [f"{frame},7,{frame / 4:.1f},10,30,80,1,-1,-1,-1" for frame in range(1, 301)]
    path = tmp_path / "tracks.txt"
    path.write_text("\n".join(lines))
    return path


def test_other_thresholds_need_no_other_option_to_be_repeated(run, video, checkpoint, tracks, tmp_path):
    first = ("--tracks", tracks, "--stride", "0.08", "--start", "2", "--end", "9", "--precision", "fp32")
    done = run("annotate", video, "--out", "a.csv", "--checkpoint", checkpoint, *LOW, *first)
    assert done.returncode == 0, done.stderr
    short = ("annotate", video, "--out", "a.csv", "--checkpoint", checkpoint, "--overwrite")
    again = run(*short, "--threshold", "0.35")
    assert again.returncode == 0, again.stderr
    assert "(stored scores)" in again.stderr
    assert (
        "Using the settings stored with the scores in a.csv.scores.db: stride 0.08, start 2, end 9"
        in again.stderr
    )
    assert {event["player"] for event in table(tmp_path / "a.csv")} == {"7"}
    same = run("annotate", video, "--out", "b.csv", "--checkpoint", checkpoint, *first, "--threshold", "0.35")
    assert same.returncode == 0, same.stderr
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


@pytest.mark.parametrize("outputs", [("a.csv", "a.json"), ("a.csv",), ("b.csv", "a.json")])
def test_scores_are_found_beside_any_output_of_the_video(run, video, checkpoint, tracks, tmp_path, outputs):
    first = run(
        *("annotate", video, "--out", "a.json", "--out", "a.csv", "--checkpoint", checkpoint, *LOW),
        *("--tracks", tracks),
    )
    assert first.returncode == 0, first.stderr
    named = [argument for output in outputs for argument in ("--out", output)]
    again = run("annotate", video, *named, "--checkpoint", checkpoint, "--overwrite", *LOW)
    assert again.returncode == 0, again.stderr
    assert "its scores in a.json.scores.db are used" in again.stderr
    assert "(stored scores)" in again.stderr
    assert [path.name for path in tmp_path.glob("*.scores.db")] == ["a.json.scores.db"]
    assert {event["player"] for event in table(tmp_path / outputs[0])} == {"7"}


def test_scores_of_another_video_are_left_to_it(run, video, checkpoint, tmp_path):
    other = write_video(tmp_path / "other.mp4", range(100))
    for film, output in ((other, "a.json"), (video, "a.csv")):
        done = run("annotate", film, "--out", output, "--checkpoint", checkpoint, *LOW)
        assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.glob("*.scores.db")) == [
        *("a.csv.scores.db", "a.json.scores.db")
    ]


def test_what_is_named_is_not_taken_from_the_stored_scores(run, video, checkpoint, tracks, tmp_path):
    short = ("annotate", video, "--out", "a.csv", "--checkpoint", checkpoint, "--overwrite", *LOW)
    assert run(*short, "--tracks", tracks, "--stride", "0.08").returncode == 0
    whole = run(*short, "--tracks", "none")
    assert whole.returncode == 0, whole.stderr
    assert {event["player"] for event in table(tmp_path / "a.csv")} == {""}
    region = run(*short, "--roi", "0,0,60,90")
    assert region.returncode == 0, region.stderr
    assert "tracks.txt" not in region.stderr
    last = run(*short)
    assert "roi 0,0,60,90" in last.stderr
    for undone in (("--roi", "none"), ()):
        done = run(*short, *undone)
        assert done.returncode == 0, done.stderr
        assert "roi 0" not in done.stderr, "what was undone stays undone"


def test_a_part_that_was_asked_for_is_kept_until_it_is_undone(run, video, checkpoint, tracks, tmp_path):
    (tmp_path / "out").mkdir()
    short = ("annotate", video, "--out", "out/a.csv", "--checkpoint", checkpoint, "--overwrite", *LOW)
    assert run(*short, "--end", "4", "--tracks", tracks).returncode == 0
    assert max(float(event["end_s"]) for event in table(tmp_path / "out" / "a.csv")) <= 4
    kept = run(*short)
    assert "end 4, tracks" in kept.stderr
    whole = run(*short, "--end", "none", "--tracks", "none")
    assert whole.returncode == 0, whole.stderr
    assert max(float(event["end_s"]) for event in table(tmp_path / "out" / "a.csv")) > 4
    assert "Using the settings" not in run(*short).stderr


def test_a_part_that_is_taken_from_the_store_is_warned_of_and_a_stride_is_not(run, video, checkpoint):
    short = ("--quiet", "annotate", video, "--checkpoint", checkpoint, "--overwrite", *LOW)
    for option, value, warned in (
        ("--start", "2", True),
        ("--end", "4", True),
        ("--roi", "0,0,60,90", True),
        ("--stride", "0.08", False),
        ("--precision", "fp32", False),
    ):
        out = ("--out", f"{option}.csv")
        assert run(*short, *out, option, value).returncode == 0
        again = run(*short, *out)
        assert ("Using the settings stored" in again.stderr) == warned, option


def test_a_backend_that_is_missing_is_not_asked_for_again(run, video, checkpoint, monkeypatch):
    monkeypatch.setattr(backends, "has_openvino", lambda: False)
    short = ("annotate", video, "--out", "a.csv", "--checkpoint", checkpoint)
    failed = run(*short, "--backend", "openvino")
    assert failed.returncode == 1
    assert "OpenVINO is not installed" in failed.stderr
    done = run(*short)
    assert done.returncode == 0, done.stderr
    assert "Using the settings" not in done.stderr


def test_an_end_beyond_the_video_is_the_end_of_the_video(run, video, checkpoint):
    done = run("annotate", video, "--out", "a.csv", "--checkpoint", checkpoint, "--end", "9999")
    assert done.returncode == 0, done.stderr
    assert "ends early" not in done.stderr
    assert "0:12 of video" in done.stderr


def test_an_option_that_makes_no_sense_stops_before_the_next_video(run, video, checkpoint, tmp_path):
    shutil.copy(video, tmp_path / "second.mp4")
    done = run(
        "annotate", video, "second.mp4", "--out-dir", "out", "--checkpoint", checkpoint, "--start", "soon"
    )
    assert done.returncode == 2
    assert done.stderr.count("Cannot read the time") == 1


def test_tracks_on_another_drive_are_stored_as_they_are(run, video, checkpoint, tracks, monkeypatch):
    def other_drive(path, start=None):
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr(os.path, "relpath", other_drive)
    short = ("annotate", video, "--out", "a.csv", "--checkpoint", checkpoint, "--overwrite")
    assert run(*short, "--tracks", tracks).returncode == 0
    again = run(*short)
    assert again.returncode == 0, again.stderr
    assert str(tracks) in again.stderr.replace("\n", "")


def test_settings_of_another_video_are_not_taken(run, video, checkpoint, tracks, tmp_path):
    short = ("--out", "a.csv", "--checkpoint", checkpoint, "--overwrite", *LOW)
    assert run("annotate", video, *short, "--tracks", tracks).returncode == 0
    write_video(tmp_path / "other.mp4", range(100), fps=Fraction(25))
    other = run("annotate", "other.mp4", *short)
    assert other.returncode == 0, other.stderr
    assert "Using the settings" not in other.stderr
    assert {event["player"] for event in table(tmp_path / "a.csv")} <= {""}


def test_stored_tracks_that_are_gone_are_named(run, video, checkpoint, tracks):
    short = ("annotate", video, "--out", "a.csv", "--checkpoint", checkpoint, "--overwrite", *LOW)
    assert run(*short, "--tracks", tracks).returncode == 0
    tracks.unlink()
    done = run(*short)
    assert done.returncode == 1
    assert "tracks.txt" in done.stderr
    assert "--tracks" in done.stderr
