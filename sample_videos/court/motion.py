"""What a pose is, and how people stand, walk and hold a ball.

A pose is a row of `SIZE` numbers in the player's own frame (forward, left, up), in metres of a player
of 1.90 m. Hands are relative to the point between the shoulders, feet and ball to the floor below the player.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bball_tag.labels import SPACEJAM_LABELS

LABELS = SPACEJAM_LABELS
BLOCK, PASS, RUN, DRIBBLE, SHOOT, HOLD, DEFENSE, PICK, IDLE, WALK = range(10)
WITH_BALL = (PASS, DRIBBLE, SHOOT, HOLD)

PELVIS, LEAN, SIDE, TWIST, LIFT, NOD, FLARE, SHIFT = range(8)
SWAY, TILT, HIPS, LOOK, PITCH_L, PITCH_R = range(8, 14)
"""Pelvis to the left, hip line up to the left, hips and face turned to the left, toes up."""
FOOT_L, FOOT_R = slice(14, 17), slice(17, 20)
HAND_L, HAND_R = slice(20, 23), slice(23, 26)
BALL = slice(26, 29)
SIZE = 29

SPINE = 0.52
"""From the hips to the point between the shoulders, in metres."""
BALL_RADIUS = 0.121
RELEASE = {PASS: 0.48, SHOOT: 0.56}
"""When the ball leaves the hands, as a fraction of the action."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What a pose depends on; every field has the shape (N,)."""

    label: np.ndarray
    age: np.ndarray
    """Seconds since the label began."""
    duration: np.ndarray
    """Seconds that the action takes; matters for block, pass and shoot."""
    variant: np.ndarray
    """Which variant of the pose, 0 to 1, constant while the label lasts."""
    phase: np.ndarray
    """Gait cycles walked since the beginning."""
    speed: np.ndarray
    """Metres per second, divided by the player's size."""
    forward: np.ndarray
    """Forward part of the unit vector of movement."""
    left: np.ndarray
    """Left part of the unit vector of movement."""
    gaze: np.ndarray
    """How far to the left of the heading the player looks, in radians."""
    hand: np.ndarray
    """+1 for the left hand, -1 for the right."""
    part: np.ndarray
    """Which part of the motion capture is played; 0 for none."""
    played: np.ndarray
    """Seconds of it that have been played."""

    def only(self, which: np.ndarray) -> Moment:
        """Return the rows where `which` is true."""
        return Moment(*(getattr(self, name)[which] for name in self.__slots__))


