"""An address of shared storage as a path, so that it is named, looked at and read as every other file.

Only what a user types becomes an address. A path that stands in a file stays a path: nothing is fetched
because a file says so.
"""

from __future__ import annotations

import io
import os
import re
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bball_tag.errors import StorageError
from bball_tag.storage.remote_file import FIRST, RemoteFile, os_errors

if sys.platform == "win32":
    from pathlib import WindowsPath as _Native
else:
    from pathlib import PosixPath as _Native

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
"""Two letters at least: one is a drive of Windows."""
AZURE = ("az", "abfs", "abfss")
_OBJECT_STORES = {
    **dict.fromkeys(("s3", "s3a"), "bball-tag[s3]"),
    **dict.fromkeys(("gs", "gcs"), "gcsfs"),
    **dict.fromkeys(AZURE, "adlfs"),
    "memory": "fsspec",
}
"""Kinds of storage without folders, where an object appears when all of it is there, and what to install for
each."""
_DRIVES = {"sftp": "paramiko", "ssh": "paramiko", "smb": "smbprotocol", "hdfs": "pyarrow"}
"""Kinds with folders, likewise. Pages and other addresses of the web are not storage, and are not opened."""
_TIMES = ("LastModified", "mtime", "updated", "last_modified", "created")
"""What kinds of storage call the time of the last change."""


def located(text: str | Path) -> Path:
    """Return what a user typed as a path: an `Address` if it is one; `file:///games/a.mp4` is a local file.

    Raises:
        StorageError: A library for such addresses is missing, or it names no file.
    """
    if isinstance(text, Path):
        return text
    if (match := _ADDRESS.match(text)) is None:
        return Path(text)
    scheme, rest = match[1].lower(), text[match.end() :]
    if scheme in ("file", "local"):
        # With it comes all of HTTP.
        from urllib.request import url2pathname

        return Path(url2pathname(urlsplit(f"file://{rest}").path))
    if scheme not in (*_OBJECT_STORES, *_DRIVES):
        return Path(text)
    if "//" in rest or not rest.strip("/"):
        raise StorageError(f"Cannot read the address {text}: write {scheme}://bucket/folder/name.")
    address = Address(f"{scheme}://{rest}")
    address.check_known()
    return address


def within(folder: Path, text: str) -> Path:
    """Return the path that our own files store as `text`, seen from `folder`."""
    if _ADDRESS.match(text):
        return located(text)
    # A file of this computer has no place below an address.
    return Path(text) if Path(text).is_absolute() else folder / text


