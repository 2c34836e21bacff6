"""A score store that is damaged, cut short or half made never gives other events."""

from __future__ import annotations

import logging
import random
import sqlite3
from contextlib import closing, suppress

import numpy as np
import pytest

from bball_tag.errors import ScoresError
from bball_tag.scoring.store import ClipScore, RunState, ScoreStore, last_seen, last_settings

KEY = {"video": "abc", "checkpoint": "def"}
DONE = RunState(next_chunk=40, complete=True, end=100.0)


def clip(start: int, value: float = 0.75) -> ClipScore:
    return ClipScore("7", start, start + 8, np.array([value, 1 - value], np.float32))


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a.scores.db"
    with ScoreStore(path, KEY, {"stride": 0.5}) as store:
        for chunk in range(40):
            clips = [clip(chunk * 32 + at, (chunk + 1) / 64) for at in range(0, 32, 4)]
            store.append(clips, RunState(chunk + 1, chunk == 39, (chunk + 1) * 2.5))
    return path


def opened(path):
    with ScoreStore(path, KEY) as store:
        return store.state, store.read(("a", "b"), 12.5, 8).probabilities.tolist()


def change(path, statement):
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(statement)


def test_a_whole_store_is_taken_as_it_is(path, caplog):
    with caplog.at_level(logging.WARNING):
        state, scores = opened(path)
    assert (state, len(scores), caplog.text) == (DONE, 320, "")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE clips SET probabilities = x'0000003f0000003f' WHERE start = 64",
        "UPDATE clips SET stop = stop + 1 WHERE start = 64",
        "DELETE FROM clips WHERE start = 64",
        "UPDATE runs SET complete = 1, next_chunk = 20",
        "UPDATE runs SET end_s = 50",
        "INSERT INTO seen VALUES (1, 3, x'00')",
    ],
)
def test_scores_that_are_not_those_that_were_stored_are_computed_again(path, caplog, statement):
    change(path, statement)
    with caplog.at_level(logging.WARNING):
        assert opened(path) == (RunState(), [])
    assert "are damaged. They are computed again." in caplog.text
    caplog.clear()
    assert opened(path) == (RunState(), [])
    assert caplog.text == ""


def test_a_file_that_was_cut_short_or_damaged_anywhere_gives_the_same_scores_or_none(path, tmp_path):
    data, whole = path.read_bytes(), opened(path)
    source = random.Random(3)
    damaged = [data[: len(data) * part // 7] for part in range(1, 7)]
    for _ in range(40):
        at, size = source.randrange(100, len(data) - 64), source.choice((1, 16, 64))
        damaged.append(data[:at] + source.randbytes(size) + data[at + size :])
    for number, content in enumerate(damaged):
        other = tmp_path / f"{number}.scores.db"
        other.write_bytes(content)
        assert last_settings(other) in ({}, {"stride": 0.5}), number
        try:
            found = opened(other)
        except ScoresError:
            continue
        assert found in (whole, (RunState(), [])), number


def test_observations_that_are_damaged_are_an_error_where_they_are_only_read(path):
    change(path, "INSERT INTO seen VALUES (1, 3, x'504b0304')")
    with pytest.raises(ScoresError, match=r"it is damaged. Annotate the video again"):
        last_seen(path)


def test_a_damaged_file_is_kept_aside(path, caplog):
    content = path.read_bytes()[:-5000]
    path.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert opened(path) == (RunState(), [])
    assert "the file is now a.scores.db.damaged" in caplog.text
    assert path.with_name("a.scores.db.damaged").read_bytes() == content


def test_scores_that_are_stored_twice_are_still_whole(path, caplog):
    with ScoreStore(path, KEY) as store:
        store.append([clip(0, 0.5)], DONE)
    with caplog.at_level(logging.WARNING):
        state, scores = opened(path)
    assert (state, scores[0], caplog.text) == (DONE, [0.5, 0.5], "")


def test_a_disk_that_is_full_while_a_store_is_made_leaves_none_that_is_refused(tmp_path):
    """With every number of pages that the disk may have had room for."""
    connect, fitting = sqlite3.connect, 0
    for pages in range(1, 40):
        path = tmp_path / f"{pages}.scores.db"

        def small(*args, pages=pages, **options):
            file = connect(*args, **options)
            file.execute(f"PRAGMA max_page_count = {pages}")
            return file

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sqlite3, "connect", small)
            with suppress(ScoresError):
                opened(path)
                fitting += 1
        assert opened(path) == (RunState(), [])
    assert 3 < fitting < 36


def test_a_store_that_an_earlier_version_left_half_made_is_used(path):
    change(path, "DELETE FROM clips")
    change(path, "DELETE FROM runs")
    change(path, "DROP TABLE sums")
    change(path, "PRAGMA user_version = 0")
    assert opened(path) == (RunState(), [])
