"""What the images learn beside the labels: where the body's keypoints and the ball are.

Two heads predict that, as auxiliary tasks (Caruana, 1997): from the last maps, the keypoints; from the maps
after the last block that looks at one frame at a time, the cell in which the ball is. They are dropped after
training: a checkpoint has the same weights, and costs the same, with and without them.
"""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, smooth_l1_loss

from bball_tag.checkpoint.model import NUM_FRAME_BLOCKS, map_size
from bball_tag.checkpoint.streams import KEYPOINTS, Joined
from bball_tag.clips import ClipSpec

_CHANNELS = 32
_KEYPOINT_WEIGHT, _BALL_WEIGHT = 5.0, 0.5
"""Of these losses beside that of the labels: all begin near 2."""
_SEEN = 0.3
"""Visibility from which on it is known where a keypoint is."""
_NEAR = 0.05
"""Errors under this, in sizes of the crop, count by their squares: a detector's boxes are off by as much."""
_BALL_SEEN, _BALL_UNSEEN = 0.75, 0.25
"""Visibility of the ball from which on it is to be found, and below which it is not."""
_CELL = 8
"""Pixels of the crop per cell."""
_NOT_KNOWN = -1


class Taught(nn.Module):
    """A model and the heads that say where keypoints and the ball are."""

    def __init__(self, model: Joined, clip: ClipSpec) -> None:
        """Add the heads to `model`, which sees clips as `clip` says."""
        super().__init__()
        self.model, self._context = model, clip.context_frames
        last = cast("nn.Linear", model.get_submodule("blocks.5.proj")).in_features
        rows, columns = map_size(clip)
        self.heads = nn.ModuleDict(
            {
                "reduce": nn.Conv3d(last, _CHANNELS, 1),
                "place": nn.Linear(_CHANNELS * rows * columns, 2 * KEYPOINTS),
                # Res5 has four times the channels of res3.
                "ball": nn.Conv3d(last // 4, 1, 1),
            }
        )
        self.heads.register_parameter("no_ball", nn.Parameter(torch.zeros(1)))

    def forward(
        self, clips: Tensor, keypoints: Tensor | None = None, rows: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return what the model says, and where keypoints and the ball are.

        Returns:
            The logits (N, S, K); x and y of the keypoints in fractions of the crop, less a half,
            (N, T, 13, 2); logits of the ball's being in each cell of the crop, row by row, and at last of
            its being in none, (N, T, cells + 1).
        """
        images = clips
        for block in self.model.blocks[:NUM_FRAME_BLOCKS]:
            images = block(images)
        frames = images
        for block in self.model.blocks[NUM_FRAME_BLOCKS:-1]:
            images = block(images)
        logits = self.model.answers(images, keypoints, rows)
        with torch.autocast(images.device.type, enabled=False):
            return logits, self._places(self._own(images)), self._cells(self._own(frames))

    def _own(self, maps: Tensor) -> Tensor:
        """Return the maps of the clip's own frames."""
        return maps[:, :, self._context : maps.shape[2] - self._context].float()

    def _places(self, maps: Tensor) -> Tensor:
        reduced = self.heads["reduce"](maps).relu()
        found = cast("Tensor", self.heads["place"](reduced.transpose(1, 2).flatten(2)))
        return found.view(*found.shape[:2], KEYPOINTS, 2)

    def _cells(self, maps: Tensor) -> Tensor:
        cells = self.heads["ball"](maps)[:, 0].flatten(2)
        nowhere = cast("Tensor", self.heads.no_ball).expand(*cells.shape[:2], 1)
        return torch.cat([cells, nowhere], dim=2)


def taught_loss(places: Tensor, cells: Tensor, taught: Tensor, clip: ClipSpec) -> Tensor:
    """Return the loss of what `Taught` says.

    Args:
        places: Of the keypoints.
        cells: Of the ball.
        taught: x and y in fractions of the crop, visibility 0 to 1, of keypoints and ball: (N, T, 14, 3).
        clip: What the model sees.
    """
    keypoints, ball = taught[..., :KEYPOINTS, :], taught[..., KEYPOINTS, :]
    # What is unknown counts as right: the mean over any part of a batch then is a part of the mean over all.
    seen = keypoints[..., 2:] > _SEEN
    off = smooth_l1_loss(places, keypoints[..., :2] - 0.5, beta=_NEAR, reduction="none")
    targets = _cells_of(ball, clip)
    wrong = cross_entropy(cells.flatten(0, 1), targets.flatten(), ignore_index=_NOT_KNOWN, reduction="none")
    return _KEYPOINT_WEIGHT * (off * seen).mean() + _BALL_WEIGHT * wrong.mean()


def _cells_of(ball: Tensor, clip: ClipSpec) -> Tensor:
    """Return in which cell the ball (N, T, 3) is, (N, T): behind the last for none, or `_NOT_KNOWN`.

    Augmentation may move a ball out of the crop; at its very edge it may be seen in part.
    """
    rows, columns = (math.ceil(size / _CELL) for size in (clip.height, clip.width))
    across, down = (ball[..., 0] * columns).floor().long(), (ball[..., 1] * rows).floor().long()
    inside = (across >= 0) & (across < columns) & (down >= 0) & (down < rows)
    beyond = (across < -1) | (across > columns) | (down < -1) | (down > rows)
    seen = ball[..., 2] > _BALL_SEEN
    found = torch.full_like(across, _NOT_KNOWN)
    found[(ball[..., 2] < _BALL_UNSEEN) | (seen & beyond)] = rows * columns
    return torch.where(seen & inside, down * columns + across, found)
