"""Games whose events are known: what rules of events are tuned on."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bball_tag.annotations.reviewed import Reviewed, is_reviewed, judged_events
from bball_tag.errors import DataError, OptionError
from bball_tag.events import Event, Scores, in_order
from bball_tag.events.compare import by_confidence, pair_off, temporal_ious
from bball_tag.learning.games import scores_of
from bball_tag.learning.judged import trusted_events
from bball_tag.learning.tables import Table
from bball_tag.timecode import counted

log = logging.getLogger("bball_tag")
_PARTS = 5
"""Parts of time that a single game is divided into, to test on."""


@dataclass(frozen=True, slots=True)
class TunedGame:
    """One game with its truth."""

    name: str
    scores: Scores
    truth: tuple[Event, ...]
    reviewed: tuple[Reviewed, ...]
    """Where its events were judged; empty: everywhere."""
    with_players: bool
    """Whether an event found must be of the player of the true one."""
    edges: tuple[float, ...]
    """Where the parts of the game begin that are left out by turns, in seconds; a single one is the game."""
    unreviewed: tuple[Event, ...] = ()
    """True events outside of what was reviewed, which do not count."""

    def judged(self, events: Sequence[Event]) -> list[Event]:
        """Return the events of which it is known whether they are right, as `compare` does."""
        if not self.reviewed:
            return list(events)
        return judged_events(events, (*self.truth, *self.unreviewed), self.reviewed)

    def part_of(self, events: Sequence[Event]) -> np.ndarray:
        """Return the part in which the middle of each event lies, int64 (N,)."""
        middles = np.array([(event.start + event.end) / 2 for event in events])
        return np.maximum(np.searchsorted(self.edges, middles, "right") - 1, 0).astype(np.int64)

    def right(self, found: Sequence[Event], truth: Sequence[Event], iou: float) -> np.ndarray:
        """Return which events found are right, bool (N,): matched as `compare` does.

        Args:
            found: Events of one label.
            truth: True events of this label.
            iou: Least intersection over union of a match.
        """
        right = np.zeros(len(found), bool)
        for player in {event.player for event in found} if self.with_players else {""}:
            own = [n for n, event in enumerate(found) if not self.with_players or event.player == player]
            true = [event for event in truth if not self.with_players or event.player == player]
            mine = [found[index] for index in own]
            right[own] = pair_off(temporal_ious(mine, true), by_confidence(mine), iou) >= 0
        return right


@dataclass(frozen=True, slots=True)
class Material:
    """What is tuned on."""

    games: tuple[TunedGame, ...]
    labels: tuple[str, ...]
    left_out: Counter[str]
    """True events that do not count, by the reason."""

    @property
    def num_parts(self) -> int:
        """How many parts there are to leave out, of all games together."""
        return sum(len(game.edges) for game in self.games)

    @property
    def tested_on(self) -> str:
        """What is left out by turns, in words."""
        return "games" if len(self.games) > 1 else f"{self.num_parts} parts of the one game"


def material(tables: Sequence[Table], background: Sequence[str], *, ignore_players: bool) -> Material:
    """Return the games of corrected tables.

    Args:
        tables: The tables, with their games.
        background: Labels that are never written, and so not looked for.
        ignore_players: Match events whoever did them.

    Raises:
        OptionError: The games were annotated with checkpoints of different labels or clips.
        DataError: No true event is left.
    """
    kinds = {(kind.labels, kind.fps) for kind in (table.game.stored.kind for table in tables)}
    if len(kinds) > 1:
        raise OptionError(
            "The games were annotated with checkpoints that differ in their labels or clips. Tune on those "
            "of one checkpoint at a time."
        )
    labels, left_out = tables[0].game.stored.kind.labels, Counter[str]()
    by_game: dict[Path, list[Table]] = {}
    for table in tables:
        by_game.setdefault(table.game.store.resolve(), []).append(table)
    games = [_game(own, background, left_out, ignore_players=ignore_players) for own in by_game.values()]
    if not any(game.truth for game in games):
        reasons = ", ".join(f"{count} {why}" for why, count in left_out.items())
        raise DataError(
            f"No true event is left to tune on{f' ({reasons})' if reasons else ''}. Are these the tables?"
        )
    if len(games) == 1:
        games = [replace(games[0], edges=_edges(games[0].truth))]
    return Material(tuple(games), labels, left_out)


def _game(
    tables: Sequence[Table], background: Sequence[str], left_out: Counter[str], *, ignore_players: bool
) -> TunedGame:
    game, scores = tables[0].game, scores_of(tables[0].game)
    truth: list[Event] = []
    reviewed: list[Reviewed] = []
    for table in tables:
        _warn_of_trust(table)
        reviewed += table.annotation.reviewed
        truth += _known(trusted_events(table.annotation), scores.labels, background, left_out)
    truth = _scored(list(dict.fromkeys(truth)), scores, left_out)
    unreviewed = {event for event in truth if reviewed and not is_reviewed(event, reviewed)}
    left_out["outside of what was reviewed"] += len(unreviewed)
    truth = [event for event in truth if event not in unreviewed]
    subjects, players = set(scores.subjects.tolist()), {event.player for event in truth}
    with_players = not ignore_players and bool(players & subjects)
    if not with_players and not ignore_players and truth:
        log.warning(
            "%s: its players have other names than the scores, so events are matched whoever did them.",
            tables[0].path,
        )
    missing = sum(event.player not in subjects for event in truth) if with_players else 0
    if missing:
        log.warning(
            "%s: %s of players of whom nothing is scored: they count as missed.",
            tables[0].path,
            counted(missing, "true event"),
        )
    return TunedGame(
        game.video.path.name,
        scores,
        tuple(in_order(truth)),
        tuple(reviewed),
        with_players,
        (0.0,),
        tuple(unreviewed),
    )


def _warn_of_trust(table: Table) -> None:
    events = table.annotation.events
    if events and not table.annotation.reviewed and all(event.num_clips > 0 for event in events):
        log.warning(
            "%s: nobody corrected any event in it, and it does not say what was reviewed. Rules that are "
            "tuned on what they found themselves are as good as they find themselves.",
            table.path,
        )


def _known(
    events: Sequence[Event], labels: Sequence[str], background: Sequence[str], left_out: Counter[str]
) -> list[Event]:
    """Return true events under the names of the checkpoint's labels."""
    plain, known = {label.casefold(): label for label in labels}, []
    for event in events:
        name = plain.get(" ".join(event.label.split()).casefold())
        if name is None:
            left_out[f"of the label {event.label!r}, which the checkpoint does not know"] += 1
        elif name not in background:
            known.append(replace(event, label=name, confidence=1.0))
    return known


def _scored(truth: Sequence[Event], scores: Scores, left_out: Counter[str]) -> list[Event]:
    """Return true events of the part of the video that was scored."""
    if not len(scores.starts):
        raise DataError("Nothing is scored in a game that is tuned on. Annotate it again.")
    first, last = scores.starts.min() / scores.fps, scores.stops.max() / scores.fps
    inside = [event for event in truth if first <= (event.start + event.end) / 2 <= last]
    left_out["where nothing was scored"] += len(truth) - len(inside)
    return inside


def _edges(truth: Sequence[Event]) -> tuple[float, ...]:
    """Return where the parts of a single game begin: about as many true events in each."""
    middles = sorted((event.start + event.end) / 2 for event in truth)
    count = min(_PARTS, len(middles))
    return (0.0, *(middles[len(middles) * part // count] for part in range(1, count)))
