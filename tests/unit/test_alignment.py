"""Rows of a feed linked to what was seen: worked by hand, and as tables."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import bball_tag
from bball_tag.annotations import Annotation, read_annotation
from bball_tag.errors import BballTagError, FeedError, OptionError
from bball_tag.events import Event, in_order
from bball_tag.game_time import Period
from bball_tag.play_by_play.align import Alignment, align
from bball_tag.play_by_play.feed import Draft, Feed, FeedRow, in_game_order
from bball_tag.play_by_play.options import AlignOptions
from bball_tag.play_by_play.report import COLUMNS, counts, facts, per_player
from bball_tag.video.info import VideoInfo

PERIODS = (Period(1, "Q1", 60.0, 660.0, 600.0), Period(2, "Q2", 780.0, 1380.0, 600.0))
LABELS = ("block", "pass", "shoot", "dribble")


def seen(label: str, peak: float, confidence: float = 0.8, player: str = "", team: str = "") -> Event:
    return Event(label, peak - 1, peak + 0.5, confidence, confidence, peak, 3, player, team)


def game(*events: Event, labels: tuple[str, ...] = LABELS) -> Annotation:
    return Annotation(VideoInfo.unknown(Path("game.mp4"), duration=1500.0), in_order(events), labels=labels)


def typed(number: int, clock: float, kind: Any, **fields: Any) -> Draft:
    row = FeedRow(number, fields.pop("period", 1), clock, kind, "LIO", "A. Doe", f"{kind} {number}")
    return Draft(replace(row, **fields))


def feed(*drafts: Draft) -> Feed:
    return Feed("csv", in_game_order(drafts))


def statuses(found: Alignment) -> list[tuple[int, str, float | None]]:
    return [
        (link.row.number, link.status, None if link.seconds is None else round(link.seconds, 1))
        for link in found
    ]


def many_shots(until: int = 10) -> tuple[list[Event], list[Draft]]:
    """Shots every 50 s and rows that were typed 2 s after each."""
    events = [seen("shoot", 90.0 + 50 * index) for index in range(until)]
    drafts = [typed(index, 600 - (32.0 + 50 * index), "shot") for index in range(until)]
    return events, drafts


def test_rows_find_their_events_before_their_clock():
    events, drafts = many_shots()
    found = align(game(*events), feed(*drafts), PERIODS)
    assert statuses(found) == [(index, "matched", 90.0 + 50 * index) for index in range(10)]
    assert found.extra == ()
    assert found.clocks.lag.seconds == pytest.approx(2.0, abs=0.3)
    assert min(link.sureness for link in found) > 0.9


def test_what_was_not_seen_is_missed_and_what_was_not_typed_is_extra():
    events, drafts = many_shots()
    wrong = seen("shoot", 130.0)
    found = align(game(*events[1:], wrong), feed(*drafts), PERIODS)
    # A missed row still has its seconds: two before its clock.
    assert statuses(found)[0][1:] == ("missed", pytest.approx(90.0, abs=0.3))
    assert found.links[0].bag is not None
    assert (found.links[0].bag.low, found.links[0].bag.high) == (86.0, 93.0)
    assert [status for _, status, _ in statuses(found)[1:]] == ["matched"] * 9
    assert found.extra == (wrong,)


def test_shots_of_the_break_and_passes_that_are_no_assists_are_not_extra():
    events, drafts = many_shots()
    warm_up = [seen("shoot", 700.0), seen("pass", 300.0), seen("dribble", 310.0)]
    assert align(game(*events, *warm_up), feed(*drafts), PERIODS).extra == ()


def test_a_row_that_the_video_does_not_show_is_outside():
    events, drafts = many_shots()
    late = typed(99, 300.0, "shot", period=3)
    found = align(game(*events), feed(*drafts, late), PERIODS)
    assert statuses(found)[-1] == (99, "outside", None)


def test_an_assist_lies_before_its_shot_and_a_block_at_it():
    events, drafts = many_shots(6)
    passes = [seen("pass", 88.0), seen("pass", 85.0, 0.9), seen("pass", 91.5, 0.9)]
    block = seen("block", 140.4)
    drafts[0] = replace(drafts[0], row=replace(drafts[0].row, result="made"))
    drafts[1] = replace(drafts[1], row=replace(drafts[1].row, result="missed"))
    rows = feed(*drafts, typed(50, 568.0, "assist"), typed(51, 518.0, "block"))
    found = align(game(*events, *passes, block), rows, PERIODS)
    by_number = {number: (status, seconds) for number, status, seconds in statuses(found)}
    assert by_number[50] == ("matched", 88.0)
    assert by_number[51] == ("matched", 140.4)


def test_a_turnover_has_seconds_and_no_label_unless_there_is_one():
    events, drafts = many_shots()
    rows = feed(*drafts, typed(70, 480.0, "turnover"))
    dribble = seen("dribble", 177.0, player="4")
    found = align(game(*events, dribble), rows, PERIODS)
    (link,) = (link for link in found if link.row.kind == "turnover")
    assert (link.status, round(link.seconds or 0)) == ("no label", 178)
    assert dribble in link.seen
    lost = seen("lost ball", 178.0)
    named = AlignOptions(links={"turnover": ("lost ball",)})
    found = align(game(*events, lost), rows, PERIODS, named)
    assert [link.event for link in found if link.row.kind == "turnover"] == [lost]


def test_names_decide_between_two_events_and_unknown_ones_do_not():
    events, drafts = many_shots()
    others = [seen("shoot", 90.0, player="B. Roe"), seen("shoot", 91.0, player="Ann Doe")]
    row = replace(drafts[0].row, player="A. Doe")
    both = feed(Draft(row), *(replace(one, row=replace(one.row, player="B. Roe")) for one in drafts[1:]))
    found = align(game(*others, *events[1:]), both, PERIODS)
    assert found.links[0].event == others[1]
    numbered = [replace(others[0], player="4"), replace(others[1], player="5", confidence=0.5)]
    found = align(game(*numbered, *events[1:]), both, PERIODS)
    assert found.links[0].event == numbered[0]


def test_teams_count_once_somebody_says_who_is_who():
    events, drafts = many_shots()
    white, navy = seen("shoot", 90.0, team="navy"), seen("shoot", 91.2, team="white")
    found = align(
        game(white, navy, *events[1:]), feed(*drafts), PERIODS, AlignOptions(teams={"LIO": "white"})
    )
    assert found.links[0].event == navy
    assert found.extra == (white,)


def test_without_periods_the_times_of_typing_place_the_rows():
    import numpy as np

    seconds = np.cumsum(np.random.default_rng(2).uniform(8, 40, 20)) + 60
    events = [seen("shoot", float(second)) for second in seconds]
    rows = [
        typed(index, 600 - float(second - 57), "shot", wall=1.7e9 + float(second) + 3.0)
        for index, second in enumerate(seconds)
    ]
    found = align(game(*events), feed(*rows), ())
    assert [status for _, status, _ in statuses(found)] == ["matched"] * 20
    assert found.clocks.offset is not None
    assert found.clocks.offset.seconds == pytest.approx(1.7e9 + 3, abs=0.3)
    assert found.clocks.offset.is_sure
    assert "20 of 20 rows meet an event" in facts(found)["times of typing"]


def test_where_nothing_places_the_rows_the_reason_is_given():
    events, drafts = many_shots()
    with pytest.raises(FeedError, match="Give the periods of the game"):
        align(game(*events), feed(*drafts), ())
    late = [typed(1, 300.0, "shot", period=4)]
    with pytest.raises(FeedError, match="The feed has the periods 4"):
        align(game(*events), feed(*late), PERIODS)


def test_periods_that_are_off_are_spoken_of(caplog):
    import numpy as np

    seconds = np.cumsum(np.random.default_rng(2).uniform(8, 40, 18)) + 60
    events = [seen("shoot", float(second)) for second in seconds]
    rows = [typed(index, 600 - float(second - 60 + 14), "shot") for index, second in enumerate(seconds)]
    align(game(*events), feed(*rows), PERIODS)
    assert "its clock is 14 s off" in caplog.text


def test_a_feed_with_longer_periods_than_the_video_is_spoken_of(caplog):
    events, drafts = many_shots()
    align(game(*events), feed(*drafts, typed(99, 702.0, "shot"), typed(98, 660.0, "shot")), PERIODS)
    assert "2 rows of Q1 with up to 11:42.0 on the clock, and by the periods it began with 10:00.0" in (
        caplog.text
    )
    caplog.clear()
    align(game(*events), feed(*drafts), PERIODS)
    assert caplog.text == ""


def test_periods_after_the_end_of_the_video_are_refused(tmp_path):
    rows = tmp_path / "feed.csv"
    rows.write_text("period,clock,event\n1,9:30,shot\n")
    late = [Period(1, "Q1", 1600.0, 2200.0, 600.0)]
    with pytest.raises(BballTagError, match=r"Q1 begins at 0:26:40\.000, after the end of game"):
        bball_tag.align(game(seen("shoot", 90.0)), rows, periods=late)


def test_a_table_that_a_person_edited_is_kept(tmp_path):
    events, drafts = many_shots()
    table = tmp_path / "actions.csv"
    table.write_text("start_s,end_s,label\n1,2,shoot\n")
    align(game(*events), feed(*drafts), PERIODS).write(table, overwrite=True)
    assert (tmp_path / "actions.backup.csv").read_text() == "start_s,end_s,label\n1,2,shoot\n"


def test_a_stop_that_nobody_noted_is_found_from_the_order_of_shots():
    # The clock stood for a minute after 200 s, and the marks only say that it did so somewhere.
    period = Period(1, "Q1", 0.0, 660.0, 600.0)
    gaps = [11.0, 23.0, 8.0, 31.0, 17.0, 26.0, 9.0, 40.0, 14.0, 21.0, 12.0, 33.0, 19.0, 27.0, 10.0, 36.0]
    played = [sum(gaps[: index + 1]) for index in range(len(gaps))]
    shown = [second + (60.0 if second > 200 else 0.0) for second in played]
    events = [seen("shoot", second) for second in shown]
    rows = [typed(index, 600 - second - 2.0, "shot") for index, second in enumerate(played)]
    missed = events[:9] + events[10:]
    found = align(game(*missed), feed(*rows), (period,))
    right = [
        link.seconds is not None and abs(link.seconds - at) <= 1.5
        for link, at in zip(found, shown, strict=True)
    ]
    assert right.count(True) >= 14
    assert found.links[9].status == "missed"


def tables(tmp_path: Path) -> tuple[Alignment, Sequence[Path]]:
    events, drafts = many_shots(3)
    rows = feed(*drafts, typed(70, 300.0, "turnover", player="=cmd()", team=""))
    found = align(game(*events[1:], seen("shoot", 400.0)), rows, PERIODS)
    return found, found.write(*(tmp_path / f"rows{suffix}" for suffix in (".csv", ".xlsx", ".json")))


def test_tables_have_a_line_for_each_row_and_each_extra_event(tmp_path):
    found, paths = tables(tmp_path)
    with paths[0].open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert tuple(lines[0]) == COLUMNS
    assert [line["status"] for line in lines] == ["missed", "matched", "matched", "no label", "extra"]
    assert lines[1] | {"sureness": ""} == {
        "number": "1",
        "period": "Q1",
        "clock": "8:38.0",
        "team": "LIO",
        "player": "A. Doe",
        "event": "shot 1",
        "kind": "shot",
        "status": "matched",
        "time_s": "140.0",
        "time": "0:02:20.000",
        "from_s": "136.0",
        "to_s": "143.0",
        "label": "shoot",
        "start_s": "139.0",
        "end_s": "140.5",
        "found_player": "",
        "found_team": "",
        "confidence": "0.8",
        "sureness": "",
        "seen": "shoot at 2:20",
    }
    assert lines[3]["player"] == "'=cmd()", "no formula"
    assert (lines[4]["period"], lines[4]["clock"], lines[4]["time_s"]) == ("Q1", "4:20.0", "400.0")
    book = openpyxl.load_workbook(paths[1])
    assert book.sheetnames == ["Rows", "Counts", "Players", "Clocks"]
    assert [cell.value for cell in book["Counts"][2]] == ["shot", 3, 2, 1, 0, 0, 1]
    document = json.loads(paths[2].read_text())
    assert (document["format"], document["format_version"]) == ("bball-tag alignment", 1)
    assert [len(document[name]) for name in ("rows", "extra")] == [4, 1]
    assert list(counts(found)) == [("shot", 3, 2, 1, 0, 0, 1), ("turnover", 1, 0, 0, 1, 0, None)]
    assert list(per_player(found)) == [
        ("=cmd()", None, "turnover", None, 1, 0, 0),
        ("A. Doe", "LIO", "shot", None, 3, 2, 1),
    ]


def test_a_table_of_another_suffix_or_one_that_exists_is_refused(tmp_path):
    found, paths = tables(tmp_path)
    with pytest.raises(OptionError, match=r"written as .csv, .xlsx, .json, not as rows.txt"):
        found.write(tmp_path / "rows.txt")
    with pytest.raises(BballTagError, match="already exists"):
        found.write(paths[0])


def test_rows_become_events_with_the_names_of_the_feed(tmp_path):
    found, _ = tables(tmp_path)
    (path,) = found.actions().write(tmp_path / "linked.csv")
    back = read_annotation(path).events
    assert [(one.label, one.player, one.start, one.end) for one in back] == [
        ("shot", "A. Doe", 86.0, 93.0),
        ("shot", "A. Doe", 139.0, 140.5),
        ("shot", "A. Doe", 189.0, 190.5),
        ("turnover", "=cmd()", 354.0, 361.0),
    ]
    assert [one.confidence for one in back if one.label == "turnover"] == [0.0]
    assert "somewhere in these seconds" in back[0].remark


def test_the_face_reads_files_and_refuses_a_video(tmp_path):
    events, _ = many_shots(3)
    game(*events).write(tmp_path / "actions.csv")
    (tmp_path / "feed.csv").write_text("period,clock,team,player,event\n1,9:28,LIO,A. Doe,made layup\n")
    (tmp_path / "periods.csv").write_text("period,start,end,clock\n1,0:01:00,0:11:00,10:00\n")
    found = bball_tag.align(tmp_path / "actions.csv", tmp_path / "feed.csv", periods=tmp_path / "periods.csv")
    assert statuses(found) == [(2, "matched", 90.0)]
    with pytest.raises(OptionError, match="is a video: give its events"):
        bball_tag.align("game.mp4", tmp_path / "feed.csv")
    with pytest.raises(OptionError, match="Unknown kind 'dunk' in the links"):
        bball_tag.align(tmp_path / "actions.csv", tmp_path / "feed.csv", links={"dunk": "shoot"})
