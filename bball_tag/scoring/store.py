"""The score store: the result of hours of computing, kept at every step so that any run can be resumed.

One SQLite file holds runs. A run belongs to a *fingerprint*: everything that changes scores and nothing
else, so that scores of another video, checkpoint or stride are never mixed in, and going back to earlier
settings finds the earlier scores.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Self
from zipfile import BadZipFile

import numpy as np

from bball_tag.checkpoint.contract import Stream
from bball_tag.errors import ScoresError
from bball_tag.events import Scores
from bball_tag.players.observation import SeenChunk
from bball_tag.scoring import feature_runs, feature_store
from bball_tag.scoring.features import FeatureKind, StoredFeatures
from bball_tag.scoring.store_file import STATE, as_text, rows_of_last_run, translated
from bball_tag.scoring.store_health import add_to_sum, mend_run, set_aside_if_damaged, sign_run, sign_state
from bball_tag.scoring.store_tables import prepare


@dataclass(frozen=True, slots=True)
class ClipScore:
    """The probabilities of one clip."""

    subject: str
    start: int
    """First grid index."""
    stop: int
    """One past the last grid index seen."""
    probabilities: np.ndarray
    """float32 array of shape (K,)."""
    features: np.ndarray | None = None
    """float16 array of shape (D,), where features are kept."""
    streams: tuple[Stream, ...] = ()
    """Those that are known of the clip."""


@dataclass(frozen=True, slots=True)
class RunState:
    """How far a run has come."""

    next_chunk: int = 0
    """The first chunk of the grid whose clips are not stored."""
    complete: bool = False
    end: float = 0.0
    """Seconds to the end of what was read."""
    damaged_packets: int = 0
    recomputed_batches: int = 0
    """Batches whose values were not finite in 16 bits, and which were computed again in fp32."""
    computed_by: str = ""
    """Backend, device and precision."""


class ScoreStore:
    """The scores of one run in one SQLite file."""

    def __init__(
        self,
        path: Path | None,
        fingerprint: Mapping[str, object],
        settings: Mapping[str, object] | None = None,
    ) -> None:
        """Open or make the file `path`, and the run that `fingerprint` names.

        Args:
            path: The file; None keeps the scores in memory.
            fingerprint: Everything that changes scores.
            settings: What the run was asked for: see `last_settings`. Kept once the run has scores, a roster
                with `keep_settings` only, so that what cannot be done is not asked for again.

        Raises:
            ScoresError: The file is not a score store, is of another version, or cannot be written.
        """
        self._path = path
        self._settings = dict(settings or {})
        self._key = key = json.dumps(fingerprint, sort_keys=True)
        with translated(path):
            set_aside_if_damaged(path)
            self._file = sqlite3.connect(path or ":memory:", timeout=20, isolation_level=None)
            self._file.text_factory = as_text
            with ExitStack() as stack:
                stack.callback(self._file.close)
                prepare(self._file, path)
                with self._transaction():
                    self._file.execute("INSERT OR IGNORE INTO runs (fingerprint) VALUES (?)", (key,))
                    (self._run,) = self._file.execute(
                        "SELECT id FROM runs WHERE fingerprint = ?", (key,)
                    ).fetchone()
                    mend_run(self._file, self._run, path)
                # It stays open unless something went wrong up to here.
                stack.pop_all()
        self.feature_kind: FeatureKind | None = None
        """What the features of the run are that are kept; None keeps none. See `keep_features`."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ended: object) -> None:
        # Who only reads the store later would make the files of a write-ahead log, and could not remove them.
        # Where another run has it open, that one does this at its end.
        with suppress(sqlite3.OperationalError):
            self._file.execute("PRAGMA busy_timeout = 0")
            self._file.execute("PRAGMA journal_mode = DELETE")
        self._file.close()

    @property
    def state(self) -> RunState:
        """How far the run has come."""
        with translated(self._path):
            row = self._file.execute(f"SELECT {STATE} FROM runs WHERE id = ?", (self._run,)).fetchone()
        return RunState(row[0], bool(row[1]), *row[2:])

    def keep_features(self, kind: FeatureKind | None, *, anew: bool = False) -> None:
        """Keep the features of clips beside their scores; None keeps none in an unfinished run.

        A run that was begun without features has none to the end, so that it never has those of a part only.

        Args:
            kind: What the features are.
            anew: Forget the scores of a run that was begun without features, so that it begins again.
        """
        with translated(self._path), self._transaction():
            if kind is not None:
                anew = anew or self.state == RunState()
                self.feature_kind = feature_store.begin_features(self._file, self._run, kind, anew=anew)
            elif not self.state.complete:
                feature_store.drop_features(self._file, self._run)
                self.feature_kind = None
            sign_run(self._file, self._run)

    def rescore(self, kind: FeatureKind, scores_of: Callable[[StoredFeatures], np.ndarray]) -> bool:
        """Fill an empty run from the features of a complete one that differs in its checkpoint only.

        Args:
            kind: What the features must be, and whose the scores will be.
            scores_of: Returns the probabilities, float32 (N, K), of features.

        Returns:
            Whether there was such a run.
        """
        with translated(self._path), self._transaction():
            source = feature_runs.run_alike(self._file, self._key, kind)
            if source is None or self.state != RunState():
                return False
            features = feature_store.stored_features(self._file, source)
            feature_runs.copy_run(self._file, (source, self._run), features, scores_of(features), kind)
            sign_run(self._file, self._run)
        return True

    def append(self, clips: Sequence[ClipScore], state: RunState, seen: SeenChunk | None = None) -> None:
        """Store what a chunk gave and how far the run has come with it, all or nothing.

        Args:
            clips: The clips that became complete.
            state: How far the run has come.
            seen: What was observed of the players in the chunk, where the tool looks for them itself.

        Raises:
            ScoresError: A score is not finite, or the file cannot be written.
        """
        if not all(np.isfinite(clip.probabilities).all() for clip in clips):
            raise ScoresError("Scores that are not finite were computed. They are not stored.")
        rows = [
            (self._run, clip.subject, clip.start, clip.stop, clip.probabilities.astype("<f4").tobytes())
            for clip in clips
        ]
        with translated(self._path), self._transaction():
            # Whether a roster fits is known at the end: one that does not must not come back by itself.
            self._keep({name: value for name, value in self._settings.items() if name != "roster"})
            observed = [] if seen is None else [(state.next_chunk - 1, seen.to_bytes())]
            add_to_sum(self._file, self._run, [*(row[1:] for row in rows), *observed])
            self._file.executemany("INSERT OR REPLACE INTO clips VALUES (?, ?, ?, ?, ?)", rows)
            if self.feature_kind is not None:
                feature_store.write_features(
                    self._file, self._run, state.next_chunk - 1, clips, self.feature_kind
                )
            for row in observed:
                self._file.execute("INSERT OR REPLACE INTO seen VALUES (?, ?, ?)", (self._run, *row))
            self._file.execute(
                f"UPDATE runs SET ({STATE}) = (?, ?, ?, ?, ?, ?) WHERE id = ?", (*astuple(state), self._run)
            )
            sign_state(self._file, self._run)

    def read(self, labels: tuple[str, ...], fps: float, num_frames: int) -> Scores:
        """Return every score of the run, ordered by subject and start."""
        with translated(self._path):
            rows = self._file.execute(
                "SELECT subject, start, stop, probabilities FROM clips WHERE run = ? ORDER BY subject, start",
                (self._run,),
            ).fetchall()
        blob = b"".join(row[3] for row in rows)
        return Scores(
            labels=labels,
            fps=fps,
            num_frames=num_frames,
            end=self.state.end,
            subjects=np.array([row[0] for row in rows], dtype=str),
            starts=np.array([row[1] for row in rows], dtype=np.int64),
            stops=np.array([row[2] for row in rows], dtype=np.int64),
            probabilities=np.frombuffer(blob, "<f4").reshape(len(rows), len(labels)),
        )

    def read_seen(self) -> list[SeenChunk]:
        """Return what was observed of the players, chunk by chunk."""
        with translated(self._path):
            rows = self._file.execute(
                "SELECT observations FROM seen WHERE run = ? ORDER BY chunk", (self._run,)
            ).fetchall()
        return [SeenChunk.from_bytes(row[0]) for row in rows]

    def keep_settings(self) -> None:
        """Store what the run was asked for, now that all of it was done."""
        with translated(self._path), self._transaction():
            self._keep(self._settings)

    def _keep(self, settings: Mapping[str, object]) -> None:
        self._file.execute(
            "UPDATE runs SET settings = ?, used = (SELECT max(used) + 1 FROM runs) WHERE id = ?",
            (json.dumps(dict(settings), sort_keys=True), self._run),
        )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        # The connection commits when the block ends, and rolls back when it fails.
        with self._file:
            self._file.execute("BEGIN IMMEDIATE")
            yield


def last_settings(path: Path) -> dict[str, Any]:
    """Return what the run that used a store last was asked for; nothing where there is no such store.

    Raises:
        ScoresError: The store cannot be read now.
    """
    rows = rows_of_last_run(path, "SELECT settings FROM runs WHERE id = (%s)")
    try:
        return dict(json.loads(rows[0][0])) if rows else {}
    except (TypeError, ValueError):
        # Damaged.
        return {}


def last_seen(path: Path) -> list[SeenChunk]:
    """Return what the run that used a store last has observed of the players, chunk by chunk.

    Raises:
        ScoresError: The store cannot be read now.
    """
    rows = rows_of_last_run(path, "SELECT observations FROM seen WHERE run = (%s) ORDER BY chunk")
    try:
        return [SeenChunk.from_bytes(row[0]) for row in rows]
    except (BadZipFile, KeyError, TypeError, ValueError) as error:
        raise ScoresError(f"Cannot use {path}: it is damaged. Annotate the video again.") from error
