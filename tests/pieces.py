"""Pieces of people who play, stand, or are dressed otherwise, for tests of who is who."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bball_tag.players.appearance import ATTIRE
from bball_tag.players.ground import GROUND
from bball_tag.players.kits import lab_of
from bball_tag.players.pieces import Piece

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


def standing_on(pieces, ground, spread=4.0, seed=0):
    """Return dressed pieces that stand on something of this colour, as far as light and lines leave it so."""
    rng = np.random.default_rng(seed)
    seen = []
    for each in pieces:
        here = np.append(lab_of(ground), spread) + rng.normal(
            0, (4, 1.5, 1.5, 1), (len(each.instants), GROUND)
        )
        seen.append(replace(each, colours=np.concatenate([each.colours, here.astype(np.float32)], axis=1)))
    return seen


def owners(found):
    return {share.piece: share.player for share in found.shares}


def still(number, along, down, high, wears=GREY):
    """Return somebody who sits for twenty seconds."""
    seat = piece(number, 0, 20, along, look(wears, number % 5), down=down, high=high)
    boxes = np.tile(np.median(seat.boxes, axis=0), (len(seat.instants), 1)).astype(np.float32)
    return Piece(number, seat.instants, boxes, seat.scores, seat.others, seat.colours, 0 * seat.moves)
