"""Times as people read and type them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from bball_tag.errors import BballTagError
from bball_tag.timecode import format_clock, format_time, frame_at, infer_rate, parse_rate, parse_time

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
        ("0 days 00:01:23.500000", 83.5),  # as pandas writes it
        ("1 day 02:00:00", 93_600.0),
        ("100:00:00", 360_000),
        ("374f", 374 * 1001 / 30_000),
    ],
)
def test_times_are_read_in_every_form(text, seconds):
    assert parse_time(text, NTSC) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "soon", "1:99", "-3", "1:2:3:4", "12s", "f"])
def test_what_is_not_a_time_is_refused_with_the_forms(text):
    with pytest.raises(BballTagError, match=r"H:MM:SS\.mmm"):
        parse_time(text, NTSC)


def test_frames_are_counted_from_zero_at_the_exact_rate():
    assert frame_at(12.48, NTSC) == 374
    assert frame_at(14.56, NTSC) == 436
    assert frame_at(3600.0, NTSC) == 107_892


@pytest.mark.parametrize(
    ("text", "rate"),
    [("25", 25), ("29.97", NTSC), ("23.976", Fraction(24_000, 1001)), ("30000/1001", NTSC), ("12.5", 12.5)],
)
def test_rates_of_broadcast_may_be_written_with_decimals(text, rate):
    assert parse_rate(text) == rate


@pytest.mark.parametrize(
    ("instants", "rate"),
    [
        ([(2.0, 50), (600.0, 15_000)], Fraction(25)),
        # At 30 these would be frames 437 and 1802.
        ([(14.56, 436), (60.06, 1800)], NTSC),
        # At 29.97 this would be frame 1798.
        ([(60.0, 1800)], Fraction(30)),
        # At 60 this would be frame 1802.
        ([(0.0, 0), (30.03, 1800)], Fraction(60_000, 1001)),
        # At 24 this would be frame 1001.
        ([(41.7, 1000)], Fraction(24_000, 1001)),
        # Milliseconds are rounded: the frame began at 0.0333666 s, at 33.3667 s and at 3003.0 s.
        ([(0.033, 1), (33.367, 1000), (3003.0, 90_000)], NTSC),
    ],
)
def test_the_one_common_rate_that_fits_every_instant_is_inferred(instants, rate):
    assert infer_rate(instants) == rate


@pytest.mark.parametrize(
    "instants",
    [
        pytest.param([], id="no frames"),
        pytest.param([(0.0, 0)], id="only the first frame"),
        # At 29.97 these are frames 29.97 and 119.88.
        pytest.param([(1.0, 30), (4.0, 120)], id="29.97 or 30"),
        pytest.param([(8.0, 480)], id="59.94 or 60"),
        pytest.param([(0.2, 5)], id="24 or 25"),
        pytest.param([(10.0, 250), (20.0, 600)], id="25 in one row and 30 in the next"),
        pytest.param([(60.0, 1800), (90.0, 2700), (100.0, 2997)], id="30, 30 and 29.97"),
        pytest.param([(100.0, 1870)], id="18.7"),
        pytest.param([(0.0, 7)], id="a frame at no time"),
    ],
)
def test_a_rate_that_is_ambiguous_or_contradicted_is_not_inferred(instants):
    assert infer_rate(instants) is None
