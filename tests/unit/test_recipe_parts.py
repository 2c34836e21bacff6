"""The pure parts of the recipe."""

from __future__ import annotations

import errno
import re
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from bball_tag.checkpoint.contract import Contract
from bball_tag.clips import ClipSpec
from bball_tag.errors import BballTagError, CheckpointError, OptionError
from bball_tag.learning.calibration import fit_thresholds
from bball_tag.train_options import AUGMENTATIONS, TrainOptions
from train.augment import augmented, blur, colour, flip, move
from train.clip_images import Loading, centred_indices
from train.config import parse_augment, parse_unfreezing, resolve
from train.dataset import ClipDataset
from train.evaluation import Evaluation, calibration_error, fit_temperature
from train.predictions import Predictions
from train.schedule import REFERENCE_UNFREEZING, block_factor, first_trained_block, lr_factor

SPEC = ClipSpec(num_frames=8, fps=12.5, height=64, width=48)


def test_the_learning_rate_rises_then_falls_on_a_cosine():
    factors = [lr_factor(step, warmup=4, total=20) for step in range(21)]
    assert factors[:4] == [0.25, 0.5, 0.75, 1.0]
    assert factors[12] == pytest.approx(0.5)
    assert factors[20] == 0.0
    assert [lr_factor(step, warmup=2, total=9, falls=False) for step in (0, 1, 8)] == [0.5, 1.0, 1.0]


def test_blocks_are_unfrozen_as_in_the_reference_run():
    firsts = [first_trained_block(epoch, REFERENCE_UNFREEZING) for epoch in range(1, 12)]
    assert firsts == [5, 5, 5, 5, 4, 4, 3, 3, 2, 2, 2]
    assert first_trained_block(1, {}) == 0


def test_deeper_blocks_are_trained_more_slowly():
    assert [block_factor(block, 0.5) for block in (5, 4, 3)] == [1.0, 0.5, 0.25]


def test_a_longer_clip_is_taken_in_its_middle_and_a_short_one_repeats_its_last_instant():
    assert centred_indices(8, SPEC) == list(range(8))
    assert centred_indices(16, SPEC) == list(range(4, 12))
    assert centred_indices(4, SPEC) == [0, 1, 2, 3, 3, 3, 3, 3]


def test_context_lies_evenly_around_the_clip():
    spec = replace(SPEC, context_frames=2)
    assert centred_indices(12, spec) == list(range(12))
    assert centred_indices(16, spec) == list(range(2, 14))
    assert centred_indices(8, spec) == [0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 7, 7]


def changed_images(change, clip, seed):
    changed = change(clip, np.random.default_rng(seed))
    return changed[0] if isinstance(changed, tuple) else changed


@pytest.mark.parametrize("change", [flip, move, colour, blur])
def test_a_change_keeps_shape_and_type_and_is_the_same_for_the_same_seed(change):
    clip = np.random.default_rng(0).integers(0, 256, (4, 64, 48, 3), np.uint8)
    before = clip.copy()
    for seed in range(12):
        one = changed_images(change, clip, seed)
        other = changed_images(change, clip, seed)
        assert one.shape == clip.shape
        assert one.dtype == np.uint8
        assert np.array_equal(one, other)
    assert np.array_equal(clip, before)


@pytest.mark.parametrize("change", [flip, move, colour])
def test_every_frame_of_a_clip_is_changed_alike(change):
    frame = np.random.default_rng(0).integers(0, 256, (1, 64, 48, 3), np.uint8)
    still = np.repeat(frame, 4, axis=0)
    for seed in range(8):
        changed = changed_images(change, still, seed)
        assert all(np.array_equal(changed[0], later) for later in changed[1:])


def test_augmentations_are_made_by_name_and_every_one_has_its_own():
    clip = np.random.default_rng(0).integers(0, 256, (4, 64, 48, 3), np.uint8)

    def changed(*names):
        return [augmented(clip, names, np.random.default_rng(seed))[0] for seed in range(16)]

    assert all(one is clip for one in changed())
    single = {name: changed(name) for name in AUGMENTATIONS}
    assert set(single) == {"flip", "move", "colour", "blur"}
    for name, clips in single.items():
        function = {"flip": flip, "move": move, "colour": colour, "blur": blur}[name]
        assert any(not np.array_equal(one, clip) for one in clips)
        for seed, one in enumerate(clips):
            rng = np.random.default_rng(seed)
            is_made = rng.random() < (0.125 if name == "blur" else 0.5)
            assert np.array_equal(one, changed_images(function, clip, rng) if is_made else clip)
    seed = next(seed for seed in range(99) if (np.random.default_rng(seed).random(2) < (0.5, 0.125)).all())
    rng = np.random.default_rng(seed)
    rng.random(2)
    both, _ = augmented(clip, ("flip", "blur"), np.random.default_rng(seed))
    assert np.array_equal(both, blur(flip(clip, rng)[0], rng))


