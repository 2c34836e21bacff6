"""JSON of two research benchmarks: SoccerNet's action spotting and ActivityNet's action detection."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, TextIO

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.escaping import path_text
from bball_tag.annotations.game_files import videos_apart
from bball_tag.annotations.game_time_text import game_facts, game_time_of_facts
from bball_tag.annotations.video_names import names_of_videos
from bball_tag.events import Event, in_order
from bball_tag.faults import FormError, each_read
from bball_tag.json_files import as_object, as_text, as_written_number, dump, field, load_json
from bball_tag.timecode import LONGEST_S
from bball_tag.video.info import VideoInfo


def write_soccernet(annotation: Annotation, file: TextIO) -> None:
    """Write predictions: a point for each event where its probability is highest, all in half 1.

    SoccerNet writes numbers as text.
    """
    predictions = []
    for event in annotation.events:
        prediction = {
            "gameTime": half_clock(event.peak),
            "label": event.label,
            "position": str(round(event.peak * 1000)),
            "half": "1",
            "confidence": f"{event.confidence:.3f}",
        }
        team = {"team": event.team} if event.team else {}
        predictions.append({**prediction, **team, **game_facts(event)})
    dump({"UrlLocal": path_text(annotation.video.path), "predictions": predictions}, file)


def half_clock(seconds: float) -> str:
    """Return a time of the video as SoccerNet writes it: all of it is half 1."""
    minutes, whole = divmod(round(seconds * 1000) // 1000, 60)
    return f"1 - {minutes:02d}:{whole:02d}"


def read_soccernet(path: Path, fps: Fraction) -> Annotation:
    """Read predictions or labels; each point becomes an event of no length.

    Raises:
        FormError: It is another kind of file, or items are invalid; it names them by their numbers.
    """
    document = as_object(load_json(path))
    items = document.get("predictions", document.get("annotations"))
    if not isinstance(items, list):
        raise FormError("it has neither a list of predictions nor one of annotations")
    events = each_read(items, "item {} is invalid", lambda item: _read_point(as_object(item)))
    source = document.get("UrlLocal")
    video = VideoInfo.unknown(Path(source) if isinstance(source, str) and source else None, fps)
    return Annotation(video, in_order(events))


def _read_point(item: Mapping[str, Any]) -> Event:
    half = str(item.get("half") or as_text(item.get("gameTime", "1")).partition("-")[0].strip())[:20]
    if half != "1":
        raise FormError(
            f"it is in half {half}, whose times count from the start of another video. Keep only the items "
            "of half 1"
        )
    position = as_written_number(field(item, "position"), LONGEST_S * 1000) / 1000
    confidence = min(as_written_number(item.get("confidence", 1), 1e9), 1.0)
    label = as_text(field(item, "label"))
    if not label.strip():
        raise FormError("the label is empty")
    team = as_text(item.get("team") or "")
    at = game_time_of_facts(item)
    return Event(label, position, position, confidence, confidence, position, 0, team=team, game_time=at)


def write_activitynet(annotation: Annotation, file: TextIO) -> None:
    """Write results under the name of each video, as ActivityNet's evaluation takes them.

    It skips the game time.
    """
    parts = videos_apart(annotation)
    names = names_of_videos([part.video.path for part in parts])
    results = {name: [_detection(event) for event in part] for name, part in zip(names, parts, strict=True)}
    dump({"version": "VERSION 1.3", "results": results, "external_data": {}}, file)


def _detection(event: Event) -> dict[str, Any]:
    return {
        "label": event.label,
        "segment": [round(event.start, 3), round(event.end, 3)],
        "score": round(event.confidence, 4),
        **game_facts(event),
    }
