"""Who plays, by what people wear below the shirt."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bball_tag.players.appearance import ATTIRE
from bball_tag.players.dressed import attires_of, dressed_odds, settled_attire, without_attire
from bball_tag.players.identify import identify
from bball_tag.players.pieces import part_of
from tests.pieces import FPS, NAVY, SIZE, WHITE, dressed, look, owners, piece, ten


def test_who_is_in_trousers_of_a_teams_colour_is_other_and_not_of_the_team():
    coach = piece(20, 0, 20, 1150, look(NAVY, 2), down=450.0)
    found = identify([*dressed(ten(), -2.0), *dressed([coach], 2.0)], FPS, SIZE)
    by_piece = owners(found)
    roles = {player.id: (player.role, player.team) for player in found.players}
    assert roles[by_piece[20]] == ("other", "")
    assert sorted(role for role, _ in roles.values()) == ["other"] + ["player"] * 10


@pytest.mark.parametrize("log_odds", [-3.0, 0.0, 0.9])
def test_a_player_of_a_team_who_stands_counts_while_the_clothes_may_be_a_players(log_odds):
    stands = piece(20, 0, 20, 1150, look(NAVY, 2), down=450.0)
    still = np.broadcast_to(stands.boxes[:1], stands.boxes.shape)
    stands = replace(stands, boxes=still.copy(), moves=np.zeros_like(stands.moves))
    seen = [*dressed(ten(skip=(9,)), -3.0), *dressed([stands], log_odds)]
    assert 20 in owners(identify(seen, FPS, SIZE))


@pytest.mark.parametrize("log_odds", [1.2, 2.0, 4.0])
def test_where_a_whole_team_plays_in_trousers_both_teams_count(log_odds):
    found = identify([*dressed(ten()[:5], log_odds), *dressed(ten()[5:], -2.0)], FPS, SIZE)
    assert [player.team for player in found.players] == ["white"] * 5 + ["navy"] * 5
    assert {player.role for player in found.players} == {"player"}


@pytest.mark.parametrize(("log_odds", "seconds"), [(2.0, 20.0), (3.0, 1.0), (2.0, 0.7)])
def test_somebody_alone_in_trousers_plays(log_odds, seconds):
    found = identify(dressed([piece(1, 0, seconds, 400, look(NAVY, 2), step=0.3)], log_odds), FPS, SIZE)
    assert len(found.players) == 1


def test_where_all_who_are_seen_for_a_moment_stand_in_trousers_all_play():
    people = [piece(at + 1, 0, 1.5, 200 + 250 * at, look((WHITE, NAVY)[at % 2], at)) for at in range(4)]
    still = [
        replace(each, boxes=np.repeat(each.boxes[:1], len(each.boxes), axis=0), moves=0 * each.moves)
        for each in people
    ]
    assert len(identify(dressed(still, 4.0), FPS, SIZE).players) == 4


def test_clothes_speak_for_who_is_dressed_to_play_and_not_where_nobodys_are_known():
    says = dressed_odds(np.array([-4.0, -1.0, 0.0, 3.0]))
    assert says[0] > 0 > says[2] == says[3]
    assert says[0] > says[1] > says[2]
    assert not dressed_odds(np.zeros(3)).any()


def test_one_who_plays_for_two_seconds_beside_a_coach_counts():
    coach = piece(2, 0, 20, 900, look(WHITE, 1))
    player = piece(1, 0, 2.2, 400, look(NAVY, 2), step=0.3)
    assert 1 in owners(identify([*dressed([coach], 3.0), *dressed([player], -3.0)], FPS, SIZE))


@pytest.mark.parametrize("log_odds", [1.5, 3.0])
def test_many_coaches_beside_two_teams_leave_the_teams(log_odds):
    coaches = [
        piece(20 + at, 0, 20, 200 + 140 * at, look((WHITE, NAVY)[at % 2], at % 5), down=430.0)
        for at in range(6)
    ]
    found = identify([*dressed(ten(), -2.0), *dressed(coaches, log_odds)], FPS, SIZE)
    whose, role = owners(found), {player.id: player.role for player in found.players}
    assert {role[whose[number]] for number in range(1, 11)} == {"player"}
    assert {role[whose[number]] for number in range(20, 26) if number in whose} == {"other"}


def test_a_coach_who_looks_like_a_player_is_not_that_player_later():
    player, coach = piece(20, 0, 8, 840, look(WHITE, 3)), piece(21, 9, 20, 840, look(WHITE, 3))
    seen = [*dressed([*ten(skip=(3,)), player], -2.0), *dressed([coach], 3.0)]
    whose = owners(identify(seen, FPS, SIZE))
    assert whose.get(21) != whose[20]


@pytest.mark.parametrize(("seconds", "counts"), [(20.0, True), (1.5, False)])
def test_in_a_pick_up_game_who_stays_in_trousers_plays_and_who_passes_by_in_them_does_not(seconds, counts):
    shirts = [(200, 30, 40), (30, 90, 200), (240, 200, 40), (30, 120, 60), (130, 45, 90), (20, 20, 20)]
    people = [
        piece(at + 1, 0, 20, 150 + 180 * at, look(shirts[at], at % 5), step=0.02) for at in range(len(shirts))
    ]
    people[5] = piece(6, 0, seconds, 1050, look(shirts[5], 0), step=0.3)
    found = identify([*dressed(people[:5], -2.0), *dressed([people[5]], 2.5)], FPS, SIZE)
    plays = {player.id for player in found.players if player.role == "player"}
    playing = {piece for piece, player in owners(found).items() if player in plays}
    assert playing == ({1, 2, 3, 4, 5, 6} if counts else {1, 2, 3, 4, 5})


def test_parts_of_a_piece_are_dressed_as_the_whole_and_what_is_not_known_does_not_count():
    (coach,) = dressed([piece(1, 0, 2, 400, look(NAVY, 2))], 3.0)
    coach.colours[:5, ATTIRE] = 0.0
    coach.colours[5:10, ATTIRE] = 1.0
    mean = (5 * 1.0 + 15 * 3.0) / 20
    assert attires_of([coach]) == pytest.approx([mean])
    assert attires_of([part_of(coach, 0, 5)]) == pytest.approx([0.0])
    settled = settled_attire(coach)
    assert attires_of([part_of(settled, 0, 5), part_of(settled, 5, 10)]) == pytest.approx([mean, mean])
    assert attires_of([without_attire(coach), piece(2, 0, 2, 400, look(NAVY, 2))]) == pytest.approx([0, 0])
