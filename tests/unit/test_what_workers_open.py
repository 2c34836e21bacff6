"""What a worker opens stays open, from task to task and from game to game."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from bball_tag.players.tiles import WHOLE
from bball_tag.scale import tasks
from bball_tag.scale.tasks import _Kept
from bball_tag.scoring.options import ScoringOptions


@pytest.fixture
def opened(monkeypatch):
    """What is opened, in order: detectors by their name, and the subjects of games."""
    order = []

    class RunSubjects:
        def __init__(self, video, options, spec, detector):
            order.append(video)
            self.detector = detector

        def tiling(self, start, end):
            return WHOLE

        def open(self, start, stop, tiling):
            order.append(f"{tiling}")
            return [self.detector]

    def detector_of(options):
        order.append(options.detector)
        return object()

    monkeypatch.setattr(tasks, "RunSubjects", RunSubjects)
    monkeypatch.setattr(tasks, "detector_of", detector_of)
    monkeypatch.setattr(tasks, "_plans", _Kept(4))
    monkeypatch.setattr(tasks, "_detectors", _Kept(1))
    return order


def plan(game, detector="hash", tiling=None, name="own.onnx"):
    options = ScoringOptions(detector=name)
    own = {"video": game, "options": options, "spec": None, "start": 0.0, "end": 9.0, "stop": None}
    return SimpleNamespace(id=game, detector=detector, tiling=tiling, **own)


def test_a_detector_is_opened_once_for_all_games_and_tasks(opened):
    for game in ("a", "b"):
        assert tasks.choose_tiling(plan(game)) == WHOLE
        for _ in range(3):
            tasks._opened(plan(game, tiling=WHOLE)).subjects(plan(game, tiling=WHOLE))
    assert opened == ["own.onnx", "a", f"{WHOLE}", "b", f"{WHOLE}"]


def test_a_detector_whose_file_has_got_other_weights_is_opened_anew(opened):
    tasks.choose_tiling(plan("a"))
    tasks.choose_tiling(plan("b", detector="another hash"))
    assert opened == ["own.onnx", "a", "own.onnx", "b"]


def test_where_nobody_has_to_be_found_no_detector_is_opened(opened):
    found = tasks._opened(plan("a", detector=None)).subjects(plan("a", detector=None))
    assert found == [None]
    assert opened == ["a", "None"]
