"""Who plays, whose pieces belong together, and for which team."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from bball_tag.players.appearance import ATTIRE
from bball_tag.players.dressed import attires_of, settled_attire, without_attire
from bball_tag.players.identify import Identities, Player, Share, identify, tracks_of
from bball_tag.players.kits import lab_of
from bball_tag.players.pieces import Piece, part_of
from bball_tag.players.who_counts import may_play
from bball_tag.video.cuts import Transition

FPS, SIZE = 12.5, (1280, 720)
WHITE, NAVY, GREY = (235, 235, 235), (22, 38, 85), (140, 140, 140)
SKINS = [(60, 45, 35), (95, 70, 50), (140, 100, 75), (190, 150, 120), (225, 190, 165)]
SHOES = [(200, 30, 40), (240, 240, 240), (20, 20, 20), (30, 90, 200), (240, 200, 40)]


def look(team, number):
    """Return what player `number`, 0 to 4, of a team wears."""
    parts = [SKINS[number], team, team, SKINS[(number * 2) % 5], SHOES[number]]
    return np.concatenate([*(lab_of(part) for part in (*parts, team)), [1.0]])


def piece(number, begin, end, along, wears, *, step=0.0, down=400.0, high=160.0, seed=None):
    """Return a piece over the seconds [begin, end) whose foot point starts at (along, down).

    It moves by `step` body heights a second along the frame, and sways, as players do.
    """
    rng = np.random.default_rng(number if seed is None else seed)
    instants = np.arange(round(begin * FPS), round(end * FPS))
    time = instants / FPS - begin
    x = along + step * high * time + 0.3 * high * np.sin(time * 2)
    boxes = np.stack([x - 0.2 * high, np.full(len(x), down - high), 0 * x + 0.4 * high, 0 * x + high], axis=1)
    moves = np.stack([step + 0.6 * np.cos(time * 2), 0 * time], axis=1)
    colours = wears + rng.normal(0, 5, (len(x), len(wears))) * ([1] * (len(wears) - 1) + [0])
    return Piece(
        number,
        instants,
        boxes.astype(np.float32),
        np.full(len(x), 0.8, np.float32),
        np.zeros(len(x), bool),
        colours.astype(np.float32),
        moves.astype(np.float32),
    )


def ten(begin=0.0, end=20.0, first=1, skip=()):
    """Return pieces of ten players, five of each team, from id `first` on, in two rows along the frame."""
    found = []
    for at in range(10):
        if at not in skip:
            team, number = (WHITE if at < 5 else NAVY), at % 5
            down = 400.0 + 90 * (at // 5)
            found.append(
                piece(
                    first + at, begin, end, 150 + 230 * number, look(team, number), down=down, high=0.4 * down
                )
            )
    return found


def dressed(pieces, log_odds):
    """Return pieces whose clothes say how likely it is that they show nobody who plays."""
    seen = []
    for each in pieces:
        colours = np.zeros((len(each.colours), ATTIRE + 1), np.float32)
        colours[:, : each.colours.shape[1]] = each.colours
        colours[:, ATTIRE] = log_odds
        seen.append(replace(each, colours=colours))
    return seen


def owners(found):
    return {share.piece: share.player for share in found.shares}


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


def still(number, along, down, high, wears=GREY):
    """Return somebody who sits for twenty seconds."""
    seat = piece(number, 0, 20, along, look(wears, number % 5), down=down, high=high)
    boxes = np.tile(np.median(seat.boxes, axis=0), (len(seat.instants), 1)).astype(np.float32)
    return Piece(number, seat.instants, boxes, seat.scores, seat.others, seat.colours, 0 * seat.moves)


def test_the_crowd_does_not_count():
    crowd = [still(30 + at, 100 + 120 * at, 170.0, 110.0, SHOES[at % 5]) for at in range(9)]
    whose = owners(identify([*ten(), *crowd], FPS, SIZE))
    assert set(whose) == set(range(1, 11))


def test_substitutes_on_the_bench_in_the_same_kit_do_not_count():
    bench = [still(40 + at, 200 + 100 * at, 330.0, 90.0, NAVY) for at in range(4)]
    whose = owners(identify([*ten(), *bench], FPS, SIZE))
    assert set(whose) == set(range(1, 11))


def test_who_is_outside_the_court_does_not_count():
    court = np.array([(0, 350), (1280, 350), (1280, 520), (0, 520)], float)
    coach = piece(50, 0, 20, 600, look(NAVY, 2), down=650.0, high=250.0)
    assert 50 in owners(identify([*ten(skip=(7,)), coach], FPS, SIZE))
    assert 50 not in owners(identify([*ten(skip=(7,)), coach], FPS, SIZE, court=court))


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


def test_whom_the_detector_calls_a_referee_is_none_of_the_players_they_look_like():
    referee = piece(21, 12, 20, 860, look(WHITE, 3))
    referee = replace(referee, others=np.ones(len(referee.instants), bool))
    found = identify([*ten(skip=(3,)), piece(20, 0, 8, 840, look(WHITE, 3)), referee], FPS, SIZE)
    whose = owners(found)
    assert whose[21] != whose[20]
    assert {player.id: player.role for player in found.players}[whose[21]] == "other"


@pytest.mark.parametrize(("seconds", "counts"), [(0.8, True), (0.4, False)])
def test_who_is_seen_for_as_long_as_a_clip_gets_an_id(seconds, counts):
    brief = piece(20, 10, 10 + seconds, 840, look(WHITE, 3))
    assert (20 in owners(identify([*ten(skip=(3,)), brief], FPS, SIZE))) == counts


def test_a_piece_without_boxes_shows_nobody():
    empty = Piece(
        1,
        *(np.zeros(0, np.int64), np.zeros((0, 4), np.float32), np.zeros(0, np.float32)),
        *(np.zeros(0, bool), np.zeros((0, 0), np.float32), np.zeros((0, 2), np.float32)),
    )
    assert identify([empty], FPS, SIZE).players == ()


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


def test_one_who_plays_for_a_moment_beside_a_coach_counts():
    coach = piece(2, 0, 20, 900, look(WHITE, 1))
    player = piece(1, 0, 1, 400, look(NAVY, 2), step=0.3)
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
