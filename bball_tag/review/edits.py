"""What a person can do in a review: each edit turns one state into the next, and nothing else.

An edit is a JSON object with the key `op`. Edits come from a browser and from journals: every value is
checked, and what is wrong is a `FormError` in words.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from bball_tag.annotations.native_json_reader import event_from_json
from bball_tag.annotations.reviewed import from_json, in_order
from bball_tag.events import Event
from bball_tag.faults import FormError, shown
from bball_tag.json_files import as_list, as_number, as_object, as_text, field
from bball_tag.review.carried import carry
from bball_tag.review.edit_values import SHORTEST_S, Rules, Stamp, label_of, player_of, span_of, text_of
from bball_tag.review.naming import name_player
from bball_tag.review.state import Item, Judgement, State, shown_names
from bball_tag.timecode import LONGEST_S


def apply(state: State, edit: object, rules: Rules, stamp: Stamp) -> State:
    """Return the state after an edit.

    Args:
        state: Before; it stays as it is.
        edit: A JSON object.
        rules: What edits can be about.
        stamp: Whose the edit is; its revision makes the ids of new events.

    Raises:
        FormError: The edit makes no sense, in words.
    """
    known = as_object(edit)
    name = as_text(field(known, "op"))
    if name not in _OPERATIONS:
        raise FormError(f"there is no operation {shown(name)}")
    return _OPERATIONS[name](state, known, rules, stamp)


def _items(state: State, edit: Mapping[str, Any]) -> list[Item]:
    """Return the events that an edit is about."""
    ids = as_list(field(edit, "ids")) if "ids" in edit else [field(edit, "id")]
    if not ids:
        raise FormError("it names no event")
    return [_item(state, as_text(one)) for one in dict.fromkeys(map(as_text, ids))]


def _item(state: State, name: str) -> Item:
    if (item := state.items.get(name)) is None:
        raise FormError(f"there is no event {shown(name)} any more")
    return item


def _yes(state: State, edit: Mapping[str, Any], rules: Rules, stamp: Stamp) -> State:
    return state.with_items(*(_kept(item, item.event, stamp) for item in _items(state, edit)))


def _kept(item: Item, event: Event, stamp: Stamp) -> Item:
    """Return an event that a person stands for as it is now."""
    new = replace(item, event=event, by=stamp.by, at=stamp.at, is_silent=False)
    if new.is_as_proposed:
        return replace(new, event=item.proposed or event, state="accepted")
    return replace(new, state="changed")


def _judge(state: State, edit: Mapping[str, Any], rules: Rules, stamp: Stamp, judgement: Judgement) -> State:
    """Judge events, and change nothing of them."""
    judged: dict[str, Any] = {"state": judgement, "by": stamp.by, "at": stamp.at, "is_silent": False}
    return state.with_items(*(replace(item, **judged) for item in _items(state, edit)))


def _reset(state: State, edit: Mapping[str, Any], rules: Rules, stamp: Stamp) -> State:
    return state.with_items(
        *(
            replace(item, event=item.proposed, state="proposed", by="", at="", is_silent=False)
            if item.proposed is not None
            else replace(item, state="accepted", by=stamp.by, at=stamp.at, is_silent=False)
            for item in _items(state, edit)
        )
    )


def _relabel(state: State, edit: Mapping[str, Any], rules: Rules, stamp: Stamp) -> State:
    label = label_of(edit)
    if label in rules.background:
        silent = _judge(state, edit, rules, stamp, "rejected")
        return silent.with_items(
            *(replace(item, is_silent=True) for item in _items(silent, edit) if item.state == "rejected")
        )
    return state.with_items(
        *(_kept(item, _corrected(item, label=label), stamp) for item in _items(state, edit))
    )


def _change(state: State, edit: Mapping[str, Any], rules: Rules, stamp: Stamp) -> State:
    (item,) = _items(state, {"id": field(edit, "id")})
    start, end = span_of(
        {"start": edit.get("start", item.event.start), "end": edit.get("end", item.event.end)}, rules
    )
    label = label_of(edit) if "label" in edit else item.event.label
    if label in rules.background:
        raise FormError(f"{shown(label)} says that nothing happens: reject the event instead")
    player = player_of(edit, rules) if "player" in edit else item.event.player
    event = _corrected(item, label=label, start=start, end=end, player=player)
    return state.with_items(_kept(item, event, stamp))


def _corrected(item: Item, **values: Any) -> Event:
    """Return an event with other values: a person's, so that the model's confidence does not hold for it."""
    event = replace(item.event, **values)
    if event == item.event:
        return event
    inside = event.start <= event.peak <= event.end
    at = event.game_time
    if at is not None and event.start != item.event.start:
        # What the clock shows then is known where the periods are.
        at = replace(at, clock=None, within=0.0)
    return replace(
        event,
        game_time=at,
        confidence=1.0,
        peak_confidence=1.0,
        num_clips=0,
        peak=event.peak if inside else (event.start + event.end) / 2,
    )


def _split(state: State, edit: Mapping[str, Any], rules: Rules, stamp: Stamp) -> State:
    (item,) = _items(state, {"id": field(edit, "id")})
    at = as_number(field(edit, "at"), LONGEST_S)
    if not item.event.start + SHORTEST_S <= at <= item.event.end - SHORTEST_S:
        raise FormError("an event can only be divided between its start and its end")
    first = _kept(item, _corrected(item, end=at), stamp)
    second = Item(
        _new_id(state, "n", stamp),
        _corrected(item, start=at),
        "accepted",
        "person",
        by=stamp.by,
        at=stamp.at,
    )
    return state.with_items(first, second)


def _join(state: State, edit: Mapping[str, Any], rules: Rules, stamp: Stamp) -> State:
    first, *others = _items(state, edit)
    if not others:
        raise FormError("two events or more are needed to join them")
    tracks = {item.event.player for item in (first, *others)}
    if len(set(shown_names(state.names, tracks).values())) > 1:
        raise FormError("only events of one player can be joined")
    spans = [item.event for item in (first, *others)]
    start, end = min(event.start for event in spans), max(event.end for event in spans)
    joined = _kept(first, _corrected(first, start=start, end=end), stamp)
    return _without(state, others).with_items(joined)


def _delete(state: State, edit: Mapping[str, Any], rules: Rules, stamp: Stamp) -> State:
    return _without(state, _items(state, edit))


def _without(state: State, items: Sequence[Item]) -> State:
    gone = {item.id for item in items}
    return replace(state, items={key: item for key, item in state.items.items() if key not in gone})


def _add(state: State, edit: Mapping[str, Any], rules: Rules, stamp: Stamp) -> State:
    start, end = span_of(edit, rules)
    label = label_of(edit)
    if label in rules.background:
        raise FormError(f"{shown(label)} says that nothing happens: mark the span as reviewed instead")
    event = Event(label, start, end, 1.0, 1.0, (start + end) / 2, 0, player_of(edit, rules))
    name = _new_id(state, "n", stamp)
    return state.with_items(Item(name, event, "accepted", "person", by=stamp.by, at=stamp.at))


def _propose(state: State, edit: Mapping[str, Any], rules: Rules, stamp: Stamp) -> State:
    """Add events that a model suggests; one that is there already is not added again."""
    there = {(item.event.player, item.event.start, item.event.end) for item in state.items.values()}
    for one in as_list(field(edit, "events")):
        event, _ = event_from_json(as_object(one))
        if (event.player, event.start, event.end) not in there:
            state = state.with_items(
                Item(_new_id(state, "s", stamp), event, "proposed", "suggest", proposed=event)
            )
    return state


def _reviewed(state: State, edit: Mapping[str, Any], rules: Rules, stamp: Stamp) -> State:
    span = from_json({**_spoken_span(edit, rules), "by": stamp.by, "at": stamp.at})
    return replace(state, reviewed=in_order((*state.reviewed, span)))


def _not_reviewed(state: State, edit: Mapping[str, Any], rules: Rules, stamp: Stamp) -> State:
    span = from_json(_spoken_span(edit, rules))
    kept = tuple(one for one in state.reviewed if replace(one, by="", at="") != span)
    if len(kept) == len(state.reviewed):
        raise FormError("that span is not marked as reviewed any more")
    return replace(state, reviewed=kept)


def _spoken_span(edit: Mapping[str, Any], rules: Rules) -> dict[str, Any]:
    start, end = span_of(edit, rules)
    player = player_of(edit, rules) if edit.get("player") else ""
    labels = [text_of(label, "label") for label in as_list(edit.get("labels", []))]
    return {"start_s": start, "end_s": end, "player": player, "labels": labels}


def _new_id(state: State, kind: str, stamp: Stamp) -> str:
    names = (f"{kind}{stamp.revision}.{number}" for number in itertools.count())
    return next(name for name in names if name not in state.items)


_Operation = Callable[[State, Mapping[str, Any], Rules, Stamp], State]
BY_PERSON: dict[str, _Operation] = {
    "yes": _yes,
    "no": partial(_judge, judgement="rejected"),
    "unclear": partial(_judge, judgement="unclear"),
    "reset": _reset,
    "relabel": _relabel,
    "change": _change,
    "split": _split,
    "join": _join,
    "delete": _delete,
    "add": _add,
    "reviewed": _reviewed,
    "not_reviewed": _not_reviewed,
    "name": name_player,
}
"""What a person can do."""
_OPERATIONS: dict[str, _Operation] = {**BY_PERSON, "propose": _propose, "carry": carry}
