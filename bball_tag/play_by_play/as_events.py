"""The rows of a feed as events: to cut clips of a player and kind, and to be judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from bball_tag.annotations.annotation import Annotation, with_teams
from bball_tag.annotations.game_files import file_at, joined, of_file
from bball_tag.events import Event, in_order
from bball_tag.game_time import format_game_clock
from bball_tag.play_by_play.align import Alignment, Link
from bball_tag.play_by_play.options import AlignOptions
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
    return Annotation(
        known.video,
        in_order(events),
        labels,
        version=known.version,
        tracks=known.tracks,
        files=known.files,
    )


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


def seeds(alignment: Alignment, games: Sequence[Game]) -> Annotation:
    """Return clips to be judged: for each row that was missed, the likeliest clip of its label in its bag.

    The feed says that it happens in one of these seconds, and the model which: a person has to look. Clips of
    events that were linked are left out, and no clip is taken twice.

    Args:
        alignment: Where the rows are.
        games: The stored clips of its video, or of each of the game's videos.
    """
    files = alignment.annotation.files
    if not files:
        return _seeds(alignment.links, alignment.options, games[0])
    parts = [_seeds(_links_in(alignment, index), alignment.options, game) for index, game in enumerate(games)]
    return joined(parts, files)


def _links_in(alignment: Alignment, index: int) -> list[Link]:
    """Return the links to one of the game's videos, in its seconds and with the names of its players."""
    files = alignment.annotation.files
    here = [link for link in alignment.links if link.bag and file_at(files, link.bag.middle) is files[index]]
    links = [_moved(link, files[index].start) for link in here]
    events = [link.event for link in here if link.event is not None]
    part = iter(of_file(replace(alignment.annotation, events=events, clips=()), index))
    # An event may begin in the video before: it is none of this one's clips.
    own = {event: next(part) for event in events if file_at(files, event.start) is files[index]}
    return [
        replace(link, event=own.get(before.event)) if before.event else link
        for link, before in zip(links, here, strict=True)
    ]


def _moved(link: Link, start: float) -> Link:
    bag = link.bag
    assert bag is not None
    times = {name: getattr(bag, name) - start for name in ("low", "high", "first", "last")}
    return replace(link, bag=replace(bag, **times))


def _seeds(links: Sequence[Link], options: AlignOptions, game: Game) -> Annotation:
    labels = game.stored.kind.labels
    middles = (game.clips.starts + game.clips.ends) / 2
    free = np.ones(len(middles), bool)
    for link in links:
        if link.event is not None:
            free &= ~(
                (game.clips.players == link.event.player)
                & (game.clips.cover(link.event.start, link.event.end) > 0)
            )
    events = []
    for link in links:
        columns = [labels.index(one) for one in options.labels(link.row.kind) if one in labels]
        if link.status != "missed" or link.bag is None or not columns:
            continue
        inside = np.flatnonzero(free & (middles >= link.bag.low) & (middles <= link.bag.high))
        if len(inside):
            scores = game.probabilities[inside][:, columns]
            clip, column = np.unravel_index(int(scores.argmax()), scores.shape)
            events.append(_seed(link, game, int(inside[clip]), labels[columns[int(column)]], len(inside)))
            free[inside[clip]] = False
    return _judgeable(game, events)


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


def _judgeable(game: Game, events: Sequence[Event]) -> Annotation:
    from bball_tag.learning.games import without_events

    known = without_events(game)
    return replace(
        known,
        events=in_order(with_teams(events, known.players, known.tracks)),
        checkpoint=game.stored.kind.checkpoint,
        settings={"suggested": f"{counted(len(events), 'clip')} of rows of a feed that were not seen"},
    )
