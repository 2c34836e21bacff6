"""Turn moments into joints: captured parts where one is played, made poses elsewhere, no two alike."""

from __future__ import annotations

import numpy as np

from . import mocap, motion, poses
from . import skeleton as sk

TREMBLE = np.zeros(sk.JOINTS)
TREMBLE[[sk.PELVIS, sk.CHEST, sk.HEAD, sk.HAIR]] = 0.006, 0.010, 0.014, 0.014
TREMBLE[[sk.ELBOW_L, sk.ELBOW_R]] = 0.02
TREMBLE[[sk.HAND_L, sk.HAND_R]] = 0.016
"""How far joints wander, in metres."""
UPPER = slice(sk.SHOULDER_L, sk.HAIR + 1)
"""All joints but the legs' and the chest's normal; the hips follow the pelvis."""


def enact(moment: motion.Moment) -> tuple[np.ndarray, np.ndarray]:
    """Return the joints (N, JOINTS, 3) and a ball in the hands (N, 3), in the players' own frames.

    The bones of what is returned have their lengths only after `skeleton.settled`.
    """
    joints = np.zeros((len(moment.label), sk.JOINTS, 3))
    ball = np.zeros((len(moment.label), 3))
    made = moment.part == 0
    if made.any():
        pose = poses.poses(moment.only(made))
        joints[made], ball[made] = sk.local(pose), pose[:, motion.BALL]
    if not made.all():
        shown = moment.only(~made)
        mirror = mocap.mirrored(shown.part, shown.variant, shown.hand)
        pace = shown.speed / mocap.rate(shown.part, shown.speed, shown.variant)
        way = np.stack([shown.forward, shown.left], axis=1) * pace[:, None]
        joints[~made], ball[~made] = _carried(*mocap.play(shown.part, shown.played, mirror, way), shown)
    wander = tremble(moment)
    joints += wander
    ball += wander[:, sk.HAND_L]
    return joints, ball


def _carried(joints: np.ndarray, ball: np.ndarray, moment: motion.Moment) -> tuple[np.ndarray, np.ndarray]:
    """Return captured joints and ball of somebody who leans a little more or less, and stands lower."""
    lean = motion.draw(moment, 20, -0.05, 0.08)[:, None]
    lower = motion.draw(moment, 21, 0.0, 0.05)[:, None]
    hips = joints[:, [sk.PELVIS], 2]
    for points in (joints[:, UPPER], ball[:, None]):
        points[..., 0] += lean * np.maximum(points[..., 2] - hips, 0.0)
        points[..., 2] -= lower * np.clip(points[..., 2] / hips, 0.0, 1.0)
    return joints, ball


def tremble(moment: motion.Moment) -> np.ndarray:
    """Return how far each joint wanders from its place, shape (N, JOINTS, 3), in metres."""
    axes = np.arange(3)
    joint = np.arange(sk.JOINTS)
    # Both hands move as one, or they would lose the ball.
    joint[sk.HAND_R] = sk.HAND_L
    joint[sk.HAIR] = sk.HEAD
    seed = (joint[:, None] * 3 + axes) * 0.731
    start = 2.0 * np.pi * (moment.variant[:, None, None] * (71.0 + 13.0 * seed) + seed)
    turn = moment.age[:, None, None] * (1.9 + 1.3 * np.sin(7.0 * seed))
    return np.asarray(
        TREMBLE[:, None] * (0.6 * np.sin(turn + start) + 0.4 * np.sin(2.3 * turn + 1.7 * start))
    )


def mix(one: np.ndarray, other: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the way from `one` to `other` (N, ...) by `weight` (N,)."""
    part = weight.reshape(-1, *([1] * (one.ndim - 1)))
    return np.asarray(one + (other - one) * part)
