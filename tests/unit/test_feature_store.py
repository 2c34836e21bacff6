"""Features are kept with the scores of their chunk, and come back as arrays in the order of the scores."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import numpy as np
import pytest

from bball_tag.errors import ScoresError
from bball_tag.scoring.feature_store import NEW_COLUMNS, read_features
from bball_tag.scoring.features import FeatureKind
from bball_tag.scoring.store import ClipScore, RunState, ScoreStore

KEY = {"video": "a"}
SETTINGS = {"video": "a"}
KIND = FeatureKind("b1", "c1", ("x", "y"), 12.5, 8, ("rgb", "pose"), (3, 2))


def clip(subject: str, start: int, features: list[float] | None, *streams: str) -> ClipScore:
    vector = None if features is None else np.array(features, np.float16)
    scores = np.array([0.25, 0.75], np.float32)
    return ClipScore(subject, start, start + 8, scores, vector, streams or ("rgb", "pose"))  # type: ignore[arg-type]


def fill(path, kind=KIND):
    with ScoreStore(path, KEY, SETTINGS) as store:
        store.keep_features(kind)
        store.append([clip("7", 4, [1, 2, 3, 4, 5]), clip("11", 0, [0, 0, 0, 0, 1])], RunState(1))
        store.append([clip("7", 0, [6, 7, 8, 0, 0], "rgb")], RunState(2, complete=True))


def test_features_come_back_in_the_order_of_the_scores(tmp_path):
    fill(tmp_path / "a.db")
    found = read_features(tmp_path / "a.db")
    assert (found.kind, found.video, len(found)) == (KIND, "a", 3)
    assert found.subjects.tolist() == ["11", "7", "7"]
    assert found.starts.tolist() == [0, 0, 4]
    assert found.stops.tolist() == [8, 8, 12]
    assert found.known.tolist() == [[True, True], [True, False], [True, True]]
    assert found.values.dtype == np.float16
    assert found.values.tolist() == [[0, 0, 0, 0, 1], [6, 7, 8, 0, 0], [1, 2, 3, 4, 5]]
    assert found.probabilities.tolist() == [[0.25, 0.75]] * 3


def test_reduced_features_of_images_are_brought_back_to_where_they_lie(tmp_path):
    projection = np.array([[0, 1, 0], [0, 0, 1]], np.float32)
    kind = FeatureKind("b1", "c1", ("x", "y"), 12.5, 8, ("rgb", "pose"), (3, 1), projection)
    assert kind.stored_sizes == (2, 1)
    reduced = kind.reduced([np.array([[9.0, 2.0, 3.0]]), np.array([[5.0]])])
    assert reduced.tolist() == [[2, 3, 5]]
    with ScoreStore(tmp_path / "a.db", KEY, SETTINGS) as store:
        store.keep_features(kind)
        store.append([clip("7", 0, reduced[0].tolist())], RunState(1))
    assert read_features(tmp_path / "a.db").whole().tolist() == [[0, 2, 3, 5]]


def test_a_run_that_began_without_features_has_none_unless_it_begins_again(tmp_path):
    path = tmp_path / "a.db"
    with ScoreStore(path, KEY, SETTINGS) as store:
        store.append([clip("7", 0, None)], RunState(1))
        store.keep_features(KIND)
        assert store.feature_kind is None
    with pytest.raises(ScoresError, match="--features"):
        read_features(path)
    with ScoreStore(path, KEY, SETTINGS) as store:
        store.keep_features(KIND, anew=True)
        assert (store.feature_kind, store.state) == (KIND, RunState())


def test_who_leaves_features_out_while_a_run_goes_keeps_none_of_them(tmp_path):
    path = tmp_path / "a.db"
    with ScoreStore(path, KEY, SETTINGS) as store:
        store.keep_features(KIND)
        store.append([clip("7", 0, [1, 2, 3, 4, 5])], RunState(1))
        store.keep_features(None)
        assert store.feature_kind is None
    with pytest.raises(ScoresError, match="hold no features"):
        read_features(path)


def test_complete_runs_keep_their_features_whoever_asks_for_none(tmp_path):
    fill(tmp_path / "a.db")
    with ScoreStore(tmp_path / "a.db", KEY, SETTINGS) as store:
        store.keep_features(None)
    assert len(read_features(tmp_path / "a.db")) == 3


def test_features_of_a_file_that_is_not_there_are_an_error(tmp_path):
    with pytest.raises(ScoresError, match="annotate the video first"):
        read_features(tmp_path / "none.db")


def test_the_last_of_two_clips_with_one_subject_and_start_counts_as_with_the_scores(tmp_path):
    with ScoreStore(tmp_path / "a.db", KEY, SETTINGS) as store:
        store.keep_features(KIND)
        store.append([clip("7", 0, [1, 1, 1, 1, 1]), clip("9", 0, [2, 2, 2, 2, 2])], RunState(1))
        store.append([clip("7", 0, [3, 3, 3, 3, 3])], RunState(2, complete=True))
    found = read_features(tmp_path / "a.db")
    assert found.values[:, 0].tolist() == [3, 2]
    assert found.subjects.tolist() == ["7", "9"]


def test_features_that_do_not_fit_the_scores_are_an_error(tmp_path):
    fill(tmp_path / "a.db")
    with closing(sqlite3.connect(tmp_path / "a.db")) as file, file:
        file.execute("UPDATE features SET vectors = x'0102' WHERE chunk = 0")
    with pytest.raises(ScoresError, match="damaged"):
        read_features(tmp_path / "a.db")


def change(path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(statement)


DAMAGE = [
    "UPDATE features SET clips = x'0000000004000000' || substr(clips, 9) WHERE chunk = 1",
    "UPDATE features SET subjects = '[\"8\"]' WHERE chunk = 1",
    "UPDATE features SET vectors = x'0102' || substr(vectors, 3) WHERE chunk = 1",
    "UPDATE features SET vectors = (SELECT substr(vectors, 1, 10) FROM features WHERE chunk = 0), "
    "vectors_sum = (SELECT vectors_sum FROM features WHERE chunk = 0) WHERE chunk = 1",
    "UPDATE feature_sets SET kind = replace(kind, 'b1', 'b2')",
    "DELETE FROM features WHERE chunk = 1",
]


@pytest.mark.parametrize("statement", DAMAGE)
def test_features_that_are_not_those_that_were_stored_are_an_error(tmp_path, statement):
    fill(tmp_path / "a.db")
    change(tmp_path / "a.db", statement)
    with pytest.raises(ScoresError, match="damaged"):
        read_features(tmp_path / "a.db").rows[np.array([0, 1, 2])]
    with pytest.raises(ScoresError, match="damaged"):
        list(read_features(tmp_path / "a.db").rows.blocks())


def test_scores_that_are_not_those_that_were_stored_are_an_error(tmp_path):
    fill(tmp_path / "a.db")
    change(tmp_path / "a.db", "UPDATE clips SET probabilities = x'0000003f0000003f' WHERE start = 4")
    with pytest.raises(ScoresError, match="damaged"):
        _ = read_features(tmp_path / "a.db").probabilities


@pytest.mark.parametrize("statement", DAMAGE)
def test_a_run_with_damaged_features_keeps_its_scores_and_has_features_again_if_asked(
    tmp_path, statement, caplog
):
    fill(tmp_path / "a.db")
    change(tmp_path / "a.db", statement)
    with ScoreStore(tmp_path / "a.db", KEY, SETTINGS) as store:
        store.keep_features(KIND)
        assert (store.feature_kind, store.state) == (None, RunState(2, complete=True))
        assert len(store.read(("x", "y"), 12.5, 8).starts) == 3
    assert "--features" in caplog.text
    with ScoreStore(tmp_path / "a.db", KEY, SETTINGS) as store:
        store.keep_features(KIND, anew=True)
        assert (store.feature_kind, store.state) == (KIND, RunState())


def test_no_scores_are_made_of_damaged_features(tmp_path):
    fill(tmp_path / "a.db")
    change(tmp_path / "a.db", DAMAGE[2])
    with ScoreStore(tmp_path / "a.db", {**KEY, "checkpoint": "c2"}, SETTINGS) as store:
        assert not store.rescore(KIND, lambda features: np.full((len(features), 2), 0.5, np.float32))
        assert store.state == RunState()


def test_features_that_were_stored_without_checksums_are_read_once_the_store_was_opened_again(tmp_path):
    path = tmp_path / "a.db"
    fill(path)
    for table, column in NEW_COLUMNS:
        change(path, f"ALTER TABLE {table} DROP COLUMN {column}")
    with pytest.raises(ScoresError, match="earlier version"):
        read_features(path)
    with ScoreStore(path, KEY, SETTINGS) as store:
        store.keep_features(KIND)
        store.append([clip("9", 4, [1, 1, 1, 1, 1])], RunState(3, complete=True))
    assert read_features(path).values[:, 0].tolist() == [0, 6, 1, 1]


def test_rows_are_read_in_any_order_and_in_blocks(tmp_path):
    fill(tmp_path / "a.db")
    rows = read_features(tmp_path / "a.db").rows
    assert rows[np.array([2, 0, 2])][:, 0].tolist() == [1, 0, 1]
    assert rows[np.array([], np.int64)].shape == (0, 5)
    blocks = [(row.tolist(), values[:, 0].tolist()) for row, values in rows.blocks()]
    assert blocks == [([2, 0, 1], [1, 0, 6])]
    assert [row.tolist() for row, _ in rows.blocks(every=2)] == [[2, 0]]


def test_scores_of_some_clips_are_read_without_the_others(tmp_path):
    fill(tmp_path / "a.db")
    change(tmp_path / "a.db", "DELETE FROM clips WHERE subject = '11'")
    change(tmp_path / "a.db", "INSERT INTO clips VALUES (1, '11', 0, 8, x'00')")
    found = read_features(tmp_path / "a.db")
    assert found.scores[np.array([1])].tolist() == [[0.25, 0.75]]
    with pytest.raises(ScoresError, match="damaged"):
        found.scores[np.array([0])]
