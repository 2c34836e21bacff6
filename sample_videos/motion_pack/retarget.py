"""Move captured sequences onto the court's skeleton."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from court import skeleton as sk
from court.motion import BALL_RADIUS, SPINE
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

SOURCE_FPS = 60
ARM = ("Thorax", "Shoulder", "Elbow", "Wrist")
FINGERS = 15
LEG = ("Hip", "Knee", "Ankle", "Toe")
TRUNK = ("Torso", "Spine", "Spine2", "Chest", "Neck", "Head")
NAMES = [
    "Pelvis",
    *(f"{side}_{name}" for side in "LR" for name in LEG),
    *TRUNK,
    *(f"L_{name}" for name in ARM),
    *(f"L_{finger}" for finger in range(FINGERS)),
    *(f"R_{name}" for name in ARM),
    *(f"R_{finger}" for finger in range(FINGERS)),
]
KNUCKLE = 3
"""First joint of the middle finger."""
SCALE = (sk.THIGH + sk.SHIN) / 0.827
"""From the length of the captured legs to ours."""
SOURCE_ANKLE = 0.12
"""Height of a captured ankle above the floor when its foot is planted, in metres."""
SLACK = 0.012
"""How much lower the hips are than captured, so that straight legs reach the floor, in metres."""
PALM = BALL_RADIUS + 0.02
"""From the middle of the ball to a palm that holds it, in metres."""
GRIP = 0.85
"""How far the ball is from our palms, relative to the captured ones."""
FACE = np.array([0.0, 0.0, 1.0])
"""Where the captured head looks, in its own frame."""


@dataclass(frozen=True, slots=True)
class Sequence:
    """A sequence on our skeleton, in metres of the world; T frames at `SOURCE_FPS`."""

    joints: np.ndarray
    """Shape (T, JOINTS, 3)."""
    ball: np.ndarray
    """Shape (T, 3)."""
    contact: np.ndarray
    """Whether a hand has the ball, shape (T,)."""

    @property
    def speed(self) -> np.ndarray:
        """Speed of the pelvis along the floor, smoothed, in metres per second, shape (T,)."""
        return np.asarray(np.hypot(*root_velocity(self.joints).T))


def retarget(rows: np.ndarray) -> Sequence:
    """Return a sequence (T, 325) of the source on our skeleton."""
    places = rows[:, 162:321].reshape(len(rows), len(NAMES), 3)
    at = {name: places[:, index] for index, name in enumerate(NAMES)}
    floor = np.percentile(np.minimum(at["L_Ankle"][:, 2], at["R_Ankle"][:, 2]), 5)
    floor = min(floor, SOURCE_ANKLE + 0.06)

    def moved(points: np.ndarray) -> np.ndarray:
        return np.asarray((points - [0.0, 0.0, floor]) * SCALE + [0.0, 0.0, sk.ANKLE_HEIGHT])

    joints = np.zeros((len(rows), sk.JOINTS, 3))
    joints[:, sk.PELVIS] = moved((at["L_Hip"] + at["R_Hip"]) / 2) - [0.0, 0.0, SLACK]
    across = unit(at["L_Hip"] - at["R_Hip"])
    joints[:, sk.HIP_L], joints[:, sk.HIP_R] = (
        joints[:, sk.PELVIS] + side * sk.HALF_HIPS * across for side in (1, -1)
    )
    spine = unit((at["L_Shoulder"] + at["R_Shoulder"]) / 2 - at["Pelvis"])
    joints[:, sk.CHEST] = joints[:, sk.PELVIS] + SPINE * spine
    shoulders = unit(at["L_Shoulder"] - at["R_Shoulder"])
    joints[:, sk.FRONT] = unit(np.cross(shoulders, spine))
    _head(joints, rows, at, spine)
    _legs(joints, at, moved)
    hands = _arms(joints, at, shoulders)
    ball = _ball(joints, rows[:, 321:324], hands)
    _grip(joints, ball, np.linalg.norm(rows[:, None, 321:324] - hands, axis=2))
    return Sequence(joints, ball, rows[:, 324] > 0.5)


def unit(vectors: np.ndarray) -> np.ndarray:
    """Return vectors of length 1."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9))


def _head(joints: np.ndarray, rows: np.ndarray, at: dict[str, np.ndarray], spine: np.ndarray) -> None:
    """Place the head by the direction of the neck, and the hair by where the face looks."""
    turn = Rotation.from_rotvec(rows[:, 3:6])
    local = rows[:, 6:162].reshape(len(rows), -1, 3)
    for name in TRUNK:
        turn = turn * Rotation.from_rotvec(local[:, NAMES.index(name) - 1])
    neck = unit(at["Head"] - at["Neck"])
    joints[:, sk.HEAD] = joints[:, sk.CHEST] + 0.07 * spine + 0.185 * neck
    joints[:, sk.HAIR] = joints[:, sk.HEAD] + 0.05 * neck - 0.045 * turn.apply(FACE)


