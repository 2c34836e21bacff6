"""Damage is counted once, whoever reads it: in segments, and where a run resumes, as in one pass."""

from __future__ import annotations

import random

import pytest

import bball_tag
import bball_tag.scale.plan as plan
from bball_tag.errors import BballTagError
from bball_tag.scoring.store import ScoreStore
from tests.segments import crew_here, stored_rows
from tests.synthetic import write_video

STRETCH = 200
"""Bytes that are damaged at each of some places."""


@pytest.fixture(scope="module")
def damaged(tmp_path_factory):
    """Sixteen seconds, seven chunks, with damage all over: also where segments meet."""
    path = tmp_path_factory.mktemp("damaged") / "game.ts"
    options = {"g": "10", "x264-params": "threads=1:asm=0"}
    data = bytearray(write_video(path, range(400), options=options).read_bytes())
    rng = random.Random(3)
    for part in range(1, 40):
        place = part * len(data) // 40
        data[place : place + STRETCH] = rng.randbytes(STRETCH)
    path.write_bytes(data)
    return path


@pytest.fixture
def annotate(checkpoint, tmp_path):
    def scored(video, name, **options):
        path = tmp_path / name
        bball_tag.annotate(
            video, checkpoint=checkpoint, scores=path, precision="fp32", progress=False, **options
        )
        return stored_rows(path)

    return scored


@pytest.mark.parametrize("part", [{}, {"start": 4.1, "end": 13.0}])
@pytest.mark.parametrize("chunks", [1, 2, 3])
def test_each_damaged_packet_belongs_to_one_segment(annotate, damaged, monkeypatch, caplog, chunks, part):
    whole = annotate(damaged, "whole.db", **part)
    told = [text for text in caplog.messages if "damaged packets were left out" in text]
    assert int(told[0].split()[1]) > 10
    for name in ("SHORTEST", "LONGEST"):
        monkeypatch.setattr(plan, name, chunks)
    caplog.clear()
    with crew_here() as crew:
        found = annotate(damaged, "found.db", jobs=crew, **part)
    assert [text for text in caplog.messages if "damaged packets were left out" in text] == told
    assert found == whole


@pytest.mark.parametrize("stored", [1, 2, 4])
def test_a_run_that_resumes_counts_no_damage_twice(annotate, damaged, monkeypatch, stored):
    whole, append, left = annotate(damaged, "whole.db"), ScoreStore.append, [stored]

    def stops(self, *arguments):
        append(self, *arguments)
        left[0] -= 1
        if not left[0]:
            raise BballTagError("stopped")

    with monkeypatch.context() as patched:
        patched.setattr(ScoreStore, "append", stops)
        with pytest.raises(BballTagError, match="stopped"):
            annotate(damaged, "begun.db")
    assert annotate(damaged, "begun.db") == whole
