"""Events against truth, on cases counted by hand."""

from __future__ import annotations

import pytest

from bball_tag.events import Event
from bball_tag.events.compare import match_events, temporal_iou, total


def event(label: str, start: float, end: float, player: str = "1", confidence: float = 0.9) -> Event:
    return Event(label, start, end, confidence, confidence, start, 1, player)


def test_overlap_is_measured_over_the_union():
    assert temporal_iou(event("run", 0, 4), event("run", 2, 6)) == pytest.approx(2 / 6)
    assert temporal_iou(event("run", 0, 1), event("run", 1, 2)) == 0
    assert temporal_iou(event("run", 1, 1), event("run", 1, 1)) == 1


def test_a_match_needs_the_same_label_and_player():
    truth = [event("run", 0, 4), event("shoot", 5, 6)]
    found = [event("run", 0.5, 4), event("shoot", 5, 6, player="2"), event("pass", 5, 6)]
    by_label = {match.label: match for match in match_events(found, truth)}
    assert (by_label["run"].num_right, by_label["shoot"].num_right, by_label["pass"].num_right) == (1, 0, 0)
    everything = total(list(by_label.values()))
    assert (everything.num_true, everything.num_found, everything.num_right) == (2, 3, 1)
    assert everything.f1 == pytest.approx(2 / 5)
    assert everything.precision == pytest.approx(1 / 3)
    assert everything.recall == pytest.approx(1 / 2)


def test_a_true_event_is_matched_once():
    truth = [event("run", 0, 4)]
    found = [event("run", 0, 3), event("run", 0, 4)]
    (match,) = match_events(found, truth)
    assert (match.num_found, match.num_right) == (2, 1)


def test_half_an_overlap_is_enough_and_less_is_not():
    assert match_events([event("run", 0, 2)], [event("run", 0, 4)])[0].num_right == 1
    assert match_events([event("run", 0, 1.9)], [event("run", 0, 4)])[0].num_right == 0


def test_nothing_found_scores_nothing():
    (match,) = match_events([], [event("run", 0, 4)])
    assert (match.precision, match.recall, match.f1) == (0, 0, 0)
