"""A model at chance level says so, and one above it does not."""

from __future__ import annotations

import numpy as np
import pytest

from bball_tag.checkpoint.contract import Contract
from bball_tag.clips import ClipSpec
from train.clip_images import Loading
from train.dataset import ClipDataset
from train.evaluation import Evaluation
from train.predictions import Predictions


def predictions(predicted: list[int], target: list[int], num_labels: int = 2) -> Predictions:
    return Predictions(np.eye(num_labels, dtype=np.float32)[predicted], np.array(target))


def test_guessing_is_what_the_same_labels_in_random_order_give():
    # Shares of the targets 3/4 and 1/4, of the predictions 1/2 each.
    assert predictions([0, 0, 1, 1], [0, 0, 0, 1]).guessing == pytest.approx(0.5)
    # Always the commonest label: its share.
    assert predictions([0, 0, 0, 0], [0, 0, 0, 1]).guessing == pytest.approx(0.75)


def test_balanced_accuracy_is_the_mean_recall_of_the_labels_that_occur():
    assert predictions([0, 0, 1, 1], [0, 0, 0, 1], 5).balanced_accuracy == pytest.approx((2 / 3 + 1) / 2)


@pytest.mark.parametrize(
    ("predicted", "target", "at_chance"),
    [
        ([0] * 100, [0] * 90 + [1] * 10, True),  # always the commonest: accuracy 0.9
        ([0, 1] * 50, [0, 0, 1, 1] * 25, True),
        ([0, 1] * 50, [0, 1] * 50, False),
        ([0, 1] * 30 + [1, 0] * 20, [0, 1] * 50, True),  # 0.6 of 100: exactly two standard errors
        ([0, 1] * 35 + [1, 0] * 15, [0, 1] * 50, False),
        ([0] * 80 + [1] * 20, [0] * 90 + [1] * 10, False),  # less accurate than the commonest label
        ([0, 1], [0, 1], True),  # two clips show nothing
    ],
)
def test_at_chance_is_within_two_standard_errors_of_guessing(predicted, target, at_chance):
    assert predictions(predicted, target).is_at_chance is at_chance


def test_the_report_says_it_in_one_line():
    dataset = ClipDataset([], Loading(ClipSpec()))
    contract = Contract(("a", "b"), ClipSpec())
    bad = Evaluation(contract, predictions([0] * 20, [0, 1] * 10), dataset)
    assert bad.fault == (
        "This checkpoint is no better than guessing on these 20 clips "
        "(accuracy 0.50; its labels in random order give 0.50)."
    )
    assert bad.report == f"{bad.table}\n{bad.fault}"
    good = Evaluation(contract, predictions([0, 1] * 10, [0, 1] * 10), dataset)
    assert (good.fault, good.report) == ("", good.table)
