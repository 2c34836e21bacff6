"""Fields of a contract of any kind and size: read if they can be meant, else refused, all at once."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import HEADER_KEY, Contract, RealVideo, read_contract, to_header
from bball_tag.checkpoint.description import description
from bball_tag.clips import ClipSpec
from bball_tag.errors import CheckpointError

CONTRACT = Contract(
    labels=("pass", "shoot"),
    clip=ClipSpec(num_frames=8, fps=12.5, context_frames=4),
    width=16,
    streams=("rgb", "motion"),
    temperature=1.5,
    temperatures={"rgb": 1.2},
    shares={"pass": 0.2, "shoot": 0.8},
    thresholds={"shoot": 0.4},
    world="rendered",
    real=RealVideo(2.0, 0.5, 0.4, 100),
    provenance={"name": "mine", "metrics": {"accuracy": 0.9}},
)


def stored(folder: Path, fields: Any) -> Path:
    text = fields if isinstance(fields, str) else json.dumps(fields)
    header = json.dumps({"__metadata__": {HEADER_KEY: text}}).encode()
    path = folder / "a.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    return path


def fields_of(contract: Contract) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(to_header(contract)[HEADER_KEY])
    return fields


def test_a_contract_with_everything_in_it_comes_back(tmp_path):
    assert read_contract(stored(tmp_path, fields_of(CONTRACT))) == CONTRACT


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        (("clip", "fps"), 1e9, "fps: 1000000000.0 is not a number from 1e-06 to 240"),
        (("clip", "fps"), True, "fps: True is not a number"),
        (("clip", "num_frames"), 4.5, "num_frames: 4.5 is not a whole number"),
        (("clip", "num_frames"), 10**6, "num_frames: 1000000 is not a number from 1 to 32"),
        (("clip", "context_frames"), 13, "the model would see 34 frames, and 32 are the most"),
        (("clip", "width"), 10**6, "width: 1000000 is not a number from 32 to 4096"),
        (("clip", "std"), [0.2, 0.2, 0], "std: 0 is not a number from 1e-06"),
        (("clip", "mean"), [0.2, 0.2], "mean: [0.2, 0.2] are not three numbers"),
        (("clip", "what"), 1, "what: it is an unknown field"),
        (("clip",), [8, 12.5], "clip: [8, 12.5] is not an object"),
        (("width",), 10**6, "width: 1000000 is not a number from 4 to 1024"),
        (("width",), 10**400, "width: 1000000"),
        (("labels",), "pass", "labels: 'pass' is not a list"),
        (("labels",), ["a", 7], "labels: 7 is not text"),
        (("labels",), ["a", " "], "labels: ' ' is not a name of a label"),
        (("labels",), [str(number) for number in range(2000)], "labels: 2000 labels are too many"),
        (("temperature",), 1e308, "temperature: 1e+308 is not a number"),
        (("thresholds",), {"shoot": 7}, "thresholds: 7 is not a number from 1e-06 to 1"),
        (("thresholds",), {"dunk": 0.5}, "thresholds: 'dunk' is not a label"),
        (("thresholds",), [0.5], "thresholds: [0.5] is not an object"),
        (("real", "accuracy"), "good", "real: 'good' is not a number from 0 to 1"),
        (("provenance",), "me", "provenance: 'me' is not an object"),
        (("world",), 5, "world: 5 is not text"),
        (("surprise",), 5, "surprise: it is an unknown field"),
        (("format_version",), {}, "its format version is {}"),
    ],
)
def test_a_field_of_another_kind_or_size_is_refused(tmp_path, place, value, words):
    fields = fields_of(CONTRACT)
    *way, last = place
    inner = fields
    for key in way:
        inner = inner[key]
    inner[last] = value
    with pytest.raises(CheckpointError) as caught:
        read_contract(stored(tmp_path, fields))
    assert words in str(caught.value)


def test_all_fields_at_fault_are_named_at_once(tmp_path):
    fields = {**fields_of(CONTRACT), "width": "wide", "temperature": None, "labels": 5}
    with pytest.raises(CheckpointError) as caught:
        read_contract(stored(tmp_path, fields))
    assert "3 things are wrong:" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"a": ' + "9" * 5000 + "}", "null", "[]", '{"labels": 1, "labels": 2}', '{"a": NaN}'],
)
def test_a_header_that_holds_something_else_is_refused(tmp_path, text):
    with pytest.raises(CheckpointError, match="its contract is invalid"):
        read_contract(stored(tmp_path, text))


def places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
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
    "\x1b[2J",
    -1,
    0.5,
    1e308,
    10**400,
    True,
    [[[1]]],
    {"a": {"b": [1]}},
]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.lists(st.floats(0, 0.999), min_size=1, max_size=2), strange=st.sampled_from(STRANGE))
def test_whatever_stands_anywhere_it_is_refused_or_can_be_described(tmp_path, at, strange):
    fields = fields_of(CONTRACT)
    for where in at:
        every = sorted(places(fields), key=str)
        *way, last = every[int(where * len(every))]
        inner: Any = fields
        for key in way:
            inner = inner[key]
        inner[last] = copy.deepcopy(strange)
    with suppress(CheckpointError):
        assert description(Checkpoint(stored(tmp_path, fields)))["labels"]
