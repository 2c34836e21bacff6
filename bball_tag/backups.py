"""What a person edited is not lost: before it is replaced, a copy is put beside it."""

from __future__ import annotations

import hashlib
import itertools
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bball_tag.files import replacing
from bball_tag.storage import lent_file

log = logging.getLogger("bball_tag")
_MOST_BYTES = 1 << 20
"""Of the list of what was written: some thirty thousand files."""


@contextmanager
def replacing_edited(path: Path, then: str = "") -> Iterator[Path]:
    """Yield a draft path as `replacing` does; a file at `path` that a person edited is kept as a backup.

    Whatever is not known to be as this user's bball-tag wrote it counts as edited, unless the new file is the
    same to the byte.

    Args:
        path: What is written.
        then: A sentence to add where a backup is made.

    Raises:
        BballTagError: The system refuses to write; then nothing is replaced.
    """
    with replacing(path) as draft:
        yield draft
        if (backup := _backup(path, draft)) is not None:
            log.warning(
                "%s was edited, or not written by you with bball-tag: its old content is now in %s.%s",
                path,
                backup.name,
                f" {then}" if then else "",
            )
    _note(_digest(path))


def _backup(path: Path, draft: Path) -> Path | None:
    """Copy `path` to a name that is free; return it, or None where nothing is lost by replacing `path`."""
    if not path.exists():
        return None
    content = _digest(path)
    if content in _written() or content == _digest(draft):
        return None
    for number in itertools.count(1):
        backup = path.with_name(f"{path.stem}.backup{f'-{number}' if number > 1 else ''}{path.suffix}")
        if not backup.exists():
            with replacing(backup) as copy, lent_file(path) as here:
                shutil.copy2(here, copy)
            return backup
        if _digest(backup) == content:
            return backup
    return None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]


def _list() -> Path:
    """Return where this user's list lies of what was written: a line for each file, made of its content."""
    import platformdirs

    return platformdirs.user_state_path("bball-tag", appauthor=False) / "written.txt"


def _written() -> set[str]:
    with suppress(OSError, RuntimeError):
        return set(_list().read_text(encoding="ascii", errors="replace").split())
    return set()


def _note(content: str) -> None:
    """Add to the list; where that is not possible, the file counts as edited later, and nothing is lost."""
    with suppress(OSError, RuntimeError):
        path = _list()
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > _MOST_BYTES:
            lines = path.read_text(encoding="ascii", errors="replace").split()
            path.write_text("".join(f"{line}\n" for line in lines[len(lines) // 2 :]), encoding="ascii")
        with path.open("a", encoding="ascii") as file:
            file.write(f"{content}\n")
