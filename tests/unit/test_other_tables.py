"""Tables that other programs and people made: read as they mean it, or refused by line and column."""

from __future__ import annotations

import codecs
import logging
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bball_tag.annotations import FORMATS, read_annotation, write_annotation
from bball_tag.api import read
from bball_tag.errors import AnnotationError, BballTagError, OptionError
from bball_tag.events import Event
from bball_tag.timecode import parse_rate, parse_time
from tests.example_events import NTSC, SHOT, annotation, written

READABLE = [name for name, kind in FORMATS.items() if kind.read]


def table(tmp_path: Path, text: str | bytes, name: str = "a.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read_or_refuse(path: Path, name: str | None) -> str:
    """Return the events, or why there are none."""
    try:
        return str(list(read_annotation(path, name, fps=NTSC)))
    except AnnotationError as error:
        return str(error)


def refused(path: Path, name: str | None = None) -> str:
    with pytest.raises(AnnotationError) as caught:
        read_annotation(path, name)
    return str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\r\nstart_s;end_s;label;player\r\n1,5;2,5;shoot;Jokić\r\n",
        '"sep=,"\nstart_s,end_s,label,player\n1.5,2.5,shoot,Jokić\n',
        "start_s\tend_s\tlabel\tplayer\n1.5\t2.5\tshoot\tJokić\n",
        "Game of Sunday\n\nstart_s;end_s;label;player\n1,5;2,5;shoot;Jokić\n",
        "start;end;label;player\n0:00:01,500;00:02,5;shoot;Jokić\n",
        'start_s,end_s,label,player\n"1,5","2,5",shoot,Jokić\n',
        "start_s,end_s,label,player\r1.5,2.5,shoot,Jokić\r",
    ],
    ids=["sep=;", "sep=,", "tabs", "title", "comma on the clock", "commas in quotes", "old Mac"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_table_is_the_same_in_every_form_and_encoding(tmp_path, text, encoding):
    events = read_annotation(table(tmp_path, text.encode(encoding))).events
    assert events == [Event("shoot", 1.5, 2.5, 1.0, 1.0, 2.0, 0, "Jokić")]


def test_an_ansi_table_is_refused_with_what_it_may_say(tmp_path):
    path = table(tmp_path, "start_s,end_s,label,player\n1,2,shoot,Müller\n".encode("cp1252"))
    words = "it is not UTF-8 text; in Excel choose 'CSV UTF-8' when you save. Line 2 has '1,2,shoot,Müller'"
    assert words in refused(path)
    assert "begins as UTF-16 text, and is damaged" in refused(table(tmp_path, codecs.BOM_UTF16_LE + b"a"))


def test_everything_that_is_wrong_is_named_at_once(tmp_path):
    lines = ["start_s,end_s,label,confidence", "soon,2,shoot,1", "3,2,,93", "1,2,pass,1,what", "1,2,run,0.5"]
    assert refused(table(tmp_path, "\n".join(lines))).splitlines()[1:] == [
        "  line 4: it has 5 cells for 4 columns. Put text with commas into quotation marks",
        "  line 2, column start_s: 'soon' is not a number",
        "  line 3, column end_s: the end is before the start",
        "  line 3, column label: the label is missing",
        "  line 3, column confidence: '93' is not a number from 0 to 1.",
    ]
    many = refused(table(tmp_path, "\n".join([lines[0], *["a,b,c,d"] * 3000])))
    assert "at least 1000 things are wrong:" in many
    assert many.endswith("and 980 more.")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("start_s,end_s,label,label\n1,2,a,b\n", "two columns are called 'label': rename or delete one"),
        ("start_s,end_s,label,Start S\n1,2,a,5\n", "two columns are called 'start_s'"),
        ('start_s,end_s,label\n1,2,"a\n3,4,b\n', "line 2: a quotation mark is never closed"),
        ('start_s,end_s,label\n"3,723",9999,a\n', "column start_s: '3,723' may be 3723 or 3.723: write one"),
        ("start_s,end_s,label\n1_0,20,a\n", "column start_s: '1_0' is not a number"),
        ("start_s,end_s,label\n1,1e308,a\n", "column end_s: '1e308' is not a number of at least 0"),
        (f"start_s,end_s,label\n1,{'9' * 5000},a\n", "column end_s: '99999"),
        ("start_s,end_s,label,player\n1,2,a,#REF!\n", "column player: #REF! is the error of a formula"),
        ("start_s,end_s,label\n1\n", "line 2, column end_s: the time is missing"),
        ("start,end,label\n1:00,99999:00:00,a\n", "'99999:00:00' is not a time such as 0:01:23.500"),
        ("start_s,end_s,label\n1,2,a\0b\n", "it has characters of no text (NUL)"),
        ("hello\n", "its first line must name the columns start_s, end_s and label"),
    ],
)
def test_what_stays_in_doubt_is_refused_by_its_cell(tmp_path, text, words):
    assert words in refused(table(tmp_path, text))


