"""Times as people read and type them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from bball_tag.errors import BballTagError
from bball_tag.timecode import format_clock, format_time, frame_at, parse_time

NTSC = Fraction(30_000, 1001)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0:00:00.000"),
        (12.48, "0:00:12.480"),
        (59.9996, "0:01:00.000"),
        (3661.5, "1:01:01.500"),
        (360_000, "100:00:00.000"),
    ],
)
def test_times_are_rounded_once_and_carry(seconds, text):
    assert format_time(seconds) == text


@pytest.mark.parametrize(("seconds", "text"), [(5, "0:05"), (363.4, "6:03"), (3600, "1:00:00")])
def test_durations_in_messages_are_short(seconds, text):
    assert format_clock(seconds) == text


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("83.5", 83.5),
        ("0", 0),
        ("1:23.5", 83.5),
        ("0:01:23.500", 83.5),
        ("100:00:00", 360_000),
        ("374f", 374 * 1001 / 30_000),
    ],
)
def test_times_are_read_in_every_form(text, seconds):
    assert parse_time(text, NTSC) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "soon", "1:99", "-3", "1:2:3:4", "12s", "f"])
def test_what_is_no_time_is_refused_with_the_forms(text):
    with pytest.raises(BballTagError, match=r"H:MM:SS\.mmm"):
        parse_time(text, NTSC)


def test_frames_are_counted_from_zero_at_the_exact_rate():
    assert frame_at(12.48, NTSC) == 374
    assert frame_at(14.56, NTSC) == 436
    assert frame_at(3600.0, NTSC) == 107_892
