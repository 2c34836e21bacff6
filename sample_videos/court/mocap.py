"""Play motion capture of basketball, cut into parts that show a label (`make_motion.py` packs them).

The part number 0 stands for none. Joints are on the court's skeleton, of a body of 1.90 m, in the player's
own frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from . import skeleton as sk
from .motion import DRIBBLE, HOLD, PASS, RELEASE, RUN, SHOOT, WALK

FILE = Path(__file__).with_name("motion.npz")
FPS = 30
PER_METRE = 5000
"""Joints are stored as whole numbers of 0.2 mm."""
PLACE, STRIDE = range(2)
"""How a part moves through the room: by its own small steps, or in a loop as fast as the player does."""
SHARE = {DRIBBLE: 0.75, SHOOT: 0.7, PASS: 0.6, HOLD: 0.7, RUN: 0.55, WALK: 0.6}
"""How often a label is played from motion capture."""
FARTHEST = 0.5
"""How far the logarithm of a part's speed may be from that of the player's when it is chosen."""
LONGEST = 1.35
"""How much longer a step may be made than it was captured."""
SWAPPED = [1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, *range(14, sk.JOINTS)]
"""Where each joint comes from when left and right change places."""


@dataclass(frozen=True, slots=True)
class Library:
    """All parts, one after the other; K parts (number 0 is empty) of N frames together."""

    label: np.ndarray
    """Shape (K,), as all of these up to `count`."""
    mode: np.ndarray
    key: np.ndarray
    """When the ball is released, in seconds; 0 for what is not a throw."""
    speed: np.ndarray
    """Mean speed, in metres per second."""
    side: np.ndarray
    """Which hand has the ball: +1 left, -1 right, 0 both or none."""
    first: np.ndarray
    """Index of the part's first frame."""
    count: np.ndarray
    """Number of its frames."""
    joints: np.ndarray
    """Shape (N, JOINTS, 3), in metres."""
    ball: np.ndarray
    """Shape (N, 3), in metres."""
    root: np.ndarray
    """Velocity of the body, forward and left, shape (N, 2), in metres per second."""


@cache
def captured() -> Library:
    """Return the parts in `motion.npz`."""
    with np.load(FILE) as packed:
        table = np.concatenate([np.zeros((1, 7)), packed["table"].astype(float)])
        label, mode, key, speed, side, first, stop = table.T
        label[0] = -1
        stop[0] = 1
        return Library(
            label.astype(int),
            mode.astype(int),
            key,
            speed,
            side,
            first.astype(int),
            (stop - first).astype(int),
            packed["joints"].astype(np.float32) / PER_METRE,
            packed["ball"].astype(np.float32) / PER_METRE,
            packed["root"].astype(np.float32),
        )


def choose(rng: np.random.Generator, label: int, speed: float, far: float) -> int:
    """Return a part for a player who begins `label`, or 0 when the pose is to be made.

    Args:
        rng: Decides.
        label: What the player is to do.
        speed: How fast they are to move, or, for a shot, are moving now, in metres per second.
        far: Distance to what they look at, in metres: layups are for who is near the basket.
    """
    parts = captured()
    # The captured dribbles on the spot are tricks between the legs: not what most players do.
    tricks = label == DRIBBLE and speed <= 0.5
    if rng.random() >= SHARE.get(label, 0.0) * (0.5 if tricks else 1.0):
        return 0
    fits = parts.label == label
    if label in (DRIBBLE, RUN, WALK):
        fits &= (parts.mode == STRIDE) == (speed > 0.5)
        if speed > 0.5:
            fits &= np.abs(np.log(np.maximum(parts.speed, 0.1) / speed)) < FARTHEST
    elif label == SHOOT:
        drives = speed > 1.2 and 2.2 < far < 6.5
        fits &= (parts.speed > 0.9) == drives
    elif label == HOLD:
        fits &= parts.speed < 0.4 + speed
    where = np.flatnonzero(fits)
    return int(where[int(rng.integers(len(where)))]) if len(where) else 0


def start(rng: np.random.Generator, part: int, duration: float, variant: float) -> float:
    """Return the second of a part at which to begin; a throw of `duration` is released when it has to be."""
    parts = captured()
    label = int(parts.label[part])
    if label in RELEASE:
        slowed = float(rate(np.array([part]), np.zeros(1), np.array([variant]))[0])
        return float(parts.key[part] - RELEASE[label] * duration * slowed)
    if parts.mode[part] == STRIDE or label == DRIBBLE:
        return float(rng.uniform(0.0, parts.count[part] / FPS))
    return 0.0


