"""Rules as plain values, and back: in a rules file, in our JSON, and in the contract of a checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from functools import partial
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
            if name not in _CHECKS:
                raise FormError(f"there is no such rule; there are {', '.join(asdict(_PLAIN))}")
            checked[name] = _CHECKS[name](value)
    faults.check()
    for own, general in GENERAL.items():
        before = {} if general in document else getattr(base, own)
        checked[own] = {**before, **checked.get(own, {})}
    try:
        return replace(base, **checked)
    except ValueError as error:
        raise FormError(str(error).removesuffix(".")) from error


def _numbers(value: object, most: float, least: float = 0.0) -> dict[str, float]:
    faults, found = Faults(), {}
    for label, one in as_object(value).items():
        with faults.gathered(shown(label)):
            found[label] = as_number(one, most, least)
    faults.check()
    return found


def _calibration(value: object) -> Calibration | None:
    if value is None:
        return None
    given, known = dict(as_object(value)), asdict(Calibration())
    if unknown := sorted(given.keys() - known.keys()):
        raise FormError(f"{shown(unknown[0])} is unknown; there are {', '.join(sorted(known))}")
    labels = _numbers(given.pop("labels", {}), _STEEPEST, -_STEEPEST)
    numbers = {
        name: as_number(one, _STEEPEST, 0.0 if name == "slope" else -_STEEPEST) for name, one in given.items()
    }
    return Calibration(**numbers, labels=labels)


_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "thresholds": partial(_numbers, most=1.0, least=_LEAST),
    **dict.fromkeys(("threshold", "release"), partial(as_number, most=1.0, least=_LEAST)),
    **dict.fromkeys(("smoothing", "min_duration", "max_gap"), partial(as_number, most=_LONGEST_S)),
    **dict.fromkeys(("min_durations", "max_gaps"), partial(_numbers, most=_LONGEST_S)),
    "background": lambda value: tuple(map(as_text, as_list(value))),
    "multi": as_flag,
    "top": lambda value: None if value is None else as_whole(value, least=1),
    "calibration": _calibration,
}
"""What each rule must be."""
