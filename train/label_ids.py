"""SpaceJam's two lists: which label each clip has, by its id, and what the ids are called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bball_tag.errors import DataError
from bball_tag.faults import Faults, FormError, shown
from bball_tag.files import why
from bball_tag.json_files import as_object, load_json
from bball_tag.labels import SPACEJAM_LABELS

DISCARD = "discard"
_CLIPS, _NAMES = "annotation_dict.json", "labels_dict.json"
_ID = re.compile(r"[0-9]{1,9}")
_UNSAFE = re.compile(r'[\x00-\x1f\\:*?"<>|]')
"""What no file is called on every system; a colon begins another drive, or another stream of a file."""
_LONGEST_KEY = 200


def labelled_keys(folder: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the label of each clip by its key, without discarded clips; and the labels in order of ids.

    An id may be written as text (`"2"`), and a label in place of its id. Names may also be given the other
    way around, as `{"shoot": 4}`.

    Raises:
        DataError: One of the lists cannot be read, or makes no sense; all entries at fault are named.
    """
    names = _names(folder / _NAMES) if (folder / _NAMES).exists() else dict(enumerate(SPACEJAM_LABELS))
    ids_of = {name: number for number, name in names.items()}
    if len(ids_of) < len(names):
        raise DataError(f"Cannot read {folder / _NAMES}: two ids have one name.")
    entries, faults, unknown = _load(folder / _CLIPS), Faults(), set()
    found: dict[str, int] = {}
    try:
        for key, value in entries.items():
            with faults.gathered():
                _check_key(key)
                number = _number(key, value, ids_of)
                if number in names:
                    found[key] = number
                elif number != len(SPACEJAM_LABELS):
                    unknown.add(number)
        if unknown:
            faults.add(f"annotation_dict.json uses the unknown label ids {shown(sorted(unknown))}")
        faults.check()
    except FormError as error:
        raise DataError(f"Cannot read clips from {folder}: {error}.") from error
    used = sorted(set(found.values()))
    labels = tuple(names[number] for number in used if names[number] != DISCARD)
    return {key: names[number] for key, number in found.items() if names[number] != DISCARD}, labels


def _load(path: Path) -> dict[str, Any]:
    try:
        return as_object(load_json(path))
    except (OSError, FormError) as error:
        raise DataError(f"Cannot read {path}: {why(error)}.") from error


def _check_key(key: str) -> None:
    """Refuse keys that lead out of the folder of clips, or that no file can have."""
    parts = key.split("/")
    if _UNSAFE.search(key) or len(key) > _LONGEST_KEY or any(part in ("", ".", "..") for part in parts):
        raise FormError(f"the key {shown(key)} is not the name of a file in examples")


def _number(key: str, value: object, ids_of: Mapping[str, int]) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value in ids_of:
        return ids_of[value]
    if isinstance(value, str) and _ID.fullmatch(value.strip()):
        return int(value)
    raise FormError(
        f"annotation_dict.json must give a label id for each clip, and gives {shown(value)} for "
        f"{shown(key)[1:-1]}"
    )


def _names(path: Path) -> dict[int, str]:
    stored = _load(path)
    numbers = [_ID.fullmatch(number.strip()) for number in stored]
    if stored and not any(numbers) and all(type(value) is int for value in stored.values()):
        ids = list(stored.values())
        if len(set(ids)) < len(ids):
            raise DataError(f"Cannot read {path}: two names have one id.")
        return {number: _name(path, name) for name, number in stored.items()}
    if not all(numbers):
        raise DataError(f"Cannot read {path}: a label id is not a number.")
    return {int(number): _name(path, name) for number, name in stored.items()}


def _name(path: Path, name: object) -> str:
    if not isinstance(name, str) or not name.strip():
        raise DataError(f"Cannot read {path}: {shown(name)} is not a name of a label.")
    return name