class Address(_Native):
    """A file or folder of shared storage.

    It is a `Path`, as those who are given one need not know where it lies: `name`, `parent`, `/`, `open`,
    `stat`, `exists`, `iterdir` and the like work. Libraries that open a file by its name need `local_file`;
    files are written with `bball_tag.files.replacing`.
    """

    __slots__ = ()

    def __str__(self) -> str:
        return f"{self.parts[0]}//{'/'.join(self.parts[1:])}"

    @property
    def scheme(self) -> str:
        """The kind of storage, as `s3`."""
        return self.parts[0].removesuffix(":")

    @property
    def is_in_object_store(self) -> bool:
        """Whether the storage has no folders, and shows an object once all of it is there."""
        return self.scheme in _OBJECT_STORES

    @property
    def bucket(self) -> Address:
        """What lies at the top: a bucket, or a host."""
        return Address(*self.parts[:2])

    def check_known(self) -> None:
        """Do nothing if there is a library for such addresses.

        Raises:
            StorageError: There is none.
        """
        from fsspec import get_filesystem_class

        try:
            get_filesystem_class(self.scheme)
        except ImportError as error:
            package = (_OBJECT_STORES | _DRIVES)[self.scheme]
            raise StorageError(
                f"Cannot use {self}: a library for {self.scheme}:// is missing. Try: pip install '{package}'"
            ) from error

    def storage(self) -> tuple[AbstractFileSystem, str]:
        """Return the storage, and what the file is called there."""
        from fsspec.core import url_to_fs

        # What others have written since must be seen: nothing is remembered of what lies there.
        storage, place = url_to_fs(str(self), use_listings_cache=False)
        return storage, place

    @contextmanager
    def told(self) -> Iterator[tuple[AbstractFileSystem, str]]:
        """Yield `storage()`, and make an `OSError` of what its library raises."""
        with os_errors(self):
            yield self.storage()

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        """Return size, time of the last change where that is known, and whether it is a folder."""
        with self.told() as (storage, place):
            return _status(storage.info(place))

    def exists(self, *, follow_symlinks: bool = True) -> bool:
        """Say whether there is such a file or folder."""
        return self._mode() is not None

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        """Say whether there is such a file."""
        mode = self._mode()
        return mode is not None and stat.S_ISREG(mode)

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        """Say whether there is such a folder: in an object store, whether anything lies in it."""
        mode = self._mode()
        return mode is not None and stat.S_ISDIR(mode)

    def open(  # type: ignore[override]
        self,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> IO[Any]:
        """Open the file to read it; what is fetched are pieces around the places that are read."""
        if mode not in ("r", "rt", "rb"):
            raise io.UnsupportedOperation(f"{self} is written with `replacing`, not opened as {mode!r}")
        with self.told() as (storage, place):
            file = storage.open(place, "rb", cache_type="none")
        binary = io.BufferedReader(RemoteFile(file, self), FIRST)
        return binary if mode == "rb" else io.TextIOWrapper(binary, encoding, errors, newline)

    def scan(self) -> dict[Path, os.stat_result]:
        """Return what lies in the folder, with what `stat` says of it: the storage is asked once."""
        with self.told() as (storage, place):
            found = {info["name"].rstrip("/"): info for info in storage.ls(place, detail=True)}
        # An object store may have an object of the folder's own name.
        found.pop(place.rstrip("/"), None)
        return {self / name.rpartition("/")[2]: _status(found[name]) for name in sorted(found)}

    def iterdir(self) -> Iterator[Path]:  # type: ignore[override]
        """Yield what lies in the folder."""
        yield from self.scan()

    def glob(self, pattern: str) -> Iterator[Address]:  # type: ignore[override]
        """Yield the files and folders below that fit `pattern`."""
        with self.told() as (storage, place):
            top = place.rstrip("/")
            found = sorted(storage.glob(f"{top}/{pattern}"))
        # Names of some kinds of storage lack the machine that they are on.
        yield from (self / name[len(top) :].lstrip("/") for name in found)

    def mkdir(self, mode: int = 0o777, parents: bool = False, exist_ok: bool = False) -> None:
        """Make the folder, where the storage has folders."""
        if not self.is_in_object_store:
            with self.told() as (storage, place):
                storage.makedirs(place, exist_ok=exist_ok)

    def unlink(self, missing_ok: bool = False) -> None:
        """Remove the file."""
        try:
            with self.told() as (storage, place):
                storage.rm_file(place)
        except FileNotFoundError:
            if not missing_ok:
                raise

    def resolve(self, strict: bool = False) -> Address:
        """Return the address, which is absolute."""
        return self

    def absolute(self) -> Address:
        """Return the address, which is absolute."""
        return self

    def is_absolute(self) -> bool:
        """Say that it is absolute."""
        return True

    def samefile(self, other_path: str | os.PathLike[str]) -> bool:
        """Say whether it is the same address."""
        return str(self) == str(other_path)

    def as_uri(self) -> str:
        """Return the address as text."""
        return str(self)

    def _mode(self) -> int | None:
        try:
            return self.stat().st_mode
        except FileNotFoundError:
            return None


def _status(info: Mapping[str, Any]) -> os.stat_result:
    """Return what a storage says of a file as Python says it of files here."""
    kind = stat.S_IFDIR if info["type"] == "directory" else stat.S_IFREG
    changed = next((_seconds(info[name]) for name in _TIMES if info.get(name)), 0.0)
    size, whole = int(info.get("size") or 0), int(changed)
    fields = (kind | 0o644, 0, 0, 1, 0, 0, size, whole, whole, whole)
    return os.stat_result((*fields,), {"st_mtime": changed, "st_mtime_ns": int(changed * 1e9)})


def _seconds(time: Any) -> float:
    """Return a time as seconds since 1970; 0 where it is written in no known way."""
    if isinstance(time, str):
        try:
            time = datetime.fromisoformat(time)
        except ValueError:
            return 0.0
    return time.timestamp() if isinstance(time, datetime) else float(time)
