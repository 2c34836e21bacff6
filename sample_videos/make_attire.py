"""Make `bball_tag/players/attire.onnx` again: draw people of many games, learn who is dressed to play.

    pip install onnx
    python sample_videos/make_attire.py WORK_DIR

Takes about 20 minutes on one idle core, most of it for drawing; games that are already drawn are kept. A
model that is made again is like the one that comes along, and not equal to it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import torch
from appearance_training import export, numbers_of
from attire_training import trained
from court.attires import DRESSED, Attires, attires
from court.stored import stored
from sklearn.metrics import roc_auc_score

TARGET = Path(__file__).parents[1] / "bball_tag" / "players" / "attire.onnx"
SEEDS = range(60000, 60200)
HELD_OUT = 8
"""One game in this many is not trained on."""
STEPS = 1500


def main(work: Path) -> None:
    """Draw, train, and install the model."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    games = {seed: stored(work, seed, Attires, attires) for seed in SEEDS}
    net = trained([game for seed, game in games.items() if seed % HELD_OUT], STEPS)
    held_out = [game for seed, game in games.items() if not seed % HELD_OUT]
    odds = np.concatenate([numbers_of(net, game.images)[:, 0] for game in held_out])
    dressed = np.concatenate([game.dressed for game in held_out])
    for kind in range(1, len(DRESSED)):
        some = (dressed == 0) | (dressed == kind)
        auc = roc_auc_score(dressed[some] == kind, odds[some])
        print(f"AUC of player and {DRESSED[kind]} by one image, in held-out games: {auc:.3f}")
    export(net, TARGET, "attire")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
