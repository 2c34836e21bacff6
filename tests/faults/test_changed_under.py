"""What changes under a run: the video goes, is cut, or becomes another; the folder cannot be written into."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.runs import Run, ended
from tests.faults.tally import Amount, Tally
from tests.synthetic import write_video

ANNOTATE = ("annotate", "game.mp4", "--checkpoint", "small.safetensors", "--backend", "torch")
ANNOTATE = (*ANNOTATE, "--threshold", "0.3", "--out", "a.csv")
RENDER = ("render", "game.mp4", "given.csv", "--overlay", "--out", "o.mp4")


@pytest.fixture
def folder(film_folder: Path) -> Path:
    (film_folder / "given.csv").write_text("start_s,end_s,label\n1,3,run\n5,7,walk\n")
    return film_folder


def gone(video: Path) -> None:
    video.unlink()


def cut(video: Path) -> None:
    with video.open("r+b") as file:
        file.truncate(video.stat().st_size // 2)


def another(video: Path) -> None:
    other = write_video(video.with_name("other.mp4"), range(1000, 1500), sound=True)
    with video.open("r+b") as file:
        file.write(other.read_bytes())
    other.unlink()


@pytest.mark.parametrize("change", [gone, cut, another])
@pytest.mark.parametrize(
    ("command", "made"), [(ANNOTATE, "a.csv"), (RENDER, "o.mp4")], ids=["annotate", "render"]
)
def test_a_video_that_changes_under_a_run_leaves_nothing_wrong_behind(
    folder: Path, change: Callable[[Path], None], command: tuple[str, ...], made: str
) -> None:
    video, table = folder / "game.mp4", folder / made
    whole = video.read_bytes()
    done = ended(command, folder)
    assert done.code == 0, done.said
    right = table.read_bytes()
    tally = Tally(f"{command[0]}, the video is {change.__name__}")
    rng = tally.rng
    for _ in range(Amount.of(1, 12)):
        for path in (table, folder / "a.csv.scores.db"):
            path.unlink(missing_ok=True)
        run = Run(command, folder)
        if run.until(rng.uniform(0.1, done.cpu_s)):
            change(video)
        early = run.end()
        words = early.fault or (
            "" if not early.code or "Error: " in early.said else f"no reason: {early.said}"
        )
        if early.code and table.exists():
            words = words or "there is a file in spite of an error"
        # The same video comes back: what was kept of it must be its own.
        video.unlink(missing_ok=True)
        video.write_bytes(whole)
        table.unlink(missing_ok=True)
        again = ended(command, folder)
        if again.code or table.read_bytes() != right:
            words = words or f"another result later: {again.said}"
        tally.count(f"exit {early.code}", words)
    assert tally.lost == []


def test_a_disk_that_fails_under_a_run_is_an_error_and_nothing_of_it_is_kept(folder):
    done = ended(ANNOTATE, folder)
    right = (folder / "a.csv").read_bytes()
    for path in ("a.csv", "a.csv.scores.db"):
        (folder / path).unlink()
    tally = Tally("a disk that fails while the video is read")
    early = ended(ANNOTATE, folder, patch="a_disk_that_fails")
    # PyAV prints tracebacks of its own there.
    words = "" if early.code == 1 and "Error: Cannot read game.mp4: Input/output error" in early.said else "?"
    tally.count(f"exit {early.code}", words and early.said)
    assert tally.lost == []
    again = ended((*ANNOTATE, "--overwrite"), folder)
    assert (again.code, (folder / "a.csv").read_bytes()) == (0, right), done.said


COMMANDS = {
    "annotate": (*ANNOTATE[:-1], "locked/a.csv"),
    "annotate into a folder": (*ANNOTATE[:-2], "--out-dir", "locked/in"),
    "convert": ("convert", "given.csv", "--out", "locked/a.json"),
    "render --overlay": (*RENDER[:-1], "locked/o.mp4"),
    "render --clips": ("render", "game.mp4", "given.csv", "--clips", "locked/in"),
    "render --reel": ("render", "game.mp4", "given.csv", "--reel", "run", "--out", "locked/r.mp4"),
    "track": ("track", "game.mp4", "--out", "locked/t.csv"),
    "train": ("train", "clips", "--out", "locked/in", "--init", "none"),
}


@pytest.mark.parametrize("patch", ["", "read_only_folders"], ids=["a file", "read-only"])
def test_a_folder_that_cannot_be_written_into_is_refused_before_any_work(folder, patch):
    locked = folder / "locked"
    (locked.mkdir if patch else locked.touch)()
    for label in ("run", "walk"):
        (folder / "clips" / label).mkdir(parents=True)
        write_video(folder / "clips" / label / "0.mp4", range(16), size=(64, 64))
    tally = Tally(f"a folder that is {'read-only' if patch else 'a file'}")
    for name, command in COMMANDS.items():
        done = ended(command, folder, patch=patch)
        words = done.fault or ("" if done.code == 1 and "Error: Cannot write" in done.said else done.said)
        tally.count("refused", f"{name}: {words}" if words else "")
    assert tally.lost == []
    assert not patch or list(locked.iterdir()) == []
