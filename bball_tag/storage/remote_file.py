"""A file of shared storage that is opened to be read."""

from __future__ import annotations

import errno
import io
import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

FIRST = 1 << 17
"""Bytes that are fetched after a jump. FFmpeg jumps some twenty times to find a place in a file without an
index, and from fragment to fragment in others."""
MOST = 1 << 22
"""Bytes that are fetched at once where a file is read on and on: asking takes as long as some megabytes."""
_KEPT = 8
"""Pieces that are kept, as sound and frames of a moment may lie apart."""


@contextmanager
def os_errors(address: object) -> Iterator[None]:
    """Make an `OSError` of whatever the library of a storage raises: each has errors of its own."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise OSError(errno.EIO, why, str(address)) from error


class RemoteFile(io.RawIOBase):
    """An opened file, of which pieces are fetched: a small one after a jump, larger and larger ones then."""

    def __init__(self, file: Any, address: object) -> None:
        """Read `file`, which fsspec has opened without a cache of its own; `address` names it in errors."""
        self._file, self._address = file, address
        self._place = 0
        self._pieces: deque[tuple[int, bytes]] = deque(maxlen=_KEPT)
        """Where each begins, and what it holds."""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        start, piece = self._piece()
        part = memoryview(piece)[self._place - start :][: len(buffer)]
        buffer[: len(part)] = part
        self._place += len(part)
        return len(part)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_END:
            with os_errors(self._address):
                self._place = self._file.seek(offset, whence)
        else:
            self._place = offset + (self._place if whence == os.SEEK_CUR else 0)
        return self._place

    def tell(self) -> int:
        return self._place

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()

    def _piece(self) -> tuple[int, bytes]:
        """Return the piece that holds the present place, fetched if there is none; empty at the end."""
        for start, piece in self._pieces:
            if start <= self._place < start + len(piece):
                return start, piece
        before = [len(piece) for start, piece in self._pieces if start + len(piece) == self._place]
        with os_errors(self._address):
            self._file.seek(self._place)
            found = self._place, bytes(self._file.read(min(2 * max(before), MOST) if before else FIRST))
        if found[1]:
            self._pieces.append(found)
        return found
