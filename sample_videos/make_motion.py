"""Pack the parts of basketball motion capture that show a label into `court/motion.npz`.

    python sample_videos/make_motion.py ballplay.npz

The source holds sequences of SkillMimic and SkillMimic-V2 (Apache-2.0, see court/motion.LICENSE), 60 frames a
second, each an array (T, 325): root position, joint rotations as exponential maps, 53 joint positions, the
ball and whether a hand touches it. The joints are moved onto the court's skeleton, in the frame of the player.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from court import skeleton as sk
from court.mocap import FILE, FPS, PER_METRE, PLACE, STRIDE
from court.motion import BALL_RADIUS, DRIBBLE, HOLD, PASS, RUN, SHOOT, SPINE, WALK
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
LOOSEST = 0.16
"""Largest mean gap between two moments that a loop may join, in metres."""
FACE = np.array([0.0, 0.0, 1.0])
"""Where the captured head looks, in its own frame."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a sequence that shows one label: frames [start, stop) of the source."""

    label: int
    start: int
    stop: int
    mode: int
    key: int = 0
    """The source's frame at which the ball is released, for pass and shoot."""


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


def main(source: Path) -> None:
    """Read the sequences, cut them into parts and write those."""
    packed = []
    with np.load(source) as sequences:
        for name in sequences.files:
            if "getup" in name:
                continue
            sequence = retarget(sequences[name].astype(np.float64))
            packed += [pack(sequence, part) for part in parts(name, sequence)]
    kept = [one for one in packed if one is not None]
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
    print(
        f"{FILE}: {len(kept)} of {len(packed)} parts, {sum(lengths) / FPS:.0f} s, {FILE.stat().st_size} bytes"
    )


def retarget(rows: np.ndarray) -> Sequence:
    """Return a sequence (T, 325) of the source on our skeleton."""
    places = rows[:, 162:321].reshape(len(rows), len(NAMES), 3)
    at = {name: places[:, index] for index, name in enumerate(NAMES)}
    floor = np.percentile(np.minimum(at["L_Ankle"][:, 2], at["R_Ankle"][:, 2]), 5)
    floor = min(floor, SOURCE_ANKLE + 0.06)

    def moved(points: np.ndarray) -> np.ndarray:
        return np.asarray((points - [0.0, 0.0, floor]) * SCALE + [0.0, 0.0, sk.ANKLE_HEIGHT])

    joints = np.zeros((len(rows), sk.JOINTS, 3))
    joints[:, sk.PELVIS] = moved((at["L_Hip"] + at["R_Hip"]) / 2 + [0.0, 0.0, 0.015])
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
    by_hand = ((ours + (ball[:, None] - palms) * SCALE) * weight[..., None]).sum(axis=1)
    shift = ((ours - palms * SCALE) * weight[..., None]).sum(axis=1)
    in_room = ball * SCALE + gaussian_filter1d(shift, 6, axis=0)
    in_room[:, 2] = BALL_RADIUS + (ball[:, 2] - 0.11) * SCALE
    near = np.clip(1.0 - (gaps.min(axis=1) - 0.25) / 0.45, 0.0, 1.0)[:, None]
    mixed = by_hand * near + in_room * (1.0 - near)
    mixed[:, 2] = np.maximum(mixed[:, 2], BALL_RADIUS)
    return np.asarray(mixed)


def root_velocity(joints: np.ndarray) -> np.ndarray:
    """Return the velocity of the pelvis along the floor (T, 2), smoothed over about a step."""
    path = gaussian_filter1d(joints[:, sk.PELVIS, :2], 9, axis=0, mode="nearest")
    return np.asarray(np.gradient(path, 1 / SOURCE_FPS, axis=0))


def parts(name: str, sequence: Sequence) -> Iterator[Part]:
    """Yield the parts of a sequence that show a label, judged by its name, the ball and the speed."""
    contact, speed = sequence.contact, sequence.speed
    count = len(contact)
    edges = np.flatnonzero(np.diff(contact.astype(int), prepend=0, append=0))
    touches = edges.reshape(-1, 2)
    if name.startswith(("run__", "lrun", "rrun", "legturn", "rturn", "layup", "turn", "back", "lleg")):
        yield from _dribbles(sequence, touches)
    if "shot" in name.lower() or "layup" in name or "turnhook" in name:
        # The last touch that ends well before the sequence does ends with the release.
        release = int(touches[touches[:, 1] < count - 5][-1, 1])
        gather = int(touches[touches[:, 1] == release][0, 0])
        yield Part(SHOOT, max(gather, release - 55), min(count, release + 40), PLACE, release)
        if release - gather > 90:
            yield Part(HOLD, gather, release - 45, PLACE)
    elif "pass" in name.lower():
        release = int(touches[0, 1])
        yield Part(PASS, max(0, release - 42), min(count, release + 36), PLACE, release)
        if release > 75:
            yield Part(HOLD, 0, release - 36, PLACE)
    elif name.startswith(("catch", "rebound", "pick_40")):
        first, stop = touches[-1].tolist()
        if name.startswith("pick_40"):
            first += int(np.argmax(sequence.ball[first:, 2] > 0.75))
        if stop - first >= 36:
            yield Part(HOLD, first, stop, PLACE)
    if name.startswith("pick_40") or "run_no_object" in name:
        yield from _gaits(sequence, int(touches[-1, 0]) - 30 if len(touches) else count, speed)


