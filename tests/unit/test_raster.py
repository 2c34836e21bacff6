"""The rasteriser: what is nearest is seen, edges are smooth, and nothing is drawn twice or left out."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "sample_videos"))

from court import raster

SIZE = (8, 10)
RED, BLUE = (0.0, 0.0, 255.0), (255.0, 0.0, 0.0)
# Anticlockwise as it is seen: up, left, right.
FRONT = np.array([[0, 1, 2]])
SQUARE = np.array([[0, 1, 2], [0, 2, 3]])


def seen(corners: list[list[float]], depth: list[float], faces: np.ndarray, samples: int = 1) -> np.ndarray:
    """Return the pixels that the faces cover, as (sample * 8 + row) * 10 + column, in order."""
    pixels = np.tile(np.array(corners, np.float32), (samples, 1, 1))
    far = np.tile(np.array(depth, np.float32), (samples, 1))
    return np.sort(raster.spread(raster.triangles(pixels, far, faces, SIZE), SIZE).pixel)


def test_a_square_of_two_triangles_covers_each_of_its_pixels_once() -> None:
    # From 1.5 to 4.5 across and 2.5 to 5.5 down lie the middles of pixels 2 to 4 and 3 to 5.
    corners = [[1.5, 2.5], [1.5, 5.5], [4.5, 5.5], [4.5, 2.5]]
    expected = [row * 10 + column for row in (3, 4, 5) for column in (2, 3, 4)]
    assert seen(corners, [2.0] * 4, SQUARE).tolist() == expected


def test_every_sample_has_its_own_pixels() -> None:
    corners = [[-0.5, -0.5], [-0.5, 0.5], [0.5, 0.5], [0.5, -0.5]]
    assert seen(corners, [2.0] * 4, SQUARE, samples=3).tolist() == [0, 80, 160]


def test_triangles_seen_from_behind_are_left_out() -> None:
    corners = [[5.0, 0.0], [1.0, 6.0], [9.0, 6.0]]
    assert len(seen(corners, [2.0] * 3, FRONT)) > 10
    assert len(seen(corners, [2.0] * 3, FRONT[:, ::-1])) == 0


def test_what_is_outside_of_the_image_or_behind_the_camera_is_cut_off() -> None:
    wide = [[-20.0, -20.0], [-20.0, 30.0], [30.0, 30.0], [30.0, -20.0]]
    assert seen(wide, [2.0] * 4, SQUARE).tolist() == list(range(80))
    assert len(seen([[x + 50.0, y] for x, y in wide], [2.0] * 4, SQUARE)) == 0
    assert len(seen(wide, [2.0, 2.0, 0.1, 2.0], SQUARE)) == 0


def test_depth_is_interpolated_over_a_triangle() -> None:
    # Along a row the depth grows by 0.1 m a pixel from 1 m at column 0.
    corners = np.array([[[0.0, 0.0], [0.0, 8.0], [8.0, 0.0]]], np.float32)
    tri = raster.triangles(corners, np.array([[1.0, 1.0, 1.8]], np.float32), FRONT, SIZE)
    part = raster.spread(tri, SIZE)
    assert part.depth == pytest.approx(1.0 + 0.1 * (part.pixel % 10), abs=1e-5)


def test_the_nearest_fragment_of_each_pixel_stays() -> None:
    pixel = np.array([3, 3, 5, 3, 5])
    depth = np.array([2.0, 1.0, 4.0, 3.0, 4.0], np.float32)
    assert sorted(raster.nearest(pixel, depth, 80).tolist()) == [1, 4]


def test_weights_are_those_of_the_corners() -> None:
    corners = np.array([[[0.0, 0.0], [0.0, 8.0], [8.0, 0.0]]], np.float32)
    tri = raster.triangles(corners, np.ones((1, 3), np.float32), FRONT, SIZE)
    found = raster.weights(tri, np.zeros(2, int), np.array([0, 22]), SIZE)
    # Pixel 22 is two to the right and two down: a quarter of the way to either far corner.
    assert found == pytest.approx(np.array([[1.0, 0.5], [0.0, 0.25], [0.0, 0.25]]))


def test_a_pixel_covered_by_half_of_its_samples_is_half_painted() -> None:
    image = np.full((*SIZE, 3), 100, np.uint8)
    pixel = np.array([12, 12 + 80, 25])
    raster.blend(image, pixel, np.array([RED, RED, BLUE]), 4)
    assert image[1, 2].tolist() == [50, 50, 178]
    assert image[2, 5].tolist() == [139, 75, 75]
    assert image[0, 0].tolist() == [100, 100, 100]


def test_the_samples_lie_in_different_columns_and_rows_of_the_pixel() -> None:
    assert np.abs(raster.SHIFTS).max() < 0.5
    assert raster.SHIFTS.mean(axis=0).tolist() == [0.0, 0.0]
    assert all(len(set(axis)) == raster.SAMPLES for axis in raster.SHIFTS.T.tolist())
