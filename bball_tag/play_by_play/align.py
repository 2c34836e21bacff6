"""Link the rows of a feed to seconds of video, and to what was seen there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.game_files import videos_apart
from bball_tag.checks import Paths, as_path, as_paths
from bball_tag.errors import FeedError
from bball_tag.events import Event
from bball_tag.files import check_output
from bball_tag.game_time import Period
from bball_tag.labels import SPACEJAM_LABELS
from bball_tag.play_by_play.bags import Bag, anchored
from bball_tag.play_by_play.clocks import Clocks
from bball_tag.play_by_play.feed import KINDS, Feed, FeedRow, Kind
from bball_tag.play_by_play.matching import Match, Wanted, assign, odds
from bball_tag.play_by_play.names import agreement
from bball_tag.play_by_play.options import LISTED, AlignOptions, Status
from bball_tag.timecode import counted


@dataclass(frozen=True, slots=True)
class Link:
    """A row with its seconds of video, and what was seen there."""

    row: FeedRow
    status: Status
    bag: Bag | None = None
    """Where it may lie; None where the video does not show it."""
    event: Event | None = None
    """The event that it is about, if one was seen."""
    sureness: float = 0.0
    """How likely it is that event, 0 to 1."""
    seen: tuple[Event, ...] = ()
    """All events in the bag."""

    @property
    def seconds(self) -> float | None:
        """When it happened: the peak of its event, else the likeliest second; None outside of the video."""
        if self.event is not None:
            return self.event.peak
        return None if self.bag is None else self.bag.middle


@dataclass(frozen=True, slots=True)
class Alignment:
    """A feed linked to a video."""

    links: tuple[Link, ...]
    """One for each row, in the order of the game."""
    extra: tuple[Event, ...]
    """Events that the feed should have and does not, in order."""
    clocks: Clocks
    """How the clocks were brought together."""
    feed: Feed
    annotation: Annotation
    options: AlignOptions = field(default_factory=AlignOptions)

    def __len__(self) -> int:
        return len(self.links)

    def __iter__(self) -> Iterator[Link]:
        return iter(self.links)

    def write(self, *paths: str | Path, overwrite: bool = False) -> list[Path]:
        """Write tables of the rows and return their paths; the suffix (.csv, .xlsx, .json) picks the format.

        Args:
            paths: Where to write.
            overwrite: Replace files that exist.

        Raises:
            BballTagError: A file cannot be written, or has another suffix.
        """
        from bball_tag.play_by_play.writing import write_alignment, writer_for

        targets = [as_path("path", path) for path in paths]
        for path in targets:
            writer_for(path)
            check_output(path, overwrite=overwrite)
        for path in targets:
            write_alignment(self, path, overwrite=overwrite)
        return targets

    def actions(self) -> Annotation:
        """Return the rows that the video shows as events, by kind and result, to write or to render."""
        from bball_tag.play_by_play.as_events import as_annotation

        return as_annotation(self)

    def seeds(self, video: Paths = (), scores: Paths = ()) -> Annotation:
        """Return clips to be judged: for each row that was missed, the likeliest clip in its seconds.

        Args:
            video: The video that was annotated, or those of the game in their order; none takes what the
                events name.
            scores: Their stores; none looks for them beside the videos.

        Raises:
            BballTagError: The video or its stored clips cannot be found.
        """
        from bball_tag.learning.games import open_game
        from bball_tag.play_by_play.as_events import seeds

        known = [part.video.path for part in videos_apart(self.annotation)]
        videos: Sequence[Path | None] = as_paths("video", video) or known
        stores: Sequence[Path | None] = as_paths("scores", scores) or [None] * len(known)
        if not len(videos) == len(stores) == len(known):
            raise FeedError(
                f"The game has {counted(len(known), 'video')}: name each, and its scores, or none."
            )
        if None in videos:
            raise FeedError("The events name no video. Say which it is: --video FILE.")
        games = [open_game(one, store) for one, store in zip(videos, stores, strict=True) if one]
        return seeds(self, games)


def align(
    annotation: Annotation, feed: Feed, periods: Sequence[Period], options: AlignOptions | None = None
) -> Alignment:
    """Link each row to its second of video: one event for one row, as likely as possible altogether.

    Args:
        annotation: What was seen.
        feed: What was typed.
        periods: The periods of the game in the video; empty if they are not known.
        options: What a user says about both.

    Raises:
        FeedError: Nothing says where the rows are in the video.
    """
    wishes = options or AlignOptions()
    clocks = Clocks.fitted(feed.rows, _times_by_kind(annotation, wishes), periods, wishes, annotation.end())
    bags = list(clocks.bags)
    if not any(bags):
        raise FeedError(
            "No row of the feed lies in the video: do the feed and the periods belong to the same game? "
            f"The feed has the periods {_numbers(feed.rows)}."
        )
    known = {*(annotation.labels or SPACEJAM_LABELS), *(event.label for event in annotation)}
    found: dict[int, tuple[Event, Match]] = {}
    used: set[int] = set()
    for kinds in _together(wishes):
        _match(annotation, feed.rows, bags, kinds, wishes, found, used)
    links = tuple(
        _link(row, bags[index], found.get(index), annotation, known & {*wishes.labels(row.kind)})
        for index, row in enumerate(feed.rows)
    )
    listed = {label for kind in LISTED for label in wishes.labels(kind)}
    extra = tuple(
        event
        for index, event in enumerate(annotation.events)
        if event.label in listed and index not in used and clocks.covers(event.peak)
    )
    return Alignment(links, extra, clocks, feed, annotation, wishes)


def _numbers(rows: Sequence[FeedRow]) -> str:
    return ", ".join(map(str, sorted({row.period for row in rows})))


def _times_by_kind(annotation: Annotation, options: AlignOptions) -> dict[Kind, np.ndarray]:
    """Return the peaks of the events of every kind of which a feed has all, ascending."""
    return {
        kind: np.sort([event.peak for event in annotation if event.label in options.labels(kind)])
        for kind in LISTED
    }


def _together(options: AlignOptions) -> Iterator[tuple[Kind, ...]]:
    """Yield kinds whose rows compete for the same events; shots come first, as others lie beside them."""
    left = list(KINDS)
    while left:
        chosen, labels = [left.pop(0)], set[str]()
        labels |= {*options.labels(chosen[0])}
        for kind in [*left]:
            if labels & {*options.labels(kind)}:
                chosen.append(kind)
                left.remove(kind)
        yield tuple(chosen)


def _match(
    annotation: Annotation,
    rows: Sequence[FeedRow],
    bags: list[Bag | None],
    kinds: tuple[Kind, ...],
    options: AlignOptions,
    found: dict[int, tuple[Event, Match]],
    used: set[int],
) -> None:
    """Add the matches of rows of some kinds to `found`, and their events to `used`; bags become narrower."""
    labels = {label for kind in kinds for label in options.labels(kind)}
    mine = [index for index, row in enumerate(rows) if row.kind in kinds and bags[index] is not None]
    events = [index for index, event in enumerate(annotation.events) if event.label in labels]
    events = [index for index in events if index not in used]
    for index in mine:
        row = rows[index]
        if row.of is not None and row.of in found:
            shot, match = found[row.of]
            bags[index] = anchored(shot, match.sureness, is_assist=row.kind == "assist")
    if not mine or not events:
        return
    chosen = [annotation.events[index] for index in events]
    scores = odds(
        _wanted([bags[index] for index in mine]),
        np.array([event.peak for event in chosen]),
        np.array([event.confidence for event in chosen]),
        agreement([rows[index] for index in mine], chosen, options.teams),
        annotation.end(),
    )
    for place, index in enumerate(mine):
        apt = {*options.labels(rows[index].kind)}
        scores[place, [event.label not in apt for event in chosen]] = -np.inf
    for place, match in assign(scores).items():
        bag = bags[mine[place]]
        trust = match.sureness * (bag.trust if bag else 1.0)
        found[mine[place]] = chosen[match.event], replace(match, sureness=trust)
        used.add(events[match.event])


def _wanted(bags: Sequence[Bag | None]) -> Wanted:
    table = np.array([(bag.low, bag.high, bag.first, bag.last, bag.spread) for bag in bags if bag])
    return Wanted(*table.T)


def _link(
    row: FeedRow,
    bag: Bag | None,
    matched: tuple[Event, Match] | None,
    annotation: Annotation,
    labels: set[str],
) -> Link:
    if bag is None:
        return Link(row, "outside")
    seen = tuple(event for event in annotation if event.end > bag.low and event.start < bag.high)
    if matched is not None:
        event, match = matched
        return Link(row, "matched", bag, event, match.sureness, seen)
    return Link(row, "missed" if labels else "no label", bag, seen=seen)
