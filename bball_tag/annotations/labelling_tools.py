"""Formats of labelling and tracking tools: Label Studio, CVAT, MOTChallenge."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any, TextIO
from xml.sax.saxutils import escape

import numpy as np

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.boxes import BoxRun, box_runs
from bball_tag.annotations.escaping import one_line, path_text, printable, video_name
from bball_tag.annotations.game_files import videos_apart
from bball_tag.annotations.game_time_text import game_facts
from bball_tag.events import Event
from bball_tag.game_time import format_game_time
from bball_tag.json_files import dump
from bball_tag.timecode import frame_at

if TYPE_CHECKING:
    from bball_tag.players.tracks import Track

log = logging.getLogger("bball_tag")
_PLAYER = "player"
_GAME_TIME = "game time"
_NOTHING = "no_action"
"""The action of a player's box in CVAT while no event lasts."""


def write_label_studio(annotation: Annotation, file: TextIO) -> None:
    """Write a task with a prediction for each video. Frames count from 1, and the last is part of a range.

    The matching labelling configuration, with the tags `video`, `actions`, `box` and `players`, is in
    docs/formats.md.
    """
    dump(list(map(_task, videos_apart(annotation))), file, indent=None)


def _task(annotation: Annotation) -> dict[str, Any]:
    results = [_range_result(event, number, annotation) for number, event in enumerate(annotation, 1)]
    boxes = [_box_result(track, number, annotation) for number, track in enumerate(annotation.tracks, 1)]
    scores = [event.confidence for event in annotation]
    prediction = {
        "model_version": one_line(f"bball-tag {annotation.version}"),
        "score": round(sum(scores) / max(1, len(scores)), 4),
        "result": results + (boxes if annotation.video.width else []),
    }
    source = path_text(annotation.video.path) or "video"
    return {"data": {"video": source}, "predictions": [prediction]}


def _range_result(event: Event, number: int, annotation: Annotation) -> dict[str, Any]:
    fps = annotation.video.fps
    first = frame_at(event.start, fps) + 1
    value = {
        "ranges": [{"start": first, "end": max(first, frame_at(event.end, fps))}],
        "timelinelabels": [event.label],
    }
    known = {"player": event.player, "team": event.team, **game_facts(event)}
    facts = {name: [text] for name, text in known.items() if text}
    result = {
        **_result(f"a{number}", "actions", "timelinelabels", value),
        "score": round(event.confidence, 4),
    }
    return {**result, "meta": facts} if facts else result


