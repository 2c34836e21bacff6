"""Joints in a crop: where they are, whatever the crop's size, its place, the batch and the thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from bball_tag.errors import BballTagError
from bball_tag.players.crop import Box, crop_box, cut
from bball_tag.players.pose import KEYPOINTS, PoseEstimator, around, in_crop, open_pose
from bball_tag.video.video import Video

ROOT = Path(__file__).parents[2]
HEIGHT, WIDTH = 176, 128
WHOLE = Box(0, 0, WIDTH, HEIGHT)
SHOULDERS, HIPS, ANKLES = slice(1, 3), slice(7, 9), slice(11, 13)


@pytest.fixture(scope="module")
def pose() -> PoseEstimator:
    return open_pose()


@pytest.fixture(scope="module")
def crops() -> list[np.ndarray]:
    """The first image of some of the clips that come along, each of another player."""
    paths = sorted((ROOT / "sample_videos" / "clips" / "examples").glob("*.mp4"))[::17]
    return [next(iter(Video(path).frames(10))).image for path in paths]


@pytest.fixture(scope="module")
def seen(crops) -> list[np.ndarray]:
    return [cut(crop, around(WHOLE)) for crop in crops]


@pytest.fixture(scope="module")
def found(pose, seen) -> np.ndarray:
    return pose.keypoints(seen)


def test_shoulders_are_above_hips_and_hips_above_ankles(found, seen):
    assert found.shape == (len(seen), 13, 3) == (len(seen), len(KEYPOINTS), 3)
    assert found.dtype == np.float32
    shoulders, hips, ankles = (found[:, part, 1].mean(axis=1) for part in (SHOULDERS, HIPS, ANKLES))
    # A player may lie or bend down, but not many do.
    assert (shoulders < hips).mean() > 0.8
    assert (hips < ankles).mean() > 0.8


def test_visibility_is_a_share_and_high_for_a_body_in_full_view(found):
    visible = found[..., 2]
    assert visible.min() >= 0
    assert visible.max() <= 1
    assert np.median(visible[:, SHOULDERS]) > 0.9


@pytest.mark.parametrize(("left", "top", "right", "bottom"), [(40, 0, 0, 0), (0, 0, 0, 30), (25, 10, 5, 20)])
def test_a_border_moves_the_joints_within_the_image_and_not_over_the_body(
    pose, seen, found, left, top, right, bottom
):
    wide = [np.pad(image, ((top, bottom), (left, right), (0, 0))) for image in seen]
    height, width = wide[0].shape[:2]
    moved = pose.keypoints(wide)[..., :2] * (width, height) - (left, top)
    before = found[..., :2] * (width - left - right, height - top - bottom)
    # Of 211 pixels in height: the model sees another scale, and wavers by a few on drawn bodies.
    assert np.median(np.linalg.norm(moved - before, axis=2)) < 10


def test_the_size_of_an_image_does_not_matter(pose, seen, found):
    twice = [cv2.resize(image, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC) for image in seen]
    apart = np.abs(pose.keypoints(twice)[..., :2] - found[..., :2])
    assert np.median(apart) < 0.01


def test_an_image_gets_the_same_numbers_alone_and_among_others(pose, seen, found):
    alone = np.concatenate([pose.keypoints([image]) for image in seen])
    np.testing.assert_allclose(alone, found, atol=1e-6)
    np.testing.assert_allclose(pose.keypoints(seen[::-1])[::-1], found, atol=1e-6)
    assert pose.keypoints([]).shape == (0, 13, 3)


def test_every_thread_finds_the_same_and_leaves_its_cores_as_they_were(pose, seen, found):
    cores = torch.get_num_threads()
    with ThreadPoolExecutor(3) as threads:
        for again in threads.map(pose.keypoints, [seen] * 6):
            np.testing.assert_array_equal(again, found)
    pose.keypoints(seen[:1])
    assert torch.get_num_threads() == cores


def test_around_a_narrow_box_more_is_seen_but_never_so_wide_that_the_player_gets_smaller():
    # 0.07 × 200 = 14 above and 0.13 × 200 = 26 below, 1.5 × 80 = 120 wide, about the same middle.
    assert around(Box(100, 50, 80, 200)) == Box(80, 36, 120, 240)
    # 1.5 × 180 would be 270: no wider than high.
    assert around(Box(100, 50, 180, 200)) == Box(70, 36, 240, 240)
    # A box that is wider than that keeps its width.
    assert around(Box(0, 0, 300, 100)) == Box(0, -7, 300, 120)


def test_what_was_found_in_a_frame_is_placed_in_the_crop_that_rgb_shows(found):
    box = Box(100, 50, 80, 200)
    keypoints = np.zeros((13, 3), np.float32)
    # Corners and middle of the box, in fractions of what is seen: 120 × 240 pixels from (80, 36).
    pixels = np.array([[100, 50], [180, 250], [140, 150]])
    keypoints[:3, :2] = (pixels - (80, 36)) / (120, 240)
    keypoints[:3, 2] = 0.5
    placed = in_crop(keypoints, around(box), box, height=HEIGHT, width=WIDTH)
    # 200 pixels become 176, and 80 become 70.4 of 128, in the middle: from 28.8 to 99.2.
    expected = [[28.8 / 128, 0, 0.5], [99.2 / 128, 1, 0.5], [0.5, 0.5, 0.5]]
    np.testing.assert_allclose(placed[:3], expected, atol=1e-6)


def test_joints_in_the_crop_lie_where_the_crop_shows_them(pose):
    frame = np.zeros((400, 600, 3), np.uint8)
    frame[120:220, 300:340] = 255
    box = Box(280, 100, 100, 150)
    crop = crop_box(frame, box, height=HEIGHT, width=WIDTH)
    rows, columns = np.nonzero(crop[..., 0] > 127)
    seen = around(box)
    corner = np.zeros((13, 3), np.float32)
    corner[0, :2] = (300 - seen.left) / seen.width, (120 - seen.top) / seen.height
    placed = in_crop(corner, seen, box, height=HEIGHT, width=WIDTH)[0, :2] * (WIDTH, HEIGHT)
    np.testing.assert_allclose(placed, [columns.min(), rows.min()], atol=1)


def test_two_opened_models_have_one_id_and_another_file_has_another(pose, tmp_path):
    assert open_pose().id == pose.id
    assert pose.name == "pose_landmark_lite"
    from safetensors.torch import load_file, save_file

    weights = load_file(ROOT / "bball_tag" / "players" / "pose_landmark_lite.safetensors")
    save_file({name: value * 2 for name, value in weights.items()}, tmp_path / "other.safetensors")
    assert PoseEstimator(tmp_path / "other.safetensors").id != pose.id


@pytest.mark.parametrize("content", [b"", b"no model", b"half"])
def test_a_damaged_file_is_named_with_what_to_do(tmp_path, content):
    path = tmp_path / "pose.safetensors"
    whole = (ROOT / "bball_tag" / "players" / "pose_landmark_lite.safetensors").read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if content == b"half" else content)
    with pytest.raises(BballTagError, match=r"pose model .*: it is damaged.* install that again"):
        PoseEstimator(path)


def test_the_weights_of_another_model_and_a_missing_file_are_refused(tmp_path):
    other = ROOT / "bball_tag" / "checkpoint" / "sample.safetensors"
    with pytest.raises(BballTagError, match="its weights are of another model"):
        PoseEstimator(other)
    with pytest.raises(BballTagError, match="No such file"):
        PoseEstimator(tmp_path / "missing.safetensors")


def test_it_computes_what_the_published_file_computes_in_opencv(pose, seen, found, real_data):
    # OpenCV 5 reads these files with its classic engine only; OpenCV 4 has no other.
    engine = {"engine": cv2.dnn.ENGINE_CLASSIC} if hasattr(cv2.dnn, "ENGINE_CLASSIC") else {}
    net = cv2.dnn.readNetFromTFLite(str(real_data / "pose" / "pose_landmark_lite.tflite"), **engine)
    for image, keypoints in zip(seen, found, strict=True):
        height, width = image.shape[:2]
        side = max(height, width)
        square = np.zeros((side, side, 3), np.uint8)
        left, top = (side - width) // 2, (side - height) // 2
        square[top : top + height, left : left + width] = image
        net.setInput(cv2.dnn.blobFromImage(square, 1 / 255, (256, 256)))
        nose = net.forward("Identity").reshape(39, 5)[0, :2] / 256 * side - (left, top)
        # The square is scaled as a whole here, which moves the image by parts of a pixel.
        np.testing.assert_allclose(nose, keypoints[0, :2] * (width, height), atol=3)
