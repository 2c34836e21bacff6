"""Where the game is played, by where people run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bball_tag.players.floor import beyond_play
from bball_tag.players.identify import identify
from bball_tag.players.places import feet_of
from tests.pieces import FPS, NAVY, SIZE, WHITE, look, owners, piece, ten


def runner(number, seconds, left, right, down):
    """Return somebody in shorts who runs to and fro."""
    one = piece(number, 0, seconds, left, look(WHITE, number % 5), down=down)
    phase = np.abs(((one.instants / FPS * 2.0 + number) % 8) - 4) / 4
    boxes = one.boxes.copy()
    boxes[:, 0] = left + (right - left) * phase
    return replace(one, boxes=boxes, moves=np.full_like(one.moves, 1.5))


def stander(number, seconds, along, down, wears=WHITE):
    one = piece(number, 0, seconds, along, look(wears, number % 5), down=down)
    boxes = np.broadcast_to(one.boxes[:1], one.boxes.shape).copy()
    return replace(one, boxes=boxes, moves=np.zeros_like(one.moves))


def beyond(people, *, travel, attire=None, shot=None):
    feet = [feet_of(each.boxes) for each in people]
    heights = np.array([float(np.median(each.boxes[:, 3])) for each in people])
    dressed = np.zeros(len(people)) if attire is None else np.array(attire)
    shots = np.zeros(len(people), int) if shot is None else np.array(shot)
    return beyond_play(people, feet, heights, np.array(travel), dressed, shots, FPS)


def running(seconds):
    return [runner(number + 1, seconds, 200, 1000, 380.0 + 60 * number) for number in range(5)]


def test_who_stands_among_those_who_run_is_not_beyond_and_who_stands_past_them_is():
    people = [*running(30), stander(8, 30, 600, 500.0), stander(9, 30, 600, 270.0)]
    found = beyond(people, travel=[5] * 5 + [0, 0])
    assert found[:6].tolist() == [0] * 6
    # 110 pixels past the nearest line of feet, of 160 that a person is high; a quarter is added.
    assert found[6] == pytest.approx(110 / 160 + 0.25, abs=0.03)


def test_with_little_running_only_who_is_far_away_is_beyond():
    people = [*running(8), stander(8, 8, 600, 360.0), stander(9, 8, 600, 150.0)]
    found = beyond(people, travel=[5] * 5 + [0, 0])
    assert found[5] == 0
    assert found[6] > 0.5


def test_three_who_run_say_nothing_of_those_who_stand():
    far = stander(9, 60, 600, 150.0)
    assert beyond([*running(60)[:3], far], travel=[5] * 3 + [0])[-1] == 0
    assert beyond([*running(60)[:4], far], travel=[5] * 4 + [0])[-1] > 0.5


def test_where_people_ran_minutes_ago_says_nothing():
    runs = running(40)
    early, late = stander(8, 20, 600, 150.0), piece(9, 300, 320, 600, look(WHITE, 2), down=150.0)
    assert beyond([*runs, early], travel=[5] * 5 + [0])[-1] > 0.5
    assert beyond([*runs, late], travel=[5] * 5 + [0])[-1] == 0


def test_where_nobody_runs_nobody_is_beyond():
    people = [stander(number + 1, 30, 100 + 200 * number, 400.0) for number in range(6)]
    assert beyond(people, travel=[0] * 6).tolist() == [0] * 6
    assert beyond([*running(1), people[0]], travel=[5] * 5 + [0]).tolist() == [0] * 6


def test_who_runs_in_trousers_or_in_another_shot_says_nothing():
    far = [runner(7, 30, 200, 1000, 200.0), runner(8, 30, 200, 1000, 200.0)]
    people = [*running(30), *far, stander(9, 30, 600, 270.0)]
    travel = [5] * 7 + [0]
    assert beyond(people, travel=travel)[-1] == 0
    assert beyond(people, travel=travel, attire=[-3] * 5 + [3, 3, -3])[-1] > 0.5
    assert beyond(people, travel=travel, shot=[0] * 5 + [1, 1, 0])[-1] > 0.5


def test_substitutes_at_the_side_line_do_not_count_though_they_stand_upright_in_a_kit():
    people = [runner(number, 20, 150, 1100, 330.0 + 35 * number) for number in range(1, 5)]
    others = [replace(each, id=each.id + 5) for each in ten(skip=(0, 1, 2, 3, 4))]
    waiting = [stander(20 + at, 20, 400 + 150 * at, 260.0, (WHITE, NAVY)[at % 2]) for at in range(3)]
    whose = owners(identify([*people, *others, *waiting], FPS, SIZE))
    assert not {20, 21, 22} & set(whose)
    assert {1, 2, 3, 4} <= set(whose)
