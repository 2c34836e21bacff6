"""Who did what, how often and for how long: totals by team, player, label and period."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bball_tag.annotations.chains import Chain, ChainCount, chain_counts, find_chains

if TYPE_CHECKING:
    from bball_tag.annotations.annotation import Annotation
    from bball_tag.events import Event

Base = Literal["seen", "period", "periods", "video"]
"""What a rate is per minute of: the time that a player is seen, a period, all periods, or the video."""
Span = tuple[float, float]
Key = tuple[str | None, str | None, str, str | None]


@dataclass(frozen=True, slots=True)
class Total:
    """The events of one label, of everybody or of somebody, in the whole video or in one period."""

    team: str | None
    """None for all teams together; empty for events whose team nobody knows."""
    player: str | None
    """None for all players together; empty likewise."""
    label: str
    period: str | None
    """None for all together; empty for events without a game time."""
    count: int
    total_s: float
    per_minute: float | None
    """Events a minute of the time that `base` names; None where that time is unknown."""
    base: Base

    @property
    def mean_s(self) -> float:
        """Mean length of the events, in seconds; 0 where there are none."""
        return self.total_s / self.count if self.count else 0.0


@dataclass(frozen=True, slots=True)
class Statistics:
    """The totals of one annotation, and the chains in it."""

    totals: tuple[Total, ...]
    """First everybody's, for every label; then each team's, then each player's, for labels that they have."""
    chain_counts: tuple[ChainCount, ...]
    chains: tuple[Chain, ...]
    """Sorted by start."""


def statistics_of(annotation: Annotation) -> Statistics:
    """Return the statistics of an annotation; its chains are those of `annotation.chain_rules`."""
    chains = find_chains(annotation.events, annotation.chain_rules)
    return Statistics(totals_of(annotation), chain_counts(chains, annotation.chain_rules), chains)


def totals_of(annotation: Annotation) -> tuple[Total, ...]:
    """Return the totals of everybody, each team and each player."""
    lengths: dict[Key, list[float]] = defaultdict(list)
    for event in annotation:
        for key in _keys(event):
            lengths[key].append(event.end - event.start)
    for label in annotation.all_labels():
        lengths.setdefault((None, None, label, None), [])
    labels = {label: number for number, label in enumerate(annotation.all_labels())}
    periods = {name: number for number, name in enumerate(_period_names(annotation))}
    ordered = sorted(lengths, key=lambda key: (_who_order(*key[:2]), labels[key[2]], periods[key[3]]))
    minutes = _Minutes(annotation)
    return tuple(_total(key, lengths[key], minutes) for key in ordered)


def _keys(event: Event) -> Iterator[Key]:
    """Yield every total that an event counts for."""
    period = event.game_time.period if event.game_time else ""
    whose: list[tuple[str | None, str | None]] = [(None, None)]
    whose += [(event.team, None)] if event.team else []
    whose += [(event.team, event.player)] if event.player else []
    for team, player in whose:
        yield team, player, event.label, None
        if event.game_time:
            yield team, player, event.label, period


def _period_names(annotation: Annotation) -> list[str | None]:
    """Return the periods in order, all together first."""
    times = {event.game_time.period: event.game_time.number for event in annotation if event.game_time}
    return [None, *sorted(times, key=lambda name: (times[name] == 0, times[name], name))]


def _who_order(team: str | None, player: str | None) -> tuple[int, str, bool, int, str]:
    """Sort everybody first, then teams, then players: numbers before names, as a roster does."""
    level = 0 if team is None else 1 if player is None else 2
    name = player or ""
    return level, team or "", not name.isdecimal(), len(name) if name.isdecimal() else 0, name


def _total(key: Key, lengths: Sequence[float], minutes: _Minutes) -> Total:
    team, player, label, period = key
    seconds, base = minutes.of(player, period)
    rate = len(lengths) * 60 / seconds if seconds > 0 else None
    return Total(team, player, label, period, len(lengths), sum(lengths), rate, base)


class _Minutes:
    """How long each player was seen, and how long everything lasted."""

    def __init__(self, annotation: Annotation) -> None:
        self._periods = {period.name: (period.start, period.end) for period in annotation.periods}
        self._spans = list(self._periods.values()) if annotation.outside == "drop" else []
        self._all: Base = "periods" if self._spans else "video"
        self._spans = self._spans or [looked_at(annotation)]
        self._seen: Mapping[str, list[Span]] = {
            track.id: track.stretches() for track in annotation.tracks if len(track.times)
        }

    def of(self, player: str | None, period: str | None) -> tuple[float, Base]:
        """Return the seconds that a rate is about, 0 where nobody knows them, and what they are."""
        spans = self._spans
        if period is not None:
            spans = [self._periods[period]] if period in self._periods else []
        if player and player in self._seen:
            return math.fsum(_common(seen, span) for seen in self._seen[player] for span in spans), "seen"
        return math.fsum(end - start for start, end in spans), "period" if period is not None else self._all


def _common(first: Span, second: Span) -> float:
    return max(0.0, min(first[1], second[1]) - max(first[0], second[0]))


def looked_at(annotation: Annotation) -> Span:
    """Return the part of the video that was scored, else all of it; of no length where that is unknown."""
    scores = annotation.scores
    if scores is not None and len(scores.starts):
        return float(scores.starts.min()) / scores.fps, max(scores.end, 0.0)
    return 0.0, annotation.end() if annotation.video.duration else 0.0


def per_label(totals: Iterable[Total]) -> list[tuple[str, int, float, float]]:
    """Return for every label its name, its number of events, and their total and mean length in seconds."""
    return [
        (total.label, total.count, round(total.total_s, 3), round(total.mean_s, 3))
        for total in totals
        if total.team is None and total.period is None
    ]


def per_player(annotation: Annotation) -> list[tuple[str | int | float, ...]]:
    """Return for every player: player, team, number of events, their seconds, and the number for each label.

    Rows are sorted by team, then player, numbers before names; events without a player or team come first.
    """
    events: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in annotation:
        events[event.team, event.player].append(event)
    rows: list[tuple[str | int | float, ...]] = []
    for team, player in sorted(events, key=lambda who: _who_order(*who)):
        mine = events[team, player]
        counts = Counter(event.label for event in mine)
        seconds = round(sum(event.end - event.start for event in mine), 3)
        rows.append((player, team, len(mine), seconds, *map(counts.__getitem__, annotation.all_labels())))
    return rows
