"""The clips of games that are most like a moment of one of them, or like another clip, as events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from bball_tag.annotations.annotation import Annotation
from bball_tag.errors import OptionError
from bball_tag.events import Event
from bball_tag.learning.games import Game, clip_event, with_clips
from bball_tag.learning.nearest import Standard, apart
from bball_tag.timecode import format_time

_SAMPLE = 20_000
"""Clips by which features are standardised: enough for a mean and a spread, however many there are."""


@dataclass(frozen=True, slots=True)
class Like:
    """What is looked for."""

    values: np.ndarray
    """Features as they are stored, (Q, D): one clip or several."""
    known: np.ndarray
    """Which streams are known of each, bool (Q, S)."""
    index: int | None = None
    """The clip of the first game that it is, which is not found again; None where it is none of them."""


def moment(game: Game, seconds: float, player: str | None) -> Like:
    """Return the clip of a game that shows a player at a time.

    Args:
        game: Where to look.
        seconds: The time.
        player: Whose clip; None serves where there is only one subject.

    Raises:
        OptionError: There is no such clip, or several players are there.
    """
    clips, name = game.clips, game.video.path.name
    there = np.flatnonzero((clips.starts <= seconds) & (seconds <= clips.ends))
    players = sorted(set(clips.players[there].tolist()))
    shown = f"{name} at {format_time(seconds)}"
    if not players:
        raise OptionError(f"No clip of {shown} is stored: nobody who plays was seen, or it was left out.")
    if player is None and len(players) > 1:
        raise OptionError(f"Several players are in {shown}: say whose clip is meant (--player {players[0]}).")
    wanted = players[0] if player is None else player
    own = there[clips.players[there] == wanted]
    if not len(own):
        raise OptionError(f"Player {wanted} is not in {shown}: there are {', '.join(players)}.")
    middles = (clips.starts[own] + clips.ends[own]) / 2
    index = int(own[np.argmin(np.abs(middles - seconds))])
    return Like(game.features(np.array([index])), game.stored.known[game.rows[[index]]], index)


def similar_events(games: Sequence[Game], like: Like, count: int, label: str) -> list[Annotation]:
    """Return, for each game, the clips that are most like what is looked for, as events.

    Args:
        games: Where to look.
        like: What is looked for.
        count: How many clips, of all games together; none of one player overlap.
        label: What to call the events. Their confidence is how alike they are, 0 to 1.

    Raises:
        OptionError: The games were annotated with different models.
    """
    check_alike(games)
    sizes = [len(game.rows) for game in games]
    firsts = np.cumsum([0, *sizes])
    found = _similarities(games, like)
    order = np.argsort(-found, kind="stable").tolist()
    if like.index is not None:
        # First of all, so that nothing that overlaps it is chosen; then it is dropped.
        order.insert(0, like.index)
    starts = np.concatenate([game.clips.starts for game in games])
    ends = np.concatenate([game.clips.ends for game in games])
    free = apart(order, _whose(games), starts, ends)
    chosen = list(islice(free, like.index is not None, count + (like.index is not None)))
    results = []
    for number, game in enumerate(games):
        own = [index for index in chosen if firsts[number] <= index < firsts[number + 1]]
        events = [_event(game, index - int(firsts[number]), float(found[index]), label) for index in own]
        annotation = with_clips(game, events)
        labels = (*annotation.labels, *({label} - {*annotation.labels}))
        results.append(replace(annotation, labels=labels))
    return results


def check_alike(games: Sequence[Game]) -> None:
    """Refuse games whose features cannot be compared.

    Raises:
        OptionError: They are of different models, or of other streams.
    """
    kinds = {(game.stored.kind.backbone, game.stored.kind.streams) for game in games}
    if len(kinds) > 1:
        raise OptionError(
            "The games were annotated with checkpoints that differ in more than their last layers, or with "
            "other --streams. Annotate all of them with one, or look in each by itself."
        )


def _similarities(games: Sequence[Game], like: Like) -> np.ndarray:
    """Return how alike the clips of all games are to what is looked for, float32 (N,), while reading them."""
    every = max(1, sum(len(game.rows) for game in games) // _SAMPLE)
    sample = [some for game in games for some in _sample(game, every)]
    standard = Standard(sample, games[0].stored.kind.stored_sizes)
    wanted = standard.of(like.values, like.known)
    found = []
    for game in games:
        every_clip = np.zeros(len(game.stored), np.float32)
        for rows, values in game.stored.rows.blocks():
            every_clip[rows] = standard.similarities(values, game.stored.known[rows], wanted)
        found.append(every_clip[game.rows])
    return np.concatenate(found)


def _sample(game: Game, every: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield features and known streams of the clips of those who play, of one chunk in `every`."""
    plays = np.zeros(len(game.stored), bool)
    plays[game.rows] = True
    for rows, values in game.stored.rows.blocks(every):
        yield values[plays[rows]], game.stored.known[rows[plays[rows]]]


def _whose(games: Sequence[Game]) -> np.ndarray:
    """Return a number for each player of each game, for all clips."""
    found, first = [], 0
    for game in games:
        names, places = np.unique(game.clips.players, return_inverse=True)
        found.append(places + first)
        first += len(names)
    return np.concatenate(found)


def _event(game: Game, index: int, similarity: float, label: str) -> Event:
    labels, row = game.stored.kind.labels, game.stored.scores[game.rows[[index]]][0]
    likeliest = int(row.argmax())
    remark = f"the checkpoint's label: {labels[likeliest]} {row[likeliest]:.2f}"
    return clip_event(game, index, label, min(max(similarity, 0.0), 1.0), remark)
