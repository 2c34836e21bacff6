"""The metrics against slow ones that follow their definitions word by word, on random timelines."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bball_tag.events import Event
from bball_tag.events.average_precision import LOOSE_S, TIGHT_S, span_precisions, spot_precisions
from bball_tag.events.compare import Timeline, match_events, pair_off, temporal_ious, total
from bball_tag.events.segments import edit_score, levenshtein, segment_matches
from bball_tag.events.shared_time import agreement

LABELS = ("run", "pass", "shoot")
LAST = 60
"""Frames of a timeline."""


def event(label: str, start: float, end: float, confidence: float = 1.0, player: str = "") -> Event:
    return Event(label, start, end, confidence, confidence, start, 1, player)


@st.composite
def frames(draw: st.DrawFn) -> list[str]:
    """Labels of a timeline, frame by frame, in runs; an empty one is background."""
    lengths = draw(st.lists(st.integers(1, 12), min_size=1, max_size=12))
    found: list[str] = []
    for length in lengths:
        found += [draw(st.sampled_from(("", *LABELS)))] * length
    return (found + [""] * LAST)[:LAST]


def runs_of(labels: list[str]) -> list[tuple[str, int, int]]:
    """Segments of a timeline: label, first frame and one past the last; background is none."""
    found, start = [], 0
    for stop in range(1, len(labels) + 1):
        if stop == len(labels) or labels[stop] != labels[start]:
            if labels[start]:
                found.append((labels[start], start, stop))
            start = stop
    return found


def as_timeline(found: list[str], truth: list[str]) -> Timeline:
    return Timeline(*(tuple(event(*run) for run in runs_of(labels)) for labels in (found, truth)))


def iou_of(one: tuple[float, float], other: tuple[float, float]) -> float:
    both = max(0.0, min(one[1], other[1]) - max(one[0], other[0]))
    return both / (one[1] - one[0] + other[1] - other[0] - both)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(frames(), frames()), min_size=1, max_size=3), st.sampled_from((0.1, 0.25, 0.5)))
def test_segment_f1_is_that_of_action_segmentation(videos, iou):
    right = wrong = missed = 0
    for found, truth in videos:
        targets, taken = runs_of(truth), set()
        for label, start, stop in runs_of(found):
            overlaps = [
                iou_of((start, stop), (first, last)) * (label == other) for other, first, last in targets
            ]
            best = max(range(len(targets)), key=lambda index: overlaps[index], default=None)
            if best is not None and overlaps[best] >= iou and best not in taken:
                right += 1
                taken.add(best)
            else:
                wrong += 1
        missed += len(targets) - len(taken)
    expected = 2 * right / (2 * right + wrong + missed) if right else 0.0
    assert total(segment_matches([as_timeline(*video) for video in videos], iou)).f1 == pytest.approx(
        expected
    )


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(frames(), frames()), min_size=1, max_size=3))
def test_frame_accuracy_is_the_share_of_equal_frames(videos):
    equal = sum(one == other for found, truth in videos for one, other in zip(found, truth, strict=True))
    timelines = [as_timeline(*video) for video in videos]
    result = agreement(timelines, [[(0.0, float(LAST))]] * len(videos))
    assert result.accuracy == pytest.approx(equal / (LAST * len(videos)))


@settings(max_examples=100, deadline=None)
@given(frames(), frames(), st.lists(st.integers(0, LAST), min_size=2, max_size=6, unique=True))
def test_frames_outside_of_the_judged_spans_do_not_count(found, truth, edges):
    spans = list(zip(sorted(edges)[::2], sorted(edges)[1::2], strict=False))
    judged = [frame for start, stop in spans for frame in range(start, stop)]
    result = agreement([as_timeline(found, truth)], [[(float(start), float(stop)) for start, stop in spans]])
    assert result.judged == pytest.approx(len(judged))
    assert result.right == pytest.approx(sum(found[frame] == truth[frame] for frame in judged))


@settings(max_examples=100, deadline=None)
@given(st.text("abc", max_size=9), st.text("abc", max_size=9))
def test_levenshtein_is_the_least_number_of_edits(one, other):
    @cache
    def least(left: int, right: int) -> int:
        if not left or not right:
            return left + right
        same = one[left - 1] == other[right - 1]
        return min(
            least(left - 1, right) + 1, least(left, right - 1) + 1, least(left - 1, right - 1) + (not same)
        )

    assert levenshtein(one, other) == least(len(one), len(other))


@st.composite
def games(draw: st.DrawFn) -> list[Timeline]:
    """A few games with overlapping events, whose confidences all differ."""
    found = []
    confidences = iter(draw(st.permutations(range(40))))
    for _ in range(draw(st.integers(1, 3))):
        sides = []
        for is_found in (True, False):
            events = []
            for _ in range(draw(st.integers(0, 6))):
                start, length = draw(st.integers(0, 20)), draw(st.integers(1, 10))
                confidence = (next(confidences) + 1) / 41 if is_found else 1.0
                events.append(event(draw(st.sampled_from(LABELS)), start, start + length, confidence))
            sides.append(tuple(events))
        found.append(Timeline(*sides))
    return found


def slow_precision(videos: list[Timeline], label: str, iou: float) -> float | None:
    """ActivityNet's average precision: a prediction goes down the true segments from the best overlap on."""
    ranked = sorted(
        (
            (one.confidence, video, one)
            for video, game in enumerate(videos)
            for one in game.found
            if one.label == label
        ),
        key=lambda item: -item[0],
    )
    targets = [[one for one in game.truth if one.label == label] for game in videos]
    number = sum(map(len, targets))
    if not number:
        return None
    taken, right = set(), []
    for _, video, one in ranked:
        hit = False
        overlaps = [iou_of((one.start, one.end), (true.start, true.end)) for true in targets[video]]
        for index in sorted(range(len(overlaps)), key=lambda index: -overlaps[index]):
            if overlaps[index] < iou:
                break
            if (video, index) not in taken:
                taken.add((video, index))
                hit = True
                break
        right.append(hit)
    curve = [(sum(right[:count]) / number, sum(right[:count]) / count) for count in range(1, len(right) + 1)]
    area, before = 0.0, 0.0
    for recall, _ in curve:
        area += (recall - before) * max(precision for other, precision in curve if other >= recall)
        before = recall
    return area


