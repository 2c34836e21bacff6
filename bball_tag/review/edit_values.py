"""The values in an edit, checked: what is wrong is a `FormError` in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bball_tag.faults import FormError, shown
from bball_tag.json_files import as_number, as_text, field
from bball_tag.learning.judged import BACKGROUND
from bball_tag.timecode import LONGEST_S

_LONGEST_TEXT = 200
_LATE_S = 1.0
"""The last frame may be shown a little longer than a header promises."""
SHORTEST_S = 0.001
"""No event is shorter."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What edits can be about."""

    tracks: frozenset[str]
    """Ids of the players' tracks; without any, events belong to the whole frame."""
    end: float
    """Seconds to the end of the video; 0 if it is unknown."""
    background: frozenset[str] = frozenset((BACKGROUND,))
    """Labels that say that nothing happens."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Whose an edit is, and when it was made."""

    revision: int
    by: str = ""
    at: str = ""


def label_of(edit: Mapping[str, Any]) -> str:
    """Return the label that an edit gives."""
    return text_of(field(edit, "label"), "label")


def text_of(value: object, what: str, *, may_be_empty: bool = False) -> str:
    """Return text in one line; `what` it is goes into the message where it cannot be used."""
    text = " ".join(as_text(value).split())
    if not text and not may_be_empty:
        raise FormError(f"the {what} is empty")
    if len(text) > _LONGEST_TEXT or not text.isprintable():
        raise FormError(f"the {what} has more than {_LONGEST_TEXT} characters, or some that cannot be shown")
    return text


def player_of(edit: Mapping[str, Any], rules: Rules) -> str:
    """Return the player that an edit is about; empty for the whole frame."""
    player = as_text(edit.get("player", ""))
    if player and player not in rules.tracks:
        raise FormError(f"there is no player {shown(player)}")
    return player


def span_of(edit: Mapping[str, Any], rules: Rules) -> tuple[float, float]:
    """Return a start and an end within the video."""
    start, end = (as_number(field(edit, name), LONGEST_S) for name in ("start", "end"))
    if rules.end:
        if end > rules.end + _LATE_S:
            raise FormError(f"the end lies after the end of the video, {rules.end:.3f} s")
        end = min(end, rules.end)
    if end - start < SHORTEST_S:
        raise FormError("the end is not after the start")
    return start, end
