"""Halls, cameras and sensors of the sample court, boxes of detectors, and what comes with a clip."""

from __future__ import annotations

import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "sample_videos"))

from court import ball_seen, boxes, camera, choose, clips, hall, look, scene, sensor, surroundings
from court.write import read_video

from bball_tag.players.steps import COLUMNS, motion_length


def looked(kind: str, seed: int = 0) -> look.Look:
    return look.make_look(np.random.default_rng(seed), kind=kind, size=None)


def still_views(filmed: camera.Camera, count: int = 1, turn: float = 0.0) -> camera.Views:
    """The camera at rest, or turned a little further along the court from one time to the next."""
    target = np.tile([*filmed.rest, 1.0], (count, 1))
    target[:, 0] += turn * np.arange(count)
    return camera.make_views(filmed, target, np.ones(count), np.zeros((count, 2)), np.zeros(count))


def painted(drawn: look.Look) -> np.ndarray:
    image = np.empty((drawn.height, drawn.width, 3), np.uint8)
    scene.draw_scene(image, scene.make_scene(drawn), still_views(drawn.camera), 0, np.zeros(2))
    return image


@pytest.mark.parametrize("kind", camera.KINDS)
def test_the_same_seed_draws_the_same_hall_and_another_seed_another(kind: str) -> None:
    one, again, other = (painted(looked(kind, seed)) for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert one.shape != other.shape or np.abs(one.astype(int) - other).mean() > 10


@pytest.mark.parametrize("kind", camera.KINDS)
def test_a_part_of_the_frame_shows_what_the_whole_frame_shows_there(kind: str) -> None:
    drawn = looked(kind, 3)
    planes, views = scene.make_scene(drawn), still_views(drawn.camera)
    whole = np.empty((drawn.height, drawn.width, 3), np.uint8)
    scene.draw_scene(whole, planes, views, 0, np.zeros(2))
    part = np.empty((160, 100, 3), np.uint8)
    scene.draw_scene(part, planes, views, 0, np.array([200, 150]))
    gap = np.abs(whole[150:310, 200:300].astype(int) - part)
    # Only how sharply a texture is sampled may differ.
    assert np.median(gap) <= 3
    assert gap.mean() < 8


def test_walls_close_a_gym_whichever_way_its_camera_looks() -> None:
    for seed in range(6):
        drawn = looked("gym", seed)
        if drawn.hall.kind == "gym":
            nothing = (painted(drawn) == (30, 26, 24)).all(axis=-1)
            assert nothing.mean() < 0.05


def test_gym_cameras_see_near_players_much_larger_than_far_ones() -> None:
    ratios = []
    for seed in range(20):
        filmed = looked("phone", seed).camera
        spots = np.array([[x, y, 0.9] for x in (-12, -4, 4, 12) for y in (-6, 0, 6)], float)
        pixels, scale, depth = still_views(filmed).project(spots[None])
        inside = (depth[0] > 1) & (pixels[0] > 0).all(axis=-1)
        inside &= (pixels[0] < [filmed.width, filmed.height]).all(axis=-1)
        ratios.append(scale[0, inside].max() / scale[0, inside].min())
    assert np.median(ratios) > 2


def test_a_camera_without_lean_shows_upright_things_upright() -> None:
    filmed = looked("broadcast").camera
    pixels = still_views(filmed).project(np.array([[[0.0, 0, 0], [0, 0, 2.0]]]))[0][0]
    assert abs(pixels[0, 0] - pixels[1, 0]) < 0.1 * abs(pixels[0, 1] - pixels[1, 1])
    assert pixels[1, 1] < pixels[0, 1]


def test_a_clean_sensor_leaves_a_grey_image_nearly_as_it_is() -> None:
    rng = np.random.default_rng(0)
    clean = replace(
        sensor.make_sensor(rng, "broadcast"),
        softness=0.3,
        resolution=1.0,
        smooth=False,
        noise=0.0,
        sharpen=0.0,
        contrast=1.0,
        gamma=1.0,
        exposure=1.0,
        balance=(1.0, 1.0, 1.0),
        saturation=1.0,
        pump=0.0,
    )
    image = np.full((40, 30, 3), 120, np.uint8)
    assert np.abs(sensor.sense(image, clean, 0.0, rng).astype(int) - 120).max() <= 1
    noisy = sensor.sense(image, replace(clean, noise=8.0, grain=(1, 1.0)), 0.0, rng)
    assert 5 < noisy.std() < 16
    # Grain of this size is alike from one pixel to the next.
    assert np.corrcoef(noisy[:, :-1, 0].ravel(), noisy[:, 1:, 0].ravel())[0, 1] > 0.4


def test_box_errors_at_strength_one_are_as_large_as_measured() -> None:
    rng = np.random.default_rng(0)
    times = np.arange(30) / 12.5
    off = np.concatenate([boxes.errors(times, rng, 1.0) for _ in range(400)])
    down = off[:, 1] - (np.exp(off[:, 3]) - 1) / 2
    assert np.sqrt((off[:, 0] ** 2 + down**2).mean()) == pytest.approx(0.08, abs=0.01)
    assert off[:, 3].std() == pytest.approx(0.11, abs=0.015)
    narrow = 1 - np.exp(-boxes.NARROW)
    assert narrow == pytest.approx(0.16, abs=0.01)


def test_a_part_of_a_box_error_stays_and_the_rest_changes() -> None:
    rng = np.random.default_rng(0)
    times = np.arange(30) / 12.5
    off = np.stack([boxes.errors(times, rng, 1.0) for _ in range(300)])
    stays = off.mean(axis=1).std(axis=0)
    steps = np.diff(off, axis=1).std(axis=(0, 1))
    assert (stays > 0.5 * off.std(axis=(0, 1))).all()
    assert (steps < off.std(axis=(0, 1))).all()
    assert (boxes.errors(times, rng, 0.0) == 0).all()


def test_a_neighbour_is_taken_into_a_merged_box() -> None:
    own = np.tile([100.0, 100, 40, 100], (20, 1))
    other = np.tile([[[130.0, 95, 40, 100]]], (20, 1, 1))
    merged = boxes._merged(own, np.arange(20) / 12.5, other, np.random.default_rng(0))
    changed = (merged != own).any(axis=1)
    assert changed.any()
    assert merged[changed][0].tolist() == [100, 95, 70, 105]


def test_motion_of_a_standing_player_is_nothing_whatever_the_camera_does() -> None:
    filmed = replace(looked("broadcast").camera, shake=0.0)
    count = motion_length(surroundings.MOTION)
    views = still_views(filmed, count, turn=0.08)
    spot = np.tile([[1.0, 2.0]], (count, 1))
    feet, scale, _ = views.project(np.concatenate([spot, np.zeros((count, 1))], axis=1)[:, None])
    high = 1.9 * scale[:, 0]
    own = np.stack([feet[:, 0, 0] - 0.2 * high, feet[:, 0, 1] - high, 0.4 * high, high], axis=1)
    rng = np.random.default_rng(0)
    cameras = surroundings.camera_steps(views, spot, (filmed.width, filmed.height), rng)
    rows = surroundings.motion_of(own, np.ones(count, bool), cameras, np.random.default_rng(4))
    assert rows.shape == (count, COLUMNS)
    assert np.median(np.hypot(rows[:, 0], rows[:, 1])) < 0.1
    still = surroundings.motion_of(own, np.ones(count, bool), np.tile(np.eye(2, 3), (count, 1, 1)), rng)
    assert np.median(np.hypot(still[:, 0], still[:, 1])) > 0.3


def test_a_track_is_known_only_while_the_player_is_seen_without_a_break() -> None:
    count = motion_length(surroundings.MOTION)
    seen = np.ones(count, bool)
    seen[[2, 28]] = False
    shares = []
    for seed in range(300):
        known = surroundings.write_known(seen, np.random.default_rng(seed))
        assert not known[:3].any()
        assert not known[28:].any()
        assert known[12:20].all()
        shares.append(known.sum())
    assert (np.array(shares) == 8).mean() == pytest.approx(1 / 3, abs=0.1)
    assert max(shares) == 25


def test_keypoints_are_in_fractions_of_the_crop() -> None:
    # A box of 50 by 100 in a crop of 128 by 176 becomes 88 by 176: its left edge is at 20 of 128.
    pixels = np.array([[[10.0, 20.0], [60.0, 120.0], [35.0, 70.0], [-1.0, 70.0]]])
    found = surroundings.in_crops(pixels, np.array([[10.0, 20, 50, 100]]), (640, 360), (128, 176))
    np.testing.assert_allclose(found[0, :3, :2], [[20 / 128, 0], [108 / 128, 1], [0.5, 0.5]], atol=1e-6)
    assert found[0, :, 2].tolist() == [1, 1, 1, 0]


def test_clips_carry_joints_and_motion(tmp_path: Path) -> None:
    wanted, courts = choose.choose(21, 1, choose.Cut(rate=12.5))
    for name in clips.FOLDERS:
        (tmp_path / name).mkdir()
    clip = wanted[0]
    clips._draw_filming((courts[clip.filming], [clip], tmp_path))
    assert len(list(read_video(tmp_path / "examples" / f"{clip.key}.mp4"))) == 8
    joints, motion = (np.load(tmp_path / name / f"{clip.key}.npy") for name in ("joints", "motion"))
    assert (joints.shape, joints.dtype) == ((8, 13, 3), np.float32)
    assert (motion.shape, motion.dtype) == ((motion_length(surroundings.MOTION), COLUMNS), np.float32)
    assert (motion[12:20, 5] == 1).all()
    assert ((joints[..., 2] >= 0) & (joints[..., 2] <= 1)).all()


def test_halls_and_cameras_vary() -> None:
    drawn = [looked(kind, seed) for kind in camera.KINDS for seed in range(30)]
    assert {one.hall.kind for one in drawn} == {"arena", "gym", "outdoor"}
    assert {one.hall.style for one in drawn} == set(hall.STYLES)
    assert len({(one.width, one.height) for one in drawn}) >= 6
    assert {one.fps for one in drawn} >= {Fraction(25), Fraction(30000, 1001), Fraction(60)}
    assert any(one.height > one.width for one in drawn)
    assert all(one.width % 2 == 0 and one.height % 2 == 0 for one in drawn)


def test_the_ball_is_where_the_images_are_taught_it_is(tmp_path: Path) -> None:
    wanted, courts = choose.choose(21, 1, choose.Cut(rate=12.5))
    for name in clips.FOLDERS:
        (tmp_path / name).mkdir()
    at_ball, elsewhere = [], []
    for clip in wanted[:6]:
        clips._draw_filming((courts[clip.filming], [clip], tmp_path))
        joints, taught = (np.load(tmp_path / name / f"{clip.key}.npy") for name in ("joints", "taught"))
        assert (taught.shape, taught.dtype) == ((8, 14, 3), np.float32)
        assert np.array_equal(taught[:, :13], joints)
        frames = list(read_video(tmp_path / "examples" / f"{clip.key}.mp4"))
        for frame, (across, down, seen) in zip(frames, taught[:, 13].tolist(), strict=True):
            assert seen in (ball_seen.SEEN, ball_seen.DOUBTFUL, ball_seen.UNSEEN)
            blue, _, red = np.moveaxis(frame.astype(float), -1, 0)
            orange = red - blue
            if seen == ball_seen.SEEN:
                row, column = int(down * len(orange)), int(across * orange.shape[1])
                at_ball.append(orange[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2].mean())
                elsewhere.append(orange.mean())
    assert len(at_ball) >= 10
    assert np.mean(np.array(at_ball) > np.array(elsewhere) + 10) > 0.7
