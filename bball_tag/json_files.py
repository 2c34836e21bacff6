"""JSON that people bring: loaded within bounds, and its values checked one by one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn, TextIO

from bball_tag.checks import is_number
from bball_tag.errors import OptionError
from bball_tag.faults import FormError, shown
from bball_tag.text_files import MOST_BYTES, number_of, read_text
from bball_tag.timecode import exact_rate, parse_rate

LARGEST_COUNT = 1_000_000_000
"""No count of frames, clips or pixels is larger."""
_MOST_PARTS = 4_000_000
"""Lists and objects in a file: the boxes of 20 people over two hours, 25 times a second."""
_ABSENT = object()


def load_json(path: Path, most: int = MOST_BYTES) -> Any:
    """Return what a JSON file holds.

    Raises:
        FormError: It does not hold JSON, names a key twice in one object, or has more than `most` bytes.
        OSError: It cannot be read.
    """
    return parse_json(read_text(path, most))


def parse_json(text: str) -> Any:
    """Return what a JSON document holds.

    Raises:
        FormError: It is not JSON, or names a key twice in one object.
    """
    _check_size(text)
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError, MemoryError) as error:
        digits = isinstance(error, ValueError) and "digits" in str(error)
        why = "it has a number of thousands of digits" if digits else f"it is not JSON ({error})"
        raise FormError(why) from error


def parse_json5(text: str) -> Any:
    """Return what a JSON5 document holds: JSON as people type it, with comments and names without quotes.

    Raises:
        FormError: It is not JSON5.
    """
    import pyjson5

    _check_size(text)
    try:
        return pyjson5.decode(text)
    except (pyjson5.Json5Exception, ValueError, RecursionError, MemoryError) as error:
        # The message says in bytes of C what was expected, and where: only the place is of use to people.
        place = re.search(r"near (\d+)", str(error))
        line = text.count("\n", 0, int(place[1])) + 1 if place else 1
        raise FormError(f"it is not JSON5: line {line} makes no sense") from error


def _check_size(text: str) -> None:
    # Of brackets and commas alone, a small file becomes gigabytes of objects.
    if text.count("[") + text.count("{") > _MOST_PARTS or text.count(",") > 4 * _MOST_PARTS:
        raise FormError(f"it has more than {_MOST_PARTS:,} parts, too many for a file of its kind")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise FormError(f"it has {shown(twice)} twice in one object")
    return found


def _no_constant(name: str) -> NoReturn:
    raise FormError(f"it is not JSON ({name} is no number there)")


def dump(document: object, file: TextIO, indent: int | None = 1) -> None:
    """Write a document as JSON for people and programs, with a line break at its end."""
    json.dump(document, file, ensure_ascii=False, allow_nan=False, indent=indent)
    file.write("\n")


def field(item: Mapping[str, Any], name: str, default: Any = _ABSENT) -> Any:
    """Return the value of a key.

    Raises:
        FormError: It is missing, and there is no default.
    """
    value = item.get(name, default)
    if value is _ABSENT:
        raise FormError(f"{name!r} is missing")
    return value


def as_object(value: object) -> dict[str, Any]:
    """Return an object as it is; FormError for anything else."""
    if not isinstance(value, dict):
        raise FormError(f"{shown(value)} is not an object")
    return value


def as_list(value: object) -> list[Any]:
    """Return a list as it is; FormError for anything else."""
    if not isinstance(value, list):
        raise FormError(f"{shown(value)} is not a list")
    return value


def as_text(value: object) -> str:
    """Return text as it is; FormError for anything else."""
    if not isinstance(value, str):
        raise FormError(f"{shown(value)} is not text")
    return value


def as_number(value: object, most: float, least: float = 0.0) -> float:
    """Return a number from `least` to `most`; FormError for anything else."""
    if not is_number(value) or not least <= value <= most:  # type: ignore[operator]
        raise FormError(f"{shown(value)} is not a number from {least:g} to {most:g}")
    return float(value)  # type: ignore[arg-type]


def as_written_number(value: object, most: float) -> float:
    """Return what `as_number` returns, also of a number that is written as text."""
    return as_number(number_of(value) if isinstance(value, str) else value, most)


def rate_of(value: object) -> Fraction:
    """Return the frame rate that a decimal number stands for; 0 where it says nothing of use."""
    try:
        return parse_rate(f"{as_number(value, 1000):.6f}")
    except (FormError, OptionError):
        return Fraction(0)


def as_rate(value: object) -> Fraction:
    """Return the frame rate that a text says exactly, 0 for an unknown one; FormError for anything else."""
    try:
        return exact_rate(as_text(value))
    except ValueError as error:
        raise FormError(f"the frame rate {shown(value)} makes no sense: {error}") from error


def as_whole(value: object, most: int = LARGEST_COUNT, least: int = 0) -> int:
    """Return a whole number from `least` to `most`, also one written `3.0`; FormError for anything else."""
    number = as_number(value, most, least)
    if not number.is_integer():
        raise FormError(f"{shown(value)} is not a whole number")
    return int(number)


def as_flag(value: object) -> bool:
    """Return true or false as it is; FormError for anything else."""
    if not isinstance(value, bool):
        raise FormError(f"{shown(value)} is neither true nor false")
    return value
