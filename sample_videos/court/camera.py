"""A broadcast camera: projects points of the world into the frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .look import Look


@dataclass(frozen=True, slots=True)
class Views:
    """The camera at several times."""

    matrix: np.ndarray
    """Projection of the world to homogeneous pixels, shape (T, 3, 4)."""
    position: np.ndarray
    """Where the camera stands, shape (T, 3), in metres."""

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return where `points` (T, ..., 3) are in the frame.

        Returns:
            Pixels (T, ..., 2), pixels per metre (T, ...) and the distance along the axis (T, ...).
        """
        shape = points.shape
        flat = points.reshape(shape[0], -1, 3)
        seen = flat @ self.matrix[:, :, :3].transpose(0, 2, 1) + self.matrix[:, None, :, 3]
        depth = np.maximum(seen[..., 2], 0.1)
        pixels = seen[..., :2] / depth[..., None]
        # The row of x also carries the frame's centre; what is square to the axis is the focal length.
        axis = self.matrix[:, 2, :3]
        row = self.matrix[:, 0, :3] - np.sum(self.matrix[:, 0, :3] * axis, axis=1, keepdims=True) * axis
        focal = np.linalg.norm(row, axis=1)[:, None]
        return pixels.reshape(*shape[:-1], 2), (focal / depth).reshape(shape[:-1]), depth.reshape(shape[:-1])


def make_views(look: Look, target: np.ndarray, zoom: np.ndarray, shake: np.ndarray, aim: float) -> Views:
    """Return the camera looking at each `target`.

    Args:
        look: Where the camera stands and how it zooms.
        target: Points of the floor, shape (T, 2), in metres.
        zoom: Zoom relative to the usual one, shape (T,).
        shake: Shift of the image, shape (T, 2), in pixels.
        aim: Height above the floor at which it looks, in metres.
    """
    count = len(target)
    along, distance, height = look.camera
    position = np.tile(np.array([along, -look.side * distance, height]), (count, 1))
    way = np.concatenate([target, np.full((count, 1), aim)], axis=1) - position
    axis = way / np.linalg.norm(way, axis=1, keepdims=True)
    right = np.cross(axis, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    down = np.cross(axis, right)
    focal = look.player_pixels / 1.9 * np.hypot(distance, height) * zoom
    centre = np.array([look.width / 2, look.height / 2]) + shake
    rotation = np.stack([right, down, axis], axis=1)
    inner = np.zeros((count, 3, 3))
    inner[:, 0, 0] = inner[:, 1, 1] = focal
    inner[:, :2, 2] = centre
    inner[:, 2, 2] = 1.0
    matrix = inner @ np.concatenate([rotation, -rotation @ position[:, :, None]], axis=2)
    return Views(matrix, position)
