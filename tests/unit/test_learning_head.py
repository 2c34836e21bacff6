"""A head fitted on judged clips: what it holds to, how it is tested, and the checkpoint it becomes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from bball_tag.checkpoint.backbone import read_backbone, write_with_layers
from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import Contract
from bball_tag.checkpoint.model import build_model, save_checkpoint
from bball_tag.clips import ClipSpec
from bball_tag.errors import DataError
from bball_tag.learning.fit import Clips, fit_head
from bball_tag.learning.heads import Head, as_inputs, head_of, layers_of
from bball_tag.learning.held_out import first_as_good, fit_held_out, groups_to_test_on, moments
from bball_tag.learning.precision import fit_precision, judged_events
from bball_tag.learning.report import label_figures

SIZES = {"rgb": 6, "pose": 4}


def made_clips(
    count: int, num_labels: int, seed: int = 0, spread: float = 0.3
) -> tuple[np.ndarray, np.ndarray]:
    """Features around a corner of the cube for each label, and the labels."""
    rng = np.random.default_rng(seed)
    target = np.arange(count) % num_labels
    return np.eye(10)[target] + rng.normal(0, spread, (count, 10)), target


def zero_head(labels: str) -> Head:
    return Head(tuple(labels), SIZES, np.zeros((12, len(labels))))


def as_clips(values: np.ndarray, target: np.ndarray) -> Clips:
    return Clips(as_inputs(values, np.ones((len(values), 2), bool), SIZES), target)


def test_a_stream_that_saw_nothing_adds_neither_weights_nor_bias():
    head = Head(("a", "b"), {"rgb": 1, "pose": 1}, np.array([[1, 2], [10, 20], [3, 4], [30, 40.0]]))
    inputs = as_inputs(
        np.array([[1.0, 1.0], [1.0, 5.0]]), np.array([[True, True], [True, False]]), head.sizes
    )
    assert head.logits(inputs).tolist() == [[44.0, 66.0], [11.0, 22.0]]
    assert head.logits(inputs, ("pose",)).tolist() == [[33.0, 44.0], [0.0, 0.0]]


def test_renamed_labels_keep_their_weights_dropped_ones_go_and_new_ones_start_from_zeros():
    head = Head(("a", "b", "c"), {"rgb": 1}, np.array([[1, 2, 3], [4, 5, 6.0]]))
    changed = head.relabelled(("c", "zone", "z"), {"a": "zone"})
    assert changed.matrix.tolist() == [[3, 1, 0], [6, 4, 0]]


def test_a_label_that_takes_in_another_keeps_its_own_weights():
    head = Head(("shoot", "layup"), {"rgb": 1}, np.array([[1, 2], [3, 4.0]]))
    assert head.relabelled(("shoot",), {"layup": "shoot"}).matrix.tolist() == [[1], [3]]


def test_the_more_it_is_held_the_nearer_a_head_stays_to_its_start():
    values, target = made_clips(60, 3)
    start = Head(tuple("abc"), SIZES, np.random.default_rng(1).normal(size=(12, 3)))
    heads = fit_head(as_clips(values, target), start, (1e6, 10.0, 0.1))
    moved = [float(np.abs(head.matrix - start.matrix).max()) for head in heads]
    assert moved[0] < 0.01 < moved[1] < moved[2]


def test_a_head_is_held_as_much_as_a_standard_error_allows():
    sure = np.array([[1.0, 1.0, 1.0, 1.0], [0.9, 0.9, 0.9, 0.9], [0.9, 0.9, 0.9, 0.9]])
    assert first_as_good(sure, np.arange(4)) == 1
    # The first row is worse by 0.1, give or take 0.58.
    unsure = np.array([[2.0, 0.0, 2.0, 0.0], [0.9, 0.9, 0.9, 0.9]])
    assert first_as_good(unsure, np.arange(4)) == 0
    # Both moments say that it is worse by 0.1.
    assert first_as_good(unsure, np.array([0, 0, 1, 1])) == 1


def test_clips_are_predicted_by_a_head_that_never_saw_their_group():
    """Features that only name the group are of no use on another one."""
    rng = np.random.default_rng(3)
    groups = np.repeat(np.arange(40), 3)
    target = rng.integers(0, 2, 40)[groups]
    values = rng.normal(size=(40, 10))[groups]
    found = fit_held_out(as_clips(values, target), groups, zero_head("ab"))
    assert (found.logits.argmax(axis=1) == target).mean() < 0.7


def test_a_head_fitted_on_what_can_be_told_apart_is_right_on_other_groups():
    values, target = made_clips(120, 3)
    found = fit_held_out(as_clips(values, target), np.arange(120) // 3, zero_head("abc"))
    assert (found.logits.argmax(axis=1) == target).mean() > 0.9
    assert found.temperatures()["rgb+pose"] == pytest.approx(1.0, abs=0.06)


@pytest.mark.parametrize("target", [[0, 1, 2], [0, 0, 1]], ids=["one each", "two and one"])
def test_a_handful_of_clips_is_enough_to_begin_with(target):
    values, _ = made_clips(3, 3)
    found = fit_held_out(as_clips(values, np.array(target)), np.arange(3), zero_head("abc"))
    assert np.isfinite(found.logits).all()


@pytest.mark.parametrize(("target", "groups"), [([0, 0], [0, 1]), ([0, 1], [0, 0])], ids=["label", "moment"])
def test_one_label_or_one_moment_is_not_enough(target, groups):
    values, _ = made_clips(2, 2)
    with pytest.raises(DataError, match="Judge"):
        fit_held_out(as_clips(values, np.array(target)), np.array(groups), zero_head("ab"))


def test_clips_of_one_player_near_each_other_are_one_moment():
    starts = np.array([0.0, 0.3, 0.3, 2.0, 9.0])
    subjects = np.array(["7", "7", "8", "7", "7"])
    found = moments(np.zeros(5, int), subjects, starts, starts + 0.64)
    assert found[0] == found[1] == found[3]
    assert len({found[0], found[2], found[4]}) == 3


def test_a_moment_without_end_is_divided():
    starts = np.arange(0, 60, 0.5)
    assert len(set(moments(np.zeros(120, int), np.full(120, "7"), starts, starts + 0.64).tolist())) == 6


def test_whole_games_are_left_out_where_every_label_is_in_two():
    target, moment = np.array([0, 1, 0, 1]), np.array([0, 1, 2, 3])
    assert groups_to_test_on(target, np.array([0, 0, 1, 1]), moment)[1] == "games"
    assert groups_to_test_on(target, np.array([0, 0, 0, 1]), moment)[1] == "moments"


def test_the_only_moment_of_a_label_is_halved():
    target, moment = np.array([0, 0, 0, 0, 1, 1]), np.array([0, 0, 0, 0, 1, 2])
    groups, _ = groups_to_test_on(target, np.zeros(6, int), moment)
    assert len(set(groups[:2].tolist())) == len(set(groups[2:4].tolist())) == 1
    assert len(set(groups.tolist())) == 4


def test_a_new_label_is_held_less_to_its_start():
    """Both labels' features speak alike for them; only one starts from something."""
    values, target = made_clips(40, 2)
    start = zero_head("ab")
    start.matrix[0, 0] = 1e-6
    (head,) = fit_head(as_clips(values, target), start, (300.0,))
    assert np.abs(head.matrix[:10, 1]).max() > 3 * np.abs(head.matrix[:10, 0]).max()


