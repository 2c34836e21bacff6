"""Features in the score store: written with the scores of each chunk, read as arrays."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bball_tag.errors import ScoresError
from bball_tag.scoring.features import FeatureKind, StoredFeatures
from bball_tag.scoring.store_file import LAST_RUN, opened, translated

if TYPE_CHECKING:
    from bball_tag.scoring.store import ClipScore

TABLES = """
CREATE TABLE IF NOT EXISTS feature_sets (
    run INTEGER PRIMARY KEY REFERENCES runs (id),
    source INTEGER NOT NULL REFERENCES runs (id),
    kind TEXT NOT NULL,
    projection BLOB
);
CREATE TABLE IF NOT EXISTS features (
    run INTEGER NOT NULL REFERENCES runs (id),
    chunk INTEGER NOT NULL,
    subjects TEXT NOT NULL,
    clips BLOB NOT NULL,
    vectors BLOB NOT NULL,
    PRIMARY KEY (run, chunk)
);
"""
"""A run whose scores come from the features of another one has that one as its source."""


def write_kind(file: sqlite3.Connection, run: int, kind: FeatureKind, source: int | None = None) -> None:
    """Say what the features of a run are; `source` is the run they are stored with, by default itself."""
    facts = asdict(kind)
    matrix = facts.pop("projection")
    blob = None if matrix is None else matrix.astype("<f4").tobytes()
    row = run, run if source is None else source, json.dumps(facts, sort_keys=True), blob
    file.execute("INSERT OR REPLACE INTO feature_sets VALUES (?, ?, ?, ?)", row)


def read_kind(file: sqlite3.Connection, run: int) -> tuple[FeatureKind, int] | None:
    """Return what the features of a run are, and the run that they are stored with; None if it has none."""
    query = "SELECT kind, projection, source FROM feature_sets WHERE run = ?"
    if (row := file.execute(query, (run,)).fetchone()) is None:
        return None
    facts: dict[str, Any] = json.loads(row[0])
    for name in ("labels", "streams", "sizes"):
        facts[name] = tuple(facts[name])
    matrix = None if row[1] is None else np.frombuffer(row[1], "<f4").reshape(-1, facts["sizes"][0])
    return FeatureKind(**facts, projection=matrix), row[2]


def begin_features(
    file: sqlite3.Connection, run: int, kind: FeatureKind, *, anew: bool
) -> FeatureKind | None:
    """Return what the features of a run are to be from now on: see `ScoreStore.keep_features`."""
    if found := read_kind(file, run):
        # What was stored with one projection is not continued with another.
        return found[0]
    if not anew:
        return None
    for table in ("clips", "seen"):
        file.execute(f"DELETE FROM {table} WHERE run = ?", (run,))
    file.execute(
        "UPDATE runs SET next_chunk = 0, complete = 0, end_s = 0, damaged_packets = 0, "
        "recomputed_batches = 0, computed_by = '' WHERE id = ?",
        (run,),
    )
    write_kind(file, run, kind)
    return kind


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
    vectors = np.array([clip.features for clip in clips], "<f2")
    row = run, chunk, json.dumps(names), rows.tobytes(), vectors.tobytes()
    file.execute("INSERT OR REPLACE INTO features VALUES (?, ?, ?, ?, ?)", row)


def drop_features(file: sqlite3.Connection, run: int) -> None:
    """Forget the features of a run."""
    file.execute("DELETE FROM features WHERE run = ?", (run,))
    file.execute("DELETE FROM feature_sets WHERE run = ? OR source = ?", (run, run))


def read_features(path: Path) -> StoredFeatures:
    """Return the features and scores of the run that used a store last.

    Raises:
        ScoresError: The store cannot be read, or its last run has no features.
    """
    if not path.is_file():
        raise ScoresError(f"There are no scores in {path}: annotate the video first.")
    with translated(path), opened(path) as file:
        has_features = file.execute("SELECT 1 FROM sqlite_master WHERE name = 'feature_sets'").fetchone()
        row = file.execute(f"SELECT id, settings FROM runs WHERE id = ({LAST_RUN})").fetchone()
        if not has_features or row is None or read_kind(file, row[0]) is None:
            raise ScoresError(
                f"The scores in {path} hold no features. Annotate the video again with --features: it is "
                "scored anew."
            )
        return stored_features(file, row[0], json.loads(row[1]).get("video", ""))


def run_alike(file: sqlite3.Connection, fingerprint: str, kind: FeatureKind) -> int | None:
    """Return a complete run with features like `kind`, of another checkpoint but else alike, if any."""
    wanted = {**json.loads(fingerprint), "checkpoint": None}
    rows = file.execute("SELECT id, fingerprint FROM runs WHERE complete ORDER BY used DESC").fetchall()
    for run, other in rows:
        found = read_kind(file, run)
        if found is None or (found[0].backbone, found[0].streams) != (kind.backbone, kind.streams):
            continue
        if {**json.loads(other), "checkpoint": None} == wanted:
            return int(run)
    return None


def copy_run(
    file: sqlite3.Connection,
    runs: tuple[int, int],
    features: StoredFeatures,
    probabilities: np.ndarray,
    kind: FeatureKind,
) -> None:
    """Give the second of two runs the clips of the first with scores of its own, and all else that it has."""
    source, run = runs
    clips = zip(
        features.subjects.tolist(),
        features.starts.tolist(),
        features.stops.tolist(),
        probabilities.astype("<f4"),
        strict=True,
    )
    file.executemany(
        "INSERT INTO clips VALUES (?, ?, ?, ?, ?)",
        ((run, subject, start, stop, scores.tobytes()) for subject, start, stop, scores in clips),
    )
    file.execute(
        "INSERT OR REPLACE INTO seen SELECT ?, chunk, observations FROM seen WHERE run = ?", (run, source)
    )
    columns = "next_chunk, complete, end_s, damaged_packets, recomputed_batches, computed_by"
    file.execute(
        f"UPDATE runs SET ({columns}) = (SELECT {columns} FROM runs WHERE id = ?) WHERE id = ?", (source, run)
    )
    found = read_kind(file, source)
    assert found is not None
    write_kind(file, run, replace(kind, projection=features.kind.projection), found[1])


def stored_features(file: sqlite3.Connection, run: int, video: str = "") -> StoredFeatures:
    """Return the features and scores of a run that has both.

    Raises:
        ScoresError: They do not fit each other.
    """
    found = read_kind(file, run)
    assert found is not None
    try:
        return _joined(file, run, *found, video)
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise ScoresError(
            "The features in the score store do not fit its scores: it is damaged. Move it away and annotate "
            "the video again."
        ) from error


def _joined(file: sqlite3.Connection, run: int, kind: FeatureKind, source: int, video: str) -> StoredFeatures:
    chunks = file.execute(
        "SELECT subjects, clips FROM features WHERE run = ? ORDER BY chunk", (source,)
    ).fetchall()
    names, subjects, rows = _clips(chunks)
    order = np.lexsort((rows[:, 1], subjects))
    # As with the scores, the last one counts of several with one subject and start.
    keys = np.stack([subjects, rows[:, 1]], axis=1)[order]
    is_last = np.append((keys[1:] != keys[:-1]).any(axis=1), np.ones(min(len(keys), 1), bool))
    places = np.empty(len(order), np.int64)
    places[order] = np.cumsum(is_last) - is_last
    order = order[is_last]
    values = np.empty((len(order), sum(kind.stored_sizes)), np.float16)
    done = 0
    # Chunk by chunk: all of them at once would need twice the memory.
    for (blob,) in file.execute("SELECT vectors FROM features WHERE run = ? ORDER BY chunk", (source,)):
        vectors = np.frombuffer(blob, "<f2").reshape(-1, values.shape[1])
        values[places[done : done + len(vectors)]] = vectors
        done += len(vectors)
    scores = file.execute(
        "SELECT probabilities FROM clips WHERE run = ? ORDER BY subject, start", (run,)
    ).fetchall()
    probabilities = np.frombuffer(b"".join(score[0] for score in scores), "<f4")
    return StoredFeatures(
        kind,
        video,
        names[subjects[order]],
        rows[order, 1].astype(np.int64),
        rows[order, 2].astype(np.int64),
        (rows[order, 3, None] >> np.arange(len(kind.streams)) & 1).astype(bool),
        values,
        probabilities.reshape(len(order), len(kind.labels)),
    )


def _clips(chunks: Sequence[Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the names of all subjects in order, the place of each clip's among them, and the clips' rows."""
    listed = [json.loads(chunk[0]) for chunk in chunks]
    names = sorted({name for some in listed for name in some})
    places = {name: place for place, name in enumerate(names)}
    rows = [np.frombuffer(chunk[1], "<i4").reshape(-1, 4) for chunk in chunks]
    subjects = [
        np.array([places[name] for name in some])[own[:, 0]] for some, own in zip(listed, rows, strict=True)
    ]
    empty = np.zeros((0, 4), np.int32)
    return (
        np.array(names, dtype=str),
        np.concatenate([empty[:, 0], *subjects]).astype(np.int64),
        np.concatenate([empty, *rows]),
    )


def _bits(streams: Sequence[str], of: Sequence[str]) -> int:
    return sum(1 << place for place, stream in enumerate(of) if stream in streams)
