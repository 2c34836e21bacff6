"""`bball-tag align` as a user types it: from a video and a feed to tables, clips and clips to be judged."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import av
import pytest

from bball_tag.annotations import read_annotation
from tests.e2e.conftest import Command

FEED = {
    "game": {
        "actions": [
            {
                "actionNumber": number,
                "actionType": kind,
                "subType": "None",
                "clock": f"PT09M{60 - second - 1.5:05.2f}S",
                "period": 1,
                "teamTricode": "LIO",
                "playerNameI": "A. Doe",
                "shotResult": "Made" if kind == "2pt" else "None",
            }
            for number, kind, second in (
                (1, "2pt", 3.0),
                (2, "2pt", 6.5),
                (3, "turnover", 8.0),
                (4, "nap", 9.0),
            )
        ]
    }
}
PLACED = ("actions.csv", "feed.json", "--periods", "periods.csv")
ACTIONS = "start_s,end_s,label,player\n2.5,3.5,shoot,\n9.5,10.5,shoot,\n"


@pytest.fixture
def folder(tmp_path: Path, video: Path) -> Path:
    shutil.copy(video, tmp_path / "game.mp4")
    (tmp_path / "feed.json").write_text(json.dumps(FEED))
    (tmp_path / "actions.csv").write_text(ACTIONS)
    (tmp_path / "periods.csv").write_text("period,start,end,clock,clock_end\n1,0:00,0:12,10:00,9:48\n")
    return tmp_path


def test_a_feed_becomes_a_table_and_clips_of_a_player(run: Command, folder):
    done = run(
        *("align", "actions.csv", "feed.json", "--periods", "periods.csv", "--video", "game.mp4"),
        *("--out", "rows.csv", "--actions", "linked.csv"),
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["rows.csv", "linked.csv"]
    assert "Of 3 rows: 1 matched, 1 missed, 1 no label; 1 extra." in done.stderr
    assert "nap (1)" in done.stderr
    with (folder / "rows.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["kind"], row["status"]) for row in rows[:3]] == [
        ("shot", "matched"),
        ("shot", "missed"),
        ("turnover", "no label"),
    ]
    assert float(rows[0]["time_s"]) == 3.0
    done = run(
        *("render", "game.mp4", "linked.csv", "--clips", "clips"),
        *("--player", "A. Doe", "--label", "shot made"),
    )
    assert done.returncode == 0, done.stderr
    lengths = []
    for path in (folder / "clips").glob("*.mp4"):
        with av.open(str(path)) as clip:
            lengths.append(clip.duration / av.time_base)
    assert len(lengths) == 2
    assert min(lengths) < 3 < max(lengths), "a row that was not seen gets all of its seconds"


def test_rows_that_were_not_seen_become_clips_to_be_judged(run: Command, folder, checkpoint):
    done = run("annotate", "game.mp4", "--checkpoint", checkpoint, "--out", "actions.xlsx", "--threshold", 1)
    assert done.returncode == 0, done.stderr
    done = run(
        *("align", "actions.xlsx", "feed.json", "--period", "1,0:00,0:12,10:00,9:48"),
        *("--out", "rows.xlsx", "--seeds", "judge.csv"),
    )
    assert done.returncode == 0, done.stderr
    judge = read_annotation(folder / "judge.csv").events
    assert [event.label for event in judge] == ["shoot", "shoot"]
    for event, low, high in zip(judge, (0.0, 2.0), (5.5, 9.0), strict=True):
        assert low <= (event.start + event.end) / 2 <= high
        assert event.num_clips == 1
        assert event.remark.startswith("feed: 2pt Made by A. Doe at 9:5")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("actions.csv", "feed.json"), 1, "Give the periods of the game"),
        (("game.mp4", "feed.json"), 2, "is a video: give its events"),
        (("actions.csv", "none.json"), 1, "there is no such file"),
        (("actions.csv", "periods.csv"), 1, "its first line has no column 'event'"),
        (("actions.csv", "feed.json", "--link", "dunk=x"), 2, "Unknown kind 'dunk'"),
        (("actions.csv", "feed.json", "--team", "LIO"), 2, "--team needs two names"),
        ((*PLACED, "--seeds", "judge.csv"), 1, "The events name no video. Say which it is: --video FILE."),
        ((*PLACED, "--seeds", "judge.csv", "--video", "game.mp4"), 1, "game.mp4"),
        ((*PLACED, "--link", "shot=layup", "--actions", "linked.abc"), 1, "from its suffix"),
    ],
)
def test_what_cannot_be_aligned_is_explained(run: Command, folder, arguments, code, words):
    done = run("align", *arguments, "--out", "rows.csv")
    assert (done.returncode, words in " ".join(done.stderr.split())) == (code, True), done.stderr
    assert not (folder / "rows.csv").exists()


def test_names_that_mean_nothing_are_told(run: Command, folder):
    done = run("align", *PLACED, "--team", "lio=white", "--out", "rows.csv")
    assert done.returncode == 2
    assert "The feed has no team 'lio'. Its teams: LIO." in " ".join(done.stderr.split())
    assert not (folder / "rows.csv").exists()
    done = run("align", *PLACED, "--team", "LIO=white", "--link", "shot=shooot", "--out", "rows.csv")
    assert done.returncode == 0, done.stderr
    told = " ".join(done.stderr.split())
    assert "No event is of the team 'white', so that it tells nothing. Teams of the events: none." in told
    assert "No event has the label 'shooot'. The labels:" in told
