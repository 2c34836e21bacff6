"""Who plays, and who is a referee, a substitute, the crowd, or outside the court."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bball_tag.players.identify import identify
from bball_tag.players.pieces import Piece
from bball_tag.players.who_counts import may_play, stay_long_enough
from tests.pieces import FPS, GREY, NAVY, SHOES, SIZE, WHITE, look, owners, piece, still, ten


def test_a_referee_is_other_and_has_no_team():
    found = identify([*ten(), piece(20, 0, 20, 500, look(GREY, 2), down=440.0)], FPS, SIZE)
    role = {player.id: (player.role, player.team) for player in found.players}
    assert role[owners(found)[20]] == ("other", "")
    assert sum(role == "player" for role, _ in role.values()) == 10


@pytest.mark.parametrize("absent", [(2, 3, 4, 7, 8, 9), (2, 3, 4, 7, 8)])
def test_many_who_wear_no_kit_are_players_and_not_referees(absent):
    shirts = [(200, 30, 40), (30, 120, 60), (240, 205, 50), (235, 120, 30), (230, 120, 170)]
    alone = piece(1, 0, 20, 400, look(NAVY, 0))
    assert [player.role for player in identify([alone], FPS, SIZE).players] == ["player"]
    others = [
        piece(11 + at, 0, 20, 200 + 220 * at, look(shirt, at), down=600.0, high=240.0)
        for at, shirt in enumerate(shirts)
    ]
    found = identify([*ten(skip=absent), *others[: len(absent) - 1]], FPS, SIZE)
    assert {player.role for player in found.players} == {"player"}
    assert sorted({player.team for player in found.players}) == ["", "navy", "white"]


def test_where_most_happen_to_wear_one_colour_the_others_play_too():
    # Seven in navy, two in white, and one in red: no two teams of five.
    wears = [look(NAVY, number % 5) for number in range(7)]
    wears += [look(WHITE, 3), look(WHITE, 1), look((195, 35, 40), 4)]
    pieces = [
        piece(1 + at, 0, 20, 150 + 230 * (at % 5), worn, down=400.0 + 90 * (at // 5), high=160)
        for at, worn in enumerate(wears)
    ]
    found = identify(pieces, FPS, SIZE)
    assert [(player.role, player.team) for player in found.players] == [("player", "")] * 10
    # Who names the teams says that there are two.
    named = identify(pieces, FPS, SIZE, teams=("white", "navy"))
    assert {player.team for player in named.players if player.role == "player"} == {"white", "navy"}


def test_what_the_detector_calls_a_referee_is_other():
    found = ten()
    referee = found[2]
    found[2] = Piece(
        3,
        *(getattr(referee, name) for name in ("instants", "boxes", "scores")),
        np.ones(len(referee.instants), bool),
        referee.colours,
        referee.moves,
    )
    assert identify(found, FPS, SIZE).players[2].role == "other"


def test_whom_the_detector_calls_a_referee_is_none_of_the_players_they_look_like():
    referee = piece(21, 12, 20, 860, look(WHITE, 3))
    referee = replace(referee, others=np.ones(len(referee.instants), bool))
    found = identify([*ten(skip=(3,)), piece(20, 0, 8, 840, look(WHITE, 3)), referee], FPS, SIZE)
    whose = owners(found)
    assert whose[21] != whose[20]
    assert {player.id: player.role for player in found.players}[whose[21]] == "other"


def test_the_crowd_does_not_count():
    crowd = [still(30 + at, 100 + 120 * at, 170.0, 110.0, SHOES[at % 5]) for at in range(9)]
    whose = owners(identify([*ten(), *crowd], FPS, SIZE))
    assert set(whose) == set(range(1, 11))


def test_what_the_detector_is_not_sure_of_hardly_counts():
    banner = piece(50, 4, 7, 500, look(WHITE, 2))
    boxes = np.broadcast_to(banner.boxes[:1], banner.boxes.shape).copy()
    banner = replace(
        banner, boxes=boxes, moves=np.zeros_like(banner.moves), scores=np.full_like(banner.scores, 0.2)
    )
    assert set(owners(identify([*ten(skip=(2,)), banner], FPS, SIZE))) == set(range(1, 11)) - {3}


def test_where_the_detector_is_sure_of_nobody_the_surest_play():
    dim = [replace(each, scores=np.full_like(each.scores, 0.3)) for each in ten()]
    assert set(owners(identify(dim, FPS, SIZE))) == set(range(1, 11))


def test_after_a_zoom_players_who_stand_still_count():
    """The frame shows them larger at the same place, as if they stood in a row of a stand."""
    zoom = np.ones(250)
    zoom[180:] = 1.5
    camera = np.tile(np.eye(2, 3), (250, 1, 1))
    camera[180, :, :2] *= 1.5
    camera[180, :, 2] = np.array([640, 400]) * (1 - 1.5)
    early = [replace(each, instants=each.instants) for each in ten(end=14)]
    late = []
    for each in ten(begin=15, first=11):
        boxes = np.broadcast_to(each.boxes[:1], each.boxes.shape) * 1.5
        boxes[:, :2] += np.array([640, 400]) * (1 - 1.5)
        late.append(replace(each, boxes=boxes.astype(np.float32), moves=0 * each.moves))
    whose = owners(identify([*early, *late], FPS, SIZE, camera=camera))
    inside = {each.id for each in late if 0 < each.boxes[0, 0] < SIZE[0]}
    assert len(inside) >= 5
    assert inside <= set(whose)


def test_a_side_that_nobody_is_followed_of_for_long_keeps_its_short_ids():
    sides, least = np.array([0, 0, 0, 1, 1, 1, -1, -1]), np.full(8, 3.0)
    seconds = np.array([20, 2, 2, 2.2, 2.1, 0.5, 2, 0.9])
    stays = stay_long_enough(sides, seconds, least)
    assert stays.tolist() == [True, False, False, True, True, False, False, False]


def test_substitutes_on_the_bench_in_the_same_kit_do_not_count():
    bench = [still(40 + at, 200 + 100 * at, 330.0, 90.0, NAVY) for at in range(4)]
    whose = owners(identify([*ten(), *bench], FPS, SIZE))
    assert set(whose) == set(range(1, 11))


def test_a_bench_in_a_third_colour_is_no_team():
    def kit(at):
        # In a hall with lamps at one side, light shirts vary by where they are.
        light = 0.55 + 0.1 * (at % 5)
        return (235 * light, 200 * light, 60 * light) if at < 5 else (40, 40, 75)

    players = [
        piece(at + 1, 0, 6, 150 + 230 * (at % 5), look(kit(at), at % 5), down=400.0 + 60 * (at // 5))
        for at in range(10)
    ]
    bench = []
    for at in range(5):
        sitting = piece(at + 11, 0, 6, 200 + 60 * at, look((18, 18, 18), at), down=470.0, seed=1)
        still = np.broadcast_to(sitting.boxes[:1], sitting.boxes.shape)
        bench.append(replace(sitting, boxes=still.copy(), moves=np.zeros_like(sitting.moves)))
    found = identify([*players, *bench], FPS, SIZE)
    whose, team = owners(found), {player.id: player.team for player in found.players}
    teams = [team[whose[number]] for number in range(1, 11)]
    assert len(set(teams[:5])) == len(set(teams[5:])) == 1
    assert teams[0] != teams[5]
    assert "" not in teams


def test_who_is_outside_the_court_does_not_count():
    court = np.array([(0, 350), (1280, 350), (1280, 520), (0, 520)], float)
    coach = piece(50, 0, 20, 600, look(NAVY, 2), down=650.0, high=250.0)
    assert 50 in owners(identify([*ten(skip=(7,)), coach], FPS, SIZE))
    assert 50 not in owners(identify([*ten(skip=(7,)), coach], FPS, SIZE, court=court))


@pytest.mark.parametrize(
    ("box", "plays"),
    [
        ((600, 300, 60, 150), True),
        ((600, 300, 90, 70), True),
        ((600, 300, 4, 10), False),
        ((600, 500, 200, 60), False),
        ((600, 640, 90, 80), False),
        ((600, 420, 150, 300), True),
    ],
    ids=[
        "player",
        "on the floor",
        "tiny",
        "lying strip",
        "head in the front row",
        "cut off by the lower edge",
    ],
)
def test_only_what_cannot_be_a_player_is_refused_at_once(box, plays):
    boxes = np.tile(np.array(box, np.float32), (12, 1))
    assert may_play(boxes, np.full(12, 0.6, np.float32), SIZE) is plays


def test_who_is_never_on_the_court_is_refused_at_once():
    court = np.array([(0, 350), (1280, 350), (1280, 520), (0, 520)], float)
    inside = np.tile(np.array([600, 300, 60, 150], np.float32), (12, 1))
    outside = inside + np.array([0, 250, 0, 0], np.float32)
    scores = np.full(12, 0.6, np.float32)
    assert may_play(inside, scores, SIZE, [court] * 12)
    assert not may_play(outside, scores, SIZE, [court] * 12)
    assert may_play(np.concatenate([outside[:8], inside[8:]]), scores, SIZE, [court] * 12)
