"""Reviews with game time: periods and clocks, games in several files, totals; and folders to look at only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import bball_tag
import bball_tag.review.opening as opening
from bball_tag.annotations.game_files import files_of, joined
from bball_tag.errors import OptionError
from bball_tag.events import Event
from bball_tag.game_time import Period
from bball_tag.review.opening import open_session
from bball_tag.video.video import Video
from tests.review_games import EVENTS, client_of, opened, written_game

QUARTERS = (Period(1, "Q1", 0.0, 1.9, 10.0, 8.1), Period(2, "Q2", 1.9, 4.0, 300.0, 0.0))
"""The clock of the first runs through, that of the second is anybody's guess."""


@pytest.fixture
def timed(tmp_path) -> Path:
    video = written_game(tmp_path)
    table = tmp_path / "actions.json"
    bball_tag.read(table).with_periods(QUARTERS).write(table, overwrite=True)
    return video


@contextmanager
def client(video: Path, actions: Path | None = None) -> Iterator[TestClient]:
    material = opened(video, actions or video.with_name("actions.json"))
    with open_session(material, "anna") as session:
        yield client_of(session, material)


def edit(page: TestClient, *edits: dict) -> dict:
    known = page.get("api/document").json()["revision"]
    return page.post("api/edits", json={"revision": known, "edits": list(edits)}).json()


def game_time(event: dict) -> tuple:
    return event["period"], event["game_clock"], event["clock_within"]


def test_events_have_the_period_and_the_clock_of_where_they_are_moved_to(timed):
    with client(timed) as page:
        document = page.get("api/document").json()
        assert document["periods"] == [
            {"name": "Q1", "start": 0.0, "end": 1.9},
            {"name": "Q2", "start": 1.9, "end": 4.0},
        ]
        # The first begins after 0.5 s of ten, the third 0.1 s into the second quarter.
        assert game_time(document["events"][0]) == ("Q1", "0:09.5", None)
        assert game_time(document["events"][2])[:2] == ("Q2", "4:45.7")
        assert game_time(document["events"][2])[2] > 100
        moved = edit(page, {"op": "change", "id": "e2", "start": 1.5})["events"]["e2"]
        assert game_time(moved) == ("Q1", "0:08.5", None)
        page.post("api/export", json={"name": "out.json"})
    (kept,) = bball_tag.read(timed.with_name("out.json"))
    assert (kept.game_time.period, kept.game_time.clock) == ("Q1", pytest.approx(8.5))


def test_a_table_without_periods_keeps_the_clock_of_what_is_not_moved(timed):
    bball_tag.read(timed.with_name("actions.json")).write(timed.with_name("timed.csv"))
    with client(timed, timed.with_name("timed.csv")) as page:
        assert page.get("api/document").json()["periods"] == []
        events = edit(page, {"op": "yes", "ids": ["e0"]}, {"op": "change", "id": "e1", "start": 1.2})[
            "events"
        ]
        assert game_time(events["e0"]) == ("Q1", "0:09.5", None)
        # Nobody knows what the clock showed there.
        assert game_time(events["e1"]) == ("Q1", "", None)


def test_totals_are_those_of_the_annotation_by_player_and_period(timed):
    with client(timed) as page:
        edit(
            page,
            {"op": "yes", "ids": ["e0"]},
            {"op": "no", "ids": ["e2"]},
            {"op": "name", "id": "7", "name": "Ana"},
        )
        totals = page.get("api/statistics").json()
        page.post("api/export", json={"name": "all.json", "which": "all"})
    of_ana = [total for total in totals["all"] if total["player"] == "Ana"]
    assert [(one["label"], one["period"], one["count"], one["total_s"]) for one in of_ana] == [
        ("shoot", None, 1, 1.0),
        ("shoot", "Q1", 1, 1.0),
    ]
    expected = bball_tag.read(timed.with_name("all.json")).statistics().totals
    assert [one["count"] for one in totals["all"]] == [total.count for total in expected]
    accepted = [
        one for one in totals["accepted"] if one["count"] and one["player"] is None and not one["team"]
    ]
    assert {(one["label"], one["period"]) for one in accepted} == {("shoot", None), ("shoot", "Q1")}


def test_that_nothing_happens_is_no_event_of_an_export_but_was_looked_at(tmp_path):
    silence = Event("no_action", 1.0, 2.0, 0.6, 0.7, 1.5, 3, "7", "white")
    video = written_game(tmp_path, events=(*EVENTS, silence))
    with client(video) as page:
        events = page.get("api/document").json()["events"]
        ids = [event["id"] for event in events if event["label"] in ("shoot", "no_action")]
        edit(page, {"op": "yes", "ids": ids})
        page.post("api/export", json={"name": "out.json"})
    done = bball_tag.read(tmp_path / "out.json")
    assert [event.label for event in done] == ["shoot"]
    assert [(span.start, span.end, span.player, span.labels) for span in done.reviewed] == [
        (0.5, 1.5, "7", ("shoot",)),
        (1.0, 2.0, "7", ()),
    ]


