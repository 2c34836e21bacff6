"""The pure parts of the recipe."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bball_tag.clips import ClipSpec
from train.augment import (
    NONE,
    SWITCHES,
    Augmentation,
    blur,
    colour,
    compress,
    erase,
    flip,
    move,
    switched,
)
from train.dataset import centred_indices, jittered_indices
from train.evaluation import (
    Predictions,
    calibration_error,
    fit_temperature,
    fit_thresholds,
    report_json,
    report_text,
)
from train.schedule import REFERENCE_UNFREEZING, block_rate, first_trained_block, rate_factor

SPEC = ClipSpec(num_frames=8, fps=12.5, height=64, width=48)


def test_the_rate_rises_then_falls_on_a_cosine():
    factors = [rate_factor(step, warmup=4, total=20) for step in range(21)]
    assert factors[:4] == [0.25, 0.5, 0.75, 1.0]
    assert factors[12] == pytest.approx(0.5)
    assert factors[20] == 0.0
    assert [rate_factor(step, warmup=2, total=9, falls=False) for step in (0, 1, 8)] == [0.5, 1.0, 1.0]


def test_blocks_are_unfrozen_as_in_the_reference_run():
    firsts = [first_trained_block(epoch, REFERENCE_UNFREEZING) for epoch in range(1, 12)]
    assert firsts == [5, 5, 5, 5, 4, 4, 3, 3, 2, 2, 2]
    assert first_trained_block(1, {}) == 0


def test_deeper_blocks_learn_more_slowly():
    assert [block_rate(block, 0.5) for block in (5, 4, 3)] == [1.0, 0.5, 0.25]


def test_a_clip_of_sixteen_frames_gives_every_second_one():
    assert centred_indices(16, SPEC) == [0, 2, 4, 6, 8, 10, 12, 14]


def test_a_longer_clip_is_taken_in_its_middle_and_a_short_one_repeats_its_last_frame():
    assert centred_indices(32, SPEC) == list(range(8, 24, 2))
    assert centred_indices(7, SPEC) == [0, 2, 4, 6, 6, 6, 6, 6]


def test_context_lies_evenly_around_the_clip():
    spec = replace(SPEC, context_frames=2)
    assert centred_indices(24, spec) == list(range(0, 24, 2))
    assert centred_indices(32, spec) == list(range(4, 28, 2))
    assert centred_indices(16, spec) == [0, 0, 0, 2, 4, 6, 8, 10, 12, 14, 14, 14]
    rng = np.random.default_rng(0)
    assert all(len(jittered_indices(32, spec, rng)) == 12 for _ in range(50))


def test_shaken_clips_stay_within_the_clip_and_keep_their_order():
    rng = np.random.default_rng(0)
    starts = set()
    for _ in range(200):
        chosen = jittered_indices(16, SPEC, rng)
        assert len(chosen) == 8
        assert chosen == sorted(chosen)
        assert chosen[0] >= 0
        assert chosen[-1] <= 15
        starts.add(chosen[0])
    assert {0, 1} <= starts


@pytest.mark.parametrize("change", [flip, move, colour, blur, compress, erase])
def test_a_change_keeps_shape_and_type_and_is_the_same_for_the_same_seed(change):
    clip = np.random.default_rng(0).integers(0, 256, (4, 64, 48, 3), np.uint8)
    before = clip.copy()
    for seed in range(12):
        one = change(clip, np.random.default_rng(seed))
        other = change(clip, np.random.default_rng(seed))
        assert one.shape == clip.shape
        assert one.dtype == np.uint8
        assert np.array_equal(one, other)
    assert np.array_equal(clip, before)


@pytest.mark.parametrize("change", [flip, move, colour, erase])
def test_every_frame_of_a_clip_is_changed_alike(change):
    frame = np.random.default_rng(0).integers(0, 256, (1, 64, 48, 3), np.uint8)
    still = np.repeat(frame, 4, axis=0)
    for seed in range(8):
        changed = change(still, np.random.default_rng(seed))
        assert all(np.array_equal(changed[0], later) for later in changed[1:])


def test_each_change_has_its_switch():
    every = switched(NONE, on=SWITCHES)
    names = [getattr(change, "func", change) for change in every.changes()]
    assert names == [flip, move, colour, blur, compress, erase]
    assert every.time
    for name in SWITCHES:
        one = switched(NONE, on=[name])
        assert [switch for switch in SWITCHES if getattr(one, switch)] == [name]
        assert switched(one, off=[name]) == NONE
        assert switched(every, off=[name]) != every
    assert (
        len(switched(every, off=["place"]).changes()) == len(switched(every, off=["rotation"]).changes()) == 6
    )
    assert len(switched(every, off=["place", "rotation"]).changes()) == 5
    assert Augmentation().changes() == [flip, colour], "those that brought something on unseen games"
    with pytest.raises(ValueError, match="no change called 'sharpening'"):
        switched(every, off=["sharpening"])


def test_without_place_a_clip_is_only_turned_and_without_rotation_only_moved():
    # A square in the very middle: turned it stays there, shifted it does not.
    clip = np.zeros((1, 61, 61, 3), np.uint8)
    clip[:, 20:41, 20:41] = 255
    turned = move(clip, np.random.default_rng(2), place=False)
    assert abs(np.argwhere(turned[0, :, :, 0] > 127).mean(axis=0) - 30).max() < 0.6
    assert not np.array_equal(turned, clip)
    moved = move(clip, np.random.default_rng(2), rotation=False)
    rows, columns = np.nonzero(moved[0, :, :, 0] > 127)
    assert len(rows) == (np.ptp(rows) + 1) * (np.ptp(columns) + 1)  # upright still
    assert (rows.mean(), columns.mean()) != (30, 30)


def outcome() -> Predictions:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 600)
    logits = rng.normal(0, 1, (600, 3)).astype(np.float32)
    logits[np.arange(600), truth] += 1.5
    return Predictions(logits * 3, truth)  # three times too sure


def test_a_network_too_sure_of_itself_is_cooled_down():
    result = outcome()
    temperature = fit_temperature(result)
    assert 2.0 < temperature < 4.0
    hot, cool = result.probabilities(), result.probabilities(temperature)
    assert calibration_error(cool, result.truth) < calibration_error(hot, result.truth) / 2


def test_calibration_error_on_a_case_counted_by_hand():
    rows = np.array([[0.8, 0.2]] * 10)
    truth = np.array([0] * 6 + [1] * 4)
    assert calibration_error(rows, truth) == pytest.approx(0.2)


def test_a_threshold_is_where_saying_the_label_pays_best():
    truth = np.array([1] * 10 + [0] * 10)
    # Label 1 has probability 0.33 where it is true, and 0.1 where not.
    share = np.where(truth == 1, 0.33, 0.1)
    logits = np.log(np.stack([1 - share, share], axis=1)).astype(np.float32)
    thresholds = fit_thresholds(Predictions(logits, truth), ("a", "b"), 1.0)
    assert 0.1 < thresholds["b"] <= 0.33
    assert thresholds["a"] > 0.67


def test_the_report_is_scikit_learns_with_the_accuracy_first():
    result = Predictions(np.eye(3, dtype=np.float32)[[0, 1, 2, 2]], np.array([0, 1, 2, 1]))
    text = report_text(result, ("a", "b", "c"))
    assert text.startswith("Test accuracy: 0.7500 on 4 clips")
    assert "precision    recall  f1-score   support" in text
    figures = report_json(result, ("a", "b", "c"), 1.0)
    assert figures["accuracy"] == 0.75
    assert figures["labels"]["b"]["recall"] == 0.5
    assert figures["confusion"] == [[1, 0, 0], [0, 1, 1], [0, 0, 1]]
    assert figures["macro_f1"] == pytest.approx((1 + 2 / 3 + 2 / 3) / 3)
