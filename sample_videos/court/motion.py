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
FOOT_L, FOOT_R = slice(8, 11), slice(11, 14)
HAND_L, HAND_R = slice(14, 17), slice(17, 20)
BALL = slice(20, 23)
SIZE = 23

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
    hand: np.ndarray
    """+1 for the left hand, -1 for the right."""

    def only(self, which: np.ndarray) -> Moment:
        """Return the rows where `which` is true."""
        return Moment(*(getattr(self, name)[which] for name in self.__slots__))


def cadence(speed: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Return gait cycles per second for a speed in metres per second."""
    stride = np.where(speed < 2.2, 0.65 + 0.27 * speed, 1.17 + 0.07 * speed)
    return np.where(label == DEFENSE, 1.5 + 0.15 * speed, stride)


def smooth(value: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return 0 under `low`, 1 over `high` and a smooth step between."""
    part = np.clip((value - low) / (high - low), 0.0, 1.0)
    return part * part * (3.0 - 2.0 * part)


def keyed(part: np.ndarray, knots: list[float], values: list[list[float]]) -> np.ndarray:
    """Interpolate smoothly between rows of `values`, which hold at the `knots` of `part`."""
    table = np.asarray(values, float)
    index = np.clip(np.searchsorted(knots, part, side="right") - 1, 0, len(knots) - 2)
    start, stop = np.asarray(knots)[index], np.asarray(knots)[index + 1]
    weight = np.clip((part - start) / (stop - start), 0.0, 1.0)
    weight = (weight * weight * (3.0 - 2.0 * weight))[:, None]
    mixed: np.ndarray = table[index] * (1.0 - weight) + table[index + 1] * weight
    return mixed


def stand(moment: Moment, pelvis: float, width: float, lean: float) -> np.ndarray:
    """Return a pose on both feet; the feet step as fast as the player moves."""
    pose = np.zeros((len(moment.label), SIZE))
    running = smooth(moment.speed, 2.0, 3.4)
    moving = np.clip(moment.speed / 0.7, 0.0, 1.0)
    length = moment.speed / cadence(moment.speed, moment.label)
    duty = np.where(running > 0.5, np.minimum(0.36, 0.95 / np.maximum(length, 0.1)), 0.60)
    for foot, sign, start in ((FOOT_L, 1.0, 0.0), (FOOT_R, -1.0, 0.5)):
        phase = (moment.phase + start) % 1.0
        swing = np.clip((phase - duty) / (1.0 - duty), 0.0, 1.0)
        step = np.where(phase < duty, 1.0 - 2.0 * phase / duty, -np.cos(np.pi * swing))
        step = step * length * duty / 2.0
        up = np.sin(np.pi * swing) * moving * (0.09 + 0.22 * running)
        up += moving * running * 0.25 * np.sin(np.pi * np.clip(swing * 2.0, 0.0, 1.0))
        base = width * (1.0 - 0.55 * running)
        pose[:, foot] = np.stack([step * moment.forward, sign * base + step * moment.left, up], axis=1)
    bounce = np.cos(4.0 * np.pi * moment.phase) * moving * (0.012 + 0.03 * running)
    pose[:, PELVIS] = pelvis - 0.05 * running + bounce
    pose[:, LEAN] = lean + 0.16 * running * moment.forward
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


def arms_swing(pose: np.ndarray, moment: Moment, size: float, bent: float) -> None:
    """Swing the arms against the legs; `bent` is how far the elbows are bent, 0 to 1."""
    for hand, sign, start in ((HAND_L, 1.0, 0.5), (HAND_R, -1.0, 0.0)):
        swing = np.cos(2.0 * np.pi * (moment.phase + start)) * size
        pose[:, hand] = np.stack(
            [
                0.06 + 0.14 * bent + swing,
                np.full_like(swing, sign * (0.28 - 0.05 * bent)),
                -0.55 + 0.27 * bent + np.maximum(swing, 0.0) * (0.25 + 0.5 * bent) + 0.15 * np.abs(swing),
            ],
            axis=1,
        )
