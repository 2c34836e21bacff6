"""A teacher of the images: while they are trained, they are also asked where the body's keypoints are.

A head on the last maps predicts them, as an auxiliary task (Caruana, 1997). It is dropped after training: a
checkpoint has the same weights, and costs the same, with and without it.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import smooth_l1_loss

from bball_tag.checkpoint.model import map_size
from bball_tag.checkpoint.streams import KEYPOINTS, Joined
from bball_tag.clips import ClipSpec

_WEIGHT = 5.0
"""Of this loss beside that of the labels: both begin near 2."""
_CHANNELS = 32
_SEEN = 0.3
"""Visibility from which on it is known where a keypoint is."""
_NEAR = 0.05
"""Errors under this, in sizes of the crop, count by their squares: a detector's boxes are off by as much."""


class Taught(nn.Module):
    """A model and the head that predicts keypoints from its maps."""

    def __init__(self, model: Joined, clip: ClipSpec) -> None:
        """Add a head to `model`, which sees clips as `clip` says."""
        super().__init__()
        self.model, self._context = model, clip.context_frames
        num_maps = cast("nn.Linear", model.get_submodule("blocks.5.proj")).in_features
        rows, columns = map_size(clip)
        self.head = nn.ModuleDict(
            {
                "reduce": nn.Conv3d(num_maps, _CHANNELS, 1),
                "place": nn.Linear(_CHANNELS * rows * columns, 2 * KEYPOINTS),
            }
        )

    def forward(
        self, clips: Tensor, keypoints: Tensor | None = None, rows: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the logits (N, S, K), and x and y in fractions of the crop, less a half, (N, T, 13, 2)."""
        maps = self.model.maps(clips)
        return self.model.answers(maps, keypoints, rows), self._places(maps)

    def _places(self, maps: Tensor) -> Tensor:
        own = maps[:, :, self._context : maps.shape[2] - self._context]
        with torch.autocast(maps.device.type, enabled=False):
            reduced = self.head["reduce"](own.float()).relu()
            found = cast("Tensor", self.head["place"](reduced.transpose(1, 2).flatten(2)))
        return found.view(*found.shape[:2], KEYPOINTS, 2)


def keypoint_loss(found: Tensor, keypoints: Tensor) -> Tensor:
    """Return the loss of places (N, T, 13, 2) as `Taught` finds them.

    Args:
        found: The places.
        keypoints: x and y in fractions of the crop, visibility 0 to 1: (N, T, 13, 3).
    """
    seen = (keypoints[..., 2:] > _SEEN).float()
    off = smooth_l1_loss(found, keypoints[..., :2] - 0.5, beta=_NEAR, reduction="none")
    return _WEIGHT * (off * seen).sum() / (2 * seen.sum() + 1)
