"""`bball-tag annotate --watch`: games come slowly, in any order, and some of them are none."""

from __future__ import annotations

import csv
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from bball_tag import watching
from tests.synthetic import write_video

WAIT_S = 100


def eventually(condition: Callable[[], object]) -> None:
    limit = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.02)


def failures(folder: Path) -> list[str]:
    path = folder / "failures.csv"
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8-sig") as file:
        return [Path(row["video"]).name for row in csv.DictReader(file)]


@pytest.fixture
def watch(run, checkpoint, tmp_path, monkeypatch):
    """Watch the folder `in` until a script of the test has put there what it wants to."""
    (tmp_path / "in").mkdir()
    over = threading.Event()

    def sleep(seconds: float) -> None:
        if over.wait(seconds):
            raise KeyboardInterrupt

    monkeypatch.setattr(watching, "time", SimpleNamespace(sleep=sleep, monotonic=time.monotonic))
    monkeypatch.setattr(watching, "EVERY_S", 0.05)
    monkeypatch.setattr(watching, "REST_S", 0.5)

    def command(script: Callable[[Path, Path], None], *more: object):
        over.clear()
        failed: list[BaseException] = []

        def play() -> None:
            try:
                script(tmp_path / "in", tmp_path / "out")
            except BaseException as error:  # noqa: BLE001
                failed.append(error)
            over.set()

        player = threading.Thread(target=play)
        player.start()
        options = ("--out-dir", "out", "--format", "csv", "--checkpoint", checkpoint)
        done = run("annotate", "--watch", "in", *options, *more)
        player.join()
        assert not failed, failed
        assert done.returncode == 130, done.stderr
        assert "Traceback" not in done.stderr
        return done

    return command


@pytest.fixture
def game(tmp_path) -> bytes:
    return write_video(tmp_path / "short.mp4", [(index * 37) % 4096 for index in range(75)]).read_bytes()


def test_games_that_are_copied_slowly_in_any_order_are_annotated_once_each(watch, game):
    def script(folder: Path, out: Path) -> None:
        (folder / "bad.mp4").write_bytes(b"no video at all")
        (folder / "early.mp4").write_bytes(game)
        eventually(lambda: (out / "early.csv").exists() and failures(out) == ["bad.mp4"])
        piece = len(game) // 20
        for number in range(1, 20):
            (folder / "late.mp4").write_bytes(game[: number * piece])
            time.sleep(0.1)
        assert failures(out) == ["bad.mp4"]
        (folder / "late.mp4").write_bytes(game)
        eventually(lambda: (out / "late.csv").exists())
        # What failed stays listed after others have been done, and is tried again when it changes.
        assert failures(out) == ["bad.mp4"]
        (folder / "bad.mp4").write_bytes(game)
        eventually(lambda: (out / "bad.csv").exists() and failures(out) == [])

    done = watch(script)
    assert sorted(done.stdout.splitlines()) == ["out/bad.csv", "out/early.csv", "out/late.csv"]
    assert "Watching in until Ctrl-C." in done.stderr


def test_who_watches_again_does_nothing_twice(watch, game):
    def first(folder: Path, out: Path) -> None:
        (folder / "one.mp4").write_bytes(game)
        (folder / "bad.mp4").write_bytes(b"no video at all")
        eventually(lambda: (out / "one.csv").exists() and failures(out))

    def second(folder: Path, out: Path) -> None:
        (folder / "two.mp4").write_bytes(game)
        eventually(lambda: (out / "two.csv").exists())

    assert watch(first).stdout.splitlines() == ["out/one.csv"]
    again = watch(second)
    assert again.stdout.splitlines() == ["out/two.csv"]
    assert "bad.mp4: it is not a video" in again.stderr


def test_an_option_that_does_not_fit_one_game_does_not_end_the_watch(watch, game):
    def script(folder: Path, out: Path) -> None:
        (folder / "short.mp4").write_bytes(game)
        eventually(lambda: failures(out) == ["short.mp4"])

    done = watch(script, "--start", "0:10:00")
    assert "after the end of short.mp4" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_it(tmp_path, checkpoint, number, code):
    (tmp_path / "in").mkdir()
    command = (sys.executable, "-m", "bball_tag", "annotate", "--watch", "in", "--out-dir", "out")
    with subprocess.Popen(
        [*command, "--checkpoint", checkpoint], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        assert next(line for line in process.stderr if line.startswith("Watching in"))
        process.send_signal(number)
        assert process.wait(WAIT_S) == code
        assert "Stopped." in process.stderr.read()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((), "Name the videos to annotate, or with --watch the folder"),
        (("game.mp4", "--watch", ".", "--out-dir", "out"), "Name the videos to annotate, or with --watch"),
        (("--watch", ".", "--out", "a.csv"), "--watch needs --out-dir"),
        (("--watch", ".", "--out-dir", "out", "--one-game"), "--watch needs --out-dir"),
        (("--watch", ".", "--out-dir", "out", "--roster", "r.csv"), "A roster goes with one video"),
        (("--watch", "no-such-folder", "--out-dir", "out"), "there is no such folder"),
    ],
)
def test_what_does_not_go_together_is_refused(run, checkpoint, options, says):
    done = run("annotate", *options, "--checkpoint", checkpoint)
    assert done.returncode in (1, 2)
    assert says in done.stderr
    assert "Traceback" not in done.stderr
