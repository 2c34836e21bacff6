"""Make `bball_tag/players/appearance.onnx` again: draw people of many games, learn to tell them apart.

    pip install onnx
    python sample_videos/make_appearance.py WORK_DIR

Takes about 20 minutes on one idle core, half of it for drawing; games that are already drawn are kept. It
prints how much each number varies between teammates: `BETWEEN` in `bball_tag/players/appearance.py`. A
model that is made again is like the one that comes along, and not equal to it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import torch
from appearance_training import Net, export, numbers_of, teams_of, trained
from court.portraits import Portraits, portraits
from court.stored import stored

TARGET = Path(__file__).parents[1] / "bball_tag" / "players" / "appearance.onnx"
SEEDS = (*range(20000, 20090), *range(20300, 20371))
HELD_OUT = 20
"""One game in this many is not trained on."""
STEPS = 1700
KEPT = 16
"""How many numbers are kept, of those that vary most between teammates against within a person."""
_FEWEST = 40
"""Portraits of a game below which it is left out."""


def main(work: Path) -> None:
    """Draw, train, and install the model."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    drawn = {seed: stored(work, seed, Portraits, portraits) for seed in SEEDS}
    games = {seed: game for seed, game in drawn.items() if len(game.images) >= _FEWEST}
    known = [game for seed, game in games.items() if seed % HELD_OUT != HELD_OUT - 1]
    net = trained(teams_of(known), STEPS)
    turn, between = most_telling(net, known)
    print("BETWEEN =", tuple(round(one, 2) for one in between.tolist()))
    held_out = [game for seed, game in games.items() if seed % HELD_OUT == HELD_OUT - 1]
    print(f"AUC of two teammates by one image, in held-out games: {told_apart(net, turn, held_out):.3f}")
    install(net, turn)


def most_telling(net: Net, games: list[Portraits]) -> tuple[np.ndarray, np.ndarray]:
    """Return what makes of the model's numbers those that tell most (linear discriminant analysis).

    Returns:
        A matrix (numbers, KEPT), after which each varies by 1 within a person, and how much they vary between
        teammates.
    """
    within, between, pairs, mates = 0.0, 0.0, 0, 0
    for game in games:
        numbers = numbers_of(net, game.images)
        for team in (0, 1):
            means = []
            for one in np.unique(game.person[game.wears == team]):
                own = numbers[game.person == one]
                if len(own) >= 4:
                    means.append(own.mean(axis=0))
                    within = within + (own - means[-1]).T @ (own - means[-1])
                    pairs += len(own) - 1
            if len(means) > 1:
                apart = np.array(means) - np.mean(means, axis=0)
                between, mates = between + apart.T @ apart, mates + len(means) - 1
    whiten = np.linalg.cholesky(np.linalg.inv(np.asarray(within) / pairs))
    values, vectors = np.linalg.eigh(whiten.T @ (np.asarray(between) / mates) @ whiten)
    best = np.argsort(-values)[:KEPT]
    # A mean over about ten images still varies by a tenth of what they do.
    return whiten @ vectors[:, best], values[best] - 0.1


def told_apart(net: Net, turn: np.ndarray, games: list[Portraits]) -> float:
    """Return how often two images of one person are more alike than two of teammates."""
    same, other = [], []
    for game in games:
        numbers = numbers_of(net, game.images) @ turn
        for team in (0, 1):
            rows = np.flatnonzero(game.wears == team)
            one, two = (rows[at] for at in np.triu_indices(len(rows), 1))
            away = np.square(numbers[one] - numbers[two]).sum(axis=1)
            same.append(away[game.person[one] == game.person[two]])
            other.append(away[game.person[one] != game.person[two]])
    near, far = np.sort(np.concatenate(same)), np.concatenate(other)
    return float(np.searchsorted(near, far).mean() / len(near))


def install(net: Net, turn: np.ndarray) -> None:
    """Write the model with its numbers turned by a matrix (numbers, KEPT)."""
    head, made = torch.tensor(turn.T, dtype=torch.float32), Net(KEPT)
    made.load_state_dict(
        {
            **net.state_dict(),
            "head.weight": head @ net.head.weight.detach(),
            "head.bias": head @ net.head.bias.detach(),
        }
    )
    export(made, TARGET, "appearance")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
