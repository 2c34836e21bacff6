"""Read ELAN documents, ours and those of people who annotate with tiers of their own.

Times are those of the first video, which ELAN may begin to play later than at its start. Annotations without
times of their own lie between those that have some, evenly, as ELAN draws them.
"""

from __future__ import annotations

import logging
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from xml.etree.ElementTree import Element

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.escaping import player_id
from bball_tag.annotations.xml_files import parse_xml
from bball_tag.events import Event, in_order
from bball_tag.faults import Faults, FormError
from bball_tag.game_time import parse_game_time
from bball_tag.text_files import confidence_of, shows_number
from bball_tag.timecode import LONGEST_S, counted
from bball_tag.video.info import VideoInfo

log = logging.getLogger("bball_tag")
CONFIDENCE_TYPE = "confidence"
"""The type of the tiers in which we write confidences."""
GAME_TIME_TYPE = "game time"
"""The type of those with game times."""
_MILLISECONDS = re.compile(r"-?[0-9]{1,12}")
Span = tuple[float, float]
"""Start and end, in milliseconds of ELAN's time line."""


@dataclass(frozen=True, slots=True)
class _Item:
    """One annotation."""

    id: str
    text: str
    slots: tuple[str, str] | None
    """The ids of its time slots; None for one that takes its time from another annotation."""
    parent: str
    """The id of that one."""


@dataclass(frozen=True, slots=True)
class _Tier:
    name: str
    player: str
    type: str
    items: list[_Item]

    @property
    def refers(self) -> bool:
        """Whether its annotations say something about others."""
        return any(item.slots is None for item in self.items)


def read_elan(path: Path, fps: Fraction) -> Annotation:
    """Read the annotations of all tiers, and our own confidences from the tiers that hold them.

    Of tiers that refer to others, those of numbers alone are left out, with a warning: they are facts about
    the others.

    Raises:
        FormError: It is another kind of file, or annotations are invalid, named by tier and id.
    """
    root = parse_xml(path)
    if root.tag != "ANNOTATION_DOCUMENT":
        raise FormError(f"its root is <{root.tag[:40]}>, and ELAN's is <ANNOTATION_DOCUMENT>")
    faults = Faults()
    origin = _origin(root)
    tiers = _tiers(root, faults)
    spans = _spans(tiers, _slots(root, faults), faults)
    confidences = {parent: confidence_of(text) for parent, text in _about(tiers, CONFIDENCE_TYPE).items()}
    times = {parent: parse_game_time(text) for parent, text in _about(tiers, GAME_TIME_TYPE).items()}
    events, empty = [], 0
    for tier in _with_actions(tiers):
        for item in tier.items:
            if item.id not in spans:
                continue
            if not item.text:
                empty += 1
                continue
            start, end = ((time + origin) / 1000 for time in spans[item.id])
            if not 0 <= start <= end <= LONGEST_S:
                faults.add(f"tier {tier.name!r}, annotation {item.id} lasts from {start:g} to {end:g} s")
                continue
            sure = confidences.get(item.id, 1.0)
            event = Event(item.text, start, end, sure, sure, (start + end) / 2, 0, tier.player)
            events.append(replace(event, game_time=times.get(item.id)))
    faults.check()
    if empty:
        log.warning(
            "%s: %s without text: no events were made of them.", path.name, counted(empty, "annotation")
        )
    return Annotation(VideoInfo.unknown(fps=fps), in_order(events))


def _about(tiers: Sequence[_Tier], kind: str) -> dict[str, str]:
    """Return what the tiers of a type of ours say, by the ids of the annotations that they are about."""
    return {item.parent: item.text for tier in tiers if tier.type == kind for item in tier.items}


def _origin(root: Element) -> float:
    """Return the millisecond of the video that is 0 in ELAN.

    Raises:
        FormError: There are videos with different ones, or times are not in milliseconds.
    """
    header = root.find("HEADER")
    units = header.get("TIME_UNITS") if header is not None else None
    if units not in (None, "milliseconds"):
        raise FormError(f"its times are in {units}, and only milliseconds are read")
    media = list(root.iter("MEDIA_DESCRIPTOR"))
    videos = [one for one in media if one.get("MIME_TYPE", "").startswith("video")] or media
    origins = {_whole(one.get("TIME_ORIGIN") or "0"): one.get("MEDIA_URL", "") for one in videos}
    if len(origins) > 1:
        which = ", ".join(f"{url.rpartition('/')[2]} at {time} ms" for time, url in origins.items())
        raise FormError(f"its videos begin at different times ({which}), so that its times may mean either")
    origin = next(iter(origins), 0)
    if origin:
        log.info("ELAN plays the video from %g s on: all times are moved by as much.", origin / 1000)
    return origin


