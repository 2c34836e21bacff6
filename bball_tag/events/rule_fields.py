"""Rules as plain values, and back: in a rules file, in our JSON, and in the contract of a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import Any

from bball_tag.events.rules import Calibration, EventRules
from bball_tag.faults import Faults, FormError, shown
from bball_tag.json_files import as_flag, as_list, as_number, as_object, as_text, as_whole

GENERAL = {"thresholds": "threshold", "min_durations": "min_duration", "max_gaps": "max_gap"}
"""Rules of single labels, and the one for all others."""
_LONGEST_S = 3600.0
_LEAST = 1e-6
_STEEPEST = 1000.0
_PLAIN = EventRules()


def as_fields(rules: EventRules) -> dict[str, Any]:
    """Return rules as plain JSON values; of the newer rules only those that are not as by default."""
    always = {"thresholds", "threshold", "release", "smoothing", "min_duration", "max_gap", "background"}
    found = {name: _plain(value) for name, value in asdict(rules).items()}
    plain = asdict(_PLAIN)
    return {name: value for name, value in found.items() if name in always or value != _plain(plain[name])}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def from_fields(document: Mapping[str, Any], base: EventRules = _PLAIN) -> EventRules:
    """Return `base` with the rules that a document has.

    A number for all labels (`threshold`) replaces those that `base` has for single labels; a number for a
    single label leaves the others as they are.

    Raises:
        FormError: A rule is unknown or impossible; it names all of them.
    """
    faults, checked = Faults(), {}
    for name, value in document.items():
        with faults.gathered(name[:40]):
            checked[name] = _checked(name, value)
    faults.check()
    for own, general in GENERAL.items():
        before = {} if general in document else getattr(base, own)
        checked[own] = {**before, **checked.get(own, {})}
    try:
        return replace(base, **checked)
    except ValueError as error:
        raise FormError(str(error).removesuffix(".")) from error


def _checked(name: str, value: Any) -> Any:
    match name:
        case "threshold" | "release":
            return as_number(value, 1.0, _LEAST)
        case "smoothing" | "min_duration" | "max_gap":
            return as_number(value, _LONGEST_S)
        case "thresholds":
            return _numbers(value, 1.0, _LEAST)
        case "min_durations" | "max_gaps":
            return _numbers(value, _LONGEST_S)
        case "background":
            return tuple(map(as_text, as_list(value)))
        case "multi":
            return as_flag(value)
        case "top":
            return None if value is None else as_whole(value, least=1)
        case "calibration":
            return None if value is None else _calibration(as_object(value))
    raise FormError(
        f"there is no such rule; there are {', '.join(field.name for field in fields(EventRules))}"
    )


def _numbers(value: object, most: float, least: float = 0.0) -> dict[str, float]:
    faults, found = Faults(), {}
    for label, one in as_object(value).items():
        with faults.gathered(shown(label)):
            found[label] = as_number(one, most, least)
    faults.check()
    return found


def _calibration(value: dict[str, Any]) -> Calibration:
    known = {field.name for field in fields(Calibration)}
    if unknown := sorted(set(value) - known):
        raise FormError(f"{shown(unknown[0])} is unknown; there are {', '.join(sorted(known))}")
    numbers: dict[str, Any] = {
        name: as_number(one, _STEEPEST, 0.0 if name == "slope" else -_STEEPEST)
        for name, one in value.items()
        if name != "labels"
    }
    return Calibration(**numbers, labels=_numbers(value.get("labels", {}), _STEEPEST, -_STEEPEST))
