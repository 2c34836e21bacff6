"""The fields of a contract as a file has them: each of its own kind, and of a size that can be meant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
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
Check = Callable[[Any], Any]
"""Returns a value as its type takes it; FormError where it cannot be meant."""


def checked_fields(document: object) -> dict[str, Any]:
    """Return the fields of a contract, without its format version, as its types take them.

    Args:
        document: What the JSON in the header of a checkpoint holds.

    Raises:
        FormError: Fields are missing or unknown, or of another kind or size; it names all of them.
    """
    fields, faults, checked = dict(as_object(document)), Faults(), {}
    fields.pop("format_version", None)
    for name in ("labels", "clip"):
        with faults.gathered():
            field(fields, name)
    for name, value in fields.items():
        with faults.gathered(name[:40]):
            checked[name] = _checked(name, value, _FIELDS)
    faults.check()
    labels = checked["labels"]
    if len(labels) > 1 and (strange := set(checked.get("thresholds", ())) - set(labels)):
        raise FormError(f"thresholds: {shown(min(strange))} is not a label")
    return checked


def _checked(name: str, value: Any, checks: Mapping[str, Check]) -> Any:
    if name not in checks:
        raise FormError("it is an unknown field")
    return checks[name](value)


def _labels(value: object) -> tuple[str, ...]:
    labels = tuple(map(as_text, as_list(value)))
    for label in labels:
        if not label.strip() or len(label) > _LONGEST_LABEL:
            raise FormError(f"{shown(label)} is not a name of a label")
    if len(labels) > _MOST_LABELS:
        raise FormError(f"{len(labels)} labels are too many")
    return labels


def _clip(value: object) -> dict[str, Any]:
    checked: dict[str, Any] = {}
    faults = Faults()
    for name, one in as_object(value).items():
        with faults.gathered(name[:40]):
            checked[name] = _checked(name, one, _CLIP)
    seen = checked.get("num_frames", 0) + 2 * checked.get("context_frames", 0)
    if seen > CHUNK:
        faults.add(f"the model would see {seen} frames, and {CHUNK} are the most")
    faults.check()
    return checked


def _colours(value: object, least: float) -> tuple[float, ...]:
    numbers = tuple(as_number(one, _HUGE, least) for one in as_list(value))
    if len(numbers) != 3:
        raise FormError(f"{shown(value)} are not three numbers")
    return numbers


def _figures(value: object, required: tuple[str, ...], checks: Mapping[str, Check]) -> dict[str, Any] | None:
    """Return what was measured somewhere; None where nothing was."""
    if value is None:
        return None
    figures = as_object(value)
    for name in required:
        field(figures, name)
    return {name: _checked(name, one, checks) for name, one in figures.items()}


def _by_name(value: object, check: Check) -> dict[str, Any]:
    return {key: check(one) for key, one in as_object(value).items()}


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


_FRACTION: Check = partial(as_number, most=1.0)
_SCALE: Check = partial(as_number, most=_HUGE, least=_TINY)
_PIXELS: Check = partial(as_whole, most=_LARGEST_IMAGE, least=32)
_CLIP: Mapping[str, Check] = {
    "num_frames": partial(as_whole, most=CHUNK, least=1),
    "context_frames": partial(as_whole, most=CHUNK),
    "fps": partial(as_number, most=_FASTEST_FPS, least=_TINY),
    "height": _PIXELS,
    "width": _PIXELS,
    "mean": partial(_colours, least=-_HUGE),
    "std": partial(_colours, least=_TINY),
    "subject": as_text,
}
_NUMBERS: Mapping[str, Check] = {
    "temperature": _SCALE,
    "temperatures": partial(_by_name, check=_SCALE),
    "shares": partial(_by_name, check=_SCALE),
    "thresholds": partial(_by_name, check=partial(as_number, most=1.0, least=_TINY)),
    **dict.fromkeys(("threshold", "accuracy"), _FRACTION),
    **dict.fromkeys(("num_clips", "num_moments", "num_unjudged"), as_whole),
}
_REAL = partial(
    _figures,
    required=("temperature", "threshold", "accuracy", "num_clips"),
    checks={**_NUMBERS, "rules": _rules},
)
_FIELDS: Mapping[str, Check] = {
    **_NUMBERS,
    "labels": _labels,
    "streams": lambda value: tuple(map(as_text, as_list(value))),
    "clip": _clip,
    "width": partial(as_whole, most=_WIDEST, least=4),
    "real": _REAL,
    "judged": partial(_figures, required=("accuracy", "num_clips", "num_moments"), checks=_NUMBERS),
    **dict.fromkeys(("crop_rule", "architecture", "world"), as_text),
    "provenance": as_object,
    "rules": _rules,
    "sureness": _sureness,
}
"""What each field of a contract must be."""
