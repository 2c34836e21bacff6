"""Is a score store whole? What is damaged is made anew, with a word: it must never give other events."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from bball_tag.files import fitting_name
from bball_tag.scoring import feature_store
from bball_tag.scoring.run_sums import CLIPS, MODULUS, row_sum, stored_sum

log = logging.getLogger("bball_tag")
_MAGIC = b"SQLite format 3\0"
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
_STATE = "(SELECT next_chunk || ' ' || complete || ' ' || end_s FROM runs WHERE id = ?)"


def set_aside_if_damaged(path: Path | None) -> None:
    """Rename a file that was a score store and is damaged, so that a new one can be made in its place."""
    if path is None or not _is_damaged(path):
        return
    aside = path.with_name(fitting_name(path.name, ".damaged"))
    path.replace(aside)
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    log.warning(
        "The scores in %s are damaged. They are computed again; the file is now %s.", path, aside.name
    )


def mend_run(file: sqlite3.Connection, run: int, path: Path | None) -> None:
    """Empty a run whose clips or observations are not those that were stored."""
    row = file.execute(f"SELECT sum, state = {_STATE} FROM sums WHERE run = ?", (run, run)).fetchone()
    if row is not None and row != (stored_sum(file, run), 1):
        log.warning("Some of the scores in %s are damaged. They are computed again.", path)
        feature_store.empty_run(file, run)
        feature_store.drop_features(file, run)
        row = None
    if row is None:
        sign_run(file, run)


def sign_run(file: sqlite3.Connection, run: int) -> None:
    """Store the checksum of all that is stored of a run, and how far it has come."""
    sums = run, stored_sum(file, run), run
    file.execute(f"INSERT OR REPLACE INTO sums VALUES (?, ?, {_STATE})", sums)


def sign_state(file: sqlite3.Connection, run: int) -> None:
    """Store how far a run has come."""
    file.execute(f"UPDATE sums SET state = {_STATE} WHERE run = ?", (run, run))


def add_to_sum(file: sqlite3.Connection, run: int, rows: Iterable[tuple[object, ...]]) -> None:
    """Add what is about to be stored of a run to its checksum; what it replaces is taken out."""
    change = 0
    for row in rows:
        change += row_sum(row)
        if len(row) == 2:
            before = file.execute(
                "SELECT chunk, observations FROM seen WHERE run = ? AND chunk = ?", (run, row[0])
            )
        else:
            before = file.execute(f"{CLIPS} AND subject = ? AND start = ?", (run, *row[:2]))
        change -= sum(map(row_sum, before))
    file.execute("UPDATE sums SET sum = (sum + ?) % ? WHERE run = ?", (change % MODULUS, MODULUS, run))


def _is_damaged(path: Path) -> bool:
    """Say whether a file begins like a store and cannot be read as one."""
    try:
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                return False
        with closing(sqlite3.connect(path, timeout=20)) as opened:
            return bool(opened.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok")
    except FileNotFoundError:
        return False
    except UnicodeDecodeError:
        # SQLite's own message quotes what is damaged.
        return True
    except sqlite3.DatabaseError as error:
        return error.sqlite_errorname.startswith(_DAMAGED)
    except OSError:
        # Opening it says why.
        return False