def _slots(root: Element, faults: Faults) -> dict[str, float | None]:
    """Return the time of each slot in milliseconds, None where it has none."""
    slots: dict[str, float | None] = {}
    for slot in root.iter("TIME_SLOT"):
        name, time = slot.get("TIME_SLOT_ID", ""), slot.get("TIME_VALUE")
        if name in slots:
            faults.add(f"there are two time slots {name!r}")
        slots[name] = None
        if time is not None:
            with faults.gathered(f"time slot {name!r}"):
                slots[name] = _whole(time)
    return slots


def _whole(text: str) -> int:
    if not _MILLISECONDS.fullmatch(text.strip()):
        raise FormError(f"{text[:40]!r} is no number of milliseconds")
    return int(text)


def _tiers(root: Element, faults: Faults) -> list[_Tier]:
    players: dict[str, str] = {}
    tiers = []
    for element in root.iter("TIER"):
        name = element.get("TIER_ID", "")
        player = element.get("PARTICIPANT") or players.get(element.get("PARENT_REF", ""), "")
        if not player and player_id(name) != name:
            player = player_id(name)
        players[name] = player
        items = [item for kind in element.iter("ANNOTATION") for item in map(_item, kind)]
        tiers.append(_Tier(name, player, element.get("LINGUISTIC_TYPE_REF", ""), items))
    for name, count in Counter(item.id for tier in tiers for item in tier.items).items():
        if count > 1:
            faults.add(f"there are {count} annotations {name!r}")
    return tiers


def _item(element: Element) -> _Item:
    slots = element.get("TIME_SLOT_REF1"), element.get("TIME_SLOT_REF2")
    return _Item(
        element.get("ANNOTATION_ID", ""),
        (element.findtext("ANNOTATION_VALUE") or "").strip(),
        (slots[0] or "", slots[1] or "") if element.tag == "ALIGNABLE_ANNOTATION" else None,
        element.get("ANNOTATION_REF", ""),
    )


def _spans(tiers: Sequence[_Tier], slots: dict[str, float | None], faults: Faults) -> dict[str, Span]:
    """Return the span of each annotation, by its id."""
    spans: dict[str, Span] = {}
    for tier in tiers:
        _divide(tier, slots)
        for item in tier.items:
            start, end = (slots.get(slot) for slot in item.slots or ("", ""))
            if start is not None and end is not None:
                spans[item.id] = (start, end)
            elif item.slots:
                place = f"tier {tier.name!r}, annotation {item.id}"
                faults.add(f"{place} has no time of its own. Give it one in ELAN")
    _add_referring(tiers, spans, faults)
    return spans


def _add_referring(tiers: Sequence[_Tier], spans: dict[str, Span], faults: Faults) -> None:
    """Add the spans of annotations that refer to others: the same, or where they are several, even parts."""
    below: dict[str, list[tuple[_Tier, list[_Item]]]] = defaultdict(list)
    for tier in tiers:
        for parent, items in _by_parent(tier).items():
            below[parent].append((tier, items))
    waiting = list(spans)
    while waiting:
        parent = waiting.pop()
        start, end = spans[parent]
        for _, items in below.pop(parent, ()):
            step = (end - start) / len(items)
            for index, item in enumerate(items):
                spans[item.id] = (start + index * step, start + (index + 1) * step)
                waiting.append(item.id)
    for parent, groups in below.items():
        for tier, _ in groups:
            faults.add(f"tier {tier.name!r} refers to the annotation {parent!r}, which has no time")


def _by_parent(tier: _Tier) -> Mapping[str, list[_Item]]:
    groups: dict[str, list[_Item]] = defaultdict(list)
    for item in tier.items:
        if item.slots is None:
            groups[item.parent].append(item)
    return groups


def _divide(tier: _Tier, slots: dict[str, float | None]) -> None:
    """Give times to the slots between annotations of a tier that follow each other and have none."""
    following = {item.slots[0]: item.slots[1] for item in tier.items if item.slots}
    seen: set[str] = set()
    for first, last in following.items():
        start = slots.get(first)
        if start is None or slots.get(last) is not None:
            continue
        chain = [last]
        while slots.get(chain[-1]) is None and chain[-1] in following and chain[-1] not in seen:
            seen.add(chain[-1])
            chain.append(following[chain[-1]])
        if (end := slots.get(chain[-1])) is not None:
            for index, slot in enumerate(chain[:-1], start=1):
                slots[slot] = start + (end - start) * index / len(chain)


def _with_actions(tiers: Iterable[_Tier]) -> Iterable[_Tier]:
    """Yield the tiers whose annotations are events."""
    for tier in tiers:
        if tier.type in (CONFIDENCE_TYPE, GAME_TIME_TYPE) and tier.refers:
            continue
        if tier.refers and all(shows_number(item.text or "0") for item in tier.items):
            log.warning(
                "The tier %r has numbers about other annotations: no events were made of its %s.",
                tier.name,
                counted(len(tier.items), "annotation"),
            )
            continue
        yield tier
