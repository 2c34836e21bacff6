"""A game in several files: one clock, one table, and back to the seconds of each file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import bball_tag
from bball_tag.annotations import read_annotation
from bball_tag.annotations.game_files import (
    GameFile,
    file_at,
    file_number,
    files_of,
    joined,
    of_file,
    of_video,
)
from bball_tag.annotations.periods import read_periods
from bball_tag.annotations.reviewed import Reviewed
from bball_tag.errors import AnnotationError
from bball_tag.events import Event
from bball_tag.faults import FormError
from bball_tag.game_time import Period
from bball_tag.players.identify import Player
from bball_tag.players.tracks import Track
from bball_tag.video.info import VideoInfo
from tests.example_events import annotation, written

SCHEMA = Path(bball_tag.__file__).parent / "annotations" / "annotation.schema.json"
FIRST = VideoInfo.unknown(Path("/games/first.mp4"), duration=100.0)
SECOND = VideoInfo.unknown(Path("/games/second.mp4"), duration=50.0)
FILES = files_of([FIRST, SECOND])


def seen(player, *times):
    return Track(player, np.array(times), np.tile([10.0, 20.0, 30.0, 60.0], (len(times), 1)))


def half(video, start, player="7", **fields):
    event = Event("shoot", start, start + 2.0, 0.9, 0.95, start + 1.0, 4, player, "navy")
    return annotation(event, video=video, labels=("pass", "shoot"), **fields)


def game(**fields):
    return joined([half(FIRST, 10.0, **fields), half(SECOND, 20.0, **fields)], FILES)


def test_the_second_file_begins_where_the_first_ends():
    assert (
        GameFile(Path("/games/first.mp4"), 0.0, 100.0),
        GameFile(Path("/games/second.mp4"), 100.0, 50.0),
    ) == FILES
    assert [(event.start, event.end, event.peak) for event in game()] == [(10, 12, 11), (120, 122, 121)]
    assert (game().video.duration, game().video.fps, game().labels) == (150.0, 0, ("pass", "shoot"))


def test_a_file_of_unknown_length_cannot_be_followed():
    with pytest.raises(AnnotationError, match="Nothing says how long second"):
        files_of([FIRST, replace(SECOND, duration=0.0), FIRST])


def test_a_second_of_the_game_is_in_one_file():
    assert [file_at(FILES, seconds).name for seconds in (0.0, 99.9, 100.0, 999.0)] == [
        "first.mp4",
        "first.mp4",
        "second.mp4",
        "second.mp4",
    ]


def test_a_file_is_meant_by_its_name_or_its_number():
    assert [file_number(FILES, text) for text in ("1", "2", "first.mp4", "second.mp4")] == [0, 1, 0, 1]
    for text in ("0", "3", "third.mp4", ""):
        with pytest.raises(FormError, match=r"is not a file of the game: 1 \(first.mp4\), 2 \(second.mp4\)"):
            file_number(FILES, text)
    with pytest.raises(FormError, match="it has one file only"):
        file_number((), "2")


def test_players_who_were_found_are_others_in_each_file():
    found = {
        "players": (Player("7", "navy", "player", (1, 2, 3), 0.9), Player("Ana", "", "player", (1, 2, 3), 1))
    }
    assert [event.player for event in game(**found)] == ["7 (file 1)", "7 (file 2)"]
    assert [player.id for player in game(**found).players] == ["7 (file 1)", "Ana", "7 (file 2)"]
    # A person numbered them, or they came with tracks.
    assert [event.player for event in game(**found, settings={"roster": "r.csv"})] == ["7", "7"]
    assert [event.player for event in game()] == ["7", "7"]


def test_one_player_has_one_track_over_all_files():
    (track,) = game(tracks=[seen("7", 10.0, 10.5)]).tracks
    assert track.times.tolist() == [10.0, 10.5, 110.0, 110.5]
    assert track.boxes.shape == (4, 4)


def test_each_file_comes_back_as_it_was():
    parts = [
        half(
            video,
            10.0,
            tracks=[seen("7", 10.0, 10.5)],
            players=(Player("7", "navy", "player", (1, 2, 3), 0.9),),
            cuts=[5.0],
            reviewed=[Reviewed(0.0, 30.0, "7")],
        )
        for video in (FIRST, SECOND)
    ]
    whole = joined(parts, FILES)
    assert [event.player for event in whole] == ["7 (file 1)", "7 (file 2)"]
    for index, before in enumerate(parts):
        back = of_file(whole, index)
        assert back.events == before.events
        assert back.cuts == before.cuts
        assert back.reviewed == before.reviewed
        assert [track.times.tolist() for track in back.tracks] == [[10.0, 10.5]]
        assert [track.id for track in back.tracks] == ["7"]
        assert [player.id for player in back.players] == ["7"]
        assert (back.video.path, back.files) == (before.video.path, ())


def test_a_reviewed_span_over_several_files_is_divided_among_them():
    whole = replace(game(), reviewed=[Reviewed(90.0, 130.0, "7"), Reviewed(0.0, 100.0)])
    first, second = (of_file(whole, index).reviewed for index in (0, 1))
    assert first == [Reviewed(90.0, 100.0, "7"), Reviewed(0.0, 100.0)]
    assert second == [Reviewed(0.0, 30.0, "7")]


def test_what_begins_with_a_file_stays_in_it_where_a_table_rounds_its_time(tmp_path):
    long = replace(FIRST, duration=100.0004)
    whole = joined([half(long, 10.0), half(SECOND, 0.0)], files_of([long, SECOND]))
    back = read_annotation(written(whole, tmp_path / "g.xlsx"))
    assert [event.start for event in back] == [10.0, 100.0]
    assert [[event.start for event in of_file(back, index)] for index in (0, 1)] == [[10.0], [0.0]]


def test_events_keep_the_game_time_of_the_whole():
    # One period over the end of the first file.
    whole = game().with_periods([Period(1, "Q1", 5.0, 145.0, 140.0)])
    assert [event.game_time.clock for event in whole] == [135.0, 25.0]
    assert [event.game_time.clock for event in of_file(whole, 1)] == [25.0]


Q2 = Period(2, "Q2", 5.0, 45.0, 600.0)


@pytest.mark.parametrize(("end", "kept"), [(101.5, [1, 2]), (130.0, [2])])
def test_a_period_over_the_end_of_its_file_takes_no_other_with_it(end, kept, caplog):
    first = half(FIRST, 10.0).with_periods([Period(1, "Q1", 5.0, end, 600.0)])
    whole = joined([first, half(SECOND, 20.0).with_periods([Q2])], FILES)
    assert [period.number for period in whole.periods] == kept
    assert (whole.periods[-1].start, whole.periods[-1].end) == (105.0, 145.0)
    assert all(period.end <= 100.0 for period in whole.periods if period.number == 1)
    assert f"first.mp4: Q1 ends at 0:0{int(end // 60)}:{end % 60:06.3f}, after the end" in caplog.text
    assert ("It is cut there" in caplog.text) is (1 in kept)
    assert ("left out" in caplog.text) is (1 not in kept)


@pytest.mark.parametrize("suffix", ["json", "xlsx"])
def test_events_of_a_period_that_a_game_does_not_know_keep_their_game_time(suffix, tmp_path):
    first = half(FIRST, 10.0).with_periods([Period(1, "Q1", 5.0, 130.0, 600.0)])
    whole = joined([first, half(SECOND, 20.0).with_periods([Q2])], FILES)
    back = read_annotation(written(whole, tmp_path / f"g.{suffix}"))
    assert [event.game_time.period for event in back] == ["Q1", "Q2"]


def test_rows_of_periods_may_name_a_file(tmp_path):
    table = tmp_path / "periods.csv"
    table.write_text(
        "period,file,start,end,clock\n1,1,0:00:10,,2:00\n1,second.mp4,0:00:05,0:00:10,0:05\n2,,0:01:55,0:02:20,\n",
        encoding="utf-8",
    )
    table.write_text(table.read_text().replace("0:02:20,\n", "0:02:20,0:25\n"), encoding="utf-8")
    one, two = read_periods(table, FILES)
    assert (one.start, one.end, one.clock_start) == (10.0, 110.0, 120.0)
    assert [(mark.seconds, mark.clock) for mark in one.marks] == [(105.0, 5.0)]
    # Without a file, seconds of the game.
    assert (two.start, two.end) == (115.0, 140.0)
    with pytest.raises(AnnotationError, match="'1' is not a file of the game: it has one file only"):
        read_periods(table)


@pytest.mark.parametrize("name", ["g.json", "g.xlsx"])
def test_tables_say_which_file_and_keep_the_files(tmp_path, name):
    path = written(game(), tmp_path / name)
    back = read_annotation(path)
    assert back.files == FILES
    assert [(event.start, event.player) for event in back] == [(10.0, "7"), (120.0, "7")]
    if name == "g.json":
        jsonschema.validate(json.loads(path.read_text("utf-8")), json.loads(SCHEMA.read_text("utf-8")))


def test_the_csv_has_the_file_and_the_seconds_in_it(tmp_path):
    lines = written(game(), tmp_path / "g.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[-2:] for line in lines] == [
        ["file", "file_s"],
        ["first.mp4", "10.000"],
        ["second.mp4", "20.000"],
    ]
    assert game().to_dataframe()["file_s"].tolist() == [10.0, 20.0]


def test_formats_of_one_video_refuse_a_game(tmp_path):
    with pytest.raises(AnnotationError, match="the format vtt is about one video, and the game has several"):
        written(game(), tmp_path / "g.vtt")


def test_a_changed_file_in_the_sheet_run_is_not_believed(tmp_path):
    import openpyxl

    path = written(game(), tmp_path / "g.xlsx")
    book = openpyxl.load_workbook(path)
    for name, value in book["Run"].iter_rows(min_row=2):
        if name.value == "file 2":
            value.value = "the second half"
    book.save(path)
    assert read_annotation(path).files == ()


def test_a_video_of_the_game_is_rendered_with_its_own_events():
    assert [event.start for event in of_video(game(), SECOND)] == [20.0]
    assert of_video(half(FIRST, 10.0), SECOND).events[0].start == 10.0
    with pytest.raises(AnnotationError, match=r"'third\.mp4' is not a file of the game"):
        of_video(game(), replace(SECOND, path=Path("third.mp4")))
