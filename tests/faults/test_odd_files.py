"""All of the odd files of other people, through every command that could take them; and real films."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.runs import Ended, ended
from tests.faults.tally import Amount, Tally

SMALL = ("--checkpoint", "small.safetensors", "--backend", "torch", "--precision", "fp32")
ODD_KINDS = ("films", "tables", "timelines", "tracks", "train", "checkpoints")


@pytest.fixture
def folder(film_folder: Path) -> Path:
    """A folder with a whole film, a checkpoint and a table of events."""
    (film_folder / "given.csv").write_text("start_s,end_s,label\n1,2,run\n")
    return film_folder


def of_film(path: Path) -> Iterator[tuple[object, ...]]:
    yield ("annotate", path, *SMALL, "--out", "a.json")
    yield ("annotate", path, *SMALL, "--out-dir", "many", "--format", "csv")
    yield ("render", path, "given.csv", "--overlay", "--out", "o.mp4")
    yield ("render", path, "given.csv", "--clips", "clips")
    yield ("convert", "given.csv", "--video", path, "--out", "c.eaf")
    yield ("report", "given.csv", "--video", path, "--out", "r.html")
    yield ("track", path, "--end", "2", "--out", "t.csv")
    yield ("doctor", path)


def of_events(path: Path) -> Iterator[tuple[object, ...]]:
    for name in ("c.xlsx", "c.csv", "c.json", "c.vtt", "c.eaf", "c.xml"):
        yield ("convert", path, "--out", name)
    yield ("convert", path, "--video", "game.mp4", "--out", "with.csv")
    yield ("convert", "given.csv", "--tracks", path, "--video", "game.mp4", "--out", "t.json")
    yield ("convert", "given.csv", "--periods", path, "--out", "p.csv")
    yield ("convert", "given.csv", "--chains", path, "--out", "h.json")
    yield ("compare", path, "given.csv")
    yield ("render", "game.mp4", path, "--clips", "clips")
    yield ("report", path, "--video", "game.mp4", "--out", "r.html")
    yield ("annotate", "game.mp4", *SMALL, "--tracks", path, "--out", "a.csv")
    yield ("annotate", "game.mp4", *SMALL, "--roster", path, "--out", "a.csv")
    yield ("annotate", "game.mp4", *SMALL, "--rules", path, "--out", "a.csv")
    yield ("align", "given.csv", path, "--out", "l.csv")
    yield ("train", path, "--out", "run", "--init", "none", "--dry-run")
    yield ("learn", path, "--checkpoint", "small.safetensors", "--out", "l.safetensors")
    yield ("tune", path, "--video", "game.mp4", "--rules", "l.toml")


def of_training(path: Path) -> Iterator[tuple[object, ...]]:
    train = ("--init", "none", "--subject", "frame", "--size", "32x32", "--frames", "4", "--width", "4")
    yield ("train", path, "--out", "run", *train, "--epochs", "1", "--threads", "1")
    yield ("train", path, "--out", "other", *train, "--dry-run", "--skip-bad")
    yield ("evaluate", path, "--checkpoint", "small.safetensors", "--out", "evaluated")


def of_checkpoint(path: Path) -> Iterator[tuple[object, ...]]:
    yield ("annotate", "game.mp4", "--checkpoint", path, "--out", "a.csv")
    yield ("checkpoint", "describe", path)
    yield ("doctor", "--checkpoint", path)
    yield ("train", ".", "--init", path, "--out", "run", "--dry-run")


def commands(path: Path, kind: str) -> Iterator[tuple[object, ...]]:
    """Yield all commands that a person might give a file of that kind to."""
    if kind == "train":
        yield from of_training(path)
    elif kind == "checkpoints":
        yield from of_checkpoint(path)
    elif kind == "films" and not path.name.endswith(".csv"):
        yield from of_film(path)
    else:
        yield from of_events(path)


@pytest.mark.parametrize("kind", ODD_KINDS)
def test_every_odd_file_is_taken_or_refused_by_every_command(folder, real_data, kind):
    odd = real_data / "odd_files" / kind
    tally = Tally(f"odd files: {kind}")
    given = [(path, command) for path in sorted(odd.iterdir()) for command in commands(path, kind)]
    for path, command in tally.rng.sample(given, min(len(given), Amount.of(4, 400))):
        tried(tally, folder, command, path)
    assert tally.lost == []


def test_real_films_are_annotated_rendered_and_described(folder, real_data):
    films = sorted(path for path in (real_data / "real_films").iterdir() if path.suffix in (".mov", ".mp4"))
    tally = Tally("real films")
    part = ("--end", "4")
    for path in films[: Amount.of(1, len(films))]:
        tried(tally, folder, ("annotate", path, *part, "--out", "a.json"), path, most_s=300)
        tried(tally, folder, ("render", path, "a.json", "--clips", "clips"), path, most_s=300)
        tried(tally, folder, ("doctor", path), path)
        for name in ("a.json", "a.json.scores.db"):
            (folder / name).unlink(missing_ok=True)
    assert tally.lost == []


def tried(
    tally: Tally, folder: Path, command: tuple[object, ...], path: Path, most_s: float | None = None
) -> None:
    """Run a command, and note how it ended: with what was asked for, or with a sentence."""
    before = {one.name for one in folder.iterdir()}
    done = ended(command, folder) if most_s is None else _long(command, folder, most_s)
    words = done.fault
    if done.code not in (0, 1, 2):
        words = words or f"exit {done.code}"
    if done.code and "Error" not in done.said and command[0] != "doctor":
        words = words or f"no reason: {done.said[-500:]}"
    tally.most_memory = max(tally.most_memory, done.memory)
    told = " ".join(str(one) for one in command if one != path)
    tally.count(f"exit {done.code}", f"{path.name}, {told}: {words}" if words else "")
    for one in folder.iterdir():
        if one.name not in before and most_s is None:
            shutil.rmtree(one) if one.is_dir() else one.unlink()


def _long(command: tuple[object, ...], folder: Path, most_s: float) -> Ended:
    from tests.faults.runs import Run

    return Run(command, folder).end(most_s)
