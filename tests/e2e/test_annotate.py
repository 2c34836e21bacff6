"""`bball-tag annotate`, as a user types it."""

from __future__ import annotations

import csv
import itertools
import os
import shutil
import sqlite3
from fractions import Fraction

import openpyxl
import pytest

from bball_tag.annotations.table import COLUMNS
from bball_tag.checkpoint import checkpoint as opened
from bball_tag.checkpoint import default as checkpoints
from tests.synthetic import write_video

LOW = ("--threshold", "0.3")


def table(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_one_run_writes_csv_and_workbook_with_the_same_events(run, video, checkpoint, tmp_path):
    done = run("annotate", video, "--out", "a.xlsx", "--out", "a.csv", "--checkpoint", checkpoint, *LOW)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["a.xlsx", "a.csv"]
    assert "(0:12 scored in" in done.stderr
    assert "real time" in done.stderr

    events = table(tmp_path / "a.csv")
    assert events, "the thresholds are low enough for events"
    assert tuple(events[0]) == COLUMNS
    for event in events:
        start, end = float(event["start_s"]), float(event["end_s"])
        assert 0 <= start < end <= 12.0
        assert start <= float(event["peak_s"]) < end
        assert int(event["start_frame"]) == round(start * 25)
        assert 0.0 < float(event["confidence"]) <= float(event["peak_confidence"]) <= 1.0
        assert event["label"] in ("block", "pass", "shoot")
    assert f"{len(events)} event" in done.stderr

    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["Actions", "Summary", "Timeline", "Run"]
    header, *rows = book["Actions"].iter_rows(values_only=True)
    assert header == (*COLUMNS, "found_label")
    assert [row[0] for row in rows] == [float(event["start_s"]) for event in events]
    assert all(isinstance(row[4], int) and isinstance(row[7], int | float) for row in rows)
    facts = dict(book["Run"].iter_rows(min_row=2, max_col=2, values_only=True))
    assert facts["video"] == str(video)
    assert facts["checkpoint"].startswith("small (")
    assert facts["threshold"] == "0.3"
    summary = [row[:2] for row in book["Summary"].iter_rows(min_row=2, values_only=True)]
    labels = list(itertools.takewhile(lambda row: row[0] is not None, summary))
    assert {label for label, count in labels if count} == {event["label"] for event in events}
    assert sum(count for _, count in labels) == len(events)


def test_a_complete_store_gives_other_events_without_torch(run, run_alone, video, checkpoint, tmp_path):
    first = run("annotate", video, "--out", "a.csv", "--checkpoint", checkpoint, *LOW)
    assert first.returncode == 0, first.stderr
    first_count = len(table(tmp_path / "a.csv"))
    (tmp_path / "torch.py").write_text("raise ImportError('torch was imported')")
    again = run_alone(
        "annotate", video, "--out", "a.csv", "--checkpoint", checkpoint, "--threshold", "0.99", "--overwrite"
    )
    assert again.returncode == 0, again.stderr
    assert "stored scores" in again.stderr
    assert len(table(tmp_path / "a.csv")) < first_count
    back = run_alone("annotate", video, "--out", "b.csv", "--checkpoint", checkpoint)
    assert "torch was imported" in back.stderr, "without stored scores torch is needed"


def test_scores_of_another_stride_are_not_mixed_in(run, video, checkpoint, tmp_path):
    run("annotate", video, "--out", "a.csv", "--checkpoint", checkpoint, *LOW)
    other = run(
        "annotate",
        video,
        "--out",
        "a.csv",
        "--checkpoint",
        checkpoint,
        *LOW,
        "--stride",
        "0.08",
        "--overwrite",
    )
    assert "(0:12 scored in" in other.stderr
    with sqlite3.connect(tmp_path / "a.csv.scores.db") as store:
        counts = dict(store.execute("SELECT run, count(*) FROM clips GROUP BY run").fetchall())
    assert counts == {1: 74, 2: 147}  # 150 instants, 4 in a clip, every 2nd and every one
    fresh = run("annotate", video, "--out", "b.csv", "--checkpoint", checkpoint, *LOW, "--stride", "0.08")
    assert fresh.returncode == 0
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_a_part_of_the_video_is_annotated_in_the_videos_own_time(run, video, checkpoint, tmp_path):
    done = run(
        "annotate",
        video,
        "--out",
        "a.csv",
        "--checkpoint",
        checkpoint,
        *LOW,
        "--start",
        "0:00:04",
        "--end",
        "200f",
    )
    assert done.returncode == 0, done.stderr
    assert "(0:04 scored in" in done.stderr
    events = table(tmp_path / "a.csv")
    assert events
    assert all(4.0 <= float(event["start_s"]) < float(event["end_s"]) <= 8.0 for event in events)


def test_each_player_of_a_file_of_tracks_has_events_of_their_own(run, video, checkpoint, tmp_path):
    lines = [f"{frame},7,{frame / 4:.1f},10,30,80,1,-1,-1,-1" for frame in range(1, 301)]
    lines += [f"{frame},23,120,10,30,80,1,-1,-1,-1" for frame in range(101, 201)]
    (tmp_path / "tracks.txt").write_text("\n".join(lines))
    done = run(
        "annotate", video, "--tracks", "tracks.txt", "--out", "a.csv", "--checkpoint", checkpoint, *LOW
    )
    assert done.returncode == 0, done.stderr
    assert "single players" not in done.stderr
    events = table(tmp_path / "a.csv")
    assert {event["player"] for event in events} == {"7", "23"}
    assert all(float(e["start_s"]) >= 3.9 and float(e["end_s"]) <= 8.1 for e in events if e["player"] == "23")


def test_several_videos_go_on_after_a_bad_one_and_list_it_last(run, video, checkpoint, tmp_path):
    good = shutil.copy(video, tmp_path / "second.mp4")
    bad = tmp_path / "bad.mp4"
    bad.write_text("no film")
    (tmp_path / "out").mkdir()
    done = run(
        "annotate", bad, video, good, "--out-dir", "out", "--format", "csv", "--checkpoint", checkpoint
    )
    assert done.returncode == 1
    assert done.stdout.splitlines() == ["out/game [dQw4w9WgXcQ].csv", "out/second.csv"]
    assert done.stderr.rstrip().splitlines()[-1].startswith("Error: 1 of 3 videos failed: ")
    assert "bad.mp4" in done.stderr


def test_several_videos_share_one_checkpoint_that_is_read_once(run, video, checkpoint, tmp_path, monkeypatch):
    read = []
    monkeypatch.setattr(opened, "checkpoint_id", lambda path: read.append(path) or "0123456789abcdef")
    shutil.copy(video, tmp_path / "second.mp4")
    (tmp_path / "out").mkdir()
    done = run("annotate", video, "second.mp4", "--out-dir", "out", "--checkpoint", checkpoint)
    assert done.returncode == 0, done.stderr
    assert read == [checkpoint]


def test_a_film_without_people_says_so_and_writes_an_empty_table(run, video, player_checkpoint, tmp_path):
    done = run("annotate", video, "--out", "a.csv", "--checkpoint", player_checkpoint)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("nobody who plays was found") == 1
    assert table(tmp_path / "a.csv") == []


def test_the_checkpoint_can_come_from_the_environment(run, video, checkpoint):
    done = run("annotate", video, "--out", "a.csv", BBALL_TAG_CHECKPOINT=str(checkpoint))
    assert done.returncode == 0, done.stderr


def test_a_video_shorter_than_a_clip_gives_one_clip(run, checkpoint, tmp_path):
    write_video(tmp_path / "short.mp4", range(3), fps=Fraction(25))
    done = run(
        "annotate",
        "short.mp4",
        "--out",
        "a.csv",
        "--checkpoint",
        checkpoint,
        "--threshold",
        "0.01",
        "--min-duration",
        "0",
    )
    assert done.returncode == 0, done.stderr
    with sqlite3.connect(tmp_path / "a.csv.scores.db") as store:
        assert store.execute("SELECT start, stop FROM clips").fetchall() == [(0, 2)]


def test_a_film_cut_off_is_annotated_as_far_as_it_goes(run, video, checkpoint, tmp_path):
    data = video.read_bytes()
    (tmp_path / "cut.mp4").write_bytes(data[: len(data) * 2 // 3])
    done = run("annotate", "cut.mp4", "--out", "a.csv", "--checkpoint", checkpoint, *LOW)
    assert done.returncode == 0, done.stderr
    assert "cut.mp4 ends early: 0:0" in done.stderr
    assert "of 0:12 could be read" in done.stderr
    assert all(float(event["end_s"]) < 11 for event in table(tmp_path / "a.csv"))


def test_quiet_says_nothing_and_stdout_has_only_paths(run, video, checkpoint):
    done = run(
        "--quiet", "annotate", video, "--out", "a.csv", "--checkpoint", checkpoint, "--roi", "0,0,60,90"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "a.csv\n", "")


# --- what a user can get wrong -------------------------------------------------------------------------


def _folder(tmp):
    (tmp / "folder.mp4").mkdir()
    return ["folder.mp4"]


def _empty(tmp):
    (tmp / "empty.mp4").touch()
    return ["empty.mp4"]


def _text(tmp):
    (tmp / "text.mp4").write_text("this is a text " * 99)
    return ["text.mp4"]


def _workbook(tmp):
    import openpyxl

    openpyxl.Workbook().save(tmp / "actions.xlsx")
    return ["actions.xlsx"]


def _sound(tmp):
    from tests.synthetic import write_sound

    write_sound(tmp / "sound.m4a")
    return ["sound.m4a"]


def _exists(tmp):
    (tmp / "a.csv").write_text("mine")
    return []


def _folder_out(tmp):
    (tmp / "folder.csv").mkdir()
    return ["--out", "folder.csv"]


def _other_checkpoint(tmp):
    (tmp / "other.pth").write_bytes(b"PK\x03\x04" + b"pickle" * 99)
    return ["--checkpoint", "other.pth"]


def _bad_tracks(tmp):
    (tmp / "tracks.txt").write_text("1,2,3\n")
    return ["--tracks", "tracks.txt"]


def _not_a_store(tmp):
    (tmp / "a.csv.scores.db").write_bytes(b"a note, and no database " * 99)
    return []


MISTAKES = {
    "no such file": (lambda tmp: ["none.mp4"], 1, "there is no such file"),
    "a folder": (_folder, 1, "it is a folder"),
    "an empty file": (_empty, 1, "the file is empty"),
    "text named .mp4": (_text, 1, "it is not a video but a table, a text or an archive"),
    "the workbook instead of the video": (_workbook, 1, "takes the video first"),
    "sound only": (_sound, 1, "no video, only audio"),
    "no output folder": (lambda tmp: ["--out", "none/a.csv"], 1, "the folder none does not exist"),
    "output exists": (
        _exists,
        1,
        "a.csv already exists. Choose another name with --out",
    ),
    "output is a folder": (_folder_out, 1, "Give the name of a file"),
    "unknown suffix": (lambda tmp: ["--out", "a.docx"], 1, "Known: .xlsx, .csv"),
    "unknown format": (lambda tmp: ["--format", "docx"], 2, "Unknown format 'docx'. The formats: xlsx, csv"),
    "unknown label": (lambda tmp: ["--threshold", "dunk=0.5"], 2, "Unknown label 'dunk'"),
    "threshold is no number": (lambda tmp: ["--threshold", "high"], 2, "write 0.6 or shoot=0.6"),
    "threshold above one": (lambda tmp: ["--threshold", "60"], 2, "above 0 and at most 1, not 60"),
    "region outside": (lambda tmp: ["--roi", "100,0,100,50"], 2, "does not lie inside the frame"),
    "region unreadable": (lambda tmp: ["--roi", "1,2,3"], 2, "LEFT,TOP,WIDTH,HEIGHT"),
    "start after end": (lambda tmp: ["--start", "5", "--end", "3"], 2, "is not before the end"),
    "start after the video": (lambda tmp: ["--start", "99"], 2, "is after the end of"),
    "time unreadable": (lambda tmp: ["--start", "soon"], 2, "Cannot read the time 'soon'"),
    "start before the video": (lambda tmp: ["--start", "-5"], 2, "Cannot read the time '-5'"),
    "stride is not a number": (lambda tmp: ["--stride", "inf"], 2, "stride must be a number"),
    "gap is not a number": (lambda tmp: ["--max-gap", "inf"], 2, "max_gap must be a number"),
    "checkpoint of another format": (_other_checkpoint, 1, "it is not a safetensors file"),
    "checkpoint missing": (lambda tmp: ["--checkpoint", "none.safetensors"], 1, "no such checkpoint"),
    "device unknown": (lambda tmp: ["--device", "abacus"], 2, "Use auto, cpu, cuda, cuda:1 or mps."),
    "tracks unreadable": (_bad_tracks, 1, "line 1"),
    "tracks and region": (lambda tmp: [*_bad_tracks(tmp), "--roi", "0,0,50,50"], 2, "exclude each other"),
    "store of another kind": (_not_a_store, 1, "It is not a score store"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_gets_a_sentence_and_no_traceback(run, video, checkpoint, tmp_path, mistake):
    make, code, words = MISTAKES[mistake]
    extra = [str(part) for part in make(tmp_path)]
    given = [] if extra[:1] and not extra[0].startswith("--") else [video]
    out = [] if "--out" in extra else ["--out", "a.csv"]
    named = [] if "--checkpoint" in extra else ["--checkpoint", checkpoint]
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    done = run("annotate", *given, *extra, *out, *named)
    assert words in " ".join(done.stderr.split()), done.stderr
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    # Nothing that was there is lost.
    assert all(path.read_bytes() == content for path, content in before.items())


def test_an_output_folder_that_is_not_writable_is_refused_before_the_work(
    run, video, checkpoint, tmp_path, monkeypatch
):
    (tmp_path / "locked").mkdir()
    # The tester may be root, who may write everywhere.
    monkeypatch.setattr(os, "access", lambda path, mode: not str(path).endswith("locked"))
    done = run("annotate", video, "--out", "locked/a.csv", "--checkpoint", checkpoint)
    assert "the folder locked is not writable" in done.stderr
    assert done.returncode == 1
    assert list((tmp_path / "locked").iterdir()) == []


def test_no_output_is_wrong_usage(run, video):
    done = run("annotate", video)
    assert done.returncode == 2
    assert "--out FILE" in done.stderr


def test_without_any_checkpoint_the_user_is_told_how_to_get_one(run, video, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "SAMPLE", tmp_path / "none.safetensors")
    done = run("annotate", video, "--out", "a.csv")
    assert done.returncode == 1
    assert "bball-tag train DATA --out RUN_DIR" in done.stderr


def test_a_bug_keeps_its_traceback_and_v_shows_one_for_errors(run, video, checkpoint):
    quiet = run("annotate", "none.mp4", "--out", "a.csv", "--checkpoint", checkpoint)
    loud = run("-v", "annotate", "none.mp4", "--out", "a.csv", "--checkpoint", checkpoint)
    assert "Traceback" not in quiet.stderr
    assert "Traceback" in loud.stderr


def test_the_program_runs_on_its_own(run_alone, video, checkpoint):
    done = run_alone("annotate", video, "--out", "a.csv", "--checkpoint", checkpoint, *LOW)
    assert (done.returncode, done.stdout) == (0, "a.csv\n")
    assert "(0:12 scored in" in done.stderr


def test_help_names_the_commands_and_the_version_is_told(run):
    done = run("--help")
    assert done.returncode == 0
    assert "annotate" in done.stdout
    assert "train" in done.stdout
    assert run("--version").stdout.startswith("bball-tag 0.")


def test_a_second_video_is_told_how_to_get_its_own_output(run, video, checkpoint, tmp_path):
    second = shutil.copy(video, tmp_path / "second.mp4")
    assert run("annotate", video, "--out", "actions.csv", "--checkpoint", checkpoint).returncode == 0
    done = run("annotate", second, "--out", "actions.csv", "--checkpoint", checkpoint)
    assert done.returncode == 1
    for option in ("--out", "--out-dir", "--overwrite"):
        assert option in done.stderr


def test_an_output_folder_that_is_missing_is_made(run, video, checkpoint, tmp_path):
    done = run("annotate", video, "--out-dir", "season/labels", "--format", "csv", "--checkpoint", checkpoint)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"season/labels/{video.stem}.csv\n"


def test_an_output_folder_that_is_a_file_is_refused(run, video, checkpoint, tmp_path):
    (tmp_path / "labels").write_text("mine")
    done = run("annotate", video, "--out-dir", "labels", "--checkpoint", checkpoint)
    assert done.returncode == 1
    assert "Cannot write into labels" in done.stderr
    assert (tmp_path / "labels").read_text() == "mine"
