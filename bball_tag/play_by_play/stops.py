"""Where the clock stopped, if nobody noted it: found from the order of the rows and of what was seen.

Between two readings of the clock it stood for a known time altogether, and nobody knows when. Rows and events
come in the same order, though: a row may have no event, and an event no row, but between a row that has one
and the next the clock ran for as long as the rows say, and stood for the rest. All ways to link them are
weighed by dynamic programming forwards and backwards, which gives the probability of each pair.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from bball_tag.game_time import Mark, Period
from bball_tag.play_by_play.bags import Clocked
from bball_tag.play_by_play.feed import FeedRow, Kind
from bball_tag.play_by_play.matching import LEAST_FALSE, SEEN
from bball_tag.play_by_play.shift import Shift

EVIDENCE: tuple[Kind, ...] = ("shot", "free throw")
"""Rows that are linked here: the others are too few, or too common where they are no part of the feed."""
_DOUBT_S = 4.0
"""A clock that stood for less between two readings needs no guess."""
_STOP_S = 20.0
"""Mean length of a stop."""
_MOST_SKIPPED = 15
"""Rows in succession of which none was seen."""
_SURE, _CERTAIN = 0.5, 0.95
"""Pairs likelier than the first say where others are likeliest, than the second where they are possible."""
_IMPOSSIBLE = -1e9


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Two readings of the clock with rows between."""

    first: Mark
    last: Mark
    rows: tuple[int, ...]
    """Indices, in the order of the clock."""

    @property
    def stood(self) -> float:
        """Seconds for which the clock stood altogether."""
        return (self.last.seconds - self.first.seconds) - (self.first.clock - self.last.clock)


@dataclass(frozen=True, slots=True)
class _Pair:
    """The likeliest event of a row."""

    seconds: float
    """When its clock is shown, if it is that event."""
    likely: float
    """How likely that is, 0 to 1."""


def with_stops(
    rows: Sequence[FeedRow],
    shown: Sequence[Clocked | None],
    periods: Sequence[Period],
    events: np.ndarray,
    lag: Shift,
) -> list[Clocked | None]:
    """Return when the video shows the clock of each row, narrower where stops of the clock were not noted.

    Args:
        rows: The rows, in the order of the game.
        shown: When the video may show their clocks, by the periods alone.
        periods: The periods.
        events: Seconds of the events that rows of the kinds in `EVIDENCE` are about, ascending.
        lag: How late rows are typed.
    """
    found = list(shown)
    for stretch in _stretches(rows, shown, periods):
        around = events[(events > stretch.first.seconds - 5) & (events < stretch.last.seconds + 5)]
        evidence = tuple(index for index in stretch.rows if rows[index].kind in EVIDENCE)
        if not len(around) or not evidence:
            continue
        chosen = [rows[index] for index in evidence]
        likely = pair_probabilities(chosen, around, stretch.first, stretch.last, lag)
        best = likely.argmax(axis=1)
        pairs = {
            index: _Pair(float(around[best[place]]) + lag.seconds, float(likely[place, best[place]]))
            for place, index in enumerate(evidence)
        }
        for index in stretch.rows:
            found[index] = _placed(index, rows, stretch, pairs)
    return found


def _stretches(
    rows: Sequence[FeedRow], shown: Sequence[Clocked | None], periods: Sequence[Period]
) -> list[_Stretch]:
    stretches = []
    for period in periods:
        own = [i for i, row in enumerate(rows) if row.period == period.number and shown[i] is not None]
        for first, last in pairwise(period.all_marks()):
            between = tuple(i for i in own if last.clock < rows[i].clock <= first.clock)
            stretch = _Stretch(first, last, between)
            # Where the clock did not run at all, there is nothing to find.
            if between and first.clock > last.clock and stretch.stood > _DOUBT_S:
                stretches.append(stretch)
    return stretches


def _placed(index: int, rows: Sequence[FeedRow], stretch: _Stretch, pairs: Mapping[int, _Pair]) -> Clocked:
    """Return when a row's clock is shown: where it is linked, and else between its linked neighbours."""
    low, high, _ = _between(index, rows, stretch, pairs, _CERTAIN)
    own = pairs.get(index)
    if own is not None and own.likely > _SURE:
        return Clocked(
            own.seconds, own.seconds, own.seconds, min(low, own.seconds), max(high, own.seconds), own.likely
        )
    first, last, trust = _between(index, rows, stretch, pairs, _SURE)
    return Clocked((first + last) / 2, first, last, min(low, first), max(high, last), trust)


