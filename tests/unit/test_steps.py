"""How a player moves, in rows of numbers, by hand-made boxes and cameras."""

from __future__ import annotations

import numpy as np
import pytest

from bball_tag.clips import ClipSpec
from bball_tag.players.steps import motion_length, motion_rows

FPS = 12.5
STILL = np.eye(2, 3)


def panned(across, down=0.0):
    """The background moves by so many pixels an instant."""
    return np.array([[1.0, 0.0, across], [0.0, 1.0, down]])


def rows_of(boxes, cameras=None, known=None, fps=FPS):
    boxes = np.array(boxes, float)
    cameras = np.stack([STILL] * len(boxes)) if cameras is None else np.stack(cameras)
    known = np.ones(len(boxes), bool) if known is None else np.array(known, bool)
    return motion_rows(boxes, cameras, known, fps)


def test_a_clip_of_eight_frames_has_thirty_two_rows():
    assert motion_length(ClipSpec(num_frames=8, fps=12.5)) == 32


def test_a_player_who_stands_while_the_camera_pans_does_not_move():
    boxes = [(100 + 10 * at, 50 + 3 * at, 40, 100) for at in range(6)]
    rows = rows_of(boxes, [panned(10, 3)] * 6)
    assert rows == pytest.approx(np.tile([0, 0, 0, 0, 0.4, 1], (6, 1)), abs=1e-6)


def test_a_player_who_stands_while_the_camera_zooms_does_not_move():
    zoom = np.array([[1.1, 0, 0], [0, 1.1, 0]])
    boxes = [np.array([100, 50, 40, 100]) * 1.1**at for at in range(5)]
    rows = rows_of(boxes, [zoom] * 5)
    assert rows[:, :3] == pytest.approx(0, abs=1e-6)
    assert rows[:, 3] == pytest.approx(np.log(1.1) * np.arange(-2, 3), abs=1e-6)


def test_a_player_who_crosses_the_frame_at_one_body_height_a_second_has_a_velocity_of_one():
    # 100 pixels high, 8 pixels an instant, 12.5 instants a second.
    rows = rows_of([(8 * at, 50, 40, 100) for at in range(4)])
    assert rows[:, :3] == pytest.approx(np.tile([1, 0, 0], (4, 1)), abs=1e-6)


def test_a_pan_with_a_runner_leaves_what_the_runner_does():
    rows = rows_of([(200, 50, 40, 100)] * 4, [panned(-8)] * 4)
    assert rows[:, 0] == pytest.approx(1, abs=1e-6)


def test_the_upper_edge_has_a_velocity_of_its_own():
    # The feet stay on the floor at 150; the head sinks by 4 pixels an instant.
    rows = rows_of(
        [(0, 50 + 4 * at, 40, 100 - 4 * at) for at in range(1)] + [(0, 54, 40, 96), (0, 58, 40, 92)]
    )
    assert rows[:, 1] == pytest.approx(0, abs=1e-6)
    assert rows[:, 2] == pytest.approx(4 * 12.5 / 96, abs=1e-6)


def test_unknown_instants_are_zero_and_nothing_is_measured_across_them():
    boxes = [(8 * at, 50, 40, 100) for at in range(6)]
    boxes[2] = (np.nan, 1e9, -3, 0)
    rows = rows_of(boxes, known=[1, 1, 0, 1, 1, 1])
    assert rows[2].tolist() == [0] * 6
    assert rows[[0, 1, 3, 4, 5], 0] == pytest.approx(1, abs=1e-6)
    assert rows[:, 5].tolist() == [1, 1, 0, 1, 1, 1]


def test_a_lone_instant_has_no_velocity():
    rows = rows_of([(0, 0, 40, 100), (500, 0, 40, 100), (0, 0, 40, 100)], known=[0, 1, 0])
    assert rows[1] == pytest.approx([0, 0, 0, 0, 0.4, 1])
    assert rows_of([(0, 0, 40, 100)]).tolist() == pytest.approx(np.array([[0, 0, 0, 0, 0.4, 1]]))


def test_nobody_known_gives_zeros():
    assert rows_of([(0, 0, 40, 100)] * 3, known=[0, 0, 0]).tolist() == np.zeros((3, 6)).tolist()
    assert motion_rows(np.zeros((0, 4)), np.zeros((0, 2, 3)), np.zeros(0, bool), FPS).shape == (0, 6)


def test_a_box_that_jitters_does_not_run():
    """To and fro by a fiftieth of its height: 0.25 heights a second from one instant to the next."""
    rows = rows_of([(2 * (at % 2), 50, 40, 100) for at in range(20)])
    # The steps within 0.2 s have weights of 2, 3, 3 and 2: they cancel out.
    assert rows[2:-2, 0] == pytest.approx(0, abs=1e-6)
    # At the ends there are fewer: 3 - 2 of 5, and 3 - 3 + 2 of 8.
    assert rows[:2, 0] == pytest.approx([0.05, 0.0625], abs=1e-6)


def test_a_start_from_standing_is_seen_within_two_instants():
    rows = rows_of([(8 * max(at - 9, 0), 50, 40, 100) for at in range(20)])
    assert rows[[7, 8, 9, 10, 11, 12], 0] == pytest.approx([0, 0.2, 0.5, 0.8, 1, 1], abs=1e-6)


def test_the_rate_scales_the_velocities_alone():
    boxes = [(8 * at, 50, 40, 100) for at in range(4)]
    slow, fast = rows_of(boxes), rows_of(boxes, fps=25.0)
    assert fast[:, 0] == pytest.approx(2 * slow[:, 0])
    assert fast[:, 3:].tolist() == slow[:, 3:].tolist()


def test_what_is_not_finite_or_has_no_size_counts_as_unknown():
    rows = rows_of([(0, 0, 40, 100), (np.inf, 0, 40, 100), (0, 0, 0, 100), (0, 0, 40, -1)])
    assert rows[:, 5].tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize("seed", range(20))
def test_whatever_comes_in_what_comes_out_is_finite_and_no_player_is_faster_than_five_heights(seed):
    rng = np.random.default_rng(seed)
    size = 10.0 ** rng.uniform(-300, 300, (32, 4))
    boxes = size * rng.choice([1, 1, 1, -1, np.nan, np.inf], (32, 4), p=[0.3, 0.3, 0.34, 0.02, 0.02, 0.02])
    cameras = rng.choice([0, 1, 1e200, np.nan, -np.inf], (32, 2, 3))
    rows = motion_rows(boxes, cameras, rng.random(32) < 0.9, FPS)
    assert rows.dtype == np.float32
    assert np.isfinite(rows).all()
    assert np.abs(rows).max() <= 5
