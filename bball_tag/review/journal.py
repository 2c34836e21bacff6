"""The journal of a review: every edit is a line on disk before the page hears of it.

The first line says what was reviewed, with the events as they were; each further line is one step. A file
that ends within a line, as after a power cut, loses that line alone: the page never heard that it was kept.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bball_tag.checks import NONE
from bball_tag.errors import BballTagError
from bball_tag.faults import FormError
from bball_tag.files import fitting_name, replacing, why
from bball_tag.json_files import as_list, as_object, as_text, as_whole, field, parse_json
from bball_tag.review.carried import item_as_json, item_from_json
from bball_tag.review.state import Item

KIND, VERSION = "bball-tag review", 1
_ENDING = ".review.jsonl"
_LOCK = ".lock"


def journal_beside(actions: Path) -> Path:
    """Return where the judgements of a file of events are kept."""
    return actions.with_name(fitting_name(actions.name, _ENDING))


@dataclass(frozen=True, slots=True)
class Begin:
    """The first line: what is reviewed."""

    actions: str
    """Hash of the table as it was when it was read; empty where the events came from scores."""
    video: str
    """Content id of the video."""
    items: tuple[Item, ...]
    """The events before anybody judged them."""
    roster: str = NONE
    """The corrections of the players with which the events were made, as seen from the journal's folder."""

    def as_json(self) -> dict[str, Any]:
        """Return what stands in the line."""
        items = [item_as_json(item) for item in self.items]
        return {
            "kind": KIND,
            "version": VERSION,
            "actions": self.actions,
            "video": self.video,
            "roster": self.roster,
            "items": items,
        }

    def is_about(self, other: Begin) -> bool:
        """Say whether both are about the same events of the same video."""
        return (self.actions, self.video) == (other.actions, other.video)

    @classmethod
    def from_json(cls, value: object) -> Begin:
        """Return what `as_json` gave.

        Raises:
            FormError: It is another kind of line, or of another version.
        """
        known = as_object(value)
        if known.get("kind") != KIND:
            raise FormError("it is not a journal of a review")
        if as_whole(field(known, "version")) != VERSION:
            raise FormError("another version of bball-tag wrote it")
        items = tuple(map(item_from_json, as_list(field(known, "items"))))
        actions, video, roster = (as_text(field(known, name)) for name in ("actions", "video", "roster"))
        return cls(actions, video, items, roster)


@dataclass(frozen=True, slots=True)
class Step:
    """A further line: the edits of one request."""

    edits: Sequence[object]
    key: str
    """What the page called the request: one that is sent twice is made once."""
    by: str
    at: str

    def as_json(self) -> dict[str, Any]:
        """Return what stands in the line."""
        return {"edits": list(self.edits), "key": self.key, "by": self.by, "at": self.at}

    @classmethod
    def from_json(cls, value: object) -> Step:
        """Return what `as_json` gave.

        Raises:
            FormError: A field is invalid.
        """
        known = as_object(value)
        texts = (as_text(field(known, name)) for name in ("key", "by", "at"))
        return cls(as_list(field(known, "edits")), *texts)


class NotKeptError(BballTagError):
    """Judgements cannot be kept."""


class Unkept:
    """A journal that is only looked at, as where its folder cannot be written into."""

    is_untouched = True

    def __init__(self, path: Path, begin: Begin, steps: Sequence[Step]) -> None:
        self.path, self.begin, self.steps = path, begin, tuple(steps)
        self.why_not = (
            f"You can look, and change nothing: judgements would be kept in {path.parent}, which cannot be "
            "written into. Copy the video and its files to a folder of your own to judge them."
        )

    def append(self, step: Step) -> None:
        """Refuse a step.

        Raises:
            NotKeptError: Always.
        """
        raise NotKeptError(self.why_not)


