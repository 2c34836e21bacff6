"""What a notebook shows of an annotation: the timeline as an image, and a table of the first events."""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.escaping import one_line
from bball_tag.palette import Colour, ink_on, label_colour
from bball_tag.timecode import counted, format_clock, format_time

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from bball_tag.events import Event

_MOST_ROWS = 10
"""Events in the table."""
_MOST_LABELS = 24
"""Rows of the timeline."""
_LONGEST_NAME = 40
"""Characters of a label or a name that are shown."""
_INCHES_WIDE, _DOTS_PER_INCH = 9.0, 160
_GREY = "#808080"
"""The colour of text and axes: readable on a light and on a dark page."""


def as_html(annotation: Annotation) -> str:
    """Return an HTML fragment; all text from data is escaped."""
    count = len(annotation)
    name, length = _short(annotation.video.name, 3 * _LONGEST_NAME), format_clock(annotation.end())
    parts = [f"<p><b>{escape(name)}, {length}: {counted(count, 'event')}</b></p>"]
    if annotation.caution:
        parts.append(f"<p><b>{escape(one_line(annotation.caution))}</b></p>")
    if count:
        parts += [_timeline_image(annotation), _table(annotation)]
    if count > _MOST_ROWS:
        parts.append(f"<p>… and {count - _MOST_ROWS} more</p>")
    return f"<div>{''.join(parts)}</div>"


def _short(text: str, most: int = _LONGEST_NAME) -> str:
    line = one_line(text)
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _table(annotation: Annotation) -> str:
    names = ("start", "end", "label", "confidence", "player", "team")
    labels = annotation.all_labels()
    kits = {player.id: player.colour for player in annotation.players}
    rows = [f"<th>{'</th><th>'.join(names)}</th>"]
    rows += [
        f"<td>{'</td><td>'.join(_cells(event, labels, kits))}</td>"
        for event in annotation.events[:_MOST_ROWS]
    ]
    return f"<table><tr>{'</tr><tr>'.join(rows)}</tr></table>"


def _cells(event: Event, labels: list[str], kits: Mapping[str, Colour]) -> tuple[str, ...]:
    kit = kits.get(event.player) if event.team else None
    return (
        format_time(event.start),
        format_time(event.end),
        _swatch(event.label, label_colour(event.label, labels)),
        f"{event.confidence:.3f}",
        escape(_short(event.player)),
        _swatch(event.team, kit) if kit else escape(_short(event.team)),
    )


def _swatch(text: str, ground: Colour) -> str:
    style = f"background:rgb{ground};color:rgb{ink_on(ground)};padding:0 0.4em"
    return f'<span style="{style}">{escape(_short(text))}</span>'


def _timeline_image(annotation: Annotation) -> str:
    """Return the timeline as an `img` element that carries its PNG."""
    # Not pyplot: it would keep the figure, and switch the notebook's own figures to another backend.
    from matplotlib.figure import Figure

    happening = {event.label for event in annotation}
    labels = [label for label in annotation.all_labels() if label in happening][:_MOST_LABELS]
    figure = Figure(figsize=(_INCHES_WIDE, 0.6 + 0.27 * len(labels)), dpi=_DOTS_PER_INCH, layout="tight")
    _draw_timeline(figure.subplots(), annotation, labels)
    file = io.BytesIO()
    with warnings.catch_warnings():
        # The table shows characters that the font of the image lacks.
        warnings.filterwarnings("ignore", message="Glyph .* missing", category=UserWarning)
        figure.savefig(file, format="png", transparent=True)
    data = base64.b64encode(file.getvalue()).decode("ascii")
    width = round(_INCHES_WIDE * 96)
    style = f"width:{width}px;max-width:100%"
    return f'<img alt="timeline of the events" style="{style}" src="data:image/png;base64,{data}">'


def _draw_timeline(axes: Axes, annotation: Annotation, labels: list[str]) -> None:
    """Draw a row of bars for each label, the first on top."""
    known, end = annotation.all_labels(), max(annotation.end(), 0.001)
    for row, label in enumerate(labels):
        colour = [channel / 255 for channel in label_colour(label, known)]
        # The shortest are widened until they can be seen.
        bars = [
            (event.start, max(event.end - event.start, end / 1000))
            for event in annotation
            if event.label == label
        ]
        axes.broken_barh(bars, (row - 0.38, 0.76), facecolor=colour, edgecolor=_GREY, linewidth=0.4)
    axes.set_xlim(0, end)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    # A label such as $x$ is text, not a formula.
    axes.set_yticks(range(len(labels)), list(map(_short, labels)), parse_math=False)
    axes.xaxis.set_major_formatter(lambda seconds, _: format_clock(seconds))
    axes.tick_params(colors=_GREY, labelsize=9, length=0)
    axes.grid(axis="x", color=_GREY, alpha=0.3, linewidth=0.6)
    axes.set_axisbelow(True)
    for side in axes.spines.values():
        side.set_visible(False)
