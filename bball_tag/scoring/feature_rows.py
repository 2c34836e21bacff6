"""The features of many clips as they lie in the score store: read in blocks or by row, never all at once.

A long game's features fill hundreds of megabytes, and making room for them takes longer than reading them.
Each block is checked against the checksum that it was stored with.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np

from bball_tag.errors import ScoresError
from bball_tag.scoring.run_sums import stored_sum

Reopen = Callable[[], AbstractContextManager[sqlite3.Connection]]
"""Opens a store to read it."""
DAMAGED = (
    "Some of the features in the score store are damaged. Annotate the video again with --features: it is "
    "scored anew."
)
_DAMAGED_SCORES = (
    "Some of the scores in the score store are damaged. Annotate the video again: it is scored anew."
)
_AT_ONCE = 1024
"""Clips that are read at once, or a few more: these stay in the processor's cache."""
_VECTORS = "SELECT chunk, vectors, vectors_sum FROM features WHERE run = ?"


@dataclass(frozen=True, slots=True)
class FeatureRows:
    """The features of the clips of one run."""

    file: Reopen
    """Opens the store."""
    run: int
    chunks: np.ndarray
    """The chunks that have clips, ascending, int64 (C,)."""
    firsts: np.ndarray
    """Where the clips of each chunk begin, all clips counted in the order of the chunks, int64 (C + 1,)."""
    rows: np.ndarray
    """The row of each of these clips, int64 (M,). Where two clips have one row, the later one counts."""
    places: np.ndarray
    """The clip that is in each row: where `rows` has its number, int64 (N,)."""
    size: int
    """Numbers of each clip."""

    def blocks(self, every: int = 1) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield rows (n,) and their features, float16 (n, D), of every chunk, or of one in `every`.

        Raises:
            ScoresError: They are not those that were stored.
        """
        rows: list[np.ndarray] = []
        values: list[np.ndarray] = []
        for index, chunk in self._chunks(every):
            rows.append(self.rows[self.firsts[index] : self.firsts[index + 1]])
            values.append(chunk)
            if sum(map(len, rows)) >= _AT_ONCE:
                yield np.concatenate(rows), np.concatenate(values)
                rows, values = [], []
        if rows:
            yield np.concatenate(rows), np.concatenate(values)

    def _chunks(self, every: int) -> Iterator[tuple[int, np.ndarray]]:
        wanted = list(range(0, len(self.chunks), every))
        numbers = ",".join(map(str, self.chunks[wanted].tolist()))
        only = f" AND chunk IN ({numbers})" if every > 1 else ""
        with self.file() as file:
            stored = file.execute(f"{_VECTORS}{only} ORDER BY chunk", (self.run,))
            for index in wanted:
                yield index, self._checked(index, stored.fetchone())

    def __getitem__(self, wanted: np.ndarray) -> np.ndarray:
        """Return the features of some rows, float16 (n, D).

        Raises:
            ScoresError: They are not those that were stored.
        """
        places = self.places[wanted]
        found = np.empty((len(places), self.size), np.float16)
        at = np.searchsorted(self.firsts, places, side="right") - 1
        order = np.argsort(at, kind="stable")
        with self.file() as file:
            for own in np.split(order, np.flatnonzero(np.diff(at[order])) + 1) if len(order) else []:
                index = int(at[own[0]])
                key = self.run, int(self.chunks[index])
                row = file.execute(f"{_VECTORS} AND chunk = ?", key).fetchone()
                found[own] = self._checked(index, row)[places[own] - self.firsts[index]]
        return found

    def _checked(self, index: int, row: tuple[int, bytes, int | None] | None) -> np.ndarray:
        """Return the features in what is stored of a chunk, (n, D)."""
        chunk, blob, checksum = row or (None, b"", None)
        num_clips = int(self.firsts[index + 1] - self.firsts[index])
        fits = chunk == self.chunks[index] and len(blob) == 2 * num_clips * self.size
        if not fits or checksum not in (None, checksum_of(int(self.chunks[index]), blob)):
            raise ScoresError(DAMAGED)
        return np.frombuffer(blob, "<f2").reshape(num_clips, self.size)


@dataclass(frozen=True, slots=True)
class ScoreRows:
    """The scores of the clips of one run."""

    file: Reopen
    """Opens the store."""
    run: int
    subjects: np.ndarray
    """Subject of each clip, (N,)."""
    starts: np.ndarray
    """First grid index of each clip, (N,)."""
    num_labels: int

    def all(self) -> np.ndarray:
        """Return the scores of all clips, float32 (N, K).

        Raises:
            ScoresError: They are not those that were stored.
        """
        query = "SELECT probabilities FROM clips WHERE run = ? ORDER BY subject, start"
        with self.file() as file:
            expected = file.execute("SELECT sum FROM sums WHERE run = ?", (self.run,)).fetchone()
            if expected is not None and expected[0] != stored_sum(file, self.run):
                raise ScoresError(_DAMAGED_SCORES)
            return self._numbers(file.execute(query, (self.run,)).fetchall(), len(self.starts))

    def __getitem__(self, wanted: np.ndarray) -> np.ndarray:
        """Return the scores of some clips, float32 (n, K).

        Raises:
            ScoresError: They are not those that were stored.
        """
        query = "SELECT probabilities FROM clips WHERE run = ? AND subject = ? AND start = ?"
        keys = zip(self.subjects[wanted].tolist(), self.starts[wanted].tolist(), strict=True)
        with self.file() as file:
            found = [file.execute(query, (self.run, *key)).fetchone() for key in keys]
        return self._numbers(found, len(wanted))

    def _numbers(self, found: Sequence[tuple[bytes] | None], num_clips: int) -> np.ndarray:
        blobs = [row[0] for row in found if row is not None]
        if len(blobs) != num_clips or any(len(blob) != 4 * self.num_labels for blob in blobs):
            raise ScoresError(_DAMAGED_SCORES)
        return np.frombuffer(b"".join(blobs), "<f4").reshape(num_clips, self.num_labels)


def checksum_of(chunk: int, *parts: bytes | str) -> int:
    """Return the checksum of what is stored of a chunk: another chunk's would have another one."""
    found = chunk
    for part in parts:
        found = zlib.crc32(part.encode() if isinstance(part, str) else part, found)
    return found
