"""The starts and ends of all rows of a table: what they have in common says how each is to be read."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate, groupby, pairwise

from bball_tag.annotations.cells import TableRow
from bball_tag.annotations.settled_times import Frames, Instant
from bball_tag.faults import FormError
from bball_tag.timecode import infer_rate

log = logging.getLogger("bball_tag")
Span = tuple[Instant, Instant]
_SIDES = ("start", "end")
_BY_EXCEL = re.compile(r"[0-5][0-9]:[0-5][0-9][.,][0-9]")
"""How Excel shows a time on the clock when it has opened and saved a CSV."""
_FEW = 4
"""Rows up to which frames that do not fit may all be old."""
_BACK_S = 1800.0
"""Rows in the order of the video that go back by more than this lost their hours."""
_IN_ORDER = 20
"""Rows of which one may be out of order."""
_SORTED_BY = ("player", "team", "label")


def spans_of(table: Sequence[TableRow]) -> list[Span]:
    """Return the start and the end of each row.

    Their seconds have a unit only where all may have been shown with fewer digits: a spreadsheet that shows
    fewer does so in all cells alike. Where they differ, a person typed few.
    """
    spans = [(row.instant("start"), row.instant("end")) for row in table]
    decimals = {instant.seconds.decimals for span in spans for instant in span if instant.seconds}
    return spans if len(decimals) == 1 else [(_exact(start), _exact(end)) for start, end in spans]


def _exact(instant: Instant) -> Instant:
    if instant.seconds is None:
        return instant
    return replace(instant, seconds=replace(instant.seconds, unit=0.0))


def rate_of(spans: Iterable[Span]) -> Fraction:
    """Return the rate by which the seconds have their frames, but for times that a person has changed."""
    return infer_rate(_pairs(spans)) or Fraction(0)


def frames_that_fit(spans: Sequence[Span], frames: Frames) -> Frames:
    """Return `frames`; nothing known where most rows have other numbers, as of a video whose rate varies."""
    if not frames.fps:
        return frames
    fitting = [abs(frames.at(seconds) - number) <= 1 for seconds, number in _pairs(spans)]
    if len(fitting) <= _FEW or 2 * sum(fitting) >= len(fitting):
        return frames
    log.info(
        "Most frame numbers of the table are not those of %.2f frames per second, and are not used. Give the "
        "video (--video) if its rate varies.",
        float(frames.fps),
    )
    return Frames()


def _pairs(spans: Iterable[Span]) -> Iterator[tuple[float, float]]:
    """Yield the seconds and the frame of every instant that needs no frame to be understood."""
    for instant in (instant for span in spans for instant in span):
        try:
            seconds = instant.settled(Frames(), "")
        except FormError:
            continue
        if seconds is not None and instant.frame is not None:
            yield seconds, instant.frame


def check_clocks_alone(table: Sequence[TableRow], spans: Sequence[Span], frames: Frames) -> None:
    """Refuse clocks without seconds that lost their hours, by cell; warn where all may have lost them."""
    alone = [
        (row, name, instant)
        for row, span in zip(table, spans, strict=True)
        for name, instant in zip(_SIDES, span, strict=True)
        if instant.clock and instant.seconds is None and not (instant.frame is not None and frames.fps)
    ]
    if not alone or any(instant.clock.has_hours for _, _, instant in alone if instant.clock):
        return
    cells = [(row, name, instant.clock.seconds) for row, name, instant in alone if instant.clock]
    latest = accumulate((seconds for _, _, seconds in cells), max)
    late = [cell for cell, before in zip(cells, latest, strict=True) if before - cell[2] > _BACK_S]
    if late and _lost_hours(cells):
        for row, name, _ in late:
            row.fault(name, f"{row.text(name)} comes after later times and shows no hours. Write them")
    elif late:
        row, name, _ = late[0]
        log.warning(
            "%s: %s comes after much later times, as in a table that is not in the order of the video. If "
            "times lost their hours, write them.",
            row.cell_name(name),
            row.text(name),
        )
    if all(_BY_EXCEL.fullmatch(row.text(name)) for row, name, _ in alone):
        log.warning(
            "%s: all times are like %s, as Excel shows and saves them: to tenths of a second and without "
            "hours, if they had any. Give such columns the format h:mm:ss.000 before you save.",
            alone[0][0].cell_name(alone[0][1]),
            alone[0][0].text(alone[0][1]),
        )


def _lost_hours(cells: Sequence[tuple[TableRow, str, float]]) -> bool:
    """Say whether times that go back are those of rows in order, of which some lost their hours.

    Rows that somebody sorted, by player or newest first, go back too: at many places, or with each player.
    """
    for (row, _, start), (other, _, end) in pairwise(cells):
        if row is other and start - end > _BACK_S:
            return True
    side = cells[0][1]
    steps = list(pairwise((row, seconds) for row, name, seconds in cells if name == side))
    far = [(before[0], after[0]) for before, after in steps if before[1] - after[1] > _BACK_S]
    back = sum(before[1] > after[1] for before, after in steps)
    in_order = back - len(far) <= len(steps) // _IN_ORDER
    return bool(far) and in_order and not any(_is_sorted_by(name, cells, far) for name in _SORTED_BY)


def _is_sorted_by(
    name: str, cells: Sequence[tuple[TableRow, str, float]], far: Iterable[tuple[TableRow, TableRow]]
) -> bool:
    """Say whether rows of one name in a column lie together, and times go far back only between names."""
    names = [row.text_as_it_is(name) for row in dict.fromkeys(row for row, _, _ in cells)]
    groups = [key for key, _ in groupby(names)]
    # Few rows lie together by chance.
    return (
        len(groups) == len(set(groups))
        and 2 * len(groups) <= len(names)
        and all(before.text_as_it_is(name) != after.text_as_it_is(name) for before, after in far)
    )


def say_overruled(table: Sequence[TableRow], spans: Sequence[Span]) -> None:
    """Warn of clocks with few digits among finer ones, which a person may have typed: they do not hold."""
    if not any(instant.clock and instant.clock.unit == 0 for span in spans for instant in span):
        return
    coarse = [
        (row.cell_name(name), instant)
        for row, span in zip(table, spans, strict=True)
        for name, instant in zip(_SIDES, span, strict=True)
        if instant.is_overruled
    ]
    if not coarse:
        return
    place, first = coarse[0]
    assert first.clock is not None
    assert first.seconds is not None
    log.warning(
        "%s: the clock has %g s, and %g s in another column has more digits and holds%s. To move an event, "
        "change the seconds.",
        place,
        first.clock.seconds,
        first.seconds.seconds,
        f"; {len(coarse) - 1} more cells are such" if len(coarse) > 1 else "",
    )
