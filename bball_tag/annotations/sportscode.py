"""Hudl Sportscode: its XML, which many analysis tools read, and its generic CSV of moments."""

from __future__ import annotations

import csv
import logging
import math
from collections import defaultdict
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TextIO
from xml.etree.ElementTree import Element, SubElement

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.escaping import escape_formula, one_line, printable
from bball_tag.annotations.game_time_text import (
    CLOCK,
    PERIOD,
    WITHIN,
    game_facts,
    game_time_of_facts,
)
from bball_tag.annotations.xml_files import parse_xml, write_xml
from bball_tag.events import Event, in_order
from bball_tag.faults import FormError, each_read
from bball_tag.palette import label_colour
from bball_tag.text_files import confidence_of, number_of
from bball_tag.timecode import LONGEST_S, frame_at
from bball_tag.video.info import VideoInfo

log = logging.getLogger("bball_tag")
_GROUPS = {PERIOD: "Period", CLOCK: "Clock", WITHIN: "Clock within (s)"}
"""Groups of labels for the game time."""


def write_sportscode(annotation: Annotation, file: TextIO) -> None:
    """Write an instance for each event, and a row with its colour for each label.

    Characters beyond ASCII are written as references, as some readers understand nothing else.
    """
    root = Element("file")
    _add(SubElement(root, "SORT_INFO"), "sort_type", "sort order")
    instances = SubElement(root, "ALL_INSTANCES")
    for number, event in enumerate(in_order(annotation), start=1):
        instance = SubElement(instances, "instance")
        _add(instance, "ID", str(number))
        _add(instance, "start", f"{event.start:.3f}")
        _add(instance, "end", f"{event.end:.3f}")
        _add(instance, "code", event.label)
        facts = {"Player": event.player, "Team": event.team, "Confidence": f"{event.confidence:.3f}"}
        facts |= {_GROUPS[name]: text for name, text in game_facts(event).items()}
        for group, text in facts.items():
            if text:
                label = SubElement(instance, "label")
                _add(label, "group", group)
                _add(label, "text", text)
    _add_rows(SubElement(root, "ROWS"), annotation)
    write_xml(root, file, encoding="us-ascii")


def _add_rows(rows: Element, annotation: Annotation) -> None:
    labels = annotation.all_labels()
    for number, label in enumerate(labels, start=1):
        row = SubElement(rows, "row")
        _add(row, "sort_order", str(number))
        _add(row, "code", label)
        for name, channel in zip("RGB", label_colour(label, labels), strict=True):
            _add(row, name, str(channel * 257))


def _add(parent: Element, tag: str, text: str) -> None:
    SubElement(parent, tag).text = printable(text)


def read_sportscode(path: Path, fps: Fraction) -> Annotation:
    """Read the instances of a Sportscode file; tools differ on upper and lower case in its tags.

    An instance of several players becomes an event of each.

    Raises:
        FormError: It is another kind of file, or instances are invalid, named by their numbers.
    """
    root = parse_xml(path)
    instances = [element for element in root.iter() if element.tag.lower() == "instance"]
    if root.tag.lower() != "file":
        raise FormError(f"its root is <{root.tag[:40]}>, and Sportscode's is <file>")
    events = chain.from_iterable(each_read(instances, "instance {}", _read_instance))
    return Annotation(VideoInfo.unknown(fps=fps), in_order(events))


def _read_instance(instance: Element) -> list[Event]:
    code = _only(instance, "code")
    if not code:
        raise FormError("its <code> is empty")
    start, end = number_of(_only(instance, "start")), number_of(_only(instance, "end"))
    if not 0 <= start <= end <= LONGEST_S:
        raise FormError(f"it lasts from {start:g} to {end:g} s")
    facts: dict[str, list[str]] = defaultdict(list)
    for label in (child for child in instance if child.tag.lower() == "label"):
        parts = {part.tag.lower(): (part.text or "").strip() for part in label}
        facts[parts.get("group", "").lower()].append(parts.get("text", ""))
    sure = facts["confidence"]
    confidence = confidence_of(sure[0]) if len(sure) == 1 else 1.0
    players, teams = ([*dict.fromkeys(filter(None, facts[group]))] for group in ("player", "team"))
    if len(teams) > 1:
        log.warning("%s at %g s has the teams %s: none was taken.", code, start, ", ".join(teams))
    team = teams[0] if len(teams) == 1 else ""
    at = game_time_of_facts({name: " ".join(facts[group.lower()]) for name, group in _GROUPS.items()})
    middle = (start + end) / 2
    return [
        Event(code, start, end, confidence, confidence, middle, 0, player, team, game_time=at)
        for player in players or [""]
    ]


def _only(instance: Element, tag: str) -> str:
    """Return the text of the only part of that name."""
    texts = [(child.text or "").strip() for child in instance if child.tag.lower() == tag]
    if len(texts) != 1:
        raise FormError(f"it has {len(texts) or 'no'} <{tag}>")
    return texts[0]


def write_hudl_csv(annotation: Annotation, file: TextIO) -> None:
    """Write when each event begins, in minutes, seconds, and frames of that second."""
    writer = csv.writer(file)
    game = [PERIOD, CLOCK] if any(event.game_time for event in annotation) else []
    names = ("Mins", "Secs", "Frames", "Code", "Duration", "Player", "Team", "Confidence")
    writer.writerow((*names, *(_GROUPS[name] for name in game)))
    for event in annotation:
        facts = game_facts(event)
        moment = _moment(event, annotation.video.fps)
        writer.writerow((*moment, *(facts.get(name, "") for name in game)))


def _moment(event: Event, fps: Fraction) -> tuple[str | int, ...]:
    frame = frame_at(event.start, fps)
    seconds = math.floor(frame / fps)
    label, player, team = (escape_formula(one_line(text)) for text in (event.label, event.player, event.team))
    frames, length = frame - math.ceil(seconds * fps), f"{event.end - event.start:.3f}"
    return seconds // 60, seconds % 60, frames, label, length, player, team, f"{event.confidence:.3f}"
