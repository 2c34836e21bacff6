"""Copies of what lies at addresses do not pile up, and detectors may lie there."""

from __future__ import annotations

import gc
import shutil
import sqlite3
import threading
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

import bball_tag
from bball_tag.errors import DetectorError, OptionError, StorageError
from bball_tag.players.detect import open_detector
from bball_tag.scoring.feature_store import read_features
from bball_tag.scoring.features import FeatureKind
from bball_tag.scoring.shared_store import working_copy
from bball_tag.scoring.store import ClipScore, RunState, ScoreStore
from bball_tag.scoring.store_file import rows_of_last_run
from bball_tag.storage import lent as lent_module
from bball_tag.storage import lent_file, located, remove_lent
from bball_tag.storage.copies import copy_of
from bball_tag.storage.lent import _Shelf
from tests.memory_storage import empty_storage
from tests.yolox_files import output_for, write_model

NANO = Path(bball_tag.__file__).parent / "players" / "yolox_nano_basketball.onnx"


@pytest.fixture
def bucket(monkeypatch):
    monkeypatch.setattr(lent_module, "_shelf", _Shelf())
    return empty_storage()


def pipe(bucket, name, content):
    bucket.pipe(f"/games/{name}", content)
    return located(f"memory://games/{name}")


def test_of_many_files_that_are_read_one_after_the_other_few_copies_are_kept(bucket):
    copies = []
    for number in range(9):
        with lent_file(pipe(bucket, f"{number}.xlsx", b"%d" % number)) as here:
            assert here.read_bytes() == b"%d" % number
            assert here.name == f"{number}.xlsx"
            copies.append(here)
    assert [copy.exists() for copy in copies] == [False] * 7 + [True] * 2
    assert lent_module._shelf._copies.keys() == {"memory://games/7.xlsx", "memory://games/8.xlsx"}


def test_a_copy_stays_while_somebody_reads_it(bucket):
    with ExitStack() as stack:
        held = [
            stack.enter_context(lent_file(pipe(bucket, f"{number}.db", b"%d" % number)))
            for number in range(5)
        ]
        with lent_file(located("memory://games/0.db")) as again:
            assert again == held[0]
        assert [copy.read_bytes() for copy in held] == [b"0", b"1", b"2", b"3", b"4"]
    assert sum(copy.exists() for copy in held) == 2


def test_nothing_is_left_of_a_command_that_ends_at_once(bucket):
    with lent_file(pipe(bucket, "a.db", b"scores")) as here:
        folder = here.parents[1]
        remove_lent()
        assert not folder.exists()
    with lent_file(located("memory://games/a.db")) as again:
        assert again.read_bytes() == b"scores"


def test_a_file_that_has_changed_is_fetched_anew_and_one_that_has_not_is_not(bucket):
    address = pipe(bucket, "a.csv", b"first")
    with lent_file(address) as first, lent_file(address) as same:
        assert same == first
        pipe(bucket, "a.csv", b"second one")
        with lent_file(address) as second:
            assert (first.read_bytes(), second.read_bytes()) == (b"first", b"second one")


def test_what_is_not_there_is_told_and_a_file_of_this_computer_is_itself(bucket, tmp_path):
    with lent_file(tmp_path / "a.csv") as here:
        assert here == tmp_path / "a.csv"
    with (
        pytest.raises(StorageError, match="there is no such file"),
        lent_file(located("memory://games/no.csv")),
    ):
        pass


def test_scores_that_are_read_or_worked_on_at_addresses_leave_no_copy_in_the_cache(bucket, tmp_path):
    store = tmp_path / "scores.db"
    with sqlite3.connect(store) as file:
        file.execute("CREATE TABLE runs (id, used)")
        file.execute("INSERT INTO runs VALUES (7, 1)")
    file.close()
    for number in range(4):
        address = pipe(bucket, f"{number}.db", store.read_bytes())
        assert rows_of_last_run(address, "SELECT id FROM runs WHERE id = (%s)") == [(7,)]
        assert not copy_of(address).parent.exists()
        with working_copy(address) as here:
            assert here.exists()
        assert not here.exists()


def test_a_detector_may_lie_at_an_address_with_the_names_of_its_classes(bucket, tmp_path):
    own = write_model(tmp_path / "own.onnx", (64, 96), output_for(64, 96, 3, {}))
    address = pipe(bucket, "own.onnx", own.read_bytes())
    with pytest.raises(DetectorError, match=r"own\.onnx has 3 classes"):
        open_detector(str(address))
    pipe(bucket, "own.names", b"ball\nreferee\nplayer\n")
    found = open_detector(str(address))
    assert (found.name, found._people.players, found._people.others) == ("own", (2,), (1,))
    pipe(bucket, "own.names", b"player\nreferee\nball\n")
    named = open_detector(str(address))
    assert named._people.players == (0,)
    assert named.id != found.id


