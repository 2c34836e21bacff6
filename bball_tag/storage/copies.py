"""Copies of what lies on shared storage: fetched for libraries that open files by name, and sent whole."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from bball_tag.errors import StorageError
from bball_tag.storage.address import AZURE, Address

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_PIECE = 4 << 20
"""Bytes copied at once."""
_DRAFT, _ASIDE = ".part", ".old"
"""Endings of what is sent and has not its name yet, and of what made room for it."""
_ORIGIN = "origin.json"
"""Says beside a copy which state of the address it has."""


def local_file(path: Path) -> Path:
    """Return a file of this computer with what is at `path`: itself, or a copy, fetched anew when it changes.

    The copy stays, for what many games need. What one game needs is lent: see `lent_file`.

    Raises:
        StorageError: It cannot be fetched.
    """
    if not isinstance(path, Address):
        return path
    try:
        copy, now = copy_of(path), present_state(path)
        if not copy.exists() or state_of_copy(copy) != now:
            fetch(path, copy, now)
    except OSError as error:
        raise StorageError(f"Cannot fetch {path}: {error.strerror or error}.") from error
    return copy


def send(file: Path, address: Address) -> None:
    """Put a file of this computer at an address, where it appears whole or not at all.

    Raises:
        OSError: It cannot be written there.
    """
    with address.told() as (storage, place):
        if address.is_in_object_store:
            # Older versions of adlfs refuse to replace an object by themselves.
            more = {"overwrite": True} if address.scheme in AZURE else {}
            storage.put_file(str(file), place, **more)
            return
        folder, _, name = place.rpartition("/")
        draft = f"{folder}/.{name}.{os.getpid()}{_DRAFT}"
        storage.makedirs(folder, exist_ok=True)
        with ExitStack() as unless_it_is_whole:
            unless_it_is_whole.callback(_removed, storage, draft)
            storage.put_file(str(file), draft)
            _put_in_place(storage, draft, place)
            unless_it_is_whole.pop_all()


def _put_in_place(storage: AbstractFileSystem, draft: str, place: str) -> None:
    """Give a file that has been sent its name.

    SMB renames nothing over another file, and HDFS not everywhere. Then the one that is there steps aside: if
    the command is killed at that moment, it is still there, under the other name.
    """
    try:
        storage.mv(draft, place)
    except OSError:
        if not (storage.exists(place) and storage.exists(draft)):
            raise
        aside = f"{draft.removesuffix(_DRAFT)}{_ASIDE}"
        storage.mv(place, aside)
        with ExitStack() as unless_it_succeeds:
            unless_it_succeeds.callback(storage.mv, aside, place)
            storage.mv(draft, place)
            unless_it_succeeds.pop_all()
        _removed(storage, aside)


def _removed(storage: AbstractFileSystem, draft: str) -> None:
    # Each library has errors of its own.
    with suppress(Exception):
        storage.rm_file(draft)


def copy_of(address: Address, use: str = "copies") -> Path:
    """Return where the copy of an address lies, or would lie: in a folder of its own in the user's cache.

    Args:
        address: Of the file.
        use: What it is for. One that is written must not be replaced by one that is only read.
    """
    folder = hashlib.sha256(str(address).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return _cache() / use / folder / address.name


def is_copy(path: Path) -> bool:
    """Return whether a file of this computer is a copy of what lies at an address."""
    return path.is_relative_to(_cache())


def _cache() -> Path:
    return platformdirs.user_cache_path("bball-tag", appauthor=False)


def state_of(path: Path) -> list[int] | None:
    """Return what changes when a file does; None where there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return [status.st_size, status.st_mtime_ns]


def present_state(address: Address) -> list[int]:
    """Return the state of a file that must be there.

    Raises:
        StorageError: It is not.
        OSError: The storage cannot be reached.
    """
    if (now := state_of(address)) is None:
        raise StorageError(f"Cannot read {address}: there is no such file.")
    return now


def state_of_copy(copy: Path) -> list[int] | None:
    """Return the state of the address that a copy has; None where it has none, or has never been there."""
    try:
        known = json.loads(copy.with_name(_ORIGIN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return known if isinstance(known, list) else None


def fetch(address: Address, copy: Path, state: list[int]) -> None:
    """Fetch the file of an address, whole or not at all.

    Raises:
        OSError: It cannot be read, or not be written here.
    """
    copy.parent.mkdir(parents=True, exist_ok=True)
    draft = copy.with_name(f".{uuid.uuid4().hex}.part")
    try:
        with address.open("rb") as source, draft.open("wb") as target:
            shutil.copyfileobj(source, target, _PIECE)
        draft.replace(copy)
    finally:
        draft.unlink(missing_ok=True)
    note_state(copy, state)


def note_state(copy: Path, state: list[int] | None) -> None:
    """Note which state of its address a copy has."""
    copy.with_name(_ORIGIN).write_text(json.dumps(state), encoding="utf-8")
