"""Copies of what is read for a while of an address, as a table or scores: they do not pile up here."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, RLock

from bball_tag.errors import StorageError
from bball_tag.storage.address import Address
from bball_tag.storage.copies import fetch, present_state

_MOST = 2
"""Copies that are kept though nobody reads them: a command reads one file several times in a row."""


@dataclass(eq=False)
class _Copy:
    """A copy in a folder of its own."""

    file: Path
    state: list[int]
    """That of the address when it was fetched."""
    readers: int = 0
    """Those who wait for it too."""
    fetching: Lock = field(default_factory=Lock)


class _Shelf:
    """The copies of this process, in a temporary folder that goes with it."""

    def __init__(self) -> None:
        # Of what is known here. Nobody holds it while something is fetched, which may take minutes. Python
        # may end a `HeldFile` in a thread that has it.
        self._lock = RLock()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._copies: dict[str, list[_Copy]] = {}
        """By address, the latest used last."""

    def take(self, address: Address) -> _Copy:
        """Return a copy of an address as it is now, which stays until it is given back."""
        state = present_state(address)
        copy = self._place(address, state)
        with ExitStack() as unless_it_is_there:
            unless_it_is_there.callback(self.give_back, copy)
            with copy.fetching:
                if not copy.file.exists():
                    fetch(address, copy.file, state)
            unless_it_is_there.pop_all()
        return copy

    def _place(self, address: Address, state: list[int]) -> _Copy:
        """Return the copy of an address in a state, which may have to be fetched, for one reader more."""
        with self._lock:
            known = self._copies.pop(str(address), [])
            self._copies[str(address)] = known
            copy = next((one for one in known if one.state == state), None)
            if copy is None:
                if self._folder is None:
                    # Windows removes nothing that is open.
                    self._folder = tempfile.TemporaryDirectory(
                        prefix="bball-tag-", ignore_cleanup_errors=True
                    )
                copy = _Copy(Path(tempfile.mkdtemp(dir=self._folder.name)) / address.name, state)
                known.append(copy)
            copy.readers += 1
            return copy

    def give_back(self, copy: _Copy) -> None:
        """Let go of a copy, and remove those that are too many."""
        with self._lock:
            copy.readers -= 1
            idle = [one for known in self._copies.values() for one in known if not one.readers]
            # One that could not be fetched is none.
            kept = [one for one in idle if one.file.exists()][-_MOST:]
            too_many = [one for one in idle if one not in kept]
            for one in too_many:
                shutil.rmtree(one.file.parent, ignore_errors=True)
            stay = {
                address: [one for one in known if one not in too_many]
                for address, known in self._copies.items()
            }
            self._copies = {address: known for address, known in stay.items() if known}

    def clear(self) -> None:
        """Remove all copies, whoever reads them."""
        with self._lock:
            self._copies.clear()
            if self._folder is not None:
                self._folder.cleanup()
                self._folder = None


_shelf = _Shelf()


def remove_lent() -> None:
    """Remove the copies at once, where the process ends without what Python does at its end."""
    _shelf.clear()


@contextmanager
def lent_file(path: Path) -> Iterator[Path]:
    """Yield a file of this computer with what is at `path`: itself, or a copy, which is removed later.

    Raises:
        StorageError: It cannot be fetched.
    """
    if not isinstance(path, Address):
        yield path
        return
    try:
        copy = _shelf.take(path)
    except OSError as error:
        raise StorageError(f"Cannot fetch {path}: {error.strerror or error}.") from error
    try:
        yield copy.file
    finally:
        _shelf.give_back(copy)


class HeldFile:
    """A file that is read many times: its copy, if it is one of an address, stays as long as this object."""

    def __init__(self, path: Path) -> None:
        """Hold the file at `path`.

        Raises:
            StorageError: It cannot be fetched.
        """
        self.path = path
        held = ExitStack()
        held.enter_context(lent_file(path))
        weakref.finalize(self, held.close)
