"""Our own JSON: everything an annotation holds, at full precision. `annotation.schema.json` describes it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.escaping import path_text
from bball_tag.errors import AnnotationError
from bball_tag.events import Event, EventRules, event_order
from bball_tag.palette import colour_of, hex_colour
from bball_tag.timecode import frame_at

if TYPE_CHECKING:
    from bball_tag.players.identify import Player
    from bball_tag.players.tracks import Track
    from bball_tag.video.info import VideoInfo

T = TypeVar("T")
KIND = "bball-tag annotation"
VERSION = 1
"""Raised when an older reader could misunderstand a file."""


def write_json(annotation: Annotation, file: TextIO) -> None:
    """Write one JSON document, with one event or track on a line."""
    head = {
        "format": KIND,
        "format_version": VERSION,
        "version": annotation.version,
        "video": _video(annotation.video),
        "checkpoint": annotation.checkpoint,
        **({"caution": annotation.caution} if annotation.caution else {}),
        "labels": list(annotation.labels),
        "rules": {**asdict(annotation.rules), "thresholds": dict(annotation.rules.thresholds)},
        "settings": dict(annotation.settings),
    }
    file.write(_dump(head, indent=2).removesuffix("\n}"))
    clips = annotation.clips or [None] * len(annotation)
    pairs = zip(annotation, clips, strict=True)
    events = (_event(event, clip, annotation.video.fps) for event, clip in pairs)
    # An older reader skips what it does not know; where it is unknown, files stay as they were.
    if annotation.cuts:
        file.write(f',\n  "cuts": {_dump(list(annotation.cuts))}')
    if annotation.players:
        _write_list(file, "players", map(_player, annotation.players))
    _write_list(file, "events", events)
    _write_list(file, "tracks", map(_track, annotation.tracks))
    file.write("\n}\n")


def _write_list(file: TextIO, name: str, items: Iterator[dict[str, Any]]) -> None:
    file.write(f',\n  "{name}": [')
    for index, item in enumerate(items):
        file.write(f"{',' if index else ''}\n    {_dump(item)}")
    file.write("\n  ]")


def _dump(value: object, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)


def _video(video: VideoInfo) -> dict[str, Any]:
    return {
        "path": path_text(video.path),
        "width": video.width,
        "height": video.height,
        "fps": str(video.fps),
        "duration_s": video.duration,
        "num_frames": video.num_frames,
        "has_audio": video.has_audio,
        "rotation": video.rotation,
        "title": video.title,
    }


def _event(event: Event, clip: Path | None, fps: Fraction) -> dict[str, Any]:
    return {
        "start_s": event.start,
        "end_s": event.end,
        "start_frame": frame_at(event.start, fps) if fps else None,
        "end_frame": frame_at(event.end, fps) if fps else None,
        "label": event.label,
        "confidence": event.confidence,
        "peak_confidence": event.peak_confidence,
        "peak_s": event.peak,
        "num_clips": event.num_clips,
        "player": event.player,
        "team": event.team,
        "clip": path_text(clip) if clip else None,
    }


def _track(track: Track) -> dict[str, Any]:
    """Return what is known of a track; each box is time in seconds, left, top, width and height in pixels."""
    rows = zip(track.times.tolist(), track.boxes.tolist(), strict=True)
    return {
        "id": track.id,
        **({"team": track.team} if track.team else {}),
        **({"role": track.role} if track.role != "player" else {}),
        **({} if track.sureness is None else {"sureness": track.sureness}),
        "boxes": [[time, *box] for time, box in rows],
        **({} if track.moves is None else {"moves": track.moves.tolist()}),
    }


def _player(player: Player) -> dict[str, Any]:
    return {**asdict(player), "colour": hex_colour(player.colour)}


def read_json(path: Path, fps: Fraction) -> Annotation:
    """Read a document written by `write_json`.

    Raises:
        AnnotationError: It is another kind of file, of a newer version, or damaged; the message says where.
    """
    document = load_object(path)
    if document.get("format") != KIND:
        raise AnnotationError(
            "it is JSON, but not bball-tag's own. For SoccerNet's, name the format: --from soccernet "
            "(format='soccernet' in Python)"
        )
    if document.get("format_version") != VERSION:
        raise AnnotationError(
            f"its format_version is {document.get('format_version')!r}, and this bball-tag reads {VERSION}. "
            "Update bball-tag"
        )
    with _naming("its header"):
        head = _read_head(document, fps)
        items = document["events"]
    with _naming("its list of cuts"):
        cuts = tuple(sorted(map(_finite, document.get("cuts", ()))))
    events = sorted(_read_list(items, "event", _read_event), key=lambda pair: event_order(pair[0]))
    return replace(
        head,
        events=[event for event, _ in events],
        clips=[clip for _, clip in events] if any(clip for _, clip in events) else (),
        tracks=_read_list(document.get("tracks", ()), "track", _read_track),
        players=tuple(_read_list(document.get("players", ()), "player", _read_player)),
        cuts=cuts,
    )


def _read_list(items: Iterable[Any], what: str, read: Callable[[Any], T]) -> list[T]:
    found = []
    with _naming(f"its list of {what}s"):
        items = list(items)
    for number, item in enumerate(items, start=1):
        with _naming(f"{what} {number}"):
            found.append(read(item))
    return found


@contextmanager
def _naming(part: str) -> Iterator[None]:
    """Say which part of a document is invalid."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        why = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else error
        raise AnnotationError(f"{part} is invalid: {why}") from error


