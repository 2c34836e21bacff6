"""The court that a person gives: corners in any order, and what is no court."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from bball_tag.errors import OptionError
from bball_tag.given import scoring_options
from bball_tag.players.court import is_seen
from bball_tag.players.who_counts import outside

CORNERS = [(100, 200), (540, 190), (640, 424), (0, 420)]
POINTS = np.array([(320.0, 300.0), (110, 205), (320, 100), (20, 250), (630, 250), (320, 430)])


def court(corners):
    return scoring_options(court=" ".join(f"{x},{y}" for x, y in corners)).court


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_corners_in_any_order_are_the_same_court(order):
    found = outside(POINTS, np.array(court([CORNERS[at] for at in order])))
    np.testing.assert_allclose(found, outside(POINTS, np.array(CORNERS)), atol=1e-3)


def test_corners_that_lead_around_stay_as_they_are_also_if_one_points_inwards():
    corners = ((0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (60.0, 40.0), (0.0, 100.0))
    assert court(corners) == corners


@pytest.mark.parametrize(
    "corners", [[(5, 5)] * 3, [(0, 0), (10, 10), (20, 20)], [(0, 200), (640, 200), (0, 200), (640, 200)]]
)
def test_corners_that_enclose_nothing_are_refused(corners):
    with pytest.raises(OptionError, match="enclose nothing"):
        court(corners)


@pytest.mark.parametrize(
    ("corners", "seen"),
    [
        (CORNERS, True),
        ([(-50, -50), (700, -50), (700, 500), (-50, 500)], True),
        ([(700, 500), (800, 500), (800, 600)], False),
        ([(-90, 10), (-10, 10), (-10, 90)], False),
    ],
)
def test_a_court_beside_the_frame_is_not_seen(corners, seen):
    assert is_seen(corners, (640, 424)) == seen
