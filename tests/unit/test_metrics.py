"""The metrics of three fields, on cases worked by hand."""

from __future__ import annotations

import pytest

from bball_tag.events import Event
from bball_tag.events.average_precision import (
    FINE_IOUS,
    LOOSE_S,
    TIGHT_S,
    area_under,
    mean_average_precision,
    span_precisions,
    spot_precisions,
)
from bball_tag.events.compare import Timeline, match_events, timelines_of, total
from bball_tag.events.segments import edit_score, levenshtein, segment_matches
from bball_tag.events.shared_time import SharedTime, agreement


def event(label: str, start: float, end: float, confidence: float = 0.9, player: str = "1") -> Event:
    return Event(label, start, end, confidence, confidence, start, 1, player)


def timeline(found: list[Event], truth: list[Event]) -> Timeline:
    return Timeline(tuple(found), tuple(truth))


TRUTH = [event("run", 0, 10), event("run", 20, 30), event("run", 40, 50), event("run", 60, 70)]


def test_average_precision_is_the_area_under_the_interpolated_curve():
    found = [
        event("run", 0, 10, 0.9),  # right: precision 1, recall 1/4
        event("run", 12, 14, 0.8),  # wrong: 1/2
        event("run", 20, 30, 0.7),  # right: 2/3, recall 2/4
        event("run", 40, 50, 0.6),  # right: 3/4, recall 3/4
        event("run", 80, 90, 0.5),  # wrong: 3/5
    ]
    # At each recall the best precision at it or later: 1, 3/4, 3/4; the last quarter is never reached.
    expected = (1 + 3 / 4 + 3 / 4) / 4
    assert span_precisions([timeline(found, TRUTH)], [0.5]) == {"run": (pytest.approx(expected),)}


def test_average_precision_falls_where_the_overlap_no_longer_reaches_the_mark():
    # Seven of ten seconds: right up to 0.7.
    (precisions,) = span_precisions(
        [timeline([event("run", 0, 7)], [event("run", 0, 10)])], FINE_IOUS
    ).values()
    assert precisions == (1, 1, 1, 1, 1, 0, 0, 0, 0, 0)
    assert mean_average_precision([timeline([event("run", 0, 7)], [event("run", 0, 10)])]) == pytest.approx(
        0.5
    )


def test_events_of_all_games_are_ranked_together():
    sure_and_wrong = timeline([event("run", 50, 60, 0.9)], [event("run", 0, 10)])
    unsure_and_right = timeline([event("run", 0, 10, 0.2)], [event("run", 0, 10)])
    # The right one comes second: precision 1/2 at recall 1/2.
    assert mean_average_precision([sure_and_wrong, unsure_and_right], [0.5]) == pytest.approx(0.25)


def test_the_second_best_true_event_is_taken_where_the_best_is_gone():
    truth = [event("run", 0, 10), event("run", 6, 16)]
    found = [event("run", 0, 10, 0.9), event("run", 1, 11, 0.8)]
    # The second overlaps the first true event by 9/11 and the other one by 5/15.
    assert span_precisions([timeline(found, truth)], [0.3]) == {"run": (pytest.approx(1.0),)}
    assert span_precisions([timeline(found, truth)], [0.5]) == {"run": (pytest.approx(0.5),)}


def test_events_of_one_confidence_are_one_step_whatever_their_order():
    found = [event("run", 0, 10, 1.0), event("run", 12, 14, 1.0), event("run", 20, 30, 1.0)]
    # Two of three are right, and two of four were found: precision times recall.
    for order in (found, found[::-1]):
        (precisions,) = span_precisions([timeline(order, TRUTH)], [0.5]).values()
        assert precisions == (pytest.approx(2 / 3 * 2 / 4),)


def test_a_label_without_true_events_is_in_no_mean():
    mixed = timeline([event("run", 0, 10), event("pass", 0, 10)], [event("run", 0, 10), event("shoot", 3, 4)])
    assert span_precisions([mixed], [0.5]) == {"run": (1.0,), "shoot": (0.0,)}
    assert mean_average_precision([mixed], [0.5]) == pytest.approx(0.5)
    assert mean_average_precision([timeline([event("run", 0, 10)], [])]) is None


def test_a_tolerance_is_a_window_with_half_of_it_on_each_side():
    # The middles are 2 s apart.
    game = [timeline([event("shoot", 11, 13)], [event("shoot", 9, 11)])]
    (precisions,) = spot_precisions(game, TIGHT_S).values()
    assert precisions == pytest.approx((0, 0, 0, 1, 1))
    # Trapezoids from 1 to 5 s: half of one, and a whole one, of four.
    assert area_under(precisions) == pytest.approx(1.5 / 4)
    assert area_under(spot_precisions(game, LOOSE_S)["shoot"]) == pytest.approx(1.0)


