"""Read our own JSON, which people and programs change, and check all that it holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.game_file_json import from_json as file_from_json
from bball_tag.annotations.native_json import KIND, VERSION
from bball_tag.annotations.period_json import from_json as period_from_json
from bball_tag.annotations.period_json import game_time_from_json
from bball_tag.annotations.reviewed import from_json, in_order
from bball_tag.annotations.stamps import stamped
from bball_tag.checks import is_number
from bball_tag.events import Event, EventRules, event_order
from bball_tag.events.rule_fields import from_fields
from bball_tag.faults import Faults, FormError, shown
from bball_tag.game_time import check_periods
from bball_tag.json_files import (
    as_flag,
    as_list,
    as_number,
    as_object,
    as_rate,
    as_text,
    as_whole,
    field,
    load_json,
)
from bball_tag.palette import Colour, colour_of
from bball_tag.timecode import LONGEST_S

if TYPE_CHECKING:
    import numpy as np

    from bball_tag.players.identify import Player
    from bball_tag.players.tracks import Track

T = TypeVar("T")
_MOST_BYTES = 256 << 20
"""The boxes of a crowd over hours take much room."""
_LARGEST_SIDE = 1e6
"""No frame has a side of more pixels."""


def read_json(path: Path, fps: Fraction) -> Annotation:
    """Read a document written by `write_json`.

    Raises:
        FormError: It is another kind of file, of a newer version, or damaged; all damage is named.
    """
    document = as_object(load_json(path, _MOST_BYTES))
    if document.get("format") != KIND:
        raise FormError(
            "it is JSON, but not bball-tag's own. For SoccerNet's or OpenSportsLab's, name the format: "
            "--from soccernet or --from osl (format='osl' in Python)"
        )
    if document.get("format_version") != VERSION:
        raise FormError(
            f"its format_version is {shown(document.get('format_version'))}, and this bball-tag reads "
            f"{VERSION}. Update bball-tag"
        )
    return stamped(_read_document(document, fps))


def _read_document(document: Mapping[str, Any], fps: Fraction) -> Annotation:
    faults = Faults()
    head = None
    with faults.gathered("its header is invalid"):
        head = _read_head(document, fps)
    cuts: list[float] = []
    with faults.gathered("its list of cuts is invalid"):
        cuts = sorted(as_number(cut, LONGEST_S) for cut in as_list(document.get("cuts", [])))
    events = _read_list(document, "event", event_from_json, faults, required=True)
    tracks = _read_list(document, "track", _read_track, faults)
    players = _read_list(document, "player", _read_player, faults)
    periods = _read_list(document, "period", period_from_json, faults)
    with faults.gathered("its periods are invalid"):
        check_periods(periods)
    files = _read_list(document, "file", file_from_json, faults)
    reviewed = _read_list(document, "reviewed span", from_json, faults, key="reviewed")
    for what, owners in (("track", tracks), ("player", players)):
        for name, count in Counter(owner.id for owner in owners).items():
            if count > 1:
                faults.add(f"{count} {what}s have the id {shown(name)}")
    faults.check()
    assert head is not None
    events.sort(key=lambda pair: event_order(pair[0]))
    return replace(
        head,
        events=[event for event, _ in events],
        clips=[clip for _, clip in events] if any(clip for _, clip in events) else (),
        tracks=tracks,
        players=tuple(players),
        cuts=tuple(cuts),
        reviewed=in_order(reviewed),
        files=tuple(files),
        periods=tuple(sorted(periods, key=lambda period: period.start)),
    )


def _read_list(
    document: Mapping[str, Any],
    what: str,
    read: Callable[[dict[str, Any]], T],
    faults: Faults,
    *,
    required: bool = False,
    key: str = "",
) -> list[T]:
    """Return the items of the list of `what`s that can be read; what is wrong with the others is a fault."""
    items: list[Any] = []
    key = key or f"{what}s"
    with faults.gathered(f"its list of {what}s is invalid"):
        items = as_list(field(document, key) if required else document.get(key, []))
    found = []
    for number, item in enumerate(items, start=1):
        with faults.gathered(f"{what} {number} is invalid"):
            found.append(read(as_object(item)))
    return found


def _read_head(document: Mapping[str, Any], fps: Fraction) -> Annotation:
    from bball_tag.video.info import VideoInfo

    video = as_object(field(document, "video"))
    path, num_frames = as_text(field(video, "path")), field(video, "num_frames")
    return Annotation(
        video=VideoInfo(
            path=Path(path) if path else None,
            width=as_whole(field(video, "width"), int(_LARGEST_SIDE)),
            height=as_whole(field(video, "height"), int(_LARGEST_SIDE)),
            fps=as_rate(field(video, "fps")) or fps,
            duration=as_number(field(video, "duration_s"), LONGEST_S),
            num_frames=None if num_frames is None else as_whole(num_frames),
            has_audio=as_flag(field(video, "has_audio")),
            rotation=as_whole(field(video, "rotation"), 359),
            title=as_text(field(video, "title")),
            starts=as_number(video.get("starts_s", 0.0), LONGEST_S),
        ),
        events=(),
        labels=_labels(field(document, "labels")),
        rules=_read_rules(as_object(field(document, "rules"))),
        checkpoint=as_text(field(document, "checkpoint")),
        caution=as_text(document.get("caution", "")),
        version=as_text(field(document, "version")),
        settings={name: _setting(value) for name, value in as_object(field(document, "settings")).items()},
    )


def _setting(value: object) -> str:
    return str(value) if isinstance(value, int | float) and is_number(value) else as_text(value)


def _labels(value: object) -> tuple[str, ...]:
    labels = tuple(map(as_text, as_list(value)))
    if len(set(labels)) < len(labels):
        raise FormError("a label is there twice")
    return labels


def _read_rules(rules: dict[str, Any]) -> EventRules:
    for name in ("thresholds", "background"):
        field(rules, name)
    try:
        return from_fields(rules)
    except FormError as error:
        raise FormError(f"the rules make no sense: {error}") from error


def event_from_json(item: dict[str, Any]) -> tuple[Event, Path | None]:
    """Return the event and the file of its clip that `event_as_json` gave.

    Raises:
        FormError: A field is invalid.
    """
    event = Event(
        label=as_text(field(item, "label")),
        start=as_number(field(item, "start_s"), LONGEST_S),
        end=as_number(field(item, "end_s"), LONGEST_S),
        confidence=as_number(field(item, "confidence"), 1.0),
        peak_confidence=as_number(field(item, "peak_confidence"), 1.0),
        peak=as_number(field(item, "peak_s"), LONGEST_S),
        num_clips=as_whole(field(item, "num_clips")),
        player=as_text(field(item, "player")),
        team=as_text(field(item, "team")),
        remark=as_text(item.get("remark", "")),
        game_time=game_time_from_json(item),
    )
    if event.end < event.start:
        raise FormError("the end is before the start")
    if not event.label.strip():
        raise FormError("the label is empty")
    clip = item.get("clip")
    return event, None if clip is None else Path(as_text(clip))


def _read_track(item: dict[str, Any]) -> Track:
    import numpy as np

    from bball_tag.players.tracks import Track, as_role

    rows = _numbers(field(item, "boxes"), 5)
    moves = _numbers(item["moves"], 2) if "moves" in item else None
    if moves is not None and len(moves) != len(rows):
        raise FormError(f"it has {len(moves)} moves for {len(rows)} boxes")
    times, boxes = rows[:, 0], rows[:, 1:]
    if np.any(times < 0) or np.any(times > LONGEST_S) or np.any(np.diff(times) <= 0):
        raise FormError("the times of its boxes do not rise from 0 on")
    if np.any(np.abs(boxes) > _LARGEST_SIDE) or np.any(boxes[:, 2:] <= 0):
        raise FormError("a box is not within reason: left, top, width and height in pixels")
    sureness = item.get("sureness")
    return Track(
        as_text(field(item, "id")),
        times,
        boxes,
        as_text(item.get("team", "")),
        as_role(item.get("role", "player")),
        moves,
        None if sureness is None else as_number(sureness, 1.0),
    )


def _numbers(value: object, width: int) -> np.ndarray:
    """Return a list of lists of `width` numbers as an array of shape (N, width)."""
    import numpy as np

    for row in as_list(value):
        if (
            not isinstance(row, list)
            or len(row) != width
            or not all(type(cell) in (int, float) for cell in row)
        ):
            raise FormError(f"{shown(row)} is not made of {width} numbers")
    try:
        rows = np.array(value, float).reshape(-1, width)
    except OverflowError as error:
        raise FormError("a number is too large") from error
    if not np.isfinite(rows).all():
        raise FormError("a number is infinite")
    return rows


def _read_player(item: dict[str, Any]) -> Player:
    from bball_tag.players.identify import Player
    from bball_tag.players.tracks import as_role

    return Player(
        id=as_text(field(item, "id")),
        team=as_text(field(item, "team")),
        role=as_role(field(item, "role")),
        colour=_colour(as_text(field(item, "colour"))),
        sureness=as_number(field(item, "sureness"), 1.0),
    )


def _colour(text: str) -> Colour:
    try:
        return colour_of(text)
    except ValueError as error:
        raise FormError(str(error)) from error
