"""Whom of a team each part of a piece shows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bball_tag.players.appearance import BETWEEN, WITHIN
from bball_tag.players.crossings import cut_at_crossings
from bball_tag.players.join import Joined
from bball_tag.players.kits import COLOURS
from bball_tag.players.looks import looks_of
from bball_tag.players.people import tell_apart
from bball_tag.players.pieces import Piece, part_of
from bball_tag.players.placed import placed_in

FPS = 12.5
ANN, BEA = 0, 1


def person(number, who_in_each_second, begin=0, along=100.0, step=0.0):
    """Return a piece that shows somebody in each second, and moves along by `step` pixels a second."""
    rng = np.random.default_rng(number)
    count = round(len(who_in_each_second) * FPS)
    who = np.array(who_in_each_second)[(np.arange(count) / FPS).astype(int)]
    apart = np.sqrt(2 * (WITHIN + np.array(BETWEEN)))
    learned = who[:, None] * apart + rng.normal(0, np.sqrt(WITHIN), (count, len(BETWEEN)))
    colours = np.concatenate([np.full((count, COLOURS - 1), 50.0), np.ones((count, 1)), learned], axis=1)
    instants = round(begin * FPS) + np.arange(count)
    boxes = np.tile([along, 100.0, 60.0, 150.0], (count, 1))
    boxes[:, 0] += step * (instants - instants[0]) / FPS
    return Piece(
        number,
        instants,
        boxes.astype(np.float32),
        np.full(count, 0.8, np.float32),
        np.zeros(count, bool),
        colours.astype(np.float32),
        np.zeros((count, 2), np.float32),
    )


def crossing():
    """Return pieces of two who run past each other after 6 of 12 seconds, where the tracker confuses them."""
    return [
        person(1, [ANN] * 6 + [BEA] * 6, along=100.0, step=50.0),
        person(2, [BEA] * 6 + [ANN] * 6, along=700.0, step=-50.0),
    ]


def told_apart(parts, joined):
    found = tell_apart(parts, placed_in(parts, FPS, (), None, None), looks_of(parts), joined, FPS)
    return [sorted((parts[at].id, int(parts[at].instants[0])) for at in each.members) for each in found]


def test_pieces_are_cut_where_people_cross_and_keep_their_id():
    parts = cut_at_crossings(crossing(), FPS)
    assert [part.id for part in parts] == [1, 1, 2, 2]
    assert [int(part.instants[0]) for part in parts] == [0, 75, 0, 75]
    assert sum(len(part.instants) for part in parts) == 300


def test_who_passes_far_from_others_is_not_cut():
    pieces = [person(1, [ANN] * 8), person(2, [BEA] * 8, along=300.0)]
    assert cut_at_crossings(pieces, FPS) == pieces


def test_without_colours_pieces_stay_whole():
    blind = [replace(one, colours=np.zeros((len(one.instants), 0), np.float32)) for one in crossing()]
    assert cut_at_crossings(blind, FPS) == blind
    assert len(told_apart(blind, [Joined((0,), 1.0), Joined((1,), 1.0)])) == 2


def test_a_tracker_that_confuses_two_who_cross_is_put_right():
    parts = cut_at_crossings(crossing(), FPS)
    alone = [Joined((at,), 1.0) for at in range(4)]
    ann, bea = told_apart(parts, alone)
    assert sorted([ann, bea]) == [[(1, 0), (2, 75)], [(1, 75), (2, 0)]]


@pytest.mark.parametrize(("who", "count"), [(ANN, 2), (BEA, 2)])
def test_who_returns_after_long_is_known_by_the_look(who, count):
    parts = [person(1, [ANN] * 8), person(2, [BEA] * 8, along=400.0), person(3, [who] * 8, 20, along=250.0)]
    found = told_apart(parts, [Joined((at,), 1.0) for at in range(3)])
    assert len(found) == count
    assert [(who + 1, 0), (3, 250)] in found


def test_a_guest_belongs_to_the_team_only_with_the_look_of_one_of_its_people():
    ann, bea = person(1, [ANN] * 8), person(2, [BEA] * 8, along=400.0)
    own = [Joined((0,), 1.0), Joined((1,), 1.0)]
    known, unknown = person(3, [ANN] * 4, 9, along=110.0), person(3, [6] * 4, 9, along=110.0)
    assert told_apart([ann, bea, known], own)[0] == [(1, 0), (3, 112)]
    assert told_apart([ann, bea, unknown], own) == [[(1, 0)], [(2, 0)]]


def test_where_nobody_was_seen_for_long_pieces_stay_whole():
    parts = cut_at_crossings(
        [person(1, [ANN] * 2, step=300.0), person(2, [BEA] * 2, along=700.0, step=-300.0)], FPS
    )
    assert len(parts) > 2
    alone = [Joined((at,), 1.0) for at in range(len(parts))]
    assert [{piece for piece, _ in one} for one in told_apart(parts, alone)] == [{1}, {2}]


def test_a_short_rest_of_a_piece_goes_with_the_part_beside_it():
    """Nothing is known of how the last half second looks, as nobody is in clear view there."""
    whole = person(1, [ANN] * 9)
    hidden = whole.colours.copy()
    hidden[-6:, COLOURS - 1] = 0
    ann = replace(whole, colours=hidden)
    parts = [
        part_of(ann, 0, len(ann.instants) - 6),
        part_of(ann, len(ann.instants) - 6, len(ann.instants)),
        person(2, [BEA] * 8, along=110.0),
    ]
    parts.append(person(3, [6] * 9, begin=12, along=110.0))
    found = told_apart(parts, [Joined((at,), 1.0) for at in range(4)])
    assert sorted(found)[0] == [(1, 0), (1, 106)]
