"""Workbooks that a person or a spreadsheet changed: merged cells, dates, formulas, slips."""

from __future__ import annotations

import logging
import resource
import zipfile
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from bball_tag.annotations import read_annotation
from bball_tag.errors import AnnotationError
from tests.example_events import NTSC, SHOT, annotation, written

LATER = replace(SHOT, label="pass", start=20.0, end=21.0, peak=20.5, player="9", team="guests")
LAST = replace(SHOT, label="dribble", start=30.0, end=31.0, peak=30.5, player="9", team="guests")


@pytest.fixture
def edited(tmp_path):
    """Return a function that changes cells of the sheet Actions, and what else is asked for."""

    def edit(also=lambda sheet: None, **cells: object) -> Path:
        whole = annotation(SHOT, LATER, LAST, labels=("pass", "shoot", "dribble"))
        path = written(whole, tmp_path / "a.xlsx")
        book = openpyxl.load_workbook(path)
        for address, value in cells.items():
            book["Actions"][address] = value
        also(book["Actions"])
        book.save(path)
        return path

    return edit


def refused(path: Path) -> str:
    with pytest.raises(AnnotationError) as caught:
        read_annotation(path)
    return str(caught.value)


def test_merged_cells_hold_for_every_row_that_they_cover(edited):
    def merge(sheet: Worksheet) -> None:
        sheet.merge_cells("L2:L4")
        sheet.merge_cells("M3:M4")

    events = read_annotation(edited(merge)).events
    assert [(event.player, event.team) for event in events] == [
        ("7", "home"),
        ("7", "guests"),
        ("7", "guests"),
    ]


def test_cells_that_are_merged_across_columns_are_refused(edited):
    path = edited(lambda sheet: sheet.merge_cells("L3:M3"))
    assert "sheet Actions, cell M3: it is merged with a cell beside it, which has another meaning" in refused(
        path
    )


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"L2": date(2026, 3, 1)}, "cell L2: a spreadsheet made the date 2026-03-01 of what was typed"),
        ({"M2": datetime(2026, 3, 1, 7, 30)}, "cell M2: a spreadsheet made the date 2026-03-01 07:30:00 of"),
        ({"L2": time(7, 9)}, "cell L2: a spreadsheet made the time 07:09:00 of what was typed"),
        ({"H2": date(2026, 3, 1)}, "cell H2: a spreadsheet made the date 2026-03-01 of what was typed"),
        ({"A2": date(2026, 3, 1)}, "cell A2: a spreadsheet made the date 2026-03-01 of what was typed"),
        ({"C2": date(2026, 3, 1)}, "cell C2: 'the time 46082 days, 0:00:00' is not a time such as 0:01:23.5"),
        (
            {"L2": "=K2+1"},
            "cell L2: its formula was never computed. Open the file in a spreadsheet and save it",
        ),
        ({"A2": "=B2-1", "C2": None}, "cell A2: its formula was never computed"),
        ({"L2": True}, "cell L2: a spreadsheet made TRUE of what was typed. Format the cell as text"),
        ({"B2": 75}, "cell B2: 0:01:15.000 is after the end of the video, 0:01:00.060"),
        ({"G2": "Shoot"}, "cell G2: the label 'Shoot' is new. Did you mean 'shoot'?"),
        ({"G4": "dribbel "}, "cell G4: the label 'dribbel ' is new. Did you mean 'dribble'?"),
    ],
)
def test_a_cell_that_lost_what_was_typed_is_refused(edited, cells, words):
    assert f"sheet Actions, {words}" in refused(edited(**cells))


def test_a_number_on_a_clock_whose_format_was_lost_is_a_part_of_a_day_or_nothing(edited):
    def forget(sheet: Worksheet) -> None:
        sheet["C2"].number_format = sheet["C3"].number_format = "General"

    assert read_annotation(edited(forget, A2=None)).events[0].start == 12.48
    assert "cell C2: '12.5' is not a time such as 0:01:23.500" in refused(edited(forget, C2=12.5, A2=None))


def test_facts_that_a_person_typed_again_are_understood(edited):
    path = edited()
    book = openpyxl.load_workbook(path)
    for name, value in book["Run"].iter_rows(min_row=2, max_col=2):
        if name.value in ("frames per second", "duration"):
            value.value = 29.97 if name.value == "frames per second" else timedelta(seconds=90)
    book.save(path)
    video = read_annotation(path).video
    assert (video.fps, video.duration) == (NTSC, 90.0)


def test_all_faults_of_a_workbook_are_named_at_once(edited):
    text = refused(edited(A2="soon", H2=93, G3="Pass", B4=None, D4=None))
    assert text.splitlines()[0].endswith("a.xlsx: 4 things are wrong:")
    for cell in ("A2", "H2", "B4", "G3"):
        assert f"\n  sheet Actions, cell {cell}: " in text


def test_an_error_that_a_formula_left_is_refused(edited):
    def fail(sheet: Worksheet) -> None:
        sheet["L2"].value = "#REF!"
        sheet["L2"].data_type = "e"

    assert "sheet Actions, cell L2: it has an error (#REF!)" in refused(edited(fail))


