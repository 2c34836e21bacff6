"""The game clock in an overlay and a reel, and the periods of one video of a game."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import bball_tag
from bball_tag.annotations.game_files import files_of, joined, of_video
from bball_tag.annotations.periods import read_periods
from bball_tag.annotations.stamps import periods_between
from bball_tag.game_time import Mark, Period, game_time_at
from tests.example_events import SHOT, VIDEO, annotation, written
from tests.unit.test_drawing import drawn

RUNNING = Period(1, "Q1", 10.0, 70.0, 600.0, 540.0)
STOPPED = Period(1, "Q1", 10.0, 70.0, 40.0, 0.0)


def corner(time: float, *periods: Period):
    """The upper left corner of a frame of an overlay without events."""
    return drawn(annotation(periods=periods), time, (1280, 720))[:60, :200]


def test_the_overlay_shows_the_clock_within_a_period_only():
    plain = corner(5.0)
    assert (corner(5.0, RUNNING) == plain).all()
    assert (corner(80.0, RUNNING) == plain).all()
    assert (corner(20.0, RUNNING) != plain).any()


def test_the_clock_in_the_frame_counts_whole_seconds():
    # 9:50 from 20.0 s of the video on, and 9:49 after a second.
    assert (corner(19.2, RUNNING) == corner(19.9, RUNNING)).all()
    assert (corner(19.9, RUNNING) != corner(20.5, RUNNING)).any()


def test_an_estimated_clock_does_not_look_like_one_that_was_read():
    exact = replace(RUNNING, marks=(Mark(20.0, 590.0),))
    estimated = replace(RUNNING, clock_start=598.0, clock_end=570.0)
    at = game_time_at([estimated], 24.5)
    assert (int(at.clock), at.is_exact) == (591, False)
    assert (corner(18.5, exact) != corner(24.5, estimated)).any()


def test_periods_of_a_part_are_cut_where_the_clock_is_known():
    assert periods_between([RUNNING], 30.0, 100.0) == (Period(1, "Q1", 0.0, 40.0, 580.0, 540.0),)
    assert periods_between([RUNNING], 0.0, 30.0) == (Period(1, "Q1", 10.0, 30.0, 600.0, 580.0),)
    assert periods_between([RUNNING], 70.0, 100.0) == ()
    # The clock was read at 0:50, where the second video begins.
    read = replace(STOPPED, marks=(Mark(50.0, 20.0), Mark(60.0, 10.0)))
    assert periods_between([read], 50.0, 100.0) == (
        Period(1, "Q1", 0.0, 20.0, 20.0, 0.0, (Mark(10.0, 10.0),)),
    )
    # Nobody knows what it showed at 0:30: it is not made a reading.
    assert periods_between([STOPPED], 30.0, 100.0) == ()


def halves():
    first, second = (replace(VIDEO, path=Path(f"/games/{name}.mp4"), duration=30.0) for name in ("a", "b"))
    parts = [replace(annotation(SHOT), video=video) for video in (first, second)]
    return joined(parts, files_of([first, second])), second


def test_one_video_of_a_game_has_its_part_of_the_periods():
    whole, second = halves()
    assert of_video(whole.with_periods([RUNNING]), second).periods == (
        Period(1, "Q1", 0.0, 30.0, 580.0, 550.0),
    )


@pytest.fixture
def opened(monkeypatch):
    """Any path of a video is the second one of the game."""
    whole, second = halves()

    class Opened:
        info = second

    monkeypatch.setattr("bball_tag.api.open_video", lambda video: Opened)
    return whole


def test_periods_of_the_game_are_given_for_one_of_its_videos(tmp_path, opened):
    table = written(opened, tmp_path / "game.json")
    periods = tmp_path / "periods.csv"
    periods.write_text(
        "period,file,start,clock\n1,a.mp4,10,10:00 running\n1,b.mp4,0,9:40 running\n", encoding="utf-8"
    )
    (event,) = bball_tag.read(table, video="b.mp4", periods=periods)
    # 12.48 s after the clock showed 9:40.
    assert event.game_time.clock == pytest.approx(580.0 - 12.48)


def test_a_running_clock_in_two_files_runs_to_its_end(tmp_path):
    whole, _ = halves()
    table = tmp_path / "periods.csv"
    for rows, end in (("1,b.mp4,0,,9:40", 610.0), ("1,b.mp4,0,25,9:40 running", 55.0)):
        table.write_text(
            f"period,file,start,end,clock\n1,a.mp4,10,,10:00 running\n{rows}\n", encoding="utf-8"
        )
        (period,) = read_periods(table, whole.files)
        assert (period.end, period.clock_end) == (end, 600.0 - (end - 10.0))
        assert period.marks == (Mark(30.0, 580.0),)
