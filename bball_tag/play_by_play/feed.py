"""What a play-by-play feed says: rows that may be linked to events of a video."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal

from bball_tag.faults import FormError, shown

Kind = Literal["shot", "free throw", "block", "assist", "turnover"]
KINDS: tuple[Kind, ...] = ("shot", "free throw", "block", "assist", "turnover")
Result = Literal["made", "missed", ""]
FeedName = Literal["nba", "fiba", "csv"]
_WORDS: tuple[tuple[Kind | Literal["other"], str], ...] = (
    ("other", r"shot clock|time ?-?out|violation|start of|end of|period"),
    ("free throw", r"free ?-?throw|\bfta?\b|\bftm\b"),
    ("turnover", r"turn ?-?over|\btov\b|^to$|bad pass|lost ball|travel"),
    ("block", r"\bblock|\bblk\b"),
    ("assist", r"assist|\bast\b"),
    (
        "other",
        r"rebound|\breb\b|steal|\bstl\b|foul|substitut|\bsub\b|jump ?-?ball|tip ?-?off|replay|challenge",
    ),
    (
        "shot",
        r"\b[23] ?-?p(oin)?t|pointer|\bshot|lay ?-?up|dunk|jumper|hook|\bfg[am]?\b|three|floater|tip ?-?in",
    ),
)
"""What free text is about; the first that fits counts."""


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One row of a feed: what happened by its clock, which lags."""

    number: int
    """Its number in the file: that of the action, or of the line."""
    period: int
    """From 1; overtime is counted on: 5 is the first after four quarters."""
    clock: float
    """Seconds left in the period when it was typed."""
    kind: Kind
    team: str
    player: str
    event: str
    """In the words of the feed."""
    result: Result = ""
    """Of a shot or free throw; empty where the feed does not say."""
    wall: float | None = None
    """When it was typed, in seconds since 1970; None where the feed does not say."""
    of: int | None = None
    """Index among all rows of the shot that an assist or a block belongs to."""


@dataclass(frozen=True, slots=True)
class Feed:
    """The rows of one game in its order, and what else the file has."""

    name: FeedName
    rows: tuple[FeedRow, ...]
    others: Counter[str] = field(default_factory=Counter)
    """Rows of kinds that are not linked (rebounds, fouls), by kind."""
    unknown: Counter[str] = field(default_factory=Counter)
    """Rows of kinds that nobody here knows, by kind."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A row before it knows its shot: by number, or by standing beside it."""

    row: FeedRow
    shot: int | None = None
    """Number of the shot, where the feed gives it."""


def in_game_order(drafts: Iterable[Draft]) -> tuple[FeedRow, ...]:
    """Return rows by period and clock, with assists and blocks knowing their shots.

    Where the feed does not name it, the shot is one of the same clock: made for an assist, else missed.
    """
    ordered = sorted(drafts, key=lambda draft: (draft.row.period, -draft.row.clock))
    by_number = {draft.row.number: index for index, draft in enumerate(ordered) if draft.row.kind == "shot"}
    at: dict[tuple[int, float, Result], int] = {}
    for index, draft in enumerate(ordered):
        if draft.row.kind == "shot":
            at.setdefault((draft.row.period, draft.row.clock, draft.row.result), index)
    rows = []
    for draft in ordered:
        row = draft.row
        if row.kind in ("assist", "block"):
            result: Result = "made" if row.kind == "assist" else "missed"
            places = [at.get((row.period, row.clock, how)) for how in (result, "")]
            named = None if draft.shot is None else by_number.get(draft.shot)
            row = replace(row, of=next((place for place in (named, *places) if place is not None), None))
        rows.append(row)
    return tuple(rows)


def kind_of_words(text: str) -> Kind | Literal["other"] | None:
    """Return what free text is about; None where no word of it is known."""
    plain = text.casefold()
    return next((kind for kind, pattern in _WORDS if re.search(pattern, plain)), None)


def result_of_words(text: str) -> Result:
    """Return whether free text says that a shot went in."""
    plain = text.casefold()
    if re.search(r"\bmiss", plain):
        return "missed"
    return "made" if re.search(r"\bma[dk]e|\bgood\b|\bscore", plain) else ""


def wall_seconds(text: str) -> float:
    """Return the seconds since 1970 of a date with a time in ISO 8601; without a zone it is UTC.

    Raises:
        FormError: It is not one.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as error:
        raise FormError(f"{shown(text)} is not a date with a time such as 2026-01-31T19:42:07Z") from error
    return seconds
