"""Features in the score store: written with the scores of each chunk, read as arrays."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bball_tag.errors import ScoresError
from bball_tag.scoring.feature_rows import DAMAGED, FeatureRows, Reopen, ScoreRows, checksum_of
from bball_tag.scoring.features import FeatureKind, StoredFeatures
from bball_tag.scoring.store_file import LAST_RUN, STATE, opened, translated
from bball_tag.storage import HeldFile

if TYPE_CHECKING:
    from bball_tag.scoring.store import ClipScore

log = logging.getLogger("bball_tag")

TABLES = """
CREATE TABLE IF NOT EXISTS feature_sets (
    run INTEGER PRIMARY KEY REFERENCES runs (id),
    source INTEGER NOT NULL REFERENCES runs (id),
    kind TEXT NOT NULL,
    projection BLOB,
    sum INTEGER
);
CREATE TABLE IF NOT EXISTS features (
    run INTEGER NOT NULL REFERENCES runs (id),
    chunk INTEGER NOT NULL,
    subjects TEXT NOT NULL,
    clips BLOB NOT NULL,
    vectors BLOB NOT NULL,
    clips_sum INTEGER,
    vectors_sum INTEGER,
    PRIMARY KEY (run, chunk)
);
"""
"""A run whose scores come from the features of another one has that one as its source. Checksums are those of
the columns before them, with the chunk (`feature_rows.checksum_of`); those of stores that were made before
there were any are NULL."""
NEW_COLUMNS = (("feature_sets", "sum"), ("features", "clips_sum"), ("features", "vectors_sum"))
"""Columns that stores may lack that were made before."""


def write_kind(file: sqlite3.Connection, run: int, kind: FeatureKind, source: int | None = None) -> None:
    """Say what the features of a run are; `source` is the run they are stored with, by default itself."""
    facts = asdict(kind)
    matrix = facts.pop("projection")
    blob = None if matrix is None else matrix.astype("<f4").tobytes()
    text = json.dumps(facts, sort_keys=True)
    row = run, run if source is None else source, text, blob, checksum_of(0, text, blob or b"")
    file.execute("INSERT OR REPLACE INTO feature_sets VALUES (?, ?, ?, ?, ?)", row)


def read_kind(file: sqlite3.Connection, run: int) -> tuple[FeatureKind, int] | None:
    """Return what the features of a run are, and the run that they are stored with; None if it has none.

    Raises:
        ScoresError: That is damaged.
    """
    query = "SELECT kind, projection, source, sum FROM feature_sets WHERE run = ?"
    if (row := file.execute(query, (run,)).fetchone()) is None:
        return None
    if row[3] not in (None, checksum_of(0, row[0], row[1] or b"")):
        raise ScoresError(DAMAGED)
    facts: dict[str, Any] = json.loads(row[0])
    for name in ("labels", "streams", "sizes"):
        facts[name] = tuple(facts[name])
    matrix = None if row[1] is None else np.frombuffer(row[1], "<f4").reshape(-1, facts["sizes"][0])
    return FeatureKind(**facts, projection=matrix), row[2]


def begin_features(
    file: sqlite3.Connection, run: int, kind: FeatureKind, *, anew: bool
) -> FeatureKind | None:
    """Return what the features of a run are to be from now on: see `ScoreStore.keep_features`."""
    if found := sound_kind(file, run):
        # What was stored with one projection is not continued with another.
        return found[0]
    if not anew:
        return None
    empty_run(file, run)
    write_kind(file, run, kind)
    return kind


def empty_run(file: sqlite3.Connection, run: int) -> None:
    """Forget the scores and observations of a run, so that it begins again."""
    for table in ("clips", "seen"):
        file.execute(f"DELETE FROM {table} WHERE run = ?", (run,))
    file.execute(f"UPDATE runs SET ({STATE}) = (0, 0, 0, 0, 0, '') WHERE id = ?", (run,))


def sound_kind(file: sqlite3.Connection, run: int) -> tuple[FeatureKind, int] | None:
    """Return what `read_kind` does if the features are those that were stored; others are dropped."""
    try:
        if (found := read_kind(file, run)) is not None:
            for _ in stored_features(file, run).rows.blocks():
                pass
        return found
    except ScoresError:
        log.warning(
            "Some of the stored features are damaged, and all of them are dropped; the scores hold. "
            "Annotate with --features to have them again."
        )
    (source,) = file.execute("SELECT source FROM feature_sets WHERE run = ?", (run,)).fetchone()
    drop_features(file, source)
    return None


def write_features(
    file: sqlite3.Connection, run: int, chunk: int, clips: Sequence[ClipScore], kind: FeatureKind
) -> None:
    """Store the features of the clips that became complete within a chunk."""
    if not clips:
        return
    names = list(dict.fromkeys(clip.subject for clip in clips))
    places = {name: place for place, name in enumerate(names)}
    rows = np.array(
        [(places[clip.subject], clip.start, clip.stop, _bits(clip.streams, kind.streams)) for clip in clips],
        "<i4",
    )
    vectors = np.array([clip.features for clip in clips], "<f2").tobytes()
    subjects, spans = json.dumps(names), rows.tobytes()
    sums = checksum_of(chunk, subjects, spans), checksum_of(chunk, vectors)
    row = run, chunk, subjects, spans, vectors, *sums
    file.execute("INSERT OR REPLACE INTO features VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def drop_features(file: sqlite3.Connection, run: int) -> None:
    """Forget the features of a run."""
    file.execute("DELETE FROM features WHERE run = ?", (run,))
    file.execute("DELETE FROM feature_sets WHERE run = ? OR source = ?", (run, run))


def read_features(path: Path) -> StoredFeatures:
    """Return the features and scores of the run that used a store last.

    Raises:
        ScoresError: The store cannot be read, its last run has no features, or they are damaged.
    """
    if not path.is_file():
        raise ScoresError(f"There are no scores in {path}: annotate the video first.")
    # Several games are read in turn, pass after pass.
    held = HeldFile(path)
    with translated(path), opened(path) as file:
        has_features = file.execute("SELECT 1 FROM sqlite_master WHERE name = 'feature_sets'").fetchone()
        row = file.execute(f"SELECT id, settings FROM runs WHERE id = ({LAST_RUN})").fetchone()
        if has_features and missing_columns(file):
            raise ScoresError(
                f"The features in {path} were stored by an earlier version. Annotate the video once more: "
                "its scores are kept, so that this takes seconds."
            )
        if not has_features or row is None or read_kind(file, row[0]) is None:
            raise ScoresError(
                f"The scores in {path} hold no features. Annotate the video again with --features: it is "
                "scored anew."
            )
        return stored_features(file, row[0], json.loads(row[1]).get("video", ""), lambda: _reading(held.path))


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    with translated(path), opened(path) as file:
        yield file


def missing_columns(file: sqlite3.Connection) -> list[tuple[str, str]]:
    """Return those of `NEW_COLUMNS` that a store lacks."""
    return [
        (table, column)
        for table, column in NEW_COLUMNS
        if column not in {row[1] for row in file.execute(f"PRAGMA table_info({table})")}
    ]


def stored_features(
    file: sqlite3.Connection, run: int, video: str = "", reopen: Reopen | None = None
) -> StoredFeatures:
    """Return the features and scores of a run that has both; they are read when they are asked for.

    Args:
        file: The store.
        run: The run.
        video: Content id of the video.
        reopen: Opens the store to read them; None reads them from `file`.

    Raises:
        ScoresError: They do not fit each other, or they are damaged.
    """
    found = read_kind(file, run)
    assert found is not None
    try:
        return _joined(file, run, *found, video, reopen or (lambda: nullcontext(file)))
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise ScoresError(
            "The features in the score store do not fit its scores: it is damaged. Move it away and annotate "
            "the video again."
        ) from error


def _joined(
    file: sqlite3.Connection, run: int, kind: FeatureKind, source: int, video: str, reopen: Reopen
) -> StoredFeatures:
    size = sum(kind.stored_sizes)
    chunks = file.execute(
        "SELECT chunk, subjects, clips, length(vectors), clips_sum FROM features "
        "WHERE run = ? ORDER BY chunk",
        (source,),
    ).fetchall()
    names, subjects, spans = _clips(chunks)
    order = np.lexsort((spans[:, 1], subjects))
    # As with the scores, the last one counts of several with one subject and start.
    keys = np.stack([subjects, spans[:, 1]], axis=1)[order]
    is_last = np.append((keys[1:] != keys[:-1]).any(axis=1), np.ones(min(len(keys), 1), bool))
    rows = np.empty(len(order), np.int64)
    rows[order] = np.cumsum(is_last) - is_last
    order = order[is_last]
    firsts = np.cumsum([0, *(len(chunk[2]) // 16 for chunk in chunks)])
    lengths = np.array([chunk[3] for chunk in chunks], np.int64)
    (num_scores,) = file.execute("SELECT count(*) FROM clips WHERE run = ?", (run,)).fetchone()
    if (lengths != 2 * size * np.diff(firsts)).any() or num_scores != len(order):
        raise ValueError("features and scores differ in their number")
    numbers = np.array([chunk[0] for chunk in chunks], np.int64)
    clips, starts = names[subjects[order]], spans[order, 1].astype(np.int64)
    return StoredFeatures(
        kind,
        video,
        clips,
        starts,
        spans[order, 2].astype(np.int64),
        (spans[order, 3, None] >> np.arange(len(kind.streams)) & 1).astype(bool),
        FeatureRows(reopen, source, numbers, firsts, rows, order, size),
        ScoreRows(reopen, run, clips, starts, len(kind.labels)),
    )


def _clips(chunks: Sequence[Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the names of all subjects in order, each clip's place among them, and the clips' spans."""
    for number, subjects, spans, _, checksum in chunks:
        if checksum not in (None, checksum_of(number, subjects, spans)):
            raise ScoresError(DAMAGED)
    listed = [json.loads(chunk[1]) for chunk in chunks]
    names = sorted({name for some in listed for name in some})
    places = {name: place for place, name in enumerate(names)}
    rows = [np.frombuffer(chunk[2], "<i4").reshape(-1, 4) for chunk in chunks]
    found = [
        np.array([places[name] for name in some])[own[:, 0]] for some, own in zip(listed, rows, strict=True)
    ]
    empty = np.zeros((0, 4), np.int32)
    return (
        np.array(names, dtype=str),
        np.concatenate([empty[:, 0], *found]).astype(np.int64),
        np.concatenate([empty, *rows]),
    )


def _bits(streams: Sequence[str], of: Sequence[str]) -> int:
    return sum(1 << place for place, stream in enumerate(of) if stream in streams)
