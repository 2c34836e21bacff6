"""Boxes as a detector finds them, and the figures of following them."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.degrade import DetectorFaults, TrueFrame, degrade, hidden_shares
from benchmarks.tracking_figures import Followed, figures, wrong_joins

SIZE = (1280, 720)
FLAWLESS = DetectorFaults(missed=0.0, jitter=0.0, false_boxes=0.0, scores=(0.8, 0.0, 0.0))


def frames(count=50) -> list[TrueFrame]:
    boxes = np.array([[100.0, 300, 40, 100], [600, 300, 40, 100]])
    return [TrueFrame(np.array([7, 9]), boxes + np.array([3 * step, 0, 0, 0])) for step in range(count)]


def degraded(faults, truth=None, seed=0):
    return degrade(truth or frames(), np.random.default_rng(seed), fps=12.5, size=SIZE, faults=faults)


def test_a_flawless_detector_finds_everybody_where_they_are():
    for found, true in zip(degraded(FLAWLESS), frames(), strict=True):
        order = np.argsort(found.owners)
        assert found.owners[order].tolist() == [7, 9]
        np.testing.assert_allclose(found.detections.boxes[order], true.boxes)


def test_the_same_seed_gives_the_same_faults():
    one, other = degraded(DetectorFaults()), degraded(DetectorFaults())
    assert all(
        np.array_equal(a.detections.boxes, b.detections.boxes) for a, b in zip(one, other, strict=True)
    )


def test_who_stands_behind_another_is_hidden_by_as_much_as_the_boxes_share():
    boxes = np.array([[0.0, 0, 40, 100], [20, 10, 40, 100], [500, 0, 40, 100]])
    np.testing.assert_allclose(hidden_shares(boxes), [0.45, 0, 0], atol=0.05)


def test_who_cannot_be_seen_is_mostly_missed():
    truth = [TrueFrame(one.ids, one.boxes, np.array([0.1, 1.0])) for one in frames(200)]
    owners = np.concatenate([one.owners for one in degraded(FLAWLESS, truth)])
    assert (owners == 9).sum() == 200
    assert (owners == 7).sum() < 30


def test_figures_of_perfect_following_and_of_one_switch():
    """Of 100 boxes, one id covers 75: 50 of its own and 25 that the other lost."""
    truth = frames()
    boxes, owners = [one.boxes for one in truth], [one.ids for one in truth]
    perfect = figures([Followed(truth, boxes, owners, owners, 12.5)])
    assert (perfect.hota, perfect.idf1, perfect.switches, perfect.ids, perfect.impure) == (100, 100, 0, 1, 0)
    swapped = [ids if step < 25 else np.array([7, 8]) for step, ids in enumerate(owners)]
    split = figures([Followed(truth, boxes, swapped, owners, 12.5)])
    assert split.switches == pytest.approx(1 / (50 / 12.5 / 60))
    assert split.ids == 1.5


def test_a_join_of_two_people_is_counted_as_wrong():
    """Player 1 has pieces 1 and 2 of person 7, and piece 3 of person 9."""
    pieces = [np.array([1]), np.array([2]), np.array([3])]
    owners = [np.array([7]), np.array([7]), np.array([9])]
    assert wrong_joins([np.array([1])] * 3, pieces, owners) == (2, 1)
