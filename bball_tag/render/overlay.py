"""The overlay: boxes with tags, cards for events without a box, the timeline."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bball_tag.events import Event
from bball_tag.game_time import format_game_clock, game_time_at
from bball_tag.palette import BLACK, GREY, ink_on, label_colour
from bball_tag.players.crop import Box
from bball_tag.render.canvas import Canvas, Sprite
from bball_tag.render.style import Style
from bball_tag.render.tag_layout import Rectangle, TagLayout
from bball_tag.render.text import Field, badge_sprite
from bball_tag.render.timeline import Timeline
from bball_tag.render.visible import NO_TEAM, ActiveEvents, TrackIndex, team_colours

if TYPE_CHECKING:
    from bball_tag.annotations import Annotation

_ABOUT = "\N{ALMOST EQUAL TO}"
_MARK = "unsure labels: trained on rendered players"
"""In the corner of an overlay whose labels are to be believed with caution."""


class Overlay:
    """Draws one annotation on the frames of its video."""

    def __init__(self, annotation: Annotation, style: Style) -> None:
        events = annotation.events
        self._style = style
        self._labels = annotation.all_labels()
        self._annotation = annotation
        self._active = ActiveEvents(events)
        self._tracks = {track.id: TrackIndex(track) for track in annotation.tracks}
        # Who has a box while they do nothing; a referee never has one.
        idle = annotation.tracks if style.has_idle_boxes else ()
        self._idle = {track.id for track in idle if track.role == "player"}
        self._teams = team_colours(events, annotation.tracks, annotation.players)
        self._timeline = Timeline(events, self._labels) if events and style.has_timeline else None
        self._layout = TagLayout()

    def paint(self, canvas: Canvas, time: float) -> None:
        """Draw everything that is visible at `time`, in seconds from the first frame."""
        size = max(self._style.min_tag, round(canvas.height * self._style.tag))
        active: dict[str, list[Event]] = defaultdict(list)
        for event in self._active.at(time):
            active[event.player].append(event)
        boxes = {
            player: box
            for player, track in self._tracks.items()
            if (player in active or player in self._idle) and (box := track.at(time))
        }
        # Nearer players are lower in the frame, and are drawn over those behind them.
        for player, box in sorted(boxes.items(), key=lambda item: item[1].top + item[1].height):
            self._paint_box(canvas, player, box, active.get(player, []))
        floor = self._timeline.paint(canvas, time, size) if self._timeline else canvas.height
        without_box = [event for player, events in active.items() if player not in boxes for event in events]
        taken = self._paint_cards(canvas, without_box, round(size * 1.35), floor)
        taken += self._paint_mark(canvas, size) + self._paint_clock(canvas, time, round(size * 1.2))
        # Tags of players who act are the most important.
        sprites = {
            player: self._badge(canvas, player, active.get(player, []), size)
            for player in sorted(boxes, key=lambda player: player not in active)
        }
        tags = {
            player: (_edges(boxes[player]), (sprite.width, sprite.height))
            for player, sprite in sprites.items()
        }
        places = self._layout.arrange(tags, time, (canvas.width, floor), taken)
        for player, sprite in sprites.items():
            canvas.paste(sprite, *places[player][:2])

    def _paint_box(self, canvas: Canvas, player: str, box: Box, events: Sequence[Event]) -> None:
        unit = max(1, round(canvas.height / 360))
        team = self._teams.get(player, NO_TEAM)
        colour = label_colour(events[0].label, self._labels) if events else team
        edges = _edges(box)
        around = edges[0] - unit, edges[1] - unit, edges[2] + unit, edges[3] + unit
        # A dark kit would be lost in a dark border.
        canvas.outline(around, BLACK if events else ink_on(team), unit)
        canvas.outline(edges, colour, 2 * unit if events else unit)

    def _paint_cards(self, canvas: Canvas, events: Sequence[Event], size: int, floor: int) -> list[Rectangle]:
        """Stack events without a box above the lower left corner; return what they cover."""
        margin = round(size * 0.6)
        bottom = floor - margin
        covered = []
        for event in reversed(events):
            sprite = self._badge(canvas, event.player, [event], size)
            canvas.paste(sprite, margin, bottom - sprite.height)
            covered.append((margin, bottom - sprite.height, margin + sprite.width, bottom))
            bottom -= sprite.height + max(2, size // 8)
        return covered

    def _paint_mark(self, canvas: Canvas, size: int) -> list[Rectangle]:
        """Mark labels to be believed with caution, in the upper right corner; return what that covers."""
        if not self._annotation.caution:
            return []
        mark = badge_sprite(((_MARK, BLACK),), size, self._style.opacity, canvas.matrix)
        room = canvas.width - size
        if mark.width > room:
            # An upright phone video is narrow.
            smaller = size * room // mark.width
            mark = badge_sprite(((_MARK, BLACK),), smaller, self._style.opacity, canvas.matrix)
        left, top = canvas.width - mark.width - size // 2, size // 2
        canvas.paste(mark, left, top)
        return [(left, top, left + mark.width, top + mark.height)]

    def _paint_clock(self, canvas: Canvas, time: float, size: int) -> list[Rectangle]:
        """Show the period and the game clock in the upper left corner, if known; return what that covers."""
        at = game_time_at(self._annotation.periods, time)
        if at is None or at.clock is None:
            return []
        # As a scoreboard does, without tenths; an estimate is called one.
        clock = format_game_clock(math.floor(at.clock)).removesuffix(".0")
        fields = ((at.period, GREY), (clock if at.is_exact else f"{_ABOUT}{clock}", BLACK))
        sprite = badge_sprite(fields, size, self._style.opacity, canvas.matrix)
        left = top = size // 2
        canvas.paste(sprite, left, top)
        return [(left, top, left + sprite.width, top + sprite.height)]

    def _badge(self, canvas: Canvas, player: str, events: Sequence[Event], size: int) -> Sprite:
        fields: list[Field] = []
        if player:
            fields.append((player, self._teams.get(player, NO_TEAM)))
        for event in events:
            doubt = "?" if self._annotation.is_unsure(event) else ""
            text = f"{event.label}{doubt}  {event.confidence:.0%}".replace("%", "\N{NARROW NO-BREAK SPACE}%")
            fields.append((text, label_colour(event.label, self._labels)))
        return badge_sprite(tuple(fields), size, self._style.opacity, canvas.matrix)


def _edges(box: Box) -> Rectangle:
    return (
        round(box.left),
        round(box.top),
        round(box.left + box.width),
        round(box.top + box.height),
    )
