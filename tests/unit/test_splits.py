"""How labelled clips are divided and balanced."""

from __future__ import annotations

import numpy as np
import pytest

from bball_tag.errors import DataError, OptionError
from bball_tag.train_options import TrainOptions
from tests.labelled_clips import clips, spacejam
from train.clipset import read_clipset
from train.division import split_spec
from train.splits import (
    grouped,
    label_weights,
    official,
    random_clips,
    read_keys,
    read_split,
    undersample,
    write_split,
)


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
    assert read_keys(tmp_path / "a.txt") == read_keys(tmp_path / "b.txt") == ["1", "2"]
    (tmp_path / "c.txt").write_text("{}")
    with pytest.raises(DataError, match="neither a list of test keys nor a run's split"):
        read_keys(tmp_path / "c.txt")


def test_what_cannot_be_read_is_refused_in_words(tmp_path):
    with pytest.raises(DataError) as missing:
        read_keys(tmp_path / "none.json")
    assert str(missing.value) == f"Cannot read the split {tmp_path}/none.json: No such file or directory."
    table = tmp_path / "clips.csv"
    table.write_bytes("path,label\na.mp4,Würfe\n".encode("cp1252"))
    for read in (read_clipset, read_keys):
        with pytest.raises(DataError, match="it is not UTF-8 text; in Excel choose 'CSV UTF-8'"):
            read(table)
    data = read_clipset(spacejam(tmp_path / "a", {str(number): number % 2 for number in range(4)}))
    (tmp_path / "keys.txt").write_text("1\n2\n")
    with pytest.raises(DataError, match="it is not a run's split"):
        read_split(data, tmp_path / "keys.txt")


def test_undersampling_takes_caps():
    data = clips(50, 0) + clips(30, 1, "b") + clips(10, 2, "c")
    labels = ("walk", "pass", "shoot")

    def counts(kept):
        return np.bincount([clip.label for clip in kept]).tolist()

    assert counts(undersample(data, labels, {}, 0)) == [10, 10, 10]
    assert counts(undersample(data, labels, {"pass": 25, "*": 12}, 0)) == [12, 25, 10]


def test_rare_labels_weigh_more():
    weights = label_weights(clips(30, 0) + clips(10, 1, "b"), 2)
    assert weights.tolist() == pytest.approx([40 / 30 / 2, 40 / 10 / 2])


def test_caps_are_for_every_label_or_for_those_that_are_named():
    def caps(cap):
        return split_spec(TrainOptions(balance="undersample", cap=cap), ("walk", "pass")).caps

    assert caps(None) == {}
    assert caps(426) == {"*": 426}
    assert caps({"*": 426, "pass": 1070}) == {"*": 426, "pass": 1070}
    with pytest.raises(OptionError, match=r"Cannot cap 'fly': no clip has that label. Labels: walk, pass"):
        caps({"fly": 3})
    for wrong in ("5", -3, 0, 1.5, {"pass": "5"}, {"*": 0}):
        with pytest.raises(OptionError, match="cap must be a whole number of at least 1, not"):
            caps(wrong)
