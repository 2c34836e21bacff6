"""What a person edited is not lost when it is replaced."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import openpyxl
import pytest

from bball_tag.annotations import FORMATS, read_annotation
from bball_tag.annotations.reviewed import Reviewed, reviewed_path
from bball_tag.backups import replacing_edited
from bball_tag.errors import BballTagError
from bball_tag.events import Scores
from bball_tag.players.track_files import write_tracks
from bball_tag.players.tracks import Track
from tests.example_events import SHOT, annotation

TRACKS = [Track("7", np.array([0.0, 0.04]), np.tile([1.0, 2.0, 3.0, 4.0], (2, 1)))]
FIRST = annotation(SHOT, tracks=TRACKS)
OTHER = annotation(replace(SHOT, label="pass"), tracks=[replace(TRACKS[0], id="8")])


@pytest.mark.parametrize("name", FORMATS)
def test_an_edited_file_of_any_format_is_kept_when_it_is_replaced(tmp_path, name, caplog):
    path = tmp_path / f"actions{FORMATS[name].suffix}"
    FIRST.write(path, format=name)
    with path.open("ab") as file:
        file.write(b" ")
    edited = path.read_bytes()
    OTHER.write(path, format=name, overwrite=True)
    backup = tmp_path / f"actions.backup{FORMATS[name].suffix}"
    assert backup.read_bytes() == edited
    assert path.read_bytes() != edited
    assert f"its old content is now in {backup.name}" in caplog.text


def test_what_is_as_it_was_written_is_replaced_without_a_word(tmp_path, caplog):
    for name in ("actions.xlsx", "actions.csv"):
        for whole in (FIRST, OTHER, FIRST):
            whole.write(tmp_path / name, overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["actions.csv", "actions.xlsx"]
    assert caplog.text == ""


def test_no_backup_replaces_another_one_and_the_same_content_is_kept_once(tmp_path):
    path = tmp_path / "actions.csv"
    for text in ("one", "two", "one"):
        path.write_text(text)
        OTHER.write(path, overwrite=True)
    kept = {file.name: file.read_text() for file in tmp_path.glob("*backup*")}
    assert kept == {"actions.backup.csv": "one", "actions.backup-2.csv": "two"}


def test_a_file_of_unknown_origin_counts_as_edited_unless_the_new_one_is_the_same(
    tmp_path, monkeypatch, caplog
):
    path = tmp_path / "actions.csv"
    FIRST.write(path)
    # Another user, or another machine.
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "elsewhere"))
    FIRST.write(path, overwrite=True)
    assert caplog.text == ""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "a third"))
    OTHER.write(path, overwrite=True)
    assert (tmp_path / "actions.backup.csv").exists()


def test_without_a_place_for_the_list_everything_is_kept(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    FIRST.write(tmp_path / "actions.csv")
    OTHER.write(tmp_path / "actions.csv", overwrite=True)
    assert (tmp_path / "actions.backup.csv").exists()


def test_corrections_of_a_workbook_survive_another_decision_which_says_what_changes_scores(tmp_path, caplog):
    path = tmp_path / "actions.xlsx"
    FIRST.write(path)
    book = openpyxl.load_workbook(path)
    sheet = book["Actions"]
    labels = [cell.value for cell in sheet[1]].index("label") + 1
    sheet.cell(2, labels, "block")
    book.save(path)
    none = np.zeros(0, np.int64)
    scores = Scores(("pass",), 25.0, 16, 60.0, none.astype(str), none, none, np.zeros((0, 1), np.float32))
    with caplog.at_level(logging.WARNING, "bball_tag"):
        replace(OTHER, scores=scores).write(path, overwrite=True)
    assert [event.label for event in read_annotation(tmp_path / "actions.backup.xlsx")] == ["block"]
    assert [event.label for event in read_annotation(path)] == ["pass"]
    assert "stride, streams, precision or backend changes scores" in caplog.text


def test_reviewed_spans_beside_a_table_and_tracks_are_kept_too(tmp_path):
    path = tmp_path / "actions.csv"
    replace(FIRST, reviewed=(Reviewed(0.0, 1.0),)).write(path)
    reviewed_path(path).write_text("start_s,end_s\n0,9\n")
    replace(FIRST, reviewed=(Reviewed(0.0, 2.0),)).write(path, overwrite=True)
    assert (tmp_path / "actions.reviewed.backup.csv").read_text() == "start_s,end_s\n0,9\n"
    tracks = tmp_path / "game.tracks.csv"
    tracks.write_text("mine")
    write_tracks(TRACKS, tracks, FIRST.video.fps)
    assert (tmp_path / "game.tracks.backup.csv").read_text() == "mine"


def test_where_no_copy_can_be_made_nothing_is_replaced(tmp_path, monkeypatch):
    path = tmp_path / "actions.csv"
    path.write_text("mine")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bball_tag.backups.shutil.copy2", full)
    with pytest.raises(BballTagError, match="No space left"), replacing_edited(path) as draft:
        draft.write_text("new")
    assert [file.name for file in tmp_path.iterdir()] == ["actions.csv"]
    assert path.read_text() == "mine"
