"""Commands that are ended at random moments leave no half file, lose nothing, and do the same again."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.kills import Tally, finished, kill_at_random
from tests.faults.runs import Run


@dataclass(frozen=True, slots=True)
class Work:
    """A command and what it makes."""

    arguments: Sequence[object]
    made: str
    """A file, or a folder of which every file must be the same."""
    compares: bool = True
    """Whether the same command makes the same bytes."""


ANNOTATE = ("annotate", "game.mp4", "--checkpoint", "small.safetensors", "--backend", "torch")
RENDER = ("render", "game.mp4", "given.csv")
WORKS = {
    "annotate to a table": Work((*ANNOTATE, "--threshold", "0.3", "--out", "a.csv"), "a.csv"),
    "annotate to JSON": Work((*ANNOTATE, "--threshold", "0.3", "--out", "a.json"), "a.json"),
    "render the overlay": Work((*RENDER, "--overlay", "--out", "o.mp4"), "o.mp4"),
    "render clips": Work((*RENDER, "--clips", "clips"), "clips"),
    "render the reel": Work((*RENDER, "--reel", "run", "--out", "r.mp4"), "r.mp4"),
    "convert": Work(("convert", "given.csv", "--out", "c.eaf"), "c.eaf", compares=False),
}


@pytest.fixture
def folder(film_folder: Path) -> Path:
    """A folder with a film, a checkpoint and a table of events."""
    events = [(start, label) for start, label in ((1.0, "run"), (4.0, "walk"), (7.0, "run"), (12.0, "walk"))]
    rows = [f"{start},{start + 2},{label}" for start, label in events]
    (film_folder / "given.csv").write_text("\n".join(["start_s,end_s,label", *rows]) + "\n")
    return film_folder


def contents(path: Path) -> dict[str, bytes]:
    """Return what a file holds, or all files of a folder but those that are being written."""
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    return {one.name: one.read_bytes() for one in files if one.is_file() and not one.name.startswith(".")}


def away(path: Path) -> None:
    """Remove a file or a folder."""
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)


@pytest.mark.parametrize("name", WORKS)
def test_what_was_ended_early_leaves_whole_files_and_is_done_again_to_the_byte(folder, name):
    work = WORKS[name]
    made = folder / work.made
    took = finished(work.arguments, folder)
    right = contents(made)
    assert right
    given = {path: path.read_bytes() for path in folder.iterdir() if path.is_file() and path != made}
    scores = folder / f"{work.made}.scores.db"
    away(scores)
    given.pop(scores, None)
    tally = Tally(name)

    def fault() -> str:
        if changed := [path.name for path, content in given.items() if path.read_bytes() != content]:
            return f"changed: {', '.join(changed)}"
        half = [one for one, content in contents(made).items() if len(content) < len(right[one])]
        return f"half a file: {', '.join(half)}" if half else ""

    def before() -> None:
        if made.exists():
            # It was done: the next run begins anew, and those after it where this one was ended.
            away(scores)
        away(made)

    kill_at_random(tally, work.arguments, folder, took, fault, before=before)
    assert tally.lost == []
    away(made)
    finished(work.arguments, folder)
    again = contents(made)
    assert again.keys() == right.keys()
    assert again == right or not work.compares


def test_a_table_that_is_replaced_is_the_old_one_or_the_new_one(folder):
    convert = ("convert", "given.csv", "--out", "c.json", "--overwrite")
    took = finished(convert, folder)
    made, old = folder / "c.json", b'{"old": true}'
    new = made.read_bytes()
    tally = Tally("convert --overwrite")

    def before() -> None:
        made.write_bytes(old)
        (folder / "c.backup.json").unlink(missing_ok=True)

    def fault() -> str:
        kept = [path.read_bytes() for path in folder.glob("c*.json")]
        return "" if old in kept and made.read_bytes() in (old, new) else "the old table is gone"

    kill_at_random(tally, convert, folder, took, fault, before=before)
    assert tally.lost == []


def test_two_runs_on_one_output_both_end_well_or_one_of_them_says_why(folder):
    command = (*ANNOTATE, "--threshold", "0.3", "--out", "a.csv", "--overwrite")
    finished(command, folder)
    right = (folder / "a.csv").read_bytes()
    away(folder / "a.csv.scores.db")
    tally = Tally("two runs on one output")
    both = [Run(command, folder) for _ in range(2)]
    for done in [run.end() for run in both]:
        words = done.fault or ("" if done.code in (0, 1) else f"it returned {done.code}")
        if done.code == 1 and "Error: " not in done.said:
            words = f"no reason: {done.said}"
        tally.count(f"exit {done.code}", words)
    assert tally.lost == []
    assert (folder / "a.csv").read_bytes() == right
    finished(command, folder)
    assert (folder / "a.csv").read_bytes() == right
