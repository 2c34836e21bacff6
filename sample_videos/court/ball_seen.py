"""Where the ball is in the crops of a player, and whether it can be seen there."""

from __future__ import annotations

import numpy as np

from .motion import BALL_RADIUS
from .render import Court
from .shadow import PARTS
from .surroundings import in_crops
from .timeline import bodies

SEEN, DOUBTFUL, UNSEEN = 1.0, 0.5, 0.0
_SHOWN, _UNSURE = 0.6, 0.95
"""Share of the ball that bodies cover, below which it is to be found, and from which on it is not."""


def seen_ball(
    court: Court, times: np.ndarray, boxes: np.ndarray, crop: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return where the ball is in the crops of boxes (T, 4) at `times` (T,), and its radius.

    Args:
        court: The game.
        times: In seconds.
        boxes: left, top, width, height of each crop's box, in pixels.
        crop: Width and height of a crop, in which the box is centred with its aspect kept.

    Returns:
        x and y in fractions of the crop, and `SEEN`, `DOUBTFUL` or `UNSEEN`, float32 (T, 3); the radius in
        heights of the crop, (T,).
    """
    look, views = court.look, court.views(times)
    width, height = crop
    scale = np.minimum(width / boxes[:, 2], height / boxes[:, 3]) / height
    ball = court.line.mixed("ball", times)
    pixels, sizes, _ = views.project(ball[:, None])
    found = in_crops(pixels, boxes, (look.width, look.height), crop)[:, 0]
    radius = sizes[:, 0] * BALL_RADIUS * scale
    joints, _ = bodies(court.line, look, times, court.players)
    part = _covered(joints, ball, views.position)
    aside = np.abs(found[:, 0] - 0.5) * width / height - boxes[:, 2] * scale / 2
    below = np.abs(found[:, 1] - 0.5) - 0.5
    inside = (aside < 0) & (below < 0) & (found[:, 2] > 0)
    near = (aside < 1.4 * radius) & (below < radius) & (found[:, 2] > 0)
    found[:, 2] = np.where(
        inside & (part < _SHOWN), SEEN, np.where(near & (part < _UNSURE), DOUBTFUL, UNSEEN)
    )
    return found, radius


def _covered(joints: np.ndarray, ball: np.ndarray, eyes: np.ndarray) -> np.ndarray:
    """Return which part of the ball is behind bodies, which rows of spheres stand for, shape (T,)."""
    start, stop = (joints[:, :, [part[end] for part in PARTS]] for end in (0, 1))
    along = np.linspace(0.0, 1.0, 6)[:, None]
    spheres = (start[:, :, :, None] + (stop - start)[:, :, :, None] * along).reshape(len(ball), -1, 3)
    radii = np.tile(np.repeat([0.42 * part[2] for part in PARTS], 6), joints.shape[1])
    sight = eyes - ball
    far = np.linalg.norm(sight, axis=1, keepdims=True)
    right = np.cross(sight / far, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    up = np.cross(sight / far, right)
    hidden = np.zeros(len(ball))
    turns = np.arange(12) * np.pi / 6
    points = [(0.0, 0.0), *((0.8 * np.cos(a), 0.8 * np.sin(a)) for a in turns)]
    for across, high in points:
        gap = spheres - (ball + BALL_RADIUS * (across * right + high * up))[:, None]
        depth = np.einsum("tci,ti->tc", gap, sight / far)
        beside = np.sum(gap**2, axis=2) - depth**2
        hidden += ((beside < radii**2) & (depth > 0.03) & (depth < far)).any(axis=1)
    return hidden / len(points)
