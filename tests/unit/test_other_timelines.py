"""Timelines of other programs: their tiers, groups and voices mean what they mean there, not what ours do."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from bball_tag.annotations import read_annotation
from bball_tag.errors import AnnotationError
from bball_tag.events import Event
from tests.example_events import SHOT, annotation, written


def event(
    label: str, start: float, end: float, player: str = "", confidence: float = 1.0, team: str = ""
) -> Event:
    return Event(label, start, end, confidence, confidence, (start + end) / 2, 0, player, team)


def elan(
    path: Path, slots: dict[str, int | None], tiers: str, media: str = "", units: str = "milliseconds"
) -> Path:
    order = "".join(
        f'<TIME_SLOT TIME_SLOT_ID="{name}"' + ("/>" if time is None else f' TIME_VALUE="{time}"/>')
        for name, time in slots.items()
    )
    path.write_text(
        f'<ANNOTATION_DOCUMENT><HEADER TIME_UNITS="{units}">{media}</HEADER>'
        f"<TIME_ORDER>{order}</TIME_ORDER>{tiers}</ANNOTATION_DOCUMENT>"
    )
    return path


def tier(name: str, *items: str, **attributes: str) -> str:
    more = "".join(f' {key}="{value}"' for key, value in attributes.items())
    inner = "".join(f"<ANNOTATION>{item}</ANNOTATION>" for item in items)
    return f'<TIER TIER_ID="{name}"{more}>{inner}</TIER>'


def aligned(name: str, first: str, last: str, text: str) -> str:
    slots = f'TIME_SLOT_REF1="{first}" TIME_SLOT_REF2="{last}"'
    return (
        f'<ALIGNABLE_ANNOTATION ANNOTATION_ID="{name}" {slots}><ANNOTATION_VALUE>{text}</ANNOTATION_VALUE>'
        "</ALIGNABLE_ANNOTATION>"
    )


def about(name: str, parent: str, text: str) -> str:
    return (
        f'<REF_ANNOTATION ANNOTATION_ID="{name}" ANNOTATION_REF="{parent}"><ANNOTATION_VALUE>{text}'
        "</ANNOTATION_VALUE></REF_ANNOTATION>"
    )


def media(name: str, origin: str, mime: str = "video/mp4") -> str:
    return f'<MEDIA_DESCRIPTOR MEDIA_URL="file:///{name}" MIME_TYPE="{mime}" TIME_ORIGIN="{origin}"/>'


WHOLE = {"t1": 0, "t2": 4000}
BALL = tier("possession", aligned("a1", "t1", "t2", "home ball"))


def refused(path: Path) -> str:
    with pytest.raises(AnnotationError) as caught:
        read_annotation(path)
    return str(caught.value)


def test_tiers_that_refer_to_others_are_actions_and_never_confidences(tmp_path, caplog):
    below = tier("action", about("a2", "a1", "shoot"), PARENT_REF="possession", PARTICIPANT="7")
    points = tier("points", about("a3", "a1", "0"), PARENT_REF="possession")
    events = read_annotation(elan(tmp_path / "a.eaf", WHOLE, below + BALL + points)).events
    assert events == [event("home ball", 0, 4), event("shoot", 0, 4, "7")]
    assert (
        "The tier 'points' has numbers about other annotations: no events were made of its 1 annot"
        in caplog.text
    )


def test_annotations_without_times_lie_evenly_between_those_that_have_some(tmp_path):
    slots = {"t1": 0, "x": None, "y": None, "t2": 3000}
    parts = tier(
        "sub", aligned("b3", "y", "t2", "c"), aligned("b1", "t1", "x", "a"), aligned("b2", "x", "y", "b")
    )
    both = tier("who", about("c1", "b2", "left"), about("c2", "b2", "right"), PARENT_REF="sub")
    assert read_annotation(elan(tmp_path / "a.eaf", slots, parts + both)).events == [
        event("a", 0, 1),
        event("b", 1, 2),
        event("left", 1, 1.5),
        event("right", 1.5, 2),
        event("c", 2, 3),
    ]


def test_times_are_those_of_the_video_though_elan_begins_to_play_it_later(tmp_path):
    both = media("game.mp4", "2000") + media("sound.wav", "0", "audio/x-wav")
    assert read_annotation(elan(tmp_path / "a.eaf", WHOLE, BALL, both)).events == [event("home ball", 2, 6)]
    two = media("left.mp4", "2000") + media("right.mp4", "500")
    assert "its videos begin at different times (left.mp4 at 2000 ms, right.mp4 at 500 ms)" in refused(
        elan(tmp_path / "a.eaf", WHOLE, BALL, two)
    )
    same = media("left.mp4", "40") + media("right.mp4", "40")
    assert read_annotation(elan(tmp_path / "a.eaf", WHOLE, BALL, same)).events == [
        event("home ball", 0.04, 4.04)
    ]


def test_what_makes_no_sense_in_elan_is_named_all_at_once(tmp_path):
    slots = {"t1": 0, "t2": 4000, "x": None, "far": 10**13}
    bad = tier(
        "bad",
        aligned("b1", "t2", "t1", "early"),
        aligned("b2", "x", "t2", "no start"),
        about("b3", "q", "lost"),
    )
    text = refused(elan(tmp_path / "a.eaf", slots, BALL + BALL + bad))
    assert "there are 2 annotations 'a1'" in text
    assert "time slot 'far': '10000000000000' is no number of milliseconds" in text
    assert "tier 'bad', annotation b2 has no time of its own. Give it one in ELAN" in text
    assert "tier 'bad' refers to the annotation 'q', which has no time" in text
    assert "tier 'bad', annotation b1 lasts from 4 to 0 s" in text
    assert "its times are in NTSC-frames" in refused(elan(tmp_path / "b.eaf", WHOLE, BALL, "", "NTSC-frames"))


def test_annotations_without_text_are_counted(tmp_path, caplog):
    empty = tier("later", aligned("b1", "t1", "t2", " "), aligned("b2", "t1", "t2", ""))
    assert read_annotation(elan(tmp_path / "a.eaf", WHOLE, BALL + empty)).events == [event("home ball", 0, 4)]
    assert "a.eaf: 2 annotations without text: no events were made of them." in caplog.text


def test_our_own_confidences_come_back_also_of_a_tier_with_another_name(tmp_path):
    path = written(annotation(SHOT), tmp_path / "a.eaf")
    path.write_text(path.read_text().replace('"player 7"', '"Ann"'))
    assert [(one.player, one.confidence) for one in read_annotation(path)] == [("7", 0.93)]


def sportscode(path: Path, *instances: str) -> Path:
    inner = "".join(f"<instance>{one}</instance>" for one in instances)
    path.write_text(f"<file><ALL_INSTANCES>{inner}</ALL_INSTANCES></file>")
    return path


def labelled(*labels: tuple[str, str]) -> str:
    inner = "".join(f"<label><group>{group}</group><text>{text}</text></label>" for group, text in labels)
    return f"<start>1</start><end>2,5</end><code>Pick and roll</code>{inner}"


def test_an_instance_of_two_players_is_an_event_of_each(tmp_path, caplog):
    two = labelled(("Player", "7"), ("player", "9"), ("Player", "7"), ("Team", "home"), ("", "good"))
    assert read_annotation(sportscode(tmp_path / "a.xml", two)).events == [
        event("Pick and roll", 1, 2.5, "7", team="home"),
        event("Pick and roll", 1, 2.5, "9", team="home"),
    ]
    teams = labelled(("Player", "7"), ("Team", "home"), ("Team", "guests"))
    assert [one.team for one in read_annotation(sportscode(tmp_path / "a.xml", teams))] == [""]
    assert "Pick and roll at 1 s has the teams home, guests: none was taken." in caplog.text


@pytest.mark.parametrize("text", ["High", "85 %", "85", "", "nan", "0,9x"])
def test_a_confidence_that_is_not_ours_is_none(tmp_path, text):
    path = sportscode(tmp_path / "a.xml", labelled(("Confidence", text)))
    assert [one.confidence for one in read_annotation(path)] == [1.0]


def test_every_instance_that_makes_no_sense_is_named(tmp_path):
    late = "<start>1</start><end>1e308</end><code>x</code>"
    twice = "<start>1</start><start>2</start><end>3</end><code>x</code>"
    bare = "<start>1</start><end>2</end><code> </code>"
    assert refused(sportscode(tmp_path / "a.xml", late, labelled(), twice, bare)).splitlines()[1:] == [
        "  instance 1: it lasts from 1 to 1e+308 s",
        "  instance 3: it has 2 <start>",
        "  instance 4: its <code> is empty.",
    ]


def vtt(path: Path, *cues: str) -> Path:
    path.write_text("\n\n".join(["WEBVTT", *cues, ""]), encoding="utf-8")
    return path


TIMES = "00:01.000 --> 00:02.000\n"


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("<v 7>pass\n<v 9>shoot (0.50)", [event("pass", 1, 2, "7"), event("shoot", 1, 2, "9", 0.5)]),
        ("go <v.home player 7>pass</v> it", [event("go", 1, 2), event("it", 1, 2), event("pass", 1, 2, "7")]),
        ("shot clock (5)", [event("shot clock (5)", 1, 2)]),
        ("final (2019)", [event("final (2019)", 1, 2)]),
        ("pass (1.5)", [event("pass (1.5)", 1, 2)]),
        ("pass (0.4)", [event("pass", 1, 2, "", 0.4)]),
        ("(0.4)", [event("(0.4)", 1, 2)]),
        ("one\u2028two", [event("one two", 1, 2)]),
        ("<c.home>shoot</c> &amp; score", [event("shoot & score", 1, 2)]),
    ],
)  # fmt: skip
def test_a_cue_of_another_program_is_what_it_says(tmp_path, text, events):
    found = read_annotation(vtt(tmp_path / "a.vtt", TIMES + text)).events
    assert sorted(found, key=lambda one: one.label) == events


def test_a_cue_without_text_and_one_of_two_voices_are_warned_of(tmp_path, caplog):
    assert len(read_annotation(vtt(tmp_path / "a.vtt", TIMES + "<v 7>a\n<v 8>b", TIMES + "<c></c>"))) == 2
    assert "a.vtt, line 3: the cue has 2 voices, and an event was made of each." in caplog.text
    assert "a.vtt, line 7: the cue has no text, and no event was made of it." in caplog.text


def test_every_cue_that_makes_no_sense_is_named(tmp_path):
    path = vtt(
        tmp_path / "a.vtt",
        f"{'9' * 5000}:00:00.000 --> 00:00:01.000\nx",
        TIMES + f"&#{'9' * 5000};",
        "00:02.000 --> 00:01.000\nx",
    )
    lines = refused(path).splitlines()[1:]
    assert [line[:9].strip() for line in lines] == ["line 3:", "line 6:", "line 9:"]
    assert max(map(len, lines)) < 120


@pytest.mark.parametrize(
    "text", ["<v", "<v.", "<v. ", "<", "&", " ", "\t(", "(0.4) ", "<v a>", "-", "0", "-->"]
)
def test_a_long_cue_takes_time_in_proportion_to_its_length(tmp_path, text):
    took = []
    for length in (100_000, 800_000):
        path = vtt(tmp_path / "a.vtt", TIMES + text * (length // len(text)))
        began = time.process_time()
        read_annotation(path)
        took.append(time.process_time() - began)
    assert took[1] < 30 * took[0] + 0.2, "eight times as long; the square of it would be 64 times"


def test_odd_timelines_are_read_as_they_are_meant(real_data):
    odd = real_data / "odd_files/timelines"

    def read(name: str) -> list[tuple[str, float, float, str, float]]:
        return [
            (one.label, one.start, one.end, one.player, one.confidence) for one in read_annotation(odd / name)
        ]

    assert read("elan_actions_on_dependent_tier.eaf") == [
        ("home ball", 0, 4, "7", 1),
        ("shoot", 0, 4, "7", 1),
    ]
    assert read("elan_media_offset.eaf") == [("shoot", 3, 4, "", 1)]
    assert read("elan_time_subdivision.eaf") == [
        *[("dribble", 0, 2, "", 1), ("home ball", 0, 4, "", 1), ("shoot", 2, 4, "", 1)]
    ]
    assert read("sportscode_percent.xml") == [("Shot", 1, 2, "", 1)]
    assert read("sportscode_two_players.xml") == [
        *[("Pick and roll", 1, 2, "7", 1), ("Pick and roll", 1, 2, "9", 1)]
    ]
    assert [label for label, *_ in read("year_label.vtt")] == ["shot clock (5)", "points (2)"]
    assert [label for label, *_ in read("styled.vtt")] == ["shoot & score", "pass", "shoot", "pass"]


def test_what_we_write_has_no_confidence_of_others(tmp_path):
    sure = [replace(SHOT, start=float(at), end=at + 1.0, confidence=at / 10) for at in range(11)]
    for suffix in (".eaf", ".xml", ".vtt"):
        back = read_annotation(written(annotation(*sure), tmp_path / f"a{suffix}"))
        assert [one.confidence for one in back] == [at / 10 for at in range(11)]