def checkpoint_file(path: Path) -> Path:
    spec = ClipSpec(num_frames=4, height=32, width=32)
    contract = Contract(("a", "b"), spec, width=4, streams=("rgb", "pose", "motion"))
    torch.manual_seed(0)
    save_checkpoint(path, build_model(2, spec, 4, contract.streams), contract, half=True)
    return path


def test_the_written_head_is_the_only_thing_that_differs_from_the_start(tmp_path):
    start = Checkpoint(checkpoint_file(tmp_path / "start.safetensors"))
    backbone = read_backbone(start.path)
    head = head_of(backbone.layers, start.contract.labels, None).relabelled(("b", "new"), {})
    contract = replace(start.contract, labels=("b", "new"))
    write_with_layers(start.path, tmp_path / "mine.safetensors", contract, layers_of(head, None))

    before, after = load_file(start.path), load_file(tmp_path / "mine.safetensors")
    changed = {name for name in before if before[name].tobytes() != after[name].tobytes()}
    assert {name.rpartition(".")[0] for name in changed} == {
        "blocks.5.proj",
        "pose.head.1",
        "motion.head.2.1",
    }
    mine = Checkpoint(tmp_path / "mine.safetensors")
    mine.load()
    assert mine.contract.labels == ("b", "new")
    again = head_of(read_backbone(mine.path).layers, mine.contract.labels, None)
    np.testing.assert_allclose(again.matrix, head.matrix, atol=1e-6)


