"""Labelled clips in the three layouts, and how they are divided."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bball_tag.clips import ClipSpec
from bball_tag.errors import DataError, OptionError
from bball_tag.train_options import TrainOptions
from bball_tag.video.video import Video
from tests.synthetic import read_number, write_video
from train import clip_check
from train.clip_check import find_bad, without_bad
from train.clipset import LabelledClip, base_id, read_clipset
from train.dataset import Loading, load_images
from train.division import SplitSpec, divide, split_spec
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


def test_clips_take_the_indices_that_a_checkpoint_gives_their_labels(tmp_path):
    data = read_clipset(spacejam(tmp_path / "a", {"1": 0, "2": 4, "3": 4}))
    named = data.named_as(("walk", "shoot", "block"))
    assert [clip.label for clip in named.clips] == [2, 1, 1]
    assert named.counts == {"walk": 0, "shoot": 2, "block": 1}
    with pytest.raises(DataError, match="'shoot', which is not a label of the checkpoint"):
        data.named_as(("walk", "block"))


def test_a_truncated_file_is_found_and_a_fine_one_is_not_opened_again(tmp_path, monkeypatch):
    for name, content in (("a/1.mp4", 1.0), ("b/2.mp4", 0.6)):
        path = tmp_path / name
        path.parent.mkdir()
        write_video(path, range(60), faststart=True)
        path.write_bytes(path.read_bytes()[: round(path.stat().st_size * content)])
    data = read_clipset(tmp_path)
    bad = find_bad(data.clips, lambda done: None)
    assert [clip.key for clip, _ in bad] == ["b/2"]
    assert "truncated or damaged" in bad[0][1]

    opened: list[str] = []
    monkeypatch.setattr(clip_check, "Video", lambda path: opened.append(path.name) or Video(path))
    assert find_bad(data.clips, lambda done: None) == bad
    assert opened == ["2.mp4"]
    (tmp_path / "a" / "1.mp4").write_bytes(b"something else")
    assert [clip.key for clip, _ in find_bad(data.clips, lambda done: None)] == ["a/1", "b/2"]


def test_more_than_one_bad_clip_in_a_hundred_stops_unless_they_are_to_be_skipped(tmp_path):
    data = read_clipset(spacejam(tmp_path / "a", {f"{number:03d}": number % 2 for number in range(200)}))
    two, three = ([(clip, "broken") for clip in data.clips[:number]] for number in (2, 3))
    assert len(without_bad(data, two, skip_bad=False).clips) == 198
    with pytest.raises(DataError, match="3 of 200 clips"):
        without_bad(data, three, skip_bad=False)
    assert len(without_bad(data, three, skip_bad=True).clips) == 197


def test_a_span_after_the_end_of_its_video_is_found(tmp_path):
    write_video(tmp_path / "game.mp4", range(50))
    table = tmp_path / "spans.csv"
    table.write_text("path,start_s,end_s,label\ngame.mp4,0,1,a\ngame.mp4,30,31,b\ngame.mp4,1,1.9,b\n")
    bad = find_bad(read_clipset(table).clips, lambda done: None)
    assert [(clip.key, reason.split(",")[0]) for clip, reason in bad] == [("3", "its span begins at 30 s")]


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
    kept = undersample(data.clips, data.labels, {"pass": 1070, "ball in hand": 1070}, 426, 0)
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


def test_caps_are_for_every_label_or_for_those_that_are_named():
    def caps(cap):
        spec = split_spec(TrainOptions(balance="undersample", cap=cap), ("walk", "pass"))
        return spec.undersample, spec.cap, spec.caps

    assert caps(None) == (True, None, {})
    assert caps(426) == (True, 426, {})
    assert caps({"pass": 1070}) == (True, None, {"pass": 1070})
    assert caps({"*": 426, "pass": 1070})[:2] == (True, 426)
    with pytest.raises(OptionError, match=r"Cannot cap 'fly': no clip has that label. Labels: walk, pass"):
        caps({"fly": 3})
    for wrong in ("5", -3, 0, 1.5, {"pass": "5"}, {"*": 0}):
        with pytest.raises(OptionError, match="cap must be a whole number of at least 1, not"):
            caps(wrong)


def test_context_is_taken_from_around_a_span_and_its_ends_are_repeated_where_the_video_ends(tmp_path):
    video = write_video(tmp_path / "a.mp4", range(40))
    spec = ClipSpec(num_frames=8, fps=12.5, height=96, width=192, context_frames=4)

    def numbers(start: float, end: float) -> list[int]:
        return list(map(read_number, load_images(LabelledClip("a", video, 0, "", start, end), Loading(spec))))

    assert numbers(0.48, 1.12) == list(range(4, 36, 2))
    assert numbers(0.08, 0.72) == [0, 0, 0, *range(0, 26, 2)]
    # As annotate repeats the last instant of the grid: frame 38, not the last frame of the file.
    assert numbers(0.96, 1.60) == [*range(16, 40, 2), 38, 38, 38, 38]


def test_a_clip_without_video_around_it_is_refused_where_context_is_wanted(tmp_path):
    video = write_video(tmp_path / "a.mp4", range(16))
    spec = ClipSpec(num_frames=8, fps=12.5, height=96, width=192, context_frames=4)
    with pytest.raises(DataError, match=r"clip k is shorter than the 16 frames that the model sees"):
        load_images(LabelledClip("k", video, 0, ""), Loading(spec))


def test_clips_in_spacejams_original_codec_are_read(real_data):
    spec = ClipSpec(num_frames=8, fps=12.5, height=176, width=128)
    for path in sorted((real_data / "spacejam_clips" / "original_codec").glob("*.mp4")):
        clip = LabelledClip(path.stem, path, 0, base_id(path.stem))
        assert find_bad([clip], lambda done: None) == []
        # Nominally 16 frames at 10 per second; at 25 they are 0.64 s: 8 instants at 12.5 per second.
        images = load_images(clip, Loading(spec, 25.0))
        assert images.shape == (8, 176, 128, 3)
        assert images.std() > 10
        assert clip.group == "0000000"
