"""People are followed from instant to instant."""

from __future__ import annotations

import numpy as np

from bball_tag.players.observation import Detections, Observation
from bball_tag.players.track import Follower, pieces_of

FPS = 12.5
STILL = np.eye(2, 3, dtype=np.float32)


def seen(index, boxes, camera=STILL, scores=0.9) -> Observation:
    boxes = np.asarray(boxes, np.float32).reshape(-1, 4)
    return Observation(
        index,
        Detections(boxes, np.full(len(boxes), scores, np.float32), np.zeros(len(boxes), bool)),
        np.zeros((len(boxes), 3), np.float32),
        np.asarray(camera, np.float32),
        np.zeros((4, 4, 3), np.uint8),
    )


def follow(observations, cuts=()):
    follower = Follower(FPS)
    return [follower.update(one, new_shot=one.index in cuts) for one in observations]


def pan(pixels: float) -> np.ndarray:
    return np.array([[1, 0, -pixels], [0, 1, 0]], np.float32)


def test_two_people_keep_their_ids_while_they_walk():
    ids = follow([seen(i, [[100 + 4 * i, 300, 40, 100], [600 - 4 * i, 300, 40, 100]]) for i in range(20)])
    assert {tuple(one) for one in ids} == {(1, 2)}


def test_the_order_of_detections_does_not_matter():
    boxes = np.array([[100, 300, 40, 100], [600, 300, 40, 100]])
    ids = follow([seen(0, boxes), seen(1, boxes[::-1]), seen(2, boxes)])
    assert [one.tolist() for one in ids] == [[1, 2], [2, 1], [1, 2]]


def test_someone_hidden_for_half_a_second_comes_back_under_the_same_id():
    def walker(i):
        return seen(i, [] if 8 <= i < 14 else [[100 + 2 * i, 300, 40, 100]])

    ids = follow([walker(i) for i in range(25)])
    assert set(np.concatenate(ids).tolist()) == {1}


def test_nobody_is_followed_across_a_cut_and_no_id_comes_twice():
    boxes = [[100, 300, 40, 100], [600, 300, 40, 100]]
    ids = follow([seen(i, boxes) for i in range(10)], cuts={5})
    assert [one.tolist() for one in ids] == [[1, 2]] * 5 + [[3, 4]] * 5


def test_a_camera_that_pans_loses_nobody():
    """Each instant moves everybody by more than their own width."""
    places = np.array([100, 300, 500, 700])
    observations = [
        seen(i, [[x + 1000 - 60 * i, 300, 40, 100] for x in places], pan(60 if i else 0)) for i in range(15)
    ]
    assert {tuple(one) for one in follow(observations)} == {(1, 2, 3, 4)}


def test_instants_without_anybody_are_no_trouble_and_somebody_is_followed_from_the_second_sighting():
    somebody = [[100, 300, 40, 100]]
    ids = follow([seen(0, []), seen(1, somebody), seen(2, somebody), seen(3, []), seen(4, somebody)])
    assert [one.tolist() for one in ids] == [[], [0], [1], [], [1]]


def test_a_doubtful_box_begins_no_person():
    ids = follow([seen(i, [[100, 300, 40, 100]], scores=0.15) for i in range(5)])
    assert set(np.concatenate(ids).tolist()) == {0}


def test_pieces_gather_what_was_seen_of_each_id():
    observations = [
        seen(7, [[0, 0, 10, 20], [50, 0, 10, 20]]),
        seen(8, [[51, 0, 10, 20]]),
        seen(9, [[52, 0, 10, 20], [1, 0, 10, 20], [90, 0, 10, 20]]),
    ]
    ids = [np.array([1, 2]), np.array([2]), np.array([2, 1, 0])]
    one, two = pieces_of(observations, ids, FPS)
    assert (one.id, one.instants.tolist(), one.boxes[:, 0].tolist()) == (1, [7, 9], [0, 1])
    assert (two.id, two.instants.tolist(), two.boxes[:, 0].tolist()) == (2, [7, 8, 9], [50, 51, 52])
    assert len(one.moves) == len(one.scores) == len(one.others) == len(one.colours) == 2


def test_nothing_seen_gives_no_pieces():
    assert pieces_of([], [], FPS) == []
    assert pieces_of([seen(0, [])], [np.zeros(0, np.int64)], FPS) == []


def test_moves_are_body_heights_a_second():
    """4 px an instant are 50 px a second: half of a body height of 100 px."""
    observations = [seen(i, [[100 + 4 * i, 300, 40, 100]]) for i in range(10)]
    (piece,) = pieces_of(observations, [np.array([1])] * 10, FPS)
    np.testing.assert_allclose(piece.moves, np.tile([0.5, 0], (10, 1)), atol=1e-5)


def test_moves_leave_out_what_the_camera_does():
    """The camera pans with a runner who keeps their place in the frame, and zooms in by 1 % an instant."""
    zoom, boxes, cameras = 1.01, [], []
    for i in range(12):
        scale = zoom**i
        boxes.append([[300 * scale, 200 * scale, 40 * scale, 100 * scale]])
        cameras.append([[zoom, 0, -8 * scale], [0, zoom, 0]] if i else STILL)
    observations = [seen(i, box, camera) for i, (box, camera) in enumerate(zip(boxes, cameras, strict=True))]
    (piece,) = pieces_of(observations, [np.array([1])] * 12, FPS)
    np.testing.assert_allclose(piece.moves[:, 0], 1.0, atol=0.02)
    np.testing.assert_allclose(piece.moves[:, 1], 0.0, atol=0.02)


def test_a_single_sighting_has_no_movement():
    (piece,) = pieces_of([seen(3, [[1, 2, 30, 60]])], [np.array([1])], FPS)
    np.testing.assert_array_equal(piece.moves, [[0, 0]])