class Journal:
    """A journal that is open for one review alone."""

    why_not = None
    """Why nothing can be kept in it; None, as it can."""

    def __init__(self, path: Path, begin: Begin, steps: Sequence[Step], size: int) -> None:
        self.path = path
        self.begin = begin
        self.steps = tuple(steps)
        """What stood in it when it was opened."""
        self._size = size
        self._id = _file_id(path)

    @property
    def is_untouched(self) -> bool:
        """Whether the file is as this review left it."""
        try:
            return _file_id(self.path) == self._id and self.path.stat().st_size == self._size
        except OSError:
            return False

    def append(self, step: Step) -> None:
        """Write a step, and return when it is on disk.

        Raises:
            BballTagError: It cannot be written; then the file is as before.
        """
        line = _line(step.as_json())
        try:
            with self.path.open("r+b") as file:
                file.seek(self._size)
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            # Closing it tries once more to write what is left, so that it can only be cut afterwards.
            with suppress(OSError):
                os.truncate(self.path, self._size)
            raise BballTagError(
                f"Cannot write {self.path}: {why(error)}. The last edit is not kept."
            ) from error
        self._size += len(line)


def open_journal(path: Path, *, mends: bool = False) -> Journal | None:
    """Read a journal up to the last line that was finished; None if there is no such file.

    Args:
        path: The file.
        mends: Whether a line that was not finished is cut off: for who is alone with it.

    Raises:
        BballTagError: It cannot be read, or is none.
    """
    if not path.exists():
        return None
    try:
        raw = path.read_bytes()
        whole = raw[: raw.rfind(b"\n") + 1]
        first, *rest = _values(whole)
        journal = Journal(path, Begin.from_json(first), [Step.from_json(one) for one in rest], len(whole))
        if mends and len(whole) < len(raw):
            os.truncate(path, len(whole))
    except (OSError, FormError, ValueError) as error:
        raise BballTagError(
            f"Cannot read the judgements in {path}: {why(error)}. Move the file away to begin anew."
        ) from error
    return journal


def begin_journal(path: Path, begin: Begin) -> Journal:
    """Write the first line of a new journal; the file appears whole or not at all.

    Raises:
        BballTagError: It cannot be written.
    """
    line = _line(begin.as_json())
    with replacing(path) as draft, draft.open("wb") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
    _keep_name(path.parent)
    return Journal(path, begin, (), len(line))


def set_aside(path: Path) -> Path:
    """Rename a journal to a name that is free, and return that."""
    for number in range(1, 10_000):
        other = path.with_name(fitting_name(path.name.removesuffix(_ENDING), f".review-{number}.jsonl"))
        if not other.exists():
            path.rename(other)
            return other
    raise BballTagError(f"There are thousands of old journals beside {path}: move some away.")


def can_keep(journal: Path) -> bool:
    """Say whether a journal can be written."""
    return os.access(journal.parent, os.W_OK) and (not journal.exists() or os.access(journal, os.W_OK))


@contextmanager
def alone(journal: Path) -> Iterator[None]:
    """Keep others from the same review while the block runs.

    Raises:
        BballTagError: It is open in another window, or its folder cannot be written into.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(journal.with_name(fitting_name(f".{journal.name}", _LOCK)), timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise BballTagError(
            f"This review is open already: another bball-tag review is at work on {journal.name}. Continue "
            "in its window, or end it with Ctrl-C."
        ) from error
    except OSError as error:
        raise BballTagError(f"Cannot keep judgements in {journal.parent}: {why(error)}.") from error
    try:
        yield
    finally:
        lock.release()


def _line(value: Mapping[str, Any]) -> bytes:
    # ASCII alone: no line break of another script stands in a line.
    return json.dumps(value, separators=(",", ":")).encode("ascii") + b"\n"


def _values(whole: bytes) -> list[Any]:
    if not whole:
        raise FormError("it is empty")
    values = []
    for number, line in enumerate(whole.splitlines(), start=1):
        try:
            values.append(parse_json(line.decode("ascii")))
        except (FormError, UnicodeDecodeError) as error:
            raise FormError(f"line {number} is damaged") from error
    return values


def _file_id(path: Path) -> tuple[int, int]:
    known = path.stat()
    return known.st_dev, known.st_ino


def _keep_name(folder: Path) -> None:
    """Have the name of a new file on disk too; Windows does this by itself."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