@settings(max_examples=150, deadline=None)
@given(games(), st.sampled_from((0.3, 0.5, 0.7)))
def test_average_precision_is_that_of_activitynet(videos, iou):
    expected = {label: slow_precision(videos, label, iou) for label in LABELS}
    expected = {label: value for label, value in expected.items() if value is not None}
    found = {label: values[0] for label, values in span_precisions(videos, [iou]).items()}
    assert found == pytest.approx(expected)


def slow_spot_precision(videos: list[Timeline], label: str, tolerance: float) -> float:
    """SoccerNet's average precision: each true spot in time takes the most confident spot of its window."""
    answers, number = [], 0
    for game in videos:
        spots = sorted(
            ((one.start + one.end) / 2, one.confidence) for one in game.found if one.label == label
        )
        right = [False] * len(spots)
        for true in sorted((one.start + one.end) / 2 for one in game.truth if one.label == label):
            number += 1
            near = [
                index
                for index, (time, _) in enumerate(spots)
                if abs(time - true) <= tolerance / 2 and not right[index]
            ]
            if near:
                right[max(near, key=lambda index: spots[index][1])] = True
        answers += [(confidence, is_right) for (_, confidence), is_right in zip(spots, right, strict=True)]
    curve = []
    for threshold in np.linspace(0, 1, 200):
        above = [is_right for confidence, is_right in answers if confidence >= threshold]
        curve.append((sum(above) / number, sum(above) / len(above) if above else 0.0))
    return float(
        np.mean(
            [
                max([precision for recall, precision in curve if recall >= j], default=0.0)
                for j in np.arange(11) / 10
            ]
        )
    )


@st.composite
def sparse_spots(draw: st.DrawFn) -> Timeline:
    """True spots more than a minute apart, and found ones anywhere."""
    truth = [
        event("shoot", 70 * number + draw(st.integers(0, 5)), 0) for number in range(draw(st.integers(1, 4)))
    ]
    spots = [
        event("shoot", draw(st.integers(0, 250)), 0, draw(st.integers(0, 100)) / 100)
        for _ in range(draw(st.integers(0, 8)))
    ]
    distinct = {one.confidence: one for one in spots}.values()
    sides = (
        [Event(one.label, one.start, one.start, one.confidence, 1, 0, 0) for one in side]
        for side in (distinct, truth)
    )
    return Timeline(*map(tuple, sides))


@settings(max_examples=60, deadline=None)
@given(st.lists(sparse_spots(), min_size=1, max_size=2), st.sampled_from((*TIGHT_S, *LOOSE_S)))
def test_precision_of_spots_is_that_of_soccernet_where_windows_do_not_overlap(videos, tolerance):
    expected = slow_spot_precision(videos, "shoot", tolerance)
    assert spot_precisions(videos, [tolerance]) == {"shoot": (pytest.approx(expected),)}


@settings(max_examples=100, deadline=None)
@given(games(), st.sampled_from((0.1, 0.3, 0.5, 0.75)))
def test_pairs_are_those_of_going_through_all_free_true_events(videos, iou):
    for game in videos:
        ious = temporal_ious(game.found, game.truth)
        order = sorted(range(len(game.found)), key=lambda row: -game.found[row].confidence)
        expected, free = [-1] * len(game.found), list(range(len(game.truth)))
        for row in order:
            near = [column for column in free if ious[row, column] >= iou]
            if near:
                expected[row] = max(near, key=lambda column: (ious[row, column], -column))
                free.remove(expected[row])
        assert pair_off(ious, order, iou).tolist() == expected


@settings(max_examples=100, deadline=None)
@given(games())
def test_a_file_agrees_with_itself_in_everything(videos):
    same = [Timeline(game.found, game.found) for game in videos]
    for iou in (0.1, 0.5):
        assert all(match.f1 == 1 for match in segment_matches(same, iou))
    assert all(values == (1.0, 1.0) for values in span_precisions(same, [0.3, 0.95]).values())
    for values in spot_precisions(same, [1.0, 60.0]).values():
        assert values == pytest.approx((1.0, 1.0))
    assert edit_score(same) in (None, 1.0)
    assert agreement(same, [[(0.0, 30.0)]] * len(same)).accuracy == pytest.approx(1.0)


@settings(max_examples=50, deadline=None)
@given(frames(), frames())
def test_from_half_an_overlap_on_it_does_not_matter_who_chooses_first(found, truth):
    game = as_timeline(found, truth)
    assert segment_matches([game], 0.51) == match_events(game.found, game.truth, iou=0.51)
