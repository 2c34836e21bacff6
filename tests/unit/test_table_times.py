"""Times of a whole table: clocks that a spreadsheet saved alone, and frames of a video whose rate varies."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from bball_tag.annotations import read_annotation
from bball_tag.errors import AnnotationError
from bball_tag.video.frame_times import FrameTimes

FPS = Fraction(25)
# Ten seconds of 25 frames each, then ten of 5: frame 250 is shown at 10 s, 275 at 15 s.
SLOWS_DOWN = FrameTimes(np.concatenate([np.arange(250) / 25, 10 + np.arange(50) / 5]), 20.0, Fraction(15))


def table(path: Path, head: str, *rows: str) -> Path:
    path.write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    return path


def starts(path: Path, **how: object) -> list[float]:
    return [event.start for event in read_annotation(path, **how)]


def test_a_clock_of_whole_seconds_has_the_rest_of_its_frame(tmp_path):
    rows = ("0:00:12,0:00:14,312,364,x", "1:02:03,1:02:05,93086,93138,x")
    path = table(tmp_path / "a.csv", "start,end,start_frame,end_frame,label", *rows)
    # 312 / 25 = 12.48 and 93086 / 25 = 3723.44: the clock may be these, cut off.
    assert starts(path, fps=FPS) == [12.48, 3723.44]
    # Without a rate nothing is known but the clock.
    assert starts(path) == [12.0, 3723.0]


def test_a_clock_of_whole_seconds_that_a_person_moved_holds(tmp_path):
    path = table(tmp_path / "a.csv", "start,end,start_frame,end_frame,label", "0:00:20,0:00:21,312,525,x")
    assert starts(path, fps=FPS) == [20.0]


def test_clocks_alone_that_go_back_without_hours_are_refused_by_their_cells(tmp_path):
    rows = ("58:10.0,58:11.0,run", "59:58.2,00:01.0,run", "00:12.3,00:14.0,pass")
    path = table(tmp_path / "a.csv", "start,end,label", *rows)
    with pytest.raises(AnnotationError) as raised:
        read_annotation(path)
    assert "line 3, column end: 00:01.0 comes after later times and shows no hours" in str(raised.value)
    assert "line 4, column start: 00:12.3 comes after later times" in str(raised.value)


def clocks(*minutes: int) -> list[str]:
    return [f"{minute:02d}:10.0,{minute:02d}:12.0" for minute in minutes]


HALF = clocks(1, 12, 25, 44)
BY_PLAYER = [f"{clock},shoot,{player}" for player in ("7", "12") for clock in HALF]
BY_LABEL = [f"{clock},{label}," for label in ("pass", "run", "shoot") for clock in HALF]
NEWEST = [f"{clock},{label}," for clock, label in zip(clocks(44, 30, 21, 9, 1), "abaab", strict=True)]
UNSORTED = [f"{clock},{label}," for clock, label in zip(clocks(3, 40, 5, 2, 12, 9), "abaaba", strict=True)]


@pytest.mark.parametrize("rows", [BY_PLAYER, BY_LABEL, NEWEST, UNSORTED])
def test_rows_that_are_not_in_the_order_of_the_video_may_go_back(tmp_path, caplog, rows):
    path = table(tmp_path / "a.csv", "start,end,label,player", *rows)
    assert len(read_annotation(path)) == len(rows)
    assert "comes after much later times, as in a table that is not in the order of the video" in caplog.text


def test_one_row_out_of_order_hides_no_lost_hours(tmp_path):
    # The 20 rows of the first hour, one of them late, and 13 of the second.
    minutes = [*range(2, 60, 3), 48, *range(1, 40, 3)]
    rows = [f"{clock},{'abc'[number % 3]},7" for number, clock in enumerate(clocks(*minutes))]
    with pytest.raises(AnnotationError, match=r"line 23, column start: 01:10.0 comes after later times"):
        read_annotation(table(tmp_path / "a.csv", "start,end,label,player", *rows))


def test_clocks_alone_as_excel_saves_them_are_read_with_a_warning(tmp_path, caplog):
    path = table(tmp_path / "a.csv", "start,end,label", "00:12.5,00:14.6,run", "12:04.4,12:05.5,pass")
    assert starts(path) == [12.5, 724.4]
    assert "line 2, column start: all times are like 00:12.5, as Excel shows and saves them" in caplog.text


@pytest.mark.parametrize("row", ["0:00:12.480,0:00:14,x", "1:23,1:25,x", "90:00.5,95:00.0,x"])
def test_clocks_that_people_type_are_read_without_a_word(tmp_path, caplog, row):
    path = table(tmp_path / "a.csv", "start,end,label", "0:01,0:02,x", row)
    assert len(read_annotation(path)) == 2
    assert caplog.text == ""


ROWS = [f"{at},{at + 1},0:00:{at:02d}.000,0:00:{at + 1:02d}.000,{at * 25},,x" for at in (1, 3, 5, 7, 9)]
HEAD = "start_s,end_s,start,end,start_frame,end_frame,label"


def test_frames_of_a_video_at_hand_are_those_that_it_shows(tmp_path):
    # Frame 275 is shown at 15 s: the clock is as it was written, and the seconds were moved to 18.
    moved = "18,19,0:00:15.000,0:00:19.000,275,,x"
    path = table(tmp_path / "a.csv", HEAD, *ROWS, moved)
    assert starts(path, fps=SLOWS_DOWN.fps, times=SLOWS_DOWN)[-1] == 18.0
    # By the mean rate, 15 a second, 275 would be at 18.33 s.
    clock = "15,19,0:00:18.000,0:00:19.000,275,,x"
    path = table(tmp_path / "b.csv", HEAD, *ROWS, clock)
    assert starts(path, fps=SLOWS_DOWN.fps, times=SLOWS_DOWN)[-1] == 18.0


def test_frames_that_are_mostly_not_those_of_the_rate_decide_nothing(tmp_path):
    # The clock was moved to where the mean rate puts frame 275. It must not be taken for the old one.
    moved = "15,19,0:00:18.333,0:00:19.000,275,,x"
    path = table(tmp_path / "a.csv", HEAD, *ROWS, moved)
    with pytest.raises(AnnotationError, match=r"line 7, column start_s: 15 s contradicts the column 'start'"):
        read_annotation(path, fps=Fraction(15))


def test_a_few_frames_that_people_left_as_they_were_are_still_used(tmp_path):
    # All three events were moved by their seconds and clocks but the last, whose clock is old.
    rows = ["2,3,0:00:02.000,0:00:03.000,25,,x", *ROWS[1:3], "8.5,9,0:00:07.000,0:00:09.000,175,,x"]
    assert starts(table(tmp_path / "a.csv", HEAD, *rows), fps=FPS) == [2.0, 3.0, 5.0, 8.5]
