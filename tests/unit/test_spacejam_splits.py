"""Splits of SpaceJam's real annotation, counted by hand."""

from __future__ import annotations

import numpy as np

from bball_tag.train_options import TrainOptions
from train.clipset import read_clipset
from train.division import SplitSpec, divide, split_spec
from train.splits import (
    grouped,
    official,
    random_clips,
    read_keys,
    undersample,
)

# The real annotation, counted with grep and a pocket calculator. Ids 0 to 9: all keys, then base ids.
KEYS = [996, 1070, 5924, 3490, 426, 2362, 3866, 712, 6490, 11749]
BASES = [498, 535, 5924, 1745, 213, 1181, 3866, 356, 6490, 11749]
# Base ids times 0.15, rounded, times the clips of each (2 where every clip has its mirror, else 1).
GROUPED_TEST = [75 * 2, 80 * 2, 889, 262 * 2, 32 * 2, 177 * 2, 580, 53 * 2, 974, 1762]
OFFICIAL_TEST = [292, 318, 1841, 1068, 125, 709, 1178, 228, 1916, 3451]


def per_label(part):
    return np.bincount([clip.label for clip in part], minlength=10).tolist()


def test_the_grouped_split_of_the_real_annotation_is_as_counted_by_hand(real_data):
    data = read_clipset(real_data / "spacejam")
    assert list(data.counts.values()) == KEYS
    assert len(data.clips) == sum(KEYS) == 37_085
    assert len({clip.group for clip in data.clips}) == sum(BASES) == 32_557
    assert sum(clip.key.endswith("_flipped") for clip in data.clips) == 4528
    split = grouped(data.clips, val=0.15, test=0.15, seed=0)
    assert per_label(split.test) == per_label(split.val) == GROUPED_TEST
    assert len(split.test) == len(split.val) == 5563
    assert len(split.train) == 37_085 - 2 * 5563
    assert split.num_leaking == 0


def test_the_official_split_of_the_real_annotation_is_as_counted_by_hand(real_data):
    folder = real_data / "spacejam"
    data = read_clipset(folder)
    keys = read_keys(folder / "testset_keys_1lug2020.txt")
    split = official(data.clips, keys, val=0.15, seed=0)
    assert len(keys) == len(split.test) == sum(OFFICIAL_TEST) == 11_126
    assert per_label(split.test) == OFFICIAL_TEST
    # 25,959 keys are not in the list; 1,910 of them mirror one that is.
    assert split.num_removed == 1910
    assert len(split.train) + len(split.val) == 24_049
    assert split.num_leaking == 0


def test_the_leak_of_a_random_split_of_the_real_annotation_is_measured(real_data):
    data = read_clipset(real_data / "spacejam")
    split = random_clips(data.clips, val=0.15, test=0.15, seed=0)
    in_train = {clip.key for clip in split.train}
    partners = [
        clip.key.removesuffix("_flipped") if "_flipped" in clip.key else f"{clip.key}_flipped"
        for clip in split.test
    ]
    assert split.num_leaking == sum(partner in in_train for partner in partners)
    # 9,056 clips have a partner: 24.4 % of the test, and 70 % of those have it in train. Of 1,358 such
    # test clips that is 951 on average, with a deviation of about 17.
    assert 880 < split.num_leaking < 1020


def test_the_leak_of_the_reference_runs_split_is_measured(real_data):
    data = read_clipset(real_data / "spacejam")
    kept = undersample(data.clips, data.labels, {"pass": 1070, "ball in hand": 1070, "*": 426}, 0)
    split = random_clips(kept, val=0.15, test=0.15, seed=0)
    assert per_label(split.test) == [64, 160, 64, 64, 64, 160, 64, 64, 64, 64]
    groups = {clip.group for clip in split.train}
    leaking = per_label([clip for clip in split.test if clip.group in groups])
    assert split.num_leaking == sum(leaking)
    # All 426 shots and 1,070 passes are kept, so each has its mirror: 70 % of 64 and of 160.
    assert 36 <= leaking[4] <= 54
    assert 98 <= leaking[1] <= 126
    # Runs, defense, no_action and walk have no mirrors.
    assert [leaking[label] for label in (2, 6, 8, 9)] == [0, 0, 0, 0]


def test_the_reference_runs_class_distribution_is_reproduced_and_logged(real_data, caplog):
    data = read_clipset(real_data / "spacejam")
    caps = {"*": 426, "pass": 1070, "ball in hand": 1070}
    caplog.set_level("INFO")
    split = divide(data, split_spec(TrainOptions(balance="undersample", cap=caps), data.labels))
    assert per_label([*split.train, *split.val, *split.test]) == [
        *(426, 1070, 426, 426, 426, 1070, 426, 426, 426, 426)
    ]
    assert caplog.messages[:2] == [
        "Before undersampling, 37085 clips: block 996, pass 1070, run 5924, dribble 3490, shoot 426, "
        "ball in hand 2362, defense 3866, pick 712, no_action 6490, walk 11749.",
        "After undersampling, 5548 clips: block 426, pass 1070, run 426, dribble 426, shoot 426, "
        "ball in hand 1070, defense 426, pick 426, no_action 426, walk 426.",
    ]


def test_a_split_that_leaks_says_so(real_data, caplog):
    caplog.set_level("INFO")
    data = read_clipset(real_data / "spacejam")
    split = divide(data, SplitSpec(how="random"))
    assert f"of {len(split.test)} test clips, {split.num_leaking} (" in caplog.messages[0]
    assert "have another copy of the same moment in training" in caplog.messages[0]
    caplog.clear()
    divide(data, SplitSpec(how="official"))
    assert caplog.messages[0].startswith("1910 clips were removed from training")
