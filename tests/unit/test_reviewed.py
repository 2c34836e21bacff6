"""Reviewed spans: written beside events in every format that is read back, and what is wrong with a cell."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import jsonschema
import openpyxl
import pytest

from bball_tag.annotations import read_annotation
from bball_tag.annotations.reviewed import Reviewed, reviewed_path
from bball_tag.errors import AnnotationError, BballTagError
from tests.example_events import NASTY, NTSC, SHOT, annotation, written

SPANS = (
    Reviewed(0.0, 30.5, by="Ana", at="2026-11-26T20:15"),
    Reviewed(30.5, 60.0, "7", ("shoot", "a,b;c & <d>", 'say "zone"')),
)
SCHEMA = Path(__file__).parents[2] / "bball_tag/annotations/annotation.schema.json"


def table(path: Path, text: str) -> Path:
    """Write a CSV of one shot, and `text` as what was reviewed of it."""
    written(annotation(SHOT), path)
    reviewed_path(path).write_text(text)
    return path


@pytest.mark.parametrize(
    ("name", "kind"),
    [(f"a.{kind}", None) for kind in ("xlsx", "csv", "json", "xml", "eaf", "vtt")]
    + [("a.json", "soccernet")],
)
def test_reviewed_spans_come_back_from_every_format_that_is_read(tmp_path, name, kind):
    whole = annotation(SHOT, reviewed=SPANS)
    path = written(whole, tmp_path / name, kind)
    assert read_annotation(path, kind, fps=NTSC).reviewed == SPANS


def test_labels_and_names_of_any_kind_come_back(tmp_path):
    labels = tuple(label.strip() for label in NASTY if "\n" not in label)
    whole = annotation(SHOT, reviewed=[Reviewed(1.0, 2.0, name, labels, name) for name in ("=1+2", "@me")])
    for name in ("a.xlsx", "a.csv", "a.json"):
        assert read_annotation(written(whole, tmp_path / name)).reviewed == tuple(whole.reviewed)


def test_json_with_reviewed_spans_is_what_its_schema_says(tmp_path):
    document = json.loads(written(annotation(SHOT, reviewed=SPANS), tmp_path / "a.json").read_text())
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(document)
    assert document["reviewed"][0] == {
        **{"start_s": 0.0, "end_s": 30.5, "player": "", "labels": [], "by": "Ana", "at": "2026-11-26T20:15"}
    }


def test_files_without_reviewed_spans_are_as_they_were(tmp_path):
    whole = annotation(SHOT)
    assert '"reviewed"' not in written(whole, tmp_path / "a.json").read_text()
    assert "Reviewed" not in openpyxl.load_workbook(written(whole, tmp_path / "a.xlsx")).sheetnames
    written(whole, tmp_path / "a.csv")
    assert not (tmp_path / "a.reviewed.csv").exists()


def test_a_person_adds_the_sheet_with_clock_times_and_a_date(tmp_path):
    path = written(annotation(SHOT), tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(path)
    sheet = book.create_sheet("reviewed")
    sheet.append(["Player", "Start", "End", "At"])
    sheet.append([7, "0:10", "0:01:00.5", datetime(2026, 11, 26)])
    book.save(path)
    assert read_annotation(path).reviewed == (Reviewed(10.0, 60.5, "7", at="2026-11-26"),)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("start_s,end_s\n5,4\n", "line 2, column end_s: the end is not after the start"),
        ("start_s,end_s\nsoon,4\n", "line 2, column start_s: 'soon' is not a number"),
        ("start_s,end_s\n1,\n", "line 2, column end_s: the time is missing"),
        ("start_s,end_s,end_s\n1,2,3\n", "two columns are called 'end_s'"),
        ("player\n7\n", "its first line must name the columns start_s and end_s"),
        ("start_s,end_s\n1,2,,,me\n", "line 2: it has 5 cells for 2 columns"),
    ],
)
def test_what_is_wrong_beside_a_csv_is_named_with_its_own_file(tmp_path, text, fault):
    with pytest.raises(AnnotationError) as error:
        read_annotation(table(tmp_path / "a.csv", text))
    assert "a.reviewed.csv" in str(error.value)
    assert fault in str(error.value)


def test_what_is_wrong_in_the_sheet_is_named_by_its_cells_beside_that_of_events(tmp_path):
    path = written(annotation(SHOT, reviewed=SPANS), tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(path)
    book["Reviewed"]["B2"], book["Actions"]["G2"] = "later", None
    book.save(path)
    with pytest.raises(AnnotationError) as error:
        read_annotation(path)
    assert "sheet Reviewed, cell B2: 'later' is not a number" in str(error.value)
    assert "sheet Actions, cell G2: the label is missing" in str(error.value)


def test_a_span_without_an_end_in_json_is_named(tmp_path):
    path = written(annotation(SHOT, reviewed=SPANS), tmp_path / "a.json")
    path.write_text(path.read_text().replace('"end_s": 30.5, ', ""))
    with pytest.raises(AnnotationError, match="reviewed span 1 is invalid"):
        read_annotation(path)


def test_events_are_not_written_beside_what_was_reviewed_in_others(tmp_path):
    """Silence in the new events would be taken for a person's no."""
    path = table(tmp_path / "a.csv", "start_s,end_s\n0,60\n")
    with pytest.raises(BballTagError, match=r"a\.reviewed\.csv already exists"):
        annotation(SHOT).write(path, overwrite=True)
    assert reviewed_path(path).exists()


def test_events_with_their_own_reviewed_spans_replace_both_files(tmp_path):
    path = table(tmp_path / "a.csv", "start_s,end_s\n0,60\n")
    annotation(SHOT, reviewed=SPANS).write(path, overwrite=True)
    assert read_annotation(path).reviewed == SPANS


def test_the_command_carries_them(tmp_path):
    from typer.testing import CliRunner

    from bball_tag.cli import app

    written(annotation(SHOT, reviewed=SPANS), tmp_path / "a.xlsx")
    done = CliRunner().invoke(app, ["convert", str(tmp_path / "a.xlsx"), "--out", str(tmp_path / "b.csv")])
    assert done.exit_code == 0
    assert read_annotation(tmp_path / "b.csv").reviewed == SPANS


@pytest.mark.parametrize(
    ("player", "label", "expected"),
    [("7", "shoot", True), ("8", "shoot", False), ("7", "pass", False)],
)
def test_a_span_is_about_its_player_and_labels(player, label, expected):
    assert Reviewed(0, 1, "7", ("shoot",)).is_about(player, label) is expected
