"""The score store keeps what is finished, and mixes nothing."""

from __future__ import annotations

import numpy as np
import pytest

from bball_tag.errors import ScoresError
from bball_tag.scoring.store import ClipScore, RunState, ScoreStore

KEY = {"video": "a", "stride": 4}


def clip(start: int, subject: str = "", *values: float) -> ClipScore:
    return ClipScore(subject, start, start + 8, np.array(values or (0.25, 0.75), np.float32))


def test_scores_come_back_ordered_by_subject_and_start(tmp_path):
    path = tmp_path / "a.scores.db"
    with ScoreStore(path, KEY) as store:
        store.append([clip(4, "7"), clip(0, "7")], RunState(next_chunk=1))
        store.append([clip(0, "11", 0.5, 0.5)], RunState(next_chunk=2, complete=True, end=9.5))
    with ScoreStore(path, KEY) as store:
        assert store.state == RunState(2, complete=True, end=9.5, damaged_packets=0)
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
def test_a_file_that_is_no_store_is_refused(tmp_path, content):
    path = tmp_path / "a.scores.db"
    path.write_bytes(content)
    with pytest.raises(ScoresError, match="no score store"):
        ScoreStore(path, KEY)
    assert path.read_bytes() == content


def test_a_folder_that_does_not_exist_is_told(tmp_path):
    with pytest.raises(ScoresError, match="not writable"):
        ScoreStore(tmp_path / "none" / "a.scores.db", KEY)
