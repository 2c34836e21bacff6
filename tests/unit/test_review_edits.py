"""Edits of a review: each leads from one state to the next, and can be taken back."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from bball_tag.events import Event
from bball_tag.faults import FormError
from bball_tag.review.edit_values import Rules, Stamp
from bball_tag.review.edits import apply
from bball_tag.review.state import Item, Name, State, changed, difference, shown_names

RULES = Rules(frozenset(("7", "8", "9")), 60.0)
STAMP = Stamp(5, "anna", "2026-11-26T12:00:00+00:00")
SHOT = Event("shoot", 10.0, 12.0, 0.8, 0.9, 11.0, 4, "7", "white")
PASS = Event("pass", 20.0, 21.0, 0.6, 0.7, 20.5, 2, "7", "white")
RUN = Event("run", 30.0, 35.0, 0.9, 0.9, 31.0, 6, "8", "navy")
BEFORE = State({f"e{n}": Item(f"e{n}", event, proposed=event) for n, event in enumerate((SHOT, PASS, RUN))})


def after(*edits: dict, state: State = BEFORE) -> State:
    for edit in edits:
        state = apply(state, edit, RULES, STAMP)
    return state


def test_yes_no_and_unclear_are_kept_with_who_judged_and_when():
    state = after({"op": "yes", "ids": ["e0", "e2"]}, {"op": "no", "id": "e1"})
    assert [item.state for item in state.items.values()] == ["accepted", "rejected", "accepted"]
    assert (state.items["e1"].by, state.items["e1"].at) == ("anna", STAMP.at)
    assert after({"op": "unclear", "id": "e1"}, state=state).items["e1"].state == "unclear"


def test_another_label_is_a_persons_and_has_no_confidence_of_the_model():
    item = after({"op": "relabel", "ids": ["e0"], "label": "pass"}).items["e0"]
    assert item.state == "changed"
    assert item.proposed == SHOT
    assert item.event == replace(SHOT, label="pass", confidence=1.0, peak_confidence=1.0, num_clips=0)


def test_the_label_that_was_proposed_is_a_yes():
    state = after(
        {"op": "relabel", "ids": ["e0"], "label": "pass"}, {"op": "relabel", "ids": ["e0"], "label": "shoot"}
    )
    # The confidence of the model comes back with it.
    assert state.items["e0"] == replace(
        BEFORE.items["e0"], state="accepted", by="anna", at=STAMP.at, event=SHOT
    )


def test_no_action_rejects_and_says_that_nothing_happens_there():
    item = after({"op": "relabel", "ids": ["e0"], "label": "no_action"}).items["e0"]
    assert (item.state, item.is_silent, item.event) == ("rejected", True, SHOT)


def test_edges_move_within_the_video():
    item = after({"op": "change", "id": "e0", "start": 11.5, "end": 60.4}).items["e0"]
    assert (item.event.start, item.event.end, item.state) == (11.5, 60.0, "changed")
    # Its peak lay before the new start.
    assert item.event.peak == 35.75


def test_a_divided_event_is_two_that_meet():
    state = after({"op": "split", "id": "e0", "at": 11.25})
    first, second = state.items["e0"].event, state.items["n5.0"].event
    assert (first.start, first.end, second.start, second.end) == (10.0, 11.25, 11.25, 12.0)
    assert second.label == "shoot"


def test_joined_events_span_all_of_them_and_keep_the_first_label():
    state = after({"op": "join", "ids": ["e1", "e0"]})
    assert list(state.items) == ["e1", "e2"]
    event = state.items["e1"].event
    assert (event.label, event.start, event.end) == ("pass", 10.0, 21.0)


def test_events_of_two_players_are_joined_only_if_they_are_one():
    with pytest.raises(FormError, match="one player"):
        after({"op": "join", "ids": ["e0", "e2"]})
    state = after({"op": "name", "id": "8", "name": "same as 7"}, {"op": "join", "ids": ["e0", "e2"]})
    assert state.items["e0"].event.end == 35.0


def test_what_is_added_or_deleted_is_there_or_gone():
    state = after(
        {"op": "add", "label": " box  out ", "start": 1, "end": 2.5, "player": "9"},
        {"op": "delete", "ids": ["e0", "e1"]},
    )
    assert list(state.items) == ["e2", "n5.0"]
    added = state.items["n5.0"]
    assert (added.event.label, added.state, added.source, added.proposed) == (
        "box out",
        "accepted",
        "person",
        None,
    )


def test_reset_brings_back_what_was_proposed():
    state = after({"op": "change", "id": "e0", "start": 9.0}, {"op": "reset", "ids": ["e0"]})
    assert state == BEFORE


def test_two_tracks_of_one_name_are_one_player_with_one_team():
    state = after(
        {"op": "name", "id": "7", "name": "Maria", "team": "white"},
        {"op": "name", "id": "8", "name": "same as 7"},
        {"op": "name", "id": "8", "team": "navy"},
    )
    assert state.names == {"7": Name("Maria", "navy"), "8": Name("Maria", "navy")}


def test_same_as_a_track_without_a_name_names_both():
    assert after({"op": "name", "id": "8", "name": "same as 7"}).names == {"7": Name("7"), "8": Name("7")}


def test_a_name_that_is_anothers_id_does_not_make_them_one_player():
    state = after({"op": "name", "id": "8", "name": "7"})
    assert shown_names(state.names, ("7", "8", "9")) == {"7": "track 7", "8": "7", "9": "9"}


def test_a_name_that_is_taken_away_leaves_nothing():
    assert after({"op": "name", "id": "7", "name": "Maria"}, {"op": "name", "id": "7", "name": ""}) == BEFORE


def test_whole_spans_are_marked_as_reviewed_and_unmarked():
    span = {"start": 0, "end": 30.0, "player": "7", "labels": ["shoot"]}
    state = after({"op": "reviewed", **span})
    (kept,) = state.reviewed
    assert (kept.start, kept.end, kept.player, kept.labels, kept.by) == (0.0, 30.0, "7", ("shoot",), "anna")
    assert after({"op": "not_reviewed", **span}, state=state) == BEFORE


@pytest.mark.parametrize(
    "edit",
    [
        None,
        [],
        "yes",
        {},
        {"op": "explode"},
        {"op": ["yes"]},
        {"op": "yes"},
        {"op": "yes", "ids": []},
        {"op": "yes", "ids": ["e9"]},
        {"op": "yes", "ids": [None]},
        {"op": "relabel", "ids": ["e0"], "label": " "},
        {"op": "relabel", "ids": ["e0"], "label": "x" * 201},
        {"op": "relabel", "ids": ["e0"], "label": "a\x00b"},
        {"op": "relabel", "ids": ["e0"], "label": 7},
        {"op": "change", "id": "e0", "start": 12.0},
        {"op": "change", "id": "e0", "start": -1},
        {"op": "change", "id": "e0", "start": "1"},
        {"op": "change", "id": "e0", "end": 1e308},
        {"op": "change", "id": "e0", "end": 62.0},
        {"op": "change", "id": "e0", "player": "nobody"},
        {"op": "change", "id": "e0", "label": "no_action"},
        {"op": "split", "id": "e0", "at": 10.0},
        {"op": "split", "id": "e0", "at": 13.0},
        {"op": "join", "ids": ["e0"]},
        {"op": "join", "ids": ["e0", "e0"]},
        {"op": "add", "label": "shoot", "start": 2, "end": 2},
        {"op": "add", "label": "no_action", "start": 2, "end": 3},
        {"op": "name", "id": "1", "name": "Maria"},
        {"op": "name", "id": "7", "name": "same as 1"},
        {"op": "name", "id": "7", "role": "coach"},
        {"op": "reviewed", "start": 3, "end": 1},
        {"op": "not_reviewed", "start": 0, "end": 1},
        {"op": "propose", "events": [{"label": "shoot"}]},
        {"op": "carry"},
    ],
    ids=str,
)
def test_an_edit_that_makes_no_sense_is_refused_in_words(edit):
    with pytest.raises(FormError):
        after(edit)


def test_hostile_text_is_text():
    name = "<script>alert('x')</script>"
    state = after(
        {"op": "relabel", "ids": ["e0"], "label": name}, {"op": "name", "id": "7", "name": f"=1+2 {name}"}
    )
    assert state.items["e0"].event.label == name
    assert state.names["7"].name == f"=1+2 {name}"


def random_edit(rng: random.Random, state: State) -> dict:
    ids = list(state.items) or ["e0"]
    one, two = rng.choice(ids), rng.choice(ids)
    start = round(rng.uniform(0, 50), 2)
    return rng.choice(
        [
            {"op": rng.choice(["yes", "no", "unclear", "reset"]), "ids": [one, two]},
            {"op": "relabel", "ids": [one], "label": rng.choice(["shoot", "pass", "no_action", "zone"])},
            {"op": "change", "id": one, "start": start, "end": start + rng.uniform(-1, 5)},
            {"op": "change", "id": one, "player": rng.choice("789")},
            {"op": "split", "id": one, "at": start},
            {"op": "join", "ids": [one, two]},
            {"op": "delete", "ids": [one]},
            {"op": "add", "label": "pass", "start": start, "end": start + 1, "player": rng.choice("789")},
            {"op": "name", "id": rng.choice("789"), "name": rng.choice(["A", "B", "", "same as 8", "9"])},
            {"op": "name", "id": rng.choice("789"), "role": rng.choice(["player", "other", "none", ""])},
            {"op": "reviewed", "start": start, "end": start + 2, "player": rng.choice(["", "7"])},
        ]
    )


def holds(state: State) -> None:
    """Check what must hold whatever was done."""
    for key, item in state.items.items():
        assert key == item.id
        assert 0 <= item.event.start < item.event.end <= 60
        assert item.event.start <= item.event.peak <= item.event.end
        assert item.event.label.strip()
        assert item.event.player in RULES.tracks
        if item.state in ("accepted", "proposed") and item.proposed is not None:
            assert item.event == item.proposed
        if item.state == "changed":
            assert item.proposed is not None
            assert not item.is_as_proposed
            assert item.event.num_clips == 0
    named: dict[str, set[str]] = {}
    for known in state.names.values():
        assert known != Name()
        if known.name and known.role != "none":
            named.setdefault(known.name, set()).add(f"{known.team}/{known.role}")
    # A roster refuses players of two teams or roles.
    assert all(len(kinds) == 1 for kinds in named.values())


@pytest.mark.parametrize("seed", range(30))
def test_whatever_is_done_leaves_a_whole_state_and_every_step_can_be_taken_back(seed):
    rng = random.Random(seed)
    states = [BEFORE]
    for number in range(120):
        state = states[-1]
        try:
            new = apply(state, random_edit(rng, state), RULES, Stamp(number, "x", "y"))
        except FormError:
            continue
        holds(new)
        assert changed(state, difference(state, new)) == new
        assert changed(new, difference(new, state)) == state
        states.append(new)
    assert len(states) > 40
