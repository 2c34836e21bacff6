"""The benchmark of learning: videos apart, rounds of a user, and the new label that only the world knows."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

import learning
import learning_data
import learning_real

from bball_tag.learning.heads import Head


def test_labels_needed_are_read_off_between_two_budgets():
    assert learning.needed([10, 25, 50], [0.3, 0.5, 0.6], 0.55) == pytest.approx(37.5)
    assert learning.needed([10, 25], [0.3, 0.5], 0.2) == 10
    assert learning.needed([10, 25], [0.3, 0.5], 0.6) == float("inf")


def clips(count: int) -> learning_data.Labelled:
    """Clips of two players, five seconds apart, of two labels that one input tells apart."""
    number = np.arange(count)
    sign = np.where(number % 2 == 0, 1.0, -1.0)
    inputs = np.stack([sign, np.ones(count)], axis=1).astype(np.float32)
    labels = np.where(sign > 0, "run", "walk")
    games = np.zeros(count, np.int64)
    return learning_data.Labelled(
        inputs, labels, games, (number % 4 // 2).astype(str), number * 5.0, number * 5.0 + 1
    )


@pytest.mark.parametrize("way", ["random", "suggest"])
def test_no_clip_is_judged_twice_and_each_budget_is_spent(way):
    pool = clips(60)
    head, done = Head(("run", "walk"), {"rgb": 1}, np.zeros((2, 2))), np.zeros(60, bool)
    for count in (10, 25, 25):
        some = learning.chosen(way, head, pool, done, count, np.random.default_rng(0))
        assert len(set(some.tolist())) == count
        assert not done[some].any()
        done[some] = True


def test_a_label_that_is_judged_becomes_one_of_the_head():
    head = learning.fitted(clips(40), Head(("run", "jump"), {"rgb": 1}, np.zeros((2, 2))))
    assert head.labels == ("run", "jump", "walk")
    assert learning.macro_f1(head, clips(8)) == 1.0


def test_real_clips_are_judged_and_tested_on_other_videos():
    videos = np.repeat(np.arange(5), [40, 30, 20, 6, 4])
    real = learning_real.Real(np.zeros((100, 2), np.float32), np.zeros(100, np.int64), videos)
    for judged, test in learning_real.halves(real, 20):
        assert not set(videos[judged].tolist()) & set(videos[test].tolist())
        assert len(judged) + len(test) == 100
        assert len(judged) >= 30
        assert len(test) > 0


def test_a_stream_that_is_left_out_is_unknown():
    head = Head(("a", "b"), {"rgb": 1, "pose": 1}, np.ones((4, 2)))
    real = learning_real.Real(np.ones((3, 4), np.float32), np.array([0, 0, 1]), np.arange(3))
    assert learning_real.without(real, head, ("rgb",)).inputs[0].tolist() == [1, 1, 0, 0]
    assert real.inputs[0].tolist() == [1, 1, 1, 1]
