"""Joints of a body in the world, from its pose."""

from __future__ import annotations

import numpy as np

from . import motion

HIP_L, HIP_R, KNEE_L, KNEE_R, ANKLE_L, ANKLE_R, TOE_L, TOE_R = range(8)
SHOULDER_L, SHOULDER_R, ELBOW_L, ELBOW_R, HAND_L, HAND_R = range(8, 14)
PELVIS, CHEST, HEAD, HAIR, FRONT = range(14, 19)
JOINTS = 19

THIGH, SHIN, UPPER_ARM, FOREARM = 0.46, 0.45, 0.31, 0.33
HALF_HIPS, HALF_SHOULDERS = 0.10, 0.195
FOOT = 0.194
"""From the ankle to the ball of the foot, in metres."""
ANKLE_HEIGHT = 0.085
FLAT = 0.208
"""Angle of the foot under the horizontal when the sole is on the floor, in radians."""
LIMBS = (
    (HIP_L, KNEE_L, ANKLE_L, (THIGH, SHIN), (0.02, 0.004, 0.0)),
    (HIP_R, KNEE_R, ANKLE_R, (THIGH, SHIN), (0.02, -0.004, 0.0)),
    (SHOULDER_L, ELBOW_L, HAND_L, (UPPER_ARM, FOREARM), (-0.02, 0.03, -0.02)),
    (SHOULDER_R, ELBOW_R, HAND_R, (UPPER_ARM, FOREARM), (-0.02, -0.03, -0.02)),
)
"""Of each limb: where it begins, its middle joint, its end, the lengths of its two bones in metres, and which
way it usually bends."""


