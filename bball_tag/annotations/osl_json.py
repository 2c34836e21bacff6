"""OSL JSON 2.0 of OpenSportsLab: points in time, for its annotation tool and its library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, TextIO

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.benchmark_json import half_clock
from bball_tag.annotations.escaping import path_text
from bball_tag.annotations.game_files import files_of, game_name, joined, videos_apart
from bball_tag.annotations.game_time_text import game_facts, game_time_of_facts
from bball_tag.annotations.video_names import names_of_videos
from bball_tag.events import Event, in_order
from bball_tag.faults import FormError, each_read, shown
from bball_tag.json_files import (
    as_list,
    as_number,
    as_object,
    as_text,
    as_written_number,
    dump,
    field,
    load_json,
    rate_of,
)
from bball_tag.text_files import at_most
from bball_tag.timecode import LONGEST_S
from bball_tag.video.info import VideoInfo

_VERSION = "2.0"
_HEAD = "action"
"""The name of our list of labels."""
_LENGTH = "duration_s"


def write_osl(annotation: Annotation, file: TextIO) -> None:
    """Write a sample for each video: a point for each event where its probability is highest, in ms.

    The library reads `confidence`, and the annotation tool `confidence_score`; both skip `player`, `team` and
    the length of a game's videos (`duration_s`), by which several samples are one game again.
    """
    parts = videos_apart(annotation)
    names = names_of_videos([part.video.path for part in parts])
    lengths = [{_LENGTH: part.video.duration} if annotation.files else {} for part in parts]
    document = {
        "version": _VERSION,
        "date": date.today().isoformat(),
        "task": "action_spotting",
        "dataset_name": game_name(annotation),
        "description": f"Events found by bball-tag {annotation.version}".rstrip(),
        "modalities": ["video"],
        "metadata": {"type": "predictions"},
        "labels": {_HEAD: {"type": "single_label", "labels": annotation.all_labels()}},
        "data": list(map(_sample, parts, names, lengths)),
    }
    dump(document, file)


def _sample(annotation: Annotation, name: str, facts: Mapping[str, float]) -> dict[str, Any]:
    video = annotation.video
    source = {"type": "video", "path": path_text(video.path)}
    rate = {"fps": float(video.fps)} if video.fps else {}
    return {
        "id": name,
        "inputs": [{**source, **rate, **facts}],
        "events": [_point(event, video) for event in annotation],
    }


def _point(event: Event, video: VideoInfo) -> dict[str, Any]:
    confidence = round(event.confidence, 4)
    return {
        "head": _HEAD,
        "label": event.label,
        "position_ms": round(event.peak * 1000),
        **({"frame": video.frame_at(event.peak)} if video.fps else {}),
        "gameTime": half_clock(event.peak),
        "confidence": confidence,
        "confidence_score": confidence,
        **({"player": event.player} if event.player else {}),
        **({"team": event.team} if event.team else {}),
        **game_facts(event),
    }


def read_osl(path: Path, fps: Fraction) -> Annotation:
    """Read the only sample, or those of a game in several videos; each point becomes an event of no length.

    Raises:
        FormError: It is another kind of file, has several samples of unknown length, or points are invalid,
            named by their numbers.
    """
    document = as_object(load_json(path))
    if not isinstance(document.get("data"), list):
        raise FormError("it has no list called data, which every file of OSL JSON has")
    samples = [as_object(sample) for sample in document["data"]]
    videos = [_video(sample, fps) for sample in samples]
    if len(samples) != 1 and not (samples and all(video.duration for video in videos)):
        names = ", ".join(shown(sample.get("id", "")) for sample in samples[:5]) or "none"
        raise FormError(
            f"it has {len(samples)} samples ({names}), and one is one video. Keep one in the list data"
        )
    parts = [_read_sample(*pair) for pair in zip(samples, videos, strict=True)]
    return parts[0] if len(parts) == 1 else joined(parts, files_of(videos))


def _read_sample(sample: Mapping[str, Any], video: VideoInfo) -> Annotation:
    items = at_most(as_list(sample.get("events", [])))
    events = each_read(items, "event {}", lambda item: _read_point(as_object(item)))
    return Annotation(video, in_order(events))


def _video(sample: Mapping[str, Any], fps: Fraction) -> VideoInfo:
    inputs = [as_object(item) for item in as_list(sample.get("inputs", []))]
    videos = [item for item in inputs if item.get("type", "video") == "video"]
    if not videos:
        return VideoInfo.unknown(fps=fps)
    source = as_text(videos[0].get("path", "")).replace("\0", "")
    length = videos[0].get(_LENGTH)
    duration = 0.0 if length is None else as_number(length, LONGEST_S)
    rate = fps or rate_of(videos[0].get("fps"))
    return VideoInfo.unknown(Path(source) if source else None, rate, duration)


def _read_point(item: Mapping[str, Any]) -> Event:
    label = as_text(field(item, "label"))
    if not label.strip():
        raise FormError("the label is empty")
    position = as_written_number(field(item, "position_ms"), LONGEST_S * 1000) / 1000
    sure = item.get("confidence", item.get("confidence_score"))
    confidence = 1.0 if sure is None else as_written_number(sure, 1.0)
    player, team = (as_text(item.get(name, "")) for name in ("player", "team"))
    event = Event(label, position, position, confidence, confidence, position, 0, player, team)
    return replace(event, game_time=game_time_of_facts(item))
