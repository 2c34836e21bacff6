"""Folders with bad videos: good ones are done, bad ones are named, and a rerun does what is missing."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from bball_tag.annotations.outputs import left_to_do
from bball_tag.errors import BballTagError
from tests.faults.damage import damaged, random_change
from tests.faults.runs import HANGS_AFTER_S, Ended, Run
from tests.faults.tally import Amount, Tally
from tests.synthetic import write_video

CONTAINERS = {"mp4": "libx264", "mkv": "libx264", "ts": "libx264", "avi": "mpeg4", "flv": "flv"}
AT_ONCE = 20
"""Videos of one run."""


def annotated(folder: Path, checkpoint: Path) -> Ended:
    """Annotate a folder of videos as a person does."""
    videos = sorted(path.name for path in folder.iterdir() if path.is_file())
    arguments = ("annotate", *videos, "--out-dir", "out", "--format", "csv", "--checkpoint", checkpoint)
    run = Run((*arguments, "--backend", "torch"), folder)
    return run.end(HANGS_AFTER_S + len(videos))


def failures(folder: Path) -> dict[str, str]:
    """Return what the list of failures says."""
    path = folder / "out" / "failures.csv"
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8-sig") as file:
        return {row["video"]: row["why"] for row in csv.DictReader(file)}


def tables(folder: Path) -> dict[str, bytes]:
    """Return the tables of a folder by the names of their videos."""
    made = (folder / "out").glob("*.csv")
    return {path.stem: path.read_bytes() for path in made if path.name != "failures.csv"}


def test_the_good_videos_of_a_folder_are_done_and_the_bad_ones_are_named(tmp_path, tiny):
    count = 200 if Amount.is_full else Amount.of(20, 200)
    good = write_video(tmp_path / "good.mp4", range(50)).read_bytes()
    (tmp_path / "good.mp4").unlink()
    bad = {f"game {number:03d}" for number in range(0, count, 10)}
    for number in range(count):
        name = f"game {number:03d}"
        (tmp_path / f"{name}.mp4").write_bytes(good[: len(good) // 3] if name in bad else good)
    tally = Tally(f"a folder of {count} videos, {len(bad)} of them bad")
    done = annotated(tmp_path, tiny)
    assert (done.code, done.fault) == (1, "")
    assert f"{len(bad)} of {count} videos failed" in done.said
    for name in (f"game {number:03d}" for number in range(count)):
        is_named = f"{name}.mp4" in failures(tmp_path)
        right = is_named if name in bad else name in tables(tmp_path) and not is_named
        tally.count("named" if is_named else "done", "" if right else name)
    assert tally.lost == []
    assert all("Cannot read" in why for why in failures(tmp_path).values())

    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("game*")}
    mended = min(bad)
    (tmp_path / f"{mended}.mp4").write_bytes(good)
    again = annotated(tmp_path, tiny)
    assert (again.code, again.fault) == (1 if len(bad) > 1 else 0, "")
    assert f"{count - len(bad)} of {count} videos have a file in out" in again.said
    assert again.said.count("Computing with") == 1
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())
    assert failures(tmp_path).keys() == {f"{name}.mp4" for name in bad - {mended}}

    for name in bad:
        (tmp_path / f"{name}.mp4").write_bytes(good)
    assert annotated(tmp_path, tiny).code == 0
    assert (len(tables(tmp_path)), failures(tmp_path)) == (count, {})
    last = annotated(tmp_path, tiny)
    assert (last.code, "Computing with" in last.said) == (0, False)


@pytest.mark.parametrize("container", CONTAINERS)
def test_damaged_videos_are_read_as_far_as_they_can_be_or_named(tmp_path, tiny, container):
    codec = CONTAINERS[container]
    whole = write_video(tmp_path / f"whole.{container}", range(60), codec=codec, sound=True).read_bytes()
    tally = Tally(f"damaged videos, {container}")
    rng, count = tally.rng, 60 if Amount.is_full else Amount.of(4, 60)
    for first in range(0, count, AT_ONCE):
        folder = tmp_path / f"{first}"
        folder.mkdir()
        for number in range(first, min(first + AT_ONCE, count)):
            changes = [random_change(rng) for _ in range(rng.choice((1, 1, 2, 5)))]
            (folder / f"game{number}.{container}").write_bytes(damaged(whole, changes))
        videos = sorted(folder.iterdir())
        done = annotated(folder, tiny)
        tally.most_memory = max(tally.most_memory, done.memory)
        read, named = tables(folder), failures(folder)
        for video in videos:
            is_alone = len(videos) == 1 and done.code == 1
            either = (video.stem in read) != (video.name in named or is_alone)
            tally.count(
                "read" if video.stem in read else "named", done.fault or ("" if either else video.name)
            )
        shutil.rmtree(folder)
    assert tally.lost == []


def test_videos_that_would_share_a_table_or_be_taken_for_the_failures_are_refused(tmp_path):
    with pytest.raises(BballTagError, match=r"Two files would be written to .*a\.csv"):
        left_to_do([Path("x/a.mp4"), Path("y/a.mov")], tmp_path, "csv")
    with pytest.raises(BballTagError, match=r"Two files would be written to .*failures\.csv"):
        left_to_do([Path("a.mp4"), Path("failures.mp4")], tmp_path, "csv")
