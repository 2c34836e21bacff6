"""Found players are matched with true ones by their boxes: worked by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import bball_tag
from bball_tag.comparison.same_players import overlap, true_names
from bball_tag.events import Event
from bball_tag.players.tracks import Track
from tests.example_events import annotation, written

STEP = 0.25


def track(name: str, left: float, start: float = 0.0, end: float = 10.0) -> Track:
    """A player of 40 by 100 pixels who stands still."""
    times = np.arange(start, end, STEP)
    return Track(name, times, np.tile([left, 50.0, 40.0, 100.0], (len(times), 1)))


def did(label: str, player: str, start: float, sure: float = 0.9) -> Event:
    return Event(label, start, start + 1.0, sure, sure, start + 0.5, 3, player)


def test_the_overlap_is_the_intersection_over_the_union():
    # Ten pixels aside: 30 of 50 columns are in both.
    assert overlap(track("a", 0.0), track("b", 10.0)) == pytest.approx(0.6)
    assert overlap(track("a", 0.0), track("b", 40.0)) == pytest.approx(0.0)
    seen = overlap(track("a", 0.0), track("b", 0.0, 2.0, 4.0))
    assert seen.sum() == pytest.approx(2.0 / STEP)
    # Its boxes are at other instants, and in between on a straight line.
    moving = Track("c", np.array([0.0, 0.3]), np.array([[0.0, 50, 40, 100], [12.0, 50, 40, 100]]))
    assert overlap(Track("d", np.array([0.25]), np.array([[10.0, 50, 40, 100]])), moving) == pytest.approx(
        1.0
    )


def test_whoever_is_behind_most_of_the_boxes_gives_the_name():
    truth = [track("ana", 0.0), track("bo", 200.0)]
    found = [
        track("1", 5.0, 0.0, 4.0),
        track("2", 5.0, 4.0, 10.0),
        track("3", 205.0),
        track("4", 500.0),
    ]
    assert true_names(found, truth) == {"1": "ana", "2": "ana", "3": "bo"}
    assert true_names(found, []) == {}


def test_a_track_that_changes_its_person_belongs_to_whom_it_shows_longest():
    truth = [track("ana", 0.0), track("bo", 200.0)]
    boxes = np.concatenate([track("", 0.0, 0.0, 6.0).boxes, track("", 200.0, 6.0, 10.0).boxes])
    changing = Track("1", np.arange(0.0, 10.0, STEP), boxes)
    assert true_names([changing], truth) == {"1": "ana"}
    # Four of ten seconds are not half of them.
    nobody = Track("1", changing.times, np.where(boxes[:, :1] == 0, [[900.0, 50, 40, 100]], boxes))
    assert true_names([nobody], truth) == {}


def test_of_two_who_stand_close_the_better_fitting_one_counts():
    assert true_names([track("1", 8.0)], [track("ana", 0.0), track("bo", 12.0)]) == {"1": "bo"}


@pytest.fixture
def sides():
    """The tool counted Bo 1, and Ana 2 and then 7; true numbers are others, and one is the same by chance."""
    truth = annotation(
        did("shoot", "1", 1.0),
        did("pass", "1", 7.0),
        did("run", "2", 3.0),
        tracks=[track("1", 0.0), track("2", 200.0)],
    )
    found = annotation(
        did("shoot", "2", 1.0),
        did("pass", "7", 7.0),
        did("run", "1", 3.0),
        did("run", "9", 3.0, 0.2),
        tracks=[track("1", 205.0), track("2", 5.0, 0.0, 5.0), track("7", 5.0, 5.0, 10.0), track("9", 900.0)],
    )
    return found, truth


def test_with_players_means_the_same_person(sides):
    result = bball_tag.compare(*sides)
    # Three of three are right, and a fourth was found of somebody who is nobody: F1 = 2 * 3 / (3 + 4).
    assert result.with_players.f1(0.5) == pytest.approx(6 / 7)
    assert result.main is result.with_players
    assert (
        "game.mp4: players are matched by their boxes: 3 found players with 2 true ones, 1 of them under "
        "several numbers." in result.notes
    )


def test_a_right_label_of_the_wrong_person_is_wrong_with_players_only(sides):
    found, truth = sides
    swapped = replace(found, events=[did("shoot", "1", 1.0), did("run", "1", 3.0)])
    result = bball_tag.compare(swapped, truth)
    assert result.with_players.f1(0.5) == pytest.approx(2 * 1 / (3 + 2))
    assert result.without_players.f1(0.5) == pytest.approx(2 * 2 / (3 + 2))
    assert [one.why for one in result.differences if one.kind == "false alarm"] == ["other player"]


def test_a_found_player_who_is_nobody_is_not_taken_for_one_of_that_number(sides):
    found, truth = sides
    stranger = replace(found, events=[did("shoot", "1", 1.0)], tracks=[track("1", 900.0)])
    result = bball_tag.compare(stranger, truth)
    assert result.with_players.f1(0.5) == 0.0
    assert {event.player for event in result.games[0].found} == {"1 (found)"}


def test_names_say_who_is_who_where_a_person_gave_them(sides):
    found, truth = sides
    named = replace(found, events=[did("shoot", "Ana", 1.0)])
    true = replace(truth, events=[did("shoot", "Ana", 1.0)])
    result = bball_tag.compare(named, true)
    assert result.games[0].matched is None
    assert result.with_players.f1(0.5) == 1.0


def test_boxes_are_given_as_files(tmp_path, sides):
    found, truth = sides
    plain = [replace(side, tracks=()) for side in sides]
    paths = [
        written(side, tmp_path / f"{name}.csv") for name, side in zip(("found", "truth"), plain, strict=True)
    ]
    boxes = []
    for name, side in (("found", found), ("truth", truth)):
        rows = [
            f"{time},{one.id},{','.join(map(str, box))}"
            for one in side.tracks
            for time, box in zip(one.times.tolist(), one.boxes.tolist(), strict=True)
        ]
        boxes.append(tmp_path / f"{name}.tracks.csv")
        boxes[-1].write_text("time_s,player,left,top,width,height\n" + "\n".join(rows) + "\n")
    result = bball_tag.compare(*paths, tracks=boxes[0], truth_tracks=boxes[1])
    assert result.with_players.f1(0.5) == pytest.approx(6 / 7)
