"""Pack the parts of basketball motion capture that show a label into `court/motion.npz`.

    python sample_videos/make_motion.py ballplay.npz

The source holds sequences of SkillMimic and SkillMimic-V2 (Apache-2.0, see court/motion.LICENSE), 60 frames
a second, each an array (T, 325): root position, joint rotations as exponential maps, 53 joint positions, the
ball and whether a hand touches it. The joints are moved onto the court's skeleton, in the player's frame.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from court import skeleton as sk
from court.mocap import FILE, FPS, PER_METRE, STRIDE
from court.motion import DRIBBLE, RUN, SHOOT, WALK
from motion_pack.parts import Part, parts
from motion_pack.retarget import SOURCE_FPS, Sequence, retarget, root_velocity
from scipy.ndimage import gaussian_filter1d

LOOSEST = 0.21
"""Largest mean gap between two moments that a loop may join, in metres."""
SHORTEST = {WALK: 28, RUN: 18, DRIBBLE: 18}
"""Frames of the shortest loop of each label: about a cycle of the gait."""
BOUNCED = 0.3
"""Height in metres under which the ball has been on the floor, between two frames at least."""
SEAM, APART, MOST_LOOPS = 5, 9, 4
"""Frames of the blend at a loop's end and between the beginnings of two; and how many a part may have."""


def main(source: Path) -> None:
    """Read the sequences, cut them into parts and write those."""
    kept = []
    with np.load(source) as sequences:
        for name in sequences.files:
            # People who get up from the floor, and hold no ball.
            if "getup" not in name:
                sequence = retarget(sequences[name].astype(np.float64))
                kept += [packed for part in parts(name, sequence) for packed in pack(sequence, part)]
    lengths = [len(one["ball"]) for one in kept]
    stops = np.cumsum(lengths)
    table = [
        (*one["about"], stop - count, stop) for one, count, stop in zip(kept, lengths, stops, strict=True)
    ]
    np.savez_compressed(
        FILE,
        table=np.array(table, np.float32),
        joints=np.concatenate([np.rint(one["joints"] * PER_METRE) for one in kept]).astype(np.int16),
        ball=np.concatenate([np.rint(one["ball"] * PER_METRE) for one in kept]).astype(np.int16),
        root=np.concatenate([one["root"] for one in kept]).astype(np.float16),
    )
    print(f"{FILE}: {len(kept)} parts, {sum(lengths) / FPS:.0f} s, {FILE.stat().st_size} bytes")


def pack(sequence: Sequence, part: Part) -> Iterator[dict[str, np.ndarray]]:
    """Yield a part in the player's own frame at `FPS`; of a stride the stretches that can be looped."""
    span = slice(part.start, part.stop)
    velocity = root_velocity(sequence.joints)
    heading = _heading(sequence, part, velocity)
    root = gaussian_filter1d(sequence.joints[:, sk.PELVIS, :2], 9, axis=0, mode="nearest")
    joints = gaussian_filter1d(sequence.joints, 1.0, axis=0, mode="nearest")[span]
    joints[..., :2] -= np.where(np.arange(sk.JOINTS) == sk.FRONT, 0.0, 1.0)[:, None] * root[span, None]
    ball = sequence.ball[span].copy()
    ball[:, :2] -= root[span]
    frames = {
        "joints": _turned(joints, heading),
        "ball": _turned(ball[:, None], heading)[:, 0],
        "root": _turned(velocity[span][:, None], heading)[:, 0],
    }
    frames = {name: values[::2] for name, values in frames.items()}
    for one in loops(frames, SHORTEST[part.label]) if part.mode == STRIDE else [frames]:
        if part.label != DRIBBLE or one["ball"][:, 2].min() < BOUNCED:
            yield one | {"about": _about(one, part)}


def _about(frames: dict[str, np.ndarray], part: Part) -> np.ndarray:
    """Return label, mode, second of the release, mean speed and the hand with the ball (`mocap.Library`)."""
    speed = float(np.hypot(*frames["root"].T).mean())
    hands = frames["joints"][:, [sk.HAND_L, sk.HAND_R]]
    left, right = np.linalg.norm(hands - frames["ball"][:, None], axis=2).sum(axis=0)
    side = {DRIBBLE: np.sign(frames["ball"][:, 1].mean()), SHOOT: np.sign(right - left)}
    key = (part.key - part.start) / SOURCE_FPS if part.key else 0.0
    return np.array([part.label, part.mode, key, speed, side.get(part.label, 0.0)])


def _heading(sequence: Sequence, part: Part, velocity: np.ndarray) -> np.ndarray:
    """Return where the player's frame faces at each frame of a part, in radians, shape (T,)."""
    span = slice(part.start, part.stop)
    facing = sequence.joints[:, sk.FRONT, :2]
    if part.mode == STRIDE:
        way = gaussian_filter1d(velocity, 12, axis=0, mode="nearest")[span]
        return np.asarray(np.unwrap(np.arctan2(way[:, 1], way[:, 0])))
    mean = facing[span].mean(axis=0)
    if part.key:
        flight = (sequence.ball[min(part.key + 12, len(sequence.ball) - 1)] - sequence.ball[part.key])[:2]
        mean = flight if np.hypot(*flight) > 0.3 else facing[part.key]
    return np.full(part.stop - part.start, np.arctan2(mean[1], mean[0]))


def _turned(points: np.ndarray, heading: np.ndarray) -> np.ndarray:
    """Turn points (T, K, 2 or 3) of the world into the frame that faces `heading`."""
    cosine, sine = np.cos(heading)[:, None], np.sin(heading)[:, None]
    turned = points.copy()
    turned[..., 0] = points[..., 0] * cosine + points[..., 1] * sine
    turned[..., 1] = -points[..., 0] * sine + points[..., 1] * cosine
    return np.asarray(turned)


def loops(frames: dict[str, np.ndarray], shortest: int) -> Iterator[dict[str, np.ndarray]]:
    """Yield up to `MOST_LOOPS` stretches whose last frame runs into their first, the smoothest ones."""
    state = np.concatenate([frames["joints"][:, : sk.HAIR], frames["ball"][:, None]], axis=1)
    state = np.concatenate([state, np.gradient(state, 1 / FPS, axis=0) * 0.12], axis=1)
    gap = np.linalg.norm(state[:, None] - state[None], axis=-1).mean(axis=-1)
    starts, stops = np.meshgrid(np.arange(len(state)), np.arange(len(state)), indexing="ij")
    # A longer loop is worth a somewhat worse seam.
    cost = gap - 0.0012 * (stops - starts)
    cost[(stops - starts < shortest) | (starts < SEAM) | (gap > LOOSEST)] = np.inf
    for _ in range(MOST_LOOPS):
        first, stop = np.unravel_index(np.argmin(cost), cost.shape)
        if not np.isfinite(cost[first, stop]):
            return
        yield {name: _closed(values, int(first), int(stop)) for name, values in frames.items()}
        cost[max(first - APART, 0) : first + APART] = np.inf


def _closed(values: np.ndarray, first: int, stop: int) -> np.ndarray:
    """Return frames `first` to `stop`, of which the last few turn into those that lead to the first."""
    part = values[first:stop].copy()
    weight = np.linspace(0.0, 1.0, SEAM + 2)[1:-1].reshape(-1, *([1] * (values.ndim - 1)))
    part[-SEAM:] += (values[first - SEAM : first] - part[-SEAM:]) * weight
    return part


if __name__ == "__main__":
    main(Path(sys.argv[1]))