def test_a_moved_clip_stays_upright():
    clip = np.zeros((1, 61, 61, 3), np.uint8)
    clip[:, 20:41, 20:41] = 255
    moved, _ = augmented(clip, ("move",), np.random.default_rng(2))
    rows, columns = np.nonzero(moved[0, :, :, 0] > 127)
    assert len(rows) == (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
    assert (rows.mean(), columns.mean()) != (30, 30)


def test_augmentations_are_read_from_text_or_names():
    assert parse_augment("flip,colour") == parse_augment(["colour", "flip"]) == ("flip", "colour")
    assert parse_augment("none") == parse_augment([]) == ()
    with pytest.raises(
        OptionError, match=r"no augmentation called 'sharpen'. Known: flip, move, colour, blur"
    ):
        parse_augment("flip,sharpen")


def test_unfreezing_is_read_from_text_or_a_mapping():
    assert parse_unfreezing("5:4,7:3", {}) == parse_unfreezing({5: 4, 7: 3}, {}) == {5: 4, 7: 3}
    assert parse_unfreezing("1:0,2:5", {}) == {1: 0, 2: 5}
    assert parse_unfreezing("none", {5: 4}) == parse_unfreezing({}, {5: 4}) == {}
    assert parse_unfreezing(None, {5: 4}) == {5: 4}
    with pytest.raises(OptionError, match="Cannot read --unfreeze 'often': write 5:4,7:3,9:2 or none"):
        parse_unfreezing("often", {})


def test_what_is_left_open_follows_from_width_weights_and_data():
    def decided(true_fps=None, **given):
        recipe = resolve(TrainOptions(**given), true_fps)
        return recipe.init, recipe.layer_decay, recipe.unfreeze, recipe.source_fps

    assert decided() == ("kinetics", 0.75, {5: 4, 7: 3, 9: 2}, None)
    assert decided(25.0, width=16) == ("none", 1.0, {}, 25.0)
    assert decided(25.0, width=16, init="sample", source_fps=0) == ("sample", 0.75, {5: 4, 7: 3, 9: 2}, None)
    assert decided(init="none", source_fps=50.0, layer_decay=0.5, unfreeze="3:2") == (
        "none",
        0.5,
        {3: 2},
        50.0,
    )


def test_settings_go_by_the_names_of_the_options_and_hide_the_machines_paths(tmp_path):
    sample = resolve(TrainOptions(width=16, init="sample", size="80x112"), 25.0).settings()
    assert sample["size"] == "80x112"
    assert sample["init"] == "sample"
    assert sample["unfreeze"] == {"5": 4, "7": 3, "9": 2}
    options = {field.name for field in fields(TrainOptions)}
    assert set(sample) - options == {"fp32_stem"}
    (tmp_path / "mine.pyth").touch()
    assert resolve(TrainOptions(init=tmp_path / "mine.pyth"), None).settings()["init"] == "mine.pyth"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"size": "tiny"}, "Cannot read the size 'tiny': write WIDTHxHEIGHT"),
        ({"size": (16, 16)}, "at least 32 pixels"),
        ({"frames": 33}, "would see 33 frames for each, and annotate can give it 32 at most"),
        ({"frames": 8, "context": 13}, "would see 34 frames"),
        (
            {"width": 16, "init": "kinetics"},
            "kinetics have width 64, and width 16 was asked for. Pass --width 64",
        ),
        ({"init": "sample"}, "sample have width 16, and width 64 was asked for. Pass --width 16"),
        ({"precision": "16-mixed"}, "precision must be auto, fp32, bf16 or fp16, not '16-mixed'."),
        ({"size": 128}, "Cannot read the size 128"),
        ({"size": None}, "Cannot read the size None"),
        ({"size": (48.5, 64)}, "Cannot read the size (48.5, 64)"),
        ({"unfreeze": "1:9"}, "Cannot use --unfreeze '1:9': epochs count from 1, and blocks from 0 to 5."),
        ({"unfreeze": "1:-3"}, "blocks from 0 to 5"),
        ({"unfreeze": {0: 0}}, "epochs count from 1"),
        ({"unfreeze": {2: 6}}, "blocks from 0 to 5"),
        ({"unfreeze": 4}, "Cannot read --unfreeze 4"),
        ({"augment": None}, "Cannot read --augment None: write flip,colour or none."),
        ({"augment": ["flip", 5]}, "no augmentation called 5"),
        ({"balance": "fair"}, "balance must be none, undersample, weighted or class-weights, not 'fair'."),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(given, words):
    with pytest.raises(OptionError, match=re.escape(words)):
        resolve(TrainOptions(**given), None)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"epochs": 0}, "The option epochs must be at least 1, not 0."),
        ({"batch_size": 1}, "The option batch-size must be at least 2, not 1."),
        ({"dropout": 1.0}, "The option dropout must be from 0 to 0.95, not 1.0."),
        ({"lr": float("nan")}, "The option lr must be at least 0, not nan."),
        ({"lr": float("inf")}, "The option lr must be at least 0, not inf."),
        ({"seed": 2**64}, "The option seed must be from 0 to "),
        ({"epochs": "3"}, "The option epochs must be a whole number, not '3'."),
        ({"seed": 1.5}, "The option seed must be a whole number, not 1.5."),
        ({"frames": 4.5}, "The option frames must be a whole number, not 4.5."),
        ({"width": True}, "The option width must be a whole number, not True."),
        ({"batch_size": None}, "The option batch-size must be a whole number, not None."),
        ({"layer_decay": "0.5"}, "The option layer-decay must be a number, not '0.5'."),
        ({"half": "yes"}, "The option half must be True or False, not 'yes'."),
        ({"device": None}, "The option device must be text, not None."),
    ],
)
def test_a_number_out_of_its_range_is_refused(given, words):
    with pytest.raises(OptionError, match=re.escape(words)):
        TrainOptions(**given)


