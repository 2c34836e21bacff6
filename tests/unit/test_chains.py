"""Chains: actions that follow each other, by rules in a text file."""

from __future__ import annotations

import itertools

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bball_tag.annotations.chains import (
    DEFAULT_CHAINS,
    ChainCount,
    ChainRule,
    chain_counts,
    find_chains,
    parse_chain_rule,
    read_chain_rules,
)
from bball_tag.errors import AnnotationError
from bball_tag.events import Event
from bball_tag.faults import FormError
from bball_tag.game_time import GameTime, Period
from tests.example_events import annotation, written


def event(label, start, end, player="", team="", **more):
    return Event(label, start, end, 0.9, 0.9, start, 0, player, team, **more)


def found(rule, *events):
    """Return the starts of the actions of each chain."""
    return [tuple(one.start for one in chain.events) for chain in find_chains(events, [rule])]


SHOT = ChainRule("shot", ("pass", "shoot"), 3.0)


def test_seconds_are_counted_from_the_end_of_one_to_the_start_of_the_next():
    assert found(SHOT, event("pass", 0, 2), event("shoot", 5, 6)) == [(0, 5)]
    assert found(SHOT, event("pass", 0, 2), event("shoot", 5.1, 6)) == []
    # They may overlap, but the next does not begin first.
    assert found(SHOT, event("pass", 0, 2), event("shoot", 1, 3)) == [(0, 1)]
    assert found(SHOT, event("pass", 1, 2), event("shoot", 1, 3)) == []
    assert found(SHOT, event("shoot", 0, 1), event("pass", 2, 3)) == []


def test_the_latest_action_that_fits_is_taken_and_each_only_once():
    passes = event("pass", 0, 1), event("pass", 1.5, 2)
    assert found(SHOT, *passes, event("shoot", 3, 4)) == [(1.5, 3)]
    assert found(SHOT, *passes, event("shoot", 3, 4), event("shoot", 3.5, 5)) == [(0, 3.5), (1.5, 3)]
    assert found(SHOT, event("pass", 0, 1), event("shoot", 2, 3), event("shoot", 3, 4)) == [(0, 2)]


@pytest.mark.parametrize(
    ("by", "players"),
    [
        ("anybody", {("7", "a"), ("8", "a"), ("9", "b"), ("", "")}),
        ("same player", {("7", "a")}),
        ("same team", {("7", "a"), ("8", "a")}),
        ("teammate", {("8", "a")}),
    ],
)
def test_who_may_do_the_next_action(by, players):
    rule = ChainRule("shot", ("pass", "shoot"), 3.0, by)
    fits = {
        (player, team)
        for player, team in [("7", "a"), ("8", "a"), ("9", "b"), ("", "")]
        if found(rule, event("pass", 0, 1, "7", "a"), event("shoot", 2, 3, player, team))
    }
    assert fits == players


def test_where_nobody_is_known_nobody_is_asked_for():
    whole_frame = event("pass", 0, 1), event("shoot", 2, 3)
    without_teams = event("pass", 0, 1, "7"), event("shoot", 2, 3, "8")
    for by in ("anybody", "same player", "same team", "teammate"):
        assert found(ChainRule("shot", ("pass", "shoot"), 3.0, by), *whole_frame) == [(0, 2)]
    assert found(ChainRule("shot", ("pass", "shoot"), 3.0, "teammate"), *without_teams) == [(0, 2)]
    assert found(ChainRule("shot", ("pass", "shoot"), 3.0, "same player"), *without_teams) == []


def test_three_actions_need_every_step():
    rule = ChainRule("give and go", ("pass", "pass", "shoot"), 2.0)
    assert found(rule, event("pass", 0, 1), event("pass", 2, 3), event("shoot", 4, 5)) == [(0, 2, 4)]
    assert found(rule, event("pass", 0, 1), event("pass", 4, 5), event("shoot", 6, 7)) == []
    # The latest pass alone leads nowhere for a player of another team: the one before it does.
    by_team = ChainRule("give and go", ("pick", "pass", "shoot"), 9.0, "same team")
    events = (
        event("pick", 0, 1, "1", "a"),
        event("pass", 2, 3, "2", "a"),
        event("pass", 3, 4, "5", "b"),
        event("shoot", 5, 6, "3", "a"),
    )
    assert found(by_team, *events) == [(0, 2, 5)]


@st.composite
def plays(draw):
    moment = st.integers(0, 20)
    return [
        event(
            draw(st.sampled_from(["pass", "shoot"])),
            start := float(draw(moment)),
            start + draw(st.integers(1, 4)),
            draw(st.sampled_from(["1", "2", "3"])),
            draw(st.sampled_from(["a", "b"])),
        )
        for _ in range(draw(st.integers(0, 10)))
    ]


