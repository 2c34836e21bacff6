"""Play-by-play feeds that people bring: three kinds, read as they mean it or refused with a reason."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from bball_tag.errors import FeedError
from bball_tag.play_by_play.feed import Feed, kind_of_words, result_of_words, wall_seconds
from bball_tag.play_by_play.reading import read_feed

NBA_SHOT = {
    "actionNumber": 7,
    "clock": "PT11M38.00S",
    "timeActual": "2021-01-16T00:40:31.3Z",
    "period": 1,
    "periodType": "REGULAR",
    "teamTricode": "LAL",
    "actionType": "3pt",
    "subType": "Jump Shot",
    "descriptor": "None",
    "shotResult": "Made",
    "personId": 2544,
    "playerNameI": "L. James",
    "assistPlayerNameInitial": "A. Davis",
    "orderNumber": 70000,
}


def feed(tmp_path: Path, content: Any, regular: int = 4) -> Feed:
    path = tmp_path / ("feed.csv" if isinstance(content, str) else "feed.json")
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return read_feed(path, regular)


def refusal(tmp_path: Path, content: Any) -> str:
    with pytest.raises(FeedError) as caught:
        feed(tmp_path, content)
    return str(caught.value)


def nba(*actions: dict[str, Any]) -> dict[str, Any]:
    return {"meta": {"version": 1}, "game": {"gameId": "0022000180", "actions": list(actions)}}


def test_a_shot_of_the_nba_brings_its_assist_along(tmp_path):
    shot, assist = feed(tmp_path, nba(NBA_SHOT)).rows
    assert (shot.kind, shot.period, shot.clock, shot.team, shot.player, shot.result) == (
        "shot",
        1,
        698.0,
        "LAL",
        "L. James",
        "made",
    )
    assert shot.event == "3pt Jump Shot Made", "the word None means nothing"
    assert shot.wall == wall_seconds("2021-01-16T00:40:31.300Z") == 1610757631.3
    assert (assist.kind, assist.player, assist.of, assist.clock) == ("assist", "A. Davis", 0, 698.0)


def test_a_block_belongs_to_the_missed_shot_of_its_clock(tmp_path):
    made = {**NBA_SHOT, "actionNumber": 8, "clock": "PT09M00.00S", "assistPlayerNameInitial": "None"}
    missed = {**made, "actionNumber": 9, "clock": "PT08M00.00S", "shotResult": "Missed"}
    block = {
        **missed,
        "actionNumber": 10,
        "actionType": "block",
        "playerNameI": "K. Love",
        "shotResult": None,
    }
    rows = feed(tmp_path, nba(made, missed, block)).rows
    assert [(row.kind, row.of) for row in rows] == [("shot", None), ("shot", None), ("block", 1)]
    assert [row.result for row in rows] == ["made", "missed", ""]


def test_rows_of_other_kinds_are_counted_and_unknown_ones_named(tmp_path, caplog):
    others = [
        {"actionType": kind, "period": 1, "clock": "PT01M00.00S"} for kind in ("rebound", "foul", "rebound")
    ]
    found = feed(tmp_path, nba(NBA_SHOT, *others, {"actionType": "dance-off"}, {"actionType": None}))
    assert found.others == {"rebound": 2, "foul": 1}
    assert found.unknown == {"dance-off": 1, "(empty)": 1}
    assert "kinds that are not known, which were skipped: dance-off (1), (empty) (1)" in caplog.text


def test_overtime_of_the_nba_counts_on(tmp_path):
    late = {**NBA_SHOT, "period": 5, "periodType": "OVERTIME", "clock": "PT00M04.20S"}
    assert [(row.period, row.clock) for row in feed(tmp_path, nba(late)).rows] == [(5, 4.2), (5, 4.2)]


def fiba_row(number: int, clock: str, kind: str, **fields: Any) -> dict[str, Any]:
    return {
        "actionNumber": number,
        "gt": clock,
        "period": 1,
        "periodType": "REGULAR",
        "tno": 1,
        "player": "J. Doe",
        "actionType": kind,
        "subType": "",
        "success": 1,
        **fields,
    }


def test_livestats_has_the_newest_first_and_counts_overtime_from_one(tmp_path):
    rows = [
        fiba_row(30, "02:00", "2pt", period=1, periodType="OVERTIME", success=0, tno=2),
        fiba_row(21, "09:41", "assist", player="A. Roe", previousAction=20),
        fiba_row(20, "09:41", "2pt", subType="layup"),
        fiba_row(4, "09:50:00", "freethrow", success=0, tno="1"),
        fiba_row(2, "10:00", "jumpball"),
    ]
    document = {"tm": {"1": {"name": "Lions", "code": "LIO"}, "2": {"name": "Bears"}}, "pbp": rows}
    found = feed(tmp_path, document)
    assert [(row.number, row.kind, row.period, row.clock, row.team) for row in found.rows] == [
        (4, "free throw", 1, 590.0, "LIO"),
        (20, "shot", 1, 581.0, "LIO"),
        (21, "assist", 1, 581.0, "LIO"),
        (30, "shot", 5, 120.0, "Bears"),
    ]
    assert [row.result for row in found.rows] == ["missed", "made", "", "missed"]
    assert found.rows[1].event == "2pt layup made"
    assert found.rows[2].of == 1
    assert feed(tmp_path, document, regular=2).rows[-1].period == 3


def test_a_plain_csv_is_read_with_its_own_words(tmp_path):
    found = feed(
        tmp_path,
        "Period;Clock;Team;Player;Event;Wall_clock\n"
        "OT;0:45;LIO;Doe;made layup;\n"
        "Q1;9:41,5;LIO;Doe;Missed 3pt;2026-01-31T19:42:07+01:00\n"
        "1;45.2;LIO;Roe;BLOCK;\n"
        "Q2;5:00;;;bad pass turnover;\n"
        "2;4:00;;;shot clock violation;\n"
        "2;3:00;;;moon walk;\n",
    )
    assert [(row.number, row.period, row.clock, row.kind, row.result) for row in found.rows] == [
        (3, 1, 581.5, "shot", "missed"),
        (4, 1, 45.2, "block", ""),
        (5, 2, 300.0, "turnover", ""),
        (2, 5, 45.0, "shot", "made"),
    ]
    assert found.rows[0].wall == wall_seconds("2026-01-31T18:42:07Z")
    assert (found.others, found.unknown) == ({"shot clock violation": 1}, {"moon walk": 1})


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("2PT jump shot made", "shot"),
        ("3-pointer", "shot"),
        ("Layup", "shot"),
        ("Free Throw 1 of 2 missed", "free throw"),
        ("FT made", "free throw"),
        ("block", "block"),
        ("Assist", "assist"),
        ("AST", "assist"),
        ("Turnover: travelling", "turnover"),
        ("shooting foul", "other"),
        ("offensive rebound", "other"),
        ("Start of period", "other"),
        ("time-out", "other"),
        ("applause", None),
    ],
)
def test_words_of_people_have_a_kind(words, kind):
    assert kind_of_words(words) == kind


def test_whether_a_shot_went_in_is_read_from_words():
    assert [result_of_words(text) for text in ("3pt made", "makes dunk", "missed layup", "layup")] == [
        "made",
        "made",
        "missed",
        "",
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (nba({**NBA_SHOT, "clock": "11:38"}), "action 1: its clock '11:38' is not one such as PT11M58.00S"),
        (nba({**NBA_SHOT, "period": "None"}), "action 1: its period is 'None'"),
        (nba(7), "action 1: 7 is not an object"),
        ({"pbp": [fiba_row(1, "later", "2pt")]}, "row 1 of pbp: 'later' is not a game clock"),
        ({"game": []}, "neither the NBA's live play-by-play"),
        ({"pbp": []}, "it has no shot, free throw, block, assist or turnover (0 rows of other kinds)"),
        ("period,clock,team,player\n1,9:00,,\n", "its first line has no column 'event'"),
        ("period,clock,event\n9x,9:99,shot\n", "line 2: '9x' is not a period"),
        ("period,clock,event\n1,9:99,shot\n", "line 2: '9:99' is not a game clock"),
        ("period,clock,event,wall_clock\n1,9:00,shot,noon\n", "line 2: 'noon' is not a date with a time"),
        ("period,clock,event,event\n1,9:00,shot,shot\n", "two columns are called 'event'"),
    ],
)
def test_what_makes_no_sense_in_a_feed_is_named(tmp_path, content, words):
    assert words in refusal(tmp_path, content)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"game": {"actions": ' + "[" * 100_000,
        '{"pbp": [{"period": ' + "9" * 5000 + "}]}",
        '{"pbp": [{"actionType": "2pt", "gt": "1:00", "period": 1e308}]}',
        '{"game": {"actions": [{"actionType": "2pt", "clock": "PT1M", "period": 1}]}, "game": 1}',
        "period,clock,event\n" + '"' + "x" * 200_000,
    ],
)
def test_hostile_feeds_are_refused_in_a_sentence_and_soon(tmp_path, text):
    began = time.monotonic()
    assert refusal(tmp_path, text).startswith("Cannot read the feed")
    assert time.monotonic() - began < 30


def test_a_feed_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FeedError, match="there is no such file"):
        read_feed(tmp_path / "none.json")
