"""Our own JSON: everything an annotation holds, at full precision. `annotation.schema.json` describes it.

`native_json_reader.py` reads it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.escaping import path_text
from bball_tag.annotations.game_file_json import as_json as file_as_json
from bball_tag.annotations.period_json import as_json as period_as_json
from bball_tag.annotations.reviewed import as_json
from bball_tag.events import Event
from bball_tag.events.rule_fields import as_fields
from bball_tag.game_time import GameTime
from bball_tag.palette import hex_colour

if TYPE_CHECKING:
    from bball_tag.players.identify import Player
    from bball_tag.players.tracks import Track
    from bball_tag.video.info import VideoInfo

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
        "rules": as_fields(annotation.rules),
        "settings": dict(annotation.settings),
    }
    file.write(_dump(head, indent=2).removesuffix("\n}"))
    clips = annotation.clips or [None] * len(annotation)
    pairs = zip(annotation, clips, strict=True)
    events = (event_as_json(event, clip, annotation.video) for event, clip in pairs)
    # An older reader skips what it does not know; where it is unknown, files stay as they were.
    if annotation.cuts:
        file.write(f',\n  "cuts": {_dump(list(annotation.cuts))}')
    if annotation.players:
        _write_list(file, "players", map(_player, annotation.players))
    if annotation.files:
        _write_list(file, "files", map(file_as_json, annotation.files))
    if annotation.periods:
        _write_list(file, "periods", map(period_as_json, annotation.periods))
    if annotation.reviewed:
        _write_list(file, "reviewed", map(as_json, annotation.reviewed))
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
        **({"starts_s": video.starts} if video.starts else {}),
    }


def event_as_json(event: Event, clip: Path | None, video: VideoInfo) -> dict[str, Any]:
    """Return an event as our JSON holds it, with the file of its clip."""
    return {
        "start_s": event.start,
        "end_s": event.end,
        "start_frame": video.frame_at(event.start) if video.fps else None,
        "end_frame": video.frame_at(event.end) if video.fps else None,
        "label": event.label,
        "confidence": event.confidence,
        "peak_confidence": event.peak_confidence,
        "peak_s": event.peak,
        "num_clips": event.num_clips,
        "player": event.player,
        "team": event.team,
        "clip": path_text(clip) if clip else None,
        **({"remark": event.remark} if event.remark else {}),
        **(_game_time(event.game_time) if event.game_time else {}),
    }


def _game_time(at: GameTime) -> dict[str, Any]:
    facts: dict[str, Any] = {"period": at.period, "period_number": at.number}
    return facts if at.clock is None else {**facts, "clock_s": at.clock, "clock_within_s": at.within}


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
