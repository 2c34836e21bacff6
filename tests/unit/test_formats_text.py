"""Each format letter by letter, for the example of its specification; and what it does with nasty events."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from xml.etree import ElementTree

import numpy as np
import pytest

from bball_tag.annotations import FORMATS, Annotation, read_annotation, write_annotation
from bball_tag.errors import AnnotationError
from bball_tag.events import Event
from bball_tag.players.tracks import Track
from tests.example_events import NTSC, SHOT, VIDEO, annotation, written


@pytest.fixture
def text(tmp_path):
    """Return what a format makes of events, as text."""

    def write(name: str, *events: Event, **margins: float) -> str:
        path = written(
            annotation(*events, version="0.1.0"), tmp_path / f"a{FORMATS[name].suffix}", name, **margins
        )
        return path.read_bytes().decode()

    return write


def test_sportscode(text):
    assert text("sportscode", SHOT) == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<file>\n'
        "  <SORT_INFO>\n    <sort_type>sort order</sort_type>\n  </SORT_INFO>\n"
        "  <ALL_INSTANCES>\n    <instance>\n      <ID>1</ID>\n"
        "      <start>12.480</start>\n      <end>14.560</end>\n      <code>shoot</code>\n"
        "      <label>\n        <group>Player</group>\n        <text>7</text>\n      </label>\n"
        "      <label>\n        <group>Team</group>\n        <text>home</text>\n      </label>\n"
        "      <label>\n        <group>Confidence</group>\n        <text>0.930</text>\n      </label>\n"
        "    </instance>\n  </ALL_INSTANCES>\n"
        "  <ROWS>\n    <row>\n      <sort_order>1</sort_order>\n      <code>shoot</code>\n"
        "      <R>0</R>\n      <G>21588</G>\n      <B>45232</B>\n    </row>\n  </ROWS>\n</file>\n"
    )


def test_sportscode_is_ascii_with_references(text):
    assert "<code>&#1073;&amp;&lt;</code>" in text("sportscode", replace(SHOT, label="б&<"))


def test_lead_and_lag_widen_up_to_the_ends_of_the_video(text):
    early, late = replace(SHOT, start=1.0, end=2.0), replace(SHOT, start=58.0, end=59.5)
    wide = text("sportscode", early, late, lead=3, lag=2)
    assert "<start>0.000</start>\n      <end>4.000</end>" in wide
    assert "<start>55.000</start>\n      <end>60.060</end>" in wide
    assert text("elan", SHOT, lead=3) == text("elan", SHOT), "it is not a cut list"


def test_hudl_csv_counts_frames_within_the_second(text):
    last = replace(SHOT, label="a, b", start=3600.02, end=3600.53, player="", team="")
    assert text("hudl-csv", SHOT, last).split("\r\n") == [
        "Mins,Secs,Frames,Code,Duration,Player,Team,Confidence",
        "0,12,14,shoot,2.080,7,home,0.930",
        '60,0,0,"a, b",0.510,,,0.930',
        "",
    ]


def test_soccernet_has_text_for_numbers_and_the_peak_for_time(text):
    long = replace(SHOT, start=7200.0, end=7201.0, peak=7200.5, team="")
    document = json.loads(text("soccernet", SHOT, long))
    shot = {
        "gameTime": "1 - 00:13",
        "label": "shoot",
        "position": "13280",
        "half": "1",
        "confidence": "0.930",
    }
    assert document["UrlLocal"] == "/games/game.mp4"
    assert document["predictions"][0] == {**shot, "team": "home"}
    assert document["predictions"][1] == {**shot, "gameTime": "1 - 120:00", "position": "7200500"}


def test_activitynet(text):
    assert json.loads(text("activitynet", SHOT)) == {
        "version": "VERSION 1.3",
        "results": {"game": [{"label": "shoot", "segment": [12.48, 14.56], "score": 0.93}]},
        "external_data": {},
    }


def test_vtt_escapes_and_passes_hours_over_99(text):
    nasty = replace(SHOT, label="a --> b & <i>\nc", start=360000.0, end=360000.0, player="Ana <1>")
    assert text("vtt", SHOT, nasty) == (
        "WEBVTT\n\nNOTE bball-tag 0.1.0\n\n"
        "1\n00:00:12.480 --> 00:00:14.560\n<v player 7>shoot (0.93)\n\n"
        "2\n100:00:00.000 --> 100:00:00.001\n<v Ana &lt;1&gt;>a --&gt; b &amp; &lt;i&gt; c (0.93)\n"
    )


def test_srt(text):
    nasty = replace(SHOT, label="a <b>\n\n{c}", player="", start=359999.9996, end=360000.5)
    assert text("srt", SHOT, nasty) == (
        "1\n00:00:12,480 --> 00:00:14,560\nplayer 7: shoot (0.93)\n\n"
        "2\n100:00:00,000 --> 100:00:00,500\na ‹b› (c) (0.93)\n\n"
    )


def test_chapters_escape_and_do_not_overlap(text):
    other = replace(SHOT, label="a=b;c#d\\e", player="", start=14.0, end=15.0)
    assert text("chapters", SHOT, replace(other, label="pass", start=12.48), other) == (
        ";FFMETADATA1\n\n"
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=12480\nEND=14000\ntitle=pass + player 7: shoot\n\n"
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=14000\nEND=15000\ntitle=a\\=b\\;c\\#d\\\\e\n"
    )


def test_audacity_has_tabs_between_and_none_within(text):
    assert text("audacity", replace(SHOT, label="a\tb\nc")) == "12.480000\t14.560000\tplayer 7: a b c\n"


def test_praat_fills_the_gaps_and_doubles_quotes(text):
    lines = [line.strip() for line in text("praat", replace(SHOT, label='a "b"', player="")).splitlines()]
    assert lines[:9] == [
        'File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0", "xmax = 60.060",
        "tiers? <exists>", "size = 1", "item []:", "item [1]:",
    ]  # fmt: skip
    assert [line for line in lines[9:] if line[:4] in ("xmax", "text")] == [
        "xmax = 60.060", "xmax = 12.480", 'text = ""', "xmax = 14.560", 'text = "a ""b"""', "xmax = 60.060",
        'text = ""',
    ]  # fmt: skip


