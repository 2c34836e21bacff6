"""CSV, workbook and JSON: what is written, and what is read back after a person edited it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import time, timedelta
from fractions import Fraction
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bball_tag.annotations import FORMATS, Annotation, format_for, read_annotation, write_annotation
from bball_tag.annotations.annotation import in_order
from bball_tag.errors import AnnotationError, BballTagError
from bball_tag.events import Event, EventRules
from bball_tag.players.tracks import Track
from bball_tag.video import VideoInfo

NTSC = Fraction(30000, 1001)
VIDEO = VideoInfo(Path("games/game.mp4"), 1280, 720, NTSC, 60.06, 1800, True, 0)
SHOT = Event("shoot", 12.48, 14.56, 0.93, 0.981, 13.28, 9, "7", "home")
HEADER = "start_s,end_s,start,end,start_frame,end_frame,label,confidence,peak_confidence,peak_s,num_clips,player,team"
NASTY = ["=1+2", "+49", "-x", "@me", "'=x", "\ttab", 'a "quoted", b', "a;b & <c>", "two\nlines", "бросок 投篮 شوت"]


def annotation(*events: Event, **fields: object) -> Annotation:
    return Annotation(VIDEO, in_order(events), **fields)  # type: ignore[arg-type]


def written(events: Annotation, path: Path, **options: float) -> Path:
    write_annotation(events, path, **options)  # type: ignore[arg-type]
    return path


def edited(path: Path, **cells: object) -> Path:
    """Change cells of the sheet Actions, given by address."""
    book = openpyxl.load_workbook(path)
    for address, value in cells.items():
        book["Actions"][address] = value
    book.save(path)
    return path


def test_csv_has_the_documented_columns_in_bytes(tmp_path):
    path = written(annotation(SHOT), tmp_path / "a.csv")
    row = "12.480,14.560,0:00:12.480,0:00:14.560,374,436,shoot,0.930,0.981,13.280,9,7,home"
    assert path.read_bytes() == f"{HEADER}\r\n{row}\r\n".encode()


def test_csv_of_no_events_is_its_header_and_reads_as_none(tmp_path):
    path = written(annotation(), tmp_path / "a.csv")
    assert path.read_bytes() == f"{HEADER}\r\n".encode()
    assert read_annotation(path).events == []


def test_csv_without_a_rate_leaves_frames_empty(tmp_path):
    unknown = Annotation(replace(VIDEO, fps=Fraction(0)), [SHOT])
    row = written(unknown, tmp_path / "a.csv").read_text().splitlines()[1]
    assert row == "12.480,14.560,0:00:12.480,0:00:14.560,,,shoot,0.930,0.981,13.280,9,7,home"


def test_csv_text_that_a_spreadsheet_would_compute_gets_an_apostrophe(tmp_path):
    bad = replace(SHOT, label='=HYPERLINK("http://x")', player="@7", team="-home")
    text = written(annotation(bad), tmp_path / "a.csv").read_text()
    assert '"\'=HYPERLINK(""http://x"")"' in text
    assert text.strip().endswith("'@7,'-home")


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".json"])
@pytest.mark.parametrize("text", NASTY)
def test_nasty_text_comes_back_as_it_was(tmp_path, suffix, text):
    event = replace(SHOT, label=text, player=text, team=text)
    back = read_annotation(written(annotation(event), tmp_path / f"a{suffix}")).events
    assert [(one.label, one.player, one.team) for one in back] == [(text, text, text)]


milliseconds = st.integers(0, 400 * 3600 * 1000)
share = st.integers(0, 1000).map(lambda number: number / 1000)
words = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)


@st.composite
def any_event(draw: st.DrawFn) -> Event:
    start, length, offset = draw(milliseconds), draw(st.integers(0, 90_000)), draw(st.floats(0, 1))
    label = draw(words.filter(lambda text: bool(text.strip())))
    peak = start + round(length * offset)
    times = (start / 1000, (start + length) / 1000)
    return Event(
        label, *times, draw(share), draw(share), peak / 1000, draw(st.integers(0, 99)), draw(words), draw(words)
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(any_event(), max_size=5))
@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".json"])
def test_what_is_written_in_milliseconds_is_what_is_read(tmp_path, suffix, events):
    whole = annotation(*events)
    # Blank names are no names to a person who edits a table.
    wanted = [
        replace(event, player=event.player if event.player.strip() else event.player * (suffix == ".json"))
        for event in whole.events
    ]
    wanted = [
        replace(event, team=event.team if event.team.strip() else event.team * (suffix == ".json"))
        for event in wanted
    ]
    assert read_annotation(written(whole, tmp_path / f"a{suffix}")).events == in_order(wanted)


def test_json_keeps_everything_exactly(tmp_path):
    event = replace(SHOT, start=12.480000000000123, confidence=1 / 3)
    track = Track("7", np.array([0.1, 0.2]), np.array([[1.5, 2, 3, 4], [5, 6, 7, 8.25]]))
    whole = annotation(
        event,
        labels=("block", "shoot"),
        rules=EventRules({"shoot": 0.6}, smoothing=0.2),
        checkpoint="small (1a2b)",
        version="0.1.0",
        settings={"stride": "0.3 s"},
        tracks=[track],
        clips=[Path("clips/1.mp4")],
    )
    back = read_annotation(written(whole, tmp_path / "a.json"))
    assert replace(back, tracks=()) == replace(whole, tracks=())
    assert back.tracks[0].id == "7"
    assert back.tracks[0].boxes.tolist() == [[1.5, 2, 3, 4], [5, 6, 7, 8.25]]


def test_json_is_what_its_schema_says(tmp_path):
    jsonschema = pytest.importorskip("jsonschema")
    source = Path(__file__).parents[2] / "bball_tag/annotations/annotation.schema.json"
    schema = json.loads(source.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    for events in ([], [SHOT], [replace(SHOT, label=text) for text in NASTY]):
        document = json.loads(written(annotation(*events), tmp_path / "a.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator(schema).validate(document)
    document["events"][0]["start_s"] = -1
    assert not jsonschema.Draft202012Validator(schema).is_valid(document)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": "other"}, "not bball-tag's own"),
        ({"format_version": 2}, "format_version is 2"),
        ({"events": [{"label": "x"}]}, "event 1 makes no sense: 'start_s' is missing"),
        ({"video": 3}, "its head makes no sense"),
    ],
)
def test_json_that_is_damaged_is_refused_with_its_place(tmp_path, change, words):
    path = written(annotation(SHOT), tmp_path / "a.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(AnnotationError, match=words):
        read_annotation(path)


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.edl"
    path.write_text("old")
    with pytest.raises(AnnotationError, match="999 events, and these are 1000"):
        write_annotation(annotation(*[SHOT] * 1000), path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_sheet_has_no_room_for_more_events_than_it_has_rows(tmp_path):
    with pytest.raises(AnnotationError, match="a sheet holds 1,048,575 events, and these are 1,048,576"):
        write_annotation(Annotation(VIDEO, [SHOT] * 1_048_576), tmp_path / "a.xlsx")


def test_the_suffix_picks_the_commonest_format():
    names = {"a.XLSX": "xlsx", "a.csv": "csv", "a.json": "json", "a.xml": "sportscode", "a.textgrid": "praat"}
    assert {path: format_for(Path(path)).name for path in names} == names
    assert format_for(Path("a.xml"), "cvat").name == "cvat"


def test_an_unknown_format_lists_the_known():
    with pytest.raises(AnnotationError, match=r"Known: .xlsx, .csv, .json, .xml, "):
        format_for(Path("a.docx"))
    with pytest.raises(AnnotationError, match=r"Unknown format 'docx'. The formats: xlsx, csv, json"):
        format_for(Path("a.csv"), "docx")


@pytest.mark.parametrize("name", [name for name, kind in FORMATS.items() if kind.needs])
def test_a_format_says_what_it_must_know_of_the_video(tmp_path, name):
    with pytest.raises(AnnotationError, match=f"the format {name} needs .*: pass --"):
        write_annotation(Annotation(replace(VIDEO, fps=Fraction(0)), [SHOT]), tmp_path / "a", name)


def test_a_format_that_is_only_written_says_which_can_be_read(tmp_path):
    path = written(annotation(SHOT), tmp_path / "a.srt")
    with pytest.raises(AnnotationError, match="only written. Readable: xlsx, csv, json, sportscode"):
        read_annotation(path)


# --- what a person does to a table ---


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
        ({"A2": 11, "C2": "0:00:10"}, r"sheet Actions, cell A2: it says 11 s while the column 'start' says 10 s"),
        ({"A2": "soon"}, "sheet Actions, cell A2: 'soon' is not a number"),
        ({"A2": "nan"}, "sheet Actions, cell A2: 'nan' is not a number"),
        ({"C3": "quarter past"}, "sheet Actions, cell C3: .* is not a time"),
        ({"A2": None, "C2": None}, "sheet Actions, cell A2: the time is missing"),
        ({"B3": 19, "D3": None}, "sheet Actions, cell B3: the end is before the start"),
        ({"G3": " "}, "sheet Actions, cell G3: the label is missing"),
        ({"H2": 93}, "sheet Actions, cell H2: '93' is not a number, from 0 to 1"),
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


def test_the_workbook_tells_the_video_it_is_about(tmp_path):
    video = read_annotation(two(tmp_path)).video
    assert (video.path, video.fps, video.duration) == (Path("games/game.mp4"), NTSC, 60.06)


def test_a_label_typed_as_a_number_is_a_label(tmp_path):
    assert read_annotation(edited(two(tmp_path), G2=3, L2=7.0)).events[0].label == "3"
    assert read_annotation(edited(two(tmp_path), L2=7.0)).events[0].player == "7"


def test_an_edited_csv_with_semicolons_and_decimal_commas_is_read(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("\ufeffLabel;End;Start\n\nshoot;0:00:14,56;0:00:12.480\n", encoding="utf-8")
    with pytest.raises(AnnotationError, match=r"line 3, column End: '0:00:14,56' is not a time"):
        read_annotation(path)
    path.write_text("\ufeffLabel;End_s;Start_s\r\nshoot;14,56;12,48\r\n;;\r\n", encoding="utf-8")
    events = read_annotation(path).events
    assert [(one.label, one.start, one.end) for one in events] == [("shoot", 12.48, 14.56)]


def test_a_csv_whose_times_disagree_needs_the_rate_to_tell_which_is_new(tmp_path):
    path = written(annotation(SHOT), tmp_path / "a.csv")
    path.write_text(path.read_text().replace("0:00:12.480", "0:00:11.000"))
    with pytest.raises(AnnotationError, match="line 2, column start_s: .* or pass --video or --fps"):
        read_annotation(path)
    assert read_annotation(path, fps=NTSC).events[0].start == 11.0


@pytest.mark.parametrize("suffix", [".xlsx", ".csv", ".json", ".xml", ".eaf", ".vtt"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00garbage\x00", b"<a>&"])
def test_a_file_of_another_kind_is_refused_with_a_sentence(tmp_path, suffix, content):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    with pytest.raises(BballTagError, match=r"^Cannot read events from .*a\..*: .+\.$"):
        read_annotation(path)
