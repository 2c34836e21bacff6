"""The arithmetic of alignment, against slow and plain ways of saying the same."""

from __future__ import annotations

import math
from itertools import combinations, pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bball_tag.game_time import Mark, Period
from bball_tag.play_by_play.bags import Bag, bag_by_clock, bag_by_wall, clocked, narrowed
from bball_tag.play_by_play.feed import FeedRow, Kind
from bball_tag.play_by_play.matching import Wanted, assign, odds
from bball_tag.play_by_play.names import is_same_player
from bball_tag.play_by_play.shift import Shift, fit_shift
from bball_tag.play_by_play.stops import pair_probabilities

LAG = Shift(2.0, 1.0)


def row(clock: float, kind: Kind = "shot", period: int = 1, wall: float | None = None) -> FeedRow:
    return FeedRow(1, period, clock, kind, "", "", kind, wall=wall)


_score = st.one_of(st.just(-math.inf), st.integers(-40, 40).map(lambda number: number / 8))


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 4).flatmap(
        lambda m: st.lists(st.lists(_score, min_size=m, max_size=m), min_size=1, max_size=4)
    )
)
def test_no_other_assignment_is_likelier(table):
    scores = np.array(table)
    count, events = scores.shape
    best = 0.0
    for size in range(1, min(count, events) + 1):
        for rows in combinations(range(count), size):
            for chosen in permutations(range(events), size):
                best = max(best, sum(scores[pair] for pair in zip(rows, chosen, strict=True)))
    found = assign(scores)
    assert sum(scores[index, match.event] for index, match in found.items()) == pytest.approx(best)
    assert len({match.event for match in found.values()}) == len(found), "one event is of one row"
    assert all(scores[index, match.event] > 0 for index, match in found.items())
    assert all(0 < match.sureness <= 1 for match in found.values())


def test_an_event_outside_of_the_bag_is_impossible_and_one_in_its_middle_likely():
    wanted = Wanted(*(np.array([value]) for value in (10.0, 17.0, 14.0, 14.0, 1.0)))
    scores = odds(wanted, np.array([9.9, 14.0, 17.1]), np.full(3, 0.8), np.zeros((1, 3)), 600.0)
    assert np.isneginf(scores[0, [0, 2]]).all()
    assert scores[0, 1] > 2


