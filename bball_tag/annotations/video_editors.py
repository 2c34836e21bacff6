"""What video editors import: OpenTimelineIO, CMX3600 edit decision lists, Final Cut's FCPXML.

All of them count frames from 0, whatever timecode a camera may have written into the video.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, TextIO
from xml.etree.ElementTree import Element, SubElement

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.escaping import media_url, one_line, path_text, printable, title, video_name
from bball_tag.annotations.game_files import game_name, videos_apart
from bball_tag.annotations.game_time_text import game_facts, timed
from bball_tag.annotations.xml_files import write_xml
from bball_tag.errors import AnnotationError
from bball_tag.events import Event
from bball_tag.json_files import dump
from bball_tag.timecode import frame_at
from bball_tag.video.info import VideoInfo

_COLOURS = ("RED", "YELLOW", "GREEN", "CYAN", "BLUE", "MAGENTA")
"""Names that both OpenTimelineIO and readers of EDLs know."""
_MOST_EDITS = 999
_RECORD_HOUR = 1
"""Hour of timecode at which an edited tape begins, by convention."""


def _frames(event: Event, fps: Fraction) -> tuple[int, int]:
    """Return the first frame of an event and its number of frames."""
    start = frame_at(event.start, fps)
    return start, frame_at(event.end, fps) - start


def _marker_colour(event: Event, labels: list[str]) -> str:
    return _COLOURS[labels.index(event.label) % len(_COLOURS)]


def write_otio(annotation: Annotation, file: TextIO) -> None:
    """Write a timeline of a clip for each video, one after the other, with a marker for each event."""
    name, labels = game_name(annotation), annotation.all_labels()
    clips = [_clip(part, labels) for part in videos_apart(annotation)]
    track = {**_item("Track.1", "video"), "children": clips, "kind": "Video"}
    stack = {**_item("Stack.1", "tracks"), "children": [track]}
    timeline = {**_object("Timeline.1", name), "global_start_time": None, "tracks": stack}
    dump(timeline, file)


def _clip(annotation: Annotation, labels: list[str]) -> dict[str, Any]:
    video = annotation.video
    whole = _range(0, annotation.num_frames(), video.fps)
    bounds = {"available_range": whole, "available_image_bounds": None}
    place = {"target_url": media_url(video.path)} if video.path else {}
    kind = "ExternalReference.1" if place else "MissingReference.1"
    media = {**_object(kind, ""), **bounds, **place}
    return {
        **_item("Clip.2", video_name(video.path), whole),
        "media_references": {"DEFAULT_MEDIA": media},
        "active_media_reference_key": "DEFAULT_MEDIA",
        "markers": [_marker(event, video.fps, labels) for event in annotation],
    }


def _object(schema: str, name: str) -> dict[str, Any]:
    return {"OTIO_SCHEMA": schema, "metadata": {}, "name": name}


def _item(schema: str, name: str, span: dict[str, Any] | None = None) -> dict[str, Any]:
    return {**_object(schema, name), "source_range": span, "effects": [], "markers": [], "enabled": True}


def _range(start: int, count: int, fps: Fraction) -> dict[str, Any]:
    first, length = (
        {"OTIO_SCHEMA": "RationalTime.1", "rate": float(fps), "value": float(value)}
        for value in (start, count)
    )
    return {"OTIO_SCHEMA": "TimeRange.1", "start_time": first, "duration": length}


def _marker(event: Event, fps: Fraction, labels: list[str]) -> dict[str, Any]:
    facts = {"confidence": round(event.confidence, 4), "player": event.player, "team": event.team}
    facts |= game_facts(event)
    return {
        **_object("Marker.2", event.label),
        "metadata": {"bball_tag": facts},
        "color": _marker_colour(event, labels),
        "marked_range": _range(*_frames(event, fps), fps),
        "comment": timed(event, title(event)),
    }


def write_edl(annotation: Annotation, file: TextIO) -> None:
    """Write an edit for each event, one after the other from hour 1: a reel of all events.

    Timecode counts every frame, also at 29.97 frames per second: the video has no timecode of its own, so
    an editor can rely only on its frames. Of a game in several videos, each edit names its own.

    Raises:
        AnnotationError: There are more than 999 events, or timecode would pass 24 hours.
    """
    parts, labels = videos_apart(annotation), annotation.all_labels()
    edits = [(part.video, event) for part in parts for event in part]
    if len(annotation) > _MOST_EDITS:
        raise AnnotationError(
            f"an EDL holds {_MOST_EDITS} events, and there are {len(annotation)}. "
            "Write .otio or .fcpxml, or keep fewer events."
        )
    file.write(f"TITLE: {one_line(game_name(annotation))} actions\nFCM: NON-DROP FRAME\n")
    fps = parts[0].video.fps
    record = _RECORD_HOUR * 3600 * _counted_rate(fps)
    for number, (video, event) in enumerate(edits, start=1):
        name = one_line(path_text(video.path).rpartition("/")[2]) or "video"
        start, count = _frames(event, fps)
        # An edit has at least one frame.
        count = max(1, count)
        times = [_timecode(frame, fps) for frame in (start, start + count, record, record + count)]
        text = f"{timed(event, title(event))} p={event.confidence:.2f}"
        file.write(f"\n{number:03d}  AX       V     C        {' '.join(times)}\n* FROM CLIP NAME: {name}\n")
        file.write(f"* LOC: {times[2]} {_marker_colour(event, labels):<7} {text}\n")
        record += count


def _counted_rate(fps: Fraction) -> int:
    """Return the frames that one second of timecode counts: 30 for 29.97."""
    return max(1, math.floor(fps + Fraction(1, 2)))


def _timecode(frame: int, fps: Fraction) -> str:
    seconds, rest = divmod(frame, _counted_rate(fps))
    if seconds >= 24 * 3600:
        raise AnnotationError("the timecode of an EDL ends at 24 hours. Write .otio or .fcpxml instead.")
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{rest:02d}"


def write_fcpxml(annotation: Annotation, file: TextIO) -> None:
    """Write a project of a clip for each video, one after the other; an event is a marker and a keyword."""
    parts = videos_apart(annotation)
    video, name = parts[0].video, printable(game_name(annotation))
    lengths = [part.num_frames() for part in parts]
    root = Element("fcpxml", version="1.9")
    resources = SubElement(root, "resources")
    shapes = _add_formats(resources, [part.video for part in parts])
    event = SubElement(SubElement(root, "library"), "event", name="bball-tag")
    project = SubElement(event, "project", name=f"{name} actions")
    length = _rational(sum(lengths), video.fps)
    sequence = SubElement(project, "sequence", format="r1", duration=length, tcStart="0s", tcFormat="NDF")
    spine = SubElement(sequence, "spine")
    for number, part in enumerate(parts):
        _add_clip(
            resources, spine, part, f"r{number + 2}", shape=shapes[number], offset=sum(lengths[:number])
        )
    write_xml(root, file, "<!DOCTYPE fcpxml>\n")


def _add_formats(resources: Element, videos: Sequence[VideoInfo]) -> list[str]:
    """Add a format for each size of frames, and return the key of each video's: the first is r1."""
    keys: dict[tuple[int, int], str] = {}
    for video in videos:
        size = video.width, video.height
        if size in keys:
            continue
        # The keys between are those of the videos.
        keys[size] = f"r{len(videos) + 1 + len(keys)}" if keys else "r1"
        shape = {"width": str(video.width), "height": str(video.height)} if video.width else {}
        SubElement(resources, "format", shape, id=keys[size], frameDuration=_rational(1, video.fps))
    return [keys[video.width, video.height] for video in videos]