def test_a_label_that_a_person_corrected_is_theirs_and_has_no_confidence_of_the_model(edited, caplog):
    caplog.set_level(logging.INFO, "bball_tag")
    first, second, last = read_annotation(edited(G2="pass", G4="dunk")).events
    assert first == replace(SHOT, label="pass", confidence=1.0, peak_confidence=1.0, num_clips=0)
    assert second == LATER
    assert last == replace(LAST, label="dunk", confidence=1.0, peak_confidence=1.0, num_clips=0)
    assert (
        "A person corrected 2 labels, which have no confidence of the model any more; the first is 'pass' in "
        "sheet Actions, cell G2, which was 'shoot'." in caplog.text
    )
    assert "New labels, which the table had not before: 'dunk'." in caplog.text


def test_the_labels_of_the_model_move_with_their_rows(edited):
    def sort(sheet: Worksheet) -> None:
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2, max_row=4)]
        for number, row in enumerate(reversed(rows), start=2):
            for column, value in enumerate(row, start=1):
                sheet.cell(number, column, value)

    path = edited(sort)
    assert read_annotation(path).events == [SHOT, LATER, LAST]
    sheet = openpyxl.load_workbook(path)["Actions"]
    assert sheet.column_dimensions["N"].hidden
    assert sheet["N1"].value == "found_label"


def test_labels_of_the_model_that_did_not_move_with_their_rows_change_nothing(edited):
    def sort(sheet: Worksheet) -> None:
        rows = [[cell.value for cell in row[:13]] for row in sheet.iter_rows(min_row=2, max_row=4)]
        for number, row in enumerate(reversed(rows), start=2):
            for column, value in enumerate(row, start=1):
                sheet.cell(number, column, value)

    assert read_annotation(edited(sort)).events == [SHOT, LATER, LAST]


def test_a_close_label_that_a_person_adds_to_the_summary_is_theirs(edited):
    path = edited(G2="Shoot")
    book = openpyxl.load_workbook(path)
    book["Summary"]["A5"] = "Shoot"
    book.save(path)
    assert read_annotation(path).events[0].label == "Shoot"


def hostile(tmp_path: Path, sheet: str) -> Path:
    """Return a workbook whose sheet Actions is this XML."""
    head = "".join(
        f'<c r="{column}1" t="inlineStr"><is><t>{name}</t></is></c>'
        for column, name in zip("ABC", ("start_s", "end_s", "label"), strict=True)
    )
    book = openpyxl.Workbook()
    book.active.title = "Actions"
    book.save(tmp_path / "plain.xlsx")
    path = tmp_path / "a.xlsx"
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    with zipfile.ZipFile(tmp_path / "plain.xlsx") as plain, zipfile.ZipFile(path, "w") as made:
        for name in plain.namelist():
            content = plain.read(name)
            if name == "xl/worksheets/sheet1.xml":
                rows = f'<row r="1">{head}</row>{sheet}'
                content = f'<worksheet xmlns="{space}"><sheetData>{rows}</worksheet>'.encode()
            made.writestr(name, content, zipfile.ZIP_DEFLATED)
    return path


LABEL = '<c r="C2" t="inlineStr"><is><t>x</t></is></c>'
ROW = f'<row r="2"><c r="A2"><v>1</v></c><c r="B2"><v>2</v></c>{LABEL}</row>'

AREA = '<mergeCell ref="E1:F9"/>'


@pytest.mark.parametrize(
    "sheet",
    [
        f'{ROW}<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>',
        f'{ROW}</sheetData><mergeCells><mergeCell ref="E1:XFD1048576"/></mergeCells>',
        f"{ROW}</sheetData><mergeCells>{AREA * 200}</mergeCells>",
    ],
    ids=["a far cell", "a merged sheet", "areas over each other"],
)
def test_a_sheet_that_says_it_is_vast_is_read_in_little_memory(tmp_path, sheet):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    events = read_annotation(hostile(tmp_path, sheet)).events
    assert [(event.start, event.end, event.label) for event in events] == [(1.0, 2.0, "x")]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000, "kilobytes"


@pytest.mark.parametrize(
    ("sheet", "words"),
    [
        (f'{ROW}<row r="99999999999"><c r="A3"><v>1</v></c></row></sheetData>', "more rows than a sheet"),
        (f"{ROW}</sheetData><mergeCells>{AREA * 10_001}</mergeCells>", "merged areas"),
        (f"{ROW.replace('<v>1', '<v>' + '9' * 5000)}</sheetData>", "or a damaged one"),
        (f"{ROW.replace('<v>1', '<v>1e308')}</sheetData>", "is not a number of at least 0"),
        (f"{ROW.replace('A2', '????')}</sheetData>", "or a damaged one"),
        ("<row>" * 5000, "or a damaged one"),
        (f'{ROW}</sheetData><mergeCells><mergeCell ref="what"/></mergeCells>', "or a damaged one"),
    ],
)  # fmt: skip
def test_a_hostile_sheet_is_refused_with_a_sentence(tmp_path, sheet, words):
    assert words in refused(hostile(tmp_path, sheet))


def test_a_workbook_that_is_a_bomb_is_not_unpacked(tmp_path):
    path = hostile(tmp_path, f"{ROW}</sheetData>")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/media/bomb", bytes(80 << 20), compresslevel=1)
    assert "its sheets have more than 64 MiB" in refused(path)


def test_odd_workbooks_are_read_or_explained(real_data):
    tables = real_data / "odd_files/tables"
    assert len(read_annotation(tables / "far.xlsx").events) == 14
    assert "cell D2: a spreadsheet made the date 2026-03-01" in refused(tables / "player_became_date.xlsx")
    assert "cell D3: its formula was never computed" in refused(tables / "formulas_not_computed.xlsx")