def _legs(joints: np.ndarray, at: dict[str, np.ndarray], moved: Callable[[np.ndarray], np.ndarray]) -> None:
    """Place the feet where they were, scaled, and bend the knees the way they were bent."""
    middle = (at["L_Hip"] + at["R_Hip"]) / 2
    front = unit(np.cross(at["L_Hip"] - at["R_Hip"], [0.0, 0.0, 1.0]))
    for side, hip, knee, ankle, toe in (
        ("L", sk.HIP_L, sk.KNEE_L, sk.ANKLE_L, sk.TOE_L),
        ("R", sk.HIP_R, sk.KNEE_R, sk.ANKLE_R, sk.TOE_R),
    ):
        foot = joints[:, sk.PELVIS] + (at[f"{side}_Ankle"] - middle) * SCALE
        foot[:, 2] = np.maximum(moved(at[f"{side}_Ankle"])[:, 2], sk.ANKLE_HEIGHT - 0.01)
        bend = at[f"{side}_Knee"] - (at[f"{side}_Hip"] + at[f"{side}_Ankle"]) / 2 + 0.06 * front
        joints[:, knee], joints[:, ankle] = sk.bent(joints[:, hip], foot, (sk.THIGH, sk.SHIN), bend)
        tip = (at[f"{side}_Toe"] - at[f"{side}_Ankle"]) * [1.22, 1.22, 1.0] + [0.0, 0.0, 0.06]
        joints[:, toe] = joints[:, ankle] + sk.FOOT * unit(tip)
        joints[:, toe, 2] = np.maximum(joints[:, toe, 2], 0.03)


def _arms(joints: np.ndarray, at: dict[str, np.ndarray], shoulders: np.ndarray) -> np.ndarray:
    """Place the arms by the direction of their bones; return the captured palms, shape (T, 2, 3)."""
    palms = []
    for side, sign, shoulder, elbow, hand in (
        ("L", 1.0, sk.SHOULDER_L, sk.ELBOW_L, sk.HAND_L),
        ("R", -1.0, sk.SHOULDER_R, sk.ELBOW_R, sk.HAND_R),
    ):
        palm = 0.35 * at[f"{side}_Wrist"] + 0.65 * at[f"{side}_{KNUCKLE}"]
        joints[:, shoulder] = joints[:, sk.CHEST] + sign * sk.HALF_SHOULDERS * shoulders
        joints[:, elbow] = joints[:, shoulder] + sk.UPPER_ARM * unit(
            at[f"{side}_Elbow"] - at[f"{side}_Shoulder"]
        )
        joints[:, hand] = joints[:, elbow] + sk.FOREARM * unit(palm - at[f"{side}_Elbow"])
        palms.append(palm)
    return np.stack(palms, axis=1)


def _ball(joints: np.ndarray, ball: np.ndarray, palms: np.ndarray) -> np.ndarray:
    """Return the ball: as it lay to the palms while near to one, else where it was in the room."""
    gaps = np.linalg.norm(ball[:, None] - palms, axis=2)
    weight = 1.0 / np.maximum(gaps, 0.1) ** 4
    weight /= weight.sum(axis=1, keepdims=True)
    ours = joints[:, [sk.HAND_L, sk.HAND_R]]
    by_hand = ((ours + (ball[:, None] - palms) * GRIP) * weight[..., None]).sum(axis=1)
    shift = ((ours - palms * SCALE) * weight[..., None]).sum(axis=1)
    in_room = ball * SCALE + gaussian_filter1d(shift, 6, axis=0)
    in_room[:, 2] = BALL_RADIUS + (ball[:, 2] - 0.11) * SCALE
    near = np.clip(1.0 - (gaps.min(axis=1) - 0.25) / 0.45, 0.0, 1.0)[:, None]
    mixed = by_hand * near + in_room * (1.0 - near)
    mixed[:, 2] = np.maximum(mixed[:, 2], BALL_RADIUS)
    return np.asarray(mixed)


def _grip(joints: np.ndarray, ball: np.ndarray, gaps: np.ndarray) -> None:
    """Bring palms that touched the ball onto it; `gaps` (T, 2) are the captured distances to its middle."""
    sides = ((sk.SHOULDER_L, sk.ELBOW_L, sk.HAND_L), (sk.SHOULDER_R, sk.ELBOW_R, sk.HAND_R))
    for gap, (shoulder, elbow, hand) in zip(gaps.T, sides, strict=True):
        away = joints[:, hand] - ball
        far = np.linalg.norm(away, axis=1)
        touches = np.clip((0.30 - gap) / 0.1, 0.0, 1.0)
        nearer = far - touches * np.maximum(far - PALM, 0.0)
        bend = joints[:, elbow] - (joints[:, shoulder] + joints[:, hand]) / 2
        target = ball + away * (nearer / np.maximum(far, 1e-6))[:, None]
        lengths = (sk.UPPER_ARM, sk.FOREARM)
        joints[:, elbow], joints[:, hand] = sk.bent(joints[:, shoulder], target, lengths, bend)


def root_velocity(joints: np.ndarray) -> np.ndarray:
    """Return the velocity of the pelvis along the floor (T, 2), smoothed over about a step."""
    path = gaussian_filter1d(joints[:, sk.PELVIS, :2], 9, axis=0, mode="nearest")
    return np.asarray(np.gradient(path, 1 / SOURCE_FPS, axis=0))
