"""A detector: what it reads from its file, what it finds, and which files it refuses."""

from __future__ import annotations

import math
import sys
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from bball_tag.errors import DetectorError
from bball_tag.players import runtimes
from bball_tag.players.choose_tiles import choose_tiles
from bball_tag.players.detect import open_detector
from bball_tag.players.onnx_file import read_values, with_open_sizes
from bball_tag.players.tiles import FITTED, WHOLE, Tiling
from bball_tag.players.tracks import overlaps
from tests.yolox_files import num_cells, output_for, write_model

GREY = np.full((64, 96, 3), 114, np.uint8)
# Row 14 is the cell (2, 1) of the grid of 8 pixels: 12 cells a line. Centre (20, 12), 16 wide, 24 high.
ROW = 14
PERSON = [0.5, 0.5, math.log(2), math.log(3)]
BOX = [12.0, 0.0, 16.0, 24.0]


def model(
    folder: Path, rows: dict[int, list[float]], num_classes: int, size=(64, 96), name="own.onnx"
) -> str:
    return str(write_model(folder / name, size, output_for(*size, num_classes, rows)))


def test_a_box_is_decoded_from_its_cell_and_scored_by_object_and_class(tmp_path):
    found = open_detector(model(tmp_path, {ROW: [*PERSON, 0.8, 0.5]}, 1), ["player"]).detect(GREY)
    np.testing.assert_allclose(found.boxes, [BOX], atol=1e-4)
    np.testing.assert_allclose(found.scores, [0.4], atol=1e-6)
    assert found.others.tolist() == [False]


@pytest.mark.parametrize(("row", "centre"), [(0, 4), (96, 8), (96 + 24, 16)], ids=["8", "16", "32"])
def test_each_grid_has_its_own_stride(tmp_path, row, centre):
    detector = open_detector(model(tmp_path, {row: [0.5, 0.5, 0.0, 0.0, 1, 1]}, 1), ["player"])
    assert detector.detect(GREY).boxes[0].tolist() == [0, 0, 2 * centre, 2 * centre]


def test_boxes_are_in_pixels_of_an_image_of_any_size(tmp_path):
    detector = open_detector(model(tmp_path, {ROW: [*PERSON, 1, 1]}, 1), ["player"])
    image = np.zeros((640, 480, 3), np.uint8)  # 640 pixels become 64
    np.testing.assert_allclose(detector.detect(image).boxes, [[10 * value for value in BOX]], atol=1e-3)


def test_a_file_that_decodes_by_itself_is_not_decoded_again(tmp_path):
    detector = open_detector(model(tmp_path, {ROW: [20, 12, 16, 24, 1, 1]}, 1), ["player"])
    np.testing.assert_allclose(detector.detect(GREY).boxes, [BOX], atol=1e-4)


def test_weak_boxes_and_doubles_are_dropped_and_the_rest_sorted(tmp_path):
    rows = {
        ROW: [*PERSON, 0.5, 1],
        ROW + 1: [-0.4, 0.5, math.log(2), math.log(3), 0.9, 1],  # the same person
        ROW + 8: [*PERSON, 0.95, 1],
        50: [*PERSON, 0.05, 1],
    }
    found = open_detector(model(tmp_path, rows, 1), ["player"]).detect(GREY)
    np.testing.assert_allclose(found.scores, [0.95, 0.9], atol=1e-6)


def test_referees_are_others_and_balls_nobody(tmp_path):
    rows = {
        ROW: [*PERSON, 1, 0.1, 0.9, 0],
        ROW + 4: [*PERSON, 1, 0, 0, 0.9],
        ROW + 8: [*PERSON, 1, 0.8, 0.3, 0],
    }
    detector = open_detector(model(tmp_path, rows, 3), ["player", "referee", "ball"])
    found = detector.detect(GREY)
    assert found.others.tolist() == [True, False]
    np.testing.assert_allclose(found.scores, [0.9, 0.8], atol=1e-6)


def test_the_names_are_read_from_the_file_beside_the_weights(tmp_path):
    path = model(tmp_path, {ROW: [*PERSON, 1, 0, 1]}, 2)
    (tmp_path / "own.names").write_text("ball\nPlayer-Jump-Shot\n\n")
    assert len(open_detector(path).detect(GREY)) == 1


def test_results_depend_on_weights_and_classes_and_the_id_says_so(tmp_path):
    path = model(tmp_path, {}, 2)
    other = model(tmp_path, {ROW: [*PERSON, 1, 0, 1]}, 2, name="other.onnx")
    first = open_detector(path, ["player", "ball"])
    assert first.id == open_detector(path, ["person", "hoop"]).id
    ids = {first.id, open_detector(path, ["ball", "player"]).id, open_detector(other, ["player", "ball"]).id}
    assert len(ids) == 3
    assert first.name == "own"


