"""Projects of LosslessCut, BORIS and OpenSportsLab: written, read back, refused with a reason."""

from __future__ import annotations

import copy
import json
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from bball_tag.annotations import FORMATS, read_annotation
from bball_tag.errors import AnnotationError
from bball_tag.events import Event
from tests.example_events import NASTY, NTSC, SHOT, annotation, events_in_milliseconds, written

NAMES = ("losslesscut", "losslesscut-csv", "boris-project", "osl")
INSTANT = replace(SHOT, label="pass", start=13.0, end=13.0, peak=13.0, player="", team="")


def file(tmp_path: Path, name: str, content: Any) -> Path:
    path = tmp_path / f"a{FORMATS[name].suffix}"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def refusal(tmp_path: Path, name: str, content: Any) -> str:
    with pytest.raises(AnnotationError) as caught:
        read_annotation(file(tmp_path, name, content), name)
    return str(caught.value)


def project(tmp_path: Path) -> dict[str, Any]:
    path = written(annotation(SHOT, INSTANT), tmp_path / "b.boris")
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def test_a_losslesscut_project_has_segments_with_tags_and_markers(tmp_path):
    assert json.loads(written(annotation(SHOT, INSTANT), tmp_path / "a.llc").read_text()) == {
        "version": 2,
        "mediaFileName": "game.mp4",
        "cutSegments": [
            {
                "start": 12.48,
                "end": 14.56,
                "name": "shoot",
                "selected": True,
                "tags": {"player": "7", "team": "home", "confidence": "0.930"},
            },
            {"start": 13.0, "name": "pass", "selected": True, "tags": {"confidence": "0.930"}},
        ],
    }


def test_losslesscut_finds_the_video_beside_its_project(tmp_path):
    path = written(annotation(SHOT), tmp_path / "a.llc")
    assert read_annotation(path).video.path == tmp_path / "game.mp4"


def test_losslesscut_csv_has_three_columns_and_no_header(tmp_path):
    path = written(annotation(SHOT, replace(INSTANT, label='a, "b"')), tmp_path / "a.csv", "losslesscut-csv")
    assert path.read_text() == '12.480,14.560,shoot\n13.000,13.001,"a, ""b"""\n'


def test_cut_lists_of_losslesscut_are_padded(tmp_path):
    path = written(annotation(SHOT), tmp_path / "a.csv", "losslesscut-csv", lead=2, lag=1)
    assert path.read_text() == "10.480,15.560,shoot\n"


def test_a_boris_project_has_two_rows_for_each_event(tmp_path):
    content = project(tmp_path)
    (observation,) = content["observations"].values()
    share = "confidence 0.930"
    assert observation["events"] == [
        [12.48, "player 7", "shoot", "", share, 374],
        [13.0, "", "pass", "", share, 390],
        [13.0, "", "pass", "", share, 390],
        [14.56, "player 7", "shoot", "", share, 436],
    ]
    assert observation["file"]["1"] == ["/games/game.mp4"]
    assert observation["media_info"]["length"] == {"/games/game.mp4": 60.06}
    assert [one["code"] for one in content["behaviors_conf"].values()] == ["shoot", "pass"]
    assert [one["name"] for one in content["subjects_conf"].values()] == ["player 7"]


def test_osl_has_the_peak_in_milliseconds_and_a_list_of_labels(tmp_path):
    content = json.loads(written(annotation(SHOT), tmp_path / "a.json", "osl").read_text())
    assert (content["version"], content["task"]) == ("2.0", "action_spotting")
    assert content["labels"] == {"action": {"type": "single_label", "labels": ["shoot"]}}
    (sample,) = content["data"]
    assert sample["inputs"] == [{"type": "video", "path": "/games/game.mp4", "fps": float(NTSC)}]
    assert sample["events"] == [
        {
            "head": "action",
            "label": "shoot",
            "position_ms": 13280,
            "frame": 398,
            "gameTime": "1 - 00:13",
            "confidence": 0.93,
            "confidence_score": 0.93,
            "player": "7",
            "team": "home",
        }
    ]


