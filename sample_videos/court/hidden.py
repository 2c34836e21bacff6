"""Which keypoints of a player are behind a body, their own or another's."""

from __future__ import annotations

import numpy as np

from .figure import keypoints
from .shadow import PARTS

_BALLS = np.linspace(0.0, 1.0, 6)
"""Where along a part of a body the balls are that stand for it."""
_APART = 0.13
"""Least distance along the line of sight of what hides a keypoint, in metres: its own limb does not."""
_START, _STOP = [part[0] for part in PARTS], [part[1] for part in PARTS]
_RADII = np.repeat([0.42 * part[2] for part in PARTS], len(_BALLS))


def hidden(joints: np.ndarray, index: int, eyes: np.ndarray) -> np.ndarray:
    """Return which keypoints of one player are behind a body.

    Args:
        joints: Of all players, shape (T, F, JOINTS, 3), in metres.
        index: Which of the F players.
        eyes: Where the camera is, shape (T, 3), in metres.

    Returns:
        bool array of shape (T, 13).
    """
    points = keypoints(joints[:, index])
    way = joints[:, :, _STOP] - joints[:, :, _START]
    balls = joints[:, :, _START, None] + way[:, :, :, None] * _BALLS[:, None]
    balls = balls.reshape(len(points), -1, 3)
    sight = eyes[:, None] - points
    far = np.linalg.norm(sight, axis=-1, keepdims=True)
    gap = balls[:, None] - points[:, :, None]
    along = np.einsum("tkci,tki->tkc", gap, sight / far)
    aside = np.sum(gap**2, axis=-1) - along**2
    radii = np.tile(_RADII, joints.shape[1])
    return np.asarray(((aside < radii**2) & (along > _APART) & (along < far)).any(axis=-1))
