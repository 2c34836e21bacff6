"""How sure an event is, out of the box: what a checkpoint carries, and where that holds."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

import bball_tag
from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import HEADER_KEY, Contract, RealVideo, read_contract, to_header
from bball_tag.checkpoint.description import description
from bball_tag.clips import ClipSpec
from bball_tag.events import EventRules
from bball_tag.events.rules import Calibration
from bball_tag.learning.sureness import JudgedEvents, calibrated, calibration_error, fit_calibration, joined
from bball_tag.learning.tune import _calibration
from tests.unit.test_contract_fields import stored
from tests.unit.test_sureness import made_up

GIVEN, FOUND = Calibration(1.5, -1.0, 0.5, {"shoot": 0.2}), Calibration(1.2, -2.0)
CONTRACT = Contract(
    ("shoot", "no_action"),
    ClipSpec(subject="player"),
    world="rendered",
    real=RealVideo(2.0, 0.5, 0.4, 100),
    sureness={"given": asdict(GIVEN), "found": asdict(FOUND)},
)
SAMPLE = Path(bball_tag.__file__).parent / "checkpoint" / "sample.safetensors"


def test_given_and_found_players_have_a_calibration_each():
    assert CONTRACT.event_rules("given").calibration == GIVEN
    assert CONTRACT.event_rules("found").calibration == FOUND
    assert CONTRACT.event_rules().calibration is None
    assert replace(CONTRACT, sureness={}).event_rules("found").calibration is None


def test_it_does_not_hold_on_real_video():
    assert CONTRACT.on("real").event_rules("found").calibration is None
    assert CONTRACT.on("rendered").event_rules("found").calibration == FOUND


def test_tuned_rules_come_before_it():
    mine = Calibration(0.7)
    tuned = CONTRACT.with_rules(EventRules(calibration=mine), "rendered")
    assert tuned.event_rules("given").calibration == mine
    # Rules that say nothing of confidence leave it.
    plain = CONTRACT.with_rules(EventRules(threshold=0.3), "rendered")
    assert plain.event_rules("given") == EventRules(threshold=0.3, calibration=GIVEN)


def test_it_is_kept_in_the_header(tmp_path):
    fields = json.loads(to_header(CONTRACT)[HEADER_KEY])
    assert read_contract(stored(tmp_path, fields)) == CONTRACT


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"seen": {}}, "players are given or found"),
        ({"given": {"slope": -1}}, "-1 is not a number from 0"),
        ({"given": {"bend": 1}}, "'bend' is unknown"),
        ({"found": 3}, "found"),
        (7, "sureness"),
    ],
)
def test_nonsense_in_the_header_is_refused(tmp_path, value, words):
    fields = {**json.loads(to_header(CONTRACT)[HEADER_KEY]), "sureness": value}
    with pytest.raises(bball_tag.BballTagError, match=words):
        read_contract(stored(tmp_path, fields))


def test_the_sample_checkpoint_has_both():
    sample = Checkpoint(SAMPLE)
    assert set(sample.contract.sureness) == {"given", "found"}
    assert description(sample)["confidence of events"] == (
        "how likely an event is to be right, for given and found players on rendered video"
    )
    # Where players are found, an event of the same high probability, as most have, is less often right.
    given, found = (sample.contract.event_rules(kind).calibration for kind in ("given", "found"))
    for label in given.labels:
        assert found.of(label, 0.8, 1.5) < given.of(label, 0.8, 1.5)


def test_tuning_keeps_it_where_a_new_one_is_no_better():
    truth = Calibration(0.6, -0.8, 0.5, {"run": 0.7, "shoot": -0.7})
    kept, before, after = _calibration([made_up(40, truth, seed) for seed in range(20, 24)], truth)
    assert kept == truth
    assert before < after
    many = [made_up(300, truth, seed) for seed in range(4)]
    new, worse, better = _calibration(many, Calibration(3.0, 2.0))
    assert new not in (None, Calibration(3.0, 2.0))
    assert better < worse


def test_too_few_events_leave_what_there_was():
    few = JudgedEvents(("run",) * 4, np.full(4, 0.5), np.ones(4), np.array([True, False, True, False]))
    assert _calibration([few, few], FOUND) == (FOUND, pytest.approx(0.37, abs=0.2), None)


def test_what_is_left_out_is_judged_by_what_there_was_where_the_others_are_too_few():
    many, few = made_up(400, FOUND, 30), made_up(3, FOUND, 31)
    _, _, crossed = _calibration([many, few], FOUND)
    # The three events of the one game fit nothing, so that the other keeps what there was.
    again = fit_calibration(many, FOUND)
    confidence = np.concatenate([calibrated(many, FOUND), calibrated(few, again)])
    assert crossed == pytest.approx(calibration_error(confidence, joined([many, few]).right))
