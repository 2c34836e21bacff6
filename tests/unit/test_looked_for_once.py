"""Workers are looked for once, for all games, and the end of a crew does not depend on who looks."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError

import pytest

from bball_tag.scale import crew as crews
from bball_tag.scale.crew import Crew
from bball_tag.scale.games import each_game
from bball_tag.scale.worker import Found, NoWorkersError
from tests.segments import WorkerHere


@pytest.mark.timeout(60)
def test_where_no_cluster_is_there_all_games_hear_of_it_after_one_look():
    looks = []

    def find():
        looks.append(1)
        raise NoWorkersError("There is no cluster.")

    with Crew.looked_for(find, 2) as crew:
        games = each_game(range(3), lambda game: crew.submit((0,), len, "four").result(10), crew)
        ended = [error for _, error in games]
        with pytest.raises(NoWorkersError, match="no cluster"):
            len(crew)
    assert [str(error) for error in ended] == ["There is no cluster."] * 3
    assert looks == [1]


class Looking:
    """Looks for workers until the gate opens."""

    def __init__(self):
        self.begun, self.gate, self.ended = threading.Event(), threading.Event(), threading.Event()

    def __call__(self):
        self.begun.set()
        self.gate.wait(60)
        return Found([WorkerHere()], at_end=self.ended.set)


@pytest.fixture
def looking(monkeypatch):
    monkeypatch.setattr(crews, "_LOOKED_FOR_S", 0.1)
    looking = Looking()
    yield looking
    looking.gate.set()


@pytest.mark.timeout(30)
def test_who_stops_while_a_cluster_is_looked_for_does_not_wait_until_it_answers(looking):
    heard = []

    def work(_):
        try:
            crew.submit((0,), len, "four")
        except CancelledError as error:
            heard.append(error)
            raise

    def coming():
        yield from range(2)
        looking.begun.wait(10)
        raise KeyboardInterrupt

    crew = Crew.looked_for(looking, 2)
    with pytest.raises(KeyboardInterrupt):
        list(each_game(coming(), work, crew))
    assert not looking.gate.is_set()
    assert len(heard) == 2
    with pytest.raises(CancelledError):
        len(crew)


@pytest.mark.timeout(30)
def test_workers_who_are_found_after_the_end_are_ended(looking):
    crew = Crew.looked_for(looking, 1)

    def ask():
        with pytest.raises(CancelledError):
            len(crew)

    asked = threading.Thread(target=ask, daemon=True)
    asked.start()
    looking.begun.wait(10)
    crew.close()
    asked.join(10)
    assert not asked.is_alive()
    looking.gate.set()
    assert looking.ended.wait(10)


@pytest.mark.timeout(30)
def test_the_end_waits_a_moment_for_a_cluster_that_is_half_begun(monkeypatch):
    monkeypatch.setattr(crews, "_LOOKED_FOR_S", 30.0)
    looking = Looking()
    crew = Crew.looked_for(looking, 1)
    threading.Thread(target=crew.submit, args=((0,), len, "four"), daemon=True).start()
    looking.begun.wait(10)
    threading.Timer(0.1, looking.gate.set).start()
    crew.close()
    assert looking.ended.is_set()


@pytest.mark.timeout(30)
def test_the_thread_that_found_workers_lives_until_they_are_ended():
    # The system ends with a thread the processes that it began: a local cluster would be gone.
    lived = []

    def find():
        thread = threading.current_thread()
        return Found([WorkerHere()], at_end=lambda: lived.append((thread, thread.is_alive())))

    with Crew.looked_for(find, 1) as crew:
        assert crew.submit((0,), len, "four").result(10) == 4
    ((thread, lives),) = lived
    assert lives
    thread.join(10)
    assert not thread.is_alive()
