"""A file appears whole or not at all, and is refused before the work, not after."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bball_tag.errors import BballTagError, StorageError
from bball_tag.storage import Address, send

_EDGE = 1 << 20
_MAX_NAME = 40
_MAX_BYTES = 255
"""Of a file's name, on all common systems."""
_REFUSED = ("SerialisationError", "SafetensorError")
"""What lxml and safetensors, which not everybody loads, raise where the system refuses to write."""


def check_output(path: Path, *, overwrite: bool, other: str = "another name") -> None:
    """Refuse an output that could not be written later; `other` is what to choose where it exists.

    Raises:
        BballTagError: The folder is missing or not writable, `path` is a folder, or it exists and
            `overwrite` is false.
    """
    folder = path.parent
    if isinstance(path, Address):
        _check_storage(path)
    elif not folder.exists():
        raise BballTagError(
            f"Cannot write {path}: the folder {folder} does not exist. Check its name, or make it."
        )
    elif not folder.is_dir():
        raise BballTagError(f"Cannot write {path}: {folder} is not a folder.")
    if path.is_dir():
        raise BballTagError(f"Cannot write {path}: it is a folder. Give the name of a file.")
    if not isinstance(path, Address) and not os.access(folder, os.W_OK):
        raise BballTagError(f"Cannot write {path}: the folder {folder} is not writable. Choose another.")
    if path.exists() and not overwrite:
        raise BballTagError(
            f"{path} already exists. Choose {other}, or replace it with --overwrite "
            "(overwrite=True in Python)."
        )


def _check_storage(address: Address) -> None:
    """Refuse an address whose storage cannot be reached, or has no such bucket.

    Raises:
        StorageError: The message says why.
    """
    try:
        found = address.bucket.exists()
    except OSError as error:
        raise StorageError(f"Cannot write {address}: {why(error)}.") from error
    if not found and address.is_in_object_store:
        raise StorageError(
            f"Cannot write {address}: there is no {address.bucket}. Check its name, or make it."
        )


def make_folder(folder: Path) -> None:
    """Make a folder that is missing, and see that it can be written into.

    Raises:
        BballTagError: It cannot be made or written into, or it is a file.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BballTagError(f"Cannot write into {folder}: {why(error)}.") from error
    if not isinstance(folder, Address) and not os.access(folder, os.W_OK):
        raise BballTagError(f"Cannot write into {folder}: it is not writable. Choose another.")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a draft path beside `path` that becomes `path` only if the block succeeds.

    The draft keeps the suffix, as encoders pick the container by it, and lies in the same folder,
    so that the last step is one atomic rename. That of an address lies on this computer, and is sent.

    Raises:
        BballTagError: The system refuses to write (a full disk, a lost folder).
    """
    try:
        with _draft_to_send(path) if isinstance(path, Address) else _draft_beside(path) as draft:
            yield draft
    except Exception as error:
        if not isinstance(error, OSError) and type(error).__name__ not in _REFUSED:
            raise
        raise BballTagError(f"Cannot write {path}: {why(error)}.") from error


def write_text(path: Path, text: str, errors: str = "strict") -> None:
    """Write text, whole or not at all.

    Raises:
        BballTagError: As `replacing`.
    """
    with replacing(path) as draft:
        draft.write_text(text, encoding="utf-8", errors=errors)


@contextmanager
def _draft_beside(path: Path) -> Iterator[Path]:
    draft = path.with_name(fitting_name(f".{path.stem}", f".{os.getpid()}.part{path.suffix}"))
    try:
        draft.touch()
        mode = draft.stat().st_mode
        yield draft
        # Some libraries write by way of a private temporary file, which nobody else could read.
        draft.chmod(mode)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def _draft_to_send(address: Address) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="bball-tag-") as folder:
        draft = Path(folder) / address.name
        draft.touch()
        yield draft
        send(draft, address)


def relative_path(path: Path, folder: Path) -> Path:
    """Return `path` as seen from `folder`; the absolute path where none leads there: Windows has drives."""
    if isinstance(path, Address) or isinstance(folder, Address):
        return path.absolute()
    try:
        return Path(os.path.relpath(path, folder))
    except ValueError:
        return path.absolute()


def why(error: Exception) -> str:
    """Return in words why a file could not be read or written, without a full stop."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text; in Excel choose 'CSV UTF-8' when you save"
    text = error.strerror if isinstance(error, OSError) else None
    # lxml names the system's error: IO_ENOSPC.
    number = getattr(errno, str(error).removeprefix("IO_"), None)
    return (text or (os.strerror(number) if number else str(error))).removesuffix(".")


def scores_beside(output: Path) -> Path:
    """Return where the scores are kept of which `output` is made."""
    return output.with_name(fitting_name(output.name, ".scores.db"))


def fitting_name(name: str, ending: str) -> str:
    """Return `name` and `ending` as the name of a file; a longer one than systems take is cut, and stays one
    of its own."""
    room = _MAX_BYTES - len(os.fsencode(ending))
    raw = os.fsencode(name)
    if len(raw) <= room:
        return name + ending
    mark = f"~{hashlib.sha256(raw).hexdigest()[:8]}"
    return raw[: room - len(mark)].decode("utf-8", "ignore") + mark + ending


def safe_name(text: str) -> str:
    """Return `text` as a part of a file's name on every system: letters of any script, digits and dashes."""
    return re.sub(r"[^\w-]+", "_", text).strip("_")[:_MAX_NAME]


def content_id(path: Path) -> str:
    """Return a short hash that tells one large file from another without reading all of it.

    It covers the size and the first and last mebibyte, so that it survives a copy or a rename.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        digest.update(str(size).encode())
        file.seek(0)
        digest.update(file.read(_EDGE))
        file.seek(max(size - _EDGE, 0))
        digest.update(file.read(_EDGE))
    return digest.hexdigest()[:32]