def _between(
    index: int, rows: Sequence[FeedRow], stretch: _Stretch, pairs: Mapping[int, _Pair], least: float
) -> tuple[float, float, float]:
    """Return between which seconds a row's clock is shown, by pairs likelier than `least`, and how likely."""
    clock = rows[index].clock
    before = [(stretch.first.seconds + stretch.first.clock - clock, 1.0)]
    after = [(stretch.last.seconds + stretch.last.clock - clock, 1.0)]
    for other, pair in pairs.items():
        if pair.likely > least and other != index:
            (before if other < index else after).append(
                (pair.seconds + rows[other].clock - clock, pair.likely)
            )
    (low, trust), (high, other_trust) = max(before), min(after)
    return min(low, high), max(low, high), trust * other_trust


def pair_probabilities(
    rows: Sequence[FeedRow], events: np.ndarray, first: Mark, last: Mark, lag: Shift
) -> np.ndarray:
    """Return how likely each row is about each event, (N, M), given all ways to link them in order.

    Args:
        rows: Rows between two readings of the clock, in the order of the clock.
        events: Seconds of the events, ascending.
        first: The reading before them.
        last: The reading after them.
        lag: How late rows are typed.
    """
    # The readings themselves are linked to their seconds: typed without delay, they would come a lag earlier.
    clocks = np.array([first.clock, *(row.clock for row in rows), last.clock])
    waits = np.array([False, *(row.kind == "free throw" for row in rows), False])
    columns = [np.array([first.seconds - lag.seconds]), *[events] * len(rows)]
    columns.append(np.array([last.seconds - lag.seconds]))
    long = last.seconds - first.seconds
    false = max(len(events) - SEEN * len(rows), LEAST_FALSE * len(events)) / long
    stop_rate = max((long - first.clock + last.clock) / _STOP_S, 1.0) / max(first.clock - last.clock, 1.0)

    def step(before: int, after: int) -> np.ndarray:
        """Return the logarithm of the weight of going from each event of one row to each of another."""
        ran = float(clocks[before] - clocks[after])
        stood = columns[after][None, :] - columns[before][:, None] - ran
        weight = np.log(_stop_density(stood, ran, stop_rate, lag.spread, waits=bool(waits[after])) + 1e-30)
        skipped = (
            _number(columns, after, len(rows))[None, :] - _number(columns, before, len(rows))[:, None] - 1
        )
        weight += np.log(1 - SEEN) * (after - before - 1) + np.log(SEEN)
        return np.where(skipped >= 0, weight + np.log(false) * skipped, _IMPOSSIBLE)

    forward, backward = _sums(len(columns), step)
    inner = [forward[place] + backward[place] for place in range(1, len(columns) - 1)]
    found: np.ndarray = np.exp(np.stack(inner) - forward[-1][0])
    return found


def _number(columns: Sequence[np.ndarray], place: int, count: int) -> np.ndarray:
    """Return the numbers of the events in a column: those of the readings come before and after all."""
    if place == 0:
        return np.array([-1])
    many = len(columns[1])
    return np.array([many]) if place == count + 1 else np.arange(many)


def _stop_density(stood: np.ndarray, ran: float, rate: float, spread: float, *, waits: bool) -> np.ndarray:
    """Return the density of how long the clock stood while it ran for `ran` seconds.

    Either it did not stop, and only the typing differs, or it stopped for exponential times.
    """
    wide = spread * np.sqrt(2)
    no_stop = 0.05 if waits else float(np.clip(np.exp(-rate * ran), 0.02, 0.98))
    still = np.exp(-0.5 * (stood / wide) ** 2) / (wide * np.sqrt(2 * np.pi))
    mean = _STOP_S * max(rate * ran, 1.0)
    stopped = np.where(stood > -wide, np.exp(-np.maximum(stood, 0.0) / mean) / mean, 0.0)
    found: np.ndarray = no_stop * still + (1 - no_stop) * stopped
    return found


def _sums(count: int, step: Callable[[int, int], np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the logarithms of the summed weights of all ways to each pair, and from it to the end."""
    from scipy.special import logsumexp

    forward: list[np.ndarray] = [np.zeros(1)]
    for after in range(1, count):
        reach = range(max(0, after - 1 - _MOST_SKIPPED), after)
        parts = [forward[before][:, None] + step(before, after) for before in reach]
        forward.append(logsumexp(np.concatenate(parts), axis=0))
    backward: list[np.ndarray] = [np.zeros(1)] * count
    for before in range(count - 2, -1, -1):
        reach = range(before + 1, min(count, before + 2 + _MOST_SKIPPED))
        parts = [backward[after][None, :] + step(before, after) for after in reach]
        backward[before] = logsumexp(np.concatenate(parts, axis=1), axis=1)
    return forward, backward
