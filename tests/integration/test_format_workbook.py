"""The workbook, as openpyxl, pandas and LibreOffice read it, and after a person edited it."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path

import openpyxl
import pandas
import pytest
from hypothesis import HealthCheck, given, settings

from bball_tag.annotations import Annotation, read_annotation, write_annotation
from bball_tag.annotations.run_sheet import annotation_of, run_facts
from bball_tag.annotations.table import COLUMNS
from bball_tag.errors import AnnotationError
from bball_tag.events import Event
from bball_tag.video.info import VideoInfo
from tests.example_events import NASTY, NTSC, SHOT, VIDEO, annotation, events_in_milliseconds, written

soffice = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")


def edited(path: Path, **cells: object) -> Path:
    """Change cells of the sheet Actions, given by address."""
    book = openpyxl.load_workbook(path)
    for address, value in cells.items():
        book["Actions"][address] = value
    book.save(path)
    return path


def test_pandas_reads_typed_columns(tmp_path):
    frame = pandas.read_excel(written(annotation(SHOT), tmp_path / "a.xlsx"), sheet_name="Actions")
    assert tuple(frame.columns) == (*COLUMNS, "found_label")
    assert frame.loc[0, ["start_s", "end_s", "confidence", "peak_confidence"]].tolist() == [
        12.48,
        14.56,
        0.93,
        0.981,
    ]
    assert frame.loc[0, ["start_frame", "end_frame", "num_clips"]].tolist() == [374, 436, 9]
    csv = pandas.read_csv(written(annotation(SHOT), tmp_path / "a.csv"))
    assert csv.loc[0, "label"] == frame.loc[0, "label"] == "shoot"


def test_whole_seconds_are_times_as_well(tmp_path):
    whole = replace(SHOT, start=1, end=3, peak=2)
    assert [
        (event.start, event.end) for event in read_annotation(written(annotation(whole), tmp_path / "a.xlsx"))
    ] == [(1, 3)]


def test_times_are_numbers_that_show_as_a_clock(tmp_path):
    sheet = openpyxl.load_workbook(written(annotation(SHOT), tmp_path / "a.xlsx"))["Actions"]
    assert (sheet["C2"].value, sheet["C2"].number_format) == (timedelta(seconds=12.48), "[h]:mm:ss.000")
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:N2")


@pytest.mark.parametrize("text", NASTY)
def test_nasty_text_is_text_and_comes_back_as_it_was(tmp_path, text):
    event = replace(SHOT, label=text, player=text, team=text)
    path = written(annotation(event), tmp_path / "a.xlsx")
    assert [cell.data_type for cell in openpyxl.load_workbook(path)["Actions"]["G"][1:]] == ["s"]
    assert read_annotation(path).events == [event]


def test_characters_that_xml_forbids_are_replaced(tmp_path):
    path = written(annotation(replace(SHOT, label="a\x00b\x1b", team="\ud800")), tmp_path / "a.xlsx")
    (event,) = read_annotation(path).events
    assert (event.label, event.team) == ("a\ufffdb\ufffd", "\ufffd")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=events_in_milliseconds())
def test_what_is_written_in_milliseconds_is_what_is_read(tmp_path, events):
    assert read_annotation(written(annotation(*events), tmp_path / "a.xlsx")).events == events


def test_a_workbook_of_no_events_is_read_as_none(tmp_path):
    path = written(annotation(), tmp_path / "a.xlsx")
    assert openpyxl.load_workbook(path).sheetnames == ["Actions", "Summary", "Timeline", "Run"]
    assert read_annotation(path).events == []


def test_summary_counts_by_label_and_by_player(tmp_path):
    other = replace(SHOT, start=20.0, end=21.0, player="10", team="guests")
    path = written(
        annotation(SHOT, other, replace(other, label="pass"), labels=("block",)), tmp_path / "a.xlsx"
    )
    sheet = openpyxl.load_workbook(path)["Summary"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(max_row=4)]
    assert [row[:4] for row in rows] == [
        ["label", "count", "total_s", "mean_s"],
        ["block", 0, 0, 0],
        ["pass", 1, 1, 1],
        ["shoot", 2, 3.08, 1.54],
    ]
    assert [row[5:] for row in rows[:3]] == [
        ["player", "team", "events", "total_s", "block", "pass", "shoot"],
        ["10", "guests", 2, 2, 0, 1, 1],
        ["7", "home", 1, 2.08, 0, 0, 1],
    ]


def test_the_sheet_run_says_where_the_events_came_from(tmp_path):
    whole = annotation(SHOT, checkpoint="small (1a2b)", version="0.1.0", settings={"stride": "0.3 s"})
    rows = openpyxl.load_workbook(written(whole, tmp_path / "a.xlsx"))["Run"].iter_rows(
        min_row=2, values_only=True
    )
    facts = dict(rows)
    assert facts["video"] == "/games/game.mp4"
    assert facts["frames per second"] == "30000/1001"
    assert facts["checkpoint"] == "small (1a2b)"
    assert facts["stride"] == "0.3 s"


def test_clips_are_linked_from_the_folder_of_the_workbook(tmp_path):
    clip = tmp_path / "clips" / "1 shoot#1.mp4"
    whole = annotation(SHOT, replace(SHOT, start=13.0), clips=[clip, None])
    sheet = openpyxl.load_workbook(written(whole, tmp_path / "a.xlsx"))["Actions"]
    assert sheet["N1"].value == "clip"
    assert sheet["N2"].hyperlink.target == "clips/1%20shoot%231.mp4"
    assert sheet["N3"].value is None


def test_a_sheet_has_no_room_for_more_events_than_it_has_rows(tmp_path):
    with pytest.raises(AnnotationError, match="a sheet holds 1,048,575 events, and there are 1,048,576"):
        write_annotation(Annotation(VIDEO, [SHOT] * 1_048_576), tmp_path / "a.xlsx")


@soffice
@pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning")
def test_libreoffice_opens_the_workbook_and_saves_it_with_the_same_events(tmp_path):
    whole = annotation(*(replace(SHOT, label=text, team=text) for text in NASTY), labels=("block", "pass"))
    path = written(whole, tmp_path / "a.xlsx")
    home = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = ["soffice", home, "--headless", "--convert-to", "xlsx", "--outdir", tmp_path / "out", path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    saved = tmp_path / "out" / "a.xlsx"
    assert saved.exists(), done.stderr
    assert read_annotation(saved).events == whole.events
    assert openpyxl.load_workbook(saved).sheetnames == ["Actions", "Summary", "Timeline", "Run"]


def two(tmp_path: Path) -> Path:
    later = replace(SHOT, label="pass", start=20.0, end=21.0, peak=20.5)
    return written(annotation(SHOT, later, labels=("pass", "shoot")), tmp_path / "a.xlsx")


@pytest.mark.parametrize(
    ("cells", "span"),
    [
        ({}, (12.48, 14.56)),
        ({"A2": 11.5}, (11.5, 14.56)),
        ({"B2": 15}, (12.48, 15.0)),
        ({"C2": "0:00:11.500"}, (11.5, 14.56)),
        ({"C2": time(0, 0, 11, 500000)}, (11.5, 14.56)),
        ({"C2": timedelta(seconds=11.5)}, (11.5, 14.56)),
        ({"D2": 15 / 86400}, (12.48, 15.0)),
        ({"A2": 11.5, "C2": "0:00:11.5"}, (11.5, 14.56)),
        ({"A2": None, "C2": "00:11.5"}, (11.5, 14.56)),
        ({"C2": None}, (12.48, 14.56)),
        ({"E2": 12, "F2": None}, (12.48, 14.56)),
        ({"A2": "11,5"}, (11.5, 14.56)),
    ],
)
def test_the_time_that_a_person_changed_wins(tmp_path, cells, span):
    first = read_annotation(edited(two(tmp_path), **cells)).events[0]
    assert (first.start, first.end) == span


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (
            {"A2": 11, "C2": "0:00:10"},
            r"sheet Actions, cell A2: 11 s contradicts the column 'start', which has 10 s",
        ),
        ({"A2": "soon"}, "sheet Actions, cell A2: 'soon' is not a number"),
        ({"A2": "nan"}, "sheet Actions, cell A2: 'nan' is not a number"),
        ({"C3": "quarter past"}, "sheet Actions, cell C3: .* is not a time"),
        ({"A2": None, "C2": None}, "sheet Actions, cell A2: the time is missing"),
        ({"B3": 19, "D3": None}, "sheet Actions, cell B3: the end is before the start"),
        ({"G3": " "}, "sheet Actions, cell G3: the label is missing"),
        ({"H2": 93}, "sheet Actions, cell H2: '93' is not a number from 0 to 1"),
        ({"G1": "what"}, "none of its sheets .Actions, Summary, Timeline, Run. has the columns"),
    ],
)
def test_a_cell_that_makes_no_sense_is_named(tmp_path, cells, words):
    with pytest.raises(AnnotationError, match=words):
        read_annotation(edited(two(tmp_path), **cells))


def test_rows_may_be_deleted_added_left_blank_and_columns_moved(tmp_path):
    path = two(tmp_path)
    book = openpyxl.load_workbook(path)
    sheet = book["Actions"]
    sheet.delete_rows(2)
    sheet.insert_cols(1)
    sheet["A1"], sheet["A2"] = "Coach's remark", "nice"
    sheet["H1"] = " Label "
    sheet.append([])
    sheet.append([None, 30, 31.5, None, None, None, None, "block"])
    sheet.insert_rows(1, 2)
    sheet["A1"] = "Game of Sunday"
    del book["Summary"]
    book.save(path)
    added = Event("block", 30.0, 31.5, 1.0, 1.0, 30.75, 0)
    kept = replace(SHOT, label="pass", start=20.0, end=21.0, peak=20.5)
    assert read_annotation(path).events == [kept, added]


def test_the_video_of_a_workbook_is_read_from_its_sheet_run(tmp_path):
    video = read_annotation(two(tmp_path)).video
    assert (video.path, video.fps, video.duration) == (VIDEO.path, NTSC, 60.06)


def test_a_label_typed_as_a_number_is_a_label(tmp_path):
    assert read_annotation(edited(two(tmp_path), G2=3, L2=7.0)).events[0].label == "3"
    assert read_annotation(edited(two(tmp_path), L2=7.0)).events[0].player == "7"


@pytest.mark.parametrize("sheet", ["Run", "frames per second"])
def test_a_workbook_without_its_rate_gives_it_by_its_seconds_and_frames(tmp_path, sheet):
    path = written(annotation(SHOT, replace(SHOT, start=40.04, end=41.0, peak=40.5)), tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(path)
    if sheet == "Run":
        del book["Run"]
    else:
        (cell,) = [value for name, value in book["Run"].iter_rows(2) if name.value == sheet]
        cell.value = "as always"
    book.save(path)
    assert read_annotation(path).video.fps == NTSC


def test_the_rate_on_the_sheet_run_counts_more_than_the_frames(tmp_path):
    path = written(annotation(SHOT), tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(path)
    book["Actions"]["E2"], book["Actions"]["F2"] = 312, 364
    book.save(path)
    assert read_annotation(path).video.fps == NTSC


def test_what_the_sheet_run_writes_it_reads():
    whole = annotation(SHOT, checkpoint="small (1a2b)", version="0.1.0", settings={"video": "other.mp4"})
    back = annotation_of(run_facts(whole), NTSC)
    assert (back.checkpoint, back.version) == ("small (1a2b)", "0.1.0")
    assert (back.video.path, back.video.fps, back.video.duration) == (VIDEO.path, NTSC, 60.06)
    assert annotation_of({}, NTSC) == Annotation(VideoInfo.unknown(fps=NTSC), ())
