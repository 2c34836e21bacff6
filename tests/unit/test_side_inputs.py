"""Keypoints and motion of labelled clips: where they come from, and how training changes them."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from bball_tag.clips import ClipSpec
from bball_tag.errors import DataError, OptionError
from bball_tag.players.steps import around, motion_length
from bball_tag.train_options import TrainOptions
from tests.synthetic import write_video
from train.augment import augmented, flip, move
from train.clip_images import Loading
from train.clipset import ClipSet, read_clipset
from train.config import parse_streams, resolve
from train.dataset import ClipDataset, kept_streams
from train.side_inputs import (
    Sides,
    as_keypoints,
    as_rows,
    as_taught,
    has_motion,
    known_of,
    moved_sides,
    shortened,
    unsure,
)

SPEC = ClipSpec(num_frames=4, fps=12.5, height=64, width=48)
ALL = ("rgb", "pose", "motion")
HERE = Path("joints/a.npy")
# Nose, then of either side shoulder, elbow, wrist, hip, knee, ankle: places in OpenPose's 18 joints.
LEFT, RIGHT = [5, 6, 7, 11, 12, 13], [2, 3, 4, 8, 9, 10]


def spacejam_joints(frames: int = 16) -> np.ndarray:
    """Joint j of frame t lies at x = 8 + j, y = 16 + t, in pixels."""
    joints = np.zeros((frames, 18, 2))
    joints[..., 0] = 8 + np.arange(18)
    joints[..., 1] = 16 + np.arange(frames)[:, None]
    return joints


def folder(path: Path) -> ClipSet:
    for name in ("examples", "joints", "motion"):
        (path / name).mkdir()
    for key in ("a", "b"):
        # As SpaceJam's: 16 frames at a nominal 10 a second.
        write_video(path / "examples" / f"{key}.mp4", range(16), fps=Fraction(10), size=(128, 176))
    (path / "annotation_dict.json").write_text(json.dumps({"a": 0, "b": 1}))
    np.save(path / "joints" / "a.npy", spacejam_joints())
    rows = np.zeros((motion_length(SPEC), 6), np.float32)
    rows[:, 0], rows[:, -1] = 0.5, 1
    np.save(path / "motion" / "a.npy", rows)
    return read_clipset(path)


def test_spacejams_joints_become_keypoints_in_our_order():
    joints = spacejam_joints()
    joints[3, 4] = 0
    joints[4, 4] = (np.nan, np.inf)
    found = as_keypoints(joints, HERE)
    assert (found.shape, found.dtype) == ((16, 13, 3), np.float32)
    assert found[0, 1::2, 0] * 128 == pytest.approx(8 + np.array(LEFT))
    assert found[0, 2::2, 0] * 128 == pytest.approx(8 + np.array(RIGHT))
    assert found[:, 0, 0] * 128 == pytest.approx(8)
    assert found[:, 0, 1] * 176 == pytest.approx(16 + np.arange(16))
    right_wrist = found[:, 6]
    assert right_wrist[3:5].tolist() == [[0, 0, 0], [0, 0, 0]], "a joint that was not found is at 0, 0"
    assert right_wrist[[2, 5], 2].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        (np.zeros((16, 17, 2)), r"its shape is \(16, 17, 2\), not \(frames, 18, 2\)"),
        (np.zeros((0, 13, 3)), "its shape is"),
        (np.full((4, 13, 3), np.nan), "not finite"),
    ],
)
def test_joints_of_another_form_are_refused(stored, words):
    with pytest.raises(DataError, match=words):
        as_keypoints(stored, HERE)


def test_stored_motion_is_cut_or_filled_up_around_its_middle():
    rows = np.arange(6.0)[:, None] * np.ones(6)
    assert as_rows(rows, 4, HERE)[:, 0].tolist() == [1, 2, 3, 4]
    assert as_rows(rows, 8, HERE)[:, 0].tolist() == [0, 0, 1, 2, 3, 4, 5, 0]
    with pytest.raises(DataError, match=r"its shape is \(6, 5\), not \(rows, 6\)"):
        as_rows(rows[:, :5], 4, HERE)


def test_files_beside_a_clip_are_read_at_the_instants_of_its_images(tmp_path):
    clipset = folder(tmp_path)
    data = ClipDataset(clipset.clips, Loading(SPEC, clipset.true_fps, ("rgb", "pose", "motion")))
    one, other = data.sides(0), data.sides(1)
    # Every second frame of 16 at 25 a second; four of these eight, in the middle.
    assert one.keypoints[:, 0, 1] * 176 == pytest.approx(16 + np.array([4, 6, 8, 10]))
    assert one.rows[:, 0].tolist() == [0.5] * motion_length(SPEC)
    assert not other.rows.any()
    assert other.keypoints.shape == (4, 13, 3), "found in its own images"
    assert [one.found, other.found] == [False, True]


def test_nothing_beside_the_images_is_read_unless_asked_for(tmp_path):
    clipset = folder(tmp_path)
    (tmp_path / "motion" / "a.npy").write_bytes(b"no array")
    data = ClipDataset(clipset.clips, Loading(SPEC, clipset.true_fps))
    assert data[0].sides == Sides(None, None)
    data = ClipDataset(clipset.clips, Loading(SPEC, clipset.true_fps, ("rgb", "motion")))
    with pytest.raises(DataError, match=r"Cannot read .*a\.npy"):
        data.sides(0)


def test_keypoints_found_in_images_are_not_spoilt_further():
    found = Sides(as_keypoints(spacejam_joints(4), HERE), found=True)
    assert all(unsure(found, SPEC, np.random.default_rng(seed)) is found for seed in range(8))


def test_motion_is_left_out_where_no_clip_has_it(tmp_path):
    clips = folder(tmp_path).clips
    assert [has_motion(clip) for clip in clips] == [True, False]
    assert known_of(clips, ALL) == ALL
    assert known_of(clips[1:], ALL) == ("rgb", "pose")


def test_a_mirrored_clip_has_mirrored_keypoints_and_moves_the_other_way():
    keypoints = as_keypoints(spacejam_joints(1), HERE)
    rows = np.arange(12, dtype=np.float32).reshape(2, 6)
    _, place = flip(np.zeros((1, 8, 8, 3), np.uint8), np.random.default_rng(0))
    mirrored = moved_sides(Sides(keypoints, rows), place)
    assert mirrored.keypoints[0, 1] == pytest.approx([1 - keypoints[0, 2, 0], keypoints[0, 2, 1], 1])
    assert mirrored.keypoints[0, 0, 0] == pytest.approx(1 - keypoints[0, 0, 0])
    assert (mirrored.rows[:, 0] == -rows[:, 0]).all()
    assert (mirrored.rows[:, 1:] == rows[:, 1:]).all()
    again = moved_sides(mirrored, place)
    assert again.keypoints == pytest.approx(keypoints)
    assert (again.rows == rows).all()


def test_keypoints_stay_on_what_they_mark_when_a_clip_is_moved_and_mirrored():
    clip = np.zeros((1, 176, 128, 3), np.uint8)
    clip[0, 100:103, 30:33] = 255
    marked = np.zeros((1, 13, 3), np.float32)
    marked[..., :2], marked[..., 2] = (31.5 / 128, 101.5 / 176), 1
    assert any(not np.array_equal(move(clip, np.random.default_rng(seed))[0], clip) for seed in range(8))
    for seed in range(8):
        images, place = augmented(clip, ("flip", "move", "colour"), np.random.default_rng(seed))
        y, x = (
            where.mean() + 0.5 for where in np.nonzero(images[0, :, :, 0] > images[0, :, :, 0].max() // 2)
        )
        found = moved_sides(Sides(marked, None), place).keypoints[0, 0]
        assert found[:2] * (128, 176) == pytest.approx((x, y), abs=1.0)


def test_a_keypoint_that_is_not_seen_stays_at_zero():
    place = np.array([[1.1, 0, 0.1], [0, 1.1, 0.1]])
    assert not moved_sides(Sides(np.zeros((1, 13, 3), np.float32), None), place).keypoints.any()


def test_a_track_may_begin_and_end_anywhere_but_within_the_clip():
    rows = np.ones((motion_length(SPEC), 6), np.float32)
    longest, lengths = around(SPEC), set()
    for seed in range(60):
        found = shortened(Sides(None, rows), SPEC, np.random.default_rng(seed)).rows
        known = np.flatnonzero(found[:, -1])
        assert (np.diff(known) == 1).all()
        assert known[0] <= longest
        assert known[-1] >= longest + SPEC.num_frames - 1
        lengths.add(len(known))
    assert {SPEC.num_frames, motion_length(SPEC)} < lengths
    assert rows.all(), "what is kept in memory stays"


def test_keypoints_are_trained_on_less_sure_than_they_are_but_what_is_not_seen_stays_so():
    keypoints = as_keypoints(spacejam_joints(4), HERE)
    keypoints[:, 3] = 0
    before = keypoints.copy()
    found = [unsure(Sides(keypoints), SPEC, np.random.default_rng(seed)).keypoints for seed in range(40)]
    assert (keypoints == before).all(), "what is kept in memory stays"
    off = np.array([one[..., :2] - before[..., :2] for one in found])
    assert not off[:, :, 3].any()
    assert not np.array([one[:, 3] for one in found]).any()
    assert 0.01 < off[:, :, 12, 1].std() < 0.12
    assert off[:, :, 12].std() > off[:, :, 1].std(), "an ankle is less sure than a shoulder"
    sure = np.array([one[:, 0, 2] for one in found])
    assert ((sure >= 0.2) & (sure <= 1)).all()
    assert 0.3 < (sure[:, 0] == 1).mean() < 0.7


def test_keypoints_are_trained_on_with_left_and_right_swapped_at_times():
    keypoints = np.ones((8, 13, 3), np.float32)
    keypoints[:, 7, 0] = 100.0
    found = [unsure(Sides(keypoints), SPEC, np.random.default_rng(seed)).keypoints for seed in range(60)]
    swapped = np.array([one[:, 8, 0] > 50 for one in found])
    assert (swapped == np.array([one[:, 7, 0] < 50 for one in found])).all()
    assert 0.1 < swapped.mean() < 0.3
    assert 0.3 < swapped.any(axis=1).mean() < 0.7


def test_streams_are_dropped_at_random_but_never_all():
    rng = np.random.default_rng(0)
    drawn = np.array([kept_streams(np.array([True, True, True]), rng) for _ in range(400)])
    assert drawn.any(axis=1).all()
    assert ((drawn.mean(axis=0) > 0.65) & (drawn.mean(axis=0) < 0.85)).all()
    only = np.array([kept_streams(np.array([True, False, False]), rng) for _ in range(40)])
    assert only.tolist() == [[True, False, False]] * 40


def test_what_is_dropped_follows_from_seed_epoch_and_clip(tmp_path):
    clipset = folder(tmp_path)

    def drawn(seed: int, epoch: int) -> list[list[bool]]:
        data = ClipDataset(clipset.clips, Loading(SPEC, 25.0, ALL), seed=seed, trains=True)
        data.set_epoch(epoch)
        return [data[index].kept.tolist() for index in (0, 1)]

    assert drawn(1, 1) == drawn(1, 1)
    assert len({str(drawn(1, epoch)) for epoch in range(8)}) > 2
    whole = ClipDataset(clipset.clips, Loading(SPEC, 25.0, ALL))
    assert whole[0].kept is None


def test_streams_are_read_from_text_or_names():
    assert parse_streams("motion, rgb") == parse_streams(["rgb", "motion"]) == ("rgb", "motion")
    assert parse_streams(None) == ()
    assert resolve(TrainOptions(width=8), None).streams == ("rgb",)
    for given, words in (
        ("rgb,sound", "no stream called 'sound'. Known: rgb, pose, motion"),
        ("pose", "lack rgb"),
        ([], "lack rgb"),
        (3, "Cannot read --streams 3: write rgb,pose,motion"),
    ):
        with pytest.raises(OptionError, match=words):
            parse_streams(given)
    with pytest.raises(OptionError, match="does not go with --subject frame"):
        resolve(TrainOptions(width=8, streams="rgb,pose", subject="frame"), None)


def test_what_is_taught_lies_beside_what_is_shown(tmp_path):
    clipset = folder(tmp_path)
    (tmp_path / "taught").mkdir()
    exact = np.full((16, 14, 3), 0.25, np.float32)
    np.save(tmp_path / "taught" / "a.npy", exact)
    dataset = ClipDataset(clipset.clips, Loading(SPEC, 25, ALL), ("flip", "move"), seed=3, trains=True)
    taught, found = dataset.sides(0), dataset.sides(1)
    assert np.array_equal(taught.taught, exact[:4])
    assert not np.array_equal(taught.keypoints, exact[:4, :13])
    assert np.array_equal(found.taught[:, :13], found.keypoints), "found ones, where no better are known"
    assert (found.taught[:, 13, 2] == 0.5).all(), "where the ball is, is not known"
    assert ClipDataset(clipset.clips, Loading(SPEC, 25, ("rgb",))).sides(0).taught is None


def test_what_is_taught_may_lack_the_ball_and_has_no_other_form(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.full((5, 13, 3), 0.25, np.float32))
    assert as_taught(path).shape == (5, 14, 3)
    assert as_taught(path)[0, 13, 2] == 0.5
    for shape in ((0, 14, 3), (5, 15, 3), (14, 3)):
        np.save(path, np.zeros(shape))
        with pytest.raises(DataError, match=r"a\.npy: its shape is"):
            as_taught(path)


def test_what_is_taught_moves_with_the_images_and_stays_exact():
    keypoints = np.zeros((4, 14, 3), np.float32)
    keypoints[:, 1], keypoints[:, 13] = (0.25, 0.5, 1.0), (0.125, 0.75, 1.0)
    mirror = np.array([[-1.0, 0, 1], [0, 1, 0]])
    moved = moved_sides(Sides(keypoints[:, :13], taught=keypoints), mirror)
    assert moved.taught is not None
    assert moved.taught[0, 2].tolist() == [0.75, 0.5, 1.0], "the left shoulder is the right one now"
    assert moved.taught[0, 13].tolist() == [0.875, 0.75, 1.0]
    assert unsure(moved, SPEC, np.random.default_rng(0)).taught is moved.taught
