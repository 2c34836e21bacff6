"""Workers begin when there is something to compute, and not before a user has heard of a mistake."""

from __future__ import annotations

import threading
import time

import pytest

from bball_tag.errors import OptionError
from bball_tag.scale import crews, on_ray, processes
from bball_tag.scale.crew import Crew
from bball_tag.scale.crews import place_of, workers
from bball_tag.scale.games import each_game
from bball_tag.scale.room import Share, Waiting, shared
from bball_tag.scale.worker import Found, NoWorkersError
from tests.segments import WorkerHere, crew_here, has_ray

GIB = 1 << 30


class Asked(WorkerHere):
    """Notes that it was asked to begin."""

    has_begun = False

    def ready(self):
        self.has_begun = True


def test_a_worker_begins_with_the_first_task():
    worker = Asked()
    with Crew([worker]) as crew:
        assert len(crew) == 1
        assert not worker.has_begun
        assert crew.submit((0,), len, "four").result(10) == 4
        assert worker.has_begun


def test_a_crew_that_had_nothing_to_do_looks_for_nobody():
    with Crew.looked_for(lambda: pytest.fail("nobody is needed"), 2) as crew:
        assert crew.most_games == 3


def test_whoever_is_found_is_ended_and_what_comes_at_the_end_is_done():
    ends = []
    with Crew.looked_for(
        lambda: Found([WorkerHere(), WorkerHere()], at_end=lambda: ends.append(1)), 1
    ) as crew:
        assert crew.most_games == 2
        assert crew.submit((0,), len, "four").result(10) == 4
        assert (len(crew), crew.most_games) == (2, 3)
    assert ends == [1]


def test_where_nobody_is_found_all_games_end():
    def find():
        raise NoWorkersError("Ray is not installed.")

    with Crew.looked_for(find, 2) as crew:
        games = each_game(range(9), lambda game: crew.submit((0,), len, "four").result(10), crew)
        assert isinstance(next(games)[1], NoWorkersError)
        games.close()


def test_no_process_begins_where_the_options_of_a_call_make_no_sense(monkeypatch):
    class Pool:
        def __init__(self, *_, **__):
            pytest.fail("a process begins")

    monkeypatch.setattr(processes, "ProcessPoolExecutor", Pool)
    with workers(2, None) as crew, pytest.raises(OptionError), place_of(crew):
        raise OptionError("--threshold makes no sense")


@has_ray
def test_no_cluster_is_looked_for_where_nothing_is_computed(monkeypatch):
    monkeypatch.setattr(on_ray, "_connect", lambda *_: pytest.fail("a cluster is looked for"))
    with workers(3, "127.0.0.1:1") as crew:
        assert crew.most_games == 4


def test_a_place_that_is_given_is_kept_and_a_crew_has_one_for_each_call():
    with crew_here() as crew:
        with place_of(crew) as first, place_of(crew) as second, place_of(second) as same:
            assert same is second
            assert first.number < second.number
        third = crew.place()
        third.wait("weights")


def test_one_waits_for_all_who_stand_before_and_for_nobody_behind():
    with crew_here() as crew:
        first, second, third = crew.place(), crew.place(), crew.place()
        passed = []
        threads = [
            threading.Thread(
                target=lambda place=place: (place.wait("weights"), passed.append(place.number)), daemon=True
            )
            for place in (third, second)
        ]
        for thread in threads:
            thread.start()
        first.wait("weights")
        time.sleep(0.05)
        assert passed == []
        first.close()
        threads[1].join(10)
        assert passed == [second.number]
        second.close()
        second.close()
        threads[0].join(10)
        assert passed == [second.number, third.number]


@pytest.mark.timeout(60)
def test_nobody_waits_in_the_row_before_a_crew_that_has_ended():
    crew = crew_here()
    crew.place()
    last = crew.place()
    threading.Timer(0.05, crew.close).start()
    last.wait("weights")


@pytest.mark.timeout(60)
def test_a_game_that_comes_while_another_is_at_work_begins_at_once():
    begun, goes_on = [], threading.Event()

    def coming():
        yield "long"
        yield None
        yield "came later"
        while True:
            yield None

    def work(game):
        begun.append(game)
        if game == "long":
            goes_on.wait(30)

    with crew_here() as crew:
        games = each_game(coming(), work, crew)
        assert next(games) == ("came later", None)
        assert begun == ["long", "came later"]
        goes_on.set()
        assert next(games) == ("long", None)
        games.close()