@given(plays(), st.integers(0, 4), st.sampled_from(["anybody", "same player", "same team", "teammate"]))
def test_chains_are_those_that_trying_every_pair_finds(events, within, by):
    """An oracle in other words: shots in order, each with the latest free pass before it that fits."""

    def fits(first, second):
        same_player = (first.player, first.team) == (second.player, second.team)
        same_team = first.team == second.team
        whose = {"anybody": True, "same player": same_player, "same team": same_team}
        whose["teammate"] = same_team and not same_player
        return first.start < second.start and second.start - first.end <= within and whose[by]

    rule = ChainRule("shot", ("pass", "shoot"), float(within), by)
    chains = find_chains(events, [rule])
    pairs = [chain.events for chain in chains]
    assert all(fits(first, second) for first, second in pairs)
    used = [id(one) for pair in pairs for one in pair]
    assert len(set(used)) == len(used)
    free = [one for one in events if id(one) not in used]
    assert not any(
        fits(first, second)
        for first, second in itertools.product(free, free)
        if first.label == "pass" and second.label == "shoot"
    )


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("pass -> shoot within 3 s", ChainRule("pass → shoot", ("pass", "shoot"), 3.0)),
        (
            "give and go: pass → pass -> shoot within 2.5 s, by the same team",
            ChainRule("give and go", ("pass", "pass", "shoot"), 2.5, "same team"),
        ),
        (
            " ball in hand->pass   within 1,5 seconds, same player ",
            ChainRule("ball in hand → pass", ("ball in hand", "pass"), 1.5, "same player"),
        ),
        (
            "assist: pass -> shoot within 3s, by teammate",
            ChainRule("assist", ("pass", "shoot"), 3.0, "teammate"),
        ),
    ],
)
def test_a_rule_is_a_line(line, rule):
    assert parse_chain_rule(line) == rule


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("pass -> shoot", "says not within which time"),
        ("pass within 3 s", "has no two labels"),
        ("pass -> -> shoot within 3 s", "has no two labels"),
        ("pass -> shoot within soon s", "'soon' is not a number"),
        (
            "pass -> shoot within 3 s, by the coach",
            "by 'coach': write anybody, same player, same team, teammate",
        ),
        ("pass -> shoot within 3 s or so", "says not within which time"),
    ],
)
def test_a_line_that_is_no_rule_is_explained(line, message):
    with pytest.raises(FormError) as raised:
        parse_chain_rule(line)
    assert message in str(raised.value)


def test_a_file_has_comments_and_all_its_faults_are_named(tmp_path):
    path = tmp_path / "chains.txt"
    path.write_text("# ours\n\npass -> shoot within 3 s\npick -> shoot within 4 s\n", encoding="utf-8")
    assert [rule.within for rule in read_chain_rules(path)] == [3.0, 4.0]
    path.write_text("pass\nshoot\nx: a -> b within 1 s\nx: b -> c within 1 s\n", encoding="utf-8")
    with pytest.raises(AnnotationError) as raised:
        read_chain_rules(path)
    assert "3 things are wrong" in str(raised.value)
    assert "line 2" in str(raised.value)
    assert "2 rules are called 'x'" in str(raised.value)
    path.write_text("# nothing\n", encoding="utf-8")
    with pytest.raises(AnnotationError, match="it has 0 rules"):
        read_chain_rules(path)
    with pytest.raises(AnnotationError, match="Cannot read chains from"):
        read_chain_rules(tmp_path / "none.txt")


def test_chains_are_counted_by_team_and_period():
    first, second = GameTime(1, "Q1", 60.0), GameTime(2, "Q2", 60.0)
    chains = find_chains(
        [
            event("pass", 0, 1, "1", "a", game_time=first),
            event("shoot", 2, 3, "2", "a", game_time=first),
            event("pass", 10, 11, "1", "b", game_time=second),
            event("shoot", 12, 13, "2", "b", game_time=second),
        ],
        [SHOT],
    )
    unused = ChainRule("never", ("a", "b"), 1.0)
    assert chain_counts(chains, [SHOT, unused]) == (
        ChainCount("shot", None, None, 2),
        ChainCount("shot", None, "Q1", 1),
        ChainCount("shot", None, "Q2", 1),
        ChainCount("shot", "a", None, 1),
        ChainCount("shot", "a", "Q1", 1),
        ChainCount("shot", "b", None, 1),
        ChainCount("shot", "b", "Q2", 1),
        ChainCount("never", None, None, 0),
    )


def test_a_chain_is_an_event_of_who_did_the_last_action():
    whole = annotation(event("pass", 0, 1, "7", "a"), event("shoot", 2, 3, "4", "a"))
    (chain,) = whole.as_chains()
    assert (chain.label, chain.start, chain.end, chain.player) == ("pass and shot", 0, 3, "4")
    assert chain.remark == "by 7 → 4"
    assert whole.as_chains().all_labels() == [rule.name for rule in DEFAULT_CHAINS]


def test_the_workbook_lists_chains_with_their_times(tmp_path):
    whole = annotation(event("pass", 0, 1, "7", "a"), event("shoot", 2, 3, "4", "a"))
    timed = whole.with_periods([Period(1, "Q1", 0.0, 60.0, 60.0)])
    rows = openpyxl.load_workbook(written(timed, tmp_path / "a.xlsx"))["Chains"].iter_rows(values_only=True)
    names, chain, *_ = rows
    assert names[:8] == ("chain", "start", "end", "period", "clock", "team", "players", "labels")
    assert (chain[0], *chain[3:8]) == ("pass and shot", "Q1", "1:00.0", "a", "7 → 4", "pass → shoot")
    assert [value.total_seconds() for value in chain[1:3]] == [0, 3]


def test_a_workbook_without_chains_has_no_sheet_of_them(tmp_path):
    path = written(annotation(event("pass", 0, 1)), tmp_path / "a.xlsx")
    assert "Chains" not in openpyxl.load_workbook(path).sheetnames


def test_many_ways_that_lead_nowhere_are_each_tried_once():
    # 40 of each of two labels by turns, and nothing at their beginning: 40 to the power of 5 ways.
    events = [event("bc"[number % 2], number, number) for number in range(80)]
    (rule,) = [parse_chain_rule("a -> b -> c -> b -> c -> b -> c within 3600 s")]
    assert find_chains(events, [rule]) == ()
