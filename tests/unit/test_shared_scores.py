"""Scores at an address: worked on in a copy here, put back, and taken up again."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path

import pytest

from bball_tag.errors import StorageError
from bball_tag.scoring import shared_store
from bball_tag.scoring.shared_store import working_copy
from bball_tag.storage import local_file, located
from bball_tag.storage.copies import is_copy
from tests.memory_storage import empty_storage


@pytest.fixture
def bucket():
    return empty_storage()


def numbers(path: Path) -> list[int]:
    with sqlite3.connect(path) as file:
        found = [row[0] for row in file.execute("SELECT n FROM t ORDER BY n")]
    file.close()
    return found


def add(path: Path, number: int) -> None:
    file = sqlite3.connect(path, isolation_level=None)
    file.execute("PRAGMA journal_mode = WAL")
    file.execute("CREATE TABLE IF NOT EXISTS t (n)")
    file.execute("INSERT INTO t VALUES (?)", (number,))
    file.close()


def test_scores_at_an_address_are_worked_on_here_and_put_back(bucket):
    store = located("memory://games/a.scores.db")
    with working_copy(store) as here:
        add(here, 1)
        assert not store.exists()
    assert numbers(local_file(store)) == [1]
    with working_copy(store) as here:
        add(here, 2)
    assert numbers(local_file(store)) == [1, 2]
    with working_copy(Path("a.scores.db")) as here:
        assert here == Path("a.scores.db")


def test_scores_of_a_failed_run_are_put_back_too(bucket):
    store = located("memory://games/a.scores.db")

    def fails() -> None:
        with working_copy(store) as here:
            add(here, 1)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fails()
    assert numbers(local_file(store)) == [1]


def test_scores_that_a_killed_run_left_here_are_taken_up(bucket, monkeypatch):
    store = located("memory://games/a.scores.db")
    with monkeypatch.context() as killed, working_copy(store) as here:
        killed.setattr(shared_store._Keeper, "_put_back", lambda *given: None)
        killed.setattr(shared_store, "_remove", lambda copy: None)
        add(here, 1)
    with working_copy(store) as here:
        assert numbers(here) == [1]
        add(here, 2)
    assert numbers(local_file(store)) == [1, 2]


def test_scores_that_another_computer_put_back_are_taken_in_place_of_what_is_left_here(bucket, tmp_path):
    store = located("memory://games/a.scores.db")
    with working_copy(store) as here:
        add(here, 1)
    left = here.parent / here.name
    add(left, 99)
    other = tmp_path / "other.db"
    add(other, 7)
    bucket.put_file(str(other), "/games/a.scores.db")
    with working_copy(store) as here:
        assert numbers(here) == [7]


def test_scores_are_put_back_while_a_run_is_at_work(bucket, monkeypatch):
    monkeypatch.setattr(shared_store, "PUT_BACK_EVERY_S", 0.01)
    # However little it has grown.
    monkeypatch.setattr(shared_store, "_GROWN", 1.0)
    store = located("memory://games/a.scores.db")
    with working_copy(store) as here:
        file = sqlite3.connect(here, isolation_level=None)
        file.execute("PRAGMA journal_mode = WAL")
        file.execute("CREATE TABLE t (n)")
        file.execute("INSERT INTO t VALUES (5)")
        # It is sent while it is open, with what is still in its log; at first perhaps without the table.
        for _ in range(1000):
            with suppress(StorageError, sqlite3.Error):
                if numbers(local_file(store)) == [5]:
                    break
            shared_store.threading.Event().wait(0.01)
        assert numbers(local_file(store)) == [5]
        file.close()


def test_scores_that_cannot_be_put_back_stay_here(bucket, monkeypatch):
    store = located("memory://games/a.scores.db")

    def refuses(*given: object, **more: object) -> None:
        raise PermissionError(13, "Access denied")

    monkeypatch.setattr(type(bucket), "put_file", refuses)
    denied = pytest.raises(StorageError, match=r"could not be put back .* Access denied")
    with denied, working_copy(store) as here:
        add(here, 1)
    assert numbers(here) == [1]


def test_a_store_that_has_hardly_grown_is_not_sent_again(bucket, monkeypatch):
    """All of it is sent each time: hours of scores, every five minutes."""
    store = located("memory://games/a.scores.db")
    with working_copy(store) as here:
        with sqlite3.connect(here) as file:
            file.execute("CREATE TABLE filling AS SELECT zeroblob(1 << 20)")
        file.close()
    sent = []
    plain = shared_store.send
    monkeypatch.setattr(shared_store, "PUT_BACK_EVERY_S", 0.01)
    monkeypatch.setattr(shared_store, "send", lambda file, to: sent.append(file.name) or plain(file, to))
    with working_copy(store) as here:
        for _ in range(1000):
            if sent:
                break
            shared_store.threading.Event().wait(0.01)
        add(here, 1)
        shared_store.threading.Event().wait(0.3)
        assert len(sent) == 1
    assert len(sent) == 2
    assert numbers(local_file(store)) == [1]


def test_who_only_reads_the_scores_meanwhile_leaves_those_that_are_worked_on(bucket):
    store = located("memory://games/a.scores.db")
    with working_copy(store) as here:
        add(here, 1)
    with working_copy(store) as here:
        add(here, 2)
        assert numbers(local_file(store)) == [1]
        assert numbers(here) == [1, 2]


def test_a_store_is_known_to_be_a_copy(bucket, tmp_path):
    with working_copy(located("memory://games/a.scores.db")) as here:
        assert is_copy(here)
    assert not is_copy(tmp_path / "a.scores.db")
