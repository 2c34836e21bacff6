"""The fields of a contract as a file has them: each of its own kind, and of a size that can be meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bball_tag.clips import CHUNK
from bball_tag.events.rule_fields import from_fields
from bball_tag.faults import Faults, FormError, shown
from bball_tag.json_files import as_list, as_number, as_object, as_text, as_whole, field

_MOST_LABELS, _LONGEST_LABEL = 1000, 200
_FASTEST_FPS = 240.0
_LARGEST_IMAGE, _WIDEST = 4096, 1024
"""Pixels along a side of a clip's images, and channels after the stem."""
_TINY, _HUGE = 1e-6, 1e6
_REQUIRED = ("labels", "clip")


def checked_fields(document: object) -> dict[str, Any]:
    """Return the fields of a contract, without its format version, as its types take them.

    Args:
        document: What the JSON in the header of a checkpoint holds.

    Raises:
        FormError: Fields are missing or unknown, or of another kind or size; it names all of them.
    """
    fields, faults, checked = dict(as_object(document)), Faults(), {}
    fields.pop("format_version", None)
    for name in _REQUIRED:
        with faults.gathered():
            field(fields, name)
    for name, value in fields.items():
        with faults.gathered(name[:40]):
            checked[name] = _checked(name, value)
    faults.check()
    if (strange := set(checked.get("thresholds", ())) - set(checked["labels"])) and len(
        checked["labels"]
    ) > 1:
        raise FormError(f"thresholds: {shown(min(strange))} is not a label")
    return checked


def _checked(name: str, value: Any) -> Any:
    match name:
        case "labels":
            return _labels(value)
        case "streams":
            return tuple(map(as_text, as_list(value)))
        case "clip":
            return _clip(as_object(value))
        case "width":
            return as_whole(value, _WIDEST, 4)
        case "real":
            return None if value is None else _real(as_object(value))
        case "judged":
            return None if value is None else _judged(as_object(value))
        case "crop_rule" | "architecture" | "world":
            return as_text(value)
        case "provenance":
            return as_object(value)
        case "rules" | "sureness":
            return _rules(value) if name == "rules" else _sureness(value)
        case _:
            return _number(name, value)


def _number(name: str, value: Any) -> Any:
    """Return a number, or a mapping of numbers, by what it is the name of."""
    match name:
        case "temperature":
            return as_number(value, _HUGE, _TINY)
        case "threshold" | "accuracy":
            return as_number(value, 1.0)
        case "num_clips" | "num_moments" | "num_unjudged":
            return as_whole(value)
        case "temperatures" | "shares":
            return {key: as_number(one, _HUGE, _TINY) for key, one in as_object(value).items()}
        case "thresholds":
            return {key: as_number(one, 1.0, _TINY) for key, one in as_object(value).items()}
    raise FormError("it is an unknown field")


def _labels(value: object) -> tuple[str, ...]:
    labels = tuple(map(as_text, as_list(value)))
    for label in labels:
        if not label.strip() or len(label) > _LONGEST_LABEL:
            raise FormError(f"{shown(label)} is not a name of a label")
    if len(labels) > _MOST_LABELS:
        raise FormError(f"{len(labels)} labels are too many")
    return labels


def _clip(clip: Mapping[str, Any]) -> dict[str, Any]:
    checked: dict[str, Any] = {}
    faults = Faults()
    for name, value in clip.items():
        with faults.gathered(name[:40]):
            checked[name] = _clip_field(name, value)
    seen = checked.get("num_frames", 0) + 2 * checked.get("context_frames", 0)
    if seen > CHUNK:
        faults.add(f"the model would see {seen} frames, and {CHUNK} are the most")
    faults.check()
    return checked


def _clip_field(name: str, value: Any) -> Any:
    match name:
        case "num_frames":
            return as_whole(value, CHUNK, 1)
        case "context_frames":
            return as_whole(value, CHUNK)
        case "fps":
            return as_number(value, _FASTEST_FPS, _TINY)
        case "height" | "width":
            return as_whole(value, _LARGEST_IMAGE, 32)
        case "mean" | "std":
            return _colours(value, _TINY if name == "std" else -_HUGE)
        case "subject":
            return as_text(value)
    raise FormError("it is an unknown field")


def _colours(value: object, least: float) -> tuple[float, ...]:
    numbers = tuple(as_number(one, _HUGE, least) for one in as_list(value))
    if len(numbers) != 3:
        raise FormError(f"{shown(value)} are not three numbers")
    return numbers


def _real(real: Mapping[str, Any]) -> dict[str, Any]:
    for name in ("temperature", "threshold", "accuracy", "num_clips"):
        field(real, name)
    return {name: _rules(value) if name == "rules" else _number(name, value) for name, value in real.items()}


def _judged(judged: Mapping[str, Any]) -> dict[str, Any]:
    for name in ("accuracy", "num_clips", "num_moments"):
        field(judged, name)
    return {name: _number(name, value) for name, value in judged.items()}


def _rules(value: object) -> dict[str, Any]:
    """Return rules of events as they are, once they are seen to make sense."""
    rules = as_object(value)
    from_fields(rules)
    return rules


def _sureness(value: object) -> dict[str, Any]:
    """Return calibrations as they are, by where players come from, once they are seen to make sense."""
    sureness, faults = as_object(value), Faults()
    for name, one in sureness.items():
        with faults.gathered(name[:40]):
            if name not in ("given", "found"):
                raise FormError("players are given or found")
            from_fields({"calibration": as_object(one)})
    faults.check()
    return sureness
