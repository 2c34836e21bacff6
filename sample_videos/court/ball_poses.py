"""Poses with the ball: hold, pass, shoot and dribble, as functions of time and gait."""

from __future__ import annotations

import numpy as np

from .motion import (
    BALL,
    BALL_RADIUS,
    FLARE,
    FOOT_L,
    FOOT_R,
    HAND_L,
    HAND_R,
    HIPS,
    LEAN,
    LIFT,
    LOOK,
    NOD,
    PASS,
    PELVIS,
    RELEASE,
    SHIFT,
    SHOOT,
    SIDE,
    TWIST,
    Moment,
    draw,
    grip,
    keyed,
    shoulders,
    smooth,
    stand,
    wave,
)


def hold(moment: Moment) -> np.ndarray:
    pose = stand(moment, draw(moment, 1, 0.87, 0.95), draw(moment, 2, 0.13, 0.23))
    pose[:, LEAN] = draw(moment, 3, 0.05, 0.30)
    pose[:, LOOK] = 0.6 * moment.gaze + 0.4 * wave(moment, 0.3, 7.0)
    age, variant = moment.age, moment.variant
    jab = np.maximum(0.0, np.sin(2.6 * age + 5.0 * variant)) ** 2 * (variant * 7 % 1 > 0.45)
    for foot, sign in ((FOOT_L, 1.0), (FOOT_R, -1.0)):
        free = moment.hand == sign
        pose[free, foot] += np.stack(
            [0.30 * jab, 0.10 * sign * jab, 0.07 * np.abs(np.sin(5 * age)) * (jab > 0.1)], 1
        )[free]
    pose[:, PELVIS] -= 0.06 * jab
    pose[:, TWIST] = 0.22 * np.sin(2.1 * age + 8.0 * variant)
    pose[:, HIPS] = 0.3 * pose[:, TWIST]
    chest = np.stack(
        [0.36 + 0.0 * age, 0.10 * np.sin(2.3 * age + 3 * variant), -0.22 + 0.04 * np.sin(3.1 * age)], 1
    )
    hip = np.stack([0.24 + 0.0 * age, moment.hand * (0.20 + 0.05 * np.sin(2.2 * age)), -0.40 + 0.0 * age], 1)
    high = np.stack([0.20 + 0.0 * age, 0.05 * np.sin(2.0 * age), 0.30 + 0.03 * np.sin(3.0 * age)], 1)
    centre = np.select([variant[:, None] < 0.55, variant[:, None] < 0.88], [chest, hip], high)
    grip(pose, centre)
    pose[:, FLARE] = 0.5
    return pose


def throw(moment: Moment) -> np.ndarray:
    pose = stand(moment, draw(moment, 1, 0.88, 0.94), 0.17)
    pose[:, LEAN] = draw(moment, 2, 0.05, 0.18)
    part = moment.age / moment.duration
    step = keyed(
        part, [0.0, 0.2, 0.45, 0.8, 1.0], [[0.0, 0.0], [0.0, 0.0], [1.0, 1.0], [0.9, 0.7], [0.4, 0.1]]
    )
    for foot, sign in ((FOOT_L, 1.0), (FOOT_R, -1.0)):
        leads = moment.hand == sign
        lift = 0.10 * np.sin(np.pi * np.clip((part - 0.2) / 0.25, 0, 1))
        pose[leads, foot] += np.stack([0.38 * step[:, 0], 0.0 * part, lift], 1)[leads]
    pose[:, SHIFT] = 0.12 * step[:, 0]
    pose[:, LEAN] += 0.20 * step[:, 1]
    knots = [0.0, 0.3, RELEASE[PASS], 0.72, 1.0]
    chest = keyed(
        part, knots, [[0.34, 0, -0.22], [0.20, 0, -0.16], [0.60, 0, -0.06], [0.60, 0, -0.08], [0.3, 0, -0.4]]
    )
    over = keyed(
        part, knots, [[0.30, 0, -0.10], [-0.05, 0, 0.42], [0.42, 0, 0.42], [0.52, 0, 0.20], [0.3, 0, -0.4]]
    )
    low = keyed(
        part, knots, [[0.34, 0, -0.22], [0.22, 0, -0.22], [0.54, 0, -0.36], [0.54, 0, -0.42], [0.3, 0, -0.4]]
    )
    variant = moment.variant[:, None]
    centre = np.select([variant < 0.55, variant < 0.8], [chest, over], low)
    grip(pose, centre)
    gone = smooth(part, RELEASE[PASS], 0.95)[:, None]
    pose[:, HAND_L] += gone * np.array([0.0, 0.12, 0.0])
    pose[:, HAND_R] -= gone * np.array([0.0, 0.12, 0.0])
    pose[:, FLARE] = 0.6 - 0.4 * smooth(part, 0.3, 0.5)
    return pose


