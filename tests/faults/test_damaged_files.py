"""Damaged files of every kind that is read: an answer or a sentence, never a traceback, and soon."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from bball_tag.errors import BballTagError
from tests.faults.damage import TOKENS, Change, Kind, damaged
from tests.faults.readers import READERS
from tests.faults.runs import HANGS_AFTER_S
from tests.faults.tally import SEED, Amount, Tally

part = st.floats(0, 1, exclude_max=True, allow_subnormal=False)
changes = st.builds(
    Change,
    kind=st.sampled_from(get_args(Kind)),
    at=part,
    size=st.sampled_from((1, 2, 4, 16, 64, 1000)),
    what=st.integers(0, 16 * len(TOKENS)),
    whence=part,
)


@pytest.mark.parametrize("name", READERS)
def test_a_damaged_file_is_read_or_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    reader = READERS[name]
    whole = tmp_path / "whole" / reader.name
    whole.parent.mkdir()
    reader.make(whole)
    content = whole.read_bytes()
    folder = tmp_path / "tried"
    tally = Tally(f"damaged: {name}")

    def tried(data: bytes) -> str:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(whole.parent, folder)  # with what belongs beside the file
        (folder / reader.name).write_bytes(data)
        began = time.process_time()
        try:
            reader.read(folder / reader.name)
            end = "read"
        except BballTagError:
            end = "refused"
        assert time.process_time() - began < HANGS_AFTER_S
        return end

    assert tried(content) == "read"

    @seed(SEED)
    @settings(
        max_examples=Amount.of(12, 400), deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(st.lists(changes, min_size=1, max_size=4), st.booleans())
    def check(made: list[Change], of_part: bool) -> None:
        if reader.part and of_part:
            tally.count(tried(reader.part.put(content, damaged(reader.part.taken(content), made))))
        else:
            tally.count(tried(damaged(content, made)))

    check()
