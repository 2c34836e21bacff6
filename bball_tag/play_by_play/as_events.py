"""The rows of a feed as events: to cut clips of a player and kind, and to be judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from bball_tag.annotations.annotation import Annotation, with_teams
from bball_tag.events import Event, in_order
from bball_tag.game_time import format_game_clock
from bball_tag.play_by_play.align import Alignment, Link
from bball_tag.timecode import counted, format_clock

if TYPE_CHECKING:
    from bball_tag.learning.games import Game


def as_annotation(alignment: Alignment) -> Annotation:
    """Return the rows that the video shows as events: kind and result as label, with the feed's names.

    A matched row has the span of its event, and how sure the link is as its confidence. Another has all
    seconds of its bag, and the confidence 0: it happens somewhere within.
    """
    known = alignment.annotation
    stop = known.video.duration or float("inf")
    events = [event for link in alignment.links if (event := _event(link, stop)) is not None]
    labels = tuple(sorted({event.label for event in events}))
    return Annotation(known.video, in_order(events), labels, version=known.version, tracks=known.tracks)


def _event(link: Link, stop: float) -> Event | None:
    row, found = link.row, link.event
    label = f"{row.kind} {row.result}".strip()
    if found is not None:
        who = f" of {found.player}" if found.player else ""
        words = f"{row.event}: {found.label}{who} ({found.confidence:.2f})"
        span = found.start, found.end, found.peak
    elif link.bag is not None and link.bag.low < stop:
        words = f"{row.event}: not seen, somewhere in these seconds"
        start, end = max(link.bag.low, 0.0), max(min(link.bag.high, stop), 0.0)
        span = start, end, min(max(link.bag.middle, start), end)
    else:
        return None
    start, end, peak = span
    return Event(label, start, end, link.sureness, link.sureness, peak, 0, row.player, row.team, words)


def seeds(alignment: Alignment, game: Game) -> Annotation:
    """Return clips to be judged: for each row that was missed, the likeliest clip of its label in its bag.

    The feed says that it happens in one of these seconds, and the model which: a person has to look. Clips of
    events that were linked are left out, and no clip is taken twice.

    Args:
        alignment: Where the rows are.
        game: The stored clips of its video.
    """
    labels = game.stored.kind.labels
    middles = (game.clips.starts + game.clips.ends) / 2
    free = np.ones(len(middles), bool)
    for link in alignment.links:
        if link.event is not None:
            free &= ~(
                (game.clips.players == link.event.player)
                & (game.clips.cover(link.event.start, link.event.end) > 0)
            )
    events = []
    for link in alignment.links:
        columns = [labels.index(one) for one in alignment.options.labels(link.row.kind) if one in labels]
        if link.status != "missed" or link.bag is None or not columns:
            continue
        inside = np.flatnonzero(free & (middles >= link.bag.low) & (middles <= link.bag.high))
        if len(inside):
            scores = game.probabilities[inside][:, columns]
            clip, column = np.unravel_index(int(scores.argmax()), scores.shape)
            events.append(_seed(link, game, int(inside[clip]), labels[columns[int(column)]], len(inside)))
            free[inside[clip]] = False
    return _judgeable(alignment, game, events)


def _seed(link: Link, game: Game, index: int, label: str, of: int) -> Event:
    row, bag = link.row, link.bag
    assert bag is not None
    start, end = float(game.clips.starts[index]), float(game.clips.ends[index])
    confidence = float(game.probabilities[index, game.stored.kind.labels.index(label)])
    who = f" by {row.player}" if row.player else ""
    remark = (
        f"feed: {row.event}{who} at {format_game_clock(row.clock)} of period {row.period}; the likeliest of "
        f"{counted(of, 'clip')} from {format_clock(max(bag.low, 0.0))} to {format_clock(bag.high)}"
    )
    player = str(game.clips.players[index])
    return Event(label, start, end, confidence, confidence, (start + end) / 2, 1, player, remark=remark)


def _judgeable(alignment: Alignment, game: Game, events: Sequence[Event]) -> Annotation:
    from bball_tag.learning.games import without_events

    known = without_events(game)
    return replace(
        known,
        events=in_order(with_teams(events, known.players, known.tracks)),
        checkpoint=game.stored.kind.checkpoint,
        settings={"suggested": f"{counted(len(events), 'clip')} of rows of a feed that were not seen"},
    )
