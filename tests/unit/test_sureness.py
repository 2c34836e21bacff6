"""The probability that an event is right: fitted to made-up events whose probability is known."""

from __future__ import annotations

import numpy as np
import pytest

from bball_tag.events.rules import Calibration
from bball_tag.learning.sureness import JudgedEvents, calibrated, calibration_error, fit_calibration


def made_up(count: int, truth: Calibration, seed: int = 0) -> JudgedEvents:
    rng = np.random.default_rng(seed)
    labels = tuple(rng.choice(["run", "walk", "shoot"], count).tolist())
    plain = JudgedEvents(
        labels, rng.uniform(0.2, 0.95, count), rng.uniform(0.5, 4, count), np.zeros(count, bool)
    )
    right = rng.random(count) < calibrated(plain, truth)
    return JudgedEvents(labels, plain.confidence, plain.seconds, right)


def test_the_fit_finds_the_probability_of_being_right():
    truth = Calibration(0.6, -0.8, 0.5, {"run": 0.7, "shoot": -0.7})
    fitted = fit_calibration(made_up(4000, truth))
    assert fitted is not None
    fresh = made_up(4000, truth, seed=1)
    assert np.abs(calibrated(fresh, fitted) - calibrated(fresh, truth)).mean() < 0.03
    before = calibration_error(fresh.confidence, fresh.right)
    assert calibration_error(calibrated(fresh, fitted), fresh.right) < 0.04 < before


def test_surer_events_stay_surer_even_where_the_sure_ones_were_wrong():
    right = np.arange(100) < 50
    events = JudgedEvents(("run",) * 100, np.where(right, 0.3, 0.9), np.ones(100), right)
    fitted = fit_calibration(events)
    assert fitted is not None
    assert fitted.slope == 0
    assert calibrated(events, fitted) == pytest.approx(np.full(100, 0.5), abs=0.01)


def test_of_few_events_nothing_is_fitted():
    assert fit_calibration(made_up(30, Calibration())) is None


def test_the_calibration_error_is_how_far_confidence_and_outcomes_are_apart():
    # Four events at 0.75 of which two are right, one at 0.35 that is wrong: (4 * 0.25 + 0.35) / 5.
    confidence = np.array([0.75, 0.75, 0.75, 0.75, 0.35])
    right = np.array([True, True, False, False, False])
    assert calibration_error(confidence, right) == pytest.approx(0.27)
    assert calibration_error(np.ones(3), np.ones(3, bool)) == 0
    assert calibration_error(np.zeros(0), np.zeros(0, bool)) == 0


def test_few_events_move_a_calibration_little_and_many_move_it_all_the_way():
    truth, start = Calibration(0.6, -0.8, 0.5), Calibration(1.5, 1.0, 0.0, {"dunk": 0.7})
    few, many = (fit_calibration(made_up(count, truth), start) for count in (60, 20_000))
    assert few is not None
    assert many is not None
    assert start.slope > few.slope > many.slope == pytest.approx(0.6, abs=0.05)
    fresh = made_up(4000, truth, seed=1)
    off = [np.abs(calibrated(fresh, one) - calibrated(fresh, truth)).mean() for one in (start, few, many)]
    assert off[0] > off[1] > 0.05 > 0.02 > off[2]
    # Nothing is known of a label that there was none of.
    assert few.labels["dunk"] == many.labels["dunk"] == 0.7
