"""What comes with a clip beside its pixels: how the player moves around it, and where the joints are."""

from __future__ import annotations

import numpy as np

from bball_tag.clips import ClipSpec
from bball_tag.players.steps import around, motion_length, motion_rows

from .camera import Views

MOTION = ClipSpec(num_frames=8, fps=12.5)
"""The clip whose surroundings are written: what the sample checkpoint reads."""
FAILED = 0.015
"""Share of instants at which the camera's movement is not found."""


def motion_times(middle: float) -> np.ndarray:
    """Return the instants around `middle` that the motion of a clip covers, in seconds."""
    count = motion_length(MOTION)
    return np.asarray(middle + (np.arange(count) - (count - 1) / 2) / MOTION.fps)


def write_known(seen: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return at which instants (M,) the player is known: in the clip, and while they are `seen` (M,).

    Of a third of clips only the clip itself is known, of a third a part of what is around.
    """
    count, margin = len(seen), around(MOTION)
    first, last = 0, count
    chance = rng.random()
    if chance < 1 / 3:
        first, last = margin, count - margin
    elif chance < 2 / 3:
        first, last = int(rng.integers(0, margin + 1)), count - int(rng.integers(0, margin + 1))
    known = seen.copy()
    known[margin : count - margin] = True
    # A track ends where the player leaves; whoever comes back is somebody else to it.
    lost = np.flatnonzero(~known)
    before, after = lost[lost < count // 2], lost[lost > count // 2]
    known[: before.max(initial=-1) + 1] = False
    known[after.min(initial=count) :] = False
    known[:first] = False
    known[last:] = False
    return known


def motion_of(
    boxes: np.ndarray, known: np.ndarray, cameras: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return the rows of a clip's motion, float32 (M, 6), from what detector and camera estimate say."""
    failed = rng.random(len(cameras)) < FAILED
    cameras = np.where(failed[:, None, None], np.eye(2, 3), cameras)
    return motion_rows(boxes, cameras, known, MOTION.fps)


def camera_steps(
    views: Views, spot: np.ndarray, size: tuple[int, int], rng: np.random.Generator
) -> np.ndarray:
    """Return where the background of the instant before is at each instant, as an estimate would say.

    Args:
        views: The camera at M instants.
        spot: Where the player stands, shape (M, 2), in metres: the similarity is fitted around them.
        size: Width and height of the frame.
        rng: For the errors of the estimate.

    Returns:
        Similarities of shape (M, 2, 3), in pixels; the first is the identity.
    """
    grid = np.stack(np.meshgrid(np.linspace(-5, 5, 5), np.linspace(-5, 5, 5)), axis=-1).reshape(-1, 2)
    points = np.zeros((len(spot), len(grid), 3))
    points[..., :2] = spot[:, None] + grid
    steps = np.tile(np.eye(2, 3), (len(spot), 1, 1))
    before = Views(views.matrix[:-1], views.position[:-1]).project(points[1:])
    after = Views(views.matrix[1:], views.position[1:]).project(points[1:])
    fits = (before[2] > 1.0) & (after[2] > 1.0)
    old, new = (side[0][..., 0] + 1j * side[0][..., 1] for side in (before, after))
    pixel = size[0] / 480
    for index in np.flatnonzero(fits.sum(axis=1) >= 4):
        one, other = old[index, fits[index]], new[index, fits[index]]
        centred = one - one.mean()
        turn = complex(np.vdot(centred, other) / np.vdot(centred, centred).real)
        error = rng.normal(0.0, [0.0006, 0.0006, 0.12 * pixel, 0.12 * pixel])
        turn += complex(error[0], error[1])
        shift = complex(other.mean() - turn * one.mean()) + complex(error[2], error[3])
        steps[index + 1] = [[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]]
    return steps


def in_crops(
    pixels: np.ndarray, boxes: np.ndarray, frame: tuple[int, int], crop: tuple[int, int]
) -> np.ndarray:
    """Return points of the frame in fractions of the crops.

    Args:
        pixels: Shape (T, K, 2).
        boxes: left, top, width, height of each crop's box, shape (T, 4).
        frame: Width and height of the frame.
        crop: Width and height of a crop, in which the box is centred with its aspect kept.

    Returns:
        float32 array of shape (T, K, 3): x, y, and 1 where the point is in the frame.
    """
    scale = np.minimum(crop[0] / boxes[:, 2], crop[1] / boxes[:, 3])[:, None, None]
    middle = (boxes[:, :2] + boxes[:, 2:] / 2)[:, None]
    place = (pixels - middle) * scale / np.array(crop) + 0.5
    inside = ((pixels >= 0) & (pixels < np.array(frame))).all(axis=-1, keepdims=True)
    return np.concatenate([place, inside], axis=-1).astype(np.float32)
