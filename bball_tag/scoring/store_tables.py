"""The tables of a score store, made together with its version or not at all."""

from __future__ import annotations

import sqlite3

from bball_tag.errors import ScoresError
from bball_tag.scoring import feature_store

_VERSION = 3
_TABLES = """
CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE,
    settings TEXT NOT NULL DEFAULT '{}',
    used INTEGER NOT NULL DEFAULT 0,
    next_chunk INTEGER NOT NULL DEFAULT 0,
    complete INTEGER NOT NULL DEFAULT 0,
    end_s REAL NOT NULL DEFAULT 0,
    damaged_packets INTEGER NOT NULL DEFAULT 0,
    recomputed_batches INTEGER NOT NULL DEFAULT 0,
    computed_by TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS clips (
    run INTEGER NOT NULL REFERENCES runs (id),
    subject TEXT NOT NULL,
    start INTEGER NOT NULL,
    stop INTEGER NOT NULL,
    probabilities BLOB NOT NULL,
    PRIMARY KEY (run, subject, start)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS seen (
    run INTEGER NOT NULL REFERENCES runs (id),
    chunk INTEGER NOT NULL,
    observations BLOB NOT NULL,
    PRIMARY KEY (run, chunk)
);
CREATE TABLE IF NOT EXISTS sums (
    run INTEGER PRIMARY KEY REFERENCES runs (id),
    sum INTEGER NOT NULL,
    state TEXT NOT NULL
);
"""
"""`sums` has the checksum of all that is stored of a run: see `store_health.py`."""


def prepare(file: sqlite3.Connection, path: object) -> None:
    """Make what a file lacks of a score store.

    Raises:
        ScoresError: It is something else, or of another version.
    """
    (version,) = file.execute("PRAGMA user_version").fetchone()
    (tables,) = file.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if version not in (0, _VERSION) or (version == 0 and tables and not _is_unfinished(file)):
        raise ScoresError(
            f"Cannot use {path}: it is not a score store of this version. Move it away and run again."
        )
    # A write-ahead log: a kill loses at most the last transaction and never the file.
    file.execute("PRAGMA journal_mode = WAL")
    file.execute("PRAGMA synchronous = NORMAL")
    # Stores of this version that were made before a table or column was get it now.
    with file:
        file.execute("BEGIN IMMEDIATE")
        for statement in (_TABLES + feature_store.TABLES).split(";"):
            if "CREATE" in statement:
                file.execute(statement)
        for table, column in feature_store.missing_columns(file):
            file.execute(f"ALTER TABLE {table} ADD COLUMN {column} INTEGER")
        file.execute(f"PRAGMA user_version = {_VERSION}")


def _is_unfinished(file: sqlite3.Connection) -> bool:
    """Say whether a full disk stopped an earlier version while it made the tables."""
    names = {row[0] for row in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    columns = {row[1] for row in file.execute("PRAGMA table_info(runs)")}
    runs = 0 if "runs" not in names else file.execute("SELECT count(*) FROM runs").fetchone()[0]
    return (
        names <= {"runs", "clips", "seen", "feature_sets", "features"}
        and columns >= {"settings"}
        and not runs
    )