def _result(name: str, tag: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    """Return a statement about the video by a tag of the labelling configuration."""
    return {"id": name, "from_name": tag, "to_name": "video", "type": kind, "value": value}


def _box_result(track: Track, number: int, annotation: Annotation) -> dict[str, Any]:
    # Its player counts frames at one rate, whatever the video's own do.
    video = replace(annotation.video, times=None)
    scale = 100 / np.array([video.width, video.height, video.width, video.height])
    sequence = [
        {
            "frame": frame + 1,
            "time": round(float(frame / video.fps), 6),
            **dict(zip(("x", "y", "width", "height"), np.round(box * scale, 4).tolist(), strict=True)),
            "rotation": 0,
            # The last box of a run ends it; without this the tool would draw it until the next one.
            "enabled": index + 1 < len(run.frames),
        }
        for run in box_runs(track, video)
        for index, (frame, box) in enumerate(zip(run.frames.tolist(), run.boxes, strict=True))
    ]
    value = {
        "framesCount": annotation.num_frames(),
        "duration": video.duration,
        "labels": [_PLAYER],
        "sequence": sequence,
    }
    return {**_result(f"t{number}", "box", "videorectangle", value), "meta": {"player": [track.id]}}


def write_cvat(annotation: Annotation, file: TextIO) -> None:
    """Write CVAT for video 1.1: a track of boxes for each player, with the action as an attribute.

    CVAT has no actions without a box: events without a player, or of a player without a track, are skipped.
    """
    video, count = annotation.video, annotation.num_frames()
    players = {track.id for track in annotation.tracks}
    if num_skipped := sum(event.player not in players for event in annotation):
        log.warning("CVAT has actions only in boxes: %d events without a track are skipped.", num_skipped)
    values = [_NOTHING, *(one_line(label) for label in annotation.all_labels() if label != _NOTHING)]
    file.write(
        '<?xml version="1.0" encoding="utf-8"?>\n<annotations><version>1.1</version>\n<meta><task>'
        f"<name>{escape(printable(video_name(video.path)))}</name><size>{count}</size>"
        f"<mode>interpolation</mode><start_frame>0</start_frame><stop_frame>{count - 1}</stop_frame>\n"
        f"<labels><label><name>{_PLAYER}</name><attributes>\n"
        f"{_cvat_attribute('action', values)}{_cvat_attribute('player', changes=False)}"
        f"{_cvat_attribute(_GAME_TIME) if _has_times(annotation) else ''}</attributes></label></labels>\n"
        f"<original_size><width>{video.width}</width><height>{video.height}</height></original_size>"
        "</task></meta>\n"
    )
    for number, track in enumerate(annotation.tracks):
        file.write(f'<track id="{number}" label="{_PLAYER}" source="auto">\n')
        file.writelines(_cvat_boxes(track, annotation))
        file.write("</track>\n")
    file.write("</annotations>\n")


def _has_times(annotation: Annotation) -> bool:
    return any(event.game_time for event in annotation)


def _cvat_attribute(name: str, values: Sequence[str] = (), *, changes: bool = True) -> str:
    """Return the definition of an attribute: one of `values`, else any text; and whether it may change."""
    kind, first = ("select", values[0]) if values else ("text", "")
    return (
        f"<attribute><name>{name}</name><mutable>{changes}</mutable><input_type>{kind}</input_type>"
        f"<default_value>{escape(first)}</default_value><values>{escape(chr(10).join(values))}</values>"
        "</attribute>\n"
    )


def _cvat_boxes(track: Track, annotation: Annotation) -> Iterator[str]:
    """Yield a box wherever the track or the player's action changes, and one to end each run."""
    video = annotation.video
    # Where events overlap, the more likely one is written last and stays.
    mine = sorted(
        (event for event in annotation if event.player == track.id), key=lambda event: event.confidence
    )
    nothing = {"action": _NOTHING, "player": track.id, **({_GAME_TIME: ""} if _has_times(annotation) else {})}
    spans = [
        (video.frame_at(event.start), video.frame_at(event.end), {**nothing, **_cvat_facts(event)})
        for event in mine
    ]
    runs = list(box_runs(track, video, chain.from_iterable(span[:2] for span in spans)))
    # Not strict: a track without a box has no runs.
    for run, following in zip(runs, [*runs[1:], None], strict=False):
        facts = [nothing] * len(run.frames)
        for start, stop, own in spans:
            low, high = np.searchsorted(run.frames, (start, max(stop, start + 1))).tolist()
            facts[low:high] = [own] * (high - low)
        for index, one in enumerate(facts):
            yield _cvat_box(run, index, int(run.frames[index]), one)
        if len(run.frames) and (following is None or following.frames[0] > run.stop):
            yield _cvat_box(run, -1, run.stop, nothing)


def _cvat_facts(event: Event) -> dict[str, str]:
    time = {_GAME_TIME: format_game_time(event.game_time)} if event.game_time else {}
    return {"action": one_line(event.label), **time}


def _cvat_box(run: BoxRun, index: int, frame: int, facts: Mapping[str, str]) -> str:
    left, top, width, height = run.boxes[index].tolist()
    sides = {"xtl": left, "ytl": top, "xbr": left + width, "ybr": top + height}
    corners = " ".join(f'{name}="{side:.2f}"' for name, side in sides.items())
    attributes = "".join(
        f'<attribute name="{name}">{escape(printable(text))}</attribute>' for name, text in facts.items()
    )
    return (
        f'<box frame="{frame}" keyframe="1" outside="{int(frame == run.stop)}" occluded="0" {corners} '
        f'z_order="0">{attributes}</box>\n'
    )


def write_tracks(annotation: Annotation, file: TextIO) -> None:
    """Write the players' boxes in MOTChallenge form, without events."""
    from bball_tag.players.track_files import write_mot

    write_mot(annotation.tracks, annotation.video.fps, file, annotation.video.times)
