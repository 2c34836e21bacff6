"""Who computes what and when, and what becomes of it where workers die."""

from __future__ import annotations

import os
import socket
import sys
import threading
from concurrent.futures import CancelledError

import pytest

from bball_tag.console import GamesProgress
from bball_tag.errors import BballTagError, OptionError
from bball_tag.scale.crew import Crew
from bball_tag.scale.crews import crew_of
from bball_tag.scale.games import each_game
from bball_tag.scale.on_ray import near
from bball_tag.scale.room import Share, shared
from bball_tag.scale.worker import NoWorkersError, Outcome, WorkerDiedError, computed

GIB = 1 << 30


class Worker:
    """Computes in the thread that stands by it; `deaths` of its tasks kill it, and it may never begin."""

    def __init__(self, deaths=0, *, begins=True, gate=None):
        self.deaths, self.begins, self.gate = deaths, begins, gate
        self.closed = False

    def ready(self):
        if not self.begins:
            raise WorkerDiedError("no room")

    def run(self, function, arguments) -> Outcome:
        if self.gate:
            self.gate.wait(10)
        if self.deaths:
            self.deaths -= 1
            raise WorkerDiedError("killed")
        return computed(function, arguments)

    def close(self):
        self.closed = True


def test_the_most_urgent_task_is_computed_first():
    gate, done = threading.Event(), []
    with Crew([Worker(gate=gate)]) as crew:
        first = crew.submit((0,), done.append, "at once")
        while not first.running():
            pass
        rest = [crew.submit((urgency,), done.append, urgency) for urgency in (3, 1, 2)]
        gate.set()
        for future in (first, *rest):
            future.result(10)
    assert done == ["at once", 1, 2, 3]


def test_a_task_that_is_cancelled_before_it_begins_is_not_computed():
    gate, done = threading.Event(), []
    with Crew([Worker(gate=gate)]) as crew:
        first = crew.submit((0,), done.append, "first")
        while not first.running():
            pass
        assert crew.submit((1,), done.append, "never").cancel()
        gate.set()
        crew.submit((2,), done.append, "last").result(10)
    assert done == ["first", "last"]


@pytest.mark.parametrize(("deaths", "is_done"), [(1, True), (2, True), (3, False)])
def test_a_task_is_computed_again_twice_where_its_worker_died(deaths, is_done):
    with Crew([Worker(deaths)]) as crew:
        future = crew.submit((0,), len, "four")
        if is_done:
            assert future.result(10) == 4
        else:
            with pytest.raises(BballTagError, match="3 workers died over the same part"):
                future.result(10)
        assert crew.submit((0,), len, "and on").result(10) == 6


def test_a_worker_that_never_begins_keeps_no_task_from_the_others():
    with Crew([Worker(begins=False), Worker()]) as crew:
        assert [crew.submit((0,), len, "four").result(10) for _ in range(5)] == [4] * 5


def test_where_no_worker_begins_every_task_fails_in_a_sentence():
    with Crew([Worker(begins=False), Worker(begins=False)]) as crew:
        for _ in range(3):
            with pytest.raises(NoWorkersError, match="No worker could begin"):
                crew.submit((0,), len, "four").result(10)


def test_where_no_worker_begins_a_cancelled_task_keeps_none_of_the_others_waiting():
    class Late(Worker):
        def ready(self):
            self.gate.wait(10)
            raise WorkerDiedError("no room")

    gate = threading.Event()
    with Crew([Late(gate=gate)]) as crew:
        cancelled, other = (crew.submit((urgency,), len, "four") for urgency in (0, 1))
        assert cancelled.cancel()
        gate.set()
        with pytest.raises(NoWorkersError):
            other.result(10)


def test_the_error_of_a_task_is_raised_where_it_is_waited_for():
    def fails():
        raise OptionError("makes no sense")

    with Crew([Worker()]) as crew, pytest.raises(OptionError, match="makes no sense"):
        crew.submit((0,), fails).result(10)


def test_nobody_waits_for_ever_for_a_crew_that_is_closed():
    gate = threading.Event()
    worker = Worker(gate=gate)
    crew = Crew([worker])
    at_work, waits = crew.submit((0,), len, "a"), crew.submit((1,), len, "b")
    while not at_work.running():
        pass
    gate.set()
    crew.close()
    assert worker.closed
    late = crew.submit((0,), len, "c")
    for future in (waits, late):
        if not future.done() or future.cancelled():
            with pytest.raises(CancelledError):
                future.result(10)


def test_nobody_waits_for_a_task_whose_worker_died_before_the_crew_was_closed():
    class Dies(Worker):
        def ready(self):
            if self.deaths < 1:
                self.gate.wait(10)
                raise WorkerDiedError("gone for good")

        def run(self, function, arguments):
            self.deaths -= 1
            raise WorkerDiedError("killed")

    gate = threading.Event()
    crew = Crew([Dies(deaths=1, gate=gate)])
    future = crew.submit((0,), len, "four")
    while not future.running():
        pass
    gate.set()
    crew.close()
    with pytest.raises((CancelledError, BballTagError, WorkerDiedError)):
        future.result(10)


