"""Statistics: totals by team, player, label and period, and where they are written."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bball_tag
from bball_tag.annotations.statistics import Total
from bball_tag.errors import OptionError
from bball_tag.events import Event, Scores
from bball_tag.game_time import Period
from bball_tag.players.tracks import Track
from tests.example_events import VIDEO, annotation, events_in_milliseconds, written

MINUTES = replace(VIDEO, duration=600.0)
Q1 = Period(1, "Q1", 0.0, 120.0, 120.0)
Q2 = Period(2, "Q2", 180.0, 420.0, 120.0)


def event(label, start, end, player="", team=""):
    return Event(label, start, end, 0.9, 0.9, start, 0, player, team)


GAME = annotation(
    event("pass", 10.0, 11.0, "7", "navy"),
    event("pass", 200.0, 203.0, "7", "navy"),
    event("shoot", 205.0, 206.0, "4", "navy"),
    event("shoot", 500.0, 501.0, "4", "navy"),
    event("walk", 20.0, 30.0),
    video=MINUTES,
    labels=("block", "pass"),
)


def totals(whole, *, team=None, player=None):
    return [total for total in whole.statistics().totals if (total.team, total.player) == (team, player)]


def test_everybody_is_counted_by_label_in_the_order_of_the_checkpoint():
    assert totals(GAME) == [
        # In ten minutes.
        Total(None, None, "block", None, 0, 0.0, 0.0, "video"),
        Total(None, None, "pass", None, 2, 4.0, 0.2, "video"),
        Total(None, None, "shoot", None, 2, 2.0, 0.2, "video"),
        Total(None, None, "walk", None, 1, 10.0, 0.1, "video"),
    ]
    assert [total.mean_s for total in totals(GAME)] == [0.0, 2.0, 1.0, 10.0]


def test_periods_have_their_own_totals_and_minutes():
    game = GAME.with_periods([Q1, Q2])
    assert [total for total in totals(game) if total.label == "pass"] == [
        Total(None, None, "pass", None, 2, 4.0, 0.2, "video"),
        # One in two minutes, one in four.
        Total(None, None, "pass", "Q1", 1, 1.0, 0.5, "period"),
        Total(None, None, "pass", "Q2", 1, 3.0, 0.25, "period"),
    ]


def test_what_is_outside_counts_for_the_whole_and_has_no_rate_of_its_own():
    shots = [total for total in totals(GAME.with_periods([Q1, Q2], "mark")) if total.label == "shoot"]
    assert [(total.period, total.count, total.per_minute) for total in shots] == [
        (None, 2, 0.2),
        ("Q2", 1, 0.25),
        ("outside", 1, None),
    ]


def test_where_the_rest_is_dropped_rates_are_about_the_periods():
    # Six minutes of periods.
    game = GAME.with_periods([Q1, Q2], "drop")
    assert totals(game)[2] == Total(None, None, "pass", "Q1", 1, 1.0, 0.5, "period")
    assert totals(game)[1] == Total(None, None, "pass", None, 2, 4.0, pytest.approx(2 / 6), "periods")


def test_teams_and_players_have_the_labels_that_they_did():
    assert [(total.label, total.count) for total in totals(GAME, team="navy")] == [("pass", 2), ("shoot", 2)]
    assert totals(GAME, team="navy", player="7") == [
        Total("navy", "7", "pass", None, 2, 4.0, 0.2, "video"),
    ]
    assert totals(GAME, team="", player="") == []


def test_a_rate_of_a_player_is_about_the_time_in_which_they_are_seen():
    times = np.arange(0.0, 60.0, 0.5)
    track = Track("7", times, np.tile([10.0, 10.0, 20.0, 60.0], (len(times), 1)))
    game = replace(GAME, tracks=[track]).with_periods([Q1, Q2])
    # The last box is followed by half a second: a minute.
    assert [
        (total.period, total.per_minute, total.base) for total in totals(game, team="navy", player="7")
    ] == [
        (None, 2.0, "seen"),
        ("Q1", 1.0, "seen"),
        # Not seen in that period.
        ("Q2", None, "seen"),
    ]


def test_where_a_part_was_scored_the_rate_is_about_that_part():
    scores = Scores(
        ("pass",),
        10.0,
        16,
        120.0,
        np.array([""]),
        np.array([600]),
        np.array([616]),
        np.ones((1, 1), "float32"),
    )
    game = replace(annotation(event("pass", 70.0, 71.0), video=MINUTES), scores=scores)
    # From 60 to 120 s.
    assert totals(game)[0].per_minute == pytest.approx(1.0)


def test_without_a_known_length_there_is_no_rate():
    game = replace(GAME, video=replace(MINUTES, duration=0.0))
    assert [total.per_minute for total in totals(game)] == [None] * 4


def test_players_are_in_the_order_of_a_roster():
    names = ["10", "9", "Ana", "100"]
    game = annotation(*(event("pass", index, index + 1, name, "navy") for index, name in enumerate(names)))
    players = [total.player for total in game.statistics().totals if total.player]
    assert players == ["9", "10", "100", "Ana"]


@given(events_in_milliseconds(), st.booleans())
def test_the_totals_of_periods_and_players_add_up(events, timed):
    game = annotation(*events, video=MINUTES)
    game = game.with_periods([Q1, Q2], "mark") if timed else game
    found = game.statistics().totals
    for label in {event.label for event in events}:
        alike = [event for event in events if event.label == label]
        of_label = [total for total in found if total.label == label]
        everybody = [total for total in of_label if total.team is None and total.period is None]
        assert [total.count for total in everybody] == [len(alike)]
        assert everybody[0].total_s == pytest.approx(sum(one.end - one.start for one in alike))
        by_player = sum(total.count for total in of_label if total.player and total.period is None)
        assert by_player == sum(bool(one.player) for one in alike)
        if timed:
            periods = [total for total in of_label if total.team is None and total.period is not None]
            assert sum(total.count for total in periods) == len(alike)


def test_the_workbook_has_every_total_below_its_summary(tmp_path):
    sheet = openpyxl.load_workbook(written(GAME.with_periods([Q1, Q2]), tmp_path / "a.xlsx"))["Summary"]
    rows = [tuple(row) for row in sheet.iter_rows(max_col=9, values_only=True)]
    top = rows.index(
        ("team", "player", "label", "period", "count", "total_s", "mean_s", "per_minute", "minutes of")
    )
    assert rows[top + 2 : top + 4] == [
        ("(all)", "(all)", "pass", "(all)", 2, 4, 2, 0.2, "video"),
        ("(all)", "(all)", "pass", "Q1", 1, 1, 1, 0.5, "period"),
    ]
    assert rows[-1] == ("navy", "7", "pass", "Q2", 1, 3, 3, 0.25, "period")
    assert sheet.auto_filter.ref == f"A{top + 1}:I{len(rows)}"


def test_statistics_are_json_too(tmp_path):
    path = written(GAME.with_periods([Q1, Q2]), tmp_path / "s.json", "statistics")
    document = json.loads(path.read_text(encoding="utf-8"))
    assert (document["format"], document["format_version"]) == ("bball-tag statistics", 1)
    assert document["totals"][2] == {
        "team": None,
        "player": None,
        "label": "pass",
        "period": "Q1",
        "count": 1,
        "total_s": 1.0,
        "per_minute": 0.5,
        "base": "period",
        "mean_s": 1.0,
    }
    (chain,) = document["chains"]
    assert chain == {
        "chain": "pass and shot",
        "start_s": 200.0,
        "end_s": 206.0,
        "team": "navy",
        "period": "Q2",
        "clock": "1:50.0",
        "clock_within_s": "10.0",
        "events": [
            {"label": "pass", "start_s": 200.0, "end_s": 203.0, "player": "7"},
            {"label": "shoot", "start_s": 205.0, "end_s": 206.0, "player": "4"},
        ],
    }
    assert {"chain": "pass and shot", "team": None, "period": None, "count": 1} in document["chain_counts"]


def test_rules_of_chains_are_a_file_or_a_list(tmp_path):
    path = written(GAME, tmp_path / "a.json")
    rules = tmp_path / "chains.txt"
    rules.write_text("walk -> pass within 500 s\n", encoding="utf-8")
    assert [rule.name for rule in bball_tag.read(path, chains=rules).chain_rules] == ["walk → pass"]
    assert len(bball_tag.read(path).chain_rules) == 4
    with pytest.raises(OptionError, match="chains must be a path or a list of ChainRule"):
        bball_tag.read(path, chains=[1])