def test_precision_of_spots_is_taken_at_eleven_recalls():
    truth = [event("shoot", 10 * number, 10 * number) for number in range(4)]
    found = [event("shoot", 0, 0, 0.9), event("shoot", 5, 5, 0.5), event("shoot", 10, 10, 0.3)]
    # Recall 1/4 at precision 1, 2/4 at 2/3: of 0, 0.1 … 1 three lie up to 1/4, three more up to 1/2.
    (precisions,) = spot_precisions([timeline(found, truth)], [1.0]).values()
    assert precisions == (pytest.approx((3 * 1 + 3 * 2 / 3) / 11),)


def test_a_spot_goes_to_the_nearest_true_one():
    truth = [event("shoot", 0, 0), event("shoot", 2, 2)]
    found = [event("shoot", 2, 2, 0.9), event("shoot", 0, 0, 0.8)]
    assert spot_precisions([timeline(found, truth)], [60.0]) == {"shoot": (pytest.approx(1.0),)}


def test_the_area_under_one_point_is_the_point():
    assert area_under([0.4]) == pytest.approx(0.4)


def test_segment_f1_counts_a_second_segment_of_one_action_as_wrong():
    cut_in_two = [event("run", 0, 4), event("run", 5, 10)]
    (match,) = segment_matches([timeline(cut_in_two, [event("run", 0, 10)])], 0.5)
    assert (match.num_true, match.num_found, match.num_right) == (1, 2, 1)
    assert match.f1 == pytest.approx(2 / 3)


def test_segment_f1_looks_at_the_best_true_segment_alone():
    truth = [event("run", 0, 6), event("run", 6.1, 7.1)]
    found = [event("run", 0, 3), event("run", 3.1, 6.9)]
    # The second overlaps the first true segment most, which is taken: MS-TCN does not look further.
    assert [match.num_right for match in segment_matches([timeline(found, truth)], 0.1)] == [1]
    assert total(match_events(found, truth, iou=0.1)).num_right == 2


def test_simultaneous_segments_of_several_players_stand_in_for_each_other():
    both = [event("run", 0, 10, player="1"), event("run", 0, 10, player="2")]
    assert total(segment_matches(timelines_of(both, both, by_player=False), 0.5)).f1 == 1


def test_the_edit_score_compares_the_order_of_labels_and_no_times():
    truth = [event("run", 0, 1), event("pass", 1, 2), event("run", 2, 3), event("shoot", 3, 4)]
    found = [event("run", 10, 20), event("run", 20, 30), event("shoot", 30, 40)]
    # run, run, shoot lacks one of run, pass, run, shoot.
    assert edit_score([timeline(found, truth)]) == pytest.approx(1 - 1 / 4)
    assert edit_score([timeline(found, truth), timeline([], truth), timeline([], [])]) == pytest.approx(3 / 8)
    assert edit_score([timeline([], [])]) is None


def test_levenshtein_counts_insertions_deletions_and_replacements():
    assert levenshtein("kitten", "sitting") == 3
    assert levenshtein("", "abc") == 3
    assert levenshtein("abc", "") == 3
    assert levenshtein("abc", "abc") == 0


def test_time_agrees_where_both_say_the_same_or_nothing():
    truth = [event("run", 0, 4), event("shoot", 4, 6)]
    found = [event("run", 0, 5)]
    result = agreement([timeline(found, truth)], [[(0.0, 10.0)]])
    # 0 to 4 run on both sides, 6 to 10 nothing on both.
    assert result.accuracy == pytest.approx(0.8)
    assert result.labels == {"run": SharedTime(5, 4, 4), "shoot": SharedTime(0, 2, 0)}


def test_time_that_was_not_judged_counts_nowhere():
    result = agreement([timeline([event("run", 0, 5)], [])], [[(4.0, 10.0)]])
    assert (result.judged, result.accuracy) == (6, pytest.approx(5 / 6))
    assert result.labels == {"run": SharedTime(1, 0, 0)}
    assert agreement([timeline([], [])], [[]]).accuracy is None


def test_an_instant_with_several_labels_is_right_in_part():
    truth = [
        event("run", 0, 10, player="1"),
        event("run", 0, 10, player="2"),
        event("pass", 0, 10, player="3"),
    ]
    found = [event("run", 0, 10, player="1"), event("shoot", 0, 10, player="3")]
    # One run is shared, of two runs, a pass and a shot.
    result = agreement(timelines_of(found, truth, by_player=False), [[(0.0, 10.0)]])
    assert result.accuracy == pytest.approx(1 / 4)
