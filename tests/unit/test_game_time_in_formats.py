"""Game time in the formats that have a place for it: read back by our readers, or by those of others."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import openpyxl
import pympi
import pytest

from bball_tag.annotations import read_annotation
from bball_tag.game_time import GameTime
from bball_tag.players.tracks import Track
from tests.example_events import SHOT, annotation, written

ESTIMATE = GameTime(1, "Q1", 452.4, 3.1)
EXACT = GameTime(5, "OT1", 12.0)
TIMED = annotation(
    replace(SHOT, game_time=ESTIMATE),
    replace(SHOT, label="pass", start=20.0, end=21.0, peak=20.5, game_time=EXACT),
    replace(SHOT, label="walk", start=30.0, end=31.0, peak=30.5),
    tracks=[Track("7", np.arange(10.0, 32.0, 0.5), np.tile([10.0, 20.0, 30.0, 60.0], (44, 1)))],
)


@pytest.mark.parametrize(
    "name", ["xlsx", "csv", "json", "sportscode", "vtt", "elan", "losslesscut", "boris-project"]
)
def test_game_time_comes_back(tmp_path, name):
    suffix = {"sportscode": "xml", "elan": "eaf", "losslesscut": "llc", "boris-project": "boris"}.get(
        name, name
    )
    back = read_annotation(written(TIMED, tmp_path / f"a.{suffix}", name), name)
    assert [event.game_time for event in back] == [ESTIMATE, EXACT, None]
    assert [event.remark for event in back] == ["", "", ""]
    assert [event.confidence for event in back] == pytest.approx([0.93] * 3)


@pytest.mark.parametrize("name", ["soccernet", "osl"])
def test_points_keep_their_game_time(tmp_path, name):
    back = read_annotation(written(TIMED, tmp_path / "a.json", name), name)
    assert [event.game_time for event in back] == [ESTIMATE, EXACT, None]


def test_boris_has_it_in_front_of_the_comment(tmp_path):
    rows = list(openpyxl.load_workbook(written(TIMED, tmp_path / "a.xlsx", "boris")).active.values)
    assert [row[4] for row in rows[1:]] == [
        *["[Q1 7:32.4 ±3.1 s] confidence 0.930"] * 2,
        *["[OT1 0:12.0] confidence 0.930"] * 2,
        *["confidence 0.930"] * 2,
    ]


def test_a_comment_of_a_person_in_boris_stays_a_remark(tmp_path):
    path = written(TIMED, tmp_path / "a.boris")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[OT1 0:12.0] confidence 0.930", "[see 1] what a pass"), encoding="utf-8")
    event = read_annotation(path).events[1]
    assert (event.game_time, event.remark, event.confidence) == (None, "[see 1] what a pass", 1.0)


def test_praat_has_a_tier_below_the_actions(tmp_path):
    grid = pympi.TextGrid(str(written(TIMED, tmp_path / "a.TextGrid")))
    assert [name for _, name in grid.get_tier_name_num()] == ["player 7", "player 7 game time"]
    times = [interval for interval in grid.get_tier("player 7 game time").get_intervals() if interval[2]]
    assert times == [(12.48, 14.56, "Q1 7:32.4 ±3.1 s"), (20.0, 21.0, "OT1 0:12.0")]
    plain = pympi.TextGrid(str(written(annotation(SHOT), tmp_path / "b.TextGrid")))
    assert [name for _, name in plain.get_tier_name_num()] == ["player 7"]


def test_activitynet_has_further_keys(tmp_path):
    results = json.loads(written(TIMED, tmp_path / "a.json", "activitynet").read_text("utf-8"))["results"]
    first, second, third = results["game"]
    assert (first["period"], first["clock"], first["clock_within_s"]) == ("Q1", "7:32.4", "3.1")
    assert (second["period"], second["clock"], "clock_within_s" in second) == ("OT1", "0:12.0", False)
    assert set(third) == {"label", "segment", "score"}


def test_cvat_has_an_attribute_while_an_event_lasts(tmp_path):
    root = ElementTree.parse(written(TIMED, tmp_path / "a.xml", "cvat")).getroot()
    assert [one.findtext("name") for one in root.iter("attribute") if one.find("name") is not None] == [
        "action",
        "player",
        "game time",
    ]
    shown = {
        tuple(one.text or "" for one in box.iter("attribute"))
        for box in root.iter("box")
        if box.get("outside") == "0"
    }
    assert shown == {
        ("no_action", "7", ""),
        ("shoot", "7", "Q1 7:32.4 ±3.1 s"),
        ("pass", "7", "OT1 0:12.0"),
        ("walk", "7", ""),
    }
    plain = ElementTree.parse(written(replace(TIMED, events=[SHOT]), tmp_path / "b.xml", "cvat")).getroot()
    assert {one.get("name") for one in plain.iter("attribute")} - {None} == {"action", "player"}
