"""The files of a comparison, as other programs read them."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import openpyxl
import pytest

import bball_tag
from bball_tag.annotations.reviewed import Reviewed
from bball_tag.comparison import Comparison
from bball_tag.errors import BballTagError, OptionError
from bball_tag.game_time import GameTime, format_game_clock
from tests.example_events import NASTY, SHOT, VIDEO, annotation

SCHEMA = json.loads(
    (Path(bball_tag.__file__).parent / "comparison" / "comparison.schema.json").read_text(encoding="utf-8")
)
SCRIPT = '</script><script>alert("x")</script><!--'


def nasty() -> Comparison:
    """Two sides that have nothing in common, with text that formats stumble over."""
    found = [replace(SHOT, label=text, player=text, start=float(number)) for number, text in enumerate(NASTY)]
    truth = [replace(SHOT, label=SCRIPT, player=SCRIPT), replace(SHOT, label="pass")]
    return bball_tag.compare(annotation(*found), annotation(*truth))


@pytest.mark.parametrize(
    ("found", "truth"),
    [
        (annotation(SHOT), annotation(SHOT, reviewed=[Reviewed(0, 30)])),
        (annotation(), annotation()),
        (annotation(SHOT), annotation()),
        (annotation(replace(SHOT, player="")), annotation(SHOT)),
    ],
    ids=["equal", "empty", "no truth", "no players"],
)
def test_the_json_is_what_its_schema_says(tmp_path, found, truth):
    validator = jsonschema.Draft202012Validator(SCHEMA)
    validator.check_schema(SCHEMA)
    (path,) = bball_tag.compare(found, truth).write(tmp_path / "figures.json")
    document = json.loads(path.read_text(encoding="utf-8"))
    validator.validate(document)
    for name, figures in (("without_players", document["without_players"]), ("top", document)):
        assert set(figures) >= set(SCHEMA["$defs"]["figures"]["properties"]) - {"labels"}, name
    assert not validator.is_valid({**document, "f1": {"0.5": 2}})


def test_the_json_of_equal_files_is_one_everywhere(tmp_path):
    document = bball_tag.compare(annotation(SHOT), annotation(SHOT)).figures
    assert document["f1"] == {"0.1": 1, "0.25": 1, "0.5": 1}
    assert document["map"] == {"0.3:0.1:0.7": 1, "0.5:0.05:0.95": 1}
    assert document["spot_map"] == {"tight": 1, "loose": 1}
    assert (document["edit"], document["frame_accuracy"], document["by_player"]) == (1, 1, True)
    (label,) = document["with_players"]["labels"].values()
    assert (label["f1"]["0.5"], label["ap"]["0.5:0.05:0.95"], label["frame_recall"]) == (1, 1, 1)


def test_text_of_the_list_is_no_formula(tmp_path):
    comparison = nasty()
    (table,) = comparison.write(tmp_path / "list.csv")
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(comparison.differences) == len(NASTY) + 2
    assert not [row for row in rows if row["label"].startswith(("=", "+", "-", "@", "\t"))]
    (book,) = comparison.write(tmp_path / "list.xlsx")
    sheet = openpyxl.load_workbook(book)["Differences"]
    assert {cell.data_type for row in sheet.iter_rows(min_row=2, max_col=4) for cell in row} == {"s"}


def test_the_list_has_the_game_clock_where_it_is_known(tmp_path):
    timed = replace(SHOT, game_time=GameTime(2, "Q2", 83.0))
    comparison = bball_tag.compare(annotation(timed), annotation(replace(SHOT, label="pass")))
    rows = [(one["label"], one["period"], one["clock"]) for one in comparison.figures["differences"]]
    assert rows == [("pass", None, None), ("shoot", "Q2", format_game_clock(83.0))]
    (table,) = comparison.write(tmp_path / "list.csv")
    with table.open(newline="", encoding="utf-8") as file:
        assert [row["period"] for row in csv.DictReader(file)] == ["", "Q2"]


def test_the_workbook_has_the_figures_with_and_without_players(tmp_path):
    shot, other = SHOT, replace(SHOT, start=30.0, end=31.0, player="8")
    (path,) = bball_tag.compare(annotation(shot, other), annotation(shot)).write(tmp_path / "a.xlsx")
    names, *rows = openpyxl.load_workbook(path)["Figures"].iter_rows(values_only=True, max_row=5)
    table = [dict(zip(names, row, strict=True)) for row in rows]
    assert [(row["players"], row["label"], row["true"], row["found"]) for row in table] == [
        ("with", "shoot", 1, 2),
        ("with", "all", 1, 2),
        ("without", "shoot", 1, 2),
        ("without", "all", 1, 2),
    ]
    assert [row["precision 0.5"] for row in table] == [0.5] * 4
    assert table[1]["F1 0.5"] == pytest.approx(2 / 3)
    (row,) = openpyxl.load_workbook(path)["Differences"].iter_rows(min_row=2, values_only=True)
    assert row[:9] == ("false alarm", "game.mp4", "shoot", "8", "home", 30, 31, "0:00:30.000", "0:00:31.000")


def test_nothing_that_a_person_wrote_becomes_part_of_the_page(tmp_path):
    (path,) = nasty().write(tmp_path / "page.html")
    page = path.read_text(encoding="utf-8")
    assert page.count("<script") == page.count("</script>") == 2
    assert "<script>alert" not in page
    assert "http" not in page
    data = json.loads(page.split('id="data">')[1].split("</script>")[0])
    assert data["games"][0]["truth"][0][0] in (SCRIPT, "pass")


def test_the_page_links_the_video_from_where_it_lies(tmp_path):
    (tmp_path / "pages").mkdir()
    (tmp_path / "a game #1.mp4").touch()
    video = replace(VIDEO, path=tmp_path / "a game #1.mp4")
    comparison = bball_tag.compare(annotation(SHOT, video=video), annotation(SHOT))
    (path,) = comparison.write(tmp_path / "pages" / "page.html")
    assert '"video":"../a%20game%20%231.mp4"' in path.read_text(encoding="utf-8")


def test_a_file_that_exists_or_has_an_unknown_suffix_is_refused(tmp_path):
    comparison = bball_tag.compare(annotation(SHOT), annotation(SHOT))
    with pytest.raises(OptionError, match=r"\.json, \.csv, \.xlsx, \.html"):
        comparison.write(tmp_path / "figures.txt")
    comparison.write(tmp_path / "figures.json")
    with pytest.raises(BballTagError, match="already exists"):
        comparison.write(tmp_path / "new.csv", tmp_path / "figures.json")
    assert not (tmp_path / "new.csv").exists()
    comparison.write(tmp_path / "figures.json", overwrite=True)


def test_a_label_of_any_length_keeps_the_table_narrow():
    long = replace(SHOT, label="an [odd] label\nof two lines " * 10)
    text = str(bball_tag.compare(annotation(long), annotation(long)))
    assert max(len(line) for line in text.splitlines()[:4]) < 130