def test_a_head_on_reduced_features_gives_the_same_logits_on_whole_ones():
    projection = np.linalg.qr(np.random.default_rng(0).normal(size=(6, 3)))[0].T
    head = Head(tuple("ab"), {"rgb": 3, "pose": 2}, np.random.default_rng(1).normal(size=(7, 2)))
    whole = np.random.default_rng(2).normal(size=(5, 8)).astype(np.float32)
    reduced = np.concatenate([whole[:, :6] @ projection.T, whole[:, 6:]], axis=1)
    known = np.ones((5, 2), bool)
    lifted = head_of(layers_of(head, projection), head.labels, None)
    np.testing.assert_allclose(
        lifted.logits(as_inputs(whole, known, lifted.sizes)),
        head.logits(as_inputs(reduced, known, head.sizes)),
        atol=1e-5,
    )
    back = head_of(layers_of(head, projection), head.labels, projection)
    np.testing.assert_allclose(back.matrix, head.matrix, atol=1e-6)


def test_the_report_compares_each_label_with_the_start():
    target = np.array(["a", "a", "b", "new"])
    found = label_figures(
        ("a", "b", "new", "never"),
        target,
        np.array(["a", "a", "b", "b"]),
        np.array(["a", "b", "b", "b"]),
        np.array([0, 1, 2, 3]),
        ("a", "b"),
    )
    assert [one.label for one in found] == ["a", "b", "new"]
    assert (found[0].f1, found[0].start_f1) == (1.0, pytest.approx(2 / 3))
    assert (found[1].precision, found[1].recall) == (0.5, 1.0)
    assert (found[2].f1, found[2].start_f1, found[2].wanting) == (0.0, None, "only 1 moment")


def test_events_are_the_clips_of_one_moment_and_label():
    rows = np.array([[0.2, 0.8], [0.4, 0.6], [0.9, 0.1]])
    means, labels = judged_events(rows, np.array([1, 1, 0]), np.array([5, 5, 5]), ("a", "b"))
    assert labels.tolist() == [0, 1]
    np.testing.assert_allclose(means, [[0.9, 0.1], [0.3, 0.7]])


def test_a_threshold_for_a_precision_is_where_events_are_right_that_often():
    """Events that are right as often as their score says need a score of 0.8 for a precision of 0.8."""
    rng = np.random.default_rng(0)
    scores = rng.uniform(0.02, 0.98, 4000)
    found = fit_precision("shoot", scores, rng.uniform(size=4000) < scores, 0.8)
    assert found.threshold == pytest.approx(0.8, abs=0.03)
    assert found.low < found.threshold < found.high < found.low + 0.1


def test_few_events_give_no_threshold_and_a_reason():
    found = fit_precision("shoot", np.array([0.9, 0.8]), np.array([True, False]), 0.9)
    assert found.threshold is None
    assert "too few" in str(found)
