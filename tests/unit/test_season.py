"""The model of what a season costs: by hand, for numbers that are easy."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.season import Costs, estimate, games_of, read_megabytes

HOUR = 3600.0
EASY = Costs(
    speed=2.0,
    decoding=1e6,
    overhead=0.0,
    mbit=8.0,
    worker_mb_s=1e6,
    storage_mb_s=1e6,
    driver_s=0.0,
    start_s=0.0,
    segment_s=100.0,
)
"""Half a second of a worker for a second of video, which has a megabyte; nothing else takes any time."""


def test_workers_share_the_work_and_the_last_segment_is_nobody_elses():
    found = estimate(EASY, 10, [HOUR] * 20)
    assert found.worker_hours == pytest.approx(10)
    assert found.hours == pytest.approx(1 + 50 / HOUR)
    assert found.limit == "computing"


def test_overhead_beginning_and_the_driver_are_added():
    found = estimate(replace(EASY, overhead=0.5, start_s=36.0), 10, [HOUR] * 20)
    assert found.worker_hours == pytest.approx(15)
    assert found.hours == pytest.approx(1.5 + 75 / HOUR + 0.01)
    busy = estimate(replace(EASY, driver_s=360.0), 10, [HOUR] * 20)
    assert (busy.hours, busy.limit) == (pytest.approx(2.0), "the driver")


def test_a_video_is_read_twice_and_a_little_around_each_segment():
    # 2.56 s before a segment in both passes, and 3.1 s behind it in one: 8.22 s for each 100 s.
    assert read_megabytes(EASY, 1000.0) == pytest.approx(2082.2)
    assert estimate(EASY, 10, [1000.0]).read_gb == pytest.approx(2.0822)
    # 90 kB of scores and features for each second.
    assert estimate(EASY, 10, [1000.0]).stored_gb == pytest.approx(0.09)


def test_a_slow_connection_holds_each_worker_up_and_a_slow_storage_all_of_them():
    narrow = replace(EASY, worker_mb_s=2.0822)
    assert estimate(narrow, 10, [HOUR] * 10).worker_hours == pytest.approx(10)
    assert estimate(narrow, 10, [HOUR] * 10).limit == "connection"
    shared = replace(EASY, storage_mb_s=4 * 2.0822)
    assert estimate(shared, 2, [HOUR] * 10).limit == "computing"
    few, many = (estimate(shared, workers, [HOUR] * 100) for workers in (8, 32))
    assert few.limit == many.limit == "storage"
    # More workers do not make it shorter, but for the end.
    assert few.hours == pytest.approx(25, rel=0.01)
    assert many.hours == pytest.approx(25, rel=0.02)


def test_decoding_twice_may_be_what_takes_longest():
    found = estimate(replace(EASY, decoding=2.0), 1, [HOUR])
    assert (found.worker_hours, found.limit) == (pytest.approx(1.0), "decoding")


def test_games_of_a_season_are_as_long_as_said_and_some_have_an_overtime():
    games = games_of(1230, 2.5)
    assert sum(games) / len(games) / HOUR == pytest.approx(2.515, abs=0.02)
    assert games == games_of(1230, 2.5)
    assert max(games) - min(games) > 0.5 * HOUR
