"""Joints of a body in the world, from its pose."""

from __future__ import annotations

import numpy as np

from . import motion

HIP_L, HIP_R, KNEE_L, KNEE_R, ANKLE_L, ANKLE_R, TOE_L, TOE_R = range(8)
SHOULDER_L, SHOULDER_R, ELBOW_L, ELBOW_R, HAND_L, HAND_R = range(8, 14)
PELVIS, CHEST, HEAD, HAIR, FRONT = range(14, 19)
JOINTS = 19

THIGH, SHIN, UPPER_ARM, FOREARM = 0.46, 0.45, 0.31, 0.33
ANKLE_HEIGHT = 0.085


def joints(pose: np.ndarray, position: np.ndarray, heading: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return where the joints are.

    Args:
        pose: Shape (N, motion.SIZE).
        position: Where the player stands on the floor, shape (N, 2), in metres.
        heading: Direction that the player faces, in radians from the x axis, shape (N,).
        size: Body height divided by 1.90 m, shape (N,).

    Returns:
        Array of shape (N, JOINTS, 3), in metres of the world; FRONT is the normal of the chest.
    """
    local = _local(pose)
    front = local[:, FRONT].copy()
    local *= size[:, None, None]
    world = to_world(local, position, heading)
    zero = np.zeros_like(position)
    world[:, FRONT] = to_world(front[:, None], zero, heading)[:, 0]
    return world


def to_world(local: np.ndarray, position: np.ndarray, heading: np.ndarray) -> np.ndarray:
    """Turn points (N, K, 3) in the players' frames (forward, left, up) into points of the world."""
    cosine, sine = np.cos(heading)[:, None], np.sin(heading)[:, None]
    return np.stack(
        [
            position[:, :1] + local[..., 0] * cosine - local[..., 1] * sine,
            position[:, 1:] + local[..., 0] * sine + local[..., 1] * cosine,
            local[..., 2],
        ],
        axis=-1,
    )


def _local(pose: np.ndarray) -> np.ndarray:
    """Return the joints in the player's own frame, unscaled."""
    count = len(pose)
    body = np.zeros((count, JOINTS, 3))
    lift = pose[:, motion.LIFT]
    body[:, PELVIS, 0] = pose[:, motion.SHIFT]
    body[:, PELVIS, 2] = pose[:, motion.PELVIS] + lift
    lean, side, twist = pose[:, motion.LEAN], pose[:, motion.SIDE], pose[:, motion.TWIST]
    spine = np.stack([np.sin(lean), np.sin(side), np.cos(lean) * np.cos(side)], axis=1)
    body[:, CHEST] = body[:, PELVIS] + motion.SPINE * spine
    across = np.stack([-np.sin(twist), np.cos(twist), np.zeros(count)], axis=1)
    half = np.stack([-np.sin(twist * 0.3), np.cos(twist * 0.3), np.zeros(count)], axis=1)
    nod = lean * 0.55 - pose[:, motion.NOD] * 0.6
    neck = np.stack([np.sin(nod), np.sin(side), np.cos(nod)], axis=1)
    body[:, HEAD] = body[:, CHEST] + 0.07 * spine + 0.185 * neck
    body[:, HAIR] = body[:, HEAD] + 0.05 * neck - np.array([0.045, 0.0, 0.0])
    body[:, FRONT] = np.cross(across, spine)
    for sign, hip, knee, ankle, toe, foot in (
        (1.0, HIP_L, KNEE_L, ANKLE_L, TOE_L, motion.FOOT_L),
        (-1.0, HIP_R, KNEE_R, ANKLE_R, TOE_R, motion.FOOT_R),
    ):
        body[:, hip] = body[:, PELVIS] + sign * 0.10 * half
        target = pose[:, foot] + np.stack([0.0 * lift - 0.04, 0.0 * lift, ANKLE_HEIGHT + lift], axis=1)
        out = np.clip(np.abs(pose[:, foot][:, 1]) - 0.1, 0.0, 0.4) * 1.6 * sign
        bend = np.stack([np.ones(count), out, np.zeros(count)], axis=1)
        body[:, knee], body[:, ankle] = bent(body[:, hip], target, (THIGH, SHIN), bend)
        droop = np.clip(pose[:, foot][:, 2] + 0.6 * lift, 0.0, 0.5)
        body[:, toe] = body[:, ankle] + np.stack(
            [0.19 - 0.16 * droop, out * 0.2, -(ANKLE_HEIGHT - 0.045) - 0.28 * droop], axis=1
        )
    for sign, shoulder, elbow, hand, where in (
        (1.0, SHOULDER_L, ELBOW_L, HAND_L, motion.HAND_L),
        (-1.0, SHOULDER_R, ELBOW_R, HAND_R, motion.HAND_R),
    ):
        body[:, shoulder] = body[:, CHEST] + sign * 0.195 * across
        flare = pose[:, motion.FLARE]
        bend = np.stack(
            [-0.6 * (1.0 - flare) - 0.1, sign * (0.25 + flare), -0.8 * (1.0 - 0.6 * flare)], axis=1
        )
        body[:, elbow], body[:, hand] = bent(
            body[:, shoulder], body[:, CHEST] + pose[:, where], (UPPER_ARM, FOREARM), bend
        )
    return body


def bent(
    root: np.ndarray, target: np.ndarray, lengths: tuple[float, float], bend: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the middle joint and the reached end of a limb of two bones that bends towards `bend`."""
    upper, lower = lengths
    way = target - root
    far = np.linalg.norm(way, axis=1, keepdims=True)
    axis = way / np.maximum(far, 1e-6)
    reach = np.clip(far, abs(upper - lower) + 0.02, upper + lower - 0.003)
    along = (upper**2 - lower**2 + reach**2) / (2.0 * reach)
    off = np.sqrt(np.maximum(upper**2 - along**2, 0.0))
    side = bend - np.sum(bend * axis, axis=1, keepdims=True) * axis
    side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-6)
    return root + axis * along + side * off, root + axis * reach
