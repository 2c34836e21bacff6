"""Annotation JSON that is not what it should be: read or refused, and what is read can be written."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bball_tag.annotations import FORMATS, read_annotation, write_annotation
from bball_tag.errors import AnnotationError, BballTagError
from bball_tag.players.identify import Player
from bball_tag.players.tracks import Track
from tests.example_events import SHOT, annotation, written

TRACK = Track(
    "7", np.array([12.0, 12.1]), np.array([[1.5, 2, 3, 4], [5, 6, 7, 8.25]]), moves=np.zeros((2, 2))
)
WHOLE = annotation(
    SHOT,
    replace(SHOT, start=20.0, end=21.0),
    labels=("block", "shoot"),
    tracks=[TRACK],
    players=(Player("7", "home", "player", (1, 2, 3), 0.5),),
    cuts=(4.0, 9.0),
    settings={"stride": "0.3 s"},
)


def document(tmp_path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(written(WHOLE, tmp_path / "a.json").read_text())
    return content


def refused(tmp_path: Path, content: Any) -> str:
    path = tmp_path / "a.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(AnnotationError) as caught:
        read_annotation(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 100_000, "it is not JSON"),
        ('{"a":' * 100_000, "it is not JSON"),
        ('{"a": ' + "9" * 5000 + "}", "it has a number of thousands of digits"),
        ('{"a": NaN}', "it is not JSON (NaN is no number there)"),
        ('{"format": "x", "format": "y"}', "it has 'format' twice in one object"),
        ("[1, 2]", "[1, 2] is not an object"),
        ("null", "None is not an object"),
        ('{"format": null}', "not bball-tag's own"),
    ],
)
def test_json_that_is_no_annotation_is_refused(tmp_path, text, words):
    assert words in refused(tmp_path, text)


def test_everything_that_is_wrong_is_named_at_once(tmp_path):
    content = document(tmp_path)
    content["labels"] = 5
    content["cuts"] = {"1": 2}
    content["events"][0]["start_s"] = 1e308
    content["events"][1]["label"] = None
    content["events"].append([1, 2])
    content["tracks"] = [{"id": 7, "boxes": [[0, 1, 2, 3, 4]]}, {"id": "7", "boxes": [[1, 1, 2, 3, 4]] * 2}]
    content["players"] *= 2
    assert refused(tmp_path, content).splitlines()[1:] == [
        "  its header is invalid: 5 is not a list",
        "  its list of cuts is invalid: {'1': 2} is not a list",
        "  event 1 is invalid: 1e+308 is not a number from 0 to 3.6e+07",
        "  event 2 is invalid: None is not text",
        "  event 3 is invalid: [1, 2] is not an object",
        "  track 1 is invalid: 7 is not text",
        "  track 2 is invalid: the times of its boxes do not rise from 0 on",
        "  2 players have the id '7'.",
    ]


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        (("video", "fps"), "1e999999999", "the frame rate '1e999999999' makes no sense"),
        (("video", "fps"), 25, "25 is not text"),
        (("video", "width"), 10**300, "is not a number from 0 to 1e+06"),
        (("video", "width"), 12.5, "12.5 is not a whole number"),
        (("video", "duration_s"), 1e308, "1e+308 is not a number"),
        (("video", "has_audio"), "no", "'no' is neither true nor false"),
        (("labels",), ["a", "a"], "a label is there twice"),
        (("rules", "threshold"), 10**400, "the rules make no sense"),
        (("rules", "what"), 1, "the rules make no sense"),
        (("rules", "background"), "no_action", "'no_action' is not a list"),
        (("events", 0, "confidence"), 93, "event 1 is invalid: 93 is not a number from 0 to 1"),
        (("events", 0, "num_clips"), 10**30, "event 1 is invalid: 1000000"),
        (("events", 0, "label"), " ", "event 1 is invalid: the label is empty"),
        (("events", 0, "clip"), 7, "event 1 is invalid: 7 is not text"),
        (("tracks", 0, "boxes"), [[0, 1, 2, 3, 0]], "track 1 is invalid: it has 2 moves for 1 boxes"),
        (("tracks", 0, "boxes", 0), [0, 1e300, 1, 1, 1], "a box is not within reason"),
        (("tracks", 0, "boxes", 0), [0, 1, 1, -1, 1], "a box is not within reason"),
        (("tracks", 0, "boxes", 0), [0, 10**400, 1, 1, 1], "a number is too large"),
        (("tracks", 0, "boxes", 0), [0, "1", 1, 1, 1], "is not made of 5 numbers"),
        (("tracks", 0, "boxes", 0), [0, True, 1, 1, 1], "is not made of 5 numbers"),
        (("tracks", 0, "boxes", 0), 5, "5 is not made of 5 numbers"),
    ],
)
def test_a_value_of_another_kind_or_size_is_refused_by_its_place(tmp_path, place, value, words):
    content = document(tmp_path)
    *way, last = place
    inner = content
    for key in way:
        inner = inner[key]
    inner[last] = value
    assert words in refused(tmp_path, content)


def places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to every value within `value`."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [(*way, key) for key, _ in inner] + [
        found for key, one in inner for found in places(one, (*way, key))
    ]


STRANGE: list[Any] = [
    None,
    {},
    [],
    "",
    "x",
    "1e999999999",
    -1,
    0.5,
    1e308,
    10**400,
    True,
    [[[[]]]],
    {"a": [1]},
    "\x1b[2J",
]


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    at=st.lists(st.floats(0, 0.999), min_size=1, max_size=2), strange=st.sampled_from(STRANGE), data=st.data()
)
def test_whatever_stands_anywhere_it_is_refused_or_can_be_written(tmp_path, at, strange, data):
    content = document(tmp_path)
    for where in at:
        all_places = sorted(places(content), key=str)
        *way, last = all_places[int(where * len(all_places))]
        inner: Any = content
        for key in way:
            inner = inner[key]
        inner[last] = copy.deepcopy(strange)
    path = tmp_path / "a.json"
    path.write_text(json.dumps(content))
    try:
        whole = read_annotation(path)
        write_annotation(whole, tmp_path / "out", data.draw(st.sampled_from(sorted(FORMATS))))
    except BballTagError:
        pass


@pytest.mark.parametrize(
    "item",
    [
        *(None, 5, {}, {"label": None, "position": 1}, {"label": "", "position": 1}, {"label": "x"}),
        *({"label": "x", "position": position} for position in ([1], -1, 10**400, "1e308", "9" * 4000, True)),
        {"label": "x", "position": 1, "confidence": "high"},
        {"label": "x", "position": 1, "gameTime": 5},
        {"label": "x", "position": 1, "team": 5},
    ],
)
def test_points_of_soccernet_that_make_no_sense_are_named_all_at_once(tmp_path, item):
    good = {"label": "x", "position": "1500", "gameTime": "1 - 00:01", "team": None}
    (tmp_path / "a.json").write_text(json.dumps({"predictions": [item, good, item]}))
    with pytest.raises(
        AnnotationError, match=r"2 things are wrong:\n  item 1 is invalid: .+\n  item 3 is invalid: "
    ):
        read_annotation(tmp_path / "a.json", "soccernet")
    (tmp_path / "a.json").write_text(json.dumps({"predictions": [good]}))
    assert read_annotation(tmp_path / "a.json", "soccernet").events[0].start == 1.5
