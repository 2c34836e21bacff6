"""One instant in three columns: a spreadsheet that shows less does not move it, and a person does."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bball_tag.annotations import read_annotation
from bball_tag.errors import AnnotationError
from bball_tag.timecode import format_time

FPS = Fraction(25)
HEAD = "start_s,end_s,start,end,start_frame,end_frame,label"


def table(path: Path, *rows: str) -> Path:
    path.write_text("\r\n".join([HEAD, *rows, ""]), encoding="utf-8")
    return path


def spans(path: Path, fps: Fraction = FPS) -> list[tuple[float, float]]:
    return [(event.start, event.end) for event in read_annotation(path, fps=fps)]


AS_EXCEL_SAVES = (
    "12.480,14.560,00:12.5,00:14.6,312,364,shoot",
    "724.440,725.500,12:04.4,12:05.5,18111,18138,run",
    "3723.456,3725.500,02:03.5,02:05.5,93086,93138,pass",
    "7261.960,7263.040,01:02.0,01:03.0,181549,181576,run",
    "93661.960,93663.040,26:01:02,26:01:03,2341549,2341576,walk",
)
MEANT = [
    *((12.48, 14.56), (724.44, 725.5), (3723.456, 3725.5), (7261.96, 7263.04)),
    (93661.96, 93663.04),
]


@pytest.mark.parametrize("fps", [FPS, Fraction(0)])
def test_a_clock_that_excel_saved_with_fewer_digits_and_no_hours_moves_nothing(tmp_path, fps):
    assert spans(table(tmp_path / "a.csv", *AS_EXCEL_SAVES), fps) == MEANT


def test_the_rate_is_found_though_every_clock_lost_its_digits(tmp_path):
    assert read_annotation(table(tmp_path / "a.csv", *AS_EXCEL_SAVES)).video.fps == FPS


def shown(milliseconds: int, form: str) -> str:
    """Return a time as a spreadsheet shows it."""
    if form == "mm:ss.0":
        tenths = (milliseconds + 50) // 100
        return f"{tenths // 600 % 60:02d}:{tenths // 10 % 60:02d}.{tenths % 10}"
    if form == "h:mm:ss":
        seconds = (milliseconds + 500) // 1000
        return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    if form == "cut off":
        return format_time(milliseconds // 100 / 10).rstrip("0").rstrip(".")
    return format_time(milliseconds / 1000)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    starts=st.lists(st.integers(0, 5 * 3_600_000), min_size=1, max_size=6),
    form=st.sampled_from(["mm:ss.0", "h:mm:ss", "cut off", "whole"]),
    mark=st.sampled_from(".,"),
)
def test_whatever_a_spreadsheet_shows_the_events_are_the_same(tmp_path, starts, form, mark):
    rows = []
    for start in starts:
        end = start + 1480
        frames = (round(time / 1000 * 25) for time in (start, end))
        clocks = (shown(time, form).replace(".", mark) for time in (start, end))
        cells = [f"{start / 1000:.3f}", f"{end / 1000:.3f}", *clocks, *map(str, frames), "run"]
        rows.append(",".join(f'"{cell}"' for cell in cells))
    wanted = sorted((start / 1000, (start + 1480) / 1000) for start in starts)
    assert spans(table(tmp_path / "a.csv", *rows)) == wanted


@pytest.mark.parametrize(
    ("row", "start"),
    [
        ("12.480,30,00:14.0,,312,,x", 14.0),  # the clock is new: 1.52 s are more than a digit
        ("12.480,30,0:00:13,,312,,x", 13.0),  # 12.48 is neither rounded nor cut to 13
        ("15,30,00:12.5,,312,,x", 15.0),  # the seconds are new: the clock still fits its frame
        ("724.440,,12:04.4,0:12:30.000,18111,,x", 724.44),
        (",30,00:12.5,,312,,x", 12.5),
        (",4000,02:03.5,,93086,,x", 3723.5),  # its frame has the hour that the clock lost
        ("3723.5,4000,2:03.5,,,,x", 3723.5),
        ("12.480,30,75:00.0,,,,x", None),  # 75 minutes are no time that lost its hours
        ("12480,99999,00:12.5,,312,,x", None),  # a thousand times too much: the point was lost
        ("3723.456,4000,02:09.0,,93086,,x", None),  # 2:09 of which hour?
        ("12.480,30,00:14.0,,999,,x", None),  # the frame fits neither
    ],
)
def test_of_three_columns_the_two_that_agree_hold(tmp_path, row, start):
    path = table(tmp_path / "a.csv", row)
    if start is not None:
        assert read_annotation(path, fps=FPS).events[0].start == start
        return
    with pytest.raises(AnnotationError, match=r"line 2, column start_s: .* s contradicts the column 'start'"):
        read_annotation(path, fps=FPS)


def test_seconds_that_all_lost_their_decimals_give_way_to_the_clock_and_the_frame(tmp_path):
    rows = ("12,15,0:00:12.480,0:00:14.560,312,364,x", "42,44,0:00:41.600,0:00:44.000,1040,1100,x")
    assert spans(table(tmp_path / "a.csv", *rows)) == [(12.48, 14.56), (41.6, 44.0)]


def test_a_person_who_types_few_digits_among_many_is_told_what_holds(tmp_path, caplog):
    rows = ("12.480,14.560,0:00:12,0:00:14.560,312,364,x", "42,44.120,0:00:41.600,0:00:44.120,1040,1103,x")
    # The seconds of the second row are an edit; the clock of the first says less than two others.
    assert spans(table(tmp_path / "a.csv", *rows)) == [(12.48, 14.56), (42.0, 44.12)]
    assert "line 2, column start: the clock has 12 s, and 12.48 s in another column" in caplog.text


def test_tables_that_excel_saved_are_those_that_it_opened(real_data):
    tables = real_data / "odd_files/tables"
    before = read_annotation(tables / "actions_before_excel.csv")
    for fps in (None, FPS):
        assert read_annotation(tables / "actions_saved_by_excel.csv", fps=fps).events == before.events
