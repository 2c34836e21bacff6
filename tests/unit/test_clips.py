"""The window arithmetic that training and inference share."""

from __future__ import annotations

import pytest

from bball_tag.clips import ClipSpec, Window, WindowCutter, grid_range, windows


@pytest.mark.parametrize(
    ("instants", "stride", "expected"),
    [
        (8, 4, [(0, 8)]),
        (12, 4, [(0, 8), (4, 12)]),
        (13, 4, [(0, 8), (4, 12), (8, 13)]),  # the rest is covered by a clip that is padded
        (16, 4, [(0, 8), (4, 12), (8, 16)]),
        (3, 4, [(0, 3)]),  # shorter than one clip gives one clip
        (17, 8, [(0, 8), (8, 16), (16, 17)]),
        (10, 1, [(0, 8), (1, 9), (2, 10)]),
        (0, 4, []),
    ],
)
def test_windows_cover_everything_once_every_stride(instants, stride, expected):
    assert [(w.start, w.stop) for w in windows(range(instants), 8, stride)] == expected


def test_windows_begin_where_the_span_begins():
    assert [(w.start, w.stop) for w in windows(range(100, 113), 8, 4)] == [(100, 108), (104, 112), (108, 113)]


def test_a_window_at_the_end_repeats_the_last_frame():
    assert Window(8, 13).instants(8) == [8, 9, 10, 11, 12, 12, 12, 12]
    assert Window(4, 12).instants(8) == [4, 5, 6, 7, 8, 9, 10, 11]


def test_a_cutter_knows_from_where_frames_are_still_needed():
    cutter = WindowCutter(0, 8, 4)
    assert [cutter.push(index) for index in range(7)] == [None] * 7
    assert cutter.push(7) == Window(0, 8)
    assert cutter.next_start == 4
    assert cutter.finish() is None


@pytest.mark.parametrize(
    ("start", "end", "fps", "expected"),
    [
        (0.0, 1.0, 12.5, range(0, 13)),  # instants 0 to 0.96 s
        (0.24, 0.48, 12.5, range(3, 6)),  # 0.24 * 12.5 is 3 up to rounding
        (0.25, 0.48, 12.5, range(4, 6)),
        (1.0, 1.0, 25, range(25, 25)),
    ],
)
def test_the_grid_of_a_span_is_half_open(start, end, fps, expected):
    assert grid_range(start, end, fps) == expected


def test_a_stride_is_a_whole_number_of_steps_within_a_clip():
    spec = ClipSpec(num_frames=8, fps=12.5)
    assert [spec.stride_frames(seconds) for seconds in (0.001, 0.08, 0.3, 0.32, 9.0)] == [1, 1, 4, 4, 8]
    assert spec.duration == 0.64


@pytest.mark.parametrize(
    "settings",
    [
        {"num_frames": 0},
        {"fps": 0},
        {"height": 31},
        {"width": 16},
        {"subject": "ball"},
        {"context_frames": -1},
    ],
)
def test_an_impossible_clip_is_refused(settings):
    with pytest.raises(ValueError, match="clip"):
        ClipSpec(**settings)
