"""LosslessCut: its project (`.llc`, JSON5) and its CSV of segments."""

from __future__ import annotations

import csv
import logging
import re
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.escaping import one_line, path_text
from bball_tag.annotations.game_time_text import game_facts, game_time_of_facts
from bball_tag.errors import OptionError
from bball_tag.events import Event, in_order
from bball_tag.faults import Faults, FormError, each_read
from bball_tag.json_files import as_flag, as_list, as_number, as_object, as_text, dump, field, parse_json5
from bball_tag.text_files import at_most, confidence_of, opened_text, read_text, table_rows
from bball_tag.timecode import LONGEST_S, counted, parse_time
from bball_tag.video.info import VideoInfo

log = logging.getLogger("bball_tag")
_VERSIONS = (1, 2)
_MARKERS_FROM = 2
"""In this version a segment without an end is a marker; before, it lasts to the end of the video."""
_SECONDS = re.compile(r"\d+(?:\.\d*)?")


def write_llc(annotation: Annotation, file: TextIO) -> None:
    """Write a project of version 2 as JSON, which is JSON5 too; an event of no length becomes a marker."""
    video = annotation.video.path
    document = {
        "version": 2,
        # It looks for the video beside the project.
        **({"mediaFileName": path_text(Path(video.name))} if video else {}),
        "cutSegments": [_segment(event) for event in annotation],
    }
    dump(document, file, indent=2)


def _segment(event: Event) -> dict[str, Any]:
    start, end = round(event.start, 3), round(event.end, 3)
    tags = {"player": event.player, "team": event.team, "confidence": f"{event.confidence:.3f}"}
    tags |= game_facts(event)
    return {
        "start": start,
        **({"end": end} if end > start else {}),
        "name": event.label,
        "selected": True,
        "tags": {name: text for name, text in tags.items() if text},
    }


def read_llc(path: Path, fps: Fraction) -> Annotation:
    """Read a project. Segments that a person took out of the selection are left out.

    Raises:
        FormError: It is another kind of file, or segments are invalid, named by their numbers.
    """
    document = as_object(parse_json5(read_text(path)))
    if "cutSegments" not in document:
        raise FormError("it has no cutSegments, which every project of LosslessCut has")
    version = document.get("version", 1)
    if version not in _VERSIONS:
        raise FormError(f"its version is {version!r}, and this bball-tag reads 1 and 2")
    read = partial(_read_segment, markers=version >= _MARKERS_FROM)
    segments = each_read(at_most(as_list(document["cutSegments"])), "segment {}", read)
    events = [event for event in segments if event is not None]
    if left_out := len(segments) - len(events):
        log.warning("%s: %s not selected were left out.", path.name, counted(left_out, "segment"))
    name = document.get("mediaFileName")
    video = path.parent / name if isinstance(name, str) and name and "\0" not in name else None
    return Annotation(VideoInfo.unknown(video, fps), in_order(events))


def _read_segment(item: object, *, markers: bool) -> Event | None:
    """Return the event of a segment; None if it is not selected."""
    segment = as_object(item)
    if not as_flag(segment.get("selected", True)):
        return None
    start = as_number(segment.get("start", 0), LONGEST_S)
    if "end" in segment:
        end = as_number(segment["end"], LONGEST_S)
    elif markers:
        end = start
    else:
        raise FormError("it has no end, which means that of the video. Set it in LosslessCut")
    label = _label(as_text(field(segment, "name")))
    tags = as_object(segment.get("tags", {}))
    player, team = (as_text(tags.get(name, "")) for name in ("player", "team"))
    event = _event(label, start, end, confidence_of(tags.get("confidence")), player, team)
    return replace(event, game_time=game_time_of_facts(tags))


def _label(name: str) -> str:
    if not name.strip():
        raise FormError("it has no name. Label it in LosslessCut")
    return name


def _event(
    label: str, start: float, end: float, confidence: float = 1.0, player: str = "", team: str = ""
) -> Event:
    if end < start:
        raise FormError(f"it lasts from {start:g} to {end:g} s")
    return Event(label, start, end, confidence, confidence, (start + end) / 2, 0, player, team)


def write_llc_csv(annotation: Annotation, file: TextIO) -> None:
    """Write start and end in seconds and the label, without a header."""
    writer = csv.writer(file)
    for event in annotation:
        start = round(event.start * 1000)
        # Without a length, LosslessCut would refuse to cut it.
        end = max(round(event.end * 1000), start + 1)
        writer.writerow((f"{start / 1000:.3f}", f"{end / 1000:.3f}", one_line(event.label)))


def read_llc_csv(path: Path, fps: Fraction) -> Annotation:
    """Read start, end and name of each segment; an empty start is that of the video.

    Raises:
        FormError: Lines are invalid; it names them by their numbers.
    """
    faults, events = Faults(), []
    with opened_text(path) as file:
        _, rows = table_rows(file)
        for line, cells in at_most(rows):
            with faults.gathered(f"line {line}"):
                events.append(_read_row(cells))
    faults.check()
    return Annotation(VideoInfo.unknown(fps=fps), in_order(events))


def _read_row(cells: list[str]) -> Event:
    if len(cells) != 3:
        raise FormError(f"it has {counted(len(cells), 'cell')}, and LosslessCut's have start, end and name")
    start, end, name = (cell.strip() for cell in cells)
    if not end:
        raise FormError("it has no end, which may mean that of the video, or a marker. Type it")
    return _event(_label(name), _seconds(start or "0"), _seconds(end))


def _seconds(text: str) -> float:
    if _SECONDS.fullmatch(text):
        return as_number(float(text), LONGEST_S)
    try:
        return parse_time(text, None)
    except OptionError as error:
        raise FormError(f"{text[:40]!r} is not a time in seconds or on the clock") from error
