"""An alignment as tables: a line for each row of the feed and each extra event, and how many of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bball_tag.annotations.table import Cell
from bball_tag.events import Event
from bball_tag.game_time import format_game_clock, game_time_at, period_name, regular_periods
from bball_tag.play_by_play.feed import KINDS
from bball_tag.play_by_play.options import LISTED, Status
from bball_tag.play_by_play.shift import Shift
from bball_tag.timecode import format_clock, format_time

if TYPE_CHECKING:
    from bball_tag.play_by_play.align import Alignment, Link

COLUMNS = (
    *("number", "period", "clock", "team", "player", "event", "kind", "status", "time_s", "time"),
    *("from_s", "to_s", "label", "start_s", "end_s", "found_player", "found_team", "confidence"),
    *("sureness", "seen"),
)
COUNT_COLUMNS = ("kind", "rows", "matched", "missed", "no label", "outside", "extra")
PLAYER_COLUMNS = ("player", "team", "kind", "result", "rows", "matched", "missed")
EXTRA = "extra"
_STATUSES: tuple[Status, ...] = ("matched", "missed", "no label", "outside")
_MOST_SEEN = 6


def rows(alignment: Alignment) -> Iterator[tuple[Cell, ...]]:
    """Yield the cells of each row of the feed, then of each extra event, in the order of `COLUMNS`."""
    regular = regular_periods(period.name for period in alignment.clocks.periods)
    labels = {label for kind in KINDS for label in alignment.options.labels(kind)}
    for link in alignment.links:
        row, seconds = link.row, link.seconds
        yield (
            *(row.number, period_name(row.period, regular=regular), format_game_clock(row.clock)),
            *(row.team or None, row.player or None, row.event, row.kind, link.status),
            *_times(seconds),
            *(
                (None, None)
                if link.bag is None
                else (round(max(link.bag.low, 0.0), 3), round(link.bag.high, 3))
            ),
            *_event_cells(link.event),
            round(link.sureness, 3) if link.event else None,
            _seen(link, labels) or None,
        )
    for event in alignment.extra:
        at = game_time_at(alignment.clocks.periods, event.peak)
        clock = None if at is None or at.clock is None else format_game_clock(at.clock)
        head = (None, at.period if at else None, clock, None, None, None, None, EXTRA)
        yield *head, *_times(event.peak), None, None, *_event_cells(event), None, None


def _times(seconds: float | None) -> tuple[Cell, Cell]:
    if seconds is None:
        return None, None
    return round(max(seconds, 0.0), 3), format_time(max(seconds, 0.0))


def _event_cells(event: Event | None) -> tuple[Cell, ...]:
    if event is None:
        return (None,) * 6
    times = round(event.start, 3), round(event.end, 3)
    return event.label, *times, event.player or None, event.team or None, round(event.confidence, 3)


def _seen(link: Link, labels: set[str]) -> str:
    """Return what was seen in the bag of a row: `shoot 7 at 12:03`; what feeds speak of comes first."""
    middle = 0.0 if link.bag is None else link.bag.middle
    near = sorted(link.seen, key=lambda event: (event.label not in labels, abs(event.peak - middle)))
    words = [
        " ".join(filter(None, (event.label, event.player, "at", format_clock(event.peak))))
        for event in near[:_MOST_SEEN]
    ]
    further = len(near) - len(words)
    return "; ".join([*words, *([f"and {further} more"] if further else [])])


def counts(alignment: Alignment) -> Iterator[tuple[Cell, ...]]:
    """Yield, for each kind, how many rows have which status, and how many events of its labels are extra."""
    by_kind = Counter((link.row.kind, link.status) for link in alignment.links)
    extra = Counter(event.label for event in alignment.extra)
    counted = set[str]()
    for kind in KINDS:
        of_status = [by_kind[kind, status] for status in _STATUSES]
        labels = {*alignment.options.labels(kind)}
        further = sum(extra[label] for label in labels)
        # Of shots and free throws nobody knows which an extra event is: it stands with the shots.
        shown = further if kind in LISTED and not labels & counted else None
        if sum(of_status) or shown:
            yield kind, sum(of_status), *of_status, shown
        counted |= labels


def per_player(alignment: Alignment) -> Iterator[tuple[Cell, ...]]:
    """Yield how many rows each player has of each kind and result, and how many of these were seen."""
    total = Counter(
        (link.row.team, link.row.player, link.row.kind, link.row.result) for link in alignment.links
    )
    by_status = Counter(
        (link.row.team, link.row.player, link.row.kind, link.row.result, link.status)
        for link in alignment.links
    )
    for (team, player, kind, result), count in sorted(total.items()):
        seen = [by_status[team, player, kind, result, status] for status in ("matched", "missed")]
        yield player or None, team or None, kind, result or None, count, *seen


def facts(alignment: Alignment) -> dict[str, str]:
    """Return in words how the clocks were brought together, and what else the feed has."""
    clocks, feed, wishes = alignment.clocks, alignment.feed, alignment.options
    words = {"feed": feed.name, "rows": str(len(feed.rows))}
    if clocks.periods:
        words["game clock"] = f"rows come {_shift(clocks.lag)}"
    if clocks.offset is not None:
        words["times of typing"] = f"second 0 of the video is {_shift(clocks.offset)}"
    words["bag"] = f"from {wishes.before:g} s before the clock of a row to {wishes.after:g} s after it"
    for name, kinds in (("not linked", feed.others), ("unknown kinds", feed.unknown)):
        if kinds:
            words[name] = ", ".join(f"{kind} ({count})" for kind, count in kinds.most_common())
    return words


def _shift(shift: Shift) -> str:
    how = f"{shift.seconds:.1f} s after what they are about, give or take {shift.spread:.1f} s"
    if not shift.rows:
        return f"{how} (assumed: too few rows meet an event)"
    return (
        f"{how} ({shift.agree} of {shift.rows} rows meet an event within 1.5 s; the next best answer "
        f"explains {shift.next_best:.0%} as much)"
    )
