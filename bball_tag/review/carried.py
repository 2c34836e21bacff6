"""Judgements that are carried over to a table that was changed: those of events that are the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, get_args

from bball_tag.annotations.native_json import event_as_json
from bball_tag.annotations.native_json_reader import event_from_json
from bball_tag.annotations.reviewed import as_json, from_json, in_order
from bball_tag.faults import FormError, shown
from bball_tag.json_files import as_flag, as_list, as_object, as_text, field
from bball_tag.review.edit_values import Rules, Stamp
from bball_tag.review.state import Item, Judgement, Name, Source, State, core
from bball_tag.video.info import VideoInfo

_NO_VIDEO = VideoInfo.unknown()


def item_as_json(item: Item) -> dict[str, Any]:
    """Return an event under review as journals hold it."""
    return {
        "id": item.id,
        "event": event_as_json(item.event, None, _NO_VIDEO),
        "state": item.state,
        "source": item.source,
        "proposed": None if item.proposed is None else event_as_json(item.proposed, None, _NO_VIDEO),
        "by": item.by,
        "at": item.at,
        "is_silent": item.is_silent,
    }


def item_from_json(value: object) -> Item:
    """Return what `item_as_json` gave.

    Raises:
        FormError: A field is invalid.
    """
    known = as_object(value)
    state, source = as_text(field(known, "state")), as_text(field(known, "source"))
    if state not in get_args(Judgement) or source not in get_args(Source):
        raise FormError(f"{shown(state)} or {shown(source)} is unknown")
    proposed = known.get("proposed")
    return Item(
        as_text(field(known, "id")),
        event_from_json(as_object(field(known, "event")))[0],
        state,  # type: ignore[arg-type]
        source,  # type: ignore[arg-type]
        None if proposed is None else event_from_json(as_object(proposed))[0],
        as_text(known.get("by", "")),
        as_text(known.get("at", "")),
        as_flag(known.get("is_silent", False)),
    )


def carrying(state: State) -> dict[str, Any]:
    """Return an edit that carries over what a state knows."""
    judged = (item for item in state.items.values() if item.state != "proposed" or item.source != "file")
    return {
        "op": "carry",
        "items": [item_as_json(item) for item in judged],
        "names": {track: [known.name, known.team, known.role] for track, known in state.names.items()},
        "reviewed": [as_json(span) for span in state.reviewed],
    }


def carry(state: State, edit: Mapping[str, Any], rules: Rules, stamp: Stamp) -> State:
    """Return the state with the judgements, names and spans of an earlier one.

    What a person or `suggest` added is there again. A judgement of an event of the table holds where the
    table has that event still, as it was proposed or as it was corrected.
    """
    old = [item_from_json(item) for item in as_list(field(edit, "items"))]
    names = {
        track: Name(*map(as_text, as_list(parts)))
        for track, parts in as_object(edit.get("names", {})).items()
        if track in rules.tracks
    }
    spans = map(from_json, map(as_object, as_list(edit.get("reviewed", []))))
    state = state.with_items(*_taken_over(state, old, stamp))
    return replace(state, names=names, reviewed=in_order({*state.reviewed, *spans}))


def _taken_over(state: State, old: Iterable[Item], stamp: Stamp) -> Iterable[Item]:
    there = {core(item.event): item for item in state.items.values()}
    for number, item in enumerate(old):
        before = None if item.proposed is None else there.get(core(item.proposed))
        after = there.get(core(item.event))
        if before is not None:
            yield replace(item, id=before.id, source=before.source, proposed=before.proposed)
        elif after is not None:
            # The table was corrected accordingly.
            kept = item.state if item.state in ("rejected", "unclear") else "accepted"
            yield replace(after, state=kept, by=item.by, at=item.at)
        elif item.source != "file":
            yield replace(item, id=f"c{stamp.revision}.{number}")
