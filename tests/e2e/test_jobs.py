"""Several games at once, by processes and by Ray: the same files as one after the other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import psutil
import pytest

import bball_tag.scale.plan as plan
from bball_tag.video.video import Video
from bball_tag.video.writer import write_images
from tests.segments import WAYS, has_ray

LOADED = 200 << 20
"""Bytes of a process that has loaded torch."""
SAMPLES = Path(__file__).parents[2] / "sample_videos"
PARTS = {"a": ("game.mp4", 2.0, 8.0), "b": ("drill.mp4", 5.0, 10.5), "c": ("game.mp4", 22.0, 25.0)}


@pytest.fixture(scope="module")
def games(tmp_path_factory):
    """Three short games of rendered players."""
    folder = tmp_path_factory.mktemp("games")
    for name, (sample, start, end) in PARTS.items():
        frames = Video(SAMPLES / sample).frames(25.0, start, end, size=(360, 640))
        write_images(
            folder / f"{name}.mp4", (frame.image for frame in frames), Fraction(25), preset="ultrafast"
        )
    return sorted(folder.iterdir())


@pytest.fixture
def annotate(run, player_checkpoint, monkeypatch):
    # The least there can be: so that even these games are cut.
    for name in ("SHORTEST", "LONGEST"):
        monkeypatch.setattr(plan, name, 1)

    def command(*arguments):
        options = ("--checkpoint", player_checkpoint, "--threshold", "0.05", "--precision", "fp32")
        return run("annotate", *options, *arguments)

    return command


def files(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix != ".db"}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("way", WAYS)
def test_several_workers_write_the_same_files_and_a_bad_game_stops_nobody(annotate, games, tmp_path, way):
    annotate(*games, "--out-dir", "one", "--format", "json")
    (tmp_path / "bad.mp4").write_bytes(games[0].read_bytes()[:2000])
    done = annotate(games[0], "bad.mp4", *games[1:], "--out-dir", "many", "--format", "json", *way)
    assert done.returncode == 1
    assert "1 of 4 videos failed: bad.mp4" in done.stderr
    assert "4 of 4 games are done." in done.stderr
    right, found = files(tmp_path / "one"), files(tmp_path / "many")
    assert b"bad.mp4" in found.pop("failures.csv")
    assert len(right) == 3
    assert found == right
    assert b'"players": []' not in found["a.json"]
    again = annotate(*games, "--out-dir", "many", "--format", "json", *way)
    assert again.returncode == 0, again.stderr
    assert "3 of 3 videos have a file in many" in again.stderr


def test_one_video_has_the_same_file(annotate, games, tmp_path):
    annotate(games[1], "--out", "one.csv")
    done = annotate(games[1], "--out", "two.csv", "--jobs", "2")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "two.csv").read_bytes() == (tmp_path / "one.csv").read_bytes()


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such signals")
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)]
)
def test_no_worker_is_left_behind_by_a_command_that_is_stopped(
    games, player_checkpoint, tmp_path, number, code
):
    command = [
        sys.executable,
        "-m",
        "bball_tag",
        "annotate",
        *map(str, games),
        "--out-dir",
        "out",
        "--jobs",
        "2",
    ]
    with subprocess.Popen(
        [*command, "--checkpoint", str(player_checkpoint)],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        family: list[psutil.Process] = []
        have_begun = False
        while process.poll() is None and not have_begun:
            time.sleep(0.05)
            with suppress(psutil.NoSuchProcess):
                # Two workers, and what looks after the memory that they share.
                family = psutil.Process(process.pid).children(recursive=True)
                have_begun = len(family) >= 3
                if number == signal.SIGKILL:
                    # In a process whose parent is gone before it knows what to do, Python itself complains.
                    have_begun = sum(one.memory_info().rss > LOADED for one in family) >= 2
        process.send_signal(number)
        _, told = process.communicate(timeout=120)
        assert process.returncode == code
        assert "Traceback" not in told
    assert psutil.wait_procs(family, timeout=60)[1] == []


def test_a_cluster_without_ray_says_what_to_install(annotate, games, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    done = annotate(games[0], "--out", "a.csv", "--cluster", "auto")
    assert done.returncode == 1
    assert "pip install 'bball-tag[cluster]'" in done.stderr


@has_ray
def test_a_cluster_that_is_not_there_is_named(annotate, games):
    done = annotate(games[0], "--out", "a.csv", "--cluster", "127.0.0.1:1")
    assert done.returncode == 1
    assert "Cannot reach a Ray cluster at 127.0.0.1:1" in done.stderr


@has_ray
@pytest.mark.skipif(sys.platform != "linux", reason="who listens where is asked as on Linux")
def test_a_cluster_that_is_begun_here_listens_on_this_machine_alone():
    program = """
from contextlib import suppress
import psutil
from bball_tag.scale.on_ray import ray_crew
with ray_crew("auto", 1) as crew:
    assert crew.submit((0,), len, "four").result() == 4
    sockets = []
    for each in (psutil.Process(), *psutil.Process().children(recursive=True)):
        # Some of Ray's helpers live for a moment only.
        with suppress(psutil.NoSuchProcess):
            sockets += each.net_connections("inet")
    print(*sorted({one.laddr.ip for one in sockets if one.status == "LISTEN"}))
"""
    settings = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    done = subprocess.run(
        [sys.executable, "-c", program], env=settings, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()
    assert {place.removeprefix("::ffff:") for place in done.stdout.split()} == {"127.0.0.1"}
