"""Lists that training, detectors and clips bring along: odd ones are read, or refused in a sentence."""

from __future__ import annotations

import codecs
import json
from pathlib import Path

import pytest

from bball_tag.errors import BballTagError, DataError, DetectorError
from bball_tag.players.classes import people_of
from bball_tag.render.dataset import write_dataset
from bball_tag.video.video import Video
from tests.example_events import crowd
from tests.synthetic import write_video
from train.run_folder import RunFolder
from train.splits import read_keys

KEYS = ["0000008", "0000011_flipped"]
DEEP = "[" * 100_000
HUGE = "9" * 5000


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(KEYS).encode("utf-16"),
        codecs.BOM_UTF8 + json.dumps(KEYS).encode(),
        "\r\n".join(KEYS).encode(),
        codecs.BOM_UTF8 + "\n".join([*KEYS, ""]).encode(),
    ],
    ids=["UTF-16", "with a mark", "lines of Windows", "lines with a mark"],
)
def test_a_list_of_test_clips_is_read_in_every_encoding(tmp_path, content):
    path = tmp_path / "test.json"
    path.write_bytes(content)
    assert read_keys(path) == KEYS


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (DEEP, "it is not JSON"),
        (f"[{HUGE}]", "a number of thousands of digits"),
        ('["a", {"b": 1}]', "is not text"),
        ('["a", null]', "None is not text"),
        ('{"train": ["a"], "val": "bc", "test": []}', "'bc' is not a list"),
        ('{"train": [], "train": [], "val": [], "test": []}', "'train' twice"),
        ("[]", "neither a list of test keys nor a run's split"),
        ("", "neither a list of test keys nor a run's split"),
    ],
)
def test_a_list_of_test_clips_that_makes_no_sense_is_refused(tmp_path, content, why):
    path = tmp_path / "split.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=why):
        read_keys(path)


def test_keys_that_are_numbers_are_read_as_text(tmp_path):
    path = tmp_path / "split.json"
    path.write_text('{"train": [8], "val": [11], "test": []}')
    assert read_keys(path) == {"train": ["8"], "val": ["11"], "test": []}


def test_names_of_classes_are_read_in_every_encoding(tmp_path):
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        (tmp_path / "a.names").write_text("ball\r\nplayer\r\n\r\nreferee\r\n", encoding=encoding)
        people = people_of(tmp_path / "a.onnx", 3, None)
        assert (people.players, people.others) == ((1,), (2,))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"player\n" * 5000, "more than 2,000 rows"),
        (b"x" * (2 << 20), "more than 1 MiB"),
        ("Spieler für".encode("cp1252"), "is not UTF-8"),
        (b"thing\n" * 1500, r"names 1500 \(thing, (thing, )+…\)"),
    ],
)
def test_names_of_classes_that_make_no_sense_are_refused_shortly(tmp_path, content, why):
    (tmp_path / "a.names").write_bytes(content)
    with pytest.raises(DetectorError, match=why) as raised:
        people_of(tmp_path / "a.onnx", 3, None)
    assert len(str(raised.value)) < 1500


@pytest.mark.parametrize("content", ["[1, 2]", '{"recipe": []}', DEEP, f'{{"data": {HUGE}}}', "", "\0"])
def test_settings_of_a_run_that_make_no_sense_are_refused(tmp_path, content):
    run = RunFolder(tmp_path)
    run.settings.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r"settings\.json is missing or damaged"):
        run.stored_settings({}, "")


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("video") / "game.mp4", range(250))


@pytest.mark.parametrize(
    ("clips", "labels"),
    [
        ("[]", "{}"),
        ('{"a": "1"}', '{"1": "run"}'),
        ('{"a": 1.5}', '{"1": "run"}'),
        ('{"a": 3}', '{"1": "run"}'),
        ('{"a": 1}', '{"run": 1}'),
        ('{"a": 1}', '{"1": ["run"]}'),
        ('{"a": 1}', None),
        (DEEP, '{"1": "run"}'),
        (f'{{"a": {HUGE}}}', '{"1": "run"}'),
    ],
)
def test_clips_of_others_that_make_no_sense_are_not_added_to(tmp_path, video, clips, labels):
    (tmp_path / "annotation_dict.json").write_text(clips, encoding="utf-8")
    if labels is not None:
        (tmp_path / "labels_dict.json").write_text(labels, encoding="utf-8")
    with pytest.raises(BballTagError, match="Cannot add to the clips in"):
        write_dataset(Video(video), crowd(video), tmp_path, overwrite=False)
    assert (tmp_path / "annotation_dict.json").read_text(encoding="utf-8") == clips
    assert not (tmp_path / "examples").exists()