def test_a_cell_with_line_ends_does_not_shift_the_lines_of_messages(tmp_path):
    path = table(tmp_path, 'start_s,end_s,label\n1,2,"two\nlines"\n\nx,2,a\n')
    assert "line 5, column start_s" in refused(path)


def test_a_label_that_is_almost_a_common_one_is_asked_about(tmp_path, caplog):
    rows = ["1,2,dribble", "3,4,dribble", "5,6,dribbel", "7,8,2 points", "7,8,3 points", "7,8,3 points"]
    read_annotation(table(tmp_path, "\n".join(["start_s,end_s,label", *rows])))
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING] == [
        "The label 'dribbel' is almost 'dribble', which 2 other rows have. Is it the same?"
    ]


def test_events_after_the_end_of_the_video_are_named(tmp_path, caplog):
    path = written(annotation(SHOT, replace(SHOT, start=50.0, end=75.0, peak=51.0)), tmp_path / "a.json")
    assert len(read(path)) == 2
    assert (
        "game.mp4: 1 of 2 events end after the end, which is at 0:01:00.060. The first is 'shoot' from "
        "0:00:50.000 to 0:01:15.000." in caplog.text
    )
    path = written(annotation(replace(SHOT, start=4980.0, end=4982.0, peak=4981.0)), tmp_path / "b.json")
    with pytest.raises(
        AnnotationError, match=r"These are not the events of game\.mp4: 1 of 1 events end after"
    ):
        read(path)


@pytest.mark.parametrize("name", [name for name, kind in FORMATS.items() if "tracks" not in kind.needs])
def test_no_format_is_written_with_times_of_another_world(tmp_path, name):
    bad = [replace(SHOT, end=1e308), replace(SHOT, end=float("nan")), replace(SHOT, end=10**400)]
    for event in bad:
        with pytest.raises(BballTagError, match=r"event 1: it needs times from 0 to 3\.6e"):
            write_annotation(annotation(event), tmp_path / "a", name)
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", READABLE)
@pytest.mark.parametrize(
    "content", [b"", b"\0" * 5000, b"\xff" * 99, b"PK\3\4", b"<a>", b"{}", b"[]", b"WEBVTT"]
)
def test_anything_at_all_is_read_or_refused_with_a_sentence(tmp_path, name, content):
    assert read_or_refuse(table(tmp_path, content, "a"), name).startswith(("[", "Cannot read events from "))


PIECES = [
    b"",
    b"9" * 400,
    b"1e999",
    b"\0",
    b"\xff\xfe",
    b'"',
    b"<",
    b"-->",
    b"[",
    b"nan",
    b"-",
    b"7:3",
    b",,",
]
DAMAGE = st.tuples(st.floats(0, 1), st.integers(0, 9), st.sampled_from(PIECES))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damage=st.lists(DAMAGE, min_size=1, max_size=4), name=st.sampled_from(READABLE))
def test_a_file_that_is_damaged_is_read_or_refused(tmp_path, damage, name):
    path = written(annotation(SHOT, replace(SHOT, start=20.0, end=21.0)), tmp_path / "a", name)
    content = bytearray(path.read_bytes())
    for where, length, piece in damage:
        at = round(where * len(content))
        content[at : at + length] = piece
    path.write_bytes(content)
    try:
        for event in read_annotation(path, name, fps=NTSC):
            assert 0 <= event.start <= event.end < 4e7
    except AnnotationError:
        pass


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.csv")
    assert "it is not a file on a disk" in refused(tmp_path / "a.csv")


@pytest.mark.parametrize(
    "rate", ["1e999999999", "9" * 5000, "1/" + "0" * 30, "25/", "-1", "1001", "0", "1e-9"]
)
def test_a_rate_that_makes_no_sense_is_refused_at_once(rate):
    with pytest.raises(OptionError, match="A frame rate must be above 0 and at most 1000"):
        parse_rate(rate)


@pytest.mark.parametrize("time", ["9" * 500, "99999999999:00", 1e300, 10**400, "1e5", "99999:00:00"])
def test_a_time_longer_than_any_video_is_refused(time):
    with pytest.raises(OptionError):
        parse_time(time, NTSC)


def test_decimal_commas_are_read_on_the_command_line_too():
    assert parse_time("0:01:23,500", NTSC) == parse_time("83,5", NTSC) == 83.5


def test_odd_tables_of_other_programs_are_read_or_explained(real_data):
    tables = real_data / "odd_files/tables"
    for name, player in (("excel_sep_line.csv", "7"), ("excel_unicode_text.csv", "Jokić")):
        assert [(one.start, one.end, one.label, one.player) for one in read_annotation(tables / name)] == [
            (1.5, 2.5, "shoot", player)
        ]
    for path in sorted(tables.iterdir()):
        assert read_or_refuse(path, None).startswith(("[", "Cannot read events from ")), path
