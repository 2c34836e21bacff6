"""CSV and JSON: what is written, and what is read back after a person edited it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from bball_tag.annotations import FORMATS, Annotation, format_for, read_annotation, write_annotation
from bball_tag.annotations.formats import CUTS
from bball_tag.errors import AnnotationError, BballTagError, OptionError
from bball_tag.events import EventRules
from bball_tag.players.tracks import Track
from tests.example_events import NASTY, NTSC, SHOT, VIDEO, annotation, events_in_milliseconds, written

HEADER = (
    "start_s,end_s,start,end,start_frame,end_frame,label,"
    "confidence,peak_confidence,peak_s,num_clips,player,team"
)


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


@pytest.mark.parametrize("suffix", [".csv", ".json"])
@pytest.mark.parametrize("text", NASTY)
def test_nasty_text_comes_back_as_it_was(tmp_path, suffix, text):
    event = replace(SHOT, label=text, player=text, team=text)
    back = read_annotation(written(annotation(event), tmp_path / f"a{suffix}")).events
    assert [(one.label, one.player, one.team) for one in back] == [(text, text, text)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=events_in_milliseconds())
@pytest.mark.parametrize("suffix", [".csv", ".json"])
def test_what_is_written_in_milliseconds_is_what_is_read(tmp_path, suffix, events):
    assert read_annotation(written(annotation(*events), tmp_path / f"a{suffix}")).events == events


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
    import jsonschema

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
        ({"events": [{"label": "x"}]}, "event 1 is invalid: 'start_s' is missing"),
        ({"video": 3}, "its header is invalid"),
        ({"video": {"path": "", "width": 1, "height": 1, "fps": "0/0"}}, "its header is invalid"),
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
    with pytest.raises(AnnotationError, match="999 events, and there are 1000"):
        write_annotation(annotation(*[SHOT] * 1000), path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_suffix_picks_the_commonest_format():
    names = {"a.XLSX": "xlsx", "a.csv": "csv", "a.json": "json", "a.xml": "sportscode", "a.textgrid": "praat"}
    assert {path: format_for(Path(path)).name for path in names} == names
    assert format_for(Path("a.xml"), "cvat").name == "cvat"


def test_an_unknown_format_lists_the_known():
    with pytest.raises(AnnotationError, match=r"Known: .xlsx, .csv, .json, .xml, "):
        format_for(Path("a.docx"))
    with pytest.raises(OptionError, match=r"Unknown format 'docx'. The formats: xlsx, csv, json"):
        format_for(Path("a.csv"), "docx")


@pytest.mark.parametrize("name", [name for name, kind in FORMATS.items() if kind.needs])
def test_a_format_says_what_it_must_know_of_the_video(tmp_path, name):
    with pytest.raises(AnnotationError, match=f"the format {name} needs .*: give --"):
        write_annotation(Annotation(replace(VIDEO, fps=Fraction(0)), [SHOT]), tmp_path / "a", name)


def test_a_format_that_is_only_written_says_which_can_be_read(tmp_path):
    path = written(annotation(SHOT), tmp_path / "a.srt")
    with pytest.raises(AnnotationError, match=r"can only be written. Readable: xlsx, csv, json, sportscode"):
        read_annotation(path)


def test_an_edited_csv_with_semicolons_and_decimal_commas_is_read(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("\ufeffLabel;End;Start\n\nshoot;0:00:14,56;0:00:12.480\n", encoding="utf-8")
    assert [(one.start, one.end) for one in read_annotation(path).events] == [(12.48, 14.56)]
    path.write_text("\ufeffLabel;End_s;Start_s\r\nshoot;14,56;12,48\r\n;;\r\n", encoding="utf-8")
    events = read_annotation(path).events
    assert [(one.label, one.start, one.end) for one in events] == [("shoot", 12.48, 14.56)]


def test_where_two_times_of_a_csv_disagree_the_frame_rate_shows_which_is_new(tmp_path):
    early = replace(SHOT, start=2.48, end=4.56, peak=3.0)
    path = written(annotation(early), tmp_path / "a.csv")
    path.write_text(path.read_text().replace("0:00:02.480", "0:00:01.000"))
    with pytest.raises(AnnotationError, match=r"line 2, column start_s: 2.48 s .* \(--video or --fps\)"):
        read_annotation(path)
    assert read_annotation(path, fps=NTSC).events[0].start == 1.0


def test_the_frame_rate_that_other_rows_give_shows_it_too(tmp_path):
    path = written(annotation(SHOT, replace(SHOT, start=50.0, end=51.0)), tmp_path / "a.csv")
    path.write_text(path.read_text().replace("0:00:12.480", "0:00:11.000"))
    whole = read_annotation(path)
    assert (whole.events[0].start, whole.video.fps) == (11.0, NTSC)


RATES = [Fraction(25), NTSC, Fraction(30), Fraction(60_000, 1001), Fraction(24_000, 1001), Fraction(50)]
LATE = [replace(SHOT, start=second + 0.1, end=second + 1.7, peak=second + 1.0) for second in (40, 95, 310)]


@pytest.mark.parametrize("rate", RATES)
def test_a_csv_gives_the_frame_rate_by_its_seconds_and_frames(tmp_path, rate, caplog):
    caplog.set_level("INFO", "bball_tag")
    path = written(annotation(*LATE, video=replace(VIDEO, fps=rate)), tmp_path / "a.csv")
    assert read_annotation(path).video.fps == rate
    assert f"Frame rate {rate}, the only common one that fits" in caplog.text
    write_annotation(read_annotation(path), tmp_path / "a.edl")


def test_the_rate_of_a_csv_is_what_the_user_says_whatever_its_frames_say(tmp_path):
    path = written(annotation(*LATE, video=replace(VIDEO, fps=Fraction(25))), tmp_path / "a.csv")
    assert read_annotation(path, fps=Fraction(50)).video.fps == 50


TABLE = "label,start_s,end_s,start,start_frame,end_frame\n{}\n"
OPEN = {
    "29.97 or 30": "shoot,2,4,,60,120",
    "no frames": "shoot,40,41,,,",
    "rows that contradict each other": "shoot,10,20,,250,500\npass,60,90,,1800,2700",
    "a time changed in its only column": "shoot,40,42,,1000,1050\npass,61.5,63,,1500,1575",
}


@pytest.mark.parametrize("what", OPEN)
def test_a_table_that_does_not_determine_the_rate_is_read_without_one(tmp_path, what):
    path = tmp_path / "a.csv"
    path.write_text(TABLE.format(OPEN[what]))
    whole = read_annotation(path)
    assert (whole.video.fps, whole.events[0].label) == (0, "shoot")
    with pytest.raises(AnnotationError, match=r"the format otio needs the frame rate: give --video or --fps"):
        write_annotation(whole, tmp_path / "a.otio")


def test_a_time_whose_columns_disagree_does_not_count_for_the_rate(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(TABLE.format("shoot,40,42,,1000,1050\npass,61.5,63,0:01:00.000,1500,1575"))
    whole = read_annotation(path)
    assert whole.video.fps == 25
    assert [event.start for event in whole] == [40.0, 61.5], "frame 1500 is the clock's: the seconds are new"


@pytest.mark.parametrize("suffix", [".csv", ".json", ".xml", ".eaf", ".vtt"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00garbage\x00", b"<a>&"])
def test_a_file_of_another_kind_is_refused_with_a_sentence(tmp_path, suffix, content):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    with pytest.raises(BballTagError, match=r"^Cannot read events from .*a\..*: .+\.$"):
        read_annotation(path)


def test_the_documentation_lists_every_format():
    page = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w-]+)`( \*read\*)? \| (\.\w+) \|", page, re.MULTILINE)
    assert rows == [(one.name, " *read*" if one.read else "", one.suffix) for one in FORMATS.values()]
    readable = sum(one.read is not None for one in FORMATS.values())
    assert f"written to {len(FORMATS)} formats and read from {readable}." in page
    cut_lists = ", ".join(f"`{one.name}`" for one in FORMATS.values() if one.has(CUTS))
    assert f"({cut_lists})" in page
