"""Runs that share their features: of checkpoints that differ in their last layers only."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace

import numpy as np

from bball_tag.scoring.feature_store import read_kind, sound_kind, write_kind
from bball_tag.scoring.features import FeatureKind, StoredFeatures
from bball_tag.scoring.store_file import STATE


def run_alike(file: sqlite3.Connection, fingerprint: str, kind: FeatureKind) -> int | None:
    """Return a complete run with features like `kind`, of another checkpoint but else alike, if any."""
    wanted = {**json.loads(fingerprint), "checkpoint": None}
    rows = file.execute("SELECT id, fingerprint FROM runs WHERE complete ORDER BY used DESC").fetchall()
    for run, other in rows:
        found = sound_kind(file, run)
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
    file.execute(
        f"UPDATE runs SET ({STATE}) = (SELECT {STATE} FROM runs WHERE id = ?) WHERE id = ?", (source, run)
    )
    found = read_kind(file, source)
    assert found is not None
    write_kind(file, run, replace(kind, projection=features.kind.projection), found[1])
