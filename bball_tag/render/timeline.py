"""The timeline at the bottom of the frame: past, present and coming events, scrolling by."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from bball_tag.events import Event
from bball_tag.palette import BLACK, WHITE, Colour, ink_on, label_colour
from bball_tag.render.canvas import Canvas
from bball_tag.render.text import text_sprite
from bball_tag.render.visible import ActiveEvents, shown_end
from bball_tag.timecode import format_clock

WINDOW_S = 16.0
"""Seconds from the left edge to the right."""
PAST = 0.35
"""Fraction of the timeline left of the present."""
_TICK_S = 5
"""Seconds between the marks of the clock."""
_MAX_LANES = 3
_GREY: Colour = (170, 174, 182)


def lanes_of(events: Sequence[Event]) -> list[int | None]:
    """Return the lane of each event, so that none covers another; None where all lanes are taken.

    Rare labels are served first: a shot matters more than the ninth player who runs.
    """
    seconds: dict[str, float] = defaultdict(float)
    for event in events:
        seconds[event.label] += shown_end(event) - event.start
    taken: list[list[tuple[float, float]]] = [[] for _ in range(_MAX_LANES)]
    lanes: list[int | None] = [None] * len(events)
    order = sorted(range(len(events)), key=lambda index: (seconds[events[index].label], events[index].start))
    for index in order:
        span = (events[index].start, shown_end(events[index]))
        for lane, spans in enumerate(taken):
            if all(span[0] >= end or span[1] <= start for start, end in spans):
                spans.append(span)
                lanes[index] = lane
                break
    return lanes


@dataclass(frozen=True, slots=True)
class _View:
    """The timeline on one frame."""

    canvas: Canvas
    top: int
    begin: float
    """The second at the left edge."""
    row: int
    """Height of a lane, in pixels."""
    tag: int
    """Height of a tag, in pixels."""

    def x(self, time: float) -> int:
        """Return where a second is, in pixels from the left."""
        return round((time - self.begin) * self.canvas.width / WINDOW_S)

    def write(self, text: str, colour: Colour, scale: float, left: int, top: int, right: int | None) -> None:
        """Write a text at `scale` times the size of tags, in the middle of a row that begins at `top`."""
        sprite = text_sprite(text, max(11, round(self.tag * scale)), colour, self.canvas.matrix)
        self.canvas.paste(sprite, left, top + (self.row - sprite.height) // 2, right=right)


class Timeline:
    """The timeline of one video."""

    def __init__(self, events: Sequence[Event], labels: Sequence[str]) -> None:
        """Give each event its lane.

        Args:
            events: What is shown.
            labels: All labels, by which events are coloured.
        """
        self._events = events
        self._labels = labels
        self._active = ActiveEvents(events)
        self._lanes = lanes_of(events)
        self._num_lanes = 1 + max((lane for lane in self._lanes if lane is not None), default=0)

    def paint(self, canvas: Canvas, time: float, tag: int) -> int:
        """Draw the timeline as it is at `time`, in seconds, beside tags that are `tag` pixels high.

        Returns:
            The row of pixels at which it begins.
        """
        row = max(14, round(tag * 0.95))
        top = canvas.height - (self._num_lanes + 1) * row - row // 3
        view = _View(canvas, top, time - PAST * WINDOW_S, row, tag)
        canvas.fill((0, top, canvas.width, canvas.height), BLACK, 0.72)
        _paint_clock(view)
        for index in self._active.between(view.begin, view.begin + WINDOW_S):
            self._paint_event(view, index, time)
        line, present = max(2, row // 8), round(PAST * canvas.width)
        canvas.fill((present - line // 2, top, present - line // 2 + line, canvas.height), WHITE)
        return top

    def _paint_event(self, view: _View, index: int, time: float) -> None:
        event, lane = self._events[index], self._lanes[index]
        if lane is None:
            return
        gap = max(1, view.row // 12)
        left = view.x(event.start)
        right = max(view.x(shown_end(event)) - gap, left + 2)
        top = view.top + (lane + 1) * view.row
        colour = label_colour(event.label, self._labels)
        if not event.start <= time < shown_end(event):
            colour = _dimmed(colour)
        view.canvas.fill((left, top, right, top + view.row - gap), colour)
        text = f"{event.player} {event.label}" if event.player else event.label
        view.write(text, ink_on(colour), 0.82, max(left, 0) + view.row // 4, top, right)


def _paint_clock(view: _View) -> None:
    """Draw a mark every few seconds, with its time."""
    first = max(0, math.ceil((view.begin - _TICK_S) / _TICK_S))
    for tick in range(first, math.floor((view.begin + WINDOW_S) / _TICK_S) + 1):
        left = view.x(tick * _TICK_S)
        width = max(1, view.row // 16)
        view.canvas.fill((left, view.top, left + width, view.canvas.height), _GREY, 0.35)
        view.write(format_clock(tick * _TICK_S), _GREY, 0.7, left + view.row // 4, view.top, None)


def _dimmed(colour: Colour) -> Colour:
    red, green, blue = (round(0.55 * one + 0.45 * dark) for one, dark in zip(colour, BLACK, strict=True))
    return red, green, blue
