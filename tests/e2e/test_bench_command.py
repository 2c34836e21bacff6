"""`bball-tag bench`, as a user types it."""

from __future__ import annotations

import re

import pytest


@pytest.mark.slow
def test_bench_measures_every_setting_and_recommends_one(run_alone, video, checkpoint):
    done = run_alone("bench", video, "--checkpoint", checkpoint, "--seconds", "2")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "", "nothing was written, so no path is printed"
    assert re.search(r"Reading 192x96 alone: \d+ frames per second", done.stderr)
    numbers = r"\d+\.\d +\d+\.\d× +\d+\.\d× +\d+\.\d\d× +100\.0% +\d+ MB"
    assert re.search(rf"PyTorch, cpu, fp32 +{numbers}", done.stderr)
    assert "beside a busy program" in done.stderr
    assert re.search(r"Recommended, .*: --backend (torch|openvino) --precision \w+\.", done.stderr)