def _read_head(document: Mapping[str, Any], fps: Fraction) -> Annotation:
    from bball_tag.video.info import VideoInfo

    video, rules = document["video"], document["rules"]
    return Annotation(
        video=VideoInfo(
            path=Path(video["path"]) if video["path"] else None,
            width=int(video["width"]),
            height=int(video["height"]),
            fps=Fraction(video["fps"]) or fps,
            duration=_finite(video["duration_s"]),
            num_frames=video["num_frames"],
            has_audio=bool(video["has_audio"]),
            rotation=int(video["rotation"]),
            title=str(video["title"]),
        ),
        events=(),
        labels=tuple(map(str, document["labels"])),
        rules=EventRules(**{**rules, "background": tuple(rules["background"])}),
        checkpoint=str(document["checkpoint"]),
        caution=_text(document.get("caution", "")),
        version=str(document["version"]),
        settings={str(name): str(value) for name, value in document["settings"].items()},
    )


def _read_event(item: Mapping[str, Any]) -> tuple[Event, Path | None]:
    event = Event(
        label=_text(item["label"]),
        start=_finite(item["start_s"]),
        end=_finite(item["end_s"]),
        confidence=_finite(item["confidence"]),
        peak_confidence=_finite(item["peak_confidence"]),
        peak=_finite(item["peak_s"]),
        num_clips=int(item["num_clips"]),
        player=_text(item["player"]),
        team=_text(item["team"]),
    )
    if event.end < event.start:
        raise ValueError("the end is before the start")
    return event, None if item.get("clip") is None else Path(item["clip"])


def _read_track(item: Mapping[str, Any]) -> Track:
    import numpy as np

    from bball_tag.players.tracks import Track, as_role

    rows = np.array(item["boxes"], float).reshape(len(item["boxes"]), 5)
    moves = np.array(item["moves"], float).reshape(len(rows), 2) if "moves" in item else None
    if not np.isfinite(rows).all() or (moves is not None and not np.isfinite(moves).all()):
        raise ValueError("a box or a move is not made of numbers")
    sureness = item.get("sureness")
    return Track(
        _text(item["id"]),
        rows[:, 0],
        rows[:, 1:],
        _text(item.get("team", "")),
        as_role(item.get("role", "player")),
        moves,
        None if sureness is None else _finite(sureness),
    )


def _read_player(item: Mapping[str, Any]) -> Player:
    from bball_tag.players.identify import Player
    from bball_tag.players.tracks import as_role

    return Player(
        id=_text(item["id"]),
        team=_text(item["team"]),
        role=as_role(item["role"]),
        colour=colour_of(_text(item["colour"])),
        sureness=_finite(item["sureness"]),
    )


def _finite(value: object) -> float:
    """Return a finite number of at least 0."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ValueError(f"{value!r} is not a number of at least 0")
    return float(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value


def load_object(path: Path) -> dict[str, Any]:
    """Return the object that a JSON file holds.

    Raises:
        AnnotationError: It does not hold JSON, or not an object.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except (json.JSONDecodeError, RecursionError) as error:
        raise AnnotationError(f"it is not JSON ({error})") from error
    if not isinstance(document, dict):
        raise AnnotationError("it is JSON, but not an object")
    return document
