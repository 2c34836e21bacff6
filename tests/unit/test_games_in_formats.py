"""A game in several videos in every format: whole where it can hold one, else a file for each video."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import opentimelineio
import pytest

import bball_tag
from bball_tag.annotations import FORMATS, Annotation, read_annotation
from bball_tag.annotations.game_files import files_of, joined, of_video
from bball_tag.annotations.game_outputs import check_paths_of_videos
from bball_tag.errors import BballTagError
from bball_tag.events import Event
from bball_tag.game_time import Period
from bball_tag.players.tracks import Track
from tests.example_events import VIDEO
from tests.synthetic import write_video

RATE = Fraction(25)
RATES = {"first": RATE, "second": RATE, "third": Fraction(30)}
FIRST = replace(VIDEO, path=Path("/games/first.mp4"), fps=RATE, duration=100.0, num_frames=2500)
SECOND = replace(VIDEO, path=Path("/games/second.mp4"), fps=RATE, duration=50.0, num_frames=1250)
CARRY = {"xlsx", "csv", "json", "statistics", "otio", "edl", "fcpxml", "osl", "activitynet", "label-studio"}
CARRY |= {"boris", "boris-project"}
"""Formats that hold several videos."""
SPANS = ["xlsx", "csv", "json", "boris-project"]
"""Those of them whose reader gives back spans."""


def shot(start: float, label: str = "shoot") -> Event:
    return Event(label, start, start + 2.0, 0.9, 0.9, start + 1.0, 4, "7", "navy")


def half(video, *events, **fields):
    boxes = np.tile([10.0, 20.0, 30.0, 60.0], (3, 1))
    track = Track("7", np.array([9.0, 20.0, 30.0]), boxes)
    return Annotation(video, events, ("pass", "shoot"), tracks=[track], **fields)


def game(first=FIRST, second=SECOND) -> Annotation:
    """A shot at 0:10 of the first file, and a pass at 0:20 of the second, which is 2:00 of the game."""
    parts = [half(first, shot(10.0)), half(second, shot(20.0, "pass"))]
    return joined(parts, files_of([first, second]))


@pytest.mark.parametrize("name", list(FORMATS))
def test_a_game_is_written_whole_or_a_file_for_each_video(tmp_path, name, caplog):
    kind, (out, *others) = FORMATS[name], ("out", "out.first", "out.second")
    with caplog.at_level(logging.INFO, "bball_tag"):
        paths = game().write(tmp_path / f"out{kind.suffix}", format=name)
    names = [out] if name in CARRY else others
    assert [path.name for path in paths] == [f"{one}{kind.suffix}" for one in names]
    assert all(path.stat().st_size for path in paths)
    told = "has a file for each video of the game, in its own seconds: out.first" in caplog.text
    assert told is (name not in CARRY)


@pytest.mark.parametrize("name", [name for name, kind in FORMATS.items() if kind.read and name not in CARRY])
def test_the_file_of_each_video_has_its_own_seconds(tmp_path, name):
    suffix = FORMATS[name].suffix
    first, second = game().write(tmp_path / f"out{suffix}", format=name)
    points = name == "soccernet"
    for path, label, start in ((first, "shoot", 10.0), (second, "pass", 20.0)):
        (event,) = read_annotation(path, name)
        assert (event.label, event.start) == (label, start + points)


@pytest.mark.parametrize("name", [*SPANS, "osl"])
def test_a_whole_game_comes_back_with_its_videos(tmp_path, name):
    (path,) = game().write(tmp_path / f"out{FORMATS[name].suffix}", format=name)
    back = read_annotation(path, name)
    assert [(file.name, file.start) for file in back.files] == [("first.mp4", 0.0), ("second.mp4", 100.0)]
    # A table of events alone does not say how long its last video is.
    assert back.files[1].duration == (22.0 if name == "csv" else 50.0)
    spans = [(event.label, event.start, event.end) for event in back]
    points = [("shoot", 11.0, 11.0), ("pass", 121.0, 121.0)]
    assert spans == (points if name == "osl" else [("shoot", 10.0, 12.0), ("pass", 120.0, 122.0)])


@pytest.mark.parametrize("name", ["json", "xlsx"])
def test_what_is_known_of_the_frames_of_each_video_is_kept(tmp_path, name):
    late = replace(SECOND, starts=0.25)
    (path,) = game(second=late).write(tmp_path / f"out.{name}")
    first, second = (file.video for file in read_annotation(path).files)
    assert (first.fps, first.width, first.height, first.starts) == (25, 1280, 720, 0.0)
    assert (second.fps, second.duration, second.starts) == (25, 50.0, 0.25)
    # So formats that count frames need no video.
    assert [one.name for one in read_annotation(path).write(tmp_path / "b.csv", format="hudl-csv")] == [
        "b.first.csv",
        "b.second.csv",
    ]


@pytest.mark.parametrize("then", ["csv", "json", "xlsx"])
def test_a_game_of_which_a_table_does_not_say_how_long_it_is_has_no_rates(tmp_path, then):
    (path,) = game().write(tmp_path / "a.csv")
    (path,) = read_annotation(path).write(tmp_path / f"b.{then}")
    back = read_annotation(path)
    assert (len(back.files), back.video.duration, back.end()) == (2, 0.0, 122.0)
    assert {total.per_minute for total in back.statistics().totals} == {None}


def test_the_rate_that_is_given_is_that_of_every_video_whose_rate_is_unknown(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(
        "start_s,end_s,label,file,file_s\n10,12,shoot,first.mp4,10\n120,122,pass,second.mp4,20\n",
        encoding="utf-8",
    )
    with pytest.raises(BballTagError, match="needs the frame rate: give --video or --fps"):
        bball_tag.read(path).write(tmp_path / "a.otio")
    back = bball_tag.read(path, fps=25)
    assert [file.video.fps for file in back.files] == [25, 25]
    (out,) = back.write(tmp_path / "a.otio")
    assert len(list(opentimelineio.adapters.read_from_file(str(out)).find_clips())) == 2
    # A file that knows its rate keeps it.
    (path,) = game(second=replace(SECOND, fps=Fraction(50))).write(tmp_path / "a.json")
    assert [file.video.fps for file in bball_tag.read(path, fps=30).files] == [25, 50]


def test_an_event_that_was_moved_in_a_table_does_not_move_its_video(tmp_path):
    whole = joined([half(FIRST, shot(10.0), shot(30.0)), half(SECOND, shot(20.0))], files_of([FIRST, SECOND]))
    (path,) = whole.write(tmp_path / "a.csv")
    lines = path.read_text(encoding="utf-8").splitlines()
    cells = lines[2].split(",")
    assert (cells[0], cells[-1]) == ("30.000", "30.000")
    # Start in seconds and on the clock, and its frames.
    cells[:6] = ["33.000", "35.000", "0:00:33.000", "0:00:35.000", "", ""]
    path.write_text("\n".join([*lines[:2], ",".join(cells), *lines[3:]]) + "\n", encoding="utf-8")
    assert [file.start for file in read_annotation(path).files] == [0.0, 100.0]


def test_otio_plays_the_videos_one_after_the_other(tmp_path):
    (path,) = game().write(tmp_path / "a.otio")
    timeline = opentimelineio.adapters.read_from_file(str(path))
    first, second = timeline.find_clips()
    assert [clip.media_reference.target_url for clip in (first, second)] == [
        "file:///games/first.mp4",
        "file:///games/second.mp4",
    ]
    assert second.range_in_parent().start_time.to_seconds() == 100.0
    assert [clip.markers[0].marked_range.start_time.to_seconds() for clip in (first, second)] == [10.0, 20.0]


def test_each_edit_names_its_video(tmp_path):
    (path,) = game().write(tmp_path / "a.edl")
    edits = list(opentimelineio.adapters.read_from_file(str(path), "cmx_3600", rate=25).find_clips())
    assert [clip.name for clip in edits] == ["first.mp4", "second.mp4"]
    assert [clip.source_range.start_time.to_seconds() for clip in edits] == [10.0, 20.0]
    assert path.read_text("utf-8").startswith("TITLE: first + second actions\n")


def test_fcpxml_has_an_asset_for_each_video(tmp_path):
    (path,) = game().write(tmp_path / "a.fcpxml")
    root = ElementTree.parse(path).getroot()
    assert [asset.get("name") for asset in root.iter("asset")] == ["first", "second"]
    clips = list(root.iter("asset-clip"))
    assert [(clip.get("ref"), clip.get("offset")) for clip in clips] == [("r2", "0s"), ("r3", "2500/25s")]
    assert [clip.find("marker").get("start") for clip in clips] == ["250/25s", "500/25s"]
    document = opentimelineio.adapters.read_from_file(str(path), "fcpx_xml")
    (timeline,) = document.find_children(descended_from_type=opentimelineio.schema.Timeline)
    assert [clip.name for clip in timeline.find_clips()] == ["first", "second"]


def test_fcpxml_has_a_format_for_each_size_of_frames(tmp_path):
    large, odd = (replace(SECOND, width=width, height=1080) for width in (1920, 1440))
    videos = [FIRST, large, SECOND, odd]
    videos = [
        replace(video, path=Path(f"/games/{stem}.mp4")) for video, stem in zip(videos, "abcd", strict=True)
    ]
    whole = joined([half(video, shot(10.0)) for video in videos], files_of(videos))
    root = ElementTree.parse(*whole.write(tmp_path / "a.fcpxml")).getroot()
    sizes = {one.get("id"): (one.get("width"), one.get("height")) for one in root.iter("format")}
    for kind in ("asset", "asset-clip"):
        found = [sizes[one.get("format")] for one in root.iter(kind)]
        assert found == [("1280", "720"), ("1920", "1080"), ("1280", "720"), ("1440", "1080")]
    assert [sizes[one.get("format")] for one in root.iter("sequence")] == [("1280", "720")]
    keys = [one.get("id") for one in root.find("resources")]
    assert sorted(keys) == ["r1", "r2", "r3", "r4", "r5", "r6", "r7"]


def test_editors_get_a_file_for_each_video_where_the_rates_differ(tmp_path, caplog):
    with caplog.at_level(logging.INFO, "bball_tag"):
        paths = game(second=replace(SECOND, fps=Fraction(50))).write(tmp_path / "a.otio")
    assert [path.name for path in paths] == ["a.first.otio", "a.second.otio"]
    assert "otio, whose videos must have one frame rate, has a file for each" in caplog.text


def test_benchmarks_and_label_studio_have_an_entry_for_each_video(tmp_path):
    whole = game()
    (path,) = whole.write(tmp_path / "a.json", format="activitynet")
    results = json.loads(path.read_text("utf-8"))["results"]
    assert {name: one[0]["segment"] for name, one in results.items()} == {
        "first": [10.0, 12.0],
        "second": [20.0, 22.0],
    }
    (path,) = whole.write(tmp_path / "b.json", format="label-studio")
    tasks = json.loads(path.read_text("utf-8"))
    assert [task["data"]["video"] for task in tasks] == ["/games/first.mp4", "/games/second.mp4"]
    starts = [task["predictions"][0]["result"][0]["value"]["ranges"][0]["start"] for task in tasks]
    assert starts == [251, 501]


def test_players_of_programs_count_each_videos_lead_in(tmp_path):
    """The first frame of each file is shown half a second late: BORIS's second video begins at 100.5 s."""
    late = [replace(video, starts=0.5) for video in (FIRST, SECOND)]
    (path,) = game(*late).write(tmp_path / "a.boris")
    back = read_annotation(path)
    assert [(file.start, file.duration) for file in back.files] == [(0.0, 100.5), (100.5, 50.5)]
    assert [event.start for event in back] == [10.5, 121.0]


