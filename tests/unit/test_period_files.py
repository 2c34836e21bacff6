"""Periods in files and options, and the game times that events get from them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from openpyxl import Workbook, load_workbook

import bball_tag
from bball_tag.annotations import read_annotation
from bball_tag.annotations.periods import periods_of, read_periods
from bball_tag.errors import AnnotationError, OptionError
from bball_tag.events import Event
from bball_tag.faults import FormError
from bball_tag.game_time import GameTime, Mark, Period
from tests.example_events import annotation, written

SCHEMA = Path(bball_tag.__file__).parent / "annotations" / "annotation.schema.json"
Q1 = Period(1, "Q1", 10.0, 30.0, 20.0)
Q2 = Period(2, "Q2", 40.0, 60.0, 15.0, 5.0, (Mark(45.0, 10.0),))
EARLY = Event("walk", 2.0, 4.0, 0.9, 0.9, 3.0, 0)
SHOT = Event("shoot", 12.5, 13.0, 0.8, 0.8, 12.75, 0, "7")
PASS = Event("pass", 50.0, 51.0, 0.8, 0.8, 50.5, 0, "8", "home")
READ_BACK = [
    ("a.xlsx", None),
    ("a.csv", None),
    ("a.json", None),
    ("a.xml", "sportscode"),
    ("a.vtt", None),
    ("a.eaf", None),
]
"""Formats of spans that are read; those of points come back at the peak, with the same game time."""


def table(tmp_path: Path, text: str, name: str = "periods.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def game(outside="keep", events=(EARLY, SHOT, PASS)):
    return annotation(*events).with_periods([Q2, Q1], outside)


def test_a_row_is_a_period(tmp_path):
    path = table(tmp_path, "period,start,end,clock\n1,0:12:04,0:31:10,12:00\nQ2,0:35:00,0:55:00,12:00\n")
    assert read_periods(path) == (
        Period(1, "Q1", 724.0, 1870.0, 720.0),
        Period(2, "Q2", 2100.0, 3300.0, 720.0),
    )


def test_times_are_seconds_too_in_any_order_of_rows_and_columns(tmp_path):
    path = table(tmp_path, "end_s;clock;period;start_s\n3300;12:00;2;2100\n1870;12:00;1;724,5\n")
    assert read_periods(path) == (
        Period(1, "Q1", 724.5, 1870.0, 720.0),
        Period(2, "Q2", 2100.0, 3300.0, 720.0),
    )


def test_further_rows_are_readings_of_the_clock():
    assert periods_of(["1,0:12:04,0:31:10,10:00", "1,0:15:30,,7:32", "1,0:15:58,,7:32"]) == (
        Period(1, "Q1", 724.0, 1870.0, 600.0, 0.0, (Mark(930.0, 452.0), Mark(958.0, 452.0))),
    )


def test_a_recording_may_end_before_the_clock():
    assert periods_of(["4,100,500,5:00,0:45"]) == (Period(4, "Q4", 100.0, 500.0, 300.0, 45.0),)


def test_a_running_clock_needs_its_start_only():
    assert periods_of(["1,0:12:04,,10:00 running"]) == (Period(1, "Q1", 724.0, 1324.0, 600.0),)


def test_a_running_clock_shows_what_is_left_where_the_recording_ends_early():
    assert periods_of(["1,0:01:00,0:05:00,10:00 running"])[0].clock_end == 360.0
    # Two seconds are the doubt of marks that are set by hand.
    assert periods_of(["1,0:01:00,0:10:58,10:00 running"])[0].clock_end == 0.0
    assert periods_of(["1,0:01:00,0:05:00,10:00 running,5:00"])[0].clock_end == 300.0


def test_rows_without_any_cell_are_no_periods():
    with pytest.raises(FormError, match="they name none"):
        periods_of([",,,"])


def test_a_running_clock_counts_whole_minutes_where_nothing_says_more():
    assert periods_of(["1,0:12:04,0:32:05,running"]) == (Period(1, "Q1", 724.0, 1925.0, 1200.0),)


def test_a_period_without_a_clock_is_one_of_fiba(caplog):
    with caplog.at_level("INFO"):
        assert [period.clock_start for period in periods_of(["4,0,1200", "OT,1300,1700"])] == [600.0, 300.0]
    assert "Q4: nothing says what the clock showed at its start, so 10:00 is taken." in caplog.text


def test_halves_are_halves():
    assert [
        (p.number, p.name) for p in periods_of(["H1,0,1500,20:00", "H2,1600,3000,20:00", "OT,3100,3500"])
    ] == [
        (1, "H1"),
        (2, "H2"),
        (3, "OT1"),
    ]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["1,0:10,0:05,10:00"], "end: the end is not after the start"),
        (["first,0,1200"], "'first' is not a period such as 1, Q1, H1 or OT1"),
        (["1,,0:20:00,10:00"], "start: the time is missing"),
        (["1,soon,0:20:00,10:00"], "'soon' is not a time such as 0:01:23.500"),
        (["1,0,0:20:00,soon"], "'soon' is not a game clock such as 7:32 or 7:32.4, perhaps with running"),
        (["1,0:10,,10:00"], "Q1 has no end"),
        (["1,0,300"], "Q1 lasts 5:00 in the video: say what the clock showed at its start"),
        (["1,0,1200,10:00", "1,0:01:00,,"], "Q1 has several rows: say what the clock showed at each"),
        (["1,0,1200,10:00", "1,0:01:00,,10:30"], "shows 10:00.0 at 0:00 of the video, and more, 10:30.0"),
        (["1,0,1200,10:00", "2,1100,2400,10:00"], "Q2 begins at 18:20, before Q1 ends at 20:00"),
        (["2,0,1200,10:00", "1,1300,2400,10:00"], "Q1 comes after Q2 in the video"),
        (["1,0,1200,10:00,0:00,x"], "has more parts than period,start,end,clock,clock_end"),
    ],
)
def test_what_makes_no_sense_is_named(rows, message):
    with pytest.raises(FormError) as raised:
        periods_of(rows)
    assert message in str(raised.value)


def test_a_clock_that_should_run_and_stands_is_warned_of(caplog):
    periods_of(["1,0,700,10:00 running"])
    assert "Q1 has a running clock, but 10:00 on the clock and 11:40 in the video" in caplog.text
    caplog.clear()
    periods_of(["1,0,500,10:00"])
    assert "Where recording was paused, game times are guesses" in caplog.text


def test_a_workbook_that_took_minutes_for_hours_is_understood(tmp_path):
    from datetime import time

    book = Workbook()
    book.active.append(["period", "start", "end", "clock"])
    # Typed as 0:12:04, 0:31:10 and 10:00.
    book.active.append([1, time(0, 12, 4), time(0, 31, 10), time(10, 0)])
    book.save(tmp_path / "periods.xlsx")
    assert read_periods(tmp_path / "periods.xlsx") == (Period(1, "Q1", 724.0, 1870.0, 600.0),)


def test_a_clock_that_a_spreadsheet_made_unclear_is_refused(tmp_path):
    from datetime import time

    book = Workbook()
    book.active.append(["period", "start", "end", "clock"])
    book.active.append([1, time(0, 12, 4), time(0, 31, 10), time(0, 12)])
    book.save(tmp_path / "periods.xlsx")
    with pytest.raises(AnnotationError, match=r"cell D2: a spreadsheet made .* of what was typed"):
        read_periods(tmp_path / "periods.xlsx")


def test_a_file_without_periods_is_refused(tmp_path):
    with pytest.raises(AnnotationError, match="must name the columns period and start"):
        read_periods(table(tmp_path, "start_s,end_s,label\n1,2,shoot\n"))
    with pytest.raises(AnnotationError, match="it has no periods"):
        read_periods(table(tmp_path, "period,start,end,clock\n"))
    with pytest.raises(AnnotationError, match="'periods' is missing"):
        read_periods(table(tmp_path, "{}", "periods.json"))
    with pytest.raises(AnnotationError, match="Cannot read periods from"):
        read_periods(tmp_path / "none.csv")


def test_events_get_their_period_and_clock():
    assert [event.game_time for event in game()] == [
        None,
        GameTime(1, "Q1", 17.5, 0.0),
        # 10 s left at 45, 5 s at 60: by the line 10 - 5/3 at 50, and between 5 and 10 whatever it did.
        GameTime(2, "Q2", pytest.approx(10 - 5 / 3), pytest.approx(10 / 3)),
    ]


def test_events_outside_are_kept_marked_or_dropped(caplog):
    with caplog.at_level("INFO"):
        assert [event.label for event in game("keep")] == ["walk", "shoot", "pass"]
        assert "1 event of 3 outside of all periods" in caplog.text
    assert game("mark").events[0].game_time == GameTime(0, "outside", None)
    assert [event.label for event in game("drop")] == ["shoot", "pass"]
    with pytest.raises(OptionError, match="outside must be keep, mark or drop"):
        game("away")


def test_dropped_events_take_their_clips_with_them():
    whole = annotation(EARLY, SHOT, clips=[Path("1.mp4"), Path("2.mp4")])
    assert whole.with_periods([Q1], "drop").clips == [Path("2.mp4")]


def test_periods_of_another_video_are_refused(caplog):
    late = Period(1, "Q1", 70.0, 90.0, 20.0)
    with pytest.raises(AnnotationError, match="Q1 begins at 0:01:10"):
        annotation(SHOT).with_periods([late])
    annotation(SHOT).with_periods([replace(Q1, end=70.0)])
    assert "Q1 ends at 0:01:10.000, after the end of the video" in caplog.text


@pytest.mark.parametrize(("name", "format_name"), READ_BACK)
@pytest.mark.parametrize("outside", ["keep", "mark"])
def test_formats_keep_game_times(tmp_path, name, format_name, outside):
    whole = game(outside)
    back = read_annotation(written(whole, tmp_path / name, format_name), format_name)
    assert len(back) == 3
    for event, before in zip(back, whole, strict=True):
        assert (event.label, event.player) == (before.label, before.player)
        if before.game_time is None or before.game_time.clock is None:
            assert event.game_time == before.game_time
            continue
        assert event.game_time.period == before.game_time.period
        assert event.game_time.number == before.game_time.number
        assert event.game_time.clock == pytest.approx(before.game_time.clock, abs=0.051)
        assert event.game_time.within == pytest.approx(before.game_time.within, abs=0.051)


@pytest.mark.parametrize("name", ["a.xlsx", "a.json"])
def test_tables_that_have_room_keep_the_periods(tmp_path, name):
    back = read_annotation(written(game(), tmp_path / name))
    assert back.periods == (Q1, Q2)


def test_an_event_moved_in_the_workbook_gets_another_clock(tmp_path):
    path = written(game(), tmp_path / "a.xlsx")
    book = load_workbook(path)
    sheet = book["Actions"]
    names = [cell.value for cell in sheet[1]]
    row = next(row for row in sheet.iter_rows(min_row=2) if row[names.index("label")].value == "shoot")
    for name in ("start_s", "end_s"):
        row[names.index(name)].value += 10
    book.save(path)
    moved = next(event for event in read_annotation(path) if event.label == "shoot")
    assert moved.game_time == GameTime(1, "Q1", pytest.approx(7.5), 0.0)


def test_json_with_periods_is_what_its_schema_says(tmp_path):
    document = json.loads(written(game("mark"), tmp_path / "a.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert document["periods"][1]["marks"] == [[45.0, 10.0]]
    assert document["events"][1]["clock_s"] == 17.5


def test_our_json_and_workbook_are_files_of_periods(tmp_path):
    assert read_periods(written(game(), tmp_path / "a.json")) == (Q1, Q2)
    assert read_periods(written(game(), tmp_path / "a.xlsx")) == (Q1, Q2)


def test_without_periods_files_are_as_before(tmp_path):
    whole = annotation(SHOT)
    assert "period" not in written(whole, tmp_path / "a.csv").read_text(encoding="utf-8")
    assert "period" not in written(whole, tmp_path / "a.json").read_text(encoding="utf-8")
    assert "Periods" not in load_workbook(written(whole, tmp_path / "a.xlsx")).sheetnames


@pytest.mark.parametrize(
    ("name", "format_name", "text"),
    [
        ("a.srt", None, "[Q1 0:17.5] player 7: shoot (0.80)"),
        ("a.txt", "audacity", "[Q1 0:17.5] player 7: shoot"),
        ("a.ffmetadata", None, "title=[Q1 0:17.5] player 7: shoot"),
        ("a.edl", None, "[Q1 0:17.5] player 7: shoot p=0.80"),
        ("a.fcpxml", None, "[Q1 0:17.5] player 7: shoot, p=0.80"),
        ("a.otio", None, '"clock": "0:17.5"'),
        ("h.csv", "hudl-csv", "0.800,Q1,0:17.5"),
        ("s.json", "soccernet", '"clock": "0:17.5"'),
        ("l.json", "label-studio", '"period": ["Q1"]'),
    ],
)
def test_programs_show_the_game_time(tmp_path, name, format_name, text):
    path = written(game(events=[SHOT]), tmp_path / name, format_name)
    assert text in path.read_text(encoding="utf-8").replace("\\=", "=")


def test_a_label_of_another_program_called_period_is_no_game_time(tmp_path):
    path = written(game(), tmp_path / "a.xml", "sportscode")
    text = path.read_text(encoding="utf-8").replace("<text>Q1</text>", "<text>first half</text>")
    path.write_text(text, encoding="utf-8")
    assert [event.game_time for event in read_annotation(path, "sportscode")][:2] == [None, None]


def test_a_column_of_another_program_called_period_is_left_out_with_a_word(tmp_path, caplog):
    path = tmp_path / "a.csv"
    path.write_text("start_s,end_s,label,period\n1,2,shoot,1st\n3,4,pass,Q2\n5,6,pass,\n")
    assert [event.game_time for event in read_annotation(path)] == [None, GameTime(2, "Q2", None), None]
    assert "period was left out in 1 row: '1st' is not a period such as 1, Q1" in caplog.text


def test_reading_with_periods_from_python(tmp_path):
    path = written(annotation(EARLY, SHOT), tmp_path / "a.csv")
    given = table(tmp_path, "period,start,end,clock\n1,0:00:10,0:00:30,0:20\n")
    assert [event.game_time for event in bball_tag.read(path, periods=given)] == [
        None,
        GameTime(1, "Q1", 17.5, 0.0),
    ]
    assert len(bball_tag.read(path, periods=[Q1], outside="drop")) == 1
    with pytest.raises(OptionError, match="periods must be a path or a list of Period"):
        bball_tag.read(path, periods=[1])
