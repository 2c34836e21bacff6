"""Many paths at a time, some of which may be addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from bball_tag.errors import StorageError
from bball_tag.storage.address import Address

T = TypeVar("T")
_AT_ONCE = 16
"""Questions to a storage that are on their way at the same time."""


def expanded(paths: Iterable[Path]) -> list[Path]:
    """Return some paths, with what lies there in place of an address with wildcards in its name.

    A shell does this for files, and not for addresses.

    Raises:
        StorageError: Nothing lies there, or the storage cannot be reached.
    """
    found: list[Path] = []
    for path in paths:
        if not isinstance(path, Address) or not set(path.name) & set("*?["):
            found.append(path)
            continue
        try:
            those = list(path.parent.glob(path.name))
        except OSError as error:
            raise StorageError(f"Cannot list {path}: {error.strerror or error}.") from error
        if not those:
            raise StorageError(f"Cannot read {path}: no file there has such a name.")
        found += those
    return found


def each_of(function: Callable[[Path], T], paths: Sequence[Path]) -> list[T]:
    """Return what `function` gives for each path; for addresses many at once, as most of it is waiting."""
    if not any(isinstance(path, Address) for path in paths):
        return list(map(function, paths))
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return list(threads.map(function, paths))
