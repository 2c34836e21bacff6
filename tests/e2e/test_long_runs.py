"""Hours of film: nothing is lost by a kill, and memory does not grow with length."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import pytest

from tests.synthetic import write_video


def start(folder: Path, video: Path, checkpoint: Path, out: str, *extra: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "bball_tag", "annotate", str(video), "--out", out),
            *("--checkpoint", str(checkpoint), "--threshold", "0.3", "--roi", "0,0,96,48", *extra),
        ],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def chunks_done(store: Path) -> int:
    if not store.exists():
        return 0
    try:
        with sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=0.2) as file:
            return int(file.execute("SELECT next_chunk FROM runs").fetchone()[0])
    except (sqlite3.Error, TypeError):
        return 0


@pytest.mark.slow
def test_ten_kills_at_random_moments_leave_the_same_csv(checkpoint, tmp_path):
    """Each run is killed with SIGKILL somewhere in its work; the eleventh finishes."""
    numbers = [(index * 37) % 4096 for index in range(6000)]
    video = write_video(tmp_path / "game.mp4", numbers, size=(96, 48))  # four minutes: 94 chunks
    undisturbed = start(tmp_path, video, checkpoint, "whole.csv", "--stride", "0.08")
    assert undisturbed.wait(120) == 0
    expected = (tmp_path / "whole.csv").read_bytes()
    assert expected.count(b"\n") > 10

    rng = random.Random(11)
    store = tmp_path / "killed.csv.scores.db"
    resumed_from = []
    for kill in range(10):
        run = start(tmp_path, video, checkpoint, "killed.csv", "--stride", "0.08")
        goal = kill * 9 + rng.randint(1, 8)
        deadline = time.monotonic() + 60
        while chunks_done(store) < goal and run.poll() is None and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(rng.random() * 0.05)
        run.send_signal(signal.SIGKILL)
        run.wait(30)
        resumed_from.append(chunks_done(store))
        assert not (tmp_path / "killed.csv").exists() or kill == 9
    assert resumed_from == sorted(resumed_from)
    assert len(set(resumed_from)) >= 8, "the kills were spread over the run"
    last = start(tmp_path, video, checkpoint, "killed.csv", "--stride", "0.08", "--overwrite")
    assert last.wait(120) == 0
    assert (tmp_path / "killed.csv").read_bytes() == expected
    whole, killed = (features(tmp_path / f"{name}.csv.scores.db") for name in ("whole", "killed"))
    assert len(whole) == 94
    assert killed == whole


def features(store: Path) -> list[tuple[object, ...]]:
    """What is stored of the features, chunk by chunk."""
    with sqlite3.connect(store) as file:
        return file.execute("SELECT chunk, subjects, clips, vectors FROM features ORDER BY chunk").fetchall()


def peak_memory(folder: Path, video: Path, checkpoint: Path) -> int:
    """Kilobytes at most resident while a video is annotated."""
    run = start(folder, video, checkpoint, f"{video.stem}.csv", "--stride", "0.16")
    assert run.stderr is not None
    _, status, usage = os.wait4(run.pid, 0)
    assert status == 0, run.stderr.read().decode()
    run.returncode = 0
    run.stderr.close()
    return usage.ru_maxrss


@pytest.mark.slow
def test_an_hour_needs_no_more_memory_than_six_minutes(checkpoint, tmp_path):
    peaks = {}
    for minutes in (6, 60):
        numbers = (index % 4096 for index in range(minutes * 60 * 5))
        video = write_video(tmp_path / f"{minutes}.mp4", numbers, fps=Fraction(5), size=(96, 48))
        peaks[minutes] = peak_memory(tmp_path, video, checkpoint)
    assert peaks[60] < peaks[6] * 1.10, peaks
