"""The formats of linguistics and behaviour research, in tiers without overlaps: ELAN and Praat."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO
from xml.etree.ElementTree import Element, SubElement

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.elan_reader import CONFIDENCE_TYPE, GAME_TIME_TYPE
from bball_tag.annotations.escaping import media_url, one_line, player_name, printable
from bball_tag.annotations.xml_files import write_xml
from bball_tag.events import Event, in_order
from bball_tag.game_time import format_game_time

_NOBODY = "actions"
"""The tier of events without a player."""
_Span = tuple[int, int, str]
"""Start and end in milliseconds, and text."""


@dataclass(slots=True)
class Tier:
    """Events of one player, no two of which overlap."""

    name: str
    player: str
    spans: list[tuple[int, int, Event]] = field(default_factory=list)
    """Start and end, in milliseconds, at least one apart."""


def tiers(annotation: Annotation) -> list[Tier]:
    """Return the events in tiers: one for each player, and further ones where the player's events overlap."""
    tiers_of: dict[str, list[Tier]] = {}
    used: set[str] = set()
    for event in in_order(annotation):
        start = round(event.start * 1000)
        mine = tiers_of.setdefault(event.player, [])
        tier = next((tier for tier in mine if tier.spans[-1][1] <= start), None)
        if tier is None:
            base = one_line(player_name(event.player)) or _NOBODY
            tier = Tier(_unused(base if not mine else f"{base} #{len(mine) + 1}", used), event.player)
            mine.append(tier)
        tier.spans.append((start, max(round(event.end * 1000), start + 1), event))
    ordered = sorted(tiers_of, key=lambda player: (not player.isdecimal(), len(player), player))
    return [tier for player in ordered for tier in tiers_of[player]] or [Tier(_NOBODY, "")]


def _unused(name: str, used: set[str]) -> str:
    """Return `name`, with apostrophes added until neither it nor a tier below it is in `used`."""
    while used & (names := {name, f"{name} {CONFIDENCE_TYPE}", f"{name} {GAME_TIME_TYPE}"}):
        name += "'"
    used |= names
    return name


def write_textgrid(annotation: Annotation, file: TextIO) -> None:
    """Write a Praat TextGrid of interval tiers, gaps filled with empty intervals.

    Below each tier of actions there is one of their game times, where any has one.
    """
    rows = [named for tier in tiers(annotation) for named in _with_times(tier)]
    ends = [spans[-1][1] for _, spans in rows if spans]
    end = max(1, round(annotation.video.duration * 1000), *ends)
    file.write('File type = "ooTextFile"\nObject class = "TextGrid"\n\n')
    file.write(f"xmin = 0\nxmax = {end / 1000:.3f}\ntiers? <exists>\nsize = {len(rows)}\nitem []:\n")
    for number, (name, spans) in enumerate(rows, start=1):
        intervals = list(_filled(spans, end))
        file.write(f'    item [{number}]:\n        class = "IntervalTier"\n')
        file.write(f"        name = {_quoted(name)}\n        xmin = 0\n        xmax = {end / 1000:.3f}\n")
        file.write(f"        intervals: size = {len(intervals)}\n")
        for index, (start, stop, text) in enumerate(intervals, start=1):
            file.write(f"        intervals [{index}]:\n            xmin = {start / 1000:.3f}\n")
            file.write(f"            xmax = {stop / 1000:.3f}\n            text = {_quoted(text)}\n")


def _with_times(tier: Tier) -> Iterator[tuple[str, list[_Span]]]:
    """Yield the name and the labels of a tier, then those of its game times if there are any."""
    yield tier.name, [(start, stop, one_line(event.label)) for start, stop, event in tier.spans]
    times = [
        (start, stop, format_game_time(event.game_time))
        for start, stop, event in tier.spans
        if event.game_time
    ]
    if times:
        yield f"{tier.name} {GAME_TIME_TYPE}", times


