"""From scores to events, on tables small enough to check by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bball_tag.errors import OptionError
from bball_tag.events import EventRules, Scores, find_events
from bball_tag.events.curves import (
    exclusive,
    hysteresis,
    instant_probabilities,
    merge_close,
    moving_average,
    runs_of,
)
from bball_tag.events.rules import changed_rules

LABELS = ("shoot", "run", "no_action")


def scores(rows: list[list[float]], *, starts: list[int] | None = None, subjects: list[str] | None = None):
    """Clips of one frame at 10 instants a second, one after the other, unless said otherwise."""
    starts = list(range(len(rows))) if starts is None else starts
    return Scores(
        labels=LABELS,
        fps=10.0,
        num_frames=1,
        end=(max(starts, default=0) + 1) / 10,
        subjects=np.array(subjects or [""] * len(rows)),
        starts=np.array(starts, np.int64),
        stops=np.array(starts, np.int64) + 1,
        probabilities=np.array(rows, np.float32).reshape(len(rows), 3),
    )


def shooting(*values: float) -> list[list[float]]:
    """What is left is shared by the other labels, so that neither has more than shoot above a third."""
    return [[value, (1 - value) / 2, (1 - value) / 2] for value in values]


RULES = EventRules(threshold=0.6, release=0.5, min_duration=0.2, max_gap=0.2)


def test_an_event_begins_at_its_threshold_and_lasts_to_its_release():
    (event,) = find_events(scores(shooting(0.1, 0.4, 0.9, 0.7, 0.35, 0.2, 0.1)), RULES)
    assert (event.label, event.start, event.end) == ("shoot", 0.1, 0.5)
    assert event.confidence == pytest.approx((0.4 + 0.9 + 0.7 + 0.35) / 4)
    assert (event.peak, event.peak_confidence) == (0.2, pytest.approx(0.9))
    assert event.num_clips == 4


def test_what_never_reaches_the_threshold_is_no_event():
    assert find_events(scores(shooting(0.5, 0.59, 0.55, 0.5)), RULES) == []


def test_pieces_close_together_are_one_event():
    (event,) = find_events(scores(shooting(0.9, 0.9, 0.1, 0.1, 0.9, 0.9)), RULES)
    assert (event.start, event.end) == (0.0, 0.6)


def test_pieces_further_apart_stay_two():
    first, second = find_events(scores(shooting(0.9, 0.9, 0.1, 0.1, 0.1, 0.9, 0.9)), RULES)
    assert (first.end, second.start) == (0.2, 0.5)


def test_a_piece_too_short_is_dropped():
    assert find_events(scores(shooting(0.1, 0.9, 0.1, 0.1)), RULES) == []


def test_background_labels_are_not_written():
    rows = [[0.0, 0.0, 1.0]] * 5
    assert find_events(scores(rows), RULES) == []
    (event,) = find_events(scores(rows), EventRules(background=()))
    assert event.label == "no_action"


def test_at_every_instant_a_subject_does_one_thing():
    rows = [[0.9, 0.1, 0], [0.8, 0.2, 0], [0.4, 0.6, 0], [0.1, 0.9, 0], [0.1, 0.9, 0]]
    first, second = find_events(scores(rows), RULES)
    assert (first.label, first.start, first.end) == ("shoot", 0.0, 0.2)
    assert (second.label, second.start, second.end) == ("run", 0.2, 0.5)


def test_a_label_can_have_its_own_threshold():
    rows = shooting(0.5, 0.5, 0.5)
    assert find_events(scores(rows), RULES) == []
    (event,) = find_events(
        scores(rows), EventRules(thresholds={"shoot": 0.45}, threshold=0.6, min_duration=0.3)
    )
    assert event.label == "shoot"


def test_players_are_told_apart_and_sorted_by_time():
    rows = shooting(0.9, 0.9, 0.9, 0.9)
    first, second = find_events(scores(rows, starts=[5, 6, 0, 1], subjects=["4", "4", "11", "11"]), RULES)
    assert (first.player, first.start, first.end) == ("11", 0.0, 0.2)
    assert (second.player, second.start, second.end) == ("4", 0.5, 0.7)


def test_a_player_out_of_sight_ends_his_event():
    rules = EventRules(threshold=0.6, min_duration=0.1, max_gap=9)
    rows = shooting(0.9, 0.9, 0.9, 0.9)
    assert len(find_events(scores(rows, starts=[0, 1, 8, 9], subjects=["4"] * 4), rules)) == 2


def test_an_event_ends_with_the_video():
    table = scores(shooting(0.9, 0.9, 0.9))
    short = Scores(**{name: getattr(table, name) for name in table.__slots__} | {"end": 0.27})
    (event,) = find_events(short, RULES)
    assert event.end == 0.27


def test_no_clips_give_no_events():
    assert find_events(scores([]), RULES) == []


def test_overlapping_clips_count_most_in_their_middle():
    # Two clips of 4 instants, one step of 2 apart: the first sure, the second not.
    curve = instant_probabilities(np.array([0, 2]), np.array([4, 6]), np.array([[1.0], [0.0]]), 4)
    weights = np.array([1 - 1.5 / 2.5, 1 - 0.5 / 2.5, 1 - 0.5 / 2.5, 1 - 1.5 / 2.5])
    shared = weights[2:] / (weights[2:] + weights[:2])
    assert curve[:, 0] == pytest.approx([1, 1, *shared, 0, 0])
    assert shared[0] > 0.5 > shared[1]


def test_a_filled_up_clip_counts_only_where_it_saw_something():
    curve = instant_probabilities(np.array([0, 2]), np.array([4, 5]), np.array([[1.0], [0.5]]), 4)
    assert len(curve) == 5
    assert curve[4, 0] == 0.5


def test_smoothing_averages_over_time_and_keeps_the_ends():
    curve = moving_average(np.array([[0.0], [0.0], [3.0], [0.0], [0.0]]), 3)
    assert curve[:, 0].tolist() == [0, 1, 1, 1, 0]


def test_hysteresis_keeps_columns_apart():
    curve = np.array([[0.4, 0.4], [0.9, 0.5], [0.4, 0.4]])
    assert hysteresis(curve, np.array([0.8, 0.8]), np.array([0.3, 0.3])).tolist() == [[True, False]] * 3


def test_the_likelier_of_two_labels_has_the_instant():
    active = np.array([[True, True], [True, False]])
    assert exclusive(active, np.array([[0.4, 0.5], [0.2, 0.7]])).tolist() == [[False, True], [True, False]]


@pytest.mark.parametrize(
    ("on", "expected"),
    [([], []), ([0, 0], []), ([1], [(0, 1)]), ([1, 1, 0, 1], [(0, 2), (3, 4)]), ([0, 1, 1], [(1, 3)])],
)
def test_runs_are_half_open(on, expected):
    assert runs_of(np.array(on, bool)) == expected


def test_merging_takes_the_gap_into_account():
    assert merge_close([(0, 2), (4, 5), (8, 9)], max_gap=2) == [(0, 5), (8, 9)]
    assert merge_close([], max_gap=2) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"threshold": 0},
        {"thresholds": {"shoot": 1.2}},
        {"release": 0},
        {"min_duration": -1},
        {"max_gap": -0.1},
        {"max_gap": float("nan")},
        {"min_duration": "1"},
        {"threshold": "0.6"},
        {"release": None},
    ],
)
def test_impossible_rules_are_refused(wrong):
    with pytest.raises(ValueError, match=r"threshold|release|0 or more"):
        EventRules(**wrong)


@pytest.mark.parametrize("max_gap", [0.0, 0.1])
def test_what_a_likelier_label_leaves_of_a_run_is_dropped_where_it_never_reaches_the_threshold(max_gap):
    rules = EventRules(threshold=0.5, release=0.5, min_duration=0, max_gap=max_gap)
    table = scores([[0.4, 0.1, 0.2], [0.52, 0.6, 0.0], [0.3, 0.1, 0.2]])
    assert [(event.label, event.start) for event in find_events(table, rules)] == [("run", 0.1)]


def test_the_end_of_an_event_behind_a_likelier_label_stays():
    rules = EventRules(threshold=0.5, release=0.5, min_duration=0.4, max_gap=0.1)
    shoot, run = [0.6, 0.55, 0.3, 0.3, 0.3], [0.0, 0.0, 0.6, 0.0, 0.0]
    (event,) = find_events(scores([[one, other, 0.1] for one, other in zip(shoot, run, strict=True)]), rules)
    assert (event.label, event.start, event.end) == ("shoot", 0.0, 0.5)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.floats(0.05, 1), st.floats(0, 1))
@example([0.0, 0.375, 0.3125], 0.375, 0.0)
def test_events_of_a_label_are_ordered_apart_and_within_the_video(values, threshold, gap):
    table = scores(shooting(*values))
    events = find_events(table, EventRules(threshold=threshold, min_duration=0, max_gap=gap))
    for event in events:
        assert 0 <= event.start < event.end <= table.end
        assert event.start <= event.peak < event.end
        assert event.peak_confidence >= max(event.confidence, threshold) - 1e-6
    shots = [event for event in events if event.label == "shoot"]
    for before, after in pairwise(shots):
        assert after.start - before.end > gap - 0.1


OWN = EventRules(thresholds={"shoot": 0.3}, threshold=0.5, min_duration=0.5)


def test_one_threshold_for_every_label_replaces_those_of_the_checkpoint():
    rules = changed_rules(OWN, LABELS, 0.6)
    assert (rules.threshold, dict(rules.thresholds)) == (0.6, {})


def test_a_threshold_for_one_label_leaves_the_others_as_they_are():
    rules = changed_rules(OWN, LABELS, {"run": 0.7})
    assert (rules.threshold, dict(rules.thresholds)) == (0.5, {"shoot": 0.3, "run": 0.7})


def test_a_star_stands_for_every_label_that_is_not_named():
    rules = changed_rules(OWN, LABELS, {"*": 0.6, "run": 0.7})
    assert (rules.of("shoot"), rules.of("run")) == (0.6, 0.7)


def test_what_is_not_asked_for_stays():
    assert changed_rules(OWN, LABELS) == OWN
    assert changed_rules(OWN, LABELS, min_duration=0.2).min_duration == 0.2


@pytest.mark.parametrize("threshold", [0, 1.5, "high", {"shoot": 2}, {"*": -1}, [0.5], True])
def test_an_impossible_threshold_is_wrong_usage(threshold):
    with pytest.raises(OptionError, match="A threshold must be a number above 0 and at most 1, not "):
        changed_rules(OWN, LABELS, threshold)


def test_a_threshold_that_is_text_is_named_as_text():
    with pytest.raises(OptionError, match=r"at most 1, not '0\.6'\.$"):
        changed_rules(OWN, LABELS, "0.6")


def test_a_threshold_for_an_unknown_label_names_the_labels():
    with pytest.raises(OptionError, match=r"'dunk'.*shoot, run, no_action"):
        changed_rules(OWN, LABELS, {"dunk": 0.5})


def test_no_event_goes_on_across_a_cut():
    whole = scores(shooting(*[0.9] * 8))
    (event,) = find_events(whole, RULES)
    assert (event.start, event.end) == (0.0, 0.8)
    one, other = find_events(replace(whole, cuts=(5,)), RULES)
    assert (one.start, one.end, other.start, other.end) == (0.0, 0.5, 0.5, 0.8)
    assert find_events(replace(whole, cuts=(0, 8)), RULES) == [event]
