"""What players without an order do: attackers find room, defenders stay with their opponent."""

from __future__ import annotations

import numpy as np

from .motion import DEFENSE, IDLE, RUN, WALK
from .play import SPOTS, Play
from .players import SHORTEST


def decide(game: Play) -> None:
    """Let every player without an order choose what to do next."""
    players = game.players
    for player in range(10):
        attacks = player // 5 == game.attack
        if not attacks:
            _follow(game, player)
        if players.forced[player] or players.age(player) < SHORTEST:
            continue
        if player == game.handler:
            continue
        (_attacker if attacks else _defender)(game, player)
    ball = players.position[game.handler]
    for player in range(10):
        if not players.forced[player] and player // 5 == game.attack:
            players.focus[player] = ball


def _follow(game: Play, player: int) -> None:
    """Put a defender's goal between their opponent and the basket."""
    players = game.players
    if players.forced[player]:
        return
    opponent = game.guard(player)
    way = game.rim - players.position[opponent]
    far = max(float(np.hypot(*way)), 0.1)
    room = (1.0 + 0.1 * (player % 5)) if opponent == game.handler else 1.5 + 0.15 * (player % 5)
    players.goal[player] = players.position[opponent] + way / far * min(room, far * 0.6)
    players.focus[player] = players.position[opponent]


def _attacker(game: Play, player: int) -> None:
    players, rng = game.players, game.rng
    far, label = players.far(player), int(players.label[player])
    if far > 3.5:
        if label not in (RUN, WALK):
            players.set(player, RUN if rng.random() < 0.55 else WALK, forced=False)
        elif label == WALK and rng.random() < 0.003:
            players.set(player, RUN, forced=False)
    elif far > 0.8:
        if label != WALK and (label != RUN or far < 1.2):
            players.set(player, WALK, forced=False)
    elif label != IDLE:
        players.set(player, IDLE, forced=False)
    elif rng.random() < 0.006:
        spot = np.array(SPOTS[int(rng.integers(len(SPOTS)))]) * [game.sign, 1.0]
        players.goal[player] = spot + rng.normal(0, 0.5, 2)


def _defender(game: Play, player: int) -> None:
    players, rng = game.players, game.rng
    far, label = players.far(player), int(players.label[player])
    on_ball = game.guard(player) == game.handler
    if far > 3.2:
        if label not in (RUN, WALK):
            players.set(player, RUN if on_ball or rng.random() < 0.6 else WALK, forced=False)
        elif label == WALK and (on_ball or rng.random() < 0.01):
            players.set(player, RUN, forced=False)
    elif far > 1.0:
        if label not in (DEFENSE, WALK) and (label != RUN or far < 1.6):
            players.set(player, DEFENSE if on_ball or rng.random() < 0.3 else WALK, forced=False)
        elif label == DEFENSE and not on_ball and rng.random() < 0.01:
            players.set(player, WALK, forced=False)
    elif label in (RUN, WALK) or (label == IDLE and on_ball):
        players.set(player, DEFENSE if on_ball or rng.random() < 0.4 else IDLE, forced=False)
    elif label == DEFENSE and not on_ball and rng.random() < 0.009:
        players.set(player, IDLE, forced=False)
    elif label == IDLE and rng.random() < 0.004:
        players.set(player, DEFENSE, forced=False)
