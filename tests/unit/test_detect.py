"""Finding people: what classes, tiles and ONNX headers mean."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bball_tag.errors import DetectorError, OptionError
from bball_tag.players.choose_tiles import choose_tiles
from bball_tag.players.classes import people_among, people_of
from bball_tag.players.detect import _strongest
from bball_tag.players.observation import Detections
from bball_tag.players.onnx_file import Value, read_values
from bball_tag.players.tiles import WHOLE, Tiling, join_at_seams, parse_tiles
from tests.yolox_files import output_for, write_model


@pytest.mark.parametrize(
    ("names", "players", "others"),
    [
        (["player", "referee", "ball"], (0,), (1,)),
        (["ball", "ball-in-basket", "number", "player", "player-jump-shot", "referee", "rim"], (3, 4), (5,)),
        (["Ball Handler", "Head_Coach", "hoop"], (0,), (1,)),
        (["person"], (0,), ()),
        (["team-A", "team-B", "Refs"], (0, 1), (2,)),
        (["Players", "player-number", "bench-player", "crowd"], (0,), (2,)),
    ],
)
def test_classes_count_by_the_words_in_their_names(names, players, others):
    people = people_among(names)
    assert (people.players, people.others) == (players, others)


@pytest.mark.parametrize("names", [["ball", "rim"], ["referee"], ["ballplayers"]])
def test_classes_without_a_player_are_refused(names):
    with pytest.raises(DetectorError, match="None of the detector's classes is a player"):
        people_among(names)


def test_eighty_classes_without_names_are_those_of_coco(tmp_path):
    people = people_of(tmp_path / "some.onnx", 80, None)
    assert (people.players, people.others) == ((0,), ())


@pytest.mark.parametrize(
    ("text", "tiling"), [("auto", None), ("none", WHOLE), ("3x1", Tiling(3, 1)), ("2×2", Tiling(2, 2))]
)
def test_tiles_are_named_by_columns_and_rows(text, tiling):
    assert parse_tiles(text) == tiling


@pytest.mark.parametrize("text", ["", "3", "0x1", "17x1", "3x1x1", "-1x2", "threexone", "٣x١"])
def test_other_tiles_are_refused(text):
    with pytest.raises(OptionError, match="--tiles must be auto, none, or columns and rows"):
        parse_tiles(text)


@pytest.mark.parametrize("tiling", [WHOLE, Tiling(2, 1), Tiling(1, 3), Tiling(5, 2)])
def test_tiles_cover_the_frame_and_share_a_fifth_of_their_sides(tiling):
    cuts = tiling.cuts(450, 3300)
    assert len(cuts) == len(tiling)
    covered = np.zeros((450, 3300), int)
    for left, top, right, bottom in cuts:
        covered[top:bottom, left:right] += 1
    assert covered.min() == 1
    if tiling.columns > 1:
        assert cuts[0][2] - cuts[1][0] == pytest.approx(0.2 * cuts[0][2], abs=2)


def joined(boxes, scores, tiles):
    """Two tiles of a frame of 180×100 end at 100 and begin at 80."""
    values = np.array(boxes, np.float32), np.array(scores, np.float32), np.array(tiles)
    found, kept = join_at_seams(*values, Tiling(2, 1).cuts(100, 180))
    return found[kept].round(1).tolist()


def test_two_halves_of_one_person_become_one_box_with_the_higher_score():
    # 60 to 120 along: wider than what the tiles share.
    halves = [[60, 20, 40, 60], [80, 22, 40, 60]]
    assert joined(halves, [0.6, 0.8], [0, 1]) == [[60, 20, 60, 62]]


def test_a_part_of_somebody_whom_the_next_tile_shows_whole_is_dropped():
    boxes = [[85, 20, 15, 60], [86, 20, 30, 60]]
    assert joined(boxes, [0.9, 0.5], [0, 1]) == [[86, 20, 30, 60]]


def test_people_whom_no_seam_cuts_stay_though_they_overlap():
    boxes = [[40, 20, 30, 60], [50, 20, 30, 60], [110, 20, 30, 60]]
    assert joined(boxes, [0.9, 0.8, 0.7], [0, 0, 1]) == boxes


def test_two_people_of_different_height_at_a_seam_stay_two():
    boxes = [[70, 0, 30, 30], [80, 50, 30, 50]]
    assert joined(boxes, [0.9, 0.8], [0, 1]) == boxes


def test_the_edge_of_the_frame_is_not_a_seam():
    boxes = [[0, 20, 30, 60], [150, 20, 30, 60]]
    assert joined(boxes, [0.9, 0.8], [0, 1]) == boxes


def test_halves_one_above_the_other_are_joined_too():
    # Tiles of 100 lines that end at 100 and begin at 80.
    boxes = [[20, 30, 30, 70], [20, 80, 30, 60]]
    values = np.array(boxes, np.float32), np.array([0.5, 0.6], np.float32), np.array([0, 1])
    found, kept = join_at_seams(*values, Tiling(1, 2).cuts(180, 100))
    assert found[kept].tolist() == [[20, 30, 30, 110]]


class FakeDetector:
    """Finds people of some heights where they are at least 20 pixels high in an input of 400."""

    def __init__(self, heights: list[float], *, is_flexible: bool) -> None:
        self.heights, self.is_flexible, self.calls = heights, is_flexible, 0

    def scale_of(self, height: int, width: int, tiling: Tiling = WHOLE) -> float:
        size = tiling.tile_size(height, width)
        if self.is_flexible and not tiling.is_fitted:
            return 400 / math.sqrt(math.prod(size))
        return 400 / max(size)

    def detect(self, image: np.ndarray, tiling: Tiling = WHOLE) -> Detections:
        self.calls += 1
        scale = self.scale_of(*image.shape[:2], tiling)
        boxes = np.array([[0, 0, 10, height] for height in self.heights if height * scale >= 20], np.float32)
        boxes = boxes.reshape(-1, 4)
        return Detections(boxes, np.full(len(boxes), 0.9, np.float32), np.zeros(len(boxes), bool))


def chosen(size: tuple[int, int], heights: list[float], *, is_flexible: bool = False) -> str:
    width, height = size
    detector = FakeDetector(heights, is_flexible=is_flexible)
    return str(choose_tiles(detector, [np.zeros((height, width, 3), np.uint8)] * 3))


@pytest.mark.parametrize(
    ("size", "heights", "tiling"),
    [
        ((1280, 720), [210] * 10, "none"),  # 66 pixels of the input
        ((1280, 720), [200] * 10, "2x1"),  # 62 pixels
        ((852, 480), [140] * 10, "none"),
        ((852, 480), [140] * 10 + [40] * 30, "none"),  # a crowd
        ((1280, 720), [100] * 10, "2x1"),  # 31 pixels of the input; 56 with two tiles
        ((3300, 450), [100] * 10, "5x1"),  # 12 pixels: nobody is seen without tiles; 51 with five
        ((2400, 1080), [150] * 10, "3x1"),
        ((360, 640), [60] * 10, "1x2"),
        ((1280, 720), [], "none"),
        ((400, 225), [30] * 10, "none"),  # no tile shows more than there is
    ],
)
def test_tiles_are_chosen_only_where_players_are_too_small_without(size, heights, tiling):
    assert chosen(size, heights) == tiling


@pytest.mark.parametrize(
    ("size", "heights", "tiling"),
    [
        ((1280, 720), [205] * 10, "none"),  # 85 pixels of the input
        ((1280, 720), [200] * 10, "2x1"),  # 83 pixels
        ((720, 1280), [200] * 10, "1x2"),
        ((640, 640), [110] * 10, "2x2"),  # 69 pixels; tiles of half the width would be no square
        ((3300, 450), [150] * 10, "2x1"),  # 49 pixels; everybody is seen without tiles
    ],
)
def test_with_as_many_pixels_as_the_input_has_fewer_tiles_do(size, heights, tiling):
    assert chosen(size, heights, is_flexible=True) == tiling


@pytest.mark.parametrize(("height", "is_fitted"), [(225, False), (235, True), (500, True)])
def test_tall_players_need_no_more_pixels_than_the_frame_has_when_fitted(height, is_fitted):
    images = [np.zeros((720, 1280, 3), np.uint8)]
    assert choose_tiles(FakeDetector([height] * 10, is_flexible=True), images) == Tiling(is_fitted=is_fitted)
    assert choose_tiles(FakeDetector([height] * 10, is_flexible=False), images) == WHOLE


def test_a_frame_with_tall_people_is_looked_at_once():
    detector = FakeDetector([210] * 10, is_flexible=False)
    choose_tiles(detector, [np.zeros((720, 1280, 3), np.uint8)])
    assert detector.calls == 1


def test_without_frames_there_are_no_tiles():
    assert choose_tiles(FakeDetector([], is_flexible=True), []) == WHOLE


def test_shapes_are_read_from_an_onnx_file(tmp_path):
    path = write_model(tmp_path / "own.onnx", (384, 640), output_for(384, 640, 3, {}))
    assert read_values(path) == (
        [Value("images", (1, 3, 384, 640))],
        [Value("output", (1, 48 * 80 + 24 * 40 + 12 * 20, 8))],
    )
    write_model(path, (384, 640), output_for(384, 640, 3, {}), open_size=True)
    assert read_values(path)[0] == [Value("images", (1, 3, 0, 0))]


def test_a_file_that_is_cut_off_is_refused(tmp_path):
    path = write_model(tmp_path / "own.onnx", (384, 640), output_for(384, 640, 3, {}))
    content = path.read_bytes()
    for length in (1, 3, 50, len(content) // 2, len(content) - 20):
        path.write_bytes(content[:length])
        with pytest.raises(ValueError):
            read_values(path)


@pytest.mark.parametrize(("shift", "people"), [(30, 2), (20, 1)])
def test_two_who_overlap_by_half_are_two_people(shift, people):
    """Of 100 pixels, 30 apart is an overlap (IoU) of 0.54, and 20 apart one of 0.67."""
    boxes = np.array([[0, 0, 100, 200], [shift, 0, 100, 200]], np.float32)
    found = _strongest(boxes, np.array([0.9, 0.6], np.float32), np.zeros(2, bool))
    assert len(found) == people
