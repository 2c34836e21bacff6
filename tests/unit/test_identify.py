"""Whose pieces belong together, and for which team."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from bball_tag.players.identify import Identities, Player, Share, identify, tracks_of
from bball_tag.players.pieces import Piece
from bball_tag.video.cuts import Transition
from tests.pieces import FPS, NAVY, SIZE, WHITE, look, owners, piece, ten


def test_ten_players_get_ids_in_order_of_appearance_and_the_teams_are_named_by_colour():
    found = identify(ten(), FPS, SIZE)
    assert [player.id for player in found.players] == [str(number) for number in range(1, 11)]
    assert [player.team for player in found.players] == ["white"] * 5 + ["navy"] * 5
    assert {player.role for player in found.players} == {"player"}
    assert all(abs(a - b) < 12 for a, b in zip(found.players[9].colour, NAVY, strict=True))
    assert all(player.sureness > 0.8 for player in found.players)


def test_nobody_gives_nobody():
    assert identify([], FPS, SIZE).players == ()


def test_a_gap_of_a_moment_does_not_change_who_it_is():
    pieces = [*ten(skip=(3,)), piece(20, 0, 8, 840, look(WHITE, 3)), piece(21, 8.4, 20, 840, look(WHITE, 3))]
    whose = owners(identify(pieces, FPS, SIZE))
    assert whose[20] == whose[21]
    assert len(set(whose.values())) == 10


def test_who_leaves_and_returns_is_known_again_if_the_others_are_in_sight():
    pieces = [
        *ten(skip=(3,), end=30),
        piece(20, 0, 8, 840, look(WHITE, 3)),
        piece(21, 20, 30, 300, look(WHITE, 3)),
    ]
    whose = owners(identify(pieces, FPS, SIZE))
    assert whose[20] == whose[21]


def test_somebody_who_looks_otherwise_is_another():
    pieces = [
        *ten(skip=(3,), end=30),
        piece(20, 0, 8, 840, look(WHITE, 3)),
        piece(21, 20, 30, 300, look(WHITE, 0)),
    ]
    whose = owners(identify(pieces, FPS, SIZE))
    assert whose[20] != whose[21]


def test_nobody_runs_faster_than_people_do():
    early, late = piece(20, 0, 8, 100, look(WHITE, 3)), piece(21, 8.2, 20, 1200, look(WHITE, 3))
    whose = owners(identify([*ten(skip=(3,)), early, late], FPS, SIZE))
    assert whose[20] != whose[21]


def test_the_movement_of_the_camera_is_taken_out():
    """The camera turns away by 1000 pixels while the player is out of sight."""
    camera = np.tile(np.eye(2, 3), (250, 1, 1))
    gap = slice(round(8 * FPS), round(9 * FPS))
    camera[gap, 0, 2] = -1000 / (gap.stop - gap.start)
    # In front of nobody: where people cross, a tracker may have passed from one to the other.
    far = {"down": 280.0, "high": 112.0}
    early = piece(20, 0, 8, 1100, look(WHITE, 3), **far)
    late = piece(21, 9, 20, 100, look(WHITE, 3), **far)
    others = [each for each in ten(skip=(3,)) if each.id > 5]
    turned = owners(identify([*others, early, late], FPS, SIZE, camera=camera))
    still = owners(identify([*others, early, late], FPS, SIZE))
    assert turned[20] == turned[21]
    assert still[20] != still[21]


def test_across_a_cut_players_are_known_by_what_they_look_like():
    pieces = [*ten(0, 15), *ten(15, 30, first=11)]
    whose = owners(identify(pieces, FPS, SIZE, cuts=[Transition(188, 188)]))
    assert len(set(whose.values())) <= 15
    assert all(
        whose[one + 10] == whose[one] for one in range(1, 11) if whose[one + 10] in map(str, range(1, 11))
    )


def test_a_piece_that_passes_from_one_player_to_another_is_split():
    one, other = piece(20, 0, 10, 840, look(WHITE, 3)), piece(20, 10, 20, 840, look(NAVY, 1))
    mixed = Piece(
        20,
        *(
            np.concatenate([getattr(one, name), getattr(other, name)])
            for name in ("instants", "boxes", "scores", "others", "colours", "moves")
        ),
    )
    found = identify([*ten(skip=(3, 6)), mixed], FPS, SIZE)
    shares = [share for share in found.shares if share.piece == 20]
    assert [found.players[int(share.player) - 1].team for share in shares] == ["white", "navy"]
    assert abs(shares[1].first - 125) <= 3


def test_without_colours_pieces_are_joined_by_place_and_nobody_has_a_team():
    def bare(each):
        return Piece(
            each.id,
            each.instants,
            each.boxes,
            each.scores,
            each.others,
            np.zeros((len(each.instants), 0)),
            each.moves,
        )

    pieces = [*ten(skip=(3,)), piece(20, 0, 8, 840, look(WHITE, 3)), piece(21, 8.2, 20, 840, look(WHITE, 3))]
    found = identify([bare(each) for each in pieces], FPS, SIZE)
    assert owners(found)[20] == owners(found)[21]
    assert {player.team for player in found.players} == {""}


def test_names_that_a_user_gives_are_used():
    found = identify(ten(), FPS, SIZE, teams=["navy", "white"])
    assert [player.team for player in found.players] == ["white"] * 5 + ["navy"] * 5
    found = identify(ten(), FPS, SIZE, teams=["Home", "Guests"])
    assert [player.team for player in found.players] == ["Home"] * 5 + ["Guests"] * 5


def test_the_same_pieces_give_the_same_answer():
    pieces = [*ten(0, 9), *ten(9.5, 20, first=11)]
    one, other = identify(pieces, FPS, SIZE), identify(pieces, FPS, SIZE)
    assert one == other


def test_tracks_hold_the_boxes_of_all_pieces_of_a_player():
    pieces = [*ten(skip=(3,)), piece(20, 0, 8, 840, look(WHITE, 3)), piece(21, 8.4, 20, 840, look(WHITE, 3))]
    found = identify(pieces, FPS, SIZE)
    tracks = {track.id: track for track in tracks_of(found, pieces, FPS)}
    track = tracks[owners(found)[20]]
    assert len(track.times) == round(8 * FPS) + round(20 * FPS) - round(8.4 * FPS)
    assert (np.diff(track.times) > 0).all()
    assert track.team == "white"
    # Less what the detector's boxes jump about.
    assert track.boxes[0] == pytest.approx(pieces[9].boxes[0], abs=0.5)


def test_where_a_piece_passes_to_another_the_boxes_of_each_are_their_own():
    small = piece(1, 0, 8, 300, look(WHITE, 0), high=60.0)
    large = piece(1, 8, 16, 320, look(NAVY, 0), high=180.0)
    both = Piece(
        1,
        *(
            np.concatenate([getattr(small, name), getattr(large, name)])
            for name in ("instants", "boxes", "scores", "others", "colours", "moves")
        ),
    )
    shares = (Share(1, 0, 99, "A"), Share(1, 100, 199, "B"))
    players = tuple(Player(name, "", "player", WHITE, 1.0) for name in "AB")
    first, second = tracks_of(Identities(players, shares), [both], FPS)
    assert first.boxes[:, 3] == pytest.approx(60.0, abs=0.1)
    assert second.boxes[:, 3] == pytest.approx(180.0, abs=0.1)


def test_instants_are_seconds_at_any_rate():
    found = identify(ten(), float(Fraction(30000, 2002)), SIZE)
    assert len(found.players) == 10


def test_many_pieces_of_a_long_game_are_joined_too():
    """More than are compared with one another at once."""
    pieces = []
    for at in range(120):
        pieces += ten(begin=10.0 * at, end=10.0 * at + 9.6, first=1 + 10 * at)
    found = identify(pieces, FPS, SIZE)
    assert len(found.players) <= 14


def appended(first, *more):
    """Return one piece that shows what several show, one after the other."""
    names = ("instants", "boxes", "scores", "others", "colours", "moves")
    columns = [np.concatenate([getattr(part, name) for part in (first, *more)]) for name in names]
    return Piece(first.id, *columns)


def test_time_in_which_a_piece_shows_nobody_who_plays_is_no_players():
    """A tracker passes from a player to somebody who stands in other colours, and back."""
    other = piece(20, 8, 14, 840, look((200, 120, 20), 1))
    boxes = np.tile(other.boxes[:1], (len(other.boxes), 1))
    other = replace(other, boxes=boxes, moves=0 * other.moves)
    passed = appended(piece(20, 0, 8, 840, look(WHITE, 3)), other, piece(20, 14, 22, 840, look(WHITE, 3)))
    shares = [
        share for share in identify([*ten(skip=(3,), end=22), passed], FPS, SIZE).shares if share.piece == 20
    ]
    assert len(shares) == 2
    assert shares[0].last < 110 < 165 < shares[1].first


@pytest.mark.parametrize(
    ("seconds", "of_shot", "counts"),
    # The length of a clip is enough in a short shot, and three seconds are in a long one.
    [(0.8, 6, True), (0.4, 6, False), (1.2, 20, True), (0.9, 20, False), (3.2, 90, True), (2.7, 90, False)],
)
def test_who_is_seen_for_a_twentieth_of_a_shot_gets_an_id(seconds, of_shot, counts):
    brief = piece(20, 2, 2 + seconds, 840, look(WHITE, 3))
    assert (20 in owners(identify([*ten(skip=(3,), end=of_shot), brief], FPS, SIZE))) == counts


def test_a_short_shot_asks_for_less_than_the_long_one_beside_it():
    first = ten(skip=(3,), end=40)
    second = [*ten(begin=40, end=44, first=11), piece(30, 41, 42, 840, look((240, 205, 50), 3))]
    cut = Transition(round(40 * FPS), round(40 * FPS))
    assert 30 in owners(identify([*first, *second], FPS, SIZE, cuts=[cut]))


def test_a_piece_without_boxes_shows_nobody():
    empty = Piece(
        1,
        *(np.zeros(0, np.int64), np.zeros((0, 4), np.float32), np.zeros(0, np.float32)),
        *(np.zeros(0, bool), np.zeros((0, 0), np.float32), np.zeros((0, 2), np.float32)),
    )
    assert identify([empty], FPS, SIZE).players == ()