def shoot(moment: Moment) -> np.ndarray:
    pose = stand(moment, 0.92, draw(moment, 1, 0.12, 0.19))
    part = moment.age / moment.duration
    body = keyed(
        part,
        [0.0, 0.27, 0.46, 0.56, 0.78, 0.88, 1.0],
        [[0.90, 0.15], [0.76, 0.28], [0.97, 0.02], [0.98, -0.04], [0.96, 0.0], [0.80, 0.15], [0.93, 0.08]],
    )
    pose[:, PELVIS], pose[:, LEAN] = body[:, 0], body[:, 1]
    air = np.clip((part - 0.42) / 0.40, 0.0, 1.0)
    pose[:, LIFT] = draw(moment, 2, 0.08, 0.5) * 4.0 * air * (1.0 - air)
    feet_down = -0.06 * np.sin(np.pi * air)
    pose[:, FOOT_L] += np.stack([feet_down, 0 * air, 0 * air], 1)
    pose[:, FOOT_R] += np.stack([feet_down, 0 * air, 0 * air], 1)
    knots = [0.0, 0.25, 0.45, RELEASE[SHOOT], 0.80, 1.0]
    centre = keyed(
        part,
        knots,
        [
            [0.34, 0, -0.22],
            [0.30, 0, -0.34],
            [0.18, 0, 0.34],
            [0.30, 0, 0.60],
            [0.32, 0, 0.56],
            [0.2, 0, -0.3],
        ],
    )
    centre[:, 1] = moment.hand * 0.09
    grip(pose, centre, 0.10)
    gone = keyed(part, [0.0, RELEASE[SHOOT], 0.68, 1.0], [[0.0], [0.0], [1.0], [1.0]])
    for hand, sign in ((HAND_L, 1.0), (HAND_R, -1.0)):
        guide = moment.hand != sign
        pose[guide, hand] += (gone * np.array([-0.06, 0.0, -0.22]))[guide] + (
            gone * sign * [[0.0, 0.1, 0.0]]
        )[guide]
        pose[~guide, hand] += np.array([-0.05, -sign * 0.05, -0.05])
    pose[:, NOD] = 0.25
    pose[:, FLARE] = 0.35
    return pose


def dribble(moment: Moment) -> np.ndarray:
    pose = stand(moment, draw(moment, 1, 0.84, 0.93), 0.18)
    pose[:, LEAN] = draw(moment, 2, 0.12, 0.38) + 0.1 * smooth(moment.speed, 2.0, 5.0)
    pose[:, SIDE] = -0.05 * moment.hand
    pose[:, LOOK] = 0.6 * moment.gaze + 0.3 * wave(moment, 0.35, 7.0)
    pose[:, NOD] = -0.2
    period = 0.46 + 0.16 * moment.variant
    bounce = (moment.age / period) % 1.0
    top = 0.78 + 0.22 * ((moment.variant * 5.0) % 1.0)
    drop = np.minimum(bounce, 1.0 - bounce) * 2.0
    height = top - (top - BALL_RADIUS) * drop**1.35
    side = moment.hand * (0.34 + 0.04 * np.sin(3.0 * moment.age))
    ahead = 0.34 + 0.16 * smooth(moment.speed, 1.0, 4.0) + 0.05 * np.sin(1.3 * moment.age)
    pose[:, BALL] = np.stack([ahead, side, height], axis=1)
    forward, shoulder = shoulders(pose)
    palm = np.maximum(height + BALL_RADIUS, top - 0.10) - shoulder
    dribbling = np.stack([ahead - forward - 0.02, side, palm], axis=1)
    swing = np.cos(2.0 * np.pi * moment.phase) * smooth(moment.speed, 1.5, 3.5)
    guard = np.stack([0.28 + 0.14 * swing, -moment.hand * 0.36, -0.26 + 0.05 * swing], axis=1)
    left = (moment.hand > 0)[:, None]
    pose[:, HAND_L] = np.where(left, dribbling, guard)
    pose[:, HAND_R] = np.where(left, guard, dribbling)
    pose[:, FLARE] = 0.35
    return pose