def cadence(speed: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Return gait cycles per second for a speed in metres per second."""
    runs = running(speed, label)
    stride = (0.62 + 0.28 * speed) * (1.0 - runs) + (1.2 + 0.07 * speed) * runs
    return np.asarray(np.where(label == DEFENSE, 1.1 + 0.3 * speed, stride))


def running(speed: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Return how much of a run there is in the gait, 0 to 1: who runs or walks does so at any speed."""
    by_speed = smooth(speed, 1.8, 3.0)
    return np.asarray(np.select([label == RUN, label == WALK], [np.maximum(by_speed, 0.8), 0.0], by_speed))


def wave(moment: Moment, rate: float, seed: float) -> np.ndarray:
    """Return a slow irregular wave, about -1 to 1, `rate` cycles a second, another for each `seed`."""
    start = 2.0 * np.pi * (moment.variant * (37.0 + 11.0 * seed) + seed)
    turn = 2.0 * np.pi * rate * moment.age
    return np.asarray(0.6 * np.sin(turn + start) + 0.4 * np.sin(1.73 * turn + 2.1 * start))


def draw(moment: Moment, seed: int, low: float = 0.0, high: float = 1.0) -> np.ndarray:
    """Return a number for each row that stays while the label lasts, from `low` to `high`."""
    return np.asarray(low + (high - low) * ((moment.variant * (101.0 + 57.0 * seed) + 0.37 * seed) % 1.0))


def smooth(value: np.ndarray, low: float | np.ndarray, high: float | np.ndarray) -> np.ndarray:
    """Return 0 under `low`, 1 over `high` and a smooth step between."""
    part = np.clip((value - low) / (high - low), 0.0, 1.0)
    return np.asarray(part * part * (3.0 - 2.0 * part))


def keyed(part: np.ndarray, knots: list[float], values: list[list[float]]) -> np.ndarray:
    """Interpolate smoothly between rows of `values`, which hold at the `knots` of `part`."""
    table = np.asarray(values, float)
    index = np.clip(np.searchsorted(knots, part, side="right") - 1, 0, len(knots) - 2)
    start, stop = np.asarray(knots)[index], np.asarray(knots)[index + 1]
    weight = np.clip((part - start) / (stop - start), 0.0, 1.0)
    weight = (weight * weight * (3.0 - 2.0 * weight))[:, None]
    mixed: np.ndarray = table[index] * (1.0 - weight) + table[index + 1] * weight
    return mixed


def stand(moment: Moment, pelvis: np.ndarray | float, width: np.ndarray | float) -> np.ndarray:
    """Return an upright pose on both feet; the feet step as fast as the player moves.

    Args:
        moment: For the gait.
        pelvis: Height of the hips, in metres.
        width: From the middle to a foot, in metres.
    """
    pose = np.zeros((len(moment.label), SIZE))
    runs = running(moment.speed, moment.label)
    moving = smooth(moment.speed, 0.12, 0.7)
    length = moment.speed / cadence(moment.speed, moment.label) * smooth(moment.speed, 0.08, 0.4)
    duty = 0.61 * (1.0 - runs) + runs * np.minimum(0.38, 0.95 / np.maximum(length, 0.1))
    ahead = np.clip(moment.forward, -0.4, 1.0) * moving
    for foot, pitch, sign, start in ((FOOT_L, PITCH_L, 1.0, 0.0), (FOOT_R, PITCH_R, -1.0, 0.5)):
        phase = (moment.phase + start) % 1.0
        swing = np.clip((phase - duty) / (1.0 - duty), 0.0, 1.0)
        step = np.where(phase < duty, 1.0 - 2.0 * phase / duty, -np.cos(np.pi * swing))
        step = step * length * duty / 2.0
        # The heel leaves the floor late in the stance; the foot swings toes up and lands on its heel.
        push = smooth(phase / duty, 0.62, 1.0) * (1.0 - smooth(swing, 0.0, 0.55))
        strike = smooth(swing, 0.5, 0.95) * (1.0 - smooth(phase / duty, 0.02, 0.14) * (phase < duty))
        pose[:, pitch] = ahead * ((0.30 - 0.22 * runs) * strike - (0.75 + 0.35 * runs) * push)
        up = moving * np.sin(np.pi * swing) * (0.035 + 0.13 * runs)
        up += moving * runs * (0.14 + 0.03 * moment.speed) * np.sin(np.pi * np.clip(swing * 1.8, 0.0, 1.0))
        up += np.maximum(ahead, 0.0) * push * (0.085 + 0.03 * runs)
        across = sign * (width * (1.0 - 0.5 * runs) + 0.0 * step) + step * moment.left
        pose[:, foot] = np.stack([step * moment.forward, across, up], axis=1)
    # Between two stances, who runs is in the air.
    air = np.clip((moment.phase % 0.5 - duty) / np.maximum(0.5 - duty, 0.02), 0.0, 1.0)
    pose[:, LIFT] = 0.055 * moving * runs * np.sin(np.pi * air)
    turn = 2.0 * np.pi * moment.phase
    bounce = moving * (0.016 * (1.0 - runs) * -np.cos(2.0 * turn) + 0.035 * runs * np.cos(2.0 * turn))
    pose[:, PELVIS] = pelvis - 0.05 * runs + bounce
    pose[:, SWAY] = 0.022 * moving * (1.0 - runs) * np.sin(turn)
    pose[:, TILT] = 0.06 * moving * np.sin(turn)
    pose[:, HIPS] = -0.10 * ahead * np.cos(turn)
    pose[:, LEAN] = (0.04 + 0.012 * moment.speed) * runs * moment.forward
    return pose


def shoulders(pose: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how far forward and how high the point between the shoulders is."""
    forward = pose[:, SHIFT] + SPINE * np.sin(pose[:, LEAN])
    return forward, pose[:, PELVIS] + pose[:, LIFT] + SPINE * np.cos(pose[:, LEAN])


def grip(pose: np.ndarray, centre: np.ndarray, spread: float = 0.115) -> None:
    """Put both hands on a ball whose `centre` is relative to the shoulders, and the ball there."""
    forward, height = shoulders(pose)
    for hand, sign in ((HAND_L, 1.0), (HAND_R, -1.0)):
        pose[:, hand] = centre + np.array([-0.02, sign * spread, -0.02])
    pose[:, BALL] = centre + np.stack([forward, np.zeros_like(forward), height], axis=1)


def arms_swing(pose: np.ndarray, moment: Moment, size: np.ndarray, bent: np.ndarray) -> None:
    """Swing the arms against the legs; `bent` is how far the elbows are bent, 0 to 1."""
    for hand, sign, start in ((HAND_L, 1.0, 0.5), (HAND_R, -1.0, 0.0)):
        swing = np.cos(2.0 * np.pi * (moment.phase + start)) * size
        pose[:, hand] = np.stack(
            [
                0.05 + 0.16 * bent + swing,
                sign * (0.27 - 0.05 * bent - 0.2 * np.maximum(swing, 0.0)),
                -0.58 + 0.29 * bent + np.maximum(swing, 0.0) * (0.35 + 0.5 * bent) + 0.15 * np.abs(swing),
            ],
            axis=1,
        )