def test_videos_of_one_name_are_numbered(tmp_path):
    alike = game(replace(FIRST, path=Path("/a/GX01.mp4")), replace(SECOND, path=Path("/b/GX01.mp4")))
    assert [path.name for path in alike.write(tmp_path / "a.vtt")] == ["a.GX01 1.vtt", "a.GX01 2.vtt"]


def test_a_video_is_known_by_its_path_where_two_have_one_name():
    first, second = (
        replace(video, path=Path(f"/{name}/GX01.mp4")) for video, name in ((FIRST, "a"), (SECOND, "b"))
    )
    assert [event.label for event in of_video(game(first, second), second)] == ["pass"]
    with pytest.raises(BballTagError, match=r"'GX01\.mp4' is not a file of the game"):
        of_video(game(first, second), replace(second, path=Path("GX01.mp4")))


def test_a_file_that_exists_stops_all_of_them(tmp_path):
    (tmp_path / "a.second.vtt").write_text("mine", encoding="utf-8")
    with pytest.raises(BballTagError, match=r"a\.second\.vtt already exists"):
        game().write(tmp_path / "a.vtt")
    assert not (tmp_path / "a.first.vtt").exists()


def test_game_time_of_the_whole_game_is_in_the_file_of_each_video(tmp_path):
    timed = game().with_periods([Period(1, "Q1", 0.0, 150.0, 600.0, 450.0)])
    _, second = timed.write(tmp_path / "a.vtt")
    (event,) = bball_tag.read(second)
    assert (event.start, event.game_time.clock) == (20.0, 480.0)


