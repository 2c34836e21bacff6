"""A simulated game: the state of every player and of the ball at every step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import motion, skeleton
from .enact import enact, mix
from .look import Look

STEP = 0.02
"""Seconds between two steps of the simulation."""
BLEND = 0.2
"""Seconds in which one label's pose blends into the next."""
ARMS_HIGH, BLEND_DOWN = (motion.SHOOT, motion.BLOCK), 0.35
"""What ends with raised arms, and in how many seconds they come down."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """A simulated game; S steps, ten players, the first five of one team; a squad has more (`squad.py`)."""

    position: np.ndarray
    """Shape (S, 10, 2), in metres."""
    heading: np.ndarray
    """Shape (S, 10), in radians, unwrapped."""
    gaze: np.ndarray
    """How far to the left of the heading a player looks, shape (S, 10), in radians."""
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
    part: np.ndarray
    """Which part of the motion capture is played, 0 for none, shape (S, 10)."""
    played: np.ndarray
    """Seconds of that part that have been played, shape (S, 10)."""
    before: np.ndarray
    """Label, since, duration, variant, part and played of the stretch before, shape (S, 10, 6)."""
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

    def run_on(self, times: np.ndarray) -> np.ndarray:
        """Return `played` at `times`, between the steps too, even where another part begins at the next."""
        index, weight = self._index(times)
        continues = self.since[index] == self.since[index + 1]
        change = np.where(continues, self.played[index + 1] - self.played[index], STEP)
        return np.asarray(self.played[index] + weight[:, None] * change)

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
    clock = np.repeat(times, shape[1])
    gait = {
        "phase": flat(line.mixed("phase", times)),
        "gaze": flat(line.mixed("gaze", times)),
        "speed": speed / size,
        "forward": way[:, 0] * cosine + way[:, 1] * sine,
        "left": -way[:, 0] * sine + way[:, 1] * cosine,
        "hand": hand,
    }
    held = {name: flat(line.held(name, times)) for name in ("label", "duration", "variant", "part")}
    age = clock - flat(line.held("since", times))
    now = motion.Moment(age=age, played=flat(line.run_on(times)), **held, **gait)
    joints, ball = enact(now)
    before = flat(line.held("before", times))
    weight = motion.smooth(age, 0.0, np.where(np.isin(before[:, 0], ARMS_HIGH), BLEND_DOWN, BLEND))
    turning = weight < 1.0
    if turning.any():
        past = _past(before, clock, age, gait).only(turning)
        old_joints, old_ball = enact(past)
        joints[turning] = mix(old_joints, joints[turning], weight[turning])
        had = np.isin(past.label, motion.WITH_BALL)
        ball[turning] = mix(old_ball, ball[turning], np.where(had, weight[turning], 1.0))
    position = flat(line.mixed("position", times))
    joints = skeleton.joints(skeleton.settled(joints), position, heading, size)
    ball = skeleton.to_world(ball[:, None] * size[:, None, None], position, heading)[:, 0]
    ball[:, 2] = np.maximum(ball[:, 2], motion.BALL_RADIUS)
    return joints.reshape(*shape, skeleton.JOINTS, 3), ball.reshape(*shape, 3)


def _past(
    before: np.ndarray, clock: np.ndarray, age: np.ndarray, gait: dict[str, np.ndarray]
) -> motion.Moment:
    """Return the moments as they would be had the stretch before gone on."""
    return motion.Moment(
        label=before[:, 0].astype(int),
        age=clock - before[:, 1],
        duration=before[:, 2],
        variant=before[:, 3],
        part=before[:, 4].astype(int),
        played=before[:, 5] + age,
        **gait,
    )
