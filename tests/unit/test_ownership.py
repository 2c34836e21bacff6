"""Whose a found track is: true people matched to it, and what was lost on the way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bball_tag.events import Event
from bball_tag.players.tracks import Track
from benchmarks import ownership
from benchmarks.found_players import describe_finding
from benchmarks.ownership import NOBODY, owners
from benchmarks.rendered_games import Boxes

FRAMES = np.arange(1, 101)
"""Four seconds."""
TIMES = (FRAMES - 1) / 25


def walks(start: float, speed: float) -> np.ndarray:
    """Return boxes of 20 by 50 pixels that move to the right by `speed` pixels a frame."""
    left = start + speed * (FRAMES - 1)
    return np.stack([left, np.full(100, 30.0), np.full(100, 20.0), np.full(100, 50.0)], axis=1)


def aside(boxes: np.ndarray, pixels: float) -> np.ndarray:
    """Return boxes moved to the right."""
    return np.asarray(boxes + np.array([pixels, 0, 0, 0]))


def truth_of(*paths: np.ndarray, playing: tuple[bool, ...] = (), visible: float = 1.0) -> Boxes:
    """Return the truth of people 1, 2 and so on, who walk along `paths`."""
    count = len(paths)
    boxes = np.stack(paths, axis=1).reshape(-1, 4)
    plays = np.tile(playing or (True,) * count, 100)
    return Boxes(
        np.repeat(FRAMES, count),
        np.tile(np.arange(count) + 1, 100),
        boxes,
        plays,
        np.full(len(boxes), visible),
        np.zeros((len(boxes), 3)),
    )


def track(name: str, boxes: np.ndarray, which: slice = slice(None)) -> Track:
    return Track(name, TIMES[which], boxes[which])


def event(start: float, end: float, player: str) -> Event:
    return Event("run", start, end, 0.9, 0.95, start, 4, player)


def test_boxes_that_overlap_by_half_have_a_third_in_common() -> None:
    iou = ownership.overlaps(np.array([0.0, 0, 10, 10]), np.array([5.0, 0, 10, 10]))
    assert iou == pytest.approx(1 / 3)


def test_tracks_under_other_names_belong_to_the_people_they_show() -> None:
    one, two = walks(0, 1), walks(300, -1)
    owned = owners([track("7", two), track("9", one)], truth_of(one, two))
    assert [set(each.people.tolist()) for each in owned] == [{2}, {1}]
    events = [event(0, 1, "7"), event(2, 3, "9")]
    assert [each.player for each in ownership.named_truly(events, owned)] == ["2", "1"]


def test_a_box_beside_everybody_belongs_to_nobody() -> None:
    one = walks(0, 1)
    owned = owners([track("3", aside(one, 200))], truth_of(one))
    assert set(owned[0].people.tolist()) == {NOBODY}
    assert ownership.named_truly([event(0, 1, "3")], owned)[0].player == "found 3"
    assert ownership.tracks_of_players(owned) == []


def test_two_tracks_never_show_one_person_at_once() -> None:
    one = walks(0, 1)
    owned = owners([track("1", one), track("2", aside(one, 1))], truth_of(one))
    assert set(owned[0].people.tolist()) == {1}
    assert set(owned[1].people.tolist()) == {NOBODY}


def test_a_track_stays_with_its_person_while_another_crosses() -> None:
    # In the middle the two stand side by side, and each found box is nearer to the other's true one.
    one, two = walks(0, 1), walks(103, -1)
    found_one, found_two = one.copy(), two.copy()
    found_one[50:53, 0], found_two[50:53, 0] = two[50:53, 0], one[50:53, 0]
    owned = owners([track("5", found_one), track("6", found_two)], truth_of(one, two))
    assert set(owned[0].people.tolist()) == {1}
    assert set(owned[1].people.tolist()) == {2}


def test_an_event_belongs_to_who_is_behind_most_of_its_boxes() -> None:
    one, two = walks(0, 0), walks(300, 0)
    switched = np.concatenate([one[:50], two[50:]])
    owned = owners([track("4", switched)], truth_of(one, two))
    events = [event(0, 3, "4"), event(1.5, 4, "4"), event(1, 3, "4")]
    # The third has 25 boxes of each: nobody's.
    assert [each.player for each in ownership.named_truly(events, owned)] == ["1", "2", "found 4"]


def test_found_boxes_under_true_ids_leave_out_who_does_not_play() -> None:
    player, referee = walks(0, 1), walks(300, 0)
    truth = truth_of(player, referee, playing=(True, False))
    found = [track("1", aside(player, 2)), track("2", referee)]
    owned = owners(found, truth)
    (mine,) = ownership.found_boxes_of_players(owned)
    assert (mine.id, mine.boxes[0].tolist()) == ("1", [2, 30, 20, 50])
    (true,) = ownership.true_boxes_where_found(owned, truth)
    assert (true.id, true.boxes[0].tolist()) == ("1", [0, 30, 20, 50])
    assert ownership.tracks_of_players(owned) == [found[0]]


def test_boxes_can_be_put_off_slowly_by_a_part_of_their_height() -> None:
    times = np.arange(2000) / 25
    boxes = np.tile([10.0, 20.0, 40.0, 100.0], (2000, 1))
    tracks = [Track(str(one), times, boxes) for one in range(1, 9)]
    error = np.stack([one.boxes for one in ownership.off_by(tracks, 0.04)]) - boxes
    centres = error[..., :2] + error[..., 2:] / 2
    assert centres.std() == pytest.approx(4.0, rel=0.1)
    # Within a twelfth of the time of drifting, hardly anything changes.
    assert np.abs(np.diff(centres, axis=1)).mean() < 0.5
    again = ownership.off_by(tracks, 0.04)[0].boxes
    assert np.array_equal(again - boxes, error[0])


def test_finding_is_described_by_what_was_missed_and_mistaken() -> None:
    one, two, referee = walks(0, 0), walks(300, 0), walks(600, 0)
    truth = truth_of(one, two, referee, playing=(True, True, False))
    truth = replace(truth, visibility=np.where(truth.person == 2, 0.5, 1.0))
    every = slice(0, None, 2)
    found = [
        track("1", one, slice(0, 50, 2)),
        track("2", aside(one, 2), slice(50, None, 2)),
        track("3", referee, every),
        track("4", aside(one, 900), every),
    ]
    finding = ownership.describe_finding(owners(found, truth), truth, step=2)
    # 50 of the players' 100 boxes are found; of 150 found boxes 50 are a player's and 50 the referee's.
    assert finding.recall == 0.5
    assert finding.recall_in_view == 1.0
    assert finding.precision == pytest.approx(1 / 3)
    assert finding.not_playing == pytest.approx(1 / 3)
    # Half of the boxes are right, half are shifted by 2 of 20 pixels: 18 / 22 in common.
    assert finding.iou == pytest.approx((1 + 18 / 22) / 2)
    # Half of the centres are 2 pixels off, of a height of 50.
    assert finding.centre_error == pytest.approx(0.04 / np.sqrt(2))
    assert (finding.width_ratio, finding.width_spread) == (1, 0)
    assert (finding.height_ratio, finding.height_spread) == (1, 0)
    # Two ids for one player, none for the other; one change in four seconds.
    assert finding.ids == 1.0
    assert finding.purity == 1.0
    assert finding.switches == 15
    assert describe_finding([finding, finding]).startswith("recall 0.50, recall in view 1.00")
