"""Feeds in JSON: the NBA's live play-by-play, and FIBA LiveStats."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from bball_tag.faults import Faults, FormError, shown
from bball_tag.game_time import parse_game_clock
from bball_tag.json_files import as_list, as_number, as_object
from bball_tag.play_by_play.feed import Draft, Feed, FeedRow, Kind, Result, in_game_order, wall_seconds
from bball_tag.text_files import at_most, number_of

_ISO_CLOCK = re.compile(r"PT(?:([0-9]{1,3})M)?(?:([0-9]{1,3}(?:\.[0-9]{1,6})?)S)?")
_KINDS: dict[str, Kind] = {
    "2pt": "shot",
    "3pt": "shot",
    "freethrow": "free throw",
    "block": "block",
    "assist": "assist",
    "turnover": "turnover",
}
"""Both feeds call them so."""
_OTHERS = frozenset(
    (
        *("jumpball", "rebound", "steal", "foul", "foulon", "substitution", "timeout", "period", "game"),
        *("stoppage", "violation", "ejection", "memo", "instantreplay", "challenge", "headcoachchallenge"),
    )
)
"""Known kinds that are not linked."""
_MOST_PERIODS = 30
_MADE: dict[object, Result] = {"Made": "made", "Missed": "missed", 1: "made", 0: "missed"}


def nba_feed(document: Mapping[str, Any]) -> Feed:
    """Return the rows of a live play-by-play; the assist of a shot becomes a row of its own.

    Raises:
        FormError: Actions are invalid; it names them by their numbers.
    """
    faults, drafts = Faults(), list[Draft]()
    others, unknown = Counter[str](), Counter[str]()
    for index, item in enumerate(at_most(as_list(as_object(document["game"]).get("actions"))), start=1):
        with faults.gathered(f"action {index}"):
            action = as_object(item)
            kind = _kind(action, others, unknown)
            if kind is not None:
                drafts += _nba_rows(action, kind, index)
    faults.check()
    return Feed("nba", in_game_order(drafts), others, unknown)


def _nba_rows(action: Mapping[str, Any], kind: Kind, index: int) -> Iterator[Draft]:
    number = _whole(action.get("actionNumber"), index)
    row = FeedRow(
        number=number,
        period=_period(action.get("period")),
        clock=_iso_clock(_text(action, "clock")),
        kind=kind,
        team=_text(action, "teamTricode"),
        player=_text(action, "playerNameI") or _text(action, "playerName"),
        event=_words(action, "actionType", "descriptor", "subType", "shotResult"),
        result=_MADE.get(action.get("shotResult"), "") if kind in ("shot", "free throw") else "",
        wall=_wall(_text(action, "timeActual")),
    )
    yield Draft(row, _whole(action.get("shotActionNumber"), 0) or None)
    helper = _text(action, "assistPlayerNameInitial")
    if kind == "shot" and helper:
        assist = FeedRow(
            number, row.period, row.clock, "assist", row.team, helper, f"assist of {row.event}", wall=row.wall
        )
        yield Draft(assist, number)


def fiba_feed(document: Mapping[str, Any], regular: int) -> Feed:
    """Return the rows of LiveStats data; overtime is counted on after `regular` periods.

    Raises:
        FormError: Rows are invalid; it names them by their numbers.
    """
    teams = {
        key: _text(team, "code") or _text(team, "name")
        for key, team in as_object(document.get("tm", {})).items()
        if isinstance(team, dict)
    }
    faults, drafts = Faults(), list[Draft]()
    others, unknown = Counter[str](), Counter[str]()
    for index, item in enumerate(at_most(as_list(document["pbp"])), start=1):
        with faults.gathered(f"row {index} of pbp"):
            action = as_object(item)
            kind = _kind(action, others, unknown)
            if kind is not None:
                drafts.append(_fiba_row(action, kind, teams, regular, index))
    faults.check()
    # The file has the newest row first.
    drafts.sort(key=lambda draft: draft.row.number)
    return Feed("fiba", in_game_order(drafts), others, unknown)


def _fiba_row(
    action: Mapping[str, Any], kind: Kind, teams: Mapping[str, str], regular: int, index: int
) -> Draft:
    period = _period(action.get("period"))
    is_overtime = _text(action, "periodType").upper() == "OVERTIME"
    shot = kind in ("shot", "free throw")
    result = _MADE.get(_whole(action.get("success"), -1), "") if shot else ""
    row = FeedRow(
        number=_whole(action.get("actionNumber"), index),
        period=period + regular if is_overtime else period,
        clock=_clock(_text(action, "gt")),
        kind=kind,
        team=teams.get(str(_whole(action.get("tno"), 0)), ""),
        player=_text(action, "player"),
        event=" ".join(filter(None, (_words(action, "actionType", "subType"), result))),
        result=result,
    )
    return Draft(row, _whole(action.get("previousAction"), 0) or None)


def _kind(action: Mapping[str, Any], others: Counter[str], unknown: Counter[str]) -> Kind | None:
    """Return what a row is about; one that is not linked is counted."""
    name = _text(action, "actionType")
    plain = name.casefold().replace(" ", "")
    if plain in _KINDS:
        return _KINDS[plain]
    (others if plain in _OTHERS else unknown)[name[:40] or "(empty)"] += 1
    return None


def _text(item: Mapping[str, Any], name: str) -> str:
    """Return the text of a key; feeds have the word None where they mean nothing."""
    value = item.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return shown(value)
    return "" if not isinstance(value, str) or value.strip() == "None" else value.strip()


def _words(item: Mapping[str, Any], *names: str) -> str:
    return " ".join(filter(None, (_text(item, name) for name in names)))


def _whole(value: object, missing: int) -> int:
    """Return a whole number, also one written as text; `missing` where there is none."""
    try:
        number = as_number(number_of(value) if isinstance(value, str) else value, 1e12, -1e12)
    except FormError:
        return missing
    return int(number)


def _period(value: object) -> int:
    number = _whole(value, 0)
    if not 1 <= number <= _MOST_PERIODS:
        raise FormError(f"its period is {shown(value)}")
    return number


def _iso_clock(text: str) -> float:
    match = _ISO_CLOCK.fullmatch(text)
    if match is None or text == "PT":
        raise FormError(f"its clock {shown(text)} is not one such as PT11M58.00S")
    return int(match[1] or 0) * 60 + float(match[2] or 0)


def _clock(text: str) -> float:
    # Some files have hundredths after a second colon: 09:41:00.
    minutes, _, rest = text.partition(":")
    return parse_game_clock(f"{minutes}:{rest.replace(':', '.')}" if rest.count(":") == 1 else text)


def _wall(text: str) -> float | None:
    """Return when a row was typed; None where the feed does not say."""
    try:
        return wall_seconds(text) if text else None
    except FormError:
        return None


def is_nba(document: Mapping[str, Any]) -> bool:
    """Say whether a document looks like the NBA's."""
    game = document.get("game")
    return isinstance(game, dict) and isinstance(game.get("actions"), list)


def is_fiba(document: Mapping[str, Any]) -> bool:
    """Say whether a document looks like LiveStats'."""
    return isinstance(document.get("pbp"), list)
