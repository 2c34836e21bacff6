"""Find the videos that arrive in a folder, by looking again and again: network drives tell nobody."""

from __future__ import annotations

import logging
import os
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bball_tag.errors import BballTagError
from bball_tag.files import why
from bball_tag.storage import Address
from bball_tag.video.video import VIDEO_SUFFIXES

log = logging.getLogger("bball_tag")
EVERY_S = 5.0
"""Seconds between two looks."""
REST_S = 20.0
"""Seconds for which size and time of a file must stay the same, before it counts as complete."""
_State = tuple[int, int]
"""Size of a file, and the time of its last change in nanoseconds."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """Videos that are complete."""

    videos: list[Path]
    """In the order in which they came."""
    refused: dict[Path, str]
    """Those whose outputs would be those of another one, and why they are not taken."""


def arrivals(folder: Path) -> Iterator[Arrived]:
    """Yield the videos of a folder that are new and complete; never end.

    One that has changed since it was yielded is yielded again. Subfolders and hidden files are not looked at.

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
        if new:
            refused = found.namesakes(new)
            yield Arrived([video for video in new if video not in refused], refused)
        # Also after a long job: who copies into the folder meanwhile is not waited for any longer.
        time.sleep(EVERY_S)


class _Arrivals:
    """What is known of the videos of a folder."""

    def __init__(self) -> None:
        self._since: dict[Path, tuple[_State, float]] = {}
        """The state of each, and when it was first seen in it."""
        self._yielded: dict[Path, _State] = {}

    def complete(self, folder: Path, now: float) -> list[Path]:
        """Return the videos that are at rest, and were not returned in their present state."""
        states = _states(folder)
        for path, state in states.items():
            if self._since.get(path, (None, 0.0))[0] != state:
                self._since[path] = state, now
        self._since = {path: since for path, since in self._since.items() if path in states}
        new = [
            path
            for path, (state, since) in sorted(self._since.items(), key=lambda known: (known[1][1], known[0]))
            if now - since >= REST_S and self._yielded.get(path) != state and _can_be_read(path)
        ]
        self._yielded |= {path: states[path] for path in new}
        return new

    def namesakes(self, videos: Iterable[Path]) -> dict[Path, str]:
        """Return those of some videos whose outputs would be those of another one in the folder, and why."""
        first: dict[str, Path] = {}
        for path in sorted(self._since):
            first.setdefault(path.stem, path)
        return {
            video: f"{first[video.stem].name} has the same name but for its ending, so that the events "
            "of both would go into one file. Rename one of them."
            for video in videos
            if first.get(video.stem, video) != video
        }


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


def _can_be_read(path: Path) -> bool:
    """Say whether a file can be opened: under Windows, one that is being copied cannot."""
    try:
        with path.open("rb"):
            return True
    except OSError:
        return False
