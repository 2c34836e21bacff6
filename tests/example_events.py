"""The example of the formats' specifications, and text that formats stumble over."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from bball_tag.annotations import Annotation, write_annotation
from bball_tag.events import Event, in_order
from bball_tag.players.tracks import Track
from bball_tag.video.info import VideoInfo
from bball_tag.video.video import Video

NTSC = Fraction(30000, 1001)
VIDEO = VideoInfo(
    path=Path("/games/game.mp4"),
    width=1280,
    height=720,
    fps=NTSC,
    duration=60.06,
    num_frames=1800,
    has_audio=True,
    rotation=0,
)
SHOT = Event("shoot", 12.48, 14.56, 0.93, 0.981, 13.28, 9, "7", "home")
NASTY = [
    "=1+2",
    "+49",
    "-x",
    "@me",
    "'=x",
    "\ttab",
    'a "quoted", b',
    "a;b & <c>",
    "two\nlines",
    "бросок 投篮 شوت",
]


def annotation(*events: Event, **fields: Any) -> Annotation:
    """Return these events of the example's video."""
    return Annotation(fields.pop("video", VIDEO), in_order(events), **fields)


def written(whole: Annotation, path: Path, name: str | None = None, **margins: float) -> Path:
    """Write events, and return where."""
    write_annotation(whole, path, name, **margins)
    return path


_share = st.integers(0, 1000).map(lambda number: number / 1000)
_name = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)


@st.composite
def _event(draw: st.DrawFn) -> Event:
    start, length = draw(st.integers(0, 400 * 3600 * 1000)), draw(st.integers(0, 90_000))
    peak = start + round(length * draw(st.floats(0, 1)))
    label = draw(_name.filter(str.strip))
    # A cell with blanks alone is empty to a person.
    player, team = (draw(_name.map(lambda text: text if text.strip() else "")) for _ in range(2))
    found = (draw(_share), draw(_share), peak / 1000, draw(st.integers(0, 99)))
    return Event(label, start / 1000, (start + length) / 1000, *found, player, team)


def events_in_milliseconds() -> st.SearchStrategy[list[Event]]:
    """Return any few events whose numbers have three decimals, in order."""
    return st.lists(_event(), max_size=5).map(in_order)


def crowd(video: Path, label: str = "shoot") -> Annotation:
    """Return events of ten seconds of `video`: two players have a track, a third has none."""
    tracks = [
        Track(name, np.arange(0, 10, 0.04), np.tile([left, 10.0, 40, 80], (250, 1)))
        for name, left in (("7", 5.0), ("8", 100.0))
    ]
    events = [
        replace(SHOT, label=label, start=1.0, end=3.4, player="7"),
        replace(SHOT, label="dunk", start=5.0, end=5.2, player="8"),
        replace(SHOT, label="pass", start=6.0, end=7.0, player="9"),
    ]
    return annotation(*events, video=Video(video).info, tracks=tracks)