def test_what_is_surer_and_of_the_right_player_is_preferred():
    wanted = Wanted(*(np.array([value]) for value in (10.0, 17.0, 14.0, 14.0, 1.0)))
    times = np.array([14.0, 14.0])
    by_trust = odds(wanted, times, np.array([0.5, 0.9]), np.zeros((1, 2)), 600.0)
    by_name = odds(wanted, times, np.array([0.9, 0.9]), np.array([[-2.0, 1.5]]), 600.0)
    assert by_trust[0, 1] > by_trust[0, 0]
    assert by_name[0, 1] - by_name[0, 0] == pytest.approx(3.5)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 4000).map(lambda number: number / 20), min_size=3, max_size=12, unique=True),
    st.integers(-200, 200),
    st.randoms(use_true_random=False),
)
def test_the_shift_of_rows_that_are_all_shifted_alike_is_found(seconds, shift, random):
    events = np.sort(np.array(seconds))
    wrong = [random.uniform(0, 200) for _ in range(len(seconds) // 4)]
    rows = np.array([*(events + shift / 8), *wrong])
    found = fit_shift([rows], [events], -60.0, 60.0)
    assert found is not None

    def agreement(at: float) -> float:
        gaps = np.abs(rows[:, None] - at - events[None, :]).min(axis=1)
        return float(np.clip(1 - gaps / 1.5, 0, 1).sum())

    # No shift on a fine grid explains the rows much better.
    best = max(agreement(at) for at in np.arange(-60, 60, 0.1))
    assert agreement(found.seconds) > 0.75 * best
    assert found.agree >= len(seconds)


def test_a_shift_is_sure_only_if_no_other_explains_as_much():
    chance = np.random.default_rng(5)
    events = np.sort(chance.uniform(0, 600, 40))
    typed = events + 1000 + chance.normal(0, 0.4, 40)
    found = fit_shift([typed], [events], 0.0, 2000.0)
    assert found is not None
    assert found.seconds == pytest.approx(1000, abs=0.4)
    assert found.is_sure
    regular = np.arange(0, 600, 15.0)
    tied = fit_shift([regular + 100], [regular], 0.0, 200.0)
    assert tied is not None
    assert not tied.is_sure, "every 15 s the same happens"
    assert fit_shift([regular], [np.zeros(0)], 0, 10) is None


def ways(rows: list[FeedRow], events: list[float]) -> list[list[int | None]]:
    """All ways to link rows to events in order; None for a row without one."""
    if not rows:
        return [[]]
    found = [[None, *rest] for rest in ways(rows[1:], events)]
    for index in range(len(events)):
        found += [
            [index, *(None if one is None else one + index + 1 for one in rest)]
            for rest in ways(rows[1:], events[index + 1 :])
        ]
    return found


def weight(way: list[int | None], rows: list[FeedRow], events: list[float], first: Mark, last: Mark) -> float:
    """How likely a way is, written down as it is meant."""
    long = last.seconds - first.seconds
    false = max(len(events) - 0.7 * len(rows), 0.15 * len(events)) / long
    rate = max((long - (first.clock - last.clock)) / 20, 1) / (first.clock - last.clock)
    linked = [(first.clock, first.seconds - LAG.seconds, False)]
    linked += [
        (one.clock, events[at], one.kind == "free throw")
        for one, at in zip(rows, way, strict=True)
        if at is not None
    ]
    linked.append((last.clock, last.seconds - LAG.seconds, False))
    total = (
        0.7 ** (len(linked) - 1)
        * 0.3 ** (len(rows) - len(linked) + 2)
        * false ** (len(events) - len(linked) + 2)
    )
    for (before, earlier, _), (after, later, waits) in pairwise(linked):
        ran = before - after
        stood, wide = later - earlier - ran, LAG.spread * math.sqrt(2)
        none = 0.05 if waits else min(max(math.exp(-rate * ran), 0.02), 0.98)
        mean = 20 * max(rate * ran, 1)
        still = math.exp(-0.5 * (stood / wide) ** 2) / (wide * math.sqrt(2 * math.pi))
        stopped = math.exp(-max(stood, 0) / mean) / mean if stood > -wide else 0.0
        total *= none * still + (1 - none) * stopped + 1e-30
    return total


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 119), min_size=1, max_size=3, unique=True),
    st.lists(st.integers(0, 1800).map(lambda number: number / 10), min_size=1, max_size=4, unique=True),
    st.booleans(),
)
def test_the_probability_of_each_pair_is_its_share_of_all_ways(clocks, seconds, waits):
    first, last = Mark(0.0, 120.0), Mark(180.0, 0.0)
    rows = [row(float(clock)) for clock in sorted(clocks, reverse=True)]
    if waits:
        rows[0] = row(rows[0].clock, "free throw")
    events = sorted(seconds)
    found = pair_probabilities(rows, np.array(events), first, last, LAG)
    expected, total = np.zeros(found.shape), 0.0
    for way in ways(rows, events):
        share = weight(way, rows, events, first, last)
        total += share
        for place, event in enumerate(way):
            if event is not None:
                expected[place, event] += share
    np.testing.assert_allclose(found, expected / total, atol=1e-6)


QUARTER = Period(1, "Q1", 100.0, 760.0, 600.0, 0.0, (Mark(200.0, 500.0), Mark(260.0, 500.0)))


def test_a_row_lies_before_its_clock_where_that_ran():
    shown = clocked(row(550.0), [QUARTER])
    assert shown is not None
    assert (shown.first, shown.last) == (150.0, 150.0)
    assert bag_by_clock(shown, LAG, 6.0, 1.0) == Bag(144.0, 151.0, 148.0, 148.0, 1.0)
    assert clocked(row(550.0, period=2), [QUARTER]) is None


def test_a_free_throw_may_come_all_the_time_that_the_clock_stands():
    shown = clocked(row(500.0, "free throw"), [QUARTER])
    assert shown is not None
    assert (shown.first, shown.last) == (199.0, 261.0)
    shot = clocked(row(500.0), [QUARTER])
    assert shot is not None
    assert (shot.first, shot.last) == (200.0, 200.0), "a shot comes while it runs"


def test_the_time_of_typing_narrows_a_bag_and_never_empties_it():
    wide = Bag(100.0, 200.0, 110.0, 190.0, 1.0)
    near = bag_by_wall(1150.0, Shift(1000.0, 1.5), 6.0, 1.0)
    assert (near.low, near.middle, near.high) == (144.0, 150.0, 153.0)
    assert narrowed(wide, near) == Bag(144.0, 153.0, 150.0, 150.0, 1.5)
    much_later = bag_by_wall(1900.0, Shift(1000.0, 1.5), 6.0, 1.0)
    assert narrowed(wide, much_later) == wide


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("L. James", "LeBron James", True),
        ("James, LeBron", "LeBron James", True),
        ("JAMES", "L. James", True),
        ("B. James", "LeBron James", False),
        ("7", "7", False),
        ("Ana", "Ana", True),
        ("", "Ana", False),
    ],
)
def test_names_of_one_player_are_known_again(first, second, same):
    assert is_same_player(first, second) is same
