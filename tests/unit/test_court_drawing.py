"""Drawing people and the ball: what is in front hides what is behind, light comes from above, truth fits."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "sample_videos"))

from court import figure, light, raster, shadow, skeleton, sphere, stage
from court.camera import Views
from court.hidden import hidden
from court.look import Look, make_look
from court.motion import BALL_RADIUS

SIZE = (260, 120)
PLAIN = light.Light(
    lamps=np.array([[0.0, 0.0, 1.0]]),
    power=np.full((1, 3), 0.6),
    above=np.full(3, 0.5),
    below=np.full(3, 0.1),
    softness=0.2,
    sheen=0.0,
)


@pytest.fixture(scope="module")
def look() -> Look:
    return make_look(np.random.default_rng(3))


def camera(times: int = 2) -> Views:
    """Return a camera 10 m before the origin, 1 m high, that sees 100 pixels per metre there."""
    # Right is x, down is -z, forward is y.
    rotation = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
    place = np.array([0.0, -10.0, 1.0])
    inner = np.array([[1000.0, 0.0, 60.0], [0.0, 1000.0, 100.0], [0.0, 0.0, 1.0]])
    matrix = inner @ np.concatenate([rotation, -(rotation @ place)[:, None]], axis=1)
    return Views(np.tile(matrix, (times, 1, 1)), np.tile(place, (times, 1)))


def standing() -> np.ndarray:
    """Return joints (2, 1, JOINTS, 3) of somebody who stands at the origin and faces the camera, twice."""
    body = np.zeros((skeleton.JOINTS, 3))
    # The person's left is at positive x; forward is -y.
    for side, sign in ((0, 1.0), (1, -1.0)):
        body[skeleton.HIP_L + side] = sign * 0.10, 0.0, 0.98
        body[skeleton.KNEE_L + side] = sign * 0.11, -0.02, 0.53
        body[skeleton.ANKLE_L + side] = sign * 0.12, 0.03, skeleton.ANKLE_HEIGHT
        body[skeleton.TOE_L + side] = sign * 0.14, -0.16, 0.045
        body[skeleton.SHOULDER_L + side] = sign * 0.195, 0.0, 1.50
        body[skeleton.ELBOW_L + side] = sign * 0.30, 0.02, 1.21
        body[skeleton.HAND_L + side] = sign * 0.33, -0.10, 0.91
    body[skeleton.PELVIS] = 0.0, 0.0, 0.98
    body[skeleton.CHEST] = 0.0, 0.0, 1.50
    body[skeleton.HEAD] = 0.0, 0.0, 1.755
    body[skeleton.HAIR] = 0.0, 0.045, 1.805
    body[skeleton.FRONT] = 0.0, -1.0, 0.0
    return np.stack([body, body])[:, None]


def drawn(look: Look, joints: np.ndarray, ball: np.ndarray | None = None) -> np.ndarray:
    """Return an image of people, and of the ball at two times, upon grey."""
    views = camera()
    figures = figure.make_figures(joints, views, look, np.arange(joints.shape[1]))
    actors = [
        stage.actor(
            figures.dressed[index], figures.posed(index), views, PLAIN, light.spheres(joints[0, index])
        )
        for index in range(joints.shape[1])
    ]
    globe = None if ball is None else sphere.globe(ball, views, SIZE, np.array([0.0, 0.0, 250.0]), PLAIN)
    image = np.full((*SIZE, 3), 128, np.uint8)
    stage.paint(image, actors, globe)
    return image


def test_a_person_is_drawn_within_their_box_and_fills_a_good_part_of_it(look: Look) -> None:
    joints = standing()
    box = figure.make_figures(joints, camera(), look, np.arange(1)).box[0, 0]
    rows, columns = np.nonzero((drawn(look, joints) != 128).any(axis=2))
    edges = [columns.min(), rows.min(), columns.max(), rows.max()]
    assert edges == pytest.approx(box.tolist(), abs=3.0)
    assert 0.25 < len(rows) / np.prod(box[2:] - box[:2]) < 0.75


def test_keypoints_lie_upon_the_person_who_faces_the_camera_with_left_on_the_right(look: Look) -> None:
    joints = standing()
    points = figure.make_figures(joints, camera(), look, np.arange(1)).keypoints[0, 0]
    assert points.shape == (13, 2)
    assert points.dtype == np.float32
    image = drawn(look, joints)
    shown = [(image[round(float(y)), round(float(x))] != 128).any() for x, y in points]
    assert all(shown)
    left, right = points[1::2, 0], points[2::2, 0]
    assert (left > right).all()
    assert points[0, 1] < points[1:, 1].min()


def test_the_nose_is_in_front_of_the_face_whatever_way_it_looks() -> None:
    joints = standing()[0]
    nose = figure.keypoints(joints)[0, 0]
    head = joints[0, skeleton.HEAD]
    # The person looks along -y.
    assert 0.09 < head[1] - nose[1] < 0.14
    assert abs(nose[0] - head[0]) < 0.03


def test_keypoints_behind_a_body_are_hidden() -> None:
    joints = standing()
    eyes = camera().position
    alone = hidden(joints, 0, eyes)
    assert alone.shape == (2, 13)
    assert not alone.any()
    # Seen from the person's left, the right shoulder is behind the body.
    aside = hidden(joints, 0, np.tile([10.0, 0.0, 1.2], (2, 1)))[0]
    assert aside[2]
    assert not aside[[1, 7, 9, 11]].any()
    # Somebody before them hides legs and trunk.
    both = np.concatenate([joints, joints + np.array([0.0, -0.6, 0.0])], axis=1)
    assert hidden(both, 0, eyes)[0].sum() >= 9
    assert not hidden(both, 1, eyes).any()


def test_the_ball_hides_what_is_behind_it_and_is_hidden_by_what_is_in_front(look: Look) -> None:
    joints = standing()
    chest = joints[0, 0, skeleton.CHEST] * 0.6 + joints[0, 0, skeleton.PELVIS] * 0.4
    x, y = camera().project(np.tile(chest, (2, 1, 1)))[0][0, 0].round().astype(int)
    before, behind = (np.tile(chest + np.array([0.0, gap, 0.0]), (2, 1)) for gap in (-0.5, 0.5))
    part = slice(y - 5, y + 6), slice(x - 5, x + 6)
    plain = drawn(look, joints)[part].astype(int)
    assert np.abs(drawn(look, joints, before)[part] - plain).mean() > 40
    assert np.abs(drawn(look, joints, behind)[part] - plain).mean() < 1


def test_the_ball_is_as_large_as_a_ball() -> None:
    found = sphere.globe(np.tile([0.0, 0.0, 1.0], (2, 1)), camera(), SIZE, np.full(3, 200.0), PLAIN)
    # 0.12 m at 100 pixels per metre, in each of the samples.
    assert len(found.pixel) / raster.SAMPLES == pytest.approx(np.pi * 12.0**2, rel=0.03)
    assert found.depth.min() == pytest.approx(10.0 - BALL_RADIUS, abs=1e-3)


def test_what_moves_while_the_shutter_is_open_is_smeared() -> None:
    image = np.zeros((*SIZE, 3), np.uint8)
    places = np.array([[-0.2, 0.0, 1.0], [0.2, 0.0, 1.0]])
    stage.paint(image, [], sphere.globe(places, camera(), SIZE, np.full(3, 200.0), PLAIN))
    columns = np.flatnonzero(image.any(axis=(0, 2)))
    # A disc of 24 pixels, in samples that are 30 pixels apart from the first to the last.
    assert columns[-1] - columns[0] + 1 == pytest.approx(54, abs=2)


def test_clothes_and_nothing_else_are_seen_from_inside_too(look: Look) -> None:
    dressed = figure.body(look, 0)
    faces, cloth = dressed.outfit.mesh.faces, dressed.outfit.cloth
    inside = {tuple(face) for face in faces[dressed.outside :, ::-1].tolist()}
    assert inside
    assert inside < {tuple(face) for face in faces[cloth].tolist()}
    # The inside does not count for where the surface looks: the head's top looks up.
    points = dressed.outfit.mesh.vertices
    outward = figure.normals(dressed, points)
    assert np.linalg.norm(outward, axis=1) == pytest.approx(np.ones(len(points)), abs=1e-5)
    assert outward[points[:, 2].argmax(), 2] > 0.7


def test_light_from_above_falls_on_what_faces_up_and_not_below_what_hides_it() -> None:
    points = np.zeros((3, 3), np.float32)
    normals = np.array([[0, 0, 1], [1, 0, 0], [0, 0, -1]], np.float32)
    eye = np.array([0.0, -10.0, 1.0])
    far = np.tile([[0.0, 0.0, -50.0]], (len(light.RADII), 1))
    free, _ = light.shade(PLAIN, points, normals, far, eye)
    assert free[0, 0] > free[1, 0] > free[2, 0]
    # Facing up: all of the lamp and of the light from above.
    assert free[0] == pytest.approx([1.1 ** (1 / light.GAMMA)] * 3, rel=2e-3)
    over = far.copy()
    over[0] = [0.0, 0.0, 0.3]
    hidden, _ = light.shade(PLAIN, points, normals, over, eye)
    assert hidden[0, 0] < 0.75 * free[0, 0]
    assert hidden[2, 0] == pytest.approx(free[2, 0], rel=1e-4)


def test_a_hall_is_always_lit_the_same_and_another_one_otherwise(look: Look) -> None:
    light.hall_light.cache_clear()
    one = light.hall_light(look)
    light.hall_light.cache_clear()
    again = light.hall_light(look)
    assert np.array_equal(one.lamps, again.lamps)
    other = light.hall_light(replace(look, hall=replace(look.hall, texture=look.hall.texture + 1)))
    assert one.lamps.shape != other.lamps.shape or not np.allclose(one.lamps, other.lamps)
    assert (one.lamps[:, 2] > 0.5).all()


def test_shadows_darken_the_floor_around_the_feet_most() -> None:
    image = np.full((*SIZE, 3), 200, np.uint8)
    joints = standing()[0, 0]
    views = camera()
    shadow.shade_floor(image, joints, views.matrix[0], PLAIN)
    toes = joints[[skeleton.TOE_L, skeleton.TOE_R]] * [1.0, 1.0, 0.0]
    spots = views.project(np.tile(toes, (2, 1, 1)))[0][0].round().astype(int)
    under = [int(image[y, x, 0]) for x, y in spots]
    assert max(under) < 160
    assert image.max() <= 200
    assert image[:120].min() == 200


def test_a_ball_high_above_the_floor_leaves_hardly_a_shadow() -> None:
    darkest = []
    for height in (BALL_RADIUS, 3.0):
        image = np.full((*SIZE, 3), 200, np.uint8)
        shadow.shade_under_ball(image, np.array([0.0, 0.0, height]), camera().matrix[0], PLAIN)
        darkest.append(int(image.min()))
    assert darkest[0] < 120
    assert darkest[1] > 150


def test_a_glossy_floor_shows_people_upside_down_and_a_dull_one_does_not(look: Look) -> None:
    joints = standing()
    views = camera()
    # The feet are at row 200 or so: the image begins there.
    below = Views(np.array([[1.0, 0, 0], [0, 1.0, -190.0], [0, 0, 1.0]]) @ views.matrix, views.position)
    figures = figure.make_figures(joints, below, look, np.arange(1))
    actors = [stage.actor(figures.dressed[0], figures.posed(0), below, PLAIN, light.spheres(joints[0, 0]))]
    image = np.full((*SIZE, 3), 128, np.uint8)
    stage.mirror(image, actors, below, 0.0)
    assert (image == 128).all()
    stage.mirror(image, actors, below, 0.9)
    columns = np.flatnonzero((image != 128).any(axis=(0, 2)))
    assert 60 in columns
    assert columns.max() - columns.min() < 100
