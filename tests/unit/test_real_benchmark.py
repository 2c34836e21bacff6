"""The benchmark on real clips: what is fitted never sees the video that it is tested on."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bball_tag.checkpoint.contract import Contract
from bball_tag.clips import ClipSpec
from train.evaluation import fit_temperature
from train.predictions import Predictions

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

import calibrate
import real

LABELS = ("run", "walk", "no_action")
CONTRACT = Contract(LABELS, ClipSpec())


def clips(target: list[int], predicted: list[int], sure: float = 3.0) -> Predictions:
    return Predictions(sure * np.eye(3, dtype=np.float32)[predicted], np.array(target))


def test_labels_with_few_clips_count_in_the_accuracy_and_not_in_the_macro_f1():
    both = clips([0] * 5 + [1] * 5 + [2] * 4, [0] * 5 + [0] * 5 + [2] * 4)
    found = real.Tested(CONTRACT, both, np.zeros(14))
    assert found.counted == [0, 1]
    # Run: precision 1/2, recall 1, F1 2/3. Walk: 0.
    assert real.macro_f1(found.answers, found.counted) == pytest.approx(1 / 3)
    assert found.answers.accuracy == pytest.approx(9 / 14)


def test_each_video_gets_the_temperature_of_the_others():
    right, wrong = clips([0, 1] * 10, [0, 1] * 10), clips([0, 1] * 10, [1, 0] * 10)
    logits = np.concatenate([right.logits, wrong.logits])
    both = Predictions(logits, np.concatenate([right.target, wrong.target]))
    videos = np.array(["a"] * 20 + ["b"] * 20)
    rows = real.Tested(CONTRACT, both, videos).left_out_probabilities()
    assert rows[:20] == pytest.approx(right.probabilities(fit_temperature(wrong)))
    assert rows[20:] == pytest.approx(wrong.probabilities(fit_temperature(right)))
    assert rows[20:].max() > 0.99 > 0.6 > rows[:20].max()


def test_the_spread_is_over_videos_and_not_over_clips():
    one = clips([0] * 30 + [1] * 30, [0] * 30 + [0] * 30)
    alike = real.Tested(CONTRACT, one, np.array(["a", "b"] * 30))
    apart = real.Tested(CONTRACT, one, np.array(["a"] * 30 + ["b"] * 30))
    assert alike.spread(lambda part: part.accuracy) == (0.5, 0.5)
    assert apart.spread(lambda part: part.accuracy) == (0.0, 1.0)


def test_sureness_counts_who_is_surer_than_nine_tenths():
    rows = np.array([[0.95, 0.05, 0.0], [0.05, 0.95, 0.0], [0.9, 0.1, 0.0]])
    assert real.sureness(rows, np.array([0, 0, 0])) == "1 of 2 clips surer than 0.9 are right"


def test_every_video_counts_alike_in_a_temperature():
    surely, wrongly = clips([0] * 9, [0] * 9), clips([0], [1])
    both = real.Tested(
        CONTRACT,
        Predictions(np.concatenate([surely.logits, wrongly.logits]), np.zeros(10, int)),
        np.array(["long"] * 9 + ["short"]),
    )
    # One video wholly right and one wholly wrong: half of the answers, as far as that can be said.
    alike = real.Tested(CONTRACT, both.found[np.array([0, 9])], np.array(["long", "short"]))
    assert both.fitted_temperature() == alike.fitted_temperature()
    assert both.fitted_temperature() > fit_temperature(both.found)


def test_as_many_clips_reach_the_threshold_on_real_video_as_before():
    contract = Contract(LABELS, ClipSpec(), temperature=1.0, thresholds={"run": 0.5}, world="rendered")
    # Likeliest acting labels at temperature 1: about 0.52, 0.67, 0.79 and 0.21; three of four reach 0.5.
    logits = np.log([[0.52, 0.2, 0.28], [0.67, 0.2, 0.13], [0.1, 0.79, 0.11], [0.2, 0.21, 0.59]])
    found = Predictions(logits.astype(np.float32), np.zeros(4, int))
    threshold = calibrate.equal_threshold(found, contract, replace(contract, temperature=3.0))
    likeliest = found.probabilities(3.0)[:, :2].max(axis=1)
    assert (likeliest >= threshold - 0.01).sum() == 3
    assert threshold < 0.5


def test_the_figures_are_printed_with_their_spread(capsys):
    target = [0] * 6 + [1] * 6
    found = real.Tested(CONTRACT, clips(target, [0] * 12), np.array(["a", "b", "c"] * 4))
    real.report(found)
    shown = capsys.readouterr().out
    assert "12 clips of 3 videos; F1 of run, walk" in shown
    assert "accuracy           0.500  (0.500 to 0.500)" in shown
    assert "fitted on the other videos" in shown
    assert "no_action" not in [line.split()[0] for line in shown.splitlines() if line.strip()]


def test_the_shipped_checkpoint_is_calibrated_on_real_clips_it_was_not_fitted_on(real_data):
    found = real.tested(real_data / "real_windows" / "spans.csv", None)
    probabilities = found.left_out_probabilities()
    error = real.calibration_error(probabilities, found.found.target)
    # 0.10 is wanted, and missed by the present checkpoint: see docs/quality.md.
    assert error <= 0.12
    assert error - real.unavoidable_error(probabilities)[0] <= 0.01


def test_few_clips_have_a_calibration_error_by_luck_alone():
    # Three clips said to be 0.75 sure: 3, 2, 1 or none of them right in 27, 27, 9 and 1 of 64 draws, which is
    # off by 3, 1, 5 and 9 twelfths.
    mean, low, high = real.unavoidable_error(np.tile([0.75, 0.25], (3, 1)))
    assert mean == pytest.approx(13.5 / 64, abs=0.01)
    assert (low, high) == (pytest.approx(1 / 12), pytest.approx(5 / 12))
    assert real.unavoidable_error(np.tile([1.0, 0.0], (4, 1))) == (0.0, 0.0, 0.0)


def streams_of(rgb: np.ndarray, motion: np.ndarray, target: list[int]) -> Predictions:
    parts = {"rgb": rgb.astype(np.float32), "motion": motion.astype(np.float32)}
    return Predictions(sum(parts.values()), np.array(target), parts)


def test_every_set_of_streams_is_a_row_with_and_without_shares():
    found = streams_of(np.eye(3)[[0, 0, 2]], 3 * np.eye(3)[[0, 1, 1]], [0, 1, 2])
    contract = replace(CONTRACT, streams=("rgb", "motion"))
    rows = dict(real.variants(real.Tested(contract, found, np.zeros(3)), with_spacejam=True))
    assert list(rows) == [
        "rgb",
        "rgb, SpaceJam's shares",
        "rgb+motion",
        "rgb+motion, SpaceJam's shares",
    ]
    assert rows["rgb"].answers.accuracy == pytest.approx(2 / 3)
    assert rows["rgb+motion"].answers.predicted.tolist() == [0, 1, 1]
    # The second clip by its images: run 1, walk 0; but walk is twice as common: log 2 < 1, no other label.
    assert rows["rgb, SpaceJam's shares"].answers.predicted.tolist() == [0, 0, 2]
    assert sum(real.spacejam_shares(LABELS).values()) == pytest.approx(1, abs=1e-4)


def test_what_is_fitted_on_real_clips_stands_in_the_contract_for_each_set_of_streams():
    sure, target = 8 * np.eye(3)[[0, 1, 2] * 10], [0, 1, 2] * 10
    found = streams_of(sure, np.where(np.arange(30)[:, None] % 2, 0.0, sure), target)
    contract = replace(CONTRACT, streams=("rgb", "motion"), world="rendered")
    fitted = calibrate.fitted_on(
        real.Tested(contract, found, np.arange(30) % 3), real.spacejam_shares(LABELS)
    )
    assert set(fitted.temperatures) == {"rgb"}
    assert fitted.temperature == fitted.temperatures["rgb"] == 0.25
    assert replace(contract, real=fitted).on("real").shares["walk"] == pytest.approx(0.4862, abs=1e-3)
    assert (fitted.accuracy, fitted.num_clips) == (1.0, 30)