def test_edl_counts_frames_without_dropping(text):
    assert text("edl", SHOT, replace(SHOT, start=20.02, end=20.02, player="")) == (
        "TITLE: game actions\nFCM: NON-DROP FRAME\n\n"
        "001  AX       V     C        00:00:12:14 00:00:14:16 01:00:00:00 01:00:02:02\n"
        "* FROM CLIP NAME: game.mp4\n* LOC: 01:00:00:00 RED     player 7: shoot p=0.93\n\n"
        "002  AX       V     C        00:00:20:00 00:00:20:01 01:00:02:02 01:00:02:03\n"
        "* FROM CLIP NAME: game.mp4\n* LOC: 01:00:02:02 RED     shoot p=0.93\n"
    )


def test_edl_refuses_what_timecode_cannot_say(text):
    with pytest.raises(
        AnnotationError, match=r"Cannot write .*a.edl: the timecode of an EDL ends at 24 hours"
    ):
        text("edl", replace(SHOT, start=360000.0, end=360001.0))


def test_fcpxml_counts_in_frames_of_1001_30000ths(text):
    fcpxml = text("fcpxml", SHOT)
    assert '<format width="1280" height="720" id="r1" frameDuration="1001/30000s" />' in fcpxml
    assert '<marker start="374374/30000s" duration="1001/30000s" value="shoot"' in fcpxml
    assert '<keyword start="374374/30000s" duration="62062/30000s" value="shoot"' in fcpxml
    assert 'src="file:///games/game.mp4"' in fcpxml


def test_label_studio_counts_from_one_and_includes_the_last(text):
    (task,) = json.loads(text("label-studio", SHOT, replace(SHOT, start=1.0, end=1.0)))
    instant, shot = task["predictions"][0]["result"]
    assert shot["value"] == {"ranges": [{"start": 375, "end": 436}], "timelinelabels": ["shoot"]}
    assert instant["value"]["ranges"] == [{"start": 31, "end": 31}]
    assert task["data"] == {"video": "/games/game.mp4"}