def test_a_detector_at_an_address_of_a_file_is_that_file(tmp_path):
    own = tmp_path / "own one.onnx"
    shutil.copy(NANO, own)
    shutil.copy(NANO.with_suffix(".names"), own.with_suffix(".names"))
    assert open_detector(own.as_uri()).id == open_detector("nano").id


@pytest.mark.parametrize("address", ["ftp://host/own.onnx", "sr://league/own.onnx"])
def test_an_address_of_an_unknown_kind_is_told_with_those_that_are_known(address):
    with pytest.raises(OptionError, match=r"nothing is known of \w+:// here.* https://.* s3://BUCKET/NAME"):
        open_detector(address)


def test_a_detector_that_is_not_at_its_address_is_told(bucket):
    with pytest.raises(StorageError, match=r"memory://games/no\.onnx: there is no such file"):
        open_detector("memory://games/no.onnx")


@pytest.fixture
def slow(bucket, monkeypatch):
    """Storage that is slow to send `slow.db`; it fails if it is told to."""
    fetch = lent_module.fetch
    begun, goes_on = threading.Event(), threading.Event()
    fetched, errors = [], []

    def slow_fetch(address, copy, state):
        fetched.append(address.name)
        if address.name == "slow.db":
            begun.set()
            assert goes_on.wait(30)
            if errors:
                raise errors.pop()
        fetch(address, copy, state)

    def read():
        try:
            with lent_file(located("memory://games/slow.db")) as here:
                slow_fetch.read.append(here.read_bytes())
        except StorageError as error:
            slow_fetch.read.append(error)

    def begin(count):
        threads = [threading.Thread(target=read, daemon=True) for _ in range(count)]
        for thread in threads:
            thread.start()
        assert begun.wait(30)
        return threads

    def end(threads):
        goes_on.set()
        for thread in threads:
            thread.join(30)

    pipe(bucket, "slow.db", b"slow")
    monkeypatch.setattr(lent_module, "fetch", slow_fetch)
    slow_fetch.read, slow_fetch.begin, slow_fetch.end = [], begin, end
    slow_fetch.fetched, slow_fetch.errors = fetched, errors
    return slow_fetch


@pytest.mark.timeout(60)
def test_who_reads_another_file_does_not_wait_for_slow_storage(bucket, slow):
    threads = slow.begin(2)
    with lent_file(pipe(bucket, "quick.db", b"quick")) as here:
        assert here.read_bytes() == b"quick"
    assert slow.read == []
    slow.end(threads)
    assert slow.read == [b"slow", b"slow"]
    assert sorted(slow.fetched) == ["quick.db", "slow.db"]


@pytest.mark.timeout(60)
def test_a_command_that_is_stopped_does_not_wait_for_slow_storage(slow):
    threads = slow.begin(1)
    folder = Path(lent_module._shelf._folder.name)
    remove_lent()
    assert not folder.exists()
    slow.end(threads)


@pytest.mark.timeout(60)
def test_a_file_that_could_not_be_fetched_is_fetched_by_the_next_who_needs_it(slow):
    slow.errors.append(OSError("the line is cut"))
    slow.end(slow.begin(2))
    assert sorted(map(str, slow.read)) == [
        "Cannot fetch memory://games/slow.db: the line is cut.",
        "b'slow'",
    ]
    assert [len(known) for known in lent_module._shelf._copies.values()] == [1]


def test_stores_of_many_games_are_fetched_once_however_often_they_are_read(bucket, tmp_path, monkeypatch):
    kind = FeatureKind("b1", "c1", ("x", "y"), 12.5, 8, ("rgb",), (2,))
    clip = ClipScore("7", 0, 8, np.array([0.25, 0.75], np.float32), np.array([1, 2], np.float16), ("rgb",))
    with ScoreStore(tmp_path / "a.db", {"video": "a"}, {"video": "a"}) as store:
        store.keep_features(kind)
        store.append([clip], RunState(1, complete=True))
    addresses = [pipe(bucket, f"{number}.db", (tmp_path / "a.db").read_bytes()) for number in range(5)]
    fetched, fetch = [], lent_module.fetch
    monkeypatch.setattr(lent_module, "fetch", lambda *given: (fetched.append(given[0].name), fetch(*given)))
    games = [read_features(address) for address in addresses]
    for _ in range(3):
        assert [game.values.tolist() for game in games] == [[[1, 2]]] * 5
    assert fetched == ["0.db", "1.db", "2.db", "3.db", "4.db"]
    del games
    gc.collect()
    assert len(lent_module._shelf._copies) == 2
