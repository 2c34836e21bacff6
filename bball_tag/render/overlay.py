"""The overlay: boxes with tags, cards for what has no box, the timeline."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bball_tag.events import Event
from bball_tag.palette import BLACK, Colour, label_colour
from bball_tag.players.crop import Box
from bball_tag.render.canvas import Canvas, Sprite, make_sprite
from bball_tag.render.tag_layout import Places, Rectangle
from bball_tag.render.text import plate, words
from bball_tag.render.timeline import Timeline, lanes_of
from bball_tag.render.visible import NO_TEAM, ActiveEvents, TrackIndex, team_colours

if TYPE_CHECKING:
    from bball_tag.annotations import Annotation


@dataclass(frozen=True, slots=True)
class Style:
    """A way to draw; sizes are shares of the picture's height."""

    description: str
    tag: float
    """Height of a tag."""
    smallest_tag: int
    """Below so many pixels no text is legible."""
    opacity: float
    """Of tags, 0 to 1."""
    has_strip: bool = True
    idle_boxes: bool = True
    """Whether a player who does nothing has a box too."""


STYLES = {
    "broadcast": Style("boxes, tags and the timeline", 0.036, 16, 0.92),
    "minimal": Style("only who acts, and no timeline", 0.032, 14, 0.85, has_strip=False, idle_boxes=False),
}


class Overlay:
    """Draws one annotation on the frames of its film."""

    def __init__(self, annotation: Annotation, style: Style) -> None:
        self._style = style
        events = self._events = list(annotation.events)
        self._labels = annotation.all_labels()
        self._now = ActiveEvents(events)
        self._lanes = lanes_of(events)
        self._where = {track.id: TrackIndex(track) for track in annotation.tracks}
        self._teams = team_colours(events)
        self._sprites: dict[tuple[object, ...], Sprite] = {}
        self._strip: Timeline | None = None
        self._places = Places()

    def paint(self, canvas: Canvas, time: float) -> None:
        """Draw everything that is to be seen at `time`, in seconds from the first frame."""
        size = max(self._style.smallest_tag, round(canvas.height * self._style.tag))
        acting = defaultdict(list)
        for event in self._now.at(time):
            acting[event.player].append(event)
        boxes = {player: box for player, where in self._where.items() if (box := where.at(time))}
        # Nearer players are lower in the picture and are drawn over those behind them.
        for player, box in sorted(boxes.items(), key=lambda item: item[1].top + item[1].height):
            self._box(canvas, player, box, acting.get(player, []))
        floor = canvas.height
        if self._style.has_strip and self._events:
            strip = self._strip_of(canvas, size)
            strip.paint(canvas, time)
            floor -= strip.height
        homeless = [event for player in acting if player not in boxes for event in acting[player]]
        covered = self._cards(canvas, homeless, round(size * 1.35), floor)
        sprites = {
            player: self._plate(canvas, player, acting.get(player, []), size)
            for player in sorted(boxes, key=lambda player: not acting.get(player))
            if acting.get(player) or self._style.idle_boxes
        }
        tags = {
            player: (_edges(boxes[player]), (sprite.width, sprite.height))
            for player, sprite in sprites.items()
        }
        places = self._places.arrange(tags, time, (canvas.width, floor), covered)
        for player, sprite in sprites.items():
            canvas.paste(sprite, *places[player][:2])

    def _box(self, canvas: Canvas, player: str, box: Box, events: Sequence[Event]) -> None:
        if not events and not self._style.idle_boxes:
            return
        unit = max(1, round(canvas.height / 360))
        colour = self._colour(events[0].label) if events else self._teams.get(player, NO_TEAM)
        edges = _edges(box)
        canvas.outline(_grown(edges, unit), BLACK, unit)
        canvas.outline(edges, colour, 2 * unit if events else unit)

    def _cards(self, canvas: Canvas, events: Sequence[Event], size: int, floor: int) -> list[Rectangle]:
        """Stack what has no box above the lower left corner; return what it covers."""
        margin = round(size * 0.6)
        bottom = floor - margin
        covered = []
        for event in reversed(events):
            sprite = self._plate(canvas, event.player, [event], size)
            canvas.paste(sprite, margin, bottom - sprite.height)
            covered.append((margin, bottom - sprite.height, margin + sprite.width, bottom))
            bottom -= sprite.height + max(2, size // 8)
        return covered

    def _plate(self, canvas: Canvas, player: str, events: Sequence[Event], size: int) -> Sprite:
        parts: list[tuple[str, Colour]] = []
        if player:
            parts.append((player, self._teams.get(player, NO_TEAM)))
        for event in events:
            text = f"{event.label}  {event.confidence:.0%}".replace("%", "\N{NARROW NO-BREAK SPACE}%")
            parts.append((text, self._colour(event.label)))
        key = ("plate", tuple(parts), size)
        if key not in self._sprites:
            self._keep(key, make_sprite(plate(parts, size, opacity=self._style.opacity), canvas.matrix))
        return self._sprites[key]

    def _keep(self, key: tuple[object, ...], sprite: Sprite) -> None:
        # A game has thousands of texts; those of the last minutes are enough.
        if len(self._sprites) > 400:
            self._sprites.clear()
        self._sprites[key] = sprite

    def _colour(self, label: str) -> Colour:
        return label_colour(label, self._labels)

    def _strip_of(self, canvas: Canvas, size: int) -> Timeline:
        if self._strip is None:

            def picture(text: str, colour: Colour, share: float) -> Sprite:
                key = ("words", text, colour, share)
                if key not in self._sprites:
                    image = words(text, max(11, round(size * share)), colour)
                    self._keep(key, make_sprite(image, canvas.matrix))
                return self._sprites[key]

            row = max(14, round(size * 0.95))
            self._strip = Timeline(self._events, self._now, self._lanes, self._colour, picture, row)
        return self._strip


def _edges(box: Box) -> Rectangle:
    return (
        round(box.left),
        round(box.top),
        round(box.left + box.width),
        round(box.top + box.height),
    )


def _grown(edges: Rectangle, by: int) -> Rectangle:
    return edges[0] - by, edges[1] - by, edges[2] + by, edges[3] + by
