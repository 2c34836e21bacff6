"""Which clips a corrected table judges, and which clips are suggested next."""

from __future__ import annotations

import numpy as np
import pytest

from bball_tag.annotations.reviewed import Reviewed
from bball_tag.events import Event
from bball_tag.learning.judged import Spans, judge
from bball_tag.learning.suggest import APART_S, Candidates, suggest
from tests.example_events import annotation

LABELS = ("pass", "shoot", "no_action")


def clips(*spans: tuple[str, float]) -> Spans:
    """Clips of a second: whose, and when they start."""
    starts = np.array([start for _, start in spans])
    return Spans(np.array([player for player, _ in spans]), starts, starts + 1)


def event(label: str, start: float, end: float, player: str = "7", num_clips: int = 0) -> Event:
    return Event(label, start, end, 1.0, 1.0, start, num_clips, player)


def judged(events: list[Event], spans: Spans, *reviewed: Reviewed) -> list[str]:
    return judge(annotation(*events, reviewed=reviewed), spans, LABELS).labels.tolist()


def test_a_clip_has_the_label_of_the_event_that_covers_most_of_it():
    spans = clips(("7", 1.0), ("7", 0.79), ("7", 0.75), ("8", 1.0))
    assert judged([event("shoot", 1, 3)], spans) == ["shoot", "shoot", "", ""]


def test_what_lies_in_two_events_at_once_has_no_label():
    spans = clips(("7", 1.0), ("7", 2.0))
    assert judged([event("shoot", 1, 3), event("pass", 1.2, 2)], spans) == ["", "shoot"]


def test_a_clip_across_two_events_of_one_label_has_it():
    assert judged([event("shoot", 1, 1.5), event("shoot", 1.5, 2)], clips(("7", 1.0))) == ["shoot"]


def test_silence_is_background_only_where_somebody_looked():
    spans = clips(("7", 1.0), ("7", 5.0), ("8", 1.0))
    assert judged([event("shoot", 8, 9)], spans) == ["", "", ""]
    everything = Reviewed(0, 3)
    assert judged([event("shoot", 8, 9)], spans, everything) == ["no_action", "", "no_action"]
    assert judged([], spans, Reviewed(0, 3, "7")) == ["no_action", "", ""]


def test_looking_for_one_label_says_nothing_of_the_others():
    spans = clips(("7", 1.0))
    assert judged([], spans, Reviewed(0, 3, labels=("shoot",))) == [""]
    assert judged([], spans, Reviewed(0, 3, labels=("shoot",)), Reviewed(0, 3, labels=("pass",))) == [
        "no_action"
    ]


def test_a_clip_that_an_event_touches_is_not_background():
    assert judged([event("shoot", 1.5, 3)], clips(("7", 1.0)), Reviewed(0, 5)) == [""]


def test_unreviewed_events_of_the_model_do_not_count_beside_reviewed_ones():
    spans = clips(("7", 1.0), ("7", 10.0), ("7", 20.0))
    events = [event("shoot", 1, 2, num_clips=3), event("shoot", 10, 11, num_clips=3), event("pass", 20, 21)]
    assert judged(events, spans, Reviewed(0, 5)) == ["shoot", "", "pass"]
    assert judged(events, spans) == ["shoot", "shoot", "pass"]
    assert judge(annotation(*events), spans, LABELS).taken_on_trust == 2


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (event("shoot", 1, 2, "9"), "no clip is stored"),
        (event("shoot", 1, 2, ""), "of no player"),
        (event("shoot", 1, 1.3), "shorter than a clip"),
    ],
)
def test_events_without_a_clip_are_counted_by_the_reason(one, reason):
    (found,) = judge(annotation(one), clips(("7", 1.0)), LABELS).unmatched
    assert reason in found


def candidates(count: int = 200, **changed) -> Candidates:
    """Clips of two games and four players, every second; label 0 is common, label 2 rare."""
    rng = np.random.default_rng(0)
    common = rng.dirichlet((8, 3, 0.5), count).astype(np.float32)
    fields = {
        "games": np.arange(count) % 2,
        "players": np.array([f"{index // 2 % 4}" for index in range(count)]),
        "starts": (np.arange(count) // 8).astype(float),
        "probabilities": common,
        "judged": np.zeros(count, bool),
    }
    return Candidates(**{**fields, **changed})


def features(chosen: np.ndarray) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(200, 5)).astype(np.float32)[chosen]


def test_half_of_what_is_suggested_is_unsure_and_no_two_are_neighbours():
    found = suggest(candidates(), 12, features)
    assert [one.is_unsure for one in found] == [True] * 6 + [False] * 6
    whole = candidates()
    for one in found:
        near = whole.neighbours(one.index)
        assert sum(bool(near[other.index]) for other in found) == 1


def test_the_least_sure_clip_comes_first_of_its_label():
    whole = candidates()
    labels, first = whole.probabilities.argmax(axis=1), suggest(whole, 2, features)[0].index
    own = labels == labels[first]
    assert whole.margins[first] == whole.margins[own].min()


def test_rare_labels_are_suggested_as_often_as_common_ones():
    whole = candidates()
    labels = whole.probabilities.argmax(axis=1)
    counts = np.bincount(labels[[one.index for one in suggest(whole, 12, features)]], minlength=3)
    assert (labels == 0).mean() > 0.8
    assert counts[0] <= 7
    assert counts[1] >= 4


def test_what_was_judged_is_not_suggested():
    done = np.ones(200, bool)
    done[[0, 100]] = False
    found = {one.index for one in suggest(candidates(judged=done), 12, features)}
    assert found == {0, 100}


def test_spread_clips_are_far_from_each_other():
    """Features in four distant corners; the unsure ones, all alike, come from the first."""
    corner = np.arange(200) // 8 % 4
    same = {"probabilities": np.tile(np.float32([0.8, 0.1, 0.1]), (200, 1)), "games": np.zeros(200, int)}
    values = np.eye(4, dtype=np.float32)[corner] * 10
    found = suggest(candidates(**same), 8, values.__getitem__)
    assert {int(corner[one.index]) for one in found[:4]} == {0}
    assert {int(corner[one.index]) for one in found[4:7]} == {1, 2, 3}


def test_when_all_is_near_what_was_chosen_there_are_fewer():
    assert len(suggest(candidates(starts=np.full(200, APART_S)), 50, features)) == 8
