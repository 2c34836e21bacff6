"""Game time: what the clock shows at a second of the video, how sure that is, and back."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bball_tag.faults import FormError
from bball_tag.game_time import (
    GameTime,
    Mark,
    Period,
    check_periods,
    format_game_time,
    game_time_at,
    game_time_of,
    parse_game_clock,
    parse_game_time,
    period_name,
    period_number,
    video_seconds,
    video_span,
)

RUNNING = Period(1, "Q1", start=100.0, end=700.0, clock_start=600.0)
"""The clock runs all the time."""
STOPPED = Period(2, "Q2", start=1000.0, end=2200.0, clock_start=600.0)
"""20 minutes for 10 on the clock."""
MARKED = Period(3, "Q3", 3000.0, 4000.0, 600.0, 0.0, (Mark(3100.0, 500.0), Mark(3160.0, 500.0)))
"""It runs for 100 s, stands for a minute, and then runs for 500 s of 840."""
GAME = (RUNNING, STOPPED, MARKED)


def test_a_running_clock_is_exact():
    assert game_time_at(GAME, 100.0) == GameTime(1, "Q1", 600.0, 0.0)
    assert game_time_at(GAME, 250.5) == GameTime(1, "Q1", 449.5, 0.0)
    assert game_time_at(GAME, 250.5).is_exact


def test_a_clock_that_stops_somewhere_is_estimated_and_the_error_bounded():
    # Half of the period: 300 s left by the line; all 600 s of play may be over, or none begun.
    assert game_time_at(GAME, 1600.0) == GameTime(2, "Q2", 300.0, 300.0)
    # After 60 s the line has 570; the clock has 540 if it ran, 600 if it stood.
    assert game_time_at(GAME, 1060.0) == GameTime(2, "Q2", 570.0, 30.0)
    assert not game_time_at(GAME, 1060.0).is_exact


def test_between_readings_as_far_apart_on_the_clock_as_in_the_video_there_is_no_doubt():
    assert game_time_at(GAME, 3050.0) == GameTime(3, "Q3", 550.0, 0.0)
    assert game_time_at(GAME, 3130.0) == GameTime(3, "Q3", 500.0, 0.0)
    assert not game_time_at(GAME, 3500.0).is_exact


def test_outside_of_periods_there_is_no_game_time():
    assert game_time_at(GAME, 99.9) is None
    assert game_time_at(GAME, 850.0) is None
    assert game_time_at((), 1.0) is None


def test_the_last_instant_belongs_to_the_period_that_ends_with_it():
    assert game_time_at(GAME, 700.0) == GameTime(1, "Q1", 0.0, 0.0)
    follows = Period(2, "Q2", 700.0, 1300.0, 600.0)
    assert game_time_at((RUNNING, follows), 700.0) == GameTime(2, "Q2", 600.0, 0.0)


def test_a_span_has_the_time_of_its_start_or_of_the_period_that_begins_within():
    assert game_time_of(GAME, 110.0, 112.0).clock == 590.0
    assert game_time_of(GAME, 99.0, 101.0) == GameTime(1, "Q1", 600.0, 0.0)
    assert game_time_of(GAME, 700.0, 702.0) is None
    assert game_time_of(GAME, 90.0, 100.0) is None


def test_a_clock_has_its_second_of_the_video():
    assert video_seconds(GAME, 1, 449.5) == 250.5
    assert video_seconds(GAME, 2, 300.0) == 1600.0
    assert video_seconds(GAME, 4, 300.0) is None
    assert video_seconds(GAME, 1, 601.0) is None


def test_where_the_clock_stood_its_second_is_the_first():
    assert video_seconds(GAME, 3, 500.0) == 3100.0


def test_a_clock_has_a_span_of_seconds_in_which_it_may_have_shown():
    assert video_span(GAME, 1, 449.5) == (250.5, 250.5)
    # It ran at once and then stood, or the other way round.
    assert video_span(GAME, 2, 540.0) == (1060.0, 1660.0)
    # Before the minute at 8:20 it cannot stand; after it, it may for 340 s more.
    assert video_span(GAME, 3, 500.0) == (3100.0, 3500.0)
    assert video_span(GAME, 9, 1.0) is None


def test_where_recording_was_paused_nothing_is_exact():
    # Ten minutes on the clock in nine of video.
    paused = Period(1, "Q1", 0.0, 540.0, 600.0)
    assert game_time_at([paused], 270.0) == GameTime(1, "Q1", 300.0, 300.0)
    assert video_span([paused], 1, 300.0) == (0.0, 540.0)


@given(st.lists(st.tuples(st.integers(1, 60), st.booleans()), min_size=1, max_size=12), st.data())
def test_the_true_clock_lies_within_the_bounds_whatever_it_did(stretches, data):
    """Between marks the clock runs and stands in turns that nobody wrote down."""
    times, clocks = [0.0], [float(sum(long for long, runs in stretches if runs))]
    for long, runs in stretches:
        times.append(times[-1] + long)
        clocks.append(clocks[-1] - long if runs else clocks[-1])
    inner = data.draw(st.sets(st.sampled_from(range(len(times)))))
    marks = tuple(Mark(times[i], clocks[i]) for i in sorted(inner - {0, len(times) - 1}))
    period = Period(1, "Q1", times[0], times[-1], clocks[0], clocks[-1], marks)
    index = data.draw(st.integers(0, len(stretches) - 1))
    into = data.draw(st.integers(0, stretches[index][0]))
    at, true = times[index] + into, clocks[index] - (into if stretches[index][1] else 0)
    shown = game_time_at([period], at)
    assert abs(shown.clock - true) <= shown.within + 1e-6
    low, high = video_span([period], 1, true)
    assert low - 1e-6 <= at <= high + 1e-6
    there = video_seconds([period], 1, shown.clock)
    assert game_time_at([period], there).clock == pytest.approx(shown.clock)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7:32", 452), ("7:32.4", 452.4), ("45.2", 45.2), ("0:00", 0), ("20:00", 1200), ("7:32,4", 452.4)],
)
def test_a_game_clock_is_read_as_people_write_it(text, seconds):
    assert parse_game_clock(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "7:60", "1:07:32", "soon", "-1", "99:00", "7:3x"])
def test_what_no_game_clock_shows_is_refused(text):
    with pytest.raises(FormError, match="is not a game clock"):
        parse_game_clock(text)


def test_periods_have_numbers_and_names():
    assert [period_number(text) for text in ("1", "Q2", "q3", "OT", "OT2", "5")] == [1, 2, 3, 5, 6, 5]
    assert [period_number(text, regular=2) for text in ("H1", "H2", "OT1")] == [1, 2, 3]
    assert [period_name(number) for number in (1, 4, 5)] == ["Q1", "Q4", "OT1"]
    assert [period_name(number, regular=2) for number in (1, 3)] == ["H1", "OT1"]
    with pytest.raises(FormError, match="'first' is not a period"):
        period_number("first")


@pytest.mark.parametrize(
    "time",
    [
        GameTime(1, "Q1", 452.4),
        GameTime(5, "OT1", 12.0, 33.3),
        GameTime(2, "H2", 1200.0),
        GameTime(0, "outside", None),
    ],
)
def test_a_game_time_in_a_line_of_text_comes_back(time):
    assert parse_game_time(format_game_time(time)) == time


def test_other_text_is_no_game_time():
    for text in ("shoot", "Q1", "Q1 soon", "7:32.4", "Q1 7:32.4 or so", "Q0 7:32.4", "Q1 75:00.0"):
        assert parse_game_time(text) is None


def test_periods_that_cannot_be_of_one_game_are_refused():
    def faults(*periods: Period) -> str:
        with pytest.raises(FormError) as raised:
            check_periods(periods)
        return str(raised.value)

    overlapping = Period(2, "Q2", 650.0, 1300.0, 600.0)
    assert faults(RUNNING, overlapping) == "Q2 begins at 10:50, before Q1 ends at 11:40"
    earlier = Period(1, "Q1", 5000.0, 5600.0, 600.0)
    assert faults(MARKED, earlier) == "Q1 comes after Q3 in the video"
    rising = Period(1, "Q1", 0.0, 700.0, 600.0, 0.0, (Mark(60.0, 550.0), Mark(90.0, 560.0)))
    assert faults(rising) == ("the clock of Q1 shows 9:10.0 at 1:00 of the video, and more, 9:20.0, at 1:30")
    backwards = Period(1, "Q1", 0.0, 700.0, 600.0, 0.0, (Mark(90.0, 550.0), Mark(60.0, 540.0)))
    assert "comes after" in faults(backwards)
    check_periods(GAME)
    for order in itertools.permutations(GAME):
        check_periods(order)