@pytest.fixture
def halves(tmp_path) -> Path:
    """A folder with a game in two files of four seconds; the first quarter lasts into the second file."""
    parts = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        video = written_game(tmp_path / name).rename(tmp_path / f"{name}.mp4")
        parts.append(replace(bball_tag.read(tmp_path / name / "actions.json"), video=Video(video).info))
    whole = joined(parts, files_of([part.video for part in parts]))
    periods = (Period(1, "Q1", 0.0, 5.0, 10.0, 5.0), Period(2, "Q2", 5.0, 8.0, 10.0, 7.0))
    whole.with_periods(periods).write(tmp_path / "game.json", tmp_path / "game.xlsx")
    return tmp_path


@pytest.mark.parametrize("table", ["game.json", "game.xlsx"])
def test_each_file_of_a_game_is_reviewed_on_its_own_with_the_clock_of_the_game(halves, table):
    with client(halves / "first.mp4", halves / table) as first:
        edit(first, {"op": "no", "ids": ["e0"]})
        with client(halves / "second.mp4", halves / table) as second:
            document = second.get("api/document").json()
            assert [(one["name"], one["start"], one["end"]) for one in document["periods"]] == [
                ("Q1", -4.0, 1.0),
                ("Q2", 1.0, 4.0),
            ]
            # 4.5 s after the tip-off, in the second file's first second.
            assert (document["events"][0]["start"], game_time(document["events"][0])) == (
                0.5,
                ("Q1", "0:05.5", None),
            )
            assert {event["state"] for event in document["events"]} == {"proposed"}
            moved = edit(second, {"op": "change", "id": "e0", "start": 1.25})["events"]["e0"]
            assert game_time(moved) == ("Q2", "0:09.8", None)
            files = second.post("api/export", json={"name": document["export_name"]}).json()["files"]
            assert files == ["game.second.corrected.xlsx"]
    (kept,) = bball_tag.read(halves / "game.second.corrected.xlsx")
    # The workbook has the periods of its file, so that the clock is exact, and not the tenths that it shows.
    assert (kept.start, kept.game_time.period, kept.game_time.clock) == (1.25, "Q2", 9.75)
    with client(halves / "first.mp4", halves / table) as first:
        assert first.get("api/document").json()["events"][0]["state"] == "rejected"


def test_a_table_in_csv_keeps_the_reviews_of_its_videos_apart(halves, caplog):
    bball_tag.read(halves / "game.json").write(halves / "game.csv")
    for name in ("first", "second", "first"):
        with client(halves / f"{name}.mp4", halves / "game.csv") as page:
            document = page.get("api/document").json()
            assert document["export_name"].startswith(f"game.{name}.")
            if {event["state"] for event in document["events"]} == {"proposed"}:
                edit(page, {"op": "yes" if name == "first" else "no", "ids": ["e0"]})
    states = []
    for name in ("first", "second"):
        with client(halves / f"{name}.mp4", halves / "game.csv") as page:
            states.append(page.get("api/document").json()["events"][0]["state"])
    assert states == ["accepted", "rejected"]
    # No review was set aside for the other's.
    assert "is not as it was when it was reviewed" not in caplog.text


def test_a_page_of_a_game_in_two_files_asks_which(halves):
    with pytest.raises(OptionError, match=r"first\.mp4, second\.mp4"):
        bball_tag.write_report(halves / "game.json", halves / "page.html")
    given = {"video": halves / "second.mp4", "progress": False}
    (page,) = bball_tag.write_report(halves / "game.json", halves / "page.html", **given)
    assert '"title":"second.mp4"' in page.read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written_into_is_looked_at_alone(timed, monkeypatch):
    with client(timed) as page:
        edit(page, {"op": "yes", "ids": ["e0"]})
    monkeypatch.setattr(opening, "can_keep", lambda path: False)
    before = sorted(timed.parent.iterdir())
    with client(timed) as page, client(timed) as other:
        document = page.get("api/document").json()
        assert document["can"] == {"edit": False, "learn": False, "suggest": False, "export": False}
        assert str(timed.parent) in document["notes"][0]
        assert (
            document["events"][0]["state"]
            == other.get("api/document").json()["events"][0]["state"]
            == "accepted"
        )
        body = {"revision": document["revision"], "edits": [{"op": "no", "ids": ["e0"]}]}
        answer = page.post("api/edits", json=body)
        assert (answer.status_code, answer.json()["kind"]) == (423, "read_only")
    assert sorted(timed.parent.iterdir()) == before