def rate(part: np.ndarray, speed: np.ndarray, variant: np.ndarray) -> np.ndarray:
    """Return how fast parts are played, 1 as captured: strides by the player's speed, others by variant."""
    parts = captured()
    stride = np.clip(np.sqrt(speed / np.maximum(parts.speed[part], 0.1)), 0.78, 1.25)
    return np.asarray(np.where(parts.mode[part] == STRIDE, stride, 0.8 + 0.4 * (variant * 53.0 % 1.0)))


def mirrored(part: np.ndarray, variant: np.ndarray, hand: np.ndarray) -> np.ndarray:
    """Return whether left and right change places: to have the ball in the player's `hand`, or by chance."""
    side = captured().side[part]
    return np.asarray(np.where(side == 0, variant * 1031.0 % 1.0 < 0.5, side != hand))


def root_velocity(part: np.ndarray, played: np.ndarray, mirror: np.ndarray) -> np.ndarray:
    """Return the body's own velocity, forward and left, in parts that stay in place, shape (N, 2)."""
    parts = captured()
    here, _, _, sign = _frames(part, played)
    own = parts.root[here] * sign[:, None]
    own[mirror, 1] *= -1.0
    own[(parts.mode[part] == STRIDE) | (part == 0)] = 0.0
    return np.asarray(own)


def play(
    part: np.ndarray, played: np.ndarray, mirror: np.ndarray, way: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the joints (N, JOINTS, 3) and the ball (N, 3).

    Args:
        part: Number of the part, shape (N,).
        played: Seconds of it that have been played.
        mirror: Whether left and right change places.
        way: How the player moves, forward and left, in metres per second of playing time, shape (N, 2).
    """
    parts = captured()
    here, there, weight, _ = _frames(part, played)
    joints = parts.joints[here] + (parts.joints[there] - parts.joints[here]) * weight[:, None, None]
    ball = parts.ball[here] + (parts.ball[there] - parts.ball[here]) * weight[:, None]
    joints[mirror] = joints[mirror][:, SWAPPED] * [1.0, -1.0, 1.0]
    ball[mirror] *= [1.0, -1.0, 1.0]
    strides = parts.mode[part] == STRIDE
    _stride(
        joints, np.where(strides[:, None], way / np.maximum(parts.speed[part], 0.1)[:, None], 0.0), strides
    )
    return joints.astype(float), ball.astype(float)


def _frames(part: np.ndarray, played: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return two neighbouring frames, the weight of the second, and -1 where time runs backwards, else 1.

    A stride begins again, a throw waits in its last frame, everything else goes back and forth.
    """
    parts = captured()
    count = parts.count[part]
    at = played * FPS
    last = np.maximum(count - 1.0, 1e-6)
    swing = at % (2.0 * last)
    back = swing > last
    sign = np.where(back, -1.0, 1.0)
    thrown = parts.key[part] > 0
    sign[thrown & ((at < 0.0) | (at > last))] = 0.0
    at = np.select(
        [parts.mode[part] == STRIDE, thrown],
        [at % count, np.clip(at, 0.0, last)],
        np.where(back, 2.0 * last - swing, swing),
    )
    here = np.minimum(at.astype(int), count - 1)
    there = np.where(parts.mode[part] == STRIDE, (here + 1) % count, np.minimum(here + 1, count - 1))
    return parts.first[part] + here, parts.first[part] + there, at - here, sign


def _stride(joints: np.ndarray, scale: np.ndarray, which: np.ndarray) -> None:
    """Lengthen or shorten the steps of the rows `which`: `scale` (N, 2) is the way ahead and to the left."""
    size = np.hypot(*scale.T)
    scale = scale * (np.minimum(size, LONGEST) / np.maximum(size, 1e-6))[:, None]
    size = np.minimum(size, LONGEST)
    flat = np.array([np.cos(sk.FLAT), 0.0, -np.sin(sk.FLAT)]) * sk.FOOT
    for knee, ankle, toe in ((sk.KNEE_L, sk.ANKLE_L, sk.TOE_L), (sk.KNEE_R, sk.ANKLE_R, sk.TOE_R)):
        foot = joints[:, toe] - joints[:, ankle]
        moved = joints[:, ankle].copy()
        ahead = moved[:, 0] - joints[:, sk.PELVIS, 0]
        moved[:, 0] += ahead * (scale[:, 0] - 1.0)
        moved[:, 1] += ahead * scale[:, 1]
        moved[:, 2] = sk.ANKLE_HEIGHT + (moved[:, 2] - sk.ANKLE_HEIGHT) * np.sqrt(size)
        tip = moved + flat + (foot - flat) * np.minimum(size, 1.0)[:, None]
        # The knee goes half the way with the foot: so it stays bent to the same side.
        joints[which, knee] += 0.5 * (moved - joints[:, ankle])[which]
        joints[which, ankle], joints[which, toe] = moved[which], tip[which]
