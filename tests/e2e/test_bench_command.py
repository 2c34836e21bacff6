"""`bball-tag bench`, as a user types it."""

from __future__ import annotations

import re

import pytest


@pytest.mark.slow
def test_bench_says_which_setting_is_best(run_alone, video, checkpoint):
    done = run_alone("bench", video, "--checkpoint", checkpoint, "--seconds", "2")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "", "nothing was written, so no path is printed"
    assert re.search(r"Decoding 192x96 alone: \d+ frames per second", done.stderr)
    assert re.search(r"PyTorch, cpu, fp32 +\d+\.\d +\d+\.\d× +\d+\.\d\d× +100\.0% +\d+% +\d+ MB", done.stderr)
    assert re.search(r"Best here.*: --backend (torch|openvino) --precision \w+\.", done.stderr)
