"""What people stand on, and what it says of who plays."""

from __future__ import annotations

from dataclasses import replace

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
    [found] = ground_below(image, box(100, 100), 200)
    assert found[:3] == pytest.approx(lab_of(WOOD), abs=0.1)
    assert found[3] < 0.1


def test_rows_of_people_below_the_feet_vary():
    image = court()
    image[150:, ::3] = NAVY
    assert ground_below(image, box(100, 100), 200)[0, 3] > 10


@pytest.mark.parametrize(
    "where", [box(100, 147), box(100, 180), box(-17, 100), box(396, 100), box(-90, -90), box(500, 100)]
)
def test_where_the_frame_ends_nothing_is_known(where):
    assert not ground_below(court(), where, 200).any()


def test_nobody_has_no_ground():
    assert ground_below(court(), np.zeros((0, 4)), 200).shape == (0, GROUND)


def test_where_the_region_ends_nothing_is_known():
    image = court()
    image[150:] = NAVY
    assert ground_below(image, box(100, 100), 200).any()
    assert not ground_below(image, box(100, 100), 150).any()


@pytest.mark.parametrize(
    ("nearer", "is_known"),
    [
        (box(95, 110, 30, 60), False),
        (box(92, 110, 16, 60), False),  # it covers half of what is below
        (box(92, 110, 12, 60), True),  # an eighth
        (box(95, 66, 30, 60), True),  # who stands farther off
    ],
)
def test_who_stands_in_front_is_not_what_somebody_stands_on(nearer, is_known):
    found = ground_below(court(), np.concatenate([box(100, 80), nearer]), 200)
    assert found[0].any() == is_known


def grounds(*colours):
    """What is below people, each on a floor of a colour or of several that take turns."""
    rng = np.random.default_rng(3)
    people = []
    for each in colours:
        own = np.array([np.append(lab_of(colour), 4.0) for colour in each])[np.arange(60) % len(each)]
        people.append(own + rng.normal(0, (4, 1.5, 1.5, 1), (60, GROUND)))
    return people


def unlike(people, plays, *, ids=None, starts=None, shot=None):
    """`unlike_floor` of people seen at 60 instants, ten a second, from `starts` on."""
    numbers = range(1, len(people) + 1) if ids is None else ids
    begin = [0] * len(people) if starts is None else starts
    pieces = [
        replace(piece(number, 0, 6, 0, look(NAVY, 0)), instants=np.arange(len(each)) + first)
        for number, each, first in zip(numbers, people, begin, strict=True)
    ]
    return unlike_floor(
        pieces, people, np.array(plays), np.zeros(len(people)) if shot is None else shot, 10.0
    )


def test_a_stand_is_unlike_the_floor_and_a_painted_area_that_others_cross_is_not():
    people = grounds(*[[WOOD, WOOD, WOOD, PAINT]] * 5, [PAINT], [STAND])
    found = unlike(people, [True] * 5 + [False] * 2)
    assert (found[:6] < 0.6).all()
    assert found[6] > 1


def test_rows_of_people_of_the_floors_mean_colour_are_unlike_it():
    people = grounds(*[[WOOD]] * 6)
    people[5][:, 3] += 25
    assert unlike(people, [True] * 6)[5] > 1


def test_nobody_vouches_for_themselves_in_parts_either():
    people = grounds(*[[WOOD]] * 5, [STAND])
    parts = [*people[:5], people[5][:20], people[5][20:40], people[5][40:]]
    assert unlike(people, [True] * 6)[5] > 1
    assert (unlike(parts, [True] * 8, ids=[1, 2, 3, 4, 5, 6, 6, 6])[5:] > 1).all()


def test_one_person_in_parts_does_not_show_the_floor():
    wood, stand = grounds([WOOD], [STAND])
    parts = [wood[:15], wood[15:30], wood[30:45], wood[45:], stand]
    assert not unlike(parts, [True] * 4 + [False], ids=[1, 1, 1, 1, 2]).any()


@pytest.mark.parametrize(("starts", "shot"), [(3000, 0), (60, 1)])
def test_a_short_scene_on_another_court_has_its_own_floor(starts, shot):
    people = grounds(*[[WOOD]] * 30, *[[STAND]] * 4)
    where = {"starts": [0] * 30 + [starts] * 4, "shot": np.array([0] * 30 + [shot] * 4)}
    assert (unlike(people, [True] * 34, **where) < 0.6).all()
    few = {name: values[:33] for name, values in where.items()}
    assert not unlike(people[:33], [True] * 33, **few)[30:].any()


@pytest.mark.parametrize("known", [0, 4])
def test_too_little_says_nothing(known):
    people = grounds(*[[WOOD]] * 5, [STAND])
    people[5][known:] = 0
    assert unlike(people, [True] * 6)[5] == 0
    assert not unlike(people, [True] * 2 + [False] * 4).any()
    assert not unlike([each[:, :0] for each in people], [True] * 6).any()


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


def test_a_few_odd_shirts_in_a_game_of_two_kits_are_no_players_of_their_own():
    odd = piece(20, 0, 9, 640, look((70, 140, 80), 2), step=0.05, down=520.0)
    found = identify(dressed([*ten(), odd], -2.0), FPS, SIZE)
    assert [player.role for player in found.players].count("other") == 1


@pytest.mark.parametrize(("log_odds", "is_named_other"), [(0.0, False), (-2.0, True)])
def test_a_referee_of_a_pick_up_game_does_not_play(log_odds, is_named_other):
    [referee] = dressed([piece(20, 0, 20, 640, look((150, 150, 220), 2), step=0.05, down=520.0)], log_odds)
    referee = replace(referee, others=np.full(len(referee.instants), is_named_other))
    found = identify([*dressed(a_pick_up_game(), -2.0), referee], FPS, SIZE)
    roles = {player.id: player.role for player in found.players}
    assert roles.pop(owners(found)[20]) == "other"
    assert set(roles.values()) == {"player"}


def test_scraps_of_badly_seen_shirts_are_no_players():
    scraps = [
        piece(20 + at, 0.65 * at, 0.65 * at + 1.5, 100 + 11 * at, look((70, 140, 80), 2), down=520.0)
        for at in range(90)
    ]
    found = identify(dressed([*ten(0.0, 60.0), *scraps], -2.0), FPS, SIZE)
    assert [player.role for player in found.players].count("player") <= 12
