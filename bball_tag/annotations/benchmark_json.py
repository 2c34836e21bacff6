"""JSON of two research benchmarks: SoccerNet's action spotting and ActivityNet's action detection."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, TextIO

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.escaping import path_text, video_name
from bball_tag.annotations.native_json import load_object
from bball_tag.errors import AnnotationError
from bball_tag.events import Event, in_order
from bball_tag.video.info import VideoInfo


def write_soccernet(annotation: Annotation, file: TextIO) -> None:
    """Write predictions: a point for each event where its probability is highest, all in half 1.

    SoccerNet writes numbers as text.
    """
    predictions = []
    for event in annotation.events:
        milliseconds = round(event.peak * 1000)
        minutes, seconds = divmod(milliseconds // 1000, 60)
        prediction = {
            "gameTime": f"1 - {minutes:02d}:{seconds:02d}",
            "label": event.label,
            "position": str(milliseconds),
            "half": "1",
            "confidence": f"{event.confidence:.3f}",
        }
        predictions.append({**prediction, "team": event.team} if event.team else prediction)
    _dump({"UrlLocal": path_text(annotation.video.path), "predictions": predictions}, file)


def read_soccernet(path: Path, fps: Fraction) -> Annotation:
    """Read predictions or labels; each point becomes an event of no length.

    Raises:
        AnnotationError: It is another kind of file, or an item is invalid; the message has its number.
    """
    document = load_object(path)
    items = document.get("predictions", document.get("annotations"))
    if not isinstance(items, list):
        raise AnnotationError("it has neither a list of predictions nor one of annotations")
    events = in_order(_read_point(item, number) for number, item in enumerate(items, start=1))
    source = document.get("UrlLocal")
    return Annotation(VideoInfo.unknown(Path(str(source)) if source else None, fps), events)


def _read_point(item: Mapping[str, Any], number: int) -> Event:
    try:
        half = str(item.get("half") or str(item.get("gameTime", "1")).partition("-")[0].strip())
        position = int(item["position"]) / 1000
        confidence = float(item.get("confidence", 1))
        label, team = str(item["label"]), str(item.get("team", ""))
    except KeyError as error:
        raise AnnotationError(f"item {number} has no {error.args[0]}") from error
    except (ValueError, TypeError, AttributeError, ArithmeticError) as error:
        raise AnnotationError(f"item {number} is invalid: {error}") from error
    if half != "1":
        raise AnnotationError(
            f"item {number} is in half {half}, whose times count from the start of another video. "
            "Keep only the items of half 1"
        )
    if position < 0 or not 0 <= confidence < math.inf:
        raise AnnotationError(f"item {number} needs a position and a confidence of at least 0")
    confidence = min(confidence, 1.0)
    return Event(label, position, position, confidence, confidence, position, 0, team=team)


def write_activitynet(annotation: Annotation, file: TextIO) -> None:
    """Write results under the name of the video, as ActivityNet's evaluation takes them."""
    results = [
        {
            "label": event.label,
            "segment": [round(event.start, 3), round(event.end, 3)],
            "score": round(event.confidence, 4),
        }
        for event in annotation.events
    ]
    _dump(
        {
            "version": "VERSION 1.3",
            "results": {video_name(annotation.video.path): results},
            "external_data": {},
        },
        file,
    )


def _dump(document: object, file: TextIO) -> None:
    json.dump(document, file, ensure_ascii=False, allow_nan=False, indent=1)
    file.write("\n")