def test_cvat_puts_the_action_on_the_boxes_of_its_player(tmp_path):
    rate = Fraction(10)
    seen = Track("7", np.array([1.0, 1.1, 1.2, 3.0]), np.array([[10.0, 20, 30, 40]] * 4))
    events = [replace(SHOT, start=1.1, end=1.2, label="a<b"), replace(SHOT, player="8")]
    whole = Annotation(replace(VIDEO, fps=rate), events, tracks=[seen])
    write_annotation(whole, tmp_path / "a.xml", "cvat")
    lines = (tmp_path / "a.xml").read_text().splitlines()
    boxes = [
        (line.split('"')[1], line.split('"')[5], line.split(">")[2].split("<")[0])
        for line in lines
        if "<box" in line
    ]
    assert boxes == [
        ("10", "0", "no_action"), ("11", "0", "a&lt;b"), ("12", "0", "no_action"), ("13", "1", "no_action"),
        ("30", "0", "no_action"), ("31", "1", "no_action"),
    ]  # fmt: skip
    assert 'xtl="10.00" ytl="20.00" xbr="40.00" ybr="60.00"' in "".join(lines)


def test_a_track_without_a_box_is_empty_in_cvat(tmp_path):
    track = Track("7", np.zeros(0), np.zeros((0, 4)))
    path = written(annotation(SHOT, tracks=[track]), tmp_path / "a.xml", "cvat")
    assert [len(one) for one in ElementTree.parse(path).getroot().iter("track")] == [0]


def test_mot_writes_where_the_players_are(tmp_path):
    seen = Track("7", np.array([374 / float(NTSC)]), np.array([[600.0, 200, 80, 220]]))
    write_annotation(Annotation(VIDEO, [SHOT], tracks=[seen]), tmp_path / "a.txt", "mot")
    assert (tmp_path / "a.txt").read_text() == "375,7,600.0,200.0,80.0,220.0,1,-1,-1,-1\n"


@pytest.mark.parametrize("name", ["sportscode", "elan", "vtt", "soccernet"])
def test_reading_gives_back_what_the_format_carries(tmp_path, name):
    path = tmp_path / "a"
    events = [
        replace(SHOT, label="б & <x>", end=12.48, peak=12.48),
        replace(SHOT, start=13.0, end=14.0, peak=13.5),
    ]
    write_annotation(Annotation(VIDEO, events), path, name)
    back = read_annotation(path, name).events
    assert [one.label for one in back] == ["б & <x>", "shoot"]
    assert [one.confidence for one in back] == [0.93, 0.93]
    # SoccerNet has points and no players; ELAN and VTT have no empty spans.
    ends = {"soccernet": [12.48, 13.5], "sportscode": [12.48, 14.0]}.get(name, [12.481, 14.0])
    assert [one.end for one in back] == ends
    assert {one.player for one in back} == ({""} if name == "soccernet" else {"7"})


ONE = "<file><instance>{}<code>x</code></instance></file>"
HALF = '{"annotations": [{"gameTime": "2 - 00:01", "label": "x", "position": "1000"}]}'
SPOILT = {
    "no end": ("sportscode", ONE.format("<start>1</start>"), "instance 1: it has no <end>"),
    "an early end": (
        "sportscode",
        ONE.format("<start>2</start><end>1</end>"),
        "instance 1: it lasts from 2 to 1 s",
    ),
    "other XML": ("sportscode", "<html/>", "its root is <html>"),
    "XML that is not ELAN's": ("elan", "<html/>", "its root is <html>"),
    "a cue without a time": ("vtt", "WEBVTT\n\n1\n00:01 --> soon\nx\n", "line 4: '00:01 --> soon' is not"),
    "a second half": ("soccernet", HALF, "item 1 is invalid: it is in half 2"),
    "a point in infinity": (
        "soccernet",
        '{"predictions": [{"label": "x", "position": 1e999}]}',
        "item 1 is invalid",
    ),
    "a point without a time": (
        "soccernet",
        '{"predictions": [{"label": "x"}]}',
        "item 1 is invalid: 'position' is missing",
    ),
}


@pytest.mark.parametrize("what", SPOILT)
def test_what_makes_no_sense_is_named(tmp_path, what):
    name, content, words = SPOILT[what]
    (tmp_path / "a").write_text(content)
    with pytest.raises(AnnotationError, match=words):
        read_annotation(tmp_path / "a", name)


def test_a_subtitle_of_another_program_is_read(tmp_path):
    (tmp_path / "a.vtt").write_text(
        "WEBVTT - made by hand\nKind: captions\n\nSTYLE\n::cue { color: red }\n\n"
        "01:02.500 --> 01:03.000 align:start position:0%\n<c.yellow>shoot</c> &amp; score\n"
    )
    (event,) = read_annotation(tmp_path / "a.vtt").events
    assert event == Event("shoot & score", 62.5, 63.0, 1.0, 1.0, 62.75, 0)