def test_a_lead_stays_within_the_video_of_its_event(tmp_path):
    parts = [half(FIRST, shot(10.0)), half(SECOND, shot(1.0, "pass"))]
    whole = joined(parts, files_of([FIRST, SECOND]))
    bball_tag.annotations.write_annotation(whole, tmp_path / "out.edl", lead=3.0, lag=1.0)
    text = (tmp_path / "out.edl").read_text(encoding="utf-8")
    lines = [line.split() for line in text.splitlines() if " V " in line]
    # From 0:07 to 0:13 of the first video; from its beginning to 0:04 of the second.
    assert [line[4:6] for line in lines] == [["00:00:07:00", "00:00:13:00"], ["00:00:00:00", "00:00:04:00"]]
    names = [line.rpartition(": ")[2] for line in text.splitlines() if line.startswith("* FROM CLIP NAME")]
    assert [Path(name).name for name in names] == ["first.mp4", "second.mp4"]


@pytest.mark.parametrize("name", ["boris-project", "otio", "label-studio"])
def test_a_number_that_a_roster_gave_means_one_player_in_all_videos(tmp_path, name):
    roster = {"roster": "roster.csv"}
    parts = [half(FIRST, shot(10.0), settings=roster), half(SECOND, shot(20.0), settings=roster)]
    whole = joined(parts, files_of([replace(FIRST, starts=0.5), SECOND]))
    whole.write(path := tmp_path / f"out{FORMATS[name].suffix}", format=name)
    assert "(file" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["otio", "edl", "fcpxml", "label-studio"])
def test_files_of_videos_with_different_rates_are_looked_for_before_they_are_scored(tmp_path, name):
    out = tmp_path / f"out{FORMATS[name].suffix}"
    videos = [write_video(tmp_path / f"{stem}.mp4", range(5), fps=rate) for stem, rate in RATES.items()]
    check_paths_of_videos([out], videos, name, overwrite=False)
    (existing := out.with_name(f"out.first{out.suffix}")).touch()
    # Two of one rate are written whole.
    check_paths_of_videos([out], videos[:2], name, overwrite=False)
    with pytest.raises(BballTagError, match=f"{existing.name} already exists"):
        check_paths_of_videos([out], videos, name, overwrite=False)
    check_paths_of_videos([out], videos, name, overwrite=True)
