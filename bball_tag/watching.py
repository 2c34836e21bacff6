"""Find the videos that arrive in a folder, by looking again and again: network drives tell nobody."""

from __future__ import annotations

import logging
import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

from bball_tag.errors import BballTagError
from bball_tag.files import why
from bball_tag.storage import Address
from bball_tag.video.video import VIDEO_SUFFIXES

log = logging.getLogger("bball_tag")
EVERY_S = 5.0
"""Seconds between two looks."""
REST_S = 20.0
"""Seconds for which size and time of a file must stay the same, before it counts as complete."""
_MOST_AHEAD = 100
"""Looks at which something had come that nobody has asked for yet."""
_State = tuple[int, int]
"""Size of a file, and the time of its last change in nanoseconds."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """Videos that are complete."""

    videos: list[Path]
    """In the order in which they came."""
    refused: dict[Path, str]
    """Why others are not taken: they cannot be opened, or their outputs would be those of another one."""
    gone: list[Path] = field(default_factory=list)
    """Those that were refused, and are not there any more."""


class Watch:
    """Watches a folder in a thread: who is busy with one game hears of the next in time."""

    def __init__(self, folder: Path) -> None:
        """Begin; see `arrivals`."""
        self._found: Queue[Arrived | BaseException] = Queue(_MOST_AHEAD)
        Thread(target=self._look, args=(folder,), name=f"watch over {folder}", daemon=True).start()

    def new(self, patience: float) -> Arrived | None:
        """Return what has come and was not returned before; None if nothing comes within `patience` seconds.

        Raises:
            BballTagError: See `arrivals`.
        """
        try:
            found = self._found.get(timeout=patience) if patience else self._found.get_nowait()
        except Empty:
            return None
        if isinstance(found, BaseException):
            raise found
        return found

    def _look(self, folder: Path) -> None:
        try:
            for found in arrivals(folder):
                self._found.put(found)
        except BaseException as error:  # noqa: BLE001 - it is raised where somebody waits
            self._found.put(error)


def arrivals(folder: Path) -> Iterator[Arrived]:
    """Yield the videos of a folder that are new and complete; never end.

    One that has changed since it was yielded is yielded again; one is refused once, and yielded when there is
    no reason any more. Subfolders and hidden files are not looked at.

    Raises:
        BballTagError: There is no such folder at the beginning. One that goes away later may come back.
    """
    # A folder of an object store is there when something lies in it.
    in_objects = isinstance(folder, Address) and folder.is_in_object_store
    if not in_objects and not folder.is_dir():
        raise BballTagError(f"Cannot watch {folder}: there is no such folder.")
    found, is_lost = _Arrivals(), False
    while True:
        try:
            new, is_lost = found.complete(folder, time.monotonic()), False
        except OSError as error:
            if not (is_lost or (in_objects and isinstance(error, FileNotFoundError))):
                log.warning("Cannot look into %s: %s. It is tried again.", folder, why(error))
            new, is_lost = [], True
        come = Arrived(new, *found.refused())
        if come.videos or come.refused or come.gone:
            yield come
        # Also after a long job: who copies into the folder meanwhile is not waited for any longer.
        time.sleep(EVERY_S)


class _Arrivals:
    """What is known of the videos of a folder."""

    def __init__(self) -> None:
        self._since: dict[Path, tuple[_State, float]] = {}
        """The state of each, and when it was first seen in it."""
        self._yielded: dict[Path, _State] = {}
        """Those that were returned, in which state, the latest last."""
        self._refused: dict[Path, tuple[_State, str]] = {}
        """Those at rest that are not taken, in which state, and why."""
        self._told: dict[Path, tuple[_State, str]] = {}
        """What was told of them, and of those that have changed since: until they are taken, or gone."""

    def complete(self, folder: Path, now: float) -> list[Path]:
        """Return the videos that are at rest, and were not returned in their present state."""
        states = _states(folder)
        for path, state in states.items():
            if self._since.get(path, (None, 0.0))[0] != state:
                self._since[path] = state, now
        self._since = {path: since for path, since in self._since.items() if path in states}
        at_rest = [
            path
            for path, (state, since) in sorted(self._since.items(), key=lambda known: (known[1][1], known[0]))
            if now - since >= REST_S and self._yielded.get(path) != state
        ]
        first: dict[str, Path] = {}
        # Who was taken stays the first, whoever comes later: it may be at work.
        for path in [*reversed(self._yielded), *sorted(self._since)]:
            if path in self._since:
                first.setdefault(path.stem, path)
        reasons = {path: _why_not(path, first[path.stem]) for path in at_rest}
        self._refused = {path: (states[path], why) for path, why in reasons.items() if why is not None}
        new = [path for path in at_rest if reasons[path] is None]
        for path in new:
            self._yielded.pop(path, None)
            self._yielded[path] = states[path]
            self._told.pop(path, None)
        return new

    def refused(self) -> tuple[dict[Path, str], list[Path]]:
        """Return why some of those at rest are not taken, each once while that stays the same.

        And those of whom that was told, and who are not there any more.
        """
        fresh = {path: known[1] for path, known in self._refused.items() if self._told.get(path) != known}
        gone = [path for path in self._told if path not in self._since]
        self._told = {path: known for path, known in self._told.items() if path not in gone} | self._refused
        return fresh, gone


def _is_video(path: Path) -> bool:
    return path.suffix.lower() in VIDEO_SUFFIXES and not path.name.startswith(".")


def _states(folder: Path) -> dict[Path, _State]:
    """Return of each video of a folder what changes while it is copied."""
    known: dict[Path, os.stat_result] = {}
    if isinstance(folder, Address):
        known = folder.scan()
    else:
        for path in filter(_is_video, folder.iterdir()):
            # It may be gone again.
            with suppress(OSError):
                known[path] = path.stat()
    return {
        path: (status.st_size, status.st_mtime_ns)
        for path, status in known.items()
        if _is_video(path) and stat.S_ISREG(status.st_mode) and status.st_size
    }


def _why_not(path: Path, first: Path) -> str | None:
    """Return why a video is not taken, given the `first` of those whose outputs would have its name."""
    if first != path:
        return (
            f"{first.name} has the same name as {path} but for its ending, so that the events of both would "
            "go into one file. Rename one of them."
        )
    reason = _why_closed(path)
    return None if reason is None else f"Cannot read {path}: {reason}. It is tried again."


def _why_closed(path: Path) -> str | None:
    """Return why a file cannot be opened, as under Windows one that is being copied; None if it can."""
    if isinstance(path, Address):
        # Nobody holds it, and asking about many would take long.
        return None
    try:
        with path.open("rb"):
            return None
    except OSError as error:
        return why(error)
