"""8-bit weights are made by the first game in order that needs them, as in one pass, whoever is quicker."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from bball_tag.errors import OptionError
from bball_tag.scale import pipeline, tasks
from bball_tag.scale.crew import Crew
from bball_tag.scale.pipeline import scored_in_segments
from bball_tag.scale.plan import Plan
from bball_tag.scale.worker import Found, computed
from bball_tag.scoring import backends
from bball_tag.scoring.backends import Engine
from bball_tag.scoring.options import ScoringOptions


class Direct:
    """Computes in the thread that stands by it."""

    def ready(self):
        pass

    def run(self, function, arguments):
        return computed(function, arguments)

    def close(self):
        pass


PLAN = Plan(
    "", None, SimpleNamespace(id="checkpoint"), ScoringOptions(), Engine(), ("rgb",), 1, 0.0, 1.0, None, None
)


@pytest.fixture
def loaded(monkeypatch):
    """The games that loaded their models, in order; the first takes longest to get there."""
    order = []

    def choose_tiling(plan):
        time.sleep(0.2 if plan.id == "first" else 0.0)

    def load_models(plan):
        time.sleep(0.02)
        order.append(plan.id)
        return plan.id == "makes them"

    monkeypatch.setattr(backends, "has_openvino", lambda: True)
    monkeypatch.setattr(tasks, "choose_tiling", choose_tiling)
    monkeypatch.setattr(tasks, "load_models", load_models)
    monkeypatch.setattr(pipeline, "segments_of", lambda *_: iter(()))
    return order


def score(crew, games, engine=PLAN.engine):
    """Score games at the same time, each in a thread, with places in their order."""
    places = [(game, crew.place()) for game in games]

    def work(game, place):
        if game == "bad":
            place.close()
            return
        list(scored_in_segments(replace(PLAN, id=game, engine=engine), (), 0, place))

    threads = [threading.Thread(target=work, args=pair, daemon=True) for pair in reversed(places)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


@pytest.mark.timeout(60)
def test_the_first_game_in_order_makes_the_weights_though_others_are_there_before(loaded):
    with Crew([Direct() for _ in range(4)]) as crew:
        score(crew, ["first", "second", "third"])
    assert loaded == ["first", "second", "third"]


@pytest.mark.timeout(60)
def test_a_game_that_cannot_be_read_keeps_no_other_waiting(loaded):
    with Crew([Direct() for _ in range(4)]) as crew:
        score(crew, ["bad", "first", "second"])
    assert loaded == ["first", "second"]


@pytest.mark.timeout(60)
def test_when_there_are_weights_no_game_waits_for_one_that_is_slow_to_open(loaded):
    with Crew([Direct() for _ in range(4)]) as crew:
        score(crew, ["makes them"])
        slow = crew.place()
        score(crew, ["later"])
        slow.close()
    assert loaded == ["makes them", "later"]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("engine", [Engine(backend="torch"), Engine(precision="bf16")])
def test_where_no_weights_are_made_no_game_waits_for_another(loaded, engine):
    with Crew([Direct() for _ in range(4)]) as crew:
        ahead = crew.place()
        score(crew, ["first", "second"], engine)
        ahead.close()
    assert loaded == []


@pytest.mark.timeout(60)
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_on_one_machine_a_single_worker_converts_to_floats_before_others_begin(loaded, precision):
    with Crew([Direct() for _ in range(4)]) as crew:
        score(crew, ["first", "second"], Engine("openvino", precision=precision))
    assert loaded == ["first", "second"]


@pytest.mark.timeout(60)
def test_floats_that_are_there_let_nobody_pass_who_may_make_8_bit_weights(loaded):
    with Crew([Direct() for _ in range(4)]) as crew:
        score(crew, ["makes them"], Engine("openvino", precision="fp32"))
        score(crew, ["first", "second"])
    assert loaded == ["makes them", "first", "second"]


@pytest.fixture
def cluster():
    crew = Crew.looked_for(lambda: Found([Direct()], is_one_machine=False), 1)
    with crew:
        yield crew


def test_on_several_machines_pytorch_computes_where_nothing_else_is_asked_for(loaded, cluster, monkeypatch):
    engines = []
    monkeypatch.setattr(tasks, "choose_tiling", lambda plan: engines.append(plan.engine))
    score(cluster, ["game"])
    score(cluster, ["game"], Engine(backend="openvino", precision="bf16"))
    assert engines == [Engine(backend="torch"), Engine(backend="openvino", precision="bf16")]
    assert loaded == []


def test_weights_that_each_machine_would_make_for_itself_are_refused(loaded, cluster):
    plan = replace(PLAN, engine=Engine(backend="openvino"))
    with pytest.raises(OptionError, match="each machine would make 8-bit weights of its own"):
        list(scored_in_segments(plan, (), 0, cluster.place()))