def test_initial_weights_that_do_not_exist_are_refused():
    with pytest.raises(CheckpointError, match=r"no such file. Write kinetics, sample, none, or a file name"):
        resolve(TrainOptions(init="none.safetensors"), None)


def test_initial_weights_of_another_kind_of_file_are_refused_as_what_they_are(tmp_path):
    (tmp_path / "a.csv").write_text("start_s,end_s,label\n")
    with pytest.raises(CheckpointError, match=r"a\.csv: it is not a file of weights \(\.safetensors, \.pyth"):
        resolve(TrainOptions(init=tmp_path / "a.csv", width=8), None)


def predictions() -> Predictions:
    rng = np.random.default_rng(0)
    target = rng.integers(0, 3, 600)
    logits = rng.normal(0, 1, (600, 3)).astype(np.float32)
    logits[np.arange(600), target] += 1.5
    return Predictions(logits * 3, target)  # three times too sure


def test_a_model_too_sure_of_itself_is_cooled_down():
    result = predictions()
    temperature = fit_temperature(result)
    assert 2.0 < temperature < 4.0
    hot, cool = result.probabilities(), result.probabilities(temperature)
    assert calibration_error(cool, result.target) < calibration_error(hot, result.target) / 2


def test_calibration_error_on_a_case_counted_by_hand():
    rows = np.array([[0.8, 0.2]] * 10)
    target = np.array([0] * 6 + [1] * 4)
    assert calibration_error(rows, target) == pytest.approx(0.2)


def test_a_threshold_is_where_predicting_the_label_pays_best():
    target = np.array([1] * 10 + [0] * 10)
    # Label 1 has probability 0.33 where it is true, and 0.1 where not.
    probability = np.where(target == 1, 0.33, 0.1)
    logits = np.log(np.stack([1 - probability, probability], axis=1)).astype(np.float32)
    thresholds = fit_thresholds(Predictions(logits, target).probabilities(), target, ("a", "b"))
    assert 0.1 < thresholds["b"] <= 0.33
    assert thresholds["a"] > 0.67


def test_the_report_is_scikit_learns_with_the_accuracy_first():
    result = Predictions(np.eye(3, dtype=np.float32)[[0, 1, 2, 2]], np.array([0, 1, 2, 1]))
    evaluation = Evaluation(Contract(("a", "b", "c"), SPEC), result, ClipDataset([], Loading(SPEC)))
    text = evaluation.report
    assert repr(evaluation) == "Evaluation(accuracy=0.7500, macro_f1=0.7778, 4 clips)"
    assert text.startswith("Test accuracy: 0.7500 on 4 clips")
    assert "precision    recall  f1-score   support" in text
    figures = evaluation.figures
    assert figures["accuracy"] == 0.75
    assert figures["labels"]["b"]["recall"] == 0.5
    assert figures["confusion"] == [[1, 0, 0], [0, 1, 1], [0, 0, 1]]
    assert figures["macro_f1"] == pytest.approx((1 + 2 / 3 + 2 / 3) / 3)


@pytest.mark.parametrize("name", ["report.txt", "report.json", "confusion_matrix.png", "mistakes.html"])
def test_a_full_disk_names_the_file_of_the_report_and_leaves_no_half_of_it(tmp_path, monkeypatch, name):
    result = Predictions(np.eye(2, dtype=np.float32)[[0, 1]], np.array([0, 1]))
    chmod = Path.chmod

    def full(path, mode):
        if path.name.startswith(f".{Path(name).stem}.") and path.suffix == Path(name).suffix:
            raise OSError(errno.ENOSPC, "No space left on device")
        chmod(path, mode)

    monkeypatch.setattr(Path, "chmod", full)
    evaluation = Evaluation(Contract(("a", "b"), SPEC), result, ClipDataset([], Loading(SPEC)))
    with pytest.raises(BballTagError, match=f"Cannot write .*{name}: No space left on device"):
        evaluation.write(tmp_path)
    assert not (tmp_path / name).exists()
