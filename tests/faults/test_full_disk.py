"""A disk that is full at any byte of any file: a sentence, the old file as it was, and nothing half."""

from __future__ import annotations

import logging
import shutil
import sys
from pathlib import Path

import pytest

from bball_tag.annotations import FORMATS
from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.outputs import write_failures
from bball_tag.errors import BballTagError
from bball_tag.events.rules import EventRules
from bball_tag.review.journal import Begin, Step, begin_journal, open_journal
from tests.example_events import written
from tests.faults.full_disks import full_disk
from tests.faults.readers import full_annotation
from tests.faults.runs import ended
from tests.faults.tally import Amount, Tally

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no limits of sizes there")
ANNOTATE = ("annotate", "game.mp4", "--checkpoint", "small.safetensors", "--backend", "torch")
ANNOTATE = (*ANNOTATE, "--threshold", "0.3", "--out", "a.csv", "--overwrite")
OLD = b"what was there before"


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_written_whole_or_not_at_all(tmp_path, name):
    whole, path = full_annotation(), tmp_path / f"a{FORMATS[name].suffix}"
    size = written(whole, path, name).stat().st_size
    tally = Tally(f"a full disk, {name}")
    rng = tally.rng
    for _ in range(Amount.of(2, 40)):
        for one in tmp_path.iterdir():
            one.unlink()
        path.write_bytes(OLD)
        most = rng.randrange(len(OLD), size - 1)
        words = _written_within(whole, path, name, most)
        if path.read_bytes() != OLD:
            words = words or "the old file was changed"
        left = [one.name for one in tmp_path.iterdir() if one != path and "backup" not in one.name]
        tally.count("refused", words or (f"left behind: {left}" if left else ""))
    assert tally.lost == []


def _written_within(whole: Annotation, path: Path, name: str, most: int) -> str:
    try:
        with full_disk(most):
            written(whole, path, name)
    except BballTagError as error:
        return "" if f"Cannot write {path}" in str(error) else f"no file is named: {error}"
    except Exception as error:  # noqa: BLE001
        return repr(error)
    return "nothing was said"


@pytest.fixture
def folder(film_folder: Path) -> Path:
    rows = [f"{start},{start + 2},run" for start in (1, 5, 12)]
    (film_folder / "given.csv").write_text("\n".join(["start_s,end_s,label", *rows]) + "\n")
    return film_folder


WORKS = {
    "convert to a workbook": (("convert", "given.csv", "--out", "w.xlsx"), ("w.xlsx",)),
    "annotate": (ANNOTATE, ("a.csv", "a.csv.scores.db")),
    "render --overlay": (("render", "game.mp4", "given.csv", "--overlay", "--out", "o.mp4"), ("o.mp4",)),
    "render --clips": (("render", "game.mp4", "given.csv", "--clips", "clips"), ("clips",)),
    "render --reel": (("render", "game.mp4", "given.csv", "--reel", "run", "--out", "r.mp4"), ("r.mp4",)),
    "report": (("report", "given.csv", "--video", "game.mp4", "--out", "p.html"), ("p.html",)),
}


@pytest.mark.parametrize("name", WORKS)
def test_a_command_on_a_full_disk_says_so_and_does_its_work_later(folder, name):
    command, made = WORKS[name]
    before = {path.name for path in folder.iterdir()}
    done = ended(command, folder)
    assert done.code == 0, done.said
    paths = [path for one in made for path in _files(folder / one)]
    # Workbooks have the time at which they were made.
    right = {path: path.read_bytes() for path in paths if path.suffix not in (".db", ".xlsx")}
    sizes = [path.stat().st_size for path in paths]
    tally = Tally(f"a full disk, {name}")
    rng = tally.rng
    for _ in range(Amount.of(1, 20)):
        _clear(folder, before)
        done = ended(command, folder, most_bytes=rng.randrange(rng.choice(sizes)))
        words = done.fault
        if done.code and "Error: Cannot" not in done.said:
            words = words or f"no reason: {done.said}"
        if half := [path for path in right if path.exists() and path.read_bytes() != right[path]]:
            words = words or f"half a file: {half}"
        if left := [path.name for path in folder.rglob("*") if ".part" in path.name]:
            words = words or f"left behind: {left}"
        tally.count(f"exit {done.code}", words)
    assert tally.lost == []
    done = ended(command, folder)
    assert done.code == 0, done.said
    assert {path: path.read_bytes() for path in right} == right
    assert all(map(Path.exists, paths))


def _files(path: Path) -> list[Path]:
    return sorted(path.iterdir()) if path.is_dir() else [path]


def _clear(folder: Path, before: set[str]) -> None:
    for path in list(folder.iterdir()):
        if path.name not in before:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def test_a_journal_keeps_all_steps_before_the_one_that_found_the_disk_full(tmp_path):
    path = tmp_path / "a.review.jsonl"
    journal = begin_journal(path, Begin("a.csv", "game.mp4", (), ""))
    steps = [Step([{"edit": number}], f"key {number}", "me", "now") for number in range(60)]
    tally = Tally("a full disk, a journal of a review")
    rng, kept = tally.rng, []
    for step in steps:
        size = path.stat().st_size
        words = ""
        try:
            with full_disk(size + rng.randrange(200)):
                journal.append(step)
            kept.append(step)
        except BballTagError as error:
            words = "" if "is not kept" in str(error) else str(error)
            words = words or ("" if path.stat().st_size == size else "the file is not as before")
        found = open_journal(path)
        same = found is not None and list(found.steps) == kept
        tally.count("tried", words or ("" if same else "steps were lost"))
    assert tally.lost == []
    assert 0 < len(kept) < len(steps)


def test_the_list_of_failures_is_written_whole_or_not_at_all(tmp_path):
    path = write_failures(tmp_path, {Path("a.mp4"): "it is damaged"})
    before = path.read_bytes()
    with full_disk(20), pytest.raises(BballTagError, match="Cannot write"):
        write_failures(tmp_path, {Path("b.mp4"): "it is damaged"})
    assert (path.read_bytes(), [one.name for one in tmp_path.iterdir()]) == (before, ["failures.csv"])


def test_rules_and_checkpoints_are_written_whole_or_not_at_all(tmp_path, tiny, caplog):
    from bball_tag.checkpoint.contract import read_contract
    from bball_tag.checkpoint.model import load_model, save_checkpoint
    from bball_tag.events.rules_file import write_rules

    contract = read_contract(tiny)
    writers = {
        "rules.toml": lambda path: write_rules(EventRules(), path),
        "b.safetensors": lambda path: save_checkpoint(path, load_model(tiny, contract), contract),
    }
    caplog.set_level(logging.ERROR)
    tally = Tally("a full disk, rules and checkpoints")
    rng = tally.rng
    for name, write in writers.items():
        path = tmp_path / name
        write(path)
        size = path.stat().st_size
        for _ in range(Amount.of(3, 30)):
            path.write_bytes(OLD)
            words = "nothing was said"
            try:
                with full_disk(rng.randrange(len(OLD), max(size - 1, len(OLD) + 1))):
                    write(path)
            except BballTagError:
                words = "" if path.read_bytes() == OLD else "the old file was changed"
            except Exception as error:  # noqa: BLE001
                words = repr(error)
            tally.count("refused", words)
    assert tally.lost == []
    assert len(list(tmp_path.iterdir())) == len(writers)
