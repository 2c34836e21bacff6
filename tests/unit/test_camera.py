"""The camera's movement is read off the background."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from bball_tag.players.camera import CameraMotion

NOBODY = np.zeros((0, 4), np.float32)


@pytest.fixture(scope="module")
def hall() -> np.ndarray:
    """A textured scene of 900 x 1500 pixels to look around in."""
    rng = np.random.default_rng(3)
    coarse = rng.integers(0, 256, (90, 150, 3), dtype=np.uint8)
    return cv2.resize(coarse, (1500, 900), interpolation=cv2.INTER_CUBIC)


def view(hall: np.ndarray, left: float, top: float, zoom: float = 1.0) -> np.ndarray:
    """What a camera of 720 x 400 pixels sees whose upper left corner is at (left, top) of the hall."""
    matrix = np.array([[zoom, 0, -left * zoom], [0, zoom, -top * zoom]])
    return cv2.warpAffine(hall, matrix, (720, 400), flags=cv2.INTER_LINEAR)


def test_the_first_image_has_no_movement(hall):
    motion = CameraMotion().step(view(hall, 100, 100), NOBODY)
    assert motion.dtype == np.float32
    np.testing.assert_array_equal(motion, np.eye(2, 3))


def test_a_pan_moves_the_background_the_other_way(hall):
    camera = CameraMotion()
    camera.step(view(hall, 100, 100), NOBODY)
    motion = camera.step(view(hall, 124, 94), NOBODY)
    np.testing.assert_allclose(motion, [[1, 0, -24], [0, 1, 6]], atol=0.5)


def test_a_zoom_is_a_change_of_scale(hall):
    camera = CameraMotion()
    camera.step(view(hall, 100, 100), NOBODY)
    motion = camera.step(view(hall, 100, 100, zoom=1.04), NOBODY)
    np.testing.assert_allclose(motion, [[1.04, 0, 0], [0, 1.04, 0]], atol=0.5)
    assert motion[0, 0] == pytest.approx(1.04, abs=0.003)


def test_people_are_no_background(hall):
    """A box over most of the view holds something that moves left while the hall stands still."""
    camera = CameraMotion()
    box = np.array([[120, 40, 500, 320]], np.float32)
    images = [view(hall, 100, 100) for _ in range(2)]
    for step, image in enumerate(images):
        image[40:360, 120:620] = view(hall, 700 + 15 * step, 300)[40:360, 120:620]
    camera.step(images[0], box)
    np.testing.assert_allclose(camera.step(images[1], box), np.eye(2, 3), atol=0.3)


@pytest.mark.parametrize("scene", ["another scene", "a wall without texture"])
def test_where_nothing_agrees_the_camera_is_taken_to_stand_still(hall, scene):
    camera = CameraMotion()
    camera.step(view(hall, 100, 100), NOBODY)
    wall = np.full((400, 720, 3), 90, np.uint8)
    image = view(hall[::-1, ::-1], 300, 300) if scene == "another scene" else wall
    np.testing.assert_array_equal(camera.step(image, NOBODY), np.eye(2, 3))


def test_an_estimate_depends_on_two_images_alone(hall):
    """So a run that resumes at the second image comes to the same bits."""
    whole, resumed = CameraMotion(), CameraMotion()
    views = [view(hall, 100 + 9 * step, 100) for step in range(3)]
    box = np.array([[200, 100, 60, 150]], np.float32)
    estimates = [whole.step(image, box) for image in views]
    resumed.step(views[1], box)
    np.testing.assert_array_equal(resumed.step(views[2], box), estimates[2])
