"""Formats of labelling and tracking tools: Label Studio, CVAT, MOTChallenge."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any, TextIO
from xml.sax.saxutils import escape

import numpy as np

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.boxes import BoxRun, box_runs
from bball_tag.annotations.escaping import one_line, path_text, printable, video_name
from bball_tag.annotations.game_time_text import game_facts
from bball_tag.events import Event
from bball_tag.timecode import frame_at

if TYPE_CHECKING:
    from bball_tag.players.tracks import Track

log = logging.getLogger("bball_tag")
_PLAYER = "player"
_NOTHING = "no_action"
"""The action of a player's box in CVAT while no event lasts."""


def write_label_studio(annotation: Annotation, file: TextIO) -> None:
    """Write one task with a prediction. Frames count from 1, and the last one is part of a range.

    The matching labelling configuration, with the tags `video`, `actions`, `box` and `players`, is in
    docs/formats.md.
    """
    results = [_range_result(event, number, annotation) for number, event in enumerate(annotation, 1)]
    boxes = [_box_result(track, number, annotation) for number, track in enumerate(annotation.tracks, 1)]
    scores = [event.confidence for event in annotation]
    prediction = {
        "model_version": one_line(f"bball-tag {annotation.version}"),
        "score": round(sum(scores) / max(1, len(scores)), 4),
        "result": results + (boxes if annotation.video.width else []),
    }
    source = path_text(annotation.video.path) or "video"
    json.dump([{"data": {"video": source}, "predictions": [prediction]}], file, ensure_ascii=False)
    file.write("\n")


def _range_result(event: Event, number: int, annotation: Annotation) -> dict[str, Any]:
    fps = annotation.video.fps
    first = frame_at(event.start, fps) + 1
    value = {
        "ranges": [{"start": first, "end": max(first, frame_at(event.end, fps))}],
        "timelinelabels": [event.label],
    }
    known = {"player": event.player, "team": event.team, **game_facts(event)}
    facts = {name: [text] for name, text in known.items() if text}
    return {
        "id": f"a{number}",
        "from_name": "actions",
        "to_name": "video",
        "type": "timelinelabels",
        "value": value,
        "score": round(event.confidence, 4),
        **({"meta": facts} if facts else {}),
    }


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
    return {
        "id": f"t{number}",
        "from_name": "box",
        "to_name": "video",
        "type": "videorectangle",
        "value": {
            "framesCount": annotation.num_frames(),
            "duration": video.duration,
            "labels": [_PLAYER],
            "sequence": sequence,
        },
        "meta": {"player": [track.id]},
    }


def write_cvat(annotation: Annotation, file: TextIO) -> None:
    """Write CVAT for video 1.1: a track of boxes for each player, with the action as an attribute.

    CVAT has no actions without a box: events without a player, or of a player without a track, are skipped.
    """
    video, count = annotation.video, annotation.num_frames()
    players = {track.id for track in annotation.tracks}
    if num_skipped := sum(event.player not in players for event in annotation):
        log.warning("CVAT has actions only in boxes: %d events without a track are skipped.", num_skipped)
    values = [_NOTHING, *(one_line(label) for label in annotation.all_labels() if label != _NOTHING)]
    action = "<mutable>True</mutable><input_type>select</input_type>"
    who = "<mutable>False</mutable><input_type>text</input_type>"
    file.write(
        '<?xml version="1.0" encoding="utf-8"?>\n<annotations><version>1.1</version>\n<meta><task>'
        f"<name>{escape(printable(video_name(video.path)))}</name><size>{count}</size>"
        f"<mode>interpolation</mode><start_frame>0</start_frame><stop_frame>{count - 1}</stop_frame>\n"
        f"<labels><label><name>{_PLAYER}</name><attributes>\n<attribute><name>action</name>{action}"
        f"<default_value>{_NOTHING}</default_value><values>{escape(chr(10).join(values))}</values></attribute>\n"
        f"<attribute><name>player</name>{who}<default_value></default_value><values></values></attribute>\n"
        "</attributes></label></labels>\n"
        f"<original_size><width>{video.width}</width><height>{video.height}</height></original_size>"
        "</task></meta>\n"
    )
    for number, track in enumerate(annotation.tracks):
        file.write(f'<track id="{number}" label="{_PLAYER}" source="auto">\n')
        file.writelines(_cvat_boxes(track, annotation))
        file.write("</track>\n")
    file.write("</annotations>\n")


def _cvat_boxes(track: Track, annotation: Annotation) -> Iterator[str]:
    """Yield a box wherever the track or the player's action changes, and one to end each run."""
    video = annotation.video
    # Where events overlap, the more likely one is written last and stays.
    mine = sorted(
        (event for event in annotation if event.player == track.id), key=lambda event: event.confidence
    )
    spans = [
        (video.frame_at(event.start), video.frame_at(event.end), one_line(event.label)) for event in mine
    ]
    runs = list(box_runs(track, video, chain.from_iterable(span[:2] for span in spans)))
    # Not strict: a track without a box has no runs.
    for run, following in zip(runs, [*runs[1:], None], strict=False):
        actions = [_NOTHING] * len(run.frames)
        for start, stop, label in spans:
            low, high = np.searchsorted(run.frames, (start, max(stop, start + 1))).tolist()
            actions[low:high] = [label] * (high - low)
        for index, action in enumerate(actions):
            yield _cvat_box(run, index, int(run.frames[index]), action, track.id)
        if len(run.frames) and (following is None or following.frames[0] > run.stop):
            yield _cvat_box(run, -1, run.stop, _NOTHING, track.id)


def _cvat_box(run: BoxRun, index: int, frame: int, action: str, player: str) -> str:
    left, top, width, height = run.boxes[index].tolist()
    sides = {"xtl": left, "ytl": top, "xbr": left + width, "ybr": top + height}
    corners = " ".join(f'{name}="{side:.2f}"' for name, side in sides.items())
    outside = int(frame == run.stop)
    return (
        f'<box frame="{frame}" keyframe="1" outside="{outside}" occluded="0" {corners} z_order="0">'
        f'<attribute name="action">{escape(printable(action))}</attribute>'
        f'<attribute name="player">{escape(printable(player))}</attribute></box>\n'
    )


def write_tracks(annotation: Annotation, file: TextIO) -> None:
    """Write the players' boxes in MOTChallenge form, without events."""
    from bball_tag.players.track_files import write_mot

    write_mot(annotation.tracks, annotation.video.fps, file, annotation.video.times)
