"""The poses of the ten labels, as functions of time and gait."""

from __future__ import annotations

import numpy as np

from . import ball_poses
from .motion import (
    BLOCK,
    DEFENSE,
    DRIBBLE,
    FLARE,
    FOOT_L,
    FOOT_R,
    HAND_L,
    HAND_R,
    HIPS,
    HOLD,
    IDLE,
    LEAN,
    LIFT,
    LOOK,
    NOD,
    PASS,
    PELVIS,
    PICK,
    RUN,
    SHIFT,
    SHOOT,
    SIDE,
    SIZE,
    SWAY,
    TILT,
    TWIST,
    WALK,
    Moment,
    arms_swing,
    draw,
    keyed,
    shoulders,
    smooth,
    stand,
    wave,
)

# Where the left hand is, relative to the point between the shoulders: forward, left, up, in metres; and how
# far the elbow is flared. The right hand mirrors it.
HANGING, ON_HIPS, AT_SHORTS = (
    (0.05, 0.27, -0.57, 0.1),
    (0.03, 0.20, -0.45, 1.0),
    (0.16, 0.15, -0.50, 0.5),
)
CLASPED, CROSSED, ON_HEAD, POINTING, RAISED = (
    (0.20, 0.03, -0.52, 0.4),
    (0.19, -0.12, -0.24, 0.7),
    (0.03, 0.12, 0.26, 1.0),
    (0.50, 0.28, -0.08, 0.2),
    (0.20, 0.30, 0.44, 0.4),
)


def poses(moment: Moment) -> np.ndarray:
    """Return one pose for each row of `moment`, shape (N, SIZE)."""
    result = np.zeros((len(moment.label), SIZE))
    for label, pose in POSES.items():
        which = moment.label == label
        if which.any():
            result[which] = pose(moment.only(which))
    return result


def _run(moment: Moment) -> np.ndarray:
    pose = stand(moment, draw(moment, 1, 0.92, 0.95), 0.12)
    strength = smooth(moment.speed, 0.5, 4.5)
    pose[:, LEAN] += draw(moment, 2, 0.0, 0.12)
    arms_swing(pose, moment, (0.10 + 0.2 * strength) * draw(moment, 3, 0.7, 1.2), draw(moment, 4, 0.55, 0.95))
    pose[:, TWIST] = (0.08 + 0.2 * strength) * np.cos(2.0 * np.pi * moment.phase)
    pose[:, LOOK] = _looking(moment, 0.7)
    pose[:, NOD] = draw(moment, 5, 0.0, 0.25)
    return pose


def _walk(moment: Moment) -> np.ndarray:
    pose = stand(moment, draw(moment, 1, 0.96, 0.98), draw(moment, 2, 0.08, 0.12))
    pose[:, LEAN] += draw(moment, 3, -0.01, 0.09)
    swing = np.clip(moment.speed / 1.3, 0.2, 1.2) * draw(moment, 4, 0.05, 0.17)
    arms_swing(pose, moment, swing, draw(moment, 5, 0.0, 0.3))
    pose[:, TWIST] = 0.6 * swing * np.cos(2.0 * np.pi * moment.phase)
    pose[:, LOOK] = _looking(moment, 1.0)
    pose[:, NOD] = draw(moment, 6, -0.25, 0.1)
    kind = draw(moment, 7)
    _rest_hands(pose, moment, [(kind > 0.9, ON_HIPS), (kind < 0.05, AT_SHORTS)])
    return pose


def _looking(moment: Moment, most: float) -> np.ndarray:
    """Return how far the face turns aside, up to `most`: to what the player minds, or elsewhere."""
    aside, minds = draw(moment, 8, -1.0, 1.0), draw(moment, 16) < 0.7
    turned = np.where(minds, moment.gaze + 0.2 * aside, aside**3) + 0.25 * wave(moment, 0.22, 3.0)
    return np.asarray(np.clip(turned, -most, most))


def _rest_hands(
    pose: np.ndarray, moment: Moment, where: list[tuple[np.ndarray, tuple[float, float, float, float]]]
) -> None:
    """Put the hands of the rows `which` where a posture has them, with a little movement."""
    for which, (forward, left, up, flare) in where:
        for hand, sign in ((HAND_L, 1.0), (HAND_R, -1.0)):
            off = 0.015 * wave(moment, 0.3, 4.0 + sign)
            spot = np.stack([forward + off + 0.015 * sign, sign * left + off, up + 0.02 * sign + off], axis=1)
            pose[which, hand] = spot[which]
        pose[which, FLARE] = flare


