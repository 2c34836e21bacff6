"""Teaching the detector: what it is shown, which cells answer for whom, and what counts as wrong."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "sample_videos"))

from detector_training import answering, decoded, losses
from detector_views import MOST, SIDE, recorded, view

CELLS = sum((SIDE // stride) ** 2 for stride in (8, 16, 32))


def boxes_at(cells: dict[int, tuple[float, float, float, float, float, float]]) -> torch.Tensor:
    """Return what a detector says that is sure of some cells, and of nothing else, shape (1, CELLS, 6)."""
    boxes = torch.zeros(1, CELLS, 6)
    boxes[..., 2:4] = -9
    for cell, numbers in cells.items():
        boxes[0, cell] = torch.tensor(numbers)
    return boxes


def people(*rows: tuple[float, ...]) -> torch.Tensor:
    result = torch.full((1, MOST, 5), -1.0)
    for at, row in enumerate(rows):
        result[0, at] = torch.tensor(row)
    return result


def test_a_cell_says_centre_and_size_relative_to_itself():
    # The second line of the finest grid begins after 52 cells; its third cell begins 16 pixels from the left.
    places = decoded(boxes_at({54: (0.5, 0.25, np.log(2), np.log(5), 1, 1)}))
    assert places[0, 54].tolist() == pytest.approx([20, 10, 16, 40])
    # The last cell of the coarsest grid begins 32 pixels before the end.
    assert places[0, -1, :2].tolist() == [SIDE - 32, SIDE - 32]


def test_the_cells_that_answer_for_a_person_are_those_with_the_best_boxes_near_the_middle():
    places = torch.zeros(CELLS, 4)
    places[:, 2:] = 1.0
    good, far = 52 * 10 + 10, 52 * 40 + 40
    places[good] = places[far] = torch.tensor([84.0, 84.0, 20.0, 40.0])
    cells, whom, iou = answering(places, torch.full((CELLS,), 0.5), torch.tensor([[84.0, 84.0, 20.0, 40.0]]))
    assert cells.tolist() == [good]
    assert whom.tolist() == [0]
    assert iou.tolist() == pytest.approx([1.0], abs=1e-4)


def test_a_cell_that_fits_two_people_answers_for_the_better_one():
    places = torch.zeros(CELLS, 4)
    places[:, 2:] = 1.0
    between = 52 * 10 + 10
    places[between] = torch.tensor([84.0, 84.0, 20.0, 40.0])
    who = torch.tensor([[84.0, 84.0, 20.0, 40.0], [88.0, 84.0, 20.0, 40.0]])
    cells, whom, _ = answering(places, torch.full((CELLS,), 0.5), who)
    assert whom[cells.tolist().index(between)] == 0
    assert len(set(cells.tolist())) == len(cells)


def test_right_boxes_cost_nothing_and_missed_and_invented_people_do():
    cell = 52 * 10 + 10
    right = (0.5, 0.5, np.log(2.5), np.log(5), 1.0, 1.0)
    somebody = people((74.0, 64.0, 94.0, 104.0, 1.0))
    assert losses(boxes_at({cell: right}), somebody).tolist() == pytest.approx([0, 0, 0], abs=0.02)
    place, anything, person = losses(boxes_at({cell: (*right[:4], 0.1, 0.1)}), somebody).tolist()
    assert place == pytest.approx(0, abs=0.01)
    assert anything == pytest.approx(-np.log(0.1), abs=0.02)
    assert person == pytest.approx(-np.log(0.1), abs=0.02)
    assert losses(boxes_at({cell: right}), people()).tolist() == pytest.approx(
        [0, -np.log(1e-6), 0], rel=0.02
    )


def test_a_detector_may_say_either_about_somebody_who_is_mostly_hidden():
    cell = 52 * 10 + 10
    hidden = people((74.0, 64.0, 94.0, 104.0, 0.0))
    assert losses(boxes_at({cell: (0.5, 0.5, 1.0, 1.0, 0.9, 0.9)}), hidden).sum() < 0.01


@pytest.mark.parametrize("number", range(12))
def test_people_are_where_a_view_says_they_are(number):
    rng = np.random.default_rng(number)
    image = np.zeros((360, 640, 3), np.uint8)
    image[120:240, 300:340] = 255
    seen, rows = view(image, np.array([[300.0, 120.0, 340.0, 240.0, 1.0, 1.0]]), rng)
    white = np.argwhere((seen > 200).all(axis=2))
    found = rows[rows[:, 4] >= 0]
    assert len(found) == (len(white) > 0)
    if len(found):
        top, left = white.min(axis=0)
        bottom, right = white.max(axis=0) + 1
        room = 0.015 * 120 * 1.6
        assert found[0, :4] == pytest.approx([left, top, right, bottom], abs=room + 3)


def test_who_is_hidden_is_left_open_and_who_is_out_of_view_is_not_mentioned():
    rng = np.random.default_rng(3)
    there = [250.0, 100.0, 300.0, 250.0, 0.9, 1.0]
    hidden, outside = [260.0, 110.0, 310.0, 240.0, 0.1, 1.0], [5000.0, 100.0, 5050.0, 250.0, 0.0, 0.0]
    _, rows = view(np.zeros((416, 416, 3), np.uint8), np.array([there, hidden, outside]), rng)
    assert rows[:, 4].tolist() == [1.0, 0.0] + [-1.0] * (MOST - 2)


def test_the_same_view_is_recorded_in_many_ways():
    image = np.full((SIDE, SIDE, 3), 90, np.uint8)
    seen = [recorded(image, np.random.default_rng(number)) for number in range(6)]
    assert {(each.shape, str(each.dtype)) for each in seen} == {((SIDE, SIDE, 3), "uint8")}
    assert len({each.tobytes() for each in seen}) == 6
