"""Text with a start and an end: WebVTT, SRT, ffmpeg chapters, Audacity labels."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import TextIO

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.escaping import one_line, player_name, title
from bball_tag.annotations.game_time_text import timed
from bball_tag.events import Event
from bball_tag.timecode import format_time

# SRT cannot write these literally: video players take them for markup.
_NOT_IN_SRT = str.maketrans("<>{}", "‹›()")


def write_vtt(annotation: Annotation, file: TextIO) -> None:
    """Write a cue for each event: `<v player 7>[Q1 7:32.4] shoot (0.93)`."""
    made = f"NOTE bball-tag {one_line(annotation.version)}".rstrip().replace("-->", "->")
    file.write(f"WEBVTT\n\n{made}\n")
    for number, event in enumerate(annotation, start=1):
        voice = f"<v {_escaped(player_name(event.player))}>" if event.player else ""
        text = f"{voice}{_escaped(timed(event, event.label))} ({event.confidence:.2f})"
        file.write(f"\n{number}\n{_cue_times(event, '.')}\n{text}\n")


def write_srt(annotation: Annotation, file: TextIO) -> None:
    """Write a subtitle for each event: `[Q1 7:32.4] player 7: shoot (0.93)`."""
    for number, event in enumerate(annotation, start=1):
        text = timed(event, title(event)).translate(_NOT_IN_SRT)
        file.write(f"{number}\n{_cue_times(event, ',')}\n{text} ({event.confidence:.2f})\n\n")


def write_chapters(annotation: Annotation, file: TextIO) -> None:
    """Write ffmpeg metadata, with a chapter for each moment at which events begin.

    Chapters cannot overlap: each ends at the latest where the next begins, and events that begin at the
    same time share a chapter.
    """
    file.write(";FFMETADATA1\n")
    for start, end, text in _chapters(annotation):
        escaped = re.sub(r"([=;#\\\n])", r"\\\1", text)
        file.write(f"\n[CHAPTER]\nTIMEBASE=1/1000\nSTART={start}\nEND={end}\ntitle={escaped}\n")


def write_audacity(annotation: Annotation, file: TextIO) -> None:
    """Write a label track: start and end in seconds and a title, separated by tabs."""
    for event in annotation:
        file.write(f"{event.start:.6f}\t{event.end:.6f}\t{timed(event, title(event))}\n")


def _chapters(annotation: Annotation) -> Iterator[tuple[int, int, str]]:
    """Yield start and end in milliseconds, and title."""
    moments: dict[int, list[Event]] = {}
    for event in annotation:
        moments.setdefault(round(event.start * 1000), []).append(event)
    starts = sorted(moments)
    # Not strict: without events, the second list is longer.
    for start, following in zip(starts, [*starts[1:], None], strict=False):
        last = max(round(event.end * 1000) for event in moments[start])
        end = last if following is None else min(last, following)
        text = timed(moments[start][0], " + ".join(map(title, moments[start])))
        yield start, max(end, start + 1), text


def _escaped(text: str) -> str:
    return html.escape(one_line(text), quote=False)


def _cue_times(event: Event, mark: str) -> str:
    """Return the times of a cue of at least a millisecond, with `mark` before the milliseconds."""
    start = round(event.start * 1000)
    times = (start, max(round(event.end * 1000), start + 1))
    return " --> ".join(format_time(time / 1000).rjust(12, "0").replace(".", mark) for time in times)
