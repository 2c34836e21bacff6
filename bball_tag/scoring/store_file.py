"""Reading and writing the SQLite file of a score store: errors in sentences, and which run was used last."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from bball_tag.errors import ScoresError
from bball_tag.storage import lent_file

LAST_RUN = "SELECT id FROM runs WHERE used > 0 ORDER BY used DESC LIMIT 1"
"""The run that used a store last."""
STATE = "next_chunk, complete, end_s, damaged_packets, recomputed_batches, computed_by"
"""How far a run has come: the columns of its `RunState`."""


@contextmanager
def translated(path: Path | None) -> Iterator[None]:
    """Turn what is wrong with the file `path` into a sentence."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise ScoresError(
            f"Cannot use the scores in {path}: {error}. Is another run at work on the same output, "
            "the disk full, or the folder not writable?"
        ) from error
    except sqlite3.DatabaseError as error:
        raise ScoresError(
            f"Cannot use {path}: {error}. "
            "It is not a score store, or it is damaged: move it away and try again."
        ) from error


def rows_of_last_run(path: Path, query: str) -> list[Any]:
    """Run a query about the run that used a store last; nothing where there is no such store."""
    if not path.is_file():
        return []
    try:
        with opened(path) as file:
            return file.execute(query % LAST_RUN).fetchall()
    except UnicodeDecodeError:
        # SQLite's own message quotes what is damaged.
        return []
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorname not in ("SQLITE_NOTADB", "SQLITE_ERROR", "SQLITE_CORRUPT"):
            with translated(path):
                raise
        # Another kind of file, another version or a damaged one: opening it to write says so in a sentence.
        return []


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a store to read it only."""
    with lent_file(path) as here:
        uri = f"{here.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=20)) as file:
            file.text_factory = as_text
            yield file


def as_text(raw: bytes) -> str:
    """Return text that may be damaged."""
    return raw.decode("utf-8", "replace")