def test_a_file_that_leaves_its_size_open_is_computed_at_640(tmp_path):
    path = write_model(tmp_path / "own.onnx", (640, 640), output_for(640, 640, 1, {}), open_size=True)
    assert open_detector(str(path), ["player"]).scale_of(1280, 1280) == 0.5


@pytest.mark.parametrize("size", [(720, 1280), (1280, 720), (450, 3300), (500, 500)])
def test_a_model_of_any_size_sees_as_many_pixels_of_every_shape(nano, size):
    assert nano.scale_of(*size) ** 2 * size[0] * size[1] == pytest.approx(416 * 416)


def test_a_frame_that_is_fitted_has_fewer_pixels_and_the_same_people(nano, broadcast):
    assert nano.scale_of(720, 1280, FITTED) == 416 / 1280
    few, many = (nano.detect(broadcast, way) for way in (FITTED, WHOLE))
    sure = few.boxes[few.scores >= 0.7]
    assert len(sure) >= 4
    assert (overlaps(sure[:, None], many.boxes[None]).max(axis=1) >= 0.5).all()


def test_a_model_of_one_size_sees_the_whole_frame_in_it(nano):
    nano._model.is_flexible = False
    try:
        assert nano.scale_of(720, 1280) == 416 / 1280
    finally:
        nano._model.is_flexible = True


def test_nobody_is_found_in_an_empty_image():
    found = open_detector("nano").detect(np.zeros((480, 852, 3), np.uint8))
    assert found.boxes.shape == (0, 4)
    assert found.scores.shape == found.others.shape == (0,)


def refusal(*arguments) -> str:
    with pytest.raises(DetectorError) as refused:
        open_detector(*arguments)
    return str(refused.value)


def test_a_missing_file_is_named():
    assert "nowhere.onnx: No such file" in refusal("nowhere.onnx")


@pytest.mark.parametrize("content", [b"", b"no model at all", b"\x08\x08:\xff\x01cut off"])
def test_a_file_that_is_not_onnx_is_refused(tmp_path, content):
    path = tmp_path / "odd.onnx"
    path.write_bytes(content)
    assert "odd.onnx is not a YOLOX" in refusal(str(path))


def test_another_kind_of_model_is_refused(tmp_path):
    path = write_model(tmp_path / "odd.onnx", (64, 96), np.zeros((1, 1000), np.float32))
    assert "output should be of shape (1, boxes, 5 + classes), not [(1, 1000)]" in refusal(str(path))
    write_model(path, (64, 96), np.zeros((1, 84, num_cells(64, 96)), np.float32))  # as newer YOLOs have it
    assert "three grids of a YOLOX" in refusal(str(path))
    write_model(path, (60, 96), output_for(64, 96, 1, {}))
    assert "input of 60×96 is not a multiple of 32" in refusal(str(path))


def test_a_model_that_nothing_can_load_is_refused_with_the_reason(tmp_path):
    path = write_model(tmp_path / "odd.onnx", (64, 96), output_for(64, 96, 1, {}))
    path.write_bytes(path.read_bytes().replace(b"ReduceMean", b"Nonsensees"))
    told = refusal(str(path))
    assert "odd.onnx is not a YOLOX" in told
    assert "Nonsensees" in told


def test_values_in_a_file_beside_the_model_are_its_own_wherever_a_command_runs(tmp_path, monkeypatch, caplog):
    output = output_for(64, 96, 1, {ROW: [*PERSON, 1, 1]})
    path = write_model(tmp_path / "own.onnx", (64, 96), output, beside="own.onnx.data")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "own.onnx.data").write_bytes(output_for(64, 96, 1, {0: [*PERSON, 1, 1]}).tobytes())
    monkeypatch.chdir(elsewhere)
    found = open_detector(str(path), ["player"]).detect(GREY)
    np.testing.assert_allclose(found.boxes, [BOX], atol=1e-4)
    assert not caplog.text


def test_a_model_that_onnx_runtime_refuses_to_compute_is_left_for_opencv_with_one_warning(tmp_path, caplog):
    runtimes._warn_once.cache_clear()
    output = output_for(64, 96, 1, {ROW: [*PERSON, 1, 1]})
    path = str(write_model(tmp_path / "four.onnx", (64, 96), output, batch=4))
    for _ in range(2):
        np.testing.assert_allclose(open_detector(path, ["player"]).detect(GREY).boxes, [BOX], atol=1e-4)
    assert caplog.text.count("ONNX Runtime cannot compute four.onnx") == 1
    assert "Got: 1 Expected: 4" in caplog.text