def test_what_several_workers_log_is_shown_once(caplog):
    import logging

    caplog.set_level(logging.INFO, "bball_tag")

    def tells():
        logging.getLogger("bball_tag").info("Computing with something.")

    with Crew([Worker()]) as crew:
        for _ in range(3):
            crew.submit((0,), tells).result(10)
    # In a process of its own the first of each two is not there.
    shown = [record for record in caplog.records if record.funcName == "_settle"]
    assert [record.getMessage() for record in shown] == ["Computing with something."]


@pytest.mark.parametrize("with_crew", [False, True])
def test_every_game_ends_with_what_went_wrong(with_crew):
    def work(game):
        if game == "bad":
            raise BballTagError("broken")

    with Crew([Worker()]) as crew:
        ended = dict(each_game(["a", "bad", "c"], work, crew if with_crew else None))
    assert {game: str(error or "") for game, error in ended.items()} == {"a": "", "bad": "broken", "c": ""}


def test_stopping_early_closes_the_crew():
    with Crew([Worker()]) as crew:
        games = each_game(["a", "b", "c", "d"], lambda game: crew.submit((0,), len, game).result(10), crew)
        next(games)
        games.close()
        with pytest.raises(CancelledError):
            crew.submit((0,), len, "late").result(10)


def test_one_job_needs_nobody_and_none_makes_no_sense():
    with crew_of(1) as crew:
        assert crew is None
    with pytest.raises(OptionError, match="jobs"), crew_of(0):
        pass


@pytest.mark.parametrize(
    ("nodes", "jobs", "share"),
    [
        ([{"CPU": 2, "memory": 8 * GIB}], 2, Share(2, 1, 0.0)),
        ([{"CPU": 8, "memory": 64 * GIB}], 2, Share(2, 4, 0.0)),
        ([{"CPU": 8, "memory": 64 * GIB}], None, Share(8, 1, 0.0)),
        ([{"CPU": 8, "memory": 7 * GIB}], None, Share(3, 2, 0.0)),
        ([{"CPU": 2, "memory": 8 * GIB}], 4, Share(4, 1, 0.0)),
        ([{"CPU": 64, "GPU": 8, "memory": 400 * GIB}], None, Share(8, 8, 1.0)),
        ([{"CPU": 64, "GPU": 8, "memory": 400 * GIB}], 16, Share(16, 4, 0.5)),
        (
            [{"CPU": 8, "memory": 30 * GIB}, {"memory": 3 * GIB}, {"CPU": 2, "memory": 9 * GIB}],
            2,
            Share(2, 2, 0.0),
        ),
    ],
)
def test_workers_share_the_machines_of_a_cluster(nodes, jobs, share):
    assert shared(nodes, jobs) == share


def test_how_many_games_are_done_and_the_time_left_are_told(caplog):
    caplog.set_level("INFO", "bball_tag")
    with GamesProgress(2) as games:
        with games.game("a.mp4", 10.0) as move:
            move(5.0)
        games.done()
        games.done()
    told = [record.getMessage() for record in caplog.records]
    assert told == ["1 of 2 games are done, about 0:00 left.", "2 of 2 games are done."]


@pytest.mark.parametrize("given", [None, "auto"])
def test_auto_is_the_cluster_that_ray_start_noted_if_it_is_still_there(monkeypatch, tmp_path, given):
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    monkeypatch.setenv("RAY_ADDRESS", given) if given else monkeypatch.delenv("RAY_ADDRESS", raising=False)
    assert near() == "local"
    noted = tmp_path / "ray" / "ray_current_cluster"
    noted.parent.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        noted.write_text(f"{address}\n")
        assert near() == address
    assert near() == "local"


def note_a_cluster(folder, server):
    noted = folder / "ray" / "ray_current_cluster"
    noted.parent.mkdir(parents=True)
    address = f"127.0.0.1:{server.getsockname()[1]}"
    noted.write_text(address)
    return address


@pytest.mark.skipif(sys.platform != "linux", reason="Ray heeds TMPDIR on Linux alone")
def test_auto_finds_the_cluster_where_temporary_files_have_another_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.delenv("RAY_TMPDIR", raising=False)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "scratch"))
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = note_a_cluster(tmp_path / "scratch", server)
        assert near() == address
        monkeypatch.setenv("RAY_TMPDIR", str(tmp_path / "ray's own"))
        assert near() == "local"


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="Windows has no such numbers of users")
def test_auto_does_not_trust_what_another_user_noted(monkeypatch, tmp_path):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = note_a_cluster(tmp_path, server)
        assert near() == address
        other = os.getuid() + 1
        monkeypatch.setattr(os, "getuid", lambda: other)
        assert near() == "local"


def test_auto_is_the_cluster_that_the_environment_names(monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "10.1.2.3:6379")
    assert near() == "10.1.2.3:6379"