def _filled(spans: Iterable[_Span], end: int) -> Iterator[_Span]:
    """Yield the start, end and text of intervals that fill 0 to `end`, in milliseconds."""
    reached = 0
    for start, stop, text in spans:
        if start > reached:
            yield reached, start, ""
        yield start, stop, text
        reached = stop
    if reached < end:
        yield reached, end, ""


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def write_elan(annotation: Annotation, file: TextIO) -> None:
    """Write an ELAN document: a tier of actions for each player, below it its confidences and game times."""
    path = annotation.video.path
    attributes = {
        "AUTHOR": "bball-tag",
        # The standard wants a date. With a fixed one, the same events give the same file.
        "DATE": "2000-01-01T00:00:00+00:00",
        "FORMAT": "3.0",
        "VERSION": "3.0",
        "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
        "xsi:noNamespaceSchemaLocation": "http://www.mpi.nl/tools/elan/EAFv3.0.xsd",
    }
    root = Element("ANNOTATION_DOCUMENT", attributes)
    header = SubElement(root, "HEADER", MEDIA_FILE="", TIME_UNITS="milliseconds")
    if path:
        mime = mimetypes.guess_type(path.name)[0] or "video/mp4"
        near = media_url(Path(path.name))
        media = {"MEDIA_URL": media_url(path), "RELATIVE_MEDIA_URL": f"./{near}", "MIME_TYPE": mime}
        SubElement(header, "MEDIA_DESCRIPTOR", media)
    _add_tiers(root, tiers(annotation))
    plain = {"GRAPHIC_REFERENCES": "false"}
    SubElement(root, "LINGUISTIC_TYPE", plain, LINGUISTIC_TYPE_ID="action", TIME_ALIGNABLE="true")
    below = {**plain, "CONSTRAINTS": "Symbolic_Association"}
    SubElement(root, "LINGUISTIC_TYPE", below, LINGUISTIC_TYPE_ID=CONFIDENCE_TYPE, TIME_ALIGNABLE="false")
    if any(event.game_time for event in annotation):
        SubElement(root, "LINGUISTIC_TYPE", below, LINGUISTIC_TYPE_ID=GAME_TIME_TYPE, TIME_ALIGNABLE="false")
    meaning = "1-1 association with a parent annotation"
    SubElement(root, "CONSTRAINT", STEREOTYPE="Symbolic_Association", DESCRIPTION=meaning)
    write_xml(root, file)


def _add_tiers(root: Element, rows: list[Tier]) -> None:
    order = SubElement(root, "TIME_ORDER")
    number = 0
    for tier in rows:
        who = {"PARTICIPANT": one_line(tier.player)} if tier.player else {}
        actions = SubElement(root, "TIER", who, TIER_ID=tier.name, LINGUISTIC_TYPE_REF="action")
        confidences, times = {}, {}
        for start, end, event in tier.spans:
            number += 1
            slots = (f"ts{2 * number - 1}", f"ts{2 * number}")
            for slot, time in zip(slots, (start, end), strict=True):
                SubElement(order, "TIME_SLOT", TIME_SLOT_ID=slot, TIME_VALUE=str(time))
            refs = {"TIME_SLOT_REF1": slots[0], "TIME_SLOT_REF2": slots[1]}
            _add_value(actions, "ALIGNABLE_ANNOTATION", f"a{number}", refs, event.label)
            confidences[number] = f"{event.confidence:.3f}"
            if event.game_time:
                times[number] = format_game_time(event.game_time)
        below = {**who, "PARENT_REF": tier.name}
        _add_texts(root, below, CONFIDENCE_TYPE, confidences)
        if times:
            _add_texts(root, below, GAME_TIME_TYPE, times)


def _add_texts(root: Element, below: dict[str, str], kind: str, texts: dict[int, str]) -> None:
    """Add a tier of texts, by the numbers of the annotations that they are about."""
    facts = {**below, "LINGUISTIC_TYPE_REF": kind}
    tier = SubElement(root, "TIER", facts, TIER_ID=f"{below['PARENT_REF']} {kind}")
    for number, text in texts.items():
        refs = {"ANNOTATION_REF": f"a{number}"}
        _add_value(tier, "REF_ANNOTATION", f"{kind[0]}{number}", refs, text)


def _add_value(tier: Element, kind: str, name: str, refs: dict[str, str], text: str) -> None:
    item = SubElement(SubElement(tier, "ANNOTATION"), kind, refs, ANNOTATION_ID=name)
    SubElement(item, "ANNOTATION_VALUE").text = printable(text)
