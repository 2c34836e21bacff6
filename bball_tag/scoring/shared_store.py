"""Scores that are kept on shared storage: worked on in a copy on this computer, and put back.

SQLite needs a file of this computer. Of two computers that score the same video at the same time, the one
that ends last puts its copy back.
"""

from __future__ import annotations

import logging
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from bball_tag.errors import StorageError
from bball_tag.files import why
from bball_tag.storage import Address, send
from bball_tag.storage.copies import copy_of, fetch, note_state, state_of, state_of_copy

log = logging.getLogger("bball_tag")
PUT_BACK_EVERY_S = 300.0
"""Seconds whose scores may be lost with a computer and its disk,"""
_GROWN = 1.25
"""or those by which the store has grown to this multiple: all of it is sent each time."""


@contextmanager
def working_copy(path: Path | None) -> Iterator[Path | None]:
    """Yield the file in which scores that belong at `path` are kept meanwhile: for a local path, itself.

    The copy of an address is put back every few minutes, and when the block ends, however it ends. One that a
    killed run left here is taken up, unless the address has got other content since.

    Raises:
        StorageError: The storage cannot be reached.
    """
    if not isinstance(path, Address):
        yield path
        return
    try:
        copy = _begun(path)
    except OSError as error:
        raise StorageError(f"Cannot use the scores in {path}: {why(error)}.") from error
    keeper = _Keeper(path, copy)
    keeper.start()
    with ExitStack() as where_it_fails:
        where_it_fails.callback(_ended, keeper)
        yield copy
        where_it_fails.pop_all()
    keeper.end()
    _remove(copy)


def _ended(keeper: _Keeper) -> None:
    """End it where something else failed, which is what the user hears of first."""
    try:
        keeper.end()
    except StorageError as error:
        log.warning("%s", error)


def _begun(address: Address) -> Path:
    """Return the copy to work on; it is fetched if it is not here, or the address has got other content."""
    copy, now = copy_of(address, "scores"), state_of(address)
    copy.parent.mkdir(parents=True, exist_ok=True)
    if not copy.exists() or state_of_copy(copy) != now:
        _remove(copy)
        if now is None:
            note_state(copy, None)
        else:
            fetch(address, copy, now)
    return copy


def _remove(copy: Path) -> None:
    for file in (copy, _log_of(copy), copy.with_name(f"{copy.name}-shm")):
        file.unlink(missing_ok=True)


def _log_of(copy: Path) -> Path:
    """Return the write-ahead log, in which SQLite keeps what is new while a store is open."""
    return copy.with_name(f"{copy.name}-wal")


class _Keeper(threading.Thread):
    """Puts a copy back from time to time."""

    def __init__(self, address: Address, copy: Path) -> None:
        super().__init__(name=f"scores of {address.name}", daemon=True)
        self._address, self._copy = address, copy
        self._over = threading.Event()
        self._sent: object = None
        self._size_sent = 0

    def run(self) -> None:
        while not self._over.wait(PUT_BACK_EVERY_S):
            try:
                if self._size() < _GROWN * self._size_sent:
                    continue
                # Before the snapshot: what is stored meanwhile is sent the next time.
                now = self._state()
                with tempfile.TemporaryDirectory(prefix="bball-tag-") as folder:
                    self._put_back(_snapshot(self._copy, Path(folder)), now)
            except (OSError, sqlite3.Error) as error:
                log.warning("%s It is tried again.", self._lost(str(error)))

    def _size(self) -> int:
        return sum(state[0] for file in (self._copy, _log_of(self._copy)) if (state := state_of(file)))

    def end(self) -> None:
        """End, after what is being sent; send the copy, which nobody has open any more, if it has changed.

        Raises:
            StorageError: It could not be sent.
        """
        self._over.set()
        self.join()
        try:
            self._put_back(self._copy, self._state())
        except OSError as error:
            raise StorageError(
                f"{self._lost(why(error))} They stay in {self._copy}, where the same command here finds them."
            ) from error

    def _lost(self, reason: str) -> str:
        return f"The scores could not be put back to {self._address}: {reason}."

    def _state(self) -> tuple[object, ...]:
        return state_of(self._copy), state_of(_log_of(self._copy))

    def _put_back(self, file: Path, now: tuple[object, ...]) -> None:
        """Send `file`, which has what the copy had in state `now`."""
        if not any(now) or now == self._sent:
            return
        size = self._size()
        send(file, self._address)
        self._size_sent = size
        note_state(self._copy, state_of(self._address))
        self._sent = now


def _snapshot(store: Path, folder: Path) -> Path:
    """Return a copy of a store that somebody writes into, as it is between two chunks."""
    taken = folder / store.name
    with closing(sqlite3.connect(store, timeout=20)) as source, closing(sqlite3.connect(taken)) as target:
        source.backup(target)
    return taken
