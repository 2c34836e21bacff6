"""What is judged of two files of events, and what is said of their differences."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import bball_tag
from bball_tag.annotations import Annotation
from bball_tag.annotations.reviewed import Reviewed
from bball_tag.comparison import Comparison, compare_games, compared_game
from bball_tag.errors import OptionError
from bball_tag.events import Event
from bball_tag.video.info import VideoInfo
from tests.example_events import VIDEO, annotation


def event(label: str, start: float, end: float, player: str = "7", confidence: float = 0.9) -> Event:
    return Event(label, start, end, confidence, confidence, start, 1, player)


def compared(found: list[Event], truth: list[Event], **fields: object) -> Comparison:
    sides = annotation(*found), annotation(*truth, **fields)
    return compare_games([compared_game(*sides, "game.mp4")])


def whys(comparison: Comparison) -> list[tuple[str, str, str, str]]:
    """Kind, label, why, and what is there instead."""
    return [
        (one.kind, one.event.label, one.why, one.instead.label if one.instead else "")
        for one in comparison.differences
    ]


TRUTH = [event("run", 0, 4), event("pass", 5, 6), event("shoot", 8, 9, "8")]


def test_equal_files_agree_in_everything():
    comparison = compared(TRUTH, TRUTH)
    for figures in (comparison.with_players, comparison.without_players):
        assert figures is not None
        values = [figures.f1(iou) for iou in (0.1, 0.25, 0.5)]
        values += [figures.mean_precision([iou]) for iou in (0.3, 0.95)]
        values += [figures.mean_spot_precision([1.0]), figures.mean_spot_precision([60.0])]
        assert [*values, figures.edit, figures.frame_accuracy] == [1.0] * 9
    assert comparison.differences == ()
    assert "Nothing was missed" in str(comparison)


def test_another_player_is_wrong_with_players_and_right_without():
    comparison = compared([*TRUTH[:2], event("shoot", 8, 9, "7")], TRUTH)
    assert comparison.with_players is not None
    assert comparison.with_players.f1(0.5) == pytest.approx(2 / 3)
    assert comparison.without_players.f1(0.5) == 1
    assert whys(comparison) == [
        ("false alarm", "shoot", "other player", "shoot"),
        ("missed", "shoot", "other player", "shoot"),
    ]
    assert {one.instead.player for one in comparison.differences if one.instead} == {"7", "8"}


def test_each_difference_says_what_is_there_instead():
    found = [
        event("walk", 0, 4),  # for the run
        event("pass", 4, 6.4),  # too long
        event("shoot", 8, 9, "8"),
        event("shoot", 8.9, 9.1, "8"),  # a second one
        event("pick", 20, 21),
    ]
    comparison = compared(found, TRUTH)
    assert whys(comparison) == [
        ("missed", "run", "other label", "walk"),
        ("false alarm", "walk", "other label", "run"),
        ("false alarm", "pass", "edges", "pass"),
        ("missed", "pass", "edges", "pass"),
        ("false alarm", "shoot", "joined", "shoot"),
        ("false alarm", "pick", "nothing", ""),
    ]
    first = comparison.differences[2]
    assert (first.game, first.event.start, first.overlap) == ("game.mp4", 4, pytest.approx(1 / 2.4))


def test_where_no_player_is_named_nothing_is_said_of_players():
    found, truth = [event("run", 0, 4, "")], [event("run", 0, 4), event("run", 1, 3, "8")]
    comparison = compared(found, truth)
    assert comparison.with_players is None
    assert comparison.without_players.f1(0.5) == pytest.approx(2 / 3)
    assert any("what was found names no players" in note for note in comparison.notes)


def test_players_with_other_names_are_said_and_the_figures_without_players_come_first():
    comparison = compared([event("run", 0, 4, "3")], [event("run", 0, 4, "Ana")])
    assert comparison.with_players is not None
    assert comparison.with_players.f1(0.5) == 0
    assert comparison.main is comparison.without_players
    assert any("found 3; true Ana" in note and "--roster" in note for note in comparison.notes)


def test_silence_is_left_out_on_both_sides():
    comparison = compared([event("run", 0, 4)], [event("run", 0, 4), event("no_action", 4, 9)])
    assert comparison.main.f1(0.5) == 1
    assert comparison.figures["games"][0]["num_background"] == 1


def test_only_reviewed_spans_are_judged():
    found = [event("run", 0, 4), event("pass", 5, 6), event("walk", 30, 34)]
    truth = [event("run", 0, 4)]
    comparison = compared(found, truth, reviewed=[Reviewed(0, 10)])
    # The walk is outside; the pass is a false alarm.
    assert comparison.main.matches[0.5].num_found == 2
    assert comparison.main.frame_accuracy == pytest.approx(0.9)
    (game,) = comparison.figures["games"]
    assert (game["judged_s"], game["num_unjudged"]) == (10, 1)
    assert any("judged is what was reviewed, 0:10 of 1:00" in note for note in comparison.notes)


def test_a_review_of_one_label_or_player_judges_nothing_else():
    reviewed = [Reviewed(0, 10, labels=("run",)), Reviewed(20, 30, player="8")]
    found = [event("run", 0, 4), event("pass", 5, 6), event("run", 21, 22), event("run", 24, 25, "8")]
    comparison = compared(found, [event("run", 0, 4)], reviewed=reviewed)
    assert whys(comparison) == [("false alarm", "run", "nothing", "")]
    assert comparison.differences[0].event.player == "8"
    # Player 7 is right in 0 to 10; player 8 there too, and in nine of the ten seconds of their own span.
    assert comparison.with_players is not None
    assert comparison.with_players.judged_s == 30
    assert comparison.with_players.frame_accuracy == pytest.approx(29 / 30)


def test_a_part_is_judged_alone_and_of_it_what_was_reviewed():
    found, truth = annotation(*TRUTH, event("walk", 30, 34)), annotation(*TRUTH)
    part = bball_tag.compare(found, truth, start=4, end="0:20")
    assert (part.main.matches[0.5].num_true, part.main.f1(0.5)) == (2, 1)
    assert part.figures["games"][0]["judged_s"] == 16
    assert any("judged is a part, 0:16 of 1:00; 3 events" in note for note in part.notes)
    reviewed = replace(truth, reviewed=[Reviewed(0, 7), Reviewed(30, 40)])
    both = bball_tag.compare(found, reviewed, start=4, end=32)
    assert both.figures["games"][0]["judged_s"] == 5
    with pytest.raises(OptionError, match="nothing is left to be compared"):
        bball_tag.compare(found, reviewed, start=10, end=20)
    with pytest.raises(OptionError, match="nothing is left to be compared"):
        bball_tag.compare(found, truth, start=20, end=10)


def test_a_review_that_ends_after_the_video_adds_no_time():
    comparison = compared([event("run", 0, 30)], [], reviewed=[Reviewed(0, 9999)])
    # A minute, of which half is wrong.
    assert comparison.main.frame_accuracy == pytest.approx(30.06 / 60.06)


def test_an_event_on_the_edge_of_what_was_reviewed_follows_its_true_counterpart():
    # The middle of the true one lies within, that of the one found outside.
    comparison = compared([event("run", 7.9, 12)], [event("run", 7.9, 11.9)], reviewed=[Reviewed(0, 9.9)])
    assert comparison.main.f1(0.5) == 1
    beyond = compared([event("run", 7.9, 11.8)], [event("run", 7.9, 12)], reviewed=[Reviewed(0, 9.9)])
    assert beyond.main.f1(0.5) is None


@pytest.mark.parametrize(
    ("found", "truth", "f1", "mean"),
    [([], TRUTH, 0, 0), (TRUTH, [], 0, None), ([], [], None, None)],
    ids=["nothing found", "no truth", "nothing at all"],
)
def test_an_empty_side_has_figures_too(found, truth, f1, mean):
    comparison = compared(found, truth)
    assert comparison.figures["f1"]["0.5"] == f1
    assert comparison.figures["map"]["0.3:0.1:0.7"] == mean
    assert len(comparison.differences) == len(found) + len(truth)
    assert str(comparison)


def test_points_and_events_after_the_end_are_compared():
    points = [event("shoot", 8, 8), event("shoot", 70, 70)]
    comparison = compared(points, points)
    assert comparison.main.f1(0.5) == 1
    assert comparison.games[0].end == 70
    assert any("only the figures of spots" in text for text in comparison.cautions)


def test_labels_and_names_that_differ_in_case_alone_are_asked_about():
    comparison = compared([event("shoot", 8, 9, "ana")], [event("Shoot", 8, 9, "Ana")])
    assert comparison.cautions == [
        "game.mp4: the label 'shoot' that was found and the true label 'Shoot' count as two. If they are "
        "one: --rename shoot=Shoot.",
        "game.mp4: no label is on both sides: found shoot; true Shoot.",
        "game.mp4: the player 'ana' who was found and the true player 'Ana' count as two.",
    ]


def test_labels_are_renamed_on_both_sides():
    found, truth = annotation(event("shot", 8, 9)), annotation(event("Shoot", 8, 9), event("layup", 3, 4))
    rename = {"shot": "shoot", "Shoot": "shoot", "layup": "shoot"}
    comparison = bball_tag.compare(found, truth, rename=rename)
    assert comparison.main.matches[0.5].num_right == 1
    assert list(comparison.main.labels) == ["shoot"]


def test_events_of_another_video_are_a_caution():
    other = replace(VIDEO, path=Path("/games/other.mp4"), duration=90.0)
    comparison = compare_games(
        [compared_game(annotation(*TRUTH), annotation(*TRUTH, video=other), "game.mp4")]
    )
    assert comparison.cautions == [
        "game.mp4: the events found are those of game.mp4, the true ones of other.mp4.",
        "game.mp4: one video is 60.1 s long, the other 90.0 s.",
    ]


def test_events_of_another_frame_rate_are_a_caution():
    faster = replace(VIDEO, fps=2 * VIDEO.fps)
    games = [compared_game(annotation(*TRUTH), annotation(*TRUTH, video=faster), "game.mp4")]
    (caution,) = compare_games(games).cautions
    assert f"one video has {float(VIDEO.fps):.5g} frames per second" in caution


def test_a_truth_that_nobody_corrected_is_asked_about():
    asked = "Is the truth the second file?"
    person = replace(TRUTH[0], num_clips=0)
    assert any(asked in note for note in compared([person], TRUTH).notes)
    assert not any(asked in note for note in compared(TRUTH, [person, *TRUTH[1:]]).notes)
    assert not any(asked in note for note in compared(TRUTH, TRUTH, reviewed=[Reviewed(0, 9)]).notes)


def test_several_games_are_judged_together_and_not_mixed():
    first, second = annotation(event("run", 0, 4)), annotation(event("run", 10, 14))
    assert bball_tag.compare([first, second], [first, second]).main.f1(0.5) == 1
    mixed = bball_tag.compare([first, second], [second, first])
    assert mixed.main.f1(0.5) == 0
    assert len(mixed.differences) == 4


def test_a_truth_is_needed_for_each_file():
    with pytest.raises(OptionError, match="give one truth for each"):
        bball_tag.compare([annotation(), annotation()], [annotation()])
    with pytest.raises(OptionError, match="1 game and 2 videos"):
        bball_tag.compare(annotation(), annotation(), video=["a.mp4", "b.mp4"])


def test_equal_confidences_are_said_to_rank_nothing():
    unknown = Annotation(VideoInfo.unknown(None, VIDEO.fps), [event("run", 0, 4, confidence=1.0)])
    assert any("same confidence" in note for note in bball_tag.compare(unknown, unknown).notes)
