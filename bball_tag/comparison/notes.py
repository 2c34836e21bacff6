"""What to know of the figures of a comparison, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from bball_tag.comparison.cautions import listed, names_of
from bball_tag.comparison.figures import has_one_confidence
from bball_tag.timecode import counted, format_clock

if TYPE_CHECKING:
    from bball_tag.comparison.games import ComparedGame
    from bball_tag.comparison.result import Comparison


def notes_on(comparison: Comparison) -> list[str]:
    """Return a sentence for each thing to know."""
    notes = [text for game in comparison.games for text in _notes_on_game(game)]
    notes += _notes_on_labels(comparison)
    if any(game.found for game in comparison.games) and has_one_confidence(comparison.games):
        notes.append(
            "All events found have the same confidence, as in files that have none: average precision ranks "
            "nothing and is precision times recall."
        )
    if comparison.with_players is None or comparison.main.by_player:
        return notes
    notes.append("The figures that come first are those without players.")
    return notes


def _notes_on_game(game: ComparedGame) -> Iterator[str]:
    if not game.says_reviewed:
        yield f"{game.name}: the truth does not say what was reviewed, so silence in it counts as a no."
        if game.truth and all(event.num_clips > 0 for event in game.truth):
            yield f"{game.name}: all true events are as a model found them. Is the truth the second file?"
    outside = f"; {counted(game.num_unjudged, 'event')} outside of it left out" if game.num_unjudged else ""
    if game.says_reviewed or outside:
        what = "what was reviewed" if game.says_reviewed else "a part"
        spans = f"{format_clock(game.judged_s)} of {format_clock(game.end)}"
        yield f"{game.name}: judged is {what}, {spans}{outside}."
    if game.num_silent:
        silent = f"{counted(game.num_silent, 'event')} of {', '.join(game.background)}"
        yield f"{game.name}: {silent} left out, as silence says it."
    yield from _notes_on_players(game)


def _notes_on_players(game: ComparedGame) -> Iterator[str]:
    own, true = names_of(game.found), names_of(game.truth)
    if game.matched is not None:
        yield f"{game.name}: {_matched(game.matched)}"
        return
    if not (own and true):
        sides = [name for name, names in (("what was found", own), ("the truth", true)) if not names]
        if game.found and game.truth:
            yield f"{game.name}: {' and '.join(sides)} names no players, so they are not compared."
    elif not own & true:
        yield (
            f"{game.name}: no player is named on both sides (found {listed(own)}; true {listed(true)}). To "
            "compare players too, name them alike with `annotate --roster` or in the table."
        )
    elif own != true:
        only = [
            f"only {side} {listed(names)}"
            for side, names in (("found", own - true), ("true", true - own))
            if names
        ]
        yield f"{game.name}: players on one side: {'; '.join(only)}."


def _matched(names: Mapping[str, str]) -> str:
    people = set(names.values())
    several = [person for person in people if list(names.values()).count(person) > 1]
    more = f", {len(several)} of them under several numbers" if several else ""
    return (
        f"players are matched by their boxes: {counted(len(names), 'found player')} with "
        f"{counted(len(people), 'true one')}{more}."
    )


def _notes_on_labels(comparison: Comparison) -> Iterator[str]:
    found, true = (
        {event.label for game in comparison.games for event in getattr(game, side)}
        for side in ("found", "truth")
    )
    if found - true:
        yield (
            f"Found, but nowhere true: {listed(found - true)}. They count in F1 as false alarms, and in no "
            "mean average precision, which needs true events."
        )
    if true - found:
        yield f"True, but never found: {listed(true - found)}."
