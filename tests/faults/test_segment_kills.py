"""Workers and drivers that are killed at random moments: nothing is lost, and nothing is there twice."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.faults.tally import Amount, Tally
from tests.segments import WAYS, stored_rows

GAMES = ("a.mp4", "b.mp4", "c.mp4")
IN_SEGMENTS = """
import sys
import bball_tag.scale.plan as plan
from bball_tag.cli import app
plan.LONGEST = plan.SHORTEST = 2
if __name__ == "__main__":
    app(sys.argv[1:])
"""


@pytest.fixture
def folder(tmp_path: Path, film: Path, tiny: Path) -> Path:
    """A folder with three games of four segments each, and what one pass makes of them."""
    for name in GAMES:
        shutil.copy(film, tmp_path / name)
    shutil.copy(tiny, tmp_path / "small.safetensors")
    (tmp_path / "in_segments.py").write_text(IN_SEGMENTS)
    with begun(tmp_path, "right") as process:
        assert process.wait() == 0
    return tmp_path


def begun(folder: Path, out: str, way: Sequence[str] = ()) -> subprocess.Popen[str]:
    """Begin to annotate the games into the folder `out`."""
    options = (
        "--checkpoint",
        "small.safetensors",
        "--backend",
        "torch",
        "--threshold",
        "0.3",
        "--format",
        "csv",
    )
    return subprocess.Popen(
        [sys.executable, "in_segments.py", "annotate", *GAMES, "--out-dir", out, *options, *way],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
    )


def fault(folder: Path, out: str) -> str:
    """Return what is not as one pass makes it; nothing where all is."""
    for name in GAMES:
        table = f"{Path(name).stem}.csv"
        if (folder / out / table).read_bytes() != (folder / "right" / table).read_bytes():
            return f"other events in {table}"
        # How often a store was used counts a command too that was killed between the scores and the table.
        found, right = (
            stored_rows(folder / one / f"{table}.scores.db", but="used") for one in (out, "right")
        )
        if other := [which for which, rows in right.items() if found[which] != rows]:
            return f"other rows in {', '.join(other)} of {table}"
    return ""


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return all that a command began."""
    with suppress(psutil.Error):
        return psutil.Process(process.pid).children(recursive=True)
    return []


def workers(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return the processes that compute."""
    found = []
    for one in family(process):
        with suppress(psutil.Error):
            words = " ".join(one.cmdline())
            if "spawn_main" in words or words.startswith("ray::Actor"):
                found.append(one)
    return found


@pytest.mark.parametrize("way", WAYS)
def test_a_worker_that_is_killed_loses_nothing(folder, way):
    tally = Tally(f"workers killed, {way[0]}")
    rng = random.Random(tally.rng.random())
    for number in range(Amount.of(1, 10)):
        out = f"out {number}"
        with begun(folder, out, way) as process:
            while process.poll() is None and not workers(process):
                time.sleep(0.05)
            time.sleep(rng.uniform(0, 8))
            there = workers(process)
            if there:
                with suppress(psutil.NoSuchProcess):
                    rng.choice(there).kill()
            _, told = process.communicate(timeout=600)
        words = fault(folder, out) if process.returncode == 0 else told[-1000:]
        tally.count("killed" if there else "done before", words)
    assert tally.lost == []


@pytest.mark.parametrize("way", WAYS)
def test_a_command_that_is_killed_resumes_and_loses_nothing(folder, way):
    tally = Tally(f"drivers killed, {way[0]}")
    rng = random.Random(tally.rng.random())
    left: list[psutil.Process] = []
    for _ in range(Amount.of(2, 10)):
        with begun(folder, "out", way) as process:
            while process.poll() is None and not workers(process):
                time.sleep(0.05)
            time.sleep(rng.uniform(0, 8))
            left += family(process)
            process.kill()
            process.communicate()
            was_done = process.returncode == 0
        tally.count("done before" if was_done else "killed")
        if was_done:
            assert fault(folder, "out") == ""
            shutil.rmtree(folder / "out")
    with begun(folder, "out", way) as process:
        _, told = process.communicate(timeout=600)
    assert process.returncode == 0, told
    assert fault(folder, "out") == ""
    assert psutil.wait_procs(left, timeout=60)[1] == []
