"""Hudl Sportscode: its XML, which many analysis tools read, and its generic CSV of moments."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TextIO
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.escaping import escape_formula, one_line, printable
from bball_tag.errors import AnnotationError
from bball_tag.events import Event, in_order
from bball_tag.palette import label_colour
from bball_tag.timecode import frame_at
from bball_tag.video.info import VideoInfo


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
        for group, text in facts.items():
            if text:
                label = SubElement(instance, "label")
                _add(label, "group", group)
                _add(label, "text", text)
    _add_rows(SubElement(root, "ROWS"), annotation)
    ElementTree.indent(root)
    file.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    file.write(ElementTree.tostring(root, encoding="us-ascii", xml_declaration=False).decode("ascii"))
    file.write("\n")


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

    Raises:
        AnnotationError: It is another kind of file, or an instance is invalid; the message has its
            number.
    """
    root = parse_xml(path)
    instances = [element for element in root.iter() if element.tag.lower() == "instance"]
    if root.tag.lower() != "file":
        raise AnnotationError(f"its root is <{root.tag}>, and Sportscode's is <file>")
    events = [_read_instance(instance, number) for number, instance in enumerate(instances, start=1)]
    return Annotation(VideoInfo.unknown(fps=fps), in_order(events))


def parse_xml(path: Path) -> Element:
    """Return the root of an XML file.

    Raises:
        AnnotationError: It is not XML.
    """
    try:
        return ElementTree.parse(path).getroot()
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise AnnotationError(f"it is not XML ({error})") from error


def _read_instance(instance: Element, number: int) -> Event:
    values = {child.tag.lower(): (child.text or "").strip() for child in instance}
    facts: dict[str, str] = {}
    for label in (child for child in instance if child.tag.lower() == "label"):
        parts = {part.tag.lower(): (part.text or "").strip() for part in label}
        facts.setdefault(parts.get("group", "").lower(), parts.get("text", ""))
    try:
        start, end = float(values["start"]), float(values["end"])
        confidence = float(facts.get("confidence") or 1)
        code = values["code"]
    except KeyError as error:
        raise AnnotationError(f"instance {number} has no <{error.args[0]}>") from error
    except ValueError as error:
        raise AnnotationError(f"instance {number} is invalid: {error}") from error
    if not 0 <= start <= end < math.inf:
        raise AnnotationError(f"instance {number} lasts from {start:g} to {end:g} s")
    # Other tools may mean percentages, or something else, by this name.
    confidence = confidence if 0 <= confidence <= 1 else 1.0
    player, team = facts.get("player", ""), facts.get("team", "")
    return Event(code, start, end, confidence, confidence, (start + end) / 2, 0, player, team)


def write_hudl_csv(annotation: Annotation, file: TextIO) -> None:
    """Write when each event begins, in minutes, seconds, and frames of that second."""
    writer = csv.writer(file)
    writer.writerow(("Mins", "Secs", "Frames", "Code", "Duration", "Player", "Team", "Confidence"))
    writer.writerows(_moments(annotation))


def _moments(annotation: Annotation) -> Iterator[tuple[str | int, ...]]:
    fps = annotation.video.fps
    for event in annotation:
        frame = frame_at(event.start, fps)
        seconds = math.floor(frame / fps)
        yield (
            seconds // 60,
            seconds % 60,
            frame - math.ceil(seconds * fps),
            escape_formula(one_line(event.label)),
            f"{event.end - event.start:.3f}",
            escape_formula(one_line(event.player)),
            escape_formula(one_line(event.team)),
            f"{event.confidence:.3f}",
        )
