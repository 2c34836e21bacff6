"""A review that is open: its state, the journal that keeps it, undo, and what changed since when."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bball_tag.errors import BballTagError
from bball_tag.faults import FormError
from bball_tag.json_files import as_object
from bball_tag.review.edit_values import Rules, Stamp
from bball_tag.review.edits import apply
from bball_tag.review.journal import Journal, Step, Unkept
from bball_tag.review.state import Change, State, changed, difference

_MOST_KEYS = 10_000
UNDO, REDO = "undo", "redo"


class StaleError(BballTagError):
    """Another window edited in the meantime."""


class FileChangedError(BballTagError):
    """A file under review was changed by somebody else."""


class Watched:
    """A file that must stay as it is while it is reviewed."""

    def __init__(self, path: Path, digest: Callable[[Path], str]) -> None:
        self.path, self._digest = path, digest
        self.digest = digest(path)
        """What tells whether it is the same."""
        self._seen = self._stat()

    def _stat(self) -> tuple[int, int] | None:
        try:
            known = self.path.stat()
        except OSError:
            return None
        return known.st_size, known.st_mtime_ns

    def is_changed(self) -> bool:
        """Say whether it holds something else than when it was opened, or is gone."""
        now = self._stat()
        if now == self._seen:
            return False
        if now is None or self._digest(self.path) != self.digest:
            return True
        self._seen = now
        return False


def digest_of(path: Path) -> str:
    """Return a hash of all of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class _Done:
    """A step that can be taken back."""

    edits: Sequence[object]
    forward: Change
    backward: Change


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a request led to."""

    revision: int
    since: int
    """The revision that the page knew before."""
    undone: object | None = None
    """The first edit of the step that was taken back or made again."""


class Session:
    """One review. Its methods may be called from several threads."""

    def __init__(self, journal: Journal | Unkept, rules: Rules, watched: Sequence[Watched], by: str) -> None:
        """Go through the journal to where the review was left.

        Raises:
            BballTagError: A line of it makes no sense.
        """
        self.journal, self.rules, self.by = journal, rules, by
        self._watched = watched
        self.lock = threading.RLock()
        """Held while it changes: whoever reads several things of it at once holds it too."""
        self.state = State({item.id: item for item in journal.begin.items})
        self._changes: list[Change] = []
        """What each revision changed, from the first on."""
        self._done: list[_Done] = []
        self._undone: list[_Done] = []
        self._keys: dict[str, Outcome] = {}
        for number, step in enumerate(journal.steps, start=2):
            try:
                self._make(step)
            except FormError as error:
                raise BballTagError(f"Cannot use {journal.path}, line {number}: {error}.") from error

    @property
    def revision(self) -> int:
        """How many steps were made, those taken back too."""
        return len(self._changes)

    @property
    def why_not_kept(self) -> str | None:
        """Why nothing can be edited, in a sentence; None if it can."""
        return self.journal.why_not

    @property
    def steps(self) -> dict[str, bool]:
        """Whether there is a step to be taken back, and one that was and can be made again."""
        return {"can_undo": bool(self._done), "can_redo": bool(self._undone)}

    def edit(self, edits: Sequence[object], revision: int | None = None, key: str = "") -> Outcome:
        """Make the edits of one request, and return when they are on disk.

        Args:
            edits: They are made together or not at all.
            revision: What the page knows; None does not care.
            key: The same key again is answered again, and nothing more is done.

        Raises:
            FormError: An edit makes no sense.
            StaleError: The page does not know the newest revision.
            FileChangedError: A file was changed underneath.
            NotKeptError: The review is only looked at.
            BballTagError: The disk does not take it.
        """
        with self.lock:
            if key and key in self._keys:
                return self._keys[key]
            if (sentence := self.file_changed()) is not None:
                raise FileChangedError(sentence)
            if revision is not None and revision != self.revision:
                raise StaleError("Somebody edited this review in another window. Look at it again.")
            before = self.revision
            step = Step(list(edits), key, self.by, now())
            done = self._planned(step)
            self.journal.append(step)
            return self._take(step, done, before)

    def changes_since(self, revision: int) -> tuple[set[str], bool, bool]:
        """Return what changed: ids of events, whether names, and whether reviewed spans."""
        with self.lock:
            ids: set[str] = set()
            names = spans = False
            for change in self._changes[max(revision, 0) :]:
                ids |= change.items.keys()
                names = names or bool(change.names)
                spans = spans or change.reviewed is not None
            return ids, names, spans

    def file_changed(self) -> str | None:
        """Return a sentence if a file under review is not what it was; None if all is well."""
        if not self.journal.is_untouched:
            return (
                f"{self.journal.path.name} was changed by another program. Nothing more is saved here: end "
                "this review with Ctrl-C and open it again."
            )
        for file in self._watched:
            if file.is_changed():
                return (
                    f"{file.path.name} was changed or moved by another program since it was opened. Nothing "
                    "more is saved here: end this review with Ctrl-C and open it again; no judgement is lost."
                )
        return None

    def _make(self, step: Step) -> None:
        self._take(step, self._planned(step), self.revision)

    def _planned(self, step: Step) -> _Done:
        """Return what a step does, and do nothing yet."""
        if not step.edits:
            raise FormError("there is no edit in it")
        name = as_object(step.edits[0]).get("op")
        if name in (UNDO, REDO):
            if len(step.edits) > 1:
                raise FormError(f"{name} stands alone")
            known = self._done if name == UNDO else self._undone
            if not known:
                raise FormError(f"there is nothing to {name}")
            return known[-1]
        stamp = Stamp(self.revision + 1, step.by, step.at)
        after = self.state
        for edit in step.edits:
            after = apply(after, edit, self.rules, stamp)
        return _Done(step.edits, difference(self.state, after), difference(after, self.state))

    def _take(self, step: Step, done: _Done, before: int) -> Outcome:
        name = as_object(step.edits[0]).get("op")
        change = done.backward if name == UNDO else done.forward
        if name == UNDO:
            self._undone.append(self._done.pop())
        elif name == REDO:
            self._done.append(self._undone.pop())
        else:
            self._done.append(done)
            self._undone.clear()
        self.state = changed(self.state, change)
        self._changes.append(change)
        outcome = Outcome(self.revision, before, done.edits[0] if name in (UNDO, REDO) else None)
        if step.key:
            self._keys[step.key] = outcome
            if len(self._keys) > _MOST_KEYS:
                del self._keys[next(iter(self._keys))]
        return outcome


def now() -> str:
    """Return the time as ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
