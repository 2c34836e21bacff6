"""Who is who: what a person says of the players' tracks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bball_tag.faults import FormError, shown
from bball_tag.json_files import as_text, field
from bball_tag.players.roster import NONE, ROSTER_ROLES
from bball_tag.review.edit_values import Rules, Stamp, text_of
from bball_tag.review.state import Name, State

SAME_AS = "same as "
"""Begins a name that is the name of another track."""


def name_player(state: State, edit: Mapping[str, Any], rules: Rules, stamp: Stamp) -> State:
    """Return the state after a person names a track."""
    track = as_text(field(edit, "id"))
    if track not in rules.tracks:
        raise FormError(f"there is no player {shown(track)}")
    before = state.names.get(track, Name())
    names = dict(state.names)
    new = before
    if "name" in edit:
        wanted, named = _wanted_name(state, as_text(edit["name"]), rules)
        names.update(named)
        others = [known for one, known in names.items() if known.name == wanted != "" and one != track]
        # Who becomes the same player as another has the other's team.
        new = replace(others[0] if others else new, name=wanted)
    if "team" in edit:
        new = replace(new, team=text_of(edit["team"], "team", may_be_empty=True))
    if "role" in edit:
        role = as_text(edit["role"])
        if role and role not in ROSTER_ROLES:
            raise FormError(f"there is no role {shown(role)}")
        new = replace(new, role=role)
    names[track] = new
    for other, known in names.items():
        # A track that is nobody stays so: it may have been taken for this player by mistake.
        if new.name and known.name == new.name and NONE not in (known.role, new.role):
            names[other] = new
    return replace(state, names={key: value for key, value in names.items() if value != Name()})


def _wanted_name(state: State, text: str, rules: Rules) -> tuple[str, dict[str, Name]]:
    """Return a name, and what others are called from now on so that it is theirs."""
    name = text_of(text, "name", may_be_empty=True)
    if not name.startswith(SAME_AS):
        return name, {}
    other = name.removeprefix(SAME_AS).strip()
    if other in rules.tracks:
        known = state.names.get(other, Name())
        return (known.name, {}) if known.name else (other, {other: replace(known, name=other)})
    if any(known.name == other for known in state.names.values()):
        return other, {}
    raise FormError(f"there is no player {shown(other)}")