def test_sizes_in_a_file_are_opened_and_nothing_else_is_touched(tmp_path):
    path = write_model(tmp_path / "own.onnx", (64, 96), output_for(64, 96, 1, {}))
    opened = with_open_sizes(path)
    assert opened is not None
    assert len(opened) == path.stat().st_size
    again = tmp_path / "opened.onnx"
    again.write_bytes(opened)
    (images,), (output,) = read_values(again)
    assert (images.shape, output.shape) == ((1, 3, 0, 0), (1, 0, 6))
    assert with_open_sizes(again) is None


def test_names_that_do_not_fit_are_refused(tmp_path):
    path = model(tmp_path, {}, 3)
    assert "has 3 classes, not COCO's 80" in refusal(path)
    assert "has 3 classes, but --detector-classes names 1 (player)" in refusal(path, ["player"])
    assert "None of the detector's classes is a player (ball, rim, referee)" in refusal(
        path, ["ball", "rim", "referee"]
    )
    (tmp_path / "own.names").write_text("player\nball\n")
    assert "own.names names 2 (player, ball)" in refusal(path)
    (tmp_path / "own.names").write_bytes(b"\xff\xfe")
    assert "own.names" in refusal(path)


FAKE_RUNTIME = """
import cv2, numpy

class SessionOptions:
    def add_session_config_entry(self, key, value):
        pass

def set_default_logger_severity(level):
    pass

def disable_telemetry_events():
    global is_silent
    is_silent = True

def get_available_providers():
    return ["CUDAExecutionProvider", "CPUExecutionProvider"]

class InferenceSession:
    used = {used!r}

    def __init__(self, content, options, providers):
        assert is_silent
        assert options.intra_op_num_threads == cv2.getNumThreads()
        assert [name for name, how in providers] == ["CUDAExecutionProvider", "CPUExecutionProvider"]
        self.net = cv2.dnn.readNetFromONNX(numpy.frombuffer(content, numpy.uint8))

    def get_providers(self):
        return [self.used, "CPUExecutionProvider"]

    def get_inputs(self):
        return [type("Input", (), {{"name": "images"}})]

    def run(self, outputs, feed):
        self.net.setInput(feed["images"])
        return [self.net.forward()]
"""


@pytest.fixture
def install_runtime(tmp_path, monkeypatch):
    """Put something where onnxruntime is imported from: its build for a GPU, or what cannot be imported."""

    runtimes._warn_once.cache_clear()

    def install(code: str) -> None:
        for name in [name for name in sys.modules if name.split(".")[0] == "onnxruntime"]:
            monkeypatch.delitem(sys.modules, name)
        package = tmp_path / "site" / "onnxruntime"
        (package / "capi").mkdir(parents=True)
        (package / "__init__.py").write_text(code)
        (package / "capi" / "__init__.py").write_text("")
        (package / "capi" / "onnxruntime_pybind11_state.py").write_text("class Fail(Exception): pass\n")
        monkeypatch.syspath_prepend(str(package.parent))

    yield install
    runtimes._warn_once.cache_clear()
    for name in [name for name in sys.modules if name.split(".")[0] == "onnxruntime"]:
        del sys.modules[name]


def test_a_gpu_is_used_by_way_of_onnx_runtime_with_the_same_result(tmp_path, install_runtime):
    path = model(tmp_path, {ROW: [*PERSON, 1, 1]}, 1)
    plain = open_detector(path, ["player"])
    install_runtime(FAKE_RUNTIME.format(used="CUDAExecutionProvider"))
    on_gpu = open_detector(path, ["player"])
    assert on_gpu.detect(GREY).boxes.tolist() == plain.detect(GREY).boxes.tolist()
    assert on_gpu.id != plain.id


def test_a_gpu_that_does_not_work_is_left_for_the_processor_with_a_warning(tmp_path, install_runtime, caplog):
    path = model(tmp_path, {}, 1)
    plain = open_detector(path, ["player"])
    assert not caplog.text
    install_runtime(FAKE_RUNTIME.format(used="CPUExecutionProvider"))
    assert open_detector(path, ["player"]).id == plain.id
    assert "finds no GPU that works" in caplog.text


