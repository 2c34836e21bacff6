"""Labelled clips in the three layouts."""

from __future__ import annotations

from pathlib import Path

import pytest

from bball_tag.errors import DataError
from tests.labelled_clips import spacejam
from train.clipset import base_id, read_clipset


@pytest.mark.parametrize(
    ("key", "base"),
    [
        ("0000123", "0000123"),
        ("0000123_flipped", "0000123"),
        ("0000000_flipped_rotate_330", "0000000"),
        ("0000000_translate_32_0", "0000000"),
        ("0001000_00017", "0001000_00017"),
    ],
)
def test_copies_of_a_clip_share_its_base_id(key, base):
    assert base_id(key) == base


def test_spacejam_layout_keeps_the_labels_that_occur_in_order_of_their_ids(tmp_path):
    data = read_clipset(spacejam(tmp_path / "a", {"2": 4, "1": 0, "3": 10, "1_flipped": 0}))
    assert data.labels == ("block", "shoot")
    assert [(clip.key, clip.label, clip.group) for clip in data.clips] == [
        ("1", 0, "1"),
        ("1_flipped", 0, "1"),
        ("2", 1, "2"),
    ]
    assert data.clips[0].path == tmp_path / "a" / "examples" / "1.mp4"


def test_own_labels_come_from_labels_dict(tmp_path):
    data = read_clipset(spacejam(tmp_path / "a", {"x": 0, "y": 1}, {"0": "dunk", "1": "steal"}))
    assert data.counts == {"dunk": 1, "steal": 1}


def test_a_folder_for_each_label_is_read(tmp_path):
    for name in ("shoot/1.mp4", "pass/2.avi", "pass/notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    data = read_clipset(tmp_path)
    assert data.labels == ("pass", "shoot")
    assert [clip.key for clip in data.clips] == ["pass/2", "shoot/1"]


def test_a_table_of_spans_is_read(tmp_path):
    table = tmp_path / "spans.csv"
    table.write_text("path,start_s,end_s,label,group\ngame.mp4,1:02.5,64,shoot,q1\ngame.mp4,,,pass,\n")
    first, second = read_clipset(table).clips
    assert (first.path, first.start, first.end, first.group) == (tmp_path / "game.mp4", 62.5, 64.0, "q1")
    assert (second.start, second.end, second.group) == (0.0, None, "game")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("file,label\na,b\n", "columns path and label"),
        ("path,start_s,end_s,label\na.mp4,5,4,x\n", "line 2: the clip ends before"),
        ("path,start_s,label\na.mp4,soon,x\n", "line 2"),
        ("path,label\na.mp4,x\n", "not two or more"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(tmp_path, content, words):
    table = tmp_path / "spans.csv"
    table.write_text(content)
    with pytest.raises(DataError, match=words):
        read_clipset(table)


def test_data_that_is_nothing_is_refused(tmp_path):
    with pytest.raises(DataError, match="no such folder"):
        read_clipset(tmp_path / "none")
    with pytest.raises(DataError, match="it has neither clips nor events"):
        read_clipset(Path(__file__))
    with pytest.raises(DataError, match="a folder for each label"):
        read_clipset(tmp_path)
    with pytest.raises(DataError, match=r"unknown label ids \[77\]"):
        read_clipset(spacejam(tmp_path / "a", {"1": 0, "2": 77}))
    (tmp_path / "a" / "annotation_dict.json").write_text("{")
    with pytest.raises(DataError, match="Cannot read"):
        read_clipset(tmp_path / "a")


@pytest.mark.parametrize("row", ["a.mp4", ",x", "a.mp4, "])
def test_a_row_without_path_or_label_is_named(tmp_path, row):
    (tmp_path / "clips.csv").write_text(f"path,label\nb.mp4,x\n{row}\n")
    with pytest.raises(DataError, match="line 3: it needs a path and a label"):
        read_clipset(tmp_path / "clips.csv")


def test_label_ids_that_are_not_numbers_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"a label id for each clip, and gives \[1\] for b"):
        read_clipset(spacejam(tmp_path / "a", {"a": 0, "b": [1]}))
    folder = spacejam(tmp_path / "b", {"a": 0, "b": 1})
    (folder / "labels_dict.json").write_text('{"first": "shoot"}')
    with pytest.raises(DataError, match=r"labels_dict.json: a label id is not a number"):
        read_clipset(folder)


def test_clips_take_the_indices_that_a_checkpoint_gives_their_labels(tmp_path):
    data = read_clipset(spacejam(tmp_path / "a", {"1": 0, "2": 4, "3": 4}))
    named = data.named_as(("walk", "shoot", "block"))
    assert [clip.label for clip in named.clips] == [2, 1, 1]
    assert named.counts == {"walk": 0, "shoot": 2, "block": 1}
    with pytest.raises(DataError, match="'shoot', which is not a label of the checkpoint"):
        data.named_as(("walk", "block"))


def test_clips_that_are_there_twice_are_warned_of(tmp_path, caplog):
    rows = [
        "a.mp4,0,1,run",
        "a.mp4,0,1,walk",
        "a.mp4,1,2,run",
        "./a.mp4,0:01,2.0,run",
        "a.mp4,2,3,run",
        "a.mp4,0,1,pass",
    ]
    table = tmp_path / "spans.csv"
    table.write_text("\n".join(["path,start_s,end_s,label", *rows]))
    assert len(read_clipset(table).clips) == 6
    assert "spans.csv: clips that are the same: lines 4 and 5." in caplog.text
    torn = "two labels, and a model learns both: lines 2 (run) and 3 (walk) and 1 more."
    assert torn in caplog.text