def carried(name: str, event: Event) -> tuple[Any, ...]:
    """What a format keeps of an event."""
    start, end = (event.peak, event.peak) if name == "osl" else (event.start, event.end)
    if name == "losslesscut-csv":
        end, label = max(end, start + 0.001), " ".join(event.label.split())
        return round(start, 3), round(end, 3), label
    team = () if name == "boris-project" else (event.team,)
    player = event.player
    return round(start, 3), round(end, 3), event.label, player, round(event.confidence, 3), *team


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events_in_milliseconds())
def test_reading_gives_back_what_a_format_carries(tmp_path, events):
    for name in NAMES:
        # BORIS joins what overlaps, and knows no blanks around a subject.
        kept = events[:1] if name == "boris-project" else events
        kept = [replace(event, player=event.player.strip()) for event in kept]
        path = written(annotation(*kept), tmp_path / f"a.{name}", name)
        back = read_annotation(path, name).events
        assert sorted(carried(name, event) for event in back) == sorted(
            carried(name, event) for event in kept
        ), name


@pytest.mark.parametrize("label", NASTY)
@pytest.mark.parametrize("name", ["losslesscut", "boris-project", "osl"])
def test_nasty_labels_come_back(tmp_path, name, label):
    path = written(annotation(replace(SHOT, label=label)), tmp_path / "a", name)
    assert [event.label for event in read_annotation(path, name)] == [label]


def test_the_video_of_boris_and_osl_is_known_with_its_rate(tmp_path):
    for name in ("boris-project", "osl"):
        video = read_annotation(written(annotation(SHOT), tmp_path / f"a{name}", name), name).video
        assert (video.path, video.fps) == (Path("/games/game.mp4"), NTSC)


def test_a_project_that_losslesscut_saved_is_read(tmp_path):
    text = """// by hand
    {version: 1, mediaFileName: 'it\\'s.mp4', cutSegments: [
      {end: .5, name: "sh\\u006fot", tags: {player: 'Ana', confidence: 'high', index: '1'}, },
      {start: 0x10, end: 2e1, name: 'pass'},
    ],}"""
    back = read_annotation(file(tmp_path, "losslesscut", text))
    assert [(one.start, one.end, one.label, one.player, one.confidence) for one in back] == [
        (0.0, 0.5, "shoot", "Ana", 1.0),
        (16.0, 20.0, "pass", "", 1.0),
    ]
    assert back.video.path == tmp_path / "it's.mp4"


def test_segments_out_of_the_selection_are_left_out_and_counted(tmp_path, caplog):
    segments = [{"start": 1, "end": 2, "name": "x", "selected": value} for value in (True, False, False)]
    back = read_annotation(file(tmp_path, "losslesscut", {"version": 2, "cutSegments": segments}))
    assert len(back) == 1
    assert "2 segments not selected were left out" in caplog.text


def test_a_csv_of_losslesscut_may_begin_with_the_video_and_use_the_clock(tmp_path):
    path = file(tmp_path, "losslesscut-csv", ",56.5,First\n1:02:03.25,3725,Second\n")
    assert [(one.start, one.end) for one in read_annotation(path, "losslesscut-csv")] == [
        (0.0, 56.5),
        (3723.25, 3725.0),
    ]


def test_a_boris_observation_of_a_person_is_read(tmp_path, caplog):
    content = project(tmp_path)
    (observation,) = content["observations"].values()
    content["behaviors_conf"]["1"]["type"] = "Point event"
    observation["time offset"] = 100.0
    observation["events"] = [
        [104.0, "Ana", "shoot", "left", ""],
        [102.0, "Ana", "shoot", "left", "nice", "NA"],
        [101.0, "", "pass", "", "", 25],
    ]
    back = read_annotation(file(tmp_path, "boris-project", content))
    assert [(one.start, one.end, one.label, one.player, one.remark) for one in back] == [
        (1.0, 1.0, "pass", "", ""),
        (2.0, 4.0, "shoot", "Ana", "nice"),
    ]
    assert "modifiers were left out (left)" in caplog.text


def test_a_state_of_boris_that_never_stops_is_named(tmp_path):
    content = project(tmp_path)
    (observation,) = content["observations"].values()
    observation["events"].pop()
    assert "'shoot' of 'player 7', which begins at 12.48 s, never stops" in refusal(
        tmp_path, "boris-project", content
    )


