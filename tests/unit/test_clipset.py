"""Labelled clips in the three layouts, and how they are divided."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bball_tag.errors import DataError
from train.checking import find_bad
from train.clipset import LabelledClip, base_id, read_clipset
from train.splits import (
    grouped,
    label_weights,
    official,
    random_clips,
    read_split,
    read_test_keys,
    undersample,
    write_split,
)


def spacejam(folder: Path, ids: dict[str, int], labels: dict[str, str] | None = None) -> Path:
    (folder / "examples").mkdir(parents=True)
    for key in ids:
        (folder / "examples" / f"{key}.mp4").touch()
    (folder / "annotation_dict.json").write_text(json.dumps(ids))
    if labels:
        (folder / "labels_dict.json").write_text(json.dumps(labels))
    return folder


def clips(count: int, label: int = 0, prefix: str = "a", copies: int = 1) -> list[LabelledClip]:
    return [
        LabelledClip(f"{prefix}{number}{'_flipped' * copy}", Path("x"), label, f"{prefix}{number}")
        for number in range(count)
        for copy in range(copies)
    ]


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
        ("path,label\na.mp4,x\n", "two are the least"),
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
    with pytest.raises(DataError, match="a folder for each label"):
        read_clipset(tmp_path)
    with pytest.raises(DataError, match=r"unknown label ids \[77\]"):
        read_clipset(spacejam(tmp_path / "a", {"1": 0, "2": 77}))
    (tmp_path / "a" / "annotation_dict.json").write_text("{")
    with pytest.raises(DataError, match="Cannot read"):
        read_clipset(tmp_path / "a")


def test_missing_and_empty_clips_are_found_with_their_reason(tmp_path):
    data = read_clipset(spacejam(tmp_path / "a", {"1": 0, "2": 1}))
    (tmp_path / "a" / "examples" / "1.mp4").unlink()
    seen: list[int] = []
    bad = find_bad(data.clips, seen.append)
    assert [clip.key for clip, _ in bad] == ["1", "2"]
    assert "no such file" in bad[0][1]
    assert "empty" in bad[1][1]
    assert seen == [1, 2]
    assert len(data.without([bad[0][0]]).clips) == 1


def test_a_grouped_split_keeps_copies_together_and_labels_in_proportion():
    both = clips(100, 0, "a", copies=2) + clips(40, 1, "b")
    split = grouped(both, val=0.15, test=0.15, seed=3)
    assert split.num_leaking == 0
    assert [sum(clip.label == 0 for clip in part) for part in (split.train, split.val, split.test)] == [
        140,
        30,
        30,
    ]
    assert [sum(clip.label == 1 for clip in part) for part in (split.train, split.val, split.test)] == [
        28,
        6,
        6,
    ]
    assert split == grouped(both, val=0.15, test=0.15, seed=3)
    assert split != grouped(both, val=0.15, test=0.15, seed=4)


def test_a_random_split_leaks_and_the_leak_is_measured():
    split = random_clips(clips(200, 0, copies=2) + clips(9, 1, "b"), val=0.15, test=0.15, seed=0)
    # Of the 60 test clips about 70 % have their other copy in train.
    assert 30 <= split.num_leaking <= 55


def test_the_official_split_removes_what_leaks_from_train():
    data = clips(50, 0, copies=2) + clips(20, 1, "b")
    split = official(data, ["a0", "a1_flipped", "b3", "elsewhere"], val=0.2, seed=0)
    assert sorted(clip.key for clip in split.test) == ["a0", "a1_flipped", "b3"]
    assert split.num_removed == 2  # a0_flipped and a1
    assert split.num_leaking == 0
    with pytest.raises(DataError, match="None of the keys"):
        official(data, ["elsewhere"], val=0.2, seed=0)


def test_a_split_can_be_given_back(tmp_path):
    data = read_clipset(spacejam(tmp_path / "a", {str(number): number % 2 for number in range(40)}))
    split = grouped(data.clips, val=0.2, test=0.2, seed=0)
    write_split(split, tmp_path / "split.json")
    assert read_split(data, tmp_path / "split.json") == split
    fewer = data.without([split.test[0]])
    with pytest.raises(DataError, match="1 clips that are not there"):
        read_split(fewer, tmp_path / "split.json")


def test_test_lists_are_read_as_json_or_lines(tmp_path):
    (tmp_path / "a.txt").write_text('["1", "2"]')
    (tmp_path / "b.txt").write_text("1\n2\n")
    assert read_test_keys(tmp_path / "a.txt") == read_test_keys(tmp_path / "b.txt") == ["1", "2"]
    (tmp_path / "c.txt").write_text("{}")
    with pytest.raises(DataError, match="no list of keys"):
        read_test_keys(tmp_path / "c.txt")


def test_undersampling_takes_caps():
    data = clips(50, 0) + clips(30, 1, "b") + clips(10, 2, "c")
    labels = ("walk", "pass", "shoot")

    def counts(kept):
        return np.bincount([clip.label for clip in kept]).tolist()

    assert counts(undersample(data, labels, {}, None, 0)) == [10, 10, 10]
    assert counts(undersample(data, labels, {"pass": 25}, 12, 0)) == [12, 25, 10]


def test_rare_labels_weigh_more():
    weights = label_weights(clips(30, 0) + clips(10, 1, "b"), 2)
    assert weights.tolist() == pytest.approx([40 / 30 / 2, 40 / 10 / 2])


def test_the_real_annotation_has_the_counts_and_the_leak_that_were_counted_by_hand(real_data):
    folder = real_data / "spacejam"
    data = read_clipset(folder)
    assert list(data.counts.values()) == [996, 1070, 5924, 3490, 426, 2362, 3866, 712, 6490, 11749]
    assert len(data.clips) == 37_085
    assert len({clip.group for clip in data.clips}) == 32_557
    keys = read_test_keys(folder / "testset_keys_1lug2020.txt")
    split = official(data.clips, keys, val=0.15, seed=0)
    assert split.num_removed == 1910
    assert split.num_leaking == 0
    leaking = random_clips(data.clips, val=0.15, test=0.15, seed=0)
    mirrored = [clip for clip in leaking.test if data.labels[clip.label] == "shoot"]
    assert 0.15 < leaking.num_leaking / len(leaking.test) < 0.25
    assert mirrored


def test_the_reference_runs_class_distribution_is_reproduced(real_data):
    data = read_clipset(real_data / "spacejam")
    kept = undersample(data.clips, data.labels, {"pass": 1070, "ball in hand": 1070}, 426, 0)
    assert np.bincount([clip.label for clip in kept]).tolist() == [
        426,
        1070,
        426,
        426,
        426,
        1070,
        426,
        426,
        426,
        426,
    ]
    assert len(kept) == 5548
