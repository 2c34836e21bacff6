"""Suggestions as tables of events, one for each game."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bball_tag.annotations.annotation import Annotation
from bball_tag.errors import OptionError
from bball_tag.events import Event
from bball_tag.learning.games import Game, clip_event, with_clips
from bball_tag.learning.judged import trusted_events
from bball_tag.learning.suggest import Candidates, suggest
from bball_tag.learning.tables import Table


def suggest_events(games: Sequence[Game], judged: Sequence[Table], count: int) -> list[Annotation]:
    """Return, for each game, the events to be judged next: the label that the model gives, and why.

    Args:
        games: Where to look.
        judged: What was judged before; nothing near it is suggested again.
        count: How many events, of all games together.

    Raises:
        OptionError: The games were annotated with different checkpoints.
    """
    kinds = {(game.stored.kind.backbone, game.stored.kind.labels) for game in games}
    if len(kinds) > 1:
        raise OptionError(
            "The games were annotated with checkpoints that differ in more than their last layers, or in "
            "their labels. Annotate all of them with one, or ask for each by itself."
        )
    sizes = [len(game.rows) for game in games]
    ends = np.cumsum(sizes)
    clips = Candidates(
        np.repeat(np.arange(len(games)), sizes),
        np.concatenate([game.clips.players for game in games]),
        np.concatenate([game.clips.starts for game in games]),
        np.concatenate([game.probabilities for game in games]),
        np.concatenate([_judged(game, judged) for game in games]),
    )

    def features(chosen: np.ndarray) -> np.ndarray:
        values = np.zeros((len(chosen), sum(games[0].stored.kind.stored_sizes)), np.float32)
        for number, game in enumerate(games):
            own = clips.games[chosen] == number
            first = int(ends[number]) - sizes[number]
            values[own] = game.features(chosen[own] - first)
        return values

    found: list[list[Event]] = [[] for _ in games]
    for one in suggest(clips, count, features):
        number = int(clips.games[one.index])
        index = one.index - int(ends[number]) + sizes[number]
        found[number].append(
            _event(games[number], index, clips.probabilities[one.index], is_unsure=one.is_unsure)
        )
    return [_annotation(game, events) for game, events in zip(games, found, strict=True)]


def _judged(game: Game, tables: Sequence[Table]) -> np.ndarray:
    """Return which clips a person has judged, or whose neighbours, bool (N,)."""
    done = np.zeros(len(game.rows), bool)
    for table in tables:
        if table.game.video.content_id == game.video.content_id:
            for event in trusted_events(table.annotation):
                done |= (game.clips.players == event.player) & (game.clips.cover(event.start, event.end) > 0)
            for span in table.annotation.reviewed:
                whose = (game.clips.players == span.player) if span.player else np.ones(len(done), bool)
                done |= whose & (game.clips.cover(span.start, span.end) > 0)
    return done


def _event(game: Game, index: int, row: np.ndarray, *, is_unsure: bool) -> Event:
    labels = game.stored.kind.labels
    first, *others = np.argsort(-row, kind="stable")[:2].tolist()
    confidence = float(row[first])
    either = "".join(
        f"unsure: {labels[first]} {confidence:.2f} or {labels[at]} {row[at]:.2f}" for at in others
    )
    remark = either if is_unsure else "unlike what was judged or chosen before"
    return clip_event(game, index, labels[first], confidence, remark)


def _annotation(game: Game, events: Sequence[Event]) -> Annotation:
    settings = {"suggested": f"{len(events)} clips to be judged"}
    return replace(with_clips(game, events), settings=settings)
