"""Text with a start and an end: WebVTT, SRT, ffmpeg chapters, Audacity labels."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TextIO

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.escaping import one_line, player_id, player_name, title
from bball_tag.errors import AnnotationError
from bball_tag.events import Event, in_order
from bball_tag.video.info import VideoInfo

_TIMING = re.compile(
    r"(?:(\d+):)?(\d\d):(\d\d)\.(\d{3})[ \t]+-->[ \t]+(?:(\d+):)?(\d\d):(\d\d)\.(\d{3})(?:\s.*)?"
)
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?[ \t]+([^>]*)>")
_TAG = re.compile(r"<[^>]*>")
_CONFIDENCE = re.compile(r"\s*\((\d(?:\.\d+)?)\)$")
# SRT cannot write these literally: video players take them for markup.
_NOT_IN_SRT = str.maketrans("<>{}", "‹›()")


def write_vtt(annotation: Annotation, file: TextIO) -> None:
    """Write a cue for each event: `<v player 7>shoot (0.93)`."""
    made = f"NOTE bball-tag {one_line(annotation.version)}".rstrip().replace("-->", "->")
    file.write(f"WEBVTT\n\n{made}\n")
    for number, event in enumerate(annotation, start=1):
        voice = f"<v {_escaped(player_name(event.player))}>" if event.player else ""
        text = f"{voice}{_escaped(event.label)} ({event.confidence:.2f})"
        file.write(f"\n{number}\n{_cue_times(event, '.')}\n{text}\n")


def write_srt(annotation: Annotation, file: TextIO) -> None:
    """Write a subtitle for each event: `player 7: shoot (0.93)`."""
    for number, event in enumerate(annotation, start=1):
        text = title(event).translate(_NOT_IN_SRT)
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
        file.write(f"{event.start:.6f}\t{event.end:.6f}\t{title(event)}\n")


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
        yield start, max(end, start + 1), " + ".join(map(title, moments[start]))


def _escaped(text: str) -> str:
    return html.escape(one_line(text), quote=False)


def _cue_times(event: Event, mark: str) -> str:
    """Return the times of a cue of at least a millisecond, with `mark` before the milliseconds."""
    start = round(event.start * 1000)
    return f"{_stamp(start, mark)} --> {_stamp(max(round(event.end * 1000), start + 1), mark)}"


def _stamp(milliseconds: int, mark: str) -> str:
    seconds, thousandths = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{mark}{thousandths:03d}"


def read_vtt(path: Path, fps: Fraction) -> Annotation:
    """Read the cues of a WebVTT file.

    A voice is the player, and a number in brackets at the end of the text is the confidence.

    Raises:
        AnnotationError: It is not WebVTT, or a cue is invalid; the message has its line.
    """
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    if not lines or not re.match(r"WEBVTT(\s|$)", lines[0]):
        raise AnnotationError("its first line is not WEBVTT")
    events = in_order(_cues(lines))
    return Annotation(VideoInfo.unknown(fps=fps), events)


def _cues(lines: list[str]) -> Iterator[Event]:
    number = 1
    while number < len(lines):
        if "-->" not in lines[number]:
            number += 1
            continue
        first = number + 1
        match = _TIMING.fullmatch(lines[number].strip())
        if not match:
            raise AnnotationError(f"line {first}: {lines[number]!r} is not 00:00:12.480 --> 00:00:14.560")
        while number + 1 < len(lines) and lines[number + 1].strip():
            number += 1
        text = " ".join(lines[first : number + 1])
        start, end = _seconds(match.groups()[:4]), _seconds(match.groups()[4:])
        if end < start:
            raise AnnotationError(f"line {first}: the end is before the start")
        yield _cue_event(text, start, end)
        number += 1


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, thousandths = (int(part or 0) for part in parts)
    return (((hours * 60 + minutes) * 60 + seconds) * 1000 + thousandths) / 1000


def _cue_event(text: str, start: float, end: float) -> Event:
    voice = _VOICE.search(text)
    player = player_id(html.unescape(voice[1]).strip()) if voice else ""
    label = html.unescape(_TAG.sub("", text)).strip()
    number = _CONFIDENCE.search(label)
    confidence = min(float(number[1]), 1.0) if number else 1.0
    label = label[: number.start()] if number else label
    return Event(label, start, end, confidence, confidence, (start + end) / 2, 0, player)
