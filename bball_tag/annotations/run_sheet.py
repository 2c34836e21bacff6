"""The sheet Run of a workbook: where the events came from, as names and values for people, and back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.escaping import path_text
from bball_tag.annotations.game_files import GameFile
from bball_tag.errors import BballTagError
from bball_tag.events import EventRules
from bball_tag.events.rule_fields import as_fields, from_fields
from bball_tag.faults import FormError
from bball_tag.json_files import parse_json
from bball_tag.timecode import exact_rate, format_time, parse_rate, parse_time
from bball_tag.video.info import VideoInfo

# The names of what is read back.
_VIDEO, _RATE, _DURATION = "video", "frames per second", "duration"
_CHECKPOINT, _VERSION = "checkpoint", "bball-tag"
_CAUTION = "caution"
_STARTS = "first frame (s)"
"""Where players count from a sound before it."""
_SIZE = "frame size"
_THRESHOLD, _BACKGROUND = "threshold", "labels not written"
_MULTI, _TOP, _CALIBRATION = "labels may overlap", "most events of a label", "confidence"
_NUMBERS = {
    "release": "release",
    "smoothing (s)": "smoothing",
    "shortest event (s)": "min_duration",
    "longest gap (s)": "max_gap",
}
"""Names of rules, and what they are called in `EventRules`."""
_OF_LABELS = {
    "threshold of ": "thresholds",
    "shortest event (s) of ": "min_durations",
    "longest gap (s) of ": "max_gaps",
}
"""The same for rules of single labels, before their names."""
_OURS = {_VIDEO, _SIZE, _RATE, _DURATION, _STARTS, _CHECKPOINT, _VERSION, _CAUTION}
_OURS |= {_THRESHOLD, _BACKGROUND, _MULTI, _TOP, _CALIBRATION, *_NUMBERS}
_CALIBRATED = "the probability that an event is right:"
_FILE, _FRAMES = "file", "frames of file"
_OF_FRAMES = re.compile(r"(\S+) per second, (\d{1,5})x(\d{1,5})(?:, the first after ([0-9.]{1,12}) s)?")
_CUTS = "cuts"
_CUTS_IN_A_ROW = 100
"""A cell has room for some two thousand."""


def run_facts(annotation: Annotation) -> dict[str, str]:
    """Return the facts by their names; what is unknown is not among them."""
    video, rules = annotation.video, annotation.rules
    source = {
        _CAUTION: annotation.caution,
        _VIDEO: path_text(video.path),
        _SIZE: f"{video.width}x{video.height}" if video.width else "",
        _RATE: str(video.fps) if video.fps else "",
        # A header may promise less than there is; the last event is a part of the video all the same.
        _DURATION: format_time(annotation.end()) if video.duration else "",
        _STARTS: f"{video.starts:g}" if video.starts else "",
        _CHECKPOINT: annotation.checkpoint,
        _VERSION: annotation.version,
    }
    # Events from a person or another program were not decided by rules.
    decided = _rule_facts(rules) if annotation.checkpoint else {}
    # Settings of another program may have the names of what is read back, but not replace it.
    listed = {**_cuts(annotation.cuts), **_files(annotation.files)}
    known = {**source, **decided, **annotation.settings, **source, **listed}
    return {name: value for name, value in known.items() if value}


def _rule_facts(rules: EventRules) -> dict[str, str]:
    of_labels = {
        f"{name}{label}": f"{value:g}"
        for name, field in _OF_LABELS.items()
        for label, value in sorted(getattr(rules, field).items())
    }
    calibration = as_fields(rules).get("calibration")
    return {
        _THRESHOLD: f"{rules.threshold:g}",
        **of_labels,
        **{name: f"{getattr(rules, field):g}" for name, field in _NUMBERS.items()},
        _BACKGROUND: ", ".join(rules.background),
        _MULTI: "yes" if rules.multi else "",
        _TOP: f"{rules.top}" if rules.top else "",
        _CALIBRATION: f"{_CALIBRATED} {json.dumps(calibration)}" if calibration else "",
    }


def _cuts(cuts: Sequence[float]) -> dict[str, str]:
    """Return the times of the cuts, by the numbers of the first and the last of each row."""
    rows = {}
    for first in range(0, len(cuts), _CUTS_IN_A_ROW):
        row = cuts[first : first + _CUTS_IN_A_ROW]
        rows[f"{_CUTS} {first + 1} to {first + len(row)}"] = ", ".join(map(format_time, row))
    return rows


def _files(files: Sequence[GameFile]) -> dict[str, str]:
    """Return of each file of a game when it begins, its length, its place and what its frames are."""
    facts = {}
    for number, file in enumerate(files, start=1):
        times, video = f"{format_time(file.start)} + {format_time(file.duration)}", file.video
        facts[f"{_FILE} {number}"] = f"{times} {path_text(file.path)}"
        late = f", the first after {video.starts:g} s" if video.starts else ""
        frames = f"{video.fps} per second, {video.width}x{video.height}{late}"
        facts[f"{_FRAMES} {number}"] = frames if video.fps else ""
    return facts


def _with_frames(file: GameFile, text: str) -> GameFile:
    """Return a file of a game with what is known of its frames, if anything is."""
    match = _OF_FRAMES.fullmatch(text)
    if not match:
        return file
    rate, width, height, starts = match.groups()
    with suppress(ValueError):
        plain = VideoInfo.unknown(file.path, exact_rate(rate), file.duration)
        late = min(float(starts or 0), file.duration)
        return replace(file, info=replace(plain, width=int(width), height=int(height), starts=late))
    return file


def _read_files(facts: Mapping[str, str]) -> tuple[GameFile, ...]:
    """Return the files of a game; none where a person changed one to something else."""
    files = []
    for number in range(1, sum(name.startswith(f"{_FILE} ") for name in facts) + 1):
        match = re.fullmatch(r"(\S+) \+ (\S+) (.*)", facts.get(f"{_FILE} {number}", ""))
        try:
            start, duration = (
                (parse_time(match[part], Fraction(1)) for part in (1, 2)) if match else (0.0, 0.0)
            )
        except BballTagError:
            return ()
        if not match or not duration:
            return ()
        file = GameFile(Path(match[3]) if match[3] else None, start, duration)
        files.append(_with_frames(file, facts.get(f"{_FRAMES} {number}", "")))
    return tuple(files)


def annotation_of(facts: Mapping[str, str], fps: Fraction) -> Annotation:
    """Return an annotation without events from what `run_facts` gave, perhaps edited or empty.

    Args:
        facts: The facts by their names.
        fps: Frames per second of the video, where the facts do not say.
    """
    path = facts.get(_VIDEO)
    video = VideoInfo.unknown(Path(path) if path else None, _rate(facts) or fps, _seconds(facts, _DURATION))
    size = re.fullmatch(r"(\d{1,5})x(\d{1,5})", facts.get(_SIZE, ""))
    width, height = map(int, size.groups()) if size else (0, 0)
    video = replace(video, starts=_seconds(facts, _STARTS), width=width, height=height)
    return Annotation(
        video,
        (),
        rules=_read_rules(facts),
        settings={name: value for name, value in facts.items() if not _is_ours(name)},
        checkpoint=facts.get(_CHECKPOINT, ""),
        caution=facts.get(_CAUTION, ""),
        version=facts.get(_VERSION, ""),
        cuts=_read_cuts(facts),
        files=_read_files(facts),
    )


def _is_ours(name: str) -> bool:
    return name in _OURS or name.startswith((*_OF_LABELS, f"{_CUTS} ", f"{_FILE} ", f"{_FRAMES} "))


def _read_rules(facts: Mapping[str, str]) -> EventRules:
    """Return what the events were decided by; what a person changed to nonsense is as by default."""
    rules = EventRules()
    for name, field in {_THRESHOLD: "threshold", **_NUMBERS}.items():
        with suppress(ValueError):
            value: dict[str, Any] = {field: float(facts[name])} if name in facts else {}
            rules = replace(rules, **value)
    for name, text in facts.items():
        for start, field in _OF_LABELS.items():
            if name.startswith(start):
                with suppress(ValueError):
                    own = {**getattr(rules, field), name.removeprefix(start): float(text)}
                    value = {field: own}
                    rules = replace(rules, **value)
    if _BACKGROUND in facts:
        rules = replace(rules, background=tuple(facts[_BACKGROUND].split(", ")))
    with suppress(ValueError):
        rules = replace(rules, top=int(facts[_TOP]) if _TOP in facts else None)
    with suppress(FormError):
        text = facts.get(_CALIBRATION, "").removeprefix(_CALIBRATED).strip()
        rules = from_fields({"calibration": parse_json(text) if text else None}, rules)
    return replace(rules, multi=facts.get(_MULTI) == "yes")


def _read_cuts(facts: Mapping[str, str]) -> tuple[float, ...]:
    """Return the cuts in seconds, without what a person changed to something else."""
    cuts = []
    for name, times in facts.items():
        if re.fullmatch(rf"{_CUTS} \d+ to \d+", name):
            for time in times.split(","):
                with suppress(BballTagError):
                    cuts.append(parse_time(time, Fraction(1)))
    return tuple(sorted(cuts))


def _rate(facts: Mapping[str, str]) -> Fraction:
    """Return the frame rate, 0 if a person changed it to something else."""
    text = facts.get(_RATE, "0")
    try:
        # A person writes 29.97, and we 30000/1001.
        return parse_rate(text) if "." in text else exact_rate(text)
    except (BballTagError, ValueError):
        return Fraction(0)


def _seconds(facts: Mapping[str, str], name: str) -> float:
    try:
        return parse_time(facts.get(name, "0"), Fraction(1))
    except BballTagError:
        return 0.0