def test_one_game_more_than_there_are_workers_is_under_way():
    at_work, most, lock = set(), [], threading.Lock()

    def work(game):
        with lock:
            at_work.add(game)
            most.append(len(at_work))
        time.sleep(0.02)
        with lock:
            at_work.remove(game)

    with crew_here(2) as crew:
        assert sorted(game for game, _ in each_game(range(12), work, crew)) == list(range(12))
    assert max(most) == 3


@pytest.mark.parametrize(
    ("nodes", "jobs", "share"),
    [
        # 66 cores for 4 are 16, of which the first machine has 2, for its two GPUs: 1 each.
        ([{"CPU": 2, "GPU": 2}, {"CPU": 64, "GPU": 2}], None, Share(4, 1, 1.0)),
        # A third worker finds no place where each has two thirds of a GPU.
        ([{"CPU": 8, "GPU": 2}], 3, Share(3, 2, 0.5)),
        ([{"CPU": 8, "GPU": 1}], 6, Share(6, 1, 0.1666)),
        # With two cores each, two fit on either machine, and nobody has room for the fifth.
        ([{"CPU": 5}, {"CPU": 5}], 5, Share(5, 1, 0.0)),
    ],
)
def test_no_worker_is_asked_for_that_no_machine_has_room_for(nodes, jobs, share):
    assert shared([{**node, "memory": 64 * GIB} for node in nodes], jobs) == share
    assert share.room(nodes) >= share.workers


@pytest.fixture
def waiting(monkeypatch):
    import bball_tag.scale.room as room

    machines = [{"memory": 8.0 * GIB}]
    monkeypatch.setattr(room, "machines", lambda: machines)
    return Waiting(Share(1, 2, 1.0)), machines


def test_a_cluster_without_room_for_anybody_is_waited_for_and_given_up_in_a_sentence(waiting, caplog):
    waits, machines = waiting
    waits.check(10.0)
    waits.check(599.0)
    assert caplog.messages == [
        "The cluster has not a machine with 2 cores and a GPU for a worker. Waiting for it to grow."
    ]
    with pytest.raises(
        NoWorkersError, match="2 cores and a GPU for a worker, and has not grown in 10 minutes"
    ):
        waits.check(601.0)
    machines.append({"CPU": 8.0, "GPU": 1.0})
    waits.check(601.0)


def test_a_busy_cluster_is_waited_for_however_long_that_takes(waiting, caplog):
    waits, machines = waiting
    machines.append({"CPU": 8.0, "GPU": 1.0})
    caplog.set_level("INFO", "bball_tag")
    waits.check(10.0)
    waits.check(1e6)
    assert caplog.messages == ["Waiting for room in the cluster, which is busy with other work."]


def test_a_cluster_that_had_room_is_not_called_busy_when_workers_begin_slowly(waiting, caplog):
    _, machines = waiting
    machines.append({"CPU": 8.0, "GPU": 1.0})
    caplog.set_level("INFO", "bball_tag")
    waits = Waiting(Share(1, 2, 1.0), had_room=True)
    waits.check(10.0)
    waits.check(20.0)
    assert caplog.messages == ["Waiting for the workers to begin."]


@pytest.mark.timeout(60)
def test_a_worker_that_will_never_have_room_ends_the_work_with_its_sentence():
    class NoRoom(WorkerHere):
        def ready(self):
            raise NoWorkersError("The cluster has not grown.")

    with Crew([NoRoom(), NoRoom()]) as crew:
        for _ in range(2):
            with pytest.raises(NoWorkersError, match="has not grown"):
                crew.submit((0,), len, "four").result(10)


@has_ray
def test_a_ray_worker_that_has_not_begun_is_looked_after(monkeypatch):
    from types import SimpleNamespace

    import ray
    from ray.exceptions import GetTimeoutError

    checked = []

    class Waits:
        def check(self, seconds):
            checked.append(seconds)
            if len(checked) == 3:
                raise NoWorkersError("no room")

    def get(_, timeout):
        raise GetTimeoutError

    monkeypatch.setattr(ray, "get", get)
    actor = SimpleNamespace(version=SimpleNamespace(remote=lambda: None))
    with pytest.raises(NoWorkersError, match="no room"):
        on_ray.RayWorker(actor, Waits()).ready()
    assert checked == sorted(checked)


def test_one_job_has_no_place_and_begins_nobody():
    with place_of(None) as place, place_of(1) as same, crews.crew_of(None) as crew:
        assert (place, same, crew) == (None, None, None)
