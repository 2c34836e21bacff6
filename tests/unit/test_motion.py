"""How people of the sample court move: captured parts show their label, feet stay put, speeds are real."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import motion_figures

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "sample_videos"))

from court import enact, game, look, mocap, motion, timeline
from court import skeleton as sk

HANDS = [sk.HAND_L, sk.HAND_R]
PARTS = mocap.captured()
SECONDS = 24.0


def frames(part: int) -> slice:
    first = int(PARTS.first[part])
    return slice(first, first + int(PARTS.count[part]))


def parts_of(label: int, mode: int | None = None) -> list[int]:
    fits = (PARTS.label == label) & ((mode is None) | (PARTS.mode == mode))
    return [int(part) for part in np.flatnonzero(fits)]


def gaps(part: int) -> np.ndarray:
    """Return how far the ball is from the nearer hand in every frame."""
    hands = PARTS.joints[frames(part)][:, HANDS]
    return np.asarray(np.linalg.norm(hands - PARTS.ball[frames(part)][:, None], axis=2).min(axis=1))


def moments(label: int, part: np.ndarray, played: np.ndarray, speed: float = 0.0) -> motion.Moment:
    count = len(part)
    rng = np.random.default_rng(4)
    return motion.Moment(
        label=np.full(count, label),
        age=np.linspace(0.0, 1.2, count),
        duration=np.ones(count),
        variant=rng.uniform(0, 1, count),
        phase=rng.uniform(0, 5, count),
        speed=np.full(count, speed),
        forward=np.ones(count),
        left=np.zeros(count),
        gaze=np.zeros(count),
        hand=np.ones(count),
        part=part,
        played=played,
    )


@pytest.fixture(scope="module")
def played() -> tuple[timeline.Timeline, np.ndarray, np.ndarray]:
    """Return a game with the joints of everybody at every step, and the times."""
    rng = np.random.default_rng(21)
    drawn = look.make_look(rng)
    line = game.simulate(rng, drawn, SECONDS)
    times = np.arange(0.5, SECONDS - 0.5, timeline.STEP)
    return line, timeline.bodies(line, drawn, times, np.arange(10))[0], times


@pytest.mark.parametrize("label", [motion.PASS, motion.SHOOT])
def test_a_captured_throw_leaves_the_hands_at_its_key(label: int) -> None:
    for part in parts_of(label):
        key = round(float(PARTS.key[part]) * mocap.FPS)
        assert gaps(part)[key - 2] < 0.3
        assert gaps(part)[key + 5] > 0.6
        assert (gaps(part)[: key - 1] < 0.3).all()


def test_captured_shots_leave_above_the_shoulders() -> None:
    for part in parts_of(motion.SHOOT):
        key = frames(part).start + round(float(PARTS.key[part]) * mocap.FPS)
        assert PARTS.ball[key, 2] > PARTS.joints[key, sk.CHEST, 2] + 0.1


def test_who_holds_a_captured_ball_has_it_in_a_hand_above_the_knees() -> None:
    for part in parts_of(motion.HOLD):
        assert gaps(part).max() < 0.3
        assert PARTS.ball[frames(part), 2].min() > 0.3


def test_captured_dribbles_bounce_on_the_floor_and_come_back_to_a_hand() -> None:
    for part in parts_of(motion.DRIBBLE):
        height = PARTS.ball[frames(part), 2]
        assert motion.BALL_RADIUS - 0.01 < height.min() < 0.3
        assert height.max() > 0.5
        assert gaps(part).min() < 0.2


def test_loops_of_captured_steps_close() -> None:
    for label in (motion.RUN, motion.WALK, motion.DRIBBLE):
        for part in parts_of(label, mocap.STRIDE):
            joints = PARTS.joints[frames(part)][:, : sk.FRONT]
            step = np.linalg.norm(np.diff(joints, axis=0), axis=2).mean(axis=1)
            seam = np.linalg.norm(joints[0] - joints[-1], axis=1).mean()
            assert seam < 2.0 * step.max(), part


def test_captured_limbs_keep_their_length_at_any_speed() -> None:
    part = np.arange(1, len(PARTS.label))
    for speed in (0.0, 1.0, 6.0):
        for label in np.unique(PARTS.label[part]).tolist():
            own = part[PARTS.label[part] == label]
            body = sk.settled(enact.enact(moments(label, own, np.full(len(own), 0.4), speed))[0])
            for root, joint, end, (upper, lower), _ in sk.LIMBS:
                assert np.allclose(np.linalg.norm(body[:, root] - body[:, joint], axis=1), upper, atol=1e-6)
                assert np.allclose(np.linalg.norm(body[:, joint] - body[:, end], axis=1), lower, atol=1e-6)


def test_a_mirrored_part_has_left_and_right_changed() -> None:
    part = np.array(parts_of(motion.DRIBBLE)[:1] * 2)
    joints, ball = mocap.play(part, np.full(2, 0.3), np.array([False, True]), np.ones((2, 2)) * [1.0, 0.0])
    assert np.allclose(joints[0, sk.HAND_L], joints[1, sk.HAND_R] * [1, -1, 1], atol=1e-6)
    assert np.allclose(joints[0, sk.FRONT], joints[1, sk.FRONT] * [1, -1, 1], atol=1e-6)
    assert np.allclose(ball[0], ball[1] * [1, -1, 1], atol=1e-6)


def test_a_dribbler_has_the_ball_at_their_own_hand() -> None:
    part = np.array([one for one in parts_of(motion.DRIBBLE) if PARTS.side[one] != 0])
    for hand in (1.0, -1.0):
        mirror = mocap.mirrored(part, np.full(len(part), 0.5), np.full(len(part), hand))
        assert (np.where(mirror, -PARTS.side[part], PARTS.side[part]) == hand).all()


def test_a_captured_walker_keeps_the_planted_foot_in_place() -> None:
    times = np.arange(0.0, 2.0, 1 / 60)
    count = len(times)
    for part in parts_of(motion.WALK):
        speed = float(PARTS.speed[part])
        way = np.tile([[speed, 0.0]], (count, 1))
        joints = mocap.play(np.full(count, part), times, np.zeros(count, bool), way)[0]
        feet = np.diff(joints[:, [sk.ANKLE_L, sk.ANKLE_R], 0], axis=0) * 60 + speed
        assert np.median(np.abs(feet).min(axis=1)) < 0.35 * speed, part


def test_nobody_sinks_into_the_floor_or_flies(
    played: tuple[timeline.Timeline, np.ndarray, np.ndarray],
) -> None:
    line, joints, times = played
    feet = joints[:, :, [sk.TOE_L, sk.TOE_R], 2].min(axis=2)
    assert feet.min() > -0.08
    calm = np.isin(line.held("label", times), (motion.IDLE, motion.WALK, motion.PICK, motion.HOLD))
    assert np.percentile(feet[calm], 99) < 0.25


def test_most_of_what_was_captured_is_played_from_capture(
    played: tuple[timeline.Timeline, np.ndarray, np.ndarray],
) -> None:
    line = played[0]
    ball = np.isin(line.label, (motion.PASS, motion.SHOOT, motion.HOLD, motion.DRIBBLE))
    assert 0.4 < (line.part[ball] > 0).mean() < 0.9
    made = np.isin(line.label, (motion.BLOCK, motion.DEFENSE, motion.PICK, motion.IDLE))
    assert (line.part[made] == 0).all()
    assert (PARTS.label[line.part] == line.label)[line.part > 0].all()


def test_those_who_run_leave_the_floor_and_those_who_walk_do_not(
    played: tuple[timeline.Timeline, np.ndarray, np.ndarray],
) -> None:
    line, joints, times = played
    toes = joints[:, :, [sk.TOE_L, sk.TOE_R], 2].min(axis=2)
    ankles = joints[:, :, [sk.ANKLE_L, sk.ANKLE_R], 2].min(axis=2)
    label, settled = line.held("label", times), times[:, None] - line.held("since", times) > 0.4
    # The ball of a planted foot is at 0.045 m, its ankle at 0.085 m.
    flying = (toes > 0.07) & (ankles > 0.115)
    runs, walks = (flying[(label == which) & settled].mean() for which in (motion.RUN, motion.WALK))
    # Jogs are in the air for a short part of each step only.
    assert runs > 0.05
    assert walks < 0.02


def test_speeds_in_the_frame_are_those_of_real_games() -> None:
    speeds: dict[int, list[float]] = {}
    for number in range(2):
        for label, speed in motion_figures.window_speeds(motion_figures.clip_game(5, number)):
            speeds.setdefault(label, []).append(speed)
    # The quartiles that every real video has lie around these medians.
    real = {
        motion.IDLE: (0.03, 0.15),
        motion.WALK: (0.25, 0.7),
        motion.RUN: (0.5, 1.5),
        motion.DEFENSE: (0.2, 0.85),
    }
    for label, (low, high) in real.items():
        assert low < np.median(speeds[label]) < high, motion.LABELS[label]
    assert np.percentile(speeds[motion.RUN], 25) > np.percentile(speeds[motion.WALK], 60)
