"""The score store keeps what is finished, and mixes nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import numpy as np
import pytest

from bball_tag.errors import ScoresError
from bball_tag.scoring.store import ClipScore, RunState, ScoreStore, last_settings

KEY = {"video": "a", "stride": 4}


def clip(start: int, subject: str = "", *values: float) -> ClipScore:
    return ClipScore(subject, start, start + 8, np.array(values or (0.25, 0.75), np.float32))


def test_scores_come_back_ordered_by_subject_and_start(tmp_path):
    path = tmp_path / "a.scores.db"
    state = RunState(2, complete=True, end=9.5, damaged_packets=3, recomputed_batches=2, computed_by="CPU")
    with ScoreStore(path, KEY) as store:
        store.append([clip(4, "7"), clip(0, "7")], RunState(next_chunk=1))
        store.append([clip(0, "11", 0.5, 0.5)], state)
    with ScoreStore(path, KEY) as store:
        assert store.state == state
        scores = store.read(("a", "b"), 12.5, 8)
    assert scores.subjects.tolist() == ["11", "7", "7"]
    assert scores.starts.tolist() == [0, 0, 4]
    assert scores.stops.tolist() == [8, 8, 12]
    assert scores.probabilities.tolist() == [[0.5, 0.5], [0.25, 0.75], [0.25, 0.75]]
    assert scores.end == 9.5


def test_runs_of_other_settings_live_side_by_side(tmp_path):
    path = tmp_path / "a.scores.db"
    with ScoreStore(path, KEY) as store:
        store.append([clip(0)], RunState(next_chunk=1, complete=True))
    with ScoreStore(path, {**KEY, "stride": 2}) as other:
        assert other.state == RunState()
        assert len(other.read(("a", "b"), 12.5, 8).starts) == 0
    with ScoreStore(path, KEY) as again:
        assert again.state.complete
        assert len(again.read(("a", "b"), 12.5, 8).starts) == 1


def test_clips_and_progress_are_stored_together_or_not_at_all(tmp_path):
    path = tmp_path / "a.scores.db"
    broken = ClipScore("", None, 8, np.zeros(2, np.float32))  # type: ignore[arg-type]
    with ScoreStore(path, KEY) as store:
        with pytest.raises(ScoresError):
            store.append([clip(0), broken], RunState(next_chunk=1))
        assert store.state == RunState()
        assert len(store.read(("a", "b"), 12.5, 8).starts) == 0


@pytest.mark.parametrize(
    "content", [b"this is no database, it is a note of some length" * 40, b"PK\x03\x04" * 400]
)
def test_a_file_that_is_not_a_store_is_refused(tmp_path, content):
    path = tmp_path / "a.scores.db"
    path.write_bytes(content)
    with pytest.raises(ScoresError, match="not a score store"):
        ScoreStore(path, KEY)
    assert path.read_bytes() == content


def test_a_folder_that_does_not_exist_is_an_error(tmp_path):
    with pytest.raises(ScoresError, match="not writable"):
        ScoreStore(tmp_path / "none" / "a.scores.db", KEY)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_scores_that_are_not_finite_are_never_stored(tmp_path, value):
    with ScoreStore(tmp_path / "a.scores.db", KEY) as store:
        store.append([clip(0)], RunState(next_chunk=1))
        with pytest.raises(ScoresError, match="not finite"):
            store.append([clip(4), clip(8, "", 0.5, value)], RunState(next_chunk=2))
        assert store.state == RunState(next_chunk=1)
        assert store.read(("a", "b"), 12.5, 8).starts.tolist() == [0]


def test_the_settings_of_the_last_run_are_those_of_the_run_that_was_used_last(tmp_path):
    path = tmp_path / "a.scores.db"
    for stride in (4, 2, 4):
        with ScoreStore(path, {**KEY, "stride": stride}, {"stride": stride, "tracks": None}) as store:
            store.append([], RunState(complete=True))
        assert last_settings(path) == {"stride": stride, "tracks": None}


def test_the_settings_of_a_run_are_those_it_was_opened_with_last(tmp_path):
    """Two spellings of one request have one fingerprint: the scores are kept, and the new spelling too."""
    path = tmp_path / "a.scores.db"
    with ScoreStore(path, KEY, {"start": "0:01"}) as store:
        store.append([clip(0)], RunState(next_chunk=1))
    with ScoreStore(path, KEY, {"start": 1.0}) as store:
        assert store.state == RunState(next_chunk=1)
        store.append([clip(4)], RunState(next_chunk=2, complete=True))
    with ScoreStore(path, KEY, {"start": 1}) as store:
        assert last_settings(path) == {"start": 1}, "what is complete has been used when it is opened"
    with ScoreStore(path, KEY, {"start": 1.0}):
        pass
    assert last_settings(path) == {"start": 1.0}


def test_settings_can_be_read_while_a_run_is_at_work(tmp_path):
    path = tmp_path / "a.scores.db"
    with ScoreStore(path, KEY, {"stride": 0.5}) as store:
        store.append([clip(0)], RunState(next_chunk=1))
        assert last_settings(path) == {"stride": 0.5}


def test_a_run_without_scores_leaves_the_settings_of_the_run_before(tmp_path):
    path = tmp_path / "a.scores.db"
    with ScoreStore(path, {**KEY, "backend": "abacus"}, {"backend": "abacus"}):
        assert last_settings(path) == {}
    with ScoreStore(path, KEY, {"backend": "torch"}) as store:
        store.append([clip(0)], RunState(next_chunk=1))
    with ScoreStore(path, {**KEY, "backend": "abacus"}, {"backend": "abacus"}):
        assert last_settings(path) == {"backend": "torch"}


@pytest.mark.parametrize("reason", ["SQLITE_CANTOPEN", "SQLITE_BUSY"])
def test_a_store_that_cannot_be_read_now_is_an_error_and_not_an_empty_one(tmp_path, monkeypatch, reason):
    path = tmp_path / "a.scores.db"
    with ScoreStore(path, KEY, {"stride": 0.5}) as store:
        store.append([clip(0)], RunState(next_chunk=1))

    def refuse(*_, **__):
        error = sqlite3.OperationalError("no")
        error.sqlite_errorname = reason
        raise error

    monkeypatch.setattr(sqlite3, "connect", refuse)
    with pytest.raises(ScoresError, match="Is another run at work"):
        last_settings(path)


def test_a_store_that_is_locked_is_an_error(tmp_path):
    path = tmp_path / "a.scores.db"
    path.write_bytes(b"")
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA journal_mode = DELETE")
        file.execute("CREATE TABLE runs (used INTEGER, settings TEXT)")
        file.execute("BEGIN EXCLUSIVE")
        connect = sqlite3.connect
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                sqlite3, "connect", lambda *args, **options: connect(*args, **{**options, "timeout": 0})
            )
            with pytest.raises(ScoresError, match="locked"):
                last_settings(path)


def test_what_is_not_a_store_of_this_version_has_no_settings(tmp_path):
    assert last_settings(tmp_path / "none.scores.db") == {}
    note = tmp_path / "note.scores.db"
    note.write_bytes(b"this is not a database, it is a note of some length" * 40)
    assert last_settings(note) == {}
    older = tmp_path / "older.scores.db"
    with closing(sqlite3.connect(older)) as file:
        file.execute("CREATE TABLE runs (id INTEGER PRIMARY KEY, fingerprint TEXT)")
    assert last_settings(older) == {}
    with pytest.raises(ScoresError, match="not a score store of this version"):
        ScoreStore(older, KEY)


def test_a_store_in_memory_keeps_nothing_on_the_disk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with ScoreStore(None, KEY) as store:
        store.append([clip(0)], RunState(next_chunk=1, complete=True))
        assert store.read(("a", "b"), 12.5, 8).starts.tolist() == [0]
    assert list(tmp_path.iterdir()) == []


def test_reading_a_store_leaves_no_files_beside_it(tmp_path):
    with ScoreStore(tmp_path / "a.scores.db", KEY, {"stride": 4}) as store:
        store.append([], RunState(complete=True))
    assert last_settings(tmp_path / "a.scores.db") == {"stride": 4}
    assert [path.name for path in tmp_path.iterdir()] == ["a.scores.db"]