def test_several_observations_or_one_video_twice_in_a_row_are_refused(tmp_path):
    content = project(tmp_path)
    both = copy.deepcopy(content)
    both["observations"]["second"] = copy.deepcopy(both["observations"]["game"])
    assert "it has 2 observations ('game', 'second')" in refusal(tmp_path, "boris-project", both)
    content["observations"]["game"]["file"]["1"] *= 2
    assert "game.mp4 more than once" in refusal(tmp_path, "boris-project", content)
    samples = {"data": [{"id": "a"}, {"id": "b"}]}
    assert "it has 2 samples ('a', 'b')" in refusal(tmp_path, "osl", samples)


def llc(*segments: Any, version: Any = 2) -> dict[str, Any]:
    return {"version": version, "cutSegments": list(segments)}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("losslesscut", {"version": 2}, "it has no cutSegments"),
        ("losslesscut", llc(version=3), "its version is 3, and this bball-tag reads 1 and 2"),
        ("losslesscut", llc({"start": 1, "name": "x"}, version=1), "segment 1: it has no end"),
        ("losslesscut", llc({"start": 1, "end": 2, "name": " "}), "segment 1: it has no name"),
        ("losslesscut", llc({"start": 3, "end": 2, "name": "x"}), "segment 1: it lasts from 3 to 2 s"),
        ("losslesscut", llc({"start": "1", "end": 2, "name": "x"}), "segment 1: '1' is not a number"),
        ("losslesscut", "{version: 2, cutSegments: [{start: NaN}]}", "nan is not a number from 0"),
        ("losslesscut", "{version: 2,\ncutSegments: [,]}", "it is not JSON5: line 2 makes no sense"),
        ("losslesscut", "{version: 2, cutSegments: 'a", "it is not JSON5: line 1 makes no sense"),
        ("losslesscut", "{version: 2, cutSegments: shoot}", "it is not JSON5: line 1 makes no sense"),
        ("losslesscut-csv", "1,2\n", "line 1: it has 2 cells"),
        ("losslesscut-csv", "1,,x\n", "line 1: it has no end"),
        ("losslesscut-csv", "1,soon,x\n", "line 1: 'soon' is not a time"),
        ("losslesscut-csv", "5,12f,x\n", "line 1: '12f' is not a time"),
        ("boris-project", {"observations": {}}, "it has 0 observations (none)"),
        ("boris-project", {"observations": {"a": {"events": [[1, "", "x"]]}}}, "event 1: it has 3 parts"),
        ("boris-project", {"observations": {"a": {"events": [[1, "", "", "", ""]]}}}, "its code is empty"),
        ("boris-project", {"observations": {"a": {"events": [[-1, "", "x", "", ""]]}}}, "happens at -1 s"),
        ("osl", {"version": "2.0"}, "it has no list called data"),
        ("osl", {"data": [{"events": [{"label": "x"}]}]}, "event 1: 'position_ms' is missing"),
        ("osl", {"data": [{"events": [{"label": "", "position_ms": 1}]}]}, "event 1: the label is empty"),
        ("osl", {"data": [{"events": [{"label": "x", "position_ms": 1e99}]}]}, "event 1: 1e+99"),
    ],
)
def test_what_makes_no_sense_in_a_project_is_named(tmp_path, name, content, words):
    assert words in refusal(tmp_path, name, content)


@pytest.mark.parametrize("name", ["losslesscut", "boris-project", "osl"])
@pytest.mark.parametrize("text", ["[" * 100_000, "{a:" * 100_000, '{"a":' * 100_000, "9" * 5000, "/*" * 9000])
def test_hostile_projects_are_refused_in_a_sentence_and_soon(tmp_path, name, text):
    began = time.monotonic()
    assert "it " in refusal(tmp_path, name, text)
    assert time.monotonic() - began < 30


def test_a_project_of_boris_without_a_video_takes_the_given_rate(tmp_path):
    content = {"observations": {"a": {"type": "LIVE", "file": [], "events": []}}}
    back = read_annotation(file(tmp_path, "boris-project", content), fps=Fraction(25))
    assert (back.video.path, back.video.fps, len(back)) == (None, Fraction(25), 0)
