"""The checksum of what is stored of a run: of its clips and observations, in whatever order."""

from __future__ import annotations

import sqlite3
import zlib

MODULUS = 1 << 62
"""SQLite has no larger numbers."""
CLIPS = "SELECT subject, start, stop, probabilities FROM clips WHERE run = ?"


def stored_sum(file: sqlite3.Connection, run: int) -> int:
    """Return the checksum of the clips and observations that are stored of a run."""
    clips = file.execute(CLIPS, (run,))
    seen = file.execute("SELECT chunk, observations FROM seen WHERE run = ?", (run,))
    return sum(row_sum(row) for rows in (clips, seen) for row in rows) % MODULUS


def row_sum(row: tuple[object, ...]) -> int:
    """Return the checksum of one row, whose last column is a blob."""
    *facts, blob = row
    # A product spreads the bits, so that two changes do not cancel each other.
    value = zlib.crc32(bytes(blob) if isinstance(blob, bytes) else b"", zlib.crc32(repr(facts).encode()))
    return value * (value + 1)