def test_opencv_finds_the_same_where_onnx_runtime_cannot_be_loaded(tmp_path, install_runtime, caplog):
    path = model(tmp_path, {ROW: [*PERSON, 1, 1]}, 1)
    plain = open_detector(path, ["player"])
    install_runtime("raise ImportError('DLL load failed')")
    other = open_detector(path, ["player"])
    assert "ONNX Runtime cannot be loaded (DLL load failed). OpenCV computes" in caplog.text
    np.testing.assert_allclose(other.detect(GREY).boxes, plain.detect(GREY).boxes, atol=1e-4)
    assert other.id != plain.id


def test_the_size_in_the_file_is_no_limit_and_opencv_agrees(nano, broadcast, install_runtime):
    assert nano._model.is_flexible
    found = nano.detect(broadcast, WHOLE)
    install_runtime("raise ImportError('none')")
    other = open_detector("nano").detect(broadcast, WHOLE)
    assert len(found.boxes) == len(other.boxes) > 10
    np.testing.assert_allclose(found.boxes, other.boxes, atol=0.05)


@pytest.fixture(scope="module")
def nano():
    return open_detector("nano")


@pytest.fixture
def broadcast(real_data: Path) -> np.ndarray:
    """One frame of a broadcast at 1280×720: ten players and a referee or two before a crowd."""
    (path,) = (real_data / "players_boxes" / "valid" / "images").glob("youtube-102*")
    image = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    return cv2.resize(image, (1280, 720), interpolation=cv2.INTER_AREA)


def test_players_of_a_real_frame_are_found(nano, broadcast):
    found = nano.detect(broadcast, Tiling(2, 1))
    assert 9 <= (found.scores >= 0.5).sum() <= 20
    tall = found.boxes[(found.scores >= 0.5) & (found.boxes[:, 3] > 80)]
    assert (tall[:, 3] > tall[:, 2]).all()


def test_somebody_whom_a_seam_cuts_is_one_box(nano, broadcast):
    """The large input of OpenCV has no seams; the tiles of a fixed input must come to the same."""
    whole = nano.detect(broadcast, Tiling(2, 1))
    person = next(box for box in whole.boxes if (overlaps(whole.boxes, box) > 0).sum() == 1)
    # Put the middle of the surest person whom nobody else touches where both tiles end.
    shift = round(640 - person[0] - person[2] / 2)
    image = np.roll(broadcast, shift, axis=1)
    nano._model.is_flexible = False
    try:
        tiled = nano.detect(image, Tiling(2, 1))
    finally:
        nano._model.is_flexible = True
    moved = person + np.array([shift, 0, 0, 0])
    centres = tiled.boxes[:, :2] + tiled.boxes[:, 2:] / 2
    inside = ((centres > moved[:2]) & (centres < moved[:2] + moved[2:])).all(axis=1) & (tiled.scores >= 0.3)
    assert inside.sum() == 1
    assert tiled.boxes[inside][0] == pytest.approx(moved, abs=0.2 * float(person[2]))


def test_a_real_panorama_gets_tiles_and_more_people(nano, broadcast):
    half = cv2.resize(broadcast, (640, 360), interpolation=cv2.INTER_AREA)
    panorama = np.hstack([half] * 5)
    tiling = choose_tiles(nano, [panorama])
    assert tiling.columns >= 2
    tiled, whole = (nano.detect(panorama, way) for way in (tiling, WHOLE))
    assert (tiled.scores >= 0.3).sum() >= 25 > (whole.scores >= 0.3).sum() >= 15


def test_only_small_players_get_tiles(nano, real_data):
    from bball_tag.video.video import Video

    video = Video(real_data / "real_films" / "gym_short_852x480.mov")
    images = [frame.image for frame in video.frames(2)]
    assert choose_tiles(nano, images) == FITTED
    # The same players, half as high in the detector's input.
    wide = [cv2.copyMakeBorder(image, 240, 240, 426, 426, cv2.BORDER_CONSTANT) for image in images]
    assert choose_tiles(nano, wide) == Tiling(2, 1)


def test_the_wheel_carries_models_that_find_people_and_poses_with_their_licences(tmp_path):
    pytest.importorskip("hatchling")
    from hatchling.builders.wheel import WheelBuilder

    root = Path(__file__).parents[2]
    (wheel,) = WheelBuilder(str(root)).build(directory=str(tmp_path), versions=["standard"])
    names = zipfile.ZipFile(wheel).namelist()
    models = {"yolox_nano_basketball.onnx", "pose_landmark_lite.safetensors"}
    files = models | {f"{Path(name).stem}.LICENSE" for name in models}
    assert {f"bball_tag/players/{name}" for name in files} <= set(names)
