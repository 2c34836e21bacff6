"""`bball-tag annotate first.mp4 second.mp4 --one-game` and what follows it, as a user types it."""

from __future__ import annotations

import csv
import json
import shutil
from fractions import Fraction
from pathlib import Path

import av
import pytest

from bball_tag.annotations import read_annotation
from bball_tag.review.material import open_material
from bball_tag.video.video import Video
from tests.e2e.conftest import Command
from tests.e2e.test_align_command import FEED
from tests.synthetic import write_video

SECONDS = 6.0
"""Of the second video; the first one has twelve."""


@pytest.fixture
def folder(tmp_path: Path, video: Path) -> Path:
    shutil.copy(video, tmp_path / "first.mp4")
    numbers = [(index * 53) % 4096 for index in range(round(SECONDS * 25))]
    write_video(tmp_path / "second.mp4", numbers, fps=Fraction(25))
    # A clock that runs through both videos.
    (tmp_path / "periods.csv").write_text(
        "period,file,start,clock\n1,first.mp4,2,10:00 running\n1,second.mp4,0,9:50 running\n"
    )
    return tmp_path


@pytest.fixture
def annotated(run: Command, folder: Path, checkpoint: Path) -> Path:
    done = run(
        *("annotate", "first.mp4", "second.mp4", "--one-game", "--checkpoint", checkpoint),
        *("--threshold", 0.4, "--min-duration", 0.2, "--periods", "periods.csv"),
        *("--out", "game.json", "--out", "game.csv", "--out", "game.boris", "--out", "game.eaf"),
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["game.json", "game.csv", "game.boris", "game.first.eaf", "game.second.eaf"]
    assert "The format elan, which is about one video, has a file for each video of the game" in " ".join(
        done.stderr.split()
    )
    return folder


def spans(folder: Path, name: str) -> list[tuple[str, float, float]]:
    events = read_annotation(folder / name).events
    return [(event.label, round(event.start, 3), round(event.end, 3)) for event in events]


def test_two_videos_are_one_game_in_every_output(annotated: Path):
    whole = read_annotation(annotated / "game.json")
    assert [(file.name, file.start, file.duration) for file in whole.files] == [
        ("first.mp4", 0.0, 12.0),
        ("second.mp4", 12.0, SECONDS),
    ]
    first = [event for event in whole if event.start < 12]
    second = [event for event in whole if event.start >= 12]
    assert first
    assert second
    for event in whole:
        if event.start >= 2:
            assert event.game_time is not None
            assert event.game_time.clock == pytest.approx(602 - event.start)
    expected = spans(annotated, "game.json")
    assert spans(annotated, "game.csv") == expected
    assert len(read_annotation(annotated / "game.csv").files) == 2
    assert {span[0] for span in spans(annotated, "game.boris")} == {span[0] for span in expected}
    assert spans(annotated, "game.first.eaf") == [span for span in expected if span[1] < 12]
    assert spans(annotated, "game.second.eaf") == [
        (label, pytest.approx(start - 12, abs=0.002), pytest.approx(end - 12, abs=0.002))
        for label, start, end in expected
        if start >= 12
    ]


def test_the_scores_of_each_video_are_kept(annotated: Path, run: Command, checkpoint: Path):
    assert (annotated / "game.first.mp4.scores.db").exists()
    again = run(
        *("annotate", "first.mp4", "second.mp4", "--one-game", "--checkpoint", checkpoint),
        *("--threshold", 0.4, "--min-duration", 0.2, "--out", "game.json", "--overwrite"),
    )
    assert again.returncode == 0, again.stderr
    assert again.stderr.count("(stored scores)") == 2


def test_a_file_of_one_video_that_exists_stops_the_run_before_it_begins(
    folder: Path, run: Command, checkpoint: Path
):
    (folder / "game.second.eaf").write_text("mine")
    done = run(
        "annotate", "first.mp4", "second.mp4", "--one-game", "--checkpoint", checkpoint, "--out", "game.eaf"
    )
    assert done.returncode == 1
    assert "game.second.eaf already exists" in " ".join(done.stderr.split())
    assert not list(folder.glob("*.scores.db"))


def test_what_is_of_one_video_is_rendered_with_the_clock_of_the_game(annotated: Path, run: Command):
    done = run("render", "second.mp4", "game.json", "--overlay", "--out", "second.overlay.mp4")
    assert done.returncode == 0, done.stderr
    with av.open(str(annotated / "second.overlay.mp4")) as clip:
        assert clip.duration / av.time_base == pytest.approx(SECONDS, abs=0.1)
    done = run("render", "second.mp4", "game.csv", "--periods", "periods.csv", "--clips", "clips")
    assert done.returncode == 0, done.stderr
    count = sum(event.start >= 12 for event in read_annotation(annotated / "game.json"))
    assert len(list((annotated / "clips").glob("*.mp4"))) == count


def test_tables_of_two_videos_become_one_game(annotated: Path, run: Command, checkpoint: Path):
    done = run(
        *("annotate", "first.mp4", "second.mp4", "--checkpoint", checkpoint, "--out-dir", "apart"),
        *("--threshold", 0.4, "--min-duration", 0.2),
    )
    assert done.returncode == 0, done.stderr
    done = run(
        *("convert", "apart/first.xlsx", "apart/second.xlsx", "--one-game", "--periods", "periods.csv"),
        *("--out", "joined.json"),
    )
    assert done.returncode == 0, done.stderr
    assert spans(annotated, "joined.json") == spans(annotated, "game.json")
    times = [event.game_time for event in read_annotation(annotated / "joined.json")]
    assert times == [
        event.game_time
        and event.game_time.__class__(
            event.game_time.number,
            event.game_time.period,
            pytest.approx(event.game_time.clock, abs=0.002),
            pytest.approx(event.game_time.within, abs=0.002),
        )
        for event in read_annotation(annotated / "game.json")
    ]


def test_several_tables_need_to_be_called_one_game(annotated: Path, run: Command):
    done = run("convert", "game.json", "game.csv", "--out", "x.json")
    assert done.returncode == 2
    assert "or those of a game with --one-game" in " ".join(done.stderr.replace("│", "").split())
    done = run("convert", "game.json", "game.csv", "--one-game", "--out", "x.json")
    assert done.returncode == 2
    assert "game.json is about a game in several files already" in " ".join(done.stderr.split())


def test_missed_rows_of_both_videos_become_clips_to_be_judged(
    annotated: Path, run: Command, checkpoint: Path
):
    (annotated / "feed.json").write_text(json.dumps(FEED))
    done = run(
        *("annotate", "first.mp4", "second.mp4", "--one-game", "--checkpoint", checkpoint),
        *("--threshold", 1, "--out", "game.json", "--overwrite"),
    )
    assert done.returncode == 0, done.stderr
    # Rows happen within seconds before their clock: with the second period, the last one in the second video.
    for period, wanted in (("1,0:00,0:12,10:00,9:48", "first.mp4"), ("1,0:12,0:18,9:57,9:51", "second.mp4")):
        done = run(
            *("align", "game.json", "feed.json", "--period", period),
            *("--out", "rows.xlsx", "--seeds", "judge.csv", "--overwrite"),
        )
        assert done.returncode == 0, done.stderr
        judge = read_annotation(annotated / "judge.csv")
        assert all(event.num_clips == 1 and event.remark.startswith("feed: ") for event in judge)
        with (annotated / "judge.csv").open() as file:
            rows = list(csv.DictReader(file))
        assert wanted in {row["file"] for row in rows}
        begins = {"first.mp4": 0.0, "second.mp4": 12.0}
        for row in rows:
            assert float(row["start_s"]) == pytest.approx(begins[row["file"]] + float(row["file_s"]))


def test_recordings_of_one_name_keep_scores_and_events_apart(folder: Path, run: Command, checkpoint: Path):
    for name in ("first", "second"):
        (folder / name).mkdir()
        (folder / f"{name}.mp4").rename(folder / name / "v.mp4")
    command = ("annotate", "first/v.mp4", "second/v.mp4", "--one-game", "--checkpoint", checkpoint)
    outputs = ("--threshold", 0.4, "--min-duration", 0.2, "--out", "game.csv", "--out", "game.json")
    done = run(*command, *outputs)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in folder.glob("*.scores.db")) == [
        "game.v 1.mp4.scores.db",
        "game.v 2.mp4.scores.db",
    ]
    # Nothing is scored anew.
    again = run(*command, *outputs, "--overwrite")
    assert again.stderr.count("(stored scores)") == 2
    files = [(str(file.path), file.start) for file in read_annotation(folder / "game.csv").files]
    assert files == [("first/v.mp4", 0.0), ("second/v.mp4", 12.0)]
    for table in ("game.csv", "game.json"):
        # From another folder it is called otherwise than when it was annotated.
        material = open_material(Video(folder / "second" / "v.mp4"), Path(table))
        assert material.base.name == "game.v 2.mp4"
        assert material.store is not None
        assert material.store.name == "game.v 2.mp4.scores.db"
