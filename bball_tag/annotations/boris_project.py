"""The project of BORIS (`.boris`): behaviours, subjects, and one observation with its events."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, TextIO

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.boris import CONFIDENCE, confidence_comment, joined
from bball_tag.annotations.escaping import path_text, player_id, player_name
from bball_tag.annotations.game_files import files_of, game_name, videos_apart
from bball_tag.annotations.game_time_text import split_timed
from bball_tag.events import Event, in_order
from bball_tag.faults import Faults, FormError, each_read, shown
from bball_tag.json_files import as_list, as_number, as_object, as_text, field, load_json, rate_of
from bball_tag.text_files import at_most, number_of, shows_number
from bball_tag.timecode import LONGEST_S
from bball_tag.video.info import VideoInfo

log = logging.getLogger("bball_tag")
_VERSION = "7.0"
"""Of the format: BORIS since 7 writes it."""
_PLAYERS = 8
"""Videos that BORIS plays side by side; each has a list of files that follow each other."""
_STATE, _POINT = "State event", "Point event"
_UNKNOWN_FRAME = "NA"
Row = tuple[float, str, str, str, str]
"""Time in seconds, subject, code, modifier and comment."""


def write_boris_project(annotation: Annotation, file: TextIO) -> None:
    """Write a project with one observation: each event is a row for its start and one for its stop.

    A game in several videos is an observation that plays one after the other, whose times count through.
    Overlapping events of one label and player are joined, or BORIS would take a start for a stop.
    """
    now = datetime.now().isoformat(timespec="seconds")
    spans, name = joined(annotation), game_name(annotation)
    labels = dict.fromkeys([*annotation.labels, *(event.label for _, _, event in spans)])
    players = dict.fromkeys(player_name(event.player) for _, _, event in spans if event.player)
    document = {
        "time_format": "hh:mm:ss",
        "project_date": now,
        "project_name": name,
        "project_description": f"Events found by bball-tag {annotation.version}".rstrip(),
        "project_format_version": _VERSION,
        "subjects_conf": {
            str(number): {"key": "", "name": name, "description": ""} for number, name in enumerate(players)
        },
        "behaviors_conf": {str(number): _behaviour(label) for number, label in enumerate(labels)},
        "observations": {name: _observation(annotation, now)},
        "behavioral_categories": [],
        "independent_variables": {},
        "coding_map": {},
        "behaviors_coding_map": [],
        "converters": {},
    }
    # BORIS opens it in the encoding of the system, so that ASCII is safe.
    json.dump(document, file, allow_nan=False, indent=1)
    file.write("\n")


def _behaviour(label: str) -> dict[str, Any]:
    empty = dict.fromkeys(("key", "description", "category", "excluded", "coding map"), "")
    return {"type": _STATE, "code": label, "modifiers": {}, **empty}


def _observation(annotation: Annotation, now: str) -> dict[str, Any]:
    videos = {path_text(part.video.path): part.video for part in videos_apart(annotation) if part.video.path}
    files: dict[str, list[str]] = {str(number): [] for number in range(1, _PLAYERS + 1)}
    files["1"] = list(videos)
    info: dict[str, dict[str, Any]] = {
        "length": {path: video.duration for path, video in videos.items()},
        "fps": {path: float(video.fps) for path, video in videos.items()},
        "hasVideo": dict.fromkeys(videos, True),
        "hasAudio": {path: video.has_audio for path, video in videos.items()},
    }
    return {
        "file": files,
        "type": "MEDIA",
        "date": now,
        "description": "",
        "time offset": 0.0,
        "events": _rows(annotation),
        "observation time interval": [0, 0],
        "independent_variables": {},
        "visualize_spectrogram": False,
        "visualize_waveform": False,
        "media_creation_date_as_offset": False,
        "media_scan_sampling_duration": 0,
        "image_display_duration": 1,
        "close_behaviors_between_videos": False,
        "media_info": {**info, "offset": {"1": 0.0} if videos else {}},
    }


def _rows(annotation: Annotation) -> list[list[Any]]:
    video = annotation.video
    rows = []
    for number, (start, end, event) in enumerate(joined(annotation)):
        subject, comment = player_name(event.player), confidence_comment(event)
        for time in (start, end):
            frame = video.frame_at(time) if video.fps else _UNKNOWN_FRAME
            row = [round(time, 3), subject, event.label, "", comment, frame]
            # The number keeps the two rows of an event of no length together.
            rows.append((row[0], number, row))
    return [row for _, _, row in sorted(rows, key=lambda entry: entry[:2])]


def read_boris_project(path: Path, fps: Fraction) -> Annotation:
    """Read the only observation of a project; point events have no length.

    Raises:
        FormError: It is another kind of file, has several observations, plays videos of unknown length in a
            row, or rows are invalid; it names them.
    """
    document = as_object(load_json(path))
    observations = as_object(document.get("observations"))
    if len(observations) != 1:
        names = ", ".join(map(shown, list(observations)[:5])) or "none"
        raise FormError(
            f"it has {len(observations)} observations ({names}), and one is one video. In BORIS, import the "
            "one that you want into a new project (Observations, Import observations)"
        )
    (observation,) = map(as_object, observations.values())
    videos = _videos(observation, fps)
    files = files_of(videos) if len(videos) > 1 else ()
    video = VideoInfo.unknown(duration=files[-1].end) if files else videos[0]
    offset = as_number(observation.get("time offset") or 0, LONGEST_S, -LONGEST_S)
    items = at_most(as_list(field(observation, "events")))
    rows = each_read(items, "event {}", lambda item: _read_row(as_list(item), offset))
    points = _points(as_object(document.get("behaviors_conf", {})))
    events = _events(sorted(rows, key=lambda row: row[0]), points)
    if changed := sorted({row[3] for row in rows if row[3]}):
        log.warning("%s: modifiers were left out (%s).", path.name, ", ".join(changed[:5]))
    return Annotation(video, in_order(events), files=files)


def _videos(observation: Mapping[str, Any], fps: Fraction) -> list[VideoInfo]:
    """Return the videos that are played one after the other; an unknown one if none is named."""
    files = observation.get("file")
    media = [as_text(one) for one in as_list(files.get("1", []))] if isinstance(files, dict) else []
    if twice := {source for source in media if media.count(source) > 1}:
        raise FormError(f"its observation plays {min(twice)} more than once. Remove the others in BORIS")
    facts = observation.get("media_info")
    videos = [_video(source, facts, fps) for source in media]
    if len(videos) > 1 and not all(video.duration for video in videos):
        raise FormError(
            f"its observation plays {len(media)} videos in a row, whose times count through all, and it does "
            "not say how long each is. Open it in BORIS and save it"
        )
    return videos or [VideoInfo.unknown(fps=fps)]


def _video(source: str, facts: object, fps: Fraction) -> VideoInfo:
    rate, length = (
        as_object(as_object(facts).get(name, {})).get(source) if facts else None for name in ("fps", "length")
    )
    duration = 0.0 if length is None else as_number(length, LONGEST_S)
    return VideoInfo.unknown(Path(source.replace("\0", "")), fps or rate_of(rate), duration)


def _read_row(cells: list[Any], offset: float) -> Row:
    if len(cells) < 5:
        raise FormError(f"it has {len(cells)} parts, and time, subject, code, modifier and comment are five")
    time = as_number(cells[0], LONGEST_S, -LONGEST_S) - offset
    if not 0 <= time <= LONGEST_S:
        raise FormError(f"it happens at {time:g} s of the video")
    subject, code, modifier, comment = map(as_text, cells[1:5])
    if not code.strip():
        raise FormError("its code is empty")
    return round(time, 6), subject, code, modifier, comment


def _points(behaviours: Mapping[str, Any]) -> set[str]:
    """Return the codes of behaviours that have no duration."""
    return {
        as_text(behaviour.get("code", ""))
        for behaviour in map(as_object, behaviours.values())
        if as_text(behaviour.get("type", _STATE)).startswith(_POINT)
    }


def _events(rows: list[Row], points: set[str]) -> list[Event]:
    """Return the events of rows in the order of time: BORIS takes those of a state in turns.

    Raises:
        FormError: It lists states that never stop.
    """
    faults, events = Faults(), []
    begun: dict[tuple[str, ...], Row] = {}
    for row in rows:
        who = row[1:4]
        if row[2] in points:
            events.append(_event(row, row))
        elif who in begun:
            events.append(_event(begun.pop(who), row))
        else:
            begun[who] = row
    for time, subject, code, _, _ in begun.values():
        whose = f" of {subject!r}" if subject else ""
        faults.add(f"{code!r}{whose}, which begins at {time:g} s, never stops. Give it a stop in BORIS")
    faults.check()
    return events


def _event(first: Row, last: Row) -> Event:
    start, subject, code, _, comment = first
    at, text = split_timed(comment)
    confidence, remark = _confidence(text)
    middle = (start + last[0]) / 2
    event = Event(code, start, last[0], confidence, confidence, middle, 0, player_id(subject.strip()))
    return replace(event, remark=remark, game_time=at)


def _confidence(comment: str) -> tuple[float, str]:
    """Return our confidence and no remark, or 1 and the comment of a person."""
    name, _, text = comment.partition(" ")
    number = number_of(text) if name == CONFIDENCE and shows_number(text) else -1.0
    return (number, "") if 0 <= number <= 1 else (1.0, comment.strip())