def _idle(moment: Moment) -> np.ndarray:
    pose = stand(moment, draw(moment, 1, 0.95, 0.985), draw(moment, 2, 0.10, 0.20))
    kind, restless = draw(moment, 3), draw(moment, 4, 0.4, 1.5)
    sway = restless * wave(moment, 0.28, 1.0)
    pose[:, SWAY] = 0.045 * sway
    pose[:, SIDE] = -0.05 * sway
    pose[:, TILT] = 0.10 * sway
    pose[:, SHIFT] = 0.02 * restless * wave(moment, 0.21, 2.0)
    pose[:, LEAN] = draw(moment, 5, -0.02, 0.12) + 0.02 * wave(moment, 0.3, 5.0)
    pose[:, TWIST] = 0.13 * restless * wave(moment, 0.2, 6.0)
    pose[:, HIPS] = 0.5 * pose[:, TWIST]
    pose[:, LOOK] = _looking(moment, 1.2)
    pose[:, NOD] = draw(moment, 6, -0.35, 0.15)
    bowed = kind > 0.93
    always = np.ones(len(kind), bool)
    steady = [(always, HANGING), (kind < 0.30, AT_SHORTS), (kind < 0.24, CLASPED), (kind < 0.20, CROSSED)]
    _rest_hands(pose, moment, [*steady, (kind < 0.17, ON_HEAD), (kind < 0.155, ON_HIPS)])
    _bow(pose, moment, bowed)
    _gesture(pose, moment, ~bowed)
    _step_aside(pose, moment)
    return pose


def _bow(pose: np.ndarray, moment: Moment, which: np.ndarray) -> None:
    """Let the rows `which` bend down, the hands on their knees."""
    pose[which, LEAN] = draw(moment, 14, 0.45, 1.05)[which]
    pose[which, PELVIS] = draw(moment, 15, 0.85, 0.92)[which]
    pose[which, SHIFT] = -0.16 - 0.06 * pose[which, LEAN]
    pose[which, FLARE] = 0.3
    forward, height = shoulders(pose)
    for hand, sign in ((HAND_L, 1.0), (HAND_R, -1.0)):
        knee = np.stack([0.08 - forward, np.full(len(height), sign * 0.15), 0.55 - height], axis=1)
        pose[which, hand] = knee[which]


def _gesture(pose: np.ndarray, moment: Moment, may: np.ndarray) -> None:
    """Let some point, raise a hand or clap for about a second."""
    kind, begins = draw(moment, 9), draw(moment, 10, 0.0, 1.5)
    up = smooth(moment.age, begins, begins + 0.4) * (1.0 - smooth(moment.age, begins + 0.9, begins + 1.4))
    for low, high, spot, both in (
        (0.0, 0.10, POINTING, False),
        (0.10, 0.20, RAISED, False),
        (0.2, 0.28, CLASPED, True),
    ):
        for hand, sign in ((HAND_L, 1.0), (HAND_R, -1.0)):
            which = may & (kind >= low) & (kind < high) & (both | (moment.hand == sign))
            beat = 0.10 * (0.5 + 0.5 * np.cos(2.0 * np.pi * 2.6 * moment.age)) if both else 0.0 * up
            raised = 0.26 if both else 0.0
            target = np.stack(
                [spot[0] + 0.1 * both + 0 * up, sign * (spot[1] + beat), spot[2] + raised + 0 * up], 1
            )
            mixed = pose[:, hand] + (target - pose[:, hand]) * up[:, None]
            pose[which, hand] = mixed[which]


def _step_aside(pose: np.ndarray, moment: Moment) -> None:
    """Let a foot be lifted and put down half a step aside, now and then."""
    begins = draw(moment, 11, 0.2, 3.0)
    part = np.clip((moment.age - begins) / 0.45, 0.0, 1.0)
    go = draw(moment, 12) < 0.6
    there = smooth(part, 0.0, 1.0) * go
    back = 1.0 - smooth(moment.age, begins + 1.6, begins + 2.1)
    for foot, sign in ((FOOT_L, 1.0), (FOOT_R, -1.0)):
        own = (moment.hand != sign) * there * back
        lift = 0.05 * np.sin(np.pi * part) * go * (moment.hand != sign)
        pose[:, foot] += np.stack([own * draw(moment, 13, -0.16, 0.2), sign * own * 0.08, lift], 1)


def _defense(moment: Moment) -> np.ndarray:
    """Return guarding, from nearly upright with one hand up to the low slide."""
    low = draw(moment, 1) ** 1.3
    pose = stand(moment, 0.93 - 0.17 * low, 0.17 + 0.17 * low)
    step = smooth(moment.speed, 0.2, 1.0)
    pose[:, LEAN] = 0.10 + 0.34 * low + 0.04 * wave(moment, 0.5, 1.0)
    pose[:, SHIFT] = -0.03 - 0.10 * low
    pose[:, SWAY] += 0.03 * wave(moment, 0.6, 2.0)
    pose[:, PELVIS] += 0.02 * wave(moment, 1.1, 3.0) * (0.4 + low) - 0.02 * step
    pose[:, TWIST] = 0.14 * wave(moment, 0.4, 4.0)
    pose[:, HIPS] = 0.1 * wave(moment, 0.3, 5.0)
    pose[:, NOD] = -0.35 * low + 0.1
    pose[:, LOOK] = _looking(moment, 0.5)
    _guarding_arms(pose, moment, low)
    return pose


