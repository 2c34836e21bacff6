"""A simulated game: the state of every player and of the ball at every step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import motion, poses, skeleton
from .look import Look

STEP = 0.02
"""Seconds between two steps of the simulation."""
BLEND = 0.2
"""Seconds in which one label's pose blends into the next."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """A simulated game; S steps, ten players, the first five of one team; a squad has more (`squad.py`)."""

    position: np.ndarray
    """Shape (S, 10, 2), in metres."""
    heading: np.ndarray
    """Shape (S, 10), in radians, unwrapped."""
    phase: np.ndarray
    """Gait cycles, shape (S, 10)."""
    velocity: np.ndarray
    """Shape (S, 10, 2), in metres per second."""
    label: np.ndarray
    """Shape (S, 10)."""
    since: np.ndarray
    """When the label began, shape (S, 10), in seconds."""
    duration: np.ndarray
    """Length of the action, shape (S, 10), in seconds."""
    variant: np.ndarray
    """Which variant of the pose, 0 to 1, shape (S, 10)."""
    before: np.ndarray
    """Label, since, duration and variant of the stretch before, shape (S, 10, 4)."""
    ball: np.ndarray
    """Shape (S, 3), in metres."""
    owner: np.ndarray
    """Index of the player who holds or dribbles the ball; -1 when it is free. Shape (S,)."""

    @property
    def seconds(self) -> float:
        """Length of the game, in seconds."""
        return len(self.position) * STEP

    def mixed(self, name: str, times: np.ndarray) -> np.ndarray:
        """Return the field `name` at `times`, linear between the steps."""
        values: np.ndarray = getattr(self, name)
        index, weight = self._index(times)
        weight = weight.reshape(-1, *([1] * (values.ndim - 1)))
        return np.asarray(values[index] * (1.0 - weight) + values[index + 1] * weight)

    def held(self, name: str, times: np.ndarray) -> np.ndarray:
        """Return the field `name` at `times` as it was at the step before."""
        values: np.ndarray = getattr(self, name)
        return np.asarray(values[self._index(times)[0]])

    def _index(self, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        step = np.clip(np.asarray(times) / STEP + 1e-6, 0, len(self.position) - 1.001)
        index = step.astype(int)
        return index, step - index


def bodies(
    line: Timeline, look: Look, times: np.ndarray, players: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the joints (T, F, JOINTS, 3) of `players` at `times`, and a ball (T, F, 3) in their hands."""
    shape = (len(times), len(players))

    def flat(values: np.ndarray) -> np.ndarray:
        return values[:, players].reshape(shape[0] * shape[1], *values.shape[2:])

    size = np.tile(np.array([look.people[index].size for index in players]), shape[0])
    hand = np.tile(np.array([look.people[index].hand for index in players]), shape[0])
    heading = flat(line.mixed("heading", times))
    velocity = flat(line.mixed("velocity", times))
    speed = np.linalg.norm(velocity, axis=1)
    way = velocity / np.maximum(speed, 1e-3)[:, None]
    cosine, sine = np.cos(heading), np.sin(heading)
    label, since = flat(line.held("label", times)), flat(line.held("since", times))
    before = flat(line.held("before", times))
    clock = np.repeat(times, shape[1])
    gait = {
        "phase": flat(line.mixed("phase", times)),
        "speed": speed / size,
        "forward": way[:, 0] * cosine + way[:, 1] * sine,
        "left": -way[:, 0] * sine + way[:, 1] * cosine,
        "hand": hand,
    }
    now = motion.Moment(
        label=label,
        age=clock - since,
        duration=flat(line.held("duration", times)),
        variant=flat(line.held("variant", times)),
        **gait,
    )
    pose = poses.poses(now)
    weight = motion.smooth(now.age, 0.0, BLEND)
    turning = weight < 1.0
    if turning.any():
        past = motion.Moment(
            label=before[:, 0].astype(int),
            age=clock - before[:, 1],
            duration=before[:, 2],
            variant=before[:, 3],
            **gait,
        ).only(turning)
        blend = np.repeat(weight[turning][:, None], motion.SIZE, axis=1)
        had = np.isin(past.label, motion.WITH_BALL)
        blend[~had, motion.BALL] = 1.0
        pose[turning] = poses.poses(past) * (1.0 - blend) + pose[turning] * blend
    position = flat(line.mixed("position", times))
    joints = skeleton.joints(pose, position, heading, size)
    ball = skeleton.to_world(pose[:, None, motion.BALL] * size[:, None, None], position, heading)[:, 0]
    ball[:, 2] = np.maximum(ball[:, 2], motion.BALL_RADIUS)
    return joints.reshape(*shape, skeleton.JOINTS, 3), ball.reshape(*shape, 3)
