"""What people stand on, and what it says of who plays."""

from __future__ import annotations

import numpy as np
import pytest

from bball_tag.players.appearance import UNDERFOOT
from bball_tag.players.ground import GROUND, ground_below, unlike_floor
from bball_tag.players.identify import identify
from bball_tag.players.kits import lab_of
from tests.pieces import FPS, NAVY, SIZE, WHITE, dressed, look, owners, piece, standing_on, ten

WOOD, PAINT, STAND = (205, 170, 120), (120, 40, 50), (45, 40, 60)


def court(rows=200, columns=400):
    return np.full((rows, columns, 3), WOOD, np.uint8)


def box(left, top, width=20.0, height=50.0):
    return np.array([[left, top, width, height]])


def test_the_colour_below_the_feet_is_the_floors():
    image = court()
    image[:150, 95:125] = NAVY
    [found] = ground_below(image, box(100, 100))
    assert found[:3] == pytest.approx(lab_of(WOOD), abs=0.1)
    assert found[3] < 0.1


def test_rows_of_people_below_the_feet_vary():
    image = court()
    image[150:, ::3] = NAVY
    assert ground_below(image, box(100, 100))[0, 3] > 10


@pytest.mark.parametrize(
    "where", [box(100, 149), box(100, 180), box(-17, 100), box(396, 100), box(-90, -90), box(500, 100)]
)
def test_where_the_frame_ends_nothing_is_known(where):
    assert not ground_below(court(), where).any()


def test_nobody_has_no_ground():
    assert ground_below(court(), np.zeros((0, 4))).shape == (0, GROUND)


def test_who_stands_in_front_is_not_what_somebody_stands_on():
    behind, nearer = box(100, 80), box(95, 110, 30, 60)
    found = ground_below(court(), np.concatenate([behind, nearer]))
    assert not found[0].any()
    assert found[1].any()


def grounds(*colours):
    """What is below people, each on a floor of a colour or of several that take turns."""
    rng = np.random.default_rng(3)
    people = []
    for each in colours:
        own = np.array([np.append(lab_of(colour), 4.0) for colour in each])[np.arange(60) % len(each)]
        people.append(own + rng.normal(0, (4, 1.5, 1.5, 1), (60, GROUND)))
    return people


def test_a_stand_is_unlike_the_floor_and_a_painted_area_that_others_cross_is_not():
    people = grounds(*[[WOOD, WOOD, WOOD, PAINT]] * 5, [PAINT], [STAND])
    found = unlike_floor(people, np.array([True] * 5 + [False] * 2))
    assert (found[:6] < 0.6).all()
    assert found[6] > 1


def test_whoever_stands_alone_on_a_floor_does_not_show_what_it_looks_like():
    people = grounds(*[[WOOD]] * 5, [STAND])
    assert unlike_floor(people, np.ones(6, bool))[5] > 1


@pytest.mark.parametrize("known", [0, 4])
def test_too_little_says_nothing(known):
    people = grounds(*[[WOOD]] * 5, [STAND])
    people[5][known:] = 0
    assert unlike_floor(people, np.ones(6, bool))[5] == 0
    assert not unlike_floor(people, np.array([True] * 3 + [False] * 3)).any()
    nothing = [each[:, :0] for each in people]
    assert not unlike_floor(nothing, np.ones(6, bool)).any()


def test_who_stands_in_the_rows_in_a_teams_colour_does_not_count():
    photographer = dressed([piece(20, 0, 20, 1150, look(NAVY, 2), down=400.0)], 0.0)
    players = standing_on(dressed(ten(skip=(9,)), -2.0), WOOD)
    for ground, counts in ((STAND, False), (WOOD, True)):
        found = identify([*players, *standing_on(photographer, ground, seed=1)], FPS, SIZE)
        assert (20 in owners(found)) == counts
        assert len(owners(found)) == 9 + counts


def test_a_court_of_which_nothing_is_known_keeps_everybody():
    pieces = standing_on(dressed(ten(), -2.0), WOOD)
    for each in pieces[5:]:
        each.colours[:, UNDERFOOT:] = 0
    found = identify(pieces, FPS, SIZE)
    assert len(owners(found)) == 10


def a_pick_up_game():
    """Ten who play in shirts of many colours, of which two are common enough to pass for kits."""
    shirts = [WHITE] * 4 + [NAVY] * 3 + [(200, 60, 50), (70, 140, 80), (230, 190, 60)]
    return [
        piece(at + 1, 0, 20, 60 + 118 * at, look(shirt, at % 5), step=0.05, down=400.0 + 9 * at)
        for at, shirt in enumerate(shirts)
    ]


def test_who_is_dressed_to_play_plays_in_whatever_shirt():
    found = identify(dressed(a_pick_up_game(), -2.0), FPS, SIZE)
    assert len(owners(found)) == 10
    assert {player.role for player in found.players} == {"player"}