def joints(local: np.ndarray, position: np.ndarray, heading: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return where the joints are in the world.

    Args:
        local: Joints in the players' own frames, of a body of 1.90 m, shape (N, JOINTS, 3).
        position: Where the player stands on the floor, shape (N, 2), in metres.
        heading: Direction that the player faces, in radians from the x axis, shape (N,).
        size: Body height divided by 1.90 m, shape (N,).

    Returns:
        Array of shape (N, JOINTS, 3), in metres of the world; FRONT is the normal of the chest.
    """
    world = to_world(local * size[:, None, None], position, heading)
    zero = np.zeros_like(position)
    world[:, FRONT] = to_world(local[:, [FRONT]], zero, heading)[:, 0]
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


def local(pose: np.ndarray) -> np.ndarray:
    """Return the joints of poses (N, motion.SIZE) in the player's own frame, shape (N, JOINTS, 3)."""
    body = np.zeros((len(pose), JOINTS, 3))
    _trunk(body, pose)
    _legs(body, pose)
    for sign, shoulder, elbow, hand, where in (
        (1.0, SHOULDER_L, ELBOW_L, HAND_L, motion.HAND_L),
        (-1.0, SHOULDER_R, ELBOW_R, HAND_R, motion.HAND_R),
    ):
        flare = pose[:, motion.FLARE]
        bend = np.stack(
            [-0.6 * (1.0 - flare) - 0.1, sign * (0.25 + flare), -0.8 * (1.0 - 0.6 * flare)], axis=1
        )
        # Elbows of raised arms point ahead and out.
        raised = motion.smooth(pose[:, where][:, 2], -0.15, 0.25)[:, None]
        bend += raised * (np.array([0.8, sign * 0.6, -0.15]) - bend)
        body[:, elbow], body[:, hand] = bent(
            body[:, shoulder], body[:, CHEST] + pose[:, where], (UPPER_ARM, FOREARM), bend
        )
    return body


def _trunk(body: np.ndarray, pose: np.ndarray) -> None:
    """Place hips, chest, shoulders and head."""
    zero = np.zeros(len(pose))
    body[:, PELVIS] = pose[:, [motion.SHIFT, motion.SWAY, motion.PELVIS]]
    body[:, PELVIS, 2] += pose[:, motion.LIFT]
    lean, side, twist, tilt = (
        pose[:, index] for index in (motion.LEAN, motion.SIDE, motion.TWIST, motion.TILT)
    )
    spine = np.stack([np.sin(lean), np.sin(side), np.cos(lean) * np.cos(side)], axis=1)
    spine /= np.linalg.norm(spine, axis=1, keepdims=True)
    body[:, CHEST] = body[:, PELVIS] + motion.SPINE * spine
    across = np.stack([-np.sin(twist), np.cos(twist), zero], axis=1)
    hips = np.stack([-np.sin(pose[:, motion.HIPS]), np.cos(pose[:, motion.HIPS]), tilt], axis=1)
    hips /= np.linalg.norm(hips, axis=1, keepdims=True)
    body[:, SHOULDER_L], body[:, SHOULDER_R] = (
        body[:, CHEST] + sign * HALF_SHOULDERS * across for sign in (1.0, -1.0)
    )
    body[:, HIP_L], body[:, HIP_R] = (body[:, PELVIS] + sign * HALF_HIPS * hips for sign in (1.0, -1.0))
    nod = lean * 0.55 - pose[:, motion.NOD] * 0.6
    neck = np.stack([np.sin(nod), np.sin(side), np.cos(nod)], axis=1)
    neck /= np.linalg.norm(neck, axis=1, keepdims=True)
    look, down = pose[:, motion.LOOK], 0.5 * nod
    face = np.stack([np.cos(look) * np.cos(down), np.sin(look) * np.cos(down), -np.sin(down)], axis=1)
    body[:, HEAD] = body[:, CHEST] + 0.07 * spine + 0.185 * neck
    body[:, HAIR] = body[:, HEAD] + 0.05 * neck - 0.045 * face
    body[:, FRONT] = np.cross(across, spine)


def _legs(body: np.ndarray, pose: np.ndarray) -> None:
    """Place knees, ankles and toes by where the feet are."""
    lift = pose[:, motion.LIFT]
    one = np.ones(len(pose))
    for sign, hip, knee, ankle, toe, foot, pitch in (
        (1.0, HIP_L, KNEE_L, ANKLE_L, TOE_L, motion.FOOT_L, motion.PITCH_L),
        (-1.0, HIP_R, KNEE_R, ANKLE_R, TOE_R, motion.FOOT_R, motion.PITCH_R),
    ):
        target = pose[:, foot] + np.stack([-0.04 * one, 0.0 * one, ANKLE_HEIGHT + lift], axis=1)
        out = np.clip(np.abs(pose[:, foot][:, 1]) - 0.1, 0.0, 0.4) * 1.6 * sign
        bend = np.stack([one, out + 0.15 * sign, 0.0 * one], axis=1)
        body[:, knee], body[:, ankle] = bent(body[:, hip], target, (THIGH, SHIN), bend)
        down = FLAT - pose[:, pitch] + np.clip(lift, 0.0, 0.5) * 1.6
        outward = 0.25 * sign + 0.3 * out
        tip = [np.cos(down) * np.cos(outward), np.cos(down) * np.sin(outward), -np.sin(down)]
        body[:, toe] = body[:, ankle] + FOOT * np.stack(tip, axis=1)


def settled(body: np.ndarray) -> np.ndarray:
    """Return joints (N, JOINTS, 3), mixed or moved a little, with the bones' lengths made right again.

    Chest, head, hands and feet stay near where they are; elbows and knees keep the side they bend to.
    """
    right = body.copy()
    spine = _unit(body[:, CHEST] - body[:, PELVIS])
    right[:, CHEST] = body[:, PELVIS] + motion.SPINE * spine
    neck = _unit(body[:, HEAD] - body[:, CHEST] - 0.07 * spine)
    right[:, HEAD] = right[:, CHEST] + 0.07 * spine + 0.185 * neck
    right[:, HAIR] = right[:, HEAD] + 0.067 * _unit(body[:, HAIR] - body[:, HEAD])
    right[:, FRONT] = _unit(body[:, FRONT])
    for ends, middle, half in (
        ((HIP_L, HIP_R), PELVIS, HALF_HIPS),
        ((SHOULDER_L, SHOULDER_R), CHEST, HALF_SHOULDERS),
    ):
        across = _unit(body[:, ends[0]] - body[:, ends[1]])
        for end, sign in zip(ends, (1.0, -1.0), strict=True):
            right[:, end] = right[:, middle] + sign * half * across
    for root, joint, end, lengths, usual in LIMBS:
        # A limb that is nearly straight bends the usual way: or it would flip from one frame to the next.
        bend = body[:, joint] - (body[:, root] + body[:, end]) / 2 + usual
        right[:, joint], right[:, end] = bent(right[:, root], body[:, end], lengths, bend)
    for ankle, toe in ((ANKLE_L, TOE_L), (ANKLE_R, TOE_R)):
        right[:, toe] = right[:, ankle] + FOOT * _unit(body[:, toe] - body[:, ankle])
    return right


def _unit(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9))


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
