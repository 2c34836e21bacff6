"""The timeline at the bottom of the picture: what was, what is and what comes, scrolling by."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bball_tag.events import Event
from bball_tag.palette import BLACK, WHITE, Colour, ink_on
from bball_tag.render.canvas import Canvas, Sprite
from bball_tag.render.visible import ActiveEvents, shown_end
from bball_tag.timecode import format_clock

WINDOW = 16.0
"""Seconds from the left edge to the right."""
PAST = 0.35
"""Share of the strip left of the present."""
_TICK = 5
"""Seconds between the marks of the clock."""
_MOST_LANES = 3
_GREY: Colour = (170, 174, 182)

Words = Callable[[str, Colour, float], Sprite]
"""Makes a picture of a text in a colour, at a share of the size of tags."""


def lanes_of(events: Sequence[Event], most: int = _MOST_LANES) -> list[int | None]:
    """Return the lane of each event, so that none covers another; None where all lanes are taken.

    Rare labels are served first: a shot is worth seeing more than the ninth player who runs.
    """
    seconds: dict[str, float] = defaultdict(float)
    for event in events:
        seconds[event.label] += shown_end(event) - event.start
    taken: list[list[tuple[float, float]]] = [[] for _ in range(most)]
    lanes: list[int | None] = [None] * len(events)
    order = sorted(range(len(events)), key=lambda place: (seconds[events[place].label], events[place].start))
    for place in order:
        span = (events[place].start, shown_end(events[place]))
        for lane, spans in enumerate(taken):
            if all(span[0] >= end or span[1] <= start for start, end in spans):
                spans.append(span)
                lanes[place] = lane
                break
    return lanes


@dataclass(frozen=True, slots=True)
class Timeline:
    """The timeline of one film."""

    events: Sequence[Event]
    now: ActiveEvents
    lanes: Sequence[int | None]
    colour_of: Callable[[str], Colour]
    words: Words
    row: int
    """Height of a lane, in pixels."""

    @property
    def height(self) -> int:
        """Pixels that the strip takes from the bottom of the picture."""
        used = 1 + max((lane for lane in self.lanes if lane is not None), default=0)
        return (used + 1) * self.row + self.row // 3

    def paint(self, canvas: Canvas, time: float) -> None:
        """Draw the strip as it is at `time`, in seconds from the first frame."""
        top, pace = canvas.height - self.height, canvas.width / WINDOW
        begin = time - PAST * WINDOW
        canvas.fill((0, top, canvas.width, canvas.height), BLACK, 0.72)
        self._clock(canvas, top, begin, pace)
        for place in self.now.between(begin, begin + WINDOW):
            if self.lanes[place] is not None:
                self._bar(canvas, place, begin, pace, on=self._is_on(place, time))
        line, present = max(2, self.row // 8), round(PAST * canvas.width)
        canvas.fill((present - line // 2, top, present - line // 2 + line, canvas.height), WHITE)

    def _is_on(self, place: int, time: float) -> bool:
        event = self.events[place]
        return event.start <= time < shown_end(event)

    def _clock(self, canvas: Canvas, top: int, begin: float, pace: float) -> None:
        """Draw the marks of whole seconds with their times."""
        first = max(0, math.ceil((begin - _TICK) / _TICK))
        for tick in range(first, math.floor((begin + WINDOW) / _TICK) + 1):
            left = round((tick * _TICK - begin) * pace)
            canvas.fill((left, top, left + max(1, self.row // 16), canvas.height), _GREY, 0.35)
            text = self.words(format_clock(tick * _TICK), _GREY, 0.7)
            canvas.paste(text, left + self.row // 4, top + (self.row - text.height) // 2)

    def _bar(self, canvas: Canvas, place: int, begin: float, pace: float, *, on: bool) -> None:
        event, lane = self.events[place], self.lanes[place]
        assert lane is not None
        gap = max(1, self.row // 12)
        left = round((event.start - begin) * pace)
        right = max(round((shown_end(event) - begin) * pace) - gap, left + 2)
        top = canvas.height - self.height + (lane + 1) * self.row
        colour = self.colour_of(event.label)
        if not on:
            # It is there, but does not shout.
            colour = _mixed(colour, BLACK)
        canvas.fill((left, top, right, top + self.row - gap), colour)
        text = self.words(_caption(event), ink_on(colour), 0.82)
        inside = max(left, 0) + self.row // 4
        canvas.paste(text, inside, top + (self.row - gap - text.height) // 2, right=right)


def _mixed(one: Colour, other: Colour) -> Colour:
    red, green, blue = (round(0.55 * first + 0.45 * second) for first, second in zip(one, other, strict=True))
    return red, green, blue


def _caption(event: Event) -> str:
    return f"{event.player} {event.label}" if event.player else event.label
