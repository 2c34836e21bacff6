"""A disk that is really full: a small one where that can be made, else a limit on the size of files."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.faults.full_disks import small_disk
from tests.faults.runs import ended
from tests.faults.tally import Amount, Tally
from tests.faults.test_training_kills import TRAIN

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="there are neither such disks nor limits there"
)
ANNOTATE = ("annotate", "../game.mp4", "--checkpoint", "../small.safetensors", "--backend", "torch")
GIVEN = ("render", "../game.mp4", "../given.csv")
WORKS = {
    "annotate": (*ANNOTATE, "--threshold", "0.3", "--out", "a.csv"),
    "annotate to a workbook": (*ANNOTATE, "--threshold", "0.3", "--out", "a.xlsx"),
    "convert": ("convert", "../given.csv", "--out", "c.xlsx"),
    "render the overlay": (*GIVEN, "--overlay", "--out", "o.mp4"),
    "render clips": (*GIVEN, "--clips", "clips"),
    "report": ("report", "../given.csv", "--video", "../game.mp4", "--embed", "--out", "p.html"),
    "train": ("train", "../clips", *TRAIN[2:]),
}


@pytest.fixture
def folder(film_folder: Path, clips_folder: Path) -> Path:
    """A folder with a film, a checkpoint, events and clips; what is made lies on a disk within it."""
    rows = [f"{start},{start + 2},run" for start in (1, 5, 12)]
    (film_folder / "given.csv").write_text("\n".join(["start_s,end_s,label", *rows]) + "\n")
    return film_folder


@pytest.mark.parametrize("name", WORKS)
def test_a_command_on_a_small_disk_says_that_it_is_full_and_does_its_work_elsewhere(folder, name):
    whole = folder / "whole"
    whole.mkdir()
    command = WORKS[name]
    done = ended(command, whole)
    assert done.code == 0, done.said
    sizes = {path.relative_to(whole): path.stat().st_size for path in whole.rglob("*") if path.is_file()}
    tally = Tally(f"a small disk, {name}")
    rng = tally.rng
    for number in range(Amount.of(1, 8)):
        most = rng.randrange(4096, sum(sizes.values()))
        place = folder / f"disk {number}"
        with small_disk(place, most) as is_disk:
            done = ended(command, place, most_bytes=None if is_disk else most // 2)
            words = done.fault
            if done.code and "Error: Cannot" not in done.said and "full" not in done.said:
                words = words or f"no reason: {done.said}"
            left = [path.name for path in place.rglob("*") if ".part" in path.name]
            if left:
                words = words or f"left behind: {left}"
            half = [str(one) for one in _made(place) if one not in sizes and not _is_kept(one)]
            tally.count(
                f"exit {done.code} on {'a tmpfs' if is_disk else 'a disk with a limit (RLIMIT_FSIZE)'}",
                words or (f"half a file: {half}" if half else ""),
            )
    assert tally.lost == []


def _made(place: Path) -> list[Path]:
    return [path.relative_to(place) for path in place.rglob("*") if path.is_file()]


def _is_kept(path: Path) -> bool:
    """Say whether a file is what the next run goes on from."""
    return ".scores.db" in path.name or path.parts[0] == "run"