def _add_clip(
    resources: Element, spine: Element, part: Annotation, key: str, *, shape: str, offset: int
) -> None:
    """Add a video as an asset, and as a clip with its events, `offset` frames from the start."""
    video, name = part.video, printable(video_name(part.video.path))
    length = _rational(part.num_frames(), video.fps)
    sound = {"hasAudio": "1"} if video.has_audio else {}
    about = {"name": name, "start": "0s", "duration": length, "hasVideo": "1", **sound, "format": shape}
    asset = SubElement(resources, "asset", about, id=key)
    SubElement(asset, "media-rep", kind="original-media", src=media_url(video.path or Path(name)))
    where = {"offset": _rational(offset, video.fps), "start": "0s", "duration": length, "format": shape}
    clip = SubElement(spine, "asset-clip", where, ref=key, name=name)
    for event in part:
        _mark(clip, event, video.fps)


def _mark(clip: Element, event: Event, fps: Fraction) -> None:
    start, count = _frames(event, fps)
    who = ", ".join(part for part in (title(event), one_line(event.team)) if part)
    note = f"{timed(event, who)}, p={event.confidence:.2f}"
    label, begin = printable(event.label), _rational(start, fps)
    SubElement(clip, "marker", start=begin, duration=_rational(1, fps), value=label, note=note)
    SubElement(clip, "keyword", start=begin, duration=_rational(max(1, count), fps), value=label, note=note)


def _rational(frames: int, fps: Fraction) -> str:
    """Return the duration of `frames` as FCPXML writes it: 374374/30000s."""
    if frames == 0:
        return "0s"
    return f"{frames * fps.denominator}/{fps.numerator}s"