def _dribbles(sequence: Sequence, touches: np.ndarray) -> Iterator[Part]:
    """Yield the stretch from the first bounce's hand to the last one's."""
    low = sequence.ball[:, 2] < 0.5
    bounces = np.flatnonzero(low[1:] & ~low[:-1])
    if len(bounces) < 2:
        return
    first = max(0, int(bounces[0]) - 18)
    lasts = touches[touches[:, 0] > bounces[-1]]
    stop = min(int(lasts[0, 0]) + 20 if len(lasts) else len(low), len(low))
    quick = float(np.median(sequence.speed[first:stop])) > 0.8
    yield Part(DRIBBLE, first, stop, STRIDE if quick else PLACE)


def _gaits(sequence: Sequence, stop: int, speed: np.ndarray) -> Iterator[Part]:
    """Yield stretches of steady walking or running without the ball, up to frame `stop`."""
    free = np.arange(len(speed)) < stop
    free &= ~sequence.contact
    bounces = sequence.ball[:, 2] > 0.25
    for label, low, high in ((WALK, 0.6, 1.9), (RUN, 2.3, 9.0)):
        steady = (speed > low) & (speed < high) & free & ~bounces
        edges = np.flatnonzero(np.diff(steady.astype(int), prepend=0, append=0)).reshape(-1, 2)
        for first, last in edges.tolist():
            if last - first >= 50:
                yield Part(label, first, last, STRIDE)


def pack(sequence: Sequence, part: Part) -> dict[str, np.ndarray] | None:
    """Return a part in the player's own frame at `FPS`, or None when a stride finds no place to loop."""
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
    if part.mode == STRIDE:
        looped = loop(frames)
        if looped is None:
            return None
        frames = looped
    speed = float(np.hypot(*frames["root"].T).mean())
    hands = frames["joints"][:, [sk.HAND_L, sk.HAND_R]]
    gaps = np.linalg.norm(hands - frames["ball"][:, None], axis=2)
    side = {
        DRIBBLE: np.sign(frames["ball"][:, 1].mean()),
        SHOOT: np.sign(gaps[:, 1].sum() - gaps[:, 0].sum()),
    }
    key = (part.key - part.start) / SOURCE_FPS
    return frames | {"about": np.array([part.label, part.mode, key, speed, side.get(part.label, 0.0)])}


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


def loop(frames: dict[str, np.ndarray]) -> dict[str, np.ndarray] | None:
    """Cut frames so that the last runs into the first; None when no two moments are alike enough."""
    state = np.concatenate([frames["joints"][:, : sk.HAIR], frames["ball"][:, None]], axis=1)
    state = np.concatenate([state, np.gradient(state, 1 / FPS, axis=0) * 0.12], axis=1)
    gap = np.linalg.norm(state[:, None] - state[None], axis=-1).mean(axis=-1)
    count, blend = len(state), 5
    starts, stops = np.meshgrid(np.arange(count), np.arange(count), indexing="ij")
    # A longer loop is worth a somewhat worse seam.
    cost = gap - 0.0012 * (stops - starts)
    cost[(stops - starts < 14) | (starts < blend)] = np.inf
    first, stop = np.unravel_index(np.argmin(cost), cost.shape)
    if not np.isfinite(cost[first, stop]) or gap[first, stop] > LOOSEST:
        return None
    weight = np.linspace(0.0, 1.0, blend + 2)[1:-1]
    looped = {}
    for name, values in frames.items():
        part = values[first:stop].copy()
        shape = (-1, *([1] * (values.ndim - 1)))
        lead = values[first - blend : first]
        part[-blend:] += (lead - part[-blend:]) * weight.reshape(shape)
        looped[name] = part
    return looped


if __name__ == "__main__":
    main(Path(sys.argv[1]))