def _guarding_arms(pose: np.ndarray, moment: Moment, low: np.ndarray) -> None:
    """Hold one hand up, or both half raised, or spread, or, most often, low with bent elbows."""
    kind, easy = draw(moment, 3), draw(moment, 4, 0.0, 1.0)
    calm = kind > 0.56
    up = np.select([kind < 0.24, kind < 0.36], [0.62 + 0.0 * kind, 0.36 + 0.0 * kind], 0.0)
    spread = np.where(calm, 0.25 + 0.12 * easy, draw(moment, 2, 0.34, 0.62))
    for hand, sign in ((HAND_L, 1.0), (HAND_R, -1.0)):
        beat = wave(moment, 0.75, 6.0 + sign) * np.where(calm, 0.6, 1.0)
        own = np.where((kind < 0.24) & (moment.hand != sign), 0.0, up)
        pose[:, hand] = np.stack(
            [
                np.where(calm, 0.08 + 0.18 * easy, 0.24 + 0.10 * (own > 0.5)) + 0.05 * beat,
                sign * (spread - 0.12 * (own > 0.5) + 0.04 * beat),
                np.where(calm, -0.53 + 0.12 * easy, -0.36 + own) + 0.12 * low + 0.06 * beat,
            ],
            axis=1,
        )
    pose[:, FLARE] = 0.35


def _pick(moment: Moment) -> np.ndarray:
    """Return a set screen: wide and still, the arms at the body."""
    pose = stand(moment, draw(moment, 1, 0.84, 0.93), draw(moment, 2, 0.24, 0.34))
    jolt = np.exp(-(((moment.age - 0.5 - 0.5 * moment.variant) / 0.15) ** 2)) * draw(moment, 3)
    pose[:, LEAN] = draw(moment, 4, 0.02, 0.14) - 0.12 * jolt
    pose[:, SHIFT] = -0.03 * jolt
    pose[:, LOOK] = _looking(moment, 0.9)
    pose[:, TWIST] = 0.05 * wave(moment, 0.3, 1.0)
    kind = draw(moment, 5)
    always = np.ones(len(kind), bool)
    hugging, fists = (0.19, -0.11, -0.22, 0.8), (0.20, 0.10, -0.20, 0.5)
    _rest_hands(pose, moment, [(always, hugging), (kind < 0.6, CLASPED), (kind < 0.2, fists)])
    return pose


def _block(moment: Moment) -> np.ndarray:
    pose = stand(moment, 0.90, 0.18)
    part = moment.age / moment.duration
    body = keyed(
        part,
        [0.0, 0.22, 0.36, 0.52, 0.74, 0.86, 1.0],
        [[0.86, 0.2], [0.74, 0.35], [0.97, 0.1], [0.98, 0.02], [0.96, 0.1], [0.80, 0.2], [0.92, 0.1]],
    )
    pose[:, PELVIS], pose[:, LEAN] = body[:, 0], body[:, 1]
    air = np.clip((part - 0.32) / 0.44, 0.0, 1.0)
    pose[:, LIFT] = (
        np.where(draw(moment, 1) < 0.25, 0.03, draw(moment, 2, 0.15, 0.6)) * 4.0 * air * (1.0 - air)
    )
    reach = keyed(
        part,
        [0.0, 0.22, 0.42, 0.62, 0.8, 1.0],
        [
            [0.2, 0.3, -0.35],
            [0.1, 0.34, -0.48],
            [0.16, 0.12, 0.60],
            [0.34, 0.14, 0.54],
            [0.36, 0.22, 0.1],
            [0.1, 0.28, -0.5],
        ],
    )
    other = keyed(
        part,
        [0.0, 0.22, 0.42, 0.62, 0.8, 1.0],
        [
            [0.2, 0.3, -0.35],
            [0.1, 0.34, -0.48],
            [0.2, 0.34, 0.05],
            [0.2, 0.42, -0.1],
            [0.2, 0.36, -0.3],
            [0.1, 0.28, -0.5],
        ],
    )
    both = moment.variant > 0.5
    for hand, sign in ((HAND_L, 1.0), (HAND_R, -1.0)):
        high = (both | (moment.hand == sign))[:, None]
        pose[:, hand] = np.where(high, reach, other) * np.array([1.0, sign, 1.0])
    knee = 0.16 * np.sin(np.pi * air)
    pose[:, FOOT_L] += np.stack([-knee, 0 * air, knee * (moment.hand > 0)], 1)
    pose[:, FOOT_R] += np.stack([-knee, 0 * air, knee * (moment.hand < 0)], 1)
    pose[:, NOD] = 0.3
    pose[:, FLARE] = 0.3
    return pose


POSES = {
    BLOCK: _block,
    PASS: ball_poses.throw,
    RUN: _run,
    DRIBBLE: ball_poses.dribble,
    SHOOT: ball_poses.shoot,
    HOLD: ball_poses.hold,
    DEFENSE: _defense,
    PICK: _pick,
    IDLE: _idle,
    WALK: _walk,
}
