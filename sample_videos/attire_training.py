"""Train the model that knows who is dressed to play: its images and its steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from appearance_training import Net, Schedule, changed, tensor_of
from court.attires import DRESSED, Attires
from torch.nn import functional

WIDTH = 0.5
"""Of the model, in those of the one that tells teammates apart."""
_EACH = (64, 44, 20)
"""Images of players, of staff and of nobody in a batch."""
_CUT_OFF, _LEAST_ROWS = 0.15, 40
"""How many are cut off by the frame's lower edge, and how many rows of theirs are left at least."""
_SURE = 0.98
"""What the model is asked to say of a player and of others: more would be overconfident."""


def trained(games: Sequence[Attires], steps: int) -> Net:
    """Train for some steps; return the moving mean of the weights."""
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    images = np.concatenate([game.images for game in games])
    dressed = np.concatenate([game.dressed for game in games])
    of_game = np.repeat(np.arange(len(games)), [len(game.images) for game in games])
    of_kind = [np.flatnonzero(dressed == kind) for kind in range(len(DRESSED))]
    net = Net(1, WIDTH)
    schedule = Schedule(net, steps)
    for _ in range(steps):
        rows = np.concatenate([rng.choice(own, many) for own, many in zip(of_kind, _EACH, strict=True)])
        group = torch.from_numpy(np.unique(of_game[rows], return_inverse=True)[1])
        shown = changed(_cut_off(tensor_of(images[rows])), group)
        wanted = torch.from_numpy(np.where(dressed[rows] > 0, _SURE, 1 - _SURE)).float()
        odds = schedule.answers(shown)[:, 0]
        schedule.step(functional.binary_cross_entropy_with_logits(odds, wanted))
    return schedule.finished()


def _cut_off(images: torch.Tensor) -> torch.Tensor:
    """Return images (N, 3, H, W); some show only the upper part, enlarged to the whole."""
    high, wide = images.shape[2:]
    for at in torch.nonzero(torch.rand(len(images)) < _CUT_OFF)[:, 0].tolist():
        rows = int(torch.randint(_LEAST_ROWS, high - 8, (1,)))
        images[at] = functional.interpolate(images[at : at + 1, :, :rows], (high, wide), mode="bilinear")[0]
    return images
