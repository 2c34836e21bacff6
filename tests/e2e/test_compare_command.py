"""`bball-tag compare` as a user types it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bball_tag.annotations import FORMATS
from bball_tag.annotations.reviewed import Reviewed
from tests.example_events import SHOT, annotation, written

PASS = replace(SHOT, label="pass", start=20.0, end=21.0, peak=20.5, player="8", confidence=0.5)
READABLE = [name for name, kind in FORMATS.items() if kind.read]


def test_the_table_is_prose_and_the_paths_are_data(run, tmp_path):
    written(annotation(SHOT, PASS), tmp_path / "found.json")
    written(annotation(SHOT), tmp_path / "truth.csv")
    done = run("compare", "found.json", "truth.csv", "--out", "a.json", "--out", "a.csv", "--html", "a.html")
    assert (done.returncode, done.stdout.split()) == (0, ["a.json", "a.csv", "a.html"]), done.stderr
    assert "2 events found, 1 true, in 1 game." in done.stderr
    assert "0 missed, 1 false alarm." in done.stderr
    document = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert document["f1"]["0.5"] == pytest.approx(2 / 3, abs=1e-6)


@pytest.mark.parametrize("name", READABLE)
def test_a_file_of_any_format_agrees_with_itself(run, tmp_path, name):
    path = f"a{FORMATS[name].suffix}"
    written(annotation(SHOT, PASS), tmp_path / path, name)
    done = run("compare", path, path, "--from", name, "--truth-from", name, "--out", "figures.json")
    assert done.returncode == 0, done.stderr
    document = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    values = [*document["f1"].values(), *document["map"].values(), *document["spot_map"].values()]
    assert set(values) == {1}
    assert (document["edit"], document["differences"]) == (1, [])


def test_what_was_reviewed_is_read_beside_the_truth(run, tmp_path):
    written(annotation(SHOT, PASS), tmp_path / "found.csv")
    written(annotation(SHOT, reviewed=[Reviewed(0, 15)]), tmp_path / "truth.csv")
    done = run("compare", "found.csv", "truth.csv", "--out", "a.json")
    assert "truth does not say" not in done.stderr
    document = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert (document["f1"]["0.5"], document["games"][0]["num_unjudged"]) == (1, 1)


def test_a_season_is_compared_pair_by_pair(run, tmp_path):
    for number, events in ((1, [SHOT]), (2, [PASS])):
        written(annotation(*events), tmp_path / f"found{number}.csv")
        written(annotation(SHOT), tmp_path / f"truth{number}.csv")
    done = run("compare", "found1.csv", "truth1.csv", "found2.csv", "truth2.csv")
    assert done.returncode == 0, done.stderr
    assert "2 events found, 2 true, in 2 games" in done.stderr
    assert "1 missed, 1 false alarm." in done.stderr


def test_labels_of_another_spelling_are_asked_about_and_renamed(run, tmp_path):
    written(annotation(SHOT), tmp_path / "found.csv")
    written(annotation(replace(SHOT, label="Shoot it")), tmp_path / "truth.csv")
    written(annotation(replace(SHOT, label="SHOOT")), tmp_path / "loud.csv")
    asked = run("compare", "found.csv", "loud.csv")
    assert "--rename shoot=SHOOT" in asked.stderr
    done = run("compare", "found.csv", "truth.csv", "--rename", "Shoot it=shoot")
    assert "Nothing was missed" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("found.csv",), 2, "ACTIONS TRUTH, pair by pair"),
        (("found.csv", "found.csv", "found.csv"), 2, "ACTIONS TRUTH, pair by pair"),
        (("found.csv", "missing.csv"), 1, "Cannot read events from missing.csv: there is no such file."),
        (("found.csv", "found.csv", "--out", "a.txt"), 2, "a comparison is written as .json, .csv, .xlsx"),
        (
            ("found.csv", "found.csv", "--out", "found.csv"),
            2,
            "the file of ACTIONS TRUTH, which is read",
        ),
        (("found.csv", "found.csv", "--out", "old.csv"), 1, "old.csv already exists"),
        (("found.csv", "found.csv", "--html", "a.htm"), 2, "name it a.html"),
        (("found.csv", "found.csv", "--rename", "shoot"), 2, "write OLD=NEW"),
        (("found.csv", "found.csv", "--video", "missing.mp4"), 1, "missing.mp4"),
    ],
)
def test_a_mistake_is_a_sentence(run, tmp_path, arguments, code, message):
    written(annotation(SHOT), tmp_path / "found.csv")
    written(annotation(SHOT), tmp_path / "old.csv")
    done = run("compare", *arguments)
    assert done.returncode == code
    assert message in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr


def test_a_truth_that_is_named_as_the_output_by_mistake_is_kept(run, tmp_path):
    written(annotation(SHOT), tmp_path / "found.csv")
    truth = written(annotation(PASS), tmp_path / "truth.csv")
    # As a person corrects it.
    truth.write_text(truth.read_text(encoding="utf-8").replace("pass", "shoot"), encoding="utf-8")
    before = truth.read_bytes()
    done = run("compare", "found.csv", "truth.csv", "--out", "truth.csv", "--overwrite")
    assert (done.returncode, "which is read" in done.stderr) == (2, True)
    assert truth.read_bytes() == before


def test_the_video_beside_the_file_is_linked_from_the_page(run, tmp_path, video):
    folder = tmp_path / "season"
    folder.mkdir()
    copy = folder / "game.mp4"
    copy.write_bytes(video.read_bytes())
    written(annotation(replace(SHOT, start=1.0, end=2.0)), folder / "found.json")
    # The file names /games/game.mp4, which is not there; the one beside it is.
    done = run("compare", "season/found.json", "season/found.json", "--html", "a.html")
    assert done.returncode == 0, done.stderr
    assert '"video":"season/game.mp4"' in (tmp_path / "a.html").read_text(encoding="utf-8")
